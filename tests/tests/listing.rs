//! Which files names on this machine and on web servers stand for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use parqlet::blocking::Client;
use parqlet::{ErrorKind, Listing};
use parqlet_tests::command::run;
use parqlet_tests::sample::{SampleOptions, rides_in_memory};
use parqlet_tests::server::{Options, Server};
use std::path::Path;
use tempfile::TempDir;

fn tree(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "PAR1").unwrap();
    }
    folder
}

fn found(folder: &Path, listing: impl Into<Listing>) -> Vec<String> {
    let files = Client::new().unwrap().list(listing).unwrap();
    let base = format!("{}/", folder.display());
    files.iter().map(|file| file.url.replace(&base, "")).collect()
}

#[test]
fn a_folder_a_pattern_and_a_list_stand_for_their_files() {
    let tree = tree(&["t/b.parquet", "t/a.parquet", "t/sub/c.parquet", "t/_SUCCESS", "t/.x.crc", "t/[1].parquet", "u"]);
    let at = |name: &str| format!("{}/{name}", tree.path().display());
    let of = |name: &str| found(tree.path(), at(name));
    assert_eq!(of("t"), ["t/[1].parquet", "t/a.parquet", "t/b.parquet", "t/sub/c.parquet"]);
    assert_eq!(of("t/"), of("t"));
    assert_eq!(of("t/*.parquet"), ["t/[1].parquet", "t/a.parquet", "t/b.parquet"]);
    assert_eq!(of("**/[bc].parquet"), ["t/b.parquet", "t/sub/c.parquet"]);
    // A file of that very name goes before the pattern.
    assert_eq!(of("t/[1].parquet"), ["t/[1].parquet"]);
    assert_eq!(found(tree.path(), format!("file://{}", at("t/sub"))), ["t/sub/c.parquet"]);

    let list = at("names");
    std::fs::write(&list, format!("# these\n\n{}\nhttps://host/x.parquet?sig=1\n{}\n", at("u"), at("t/sub/"))).unwrap();
    assert_eq!(found(tree.path(), format!("@{list}")), ["u", "https://host/x.parquet?sig=1", "t/sub/c.parquet"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_can_be_made_in_another_task() {
    let tree = tree(&["t/a.parquet"]);
    let (client, folder) = (parqlet::Client::new().unwrap(), tree.path().display().to_string());
    let listed = tokio::spawn(async move { client.list(folder).await }).await.unwrap();
    assert_eq!(listed.unwrap().len(), 1);
}

#[test]
fn partitions_of_folders_choose_files() {
    let tree = tree(&["y=1/m=1/a", "y=1/m=2/a", "y=2/m=1/a", "y=2/m=__HIVE_DEFAULT_PARTITION__/a"]);
    let folder = tree.path().display().to_string();
    assert_eq!(found(tree.path(), Listing::from(folder.as_str()).partition("y", "1")), ["y=1/m=1/a", "y=1/m=2/a"]);
    let files = Client::new().unwrap().list(Listing::from(folder.as_str()).partition("y", "2")).unwrap();
    assert_eq!(files[0].partitions[1], ("m".to_owned(), Some("1".to_owned())));
    assert_eq!(files[1].partitions[1], ("m".to_owned(), None));
}

#[test]
fn what_stands_for_no_file_is_an_error_with_its_name() {
    let tree = tree(&["t/a"]);
    let client = Client::new().unwrap();
    for (name, kind) in [
        ("none", ErrorKind::NotFound),
        ("t/*.parquet", ErrorKind::NotFound),
        ("none/*.parquet", ErrorKind::NotFound),
        ("t/a**", ErrorKind::Usage),
    ] {
        let name = format!("{}/{name}", tree.path().display());
        let error = client.list(name.as_str()).unwrap_err();
        assert_eq!((error.kind(), error.object()), (kind, Some(name.as_str())), "{error}");
    }
    for name in ["https://host/data/", "http://host/*.parquet"] {
        let error = client.list(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().contains("name them one by one"), "{error}");
    }
}

#[test]
fn ls_asks_a_web_server_for_the_size_of_what_is_named() {
    let server = Server::start(Options::default());
    let content = rides_in_memory(&SampleOptions { rows: 50, row_groups: 1, ..SampleOptions::default() }).unwrap();
    server.put("a.parquet", content.clone());
    let done = run(["ls", &server.url("a.parquet"), "--json"]);
    assert_eq!(done.status, Some(0), "{done:?}");
    assert_eq!(done.json()["files"][0]["size"], content.len());
    let done = run(["ls", &server.url("a.parquet"), &server.url("missing.parquet")]);
    assert_eq!(done.status, Some(1), "{done:?}");
    assert!(done.text().contains("2 files") && done.stderr.contains("missing.parquet: there is no such object (404)"));
}
