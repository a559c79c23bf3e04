//! Object stores for real: a SeaweedFS server with signatures, the library and the command.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod reading;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use parqlet::core::retry::RetryPolicy;
use parqlet::{Client, ClientBuilder, ErrorKind, Listing};
use parqlet_tests::command::{Done, finish, parqlet};
use parqlet_tests::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use parqlet_tests::sample::{SampleOptions, plain_batches, plain_in_memory, rides_in_memory};
use reading::{all, columns, in_time, joined};
use std::time::Duration;

/// 1 MB in 4 row groups, so that a read is more than the tail.
fn options(seed: u64) -> SampleOptions {
    SampleOptions { rows: 40_000, row_groups: 4, columns: 4, seed, ..SampleOptions::default() }
}

fn file(seed: u64) -> Bytes {
    plain_in_memory(&options(seed)).unwrap()
}

fn builder(server: &S3Server) -> ClientBuilder {
    let (base, cap) = (Duration::from_millis(2), Duration::from_millis(20));
    Client::builder()
        .endpoint(&server.endpoint())
        .store_option("aws_access_key_id", ACCESS_KEY)
        .store_option("aws_secret_access_key", SECRET_KEY)
        .retry(RetryPolicy { base, cap, ..RetryPolicy::default() })
}

fn client(server: &S3Server) -> Client {
    builder(server).build().unwrap()
}

/// The command with these credentials in its environment.
fn run_with(server: &S3Server, key: &str, secret: &str, arguments: &[&str]) -> Done {
    let mut command = parqlet(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret);
    command.env("AWS_ENDPOINT_URL", server.endpoint());
    finish(command)
}

fn run(server: &S3Server, arguments: &[&str]) -> Done {
    run_with(server, ACCESS_KEY, SECRET_KEY, arguments)
}

/// The paths that a listing found, without the bucket.
async fn listed(client: &Client, listing: impl Into<Listing>) -> Vec<String> {
    let files = in_time(client.list(listing)).await.unwrap();
    files.iter().map(|file| file.url.split('/').skip(3).collect::<Vec<_>>().join("/")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_opened_and_read_with_signed_requests() {
    let server = S3Server::shared();
    server.put("reads", "a b/c=%20.parquet", file(1)).await;
    let file = in_time(client(server).open("s3://reads/a b/c=%20.parquet")).await.unwrap();
    assert_eq!(file.stats().requests, 1);
    let batches = in_time(file.read().columns(["c0002"]).collect()).await.unwrap();
    assert_eq!(joined(&batches).columns(), columns(&all(plain_batches(&options(1))), &["c0002"]));
    assert!(file.identity().version.etag().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_overwritten_after_it_was_opened_is_read_anew() {
    let server = S3Server::shared();
    server.put("reads", "changing.parquet", file(1)).await;
    let file_seen = in_time(client(server).open("s3://reads/changing.parquet")).await.unwrap();
    server.put("reads", "changing.parquet", file(2)).await;
    let mut stream = in_time(file_seen.read().columns(["c0001"]).stream()).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
        batches.push(batch);
    }
    assert_eq!(stream.stats().restarts, 1);
    assert_eq!(joined(&batches).columns(), columns(&all(plain_batches(&options(2))), &["c0001"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_is_an_error_and_restarted_it_serves_again() {
    let mut server = S3Server::start();
    server.put("reads", "a.parquet", file(1)).await;
    let client = client(&server);
    let seen = in_time(client.open("s3://reads/a.parquet")).await.unwrap();
    server.kill();
    let error = in_time(seen.read().collect()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Network, 5), "{error}");
    assert!(error.message().starts_with("the server answered before and now takes no connection ("), "{error}");
    server.restart();
    let batches = in_time(seen.read().collect()).await.unwrap();
    assert_eq!(joined(&batches).columns(), all(plain_batches(&options(1))).columns());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_object_or_the_credentials_is_one_sentence() {
    let server = S3Server::shared();
    server.put("reads", "there.parquet", file(1)).await;
    let head = |key, secret, url| run_with(server, key, secret, &["head", url]);
    let there = "s3://reads/there.parquet";
    for (done, words) in [
        (
            head(ACCESS_KEY, SECRET_KEY, "s3://reads/missing.parquet"),
            "s3://reads/missing.parquet: there is no such object",
        ),
        (head(ACCESS_KEY, SECRET_KEY, "s3://no-such-bucket/a.parquet"), "there is no such bucket (404 NoSuchBucket)"),
        (head(ACCESS_KEY, "no SECRET", there), "SignatureDoesNotMatch): the secret key is not the access key's"),
        (head("nobody", "no SECRET", there), "(403 InvalidAccessKeyId): check AWS_ACCESS_KEY_ID"),
        (run(server, &["head", there, "--anonymous"]), "leave out --anonymous"),
    ] {
        assert_eq!(done.status, Some(1), "{done:?}");
        assert!(done.stderr.contains(words) && done.stderr.lines().count() == 1, "{}", done.stderr);
        assert!(!done.stderr.contains("SECRET\"") && !done.stderr.contains("no SECRET"), "{}", done.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prefix_and_a_pattern_stand_for_the_files_there() {
    let server = S3Server::shared();
    for key in
        ["t/b.parquet", "t/a.parquet", "t/sub/part-1.parquet", "t/_SUCCESS", "t/.a.crc", "t/_temporary/0/x", "tt/c"]
    {
        server.put("lists", key, "PAR1").await;
    }
    let client = client(server);
    assert_eq!(listed(&client, "s3://lists/t/").await, ["t/a.parquet", "t/b.parquet", "t/sub/part-1.parquet"]);
    assert_eq!(listed(&client, "s3://lists/t").await, ["t/a.parquet", "t/b.parquet", "t/sub/part-1.parquet"]);
    assert_eq!(listed(&client, "s3://lists/t/*.parquet").await, ["t/a.parquet", "t/b.parquet"]);
    assert_eq!(listed(&client, "s3://lists/**/part-?.parquet").await, ["t/sub/part-1.parquet"]);
    assert_eq!(listed(&client, "s3://lists/tt/c").await, ["tt/c"]);

    let files = in_time(client.list("s3://lists/t/*.parquet")).await.unwrap();
    assert!(files.iter().all(|file| file.size == Some(4) && file.etag.is_some() && file.last_modified.is_some()));
    for nothing in ["s3://lists/none/", "s3://lists/t/*.csv", "s3://lists/none"] {
        let error = in_time(client.list(nothing)).await.unwrap_err();
        assert_eq!((error.kind(), error.object()), (ErrorKind::NotFound, Some(nothing)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_are_read_from_names_and_only_the_wanted_ones_are_listed() {
    let server = S3Server::shared();
    for year in ["2023", "2024"] {
        for month in ["01", "02"] {
            server.put("hive", &format!("t/year={year}/month={month}/a.parquet"), "PAR1").await;
        }
    }
    let client = client(server);
    let one = Listing::from("s3://hive/t/").partition("year", "2024").partition("month", "1");
    let files = in_time(client.list(one)).await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].url, "s3://hive/t/year=2024/month=01/a.parquet");
    let pair = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
    assert_eq!(files[0].partitions, [pair("year", "2024"), pair("month", "01")]);
    let glob = Listing::from("s3://hive/t/*/*/*.parquet").partition("month", "2");
    assert_eq!(listed(&client, glob).await, ["t/year=2023/month=02/a.parquet", "t/year=2024/month=02/a.parquet"]);
    let error = in_time(client.list(Listing::from("s3://hive/t/").partition("year", "1999"))).await.unwrap_err();
    assert!(error.to_string().contains("year=1999"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ls_shows_files_their_sum_and_their_footers() {
    let server = S3Server::shared();
    let content = file(3);
    server.put("shown", "t/a.parquet", content.clone()).await;
    server.put("shown", "t/b.parquet", content.clone()).await;
    let done = run(server, &["ls", "s3://shown/t/", "--footers"]);
    assert_eq!(done.status, Some(0), "{done:?}");
    let text = done.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("40,000 rows  4 row groups  s3://shown/t/a.parquet"), "{text}");
    assert!(lines[2].starts_with("2 files, ") && lines[2].ends_with(", 80,000 rows in 8 row groups"), "{text}");

    let json = run(server, &["ls", "s3://shown/t/a.parquet", "--json"]).json();
    assert_eq!(json["files"][0]["size"], content.len());
    assert_eq!(json["count"], 1);

    server.put("shown", "t/c.parquet", "not Parquet at all").await;
    let done = run(server, &["ls", "s3://shown/t/", "--footers"]);
    assert_eq!(done.status, Some(1));
    assert!(done.text().contains("3 files"), "{done:?}");
    assert!(done.stderr.starts_with("parqlet: s3://shown/t/c.parquet: "), "{}", done.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_readme_run() {
    let server = S3Server::shared();
    let rides = SampleOptions { rows: 1_000, ..SampleOptions::default() };
    server.put("bucket", "rides/year=2024/part-0.parquet", rides_in_memory(&rides).unwrap()).await;
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let commands: Vec<&str> =
        readme.lines().filter(|line| line.starts_with("parqlet ") && line.contains("s3://")).collect();
    assert!(commands.len() >= 3, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split(' ').skip(1).map(|word| word.trim_matches('\'')).collect();
        let done = run(server, &words);
        assert_eq!(done.status, Some(0), "{command}: {}", done.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_region_and_endpoint_come_from_a_profile_where_the_environment_has_none() {
    let server = S3Server::shared();
    server.put("profiles", "a.parquet", file(1)).await;
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let write = |name: &str, text: String| std::fs::write(home.path().join(".aws").join(name), text).unwrap();
    let keys = format!("aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n");
    let wrong = format!("aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = WRONG-5ec2e7\n");
    write(
        "credentials",
        format!("[default]\n{keys}[tests]\n{keys}[wrong]\n{wrong}[expired]\n{keys}aws_session_token = old\n"),
    );
    let endpoint = format!("endpoint_url = {}\n", server.endpoint());
    let config = ["default", "profile tests", "profile wrong", "profile expired"];
    let config: String = config.into_iter().map(|name| format!("[{name}]\nregion = eu-north-1\n{endpoint}")).collect();
    write(
        "config",
        format!("{config}[profile sso]\nsso_session = x\n[profile asks]\ncredential_process = /bin/true\n"),
    );
    let head = |variables: &[(&str, &str)]| {
        let mut command = parqlet(["head", "s3://profiles/a.parquet", "-n", "1"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        finish({
            command.env("HOME", home.path()).envs(variables.iter().copied());
            command
        })
    };
    for variables in [
        &[][..],
        &[("AWS_PROFILE", "tests")],
        // The environment goes before the profile.
        &[("AWS_PROFILE", "wrong"), ("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)],
    ] {
        let done = head(variables);
        assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""), "{variables:?}");
    }
    for (profile, status, words) in [
        (
            "wrong",
            1,
            "SignatureDoesNotMatch): the secret key is not the access key's; check AWS_SECRET_ACCESS_KEY; the \
                      credentials are those of the profile `wrong`",
        ),
        ("none", 2, "AWS_PROFILE names `none`, and there is no such profile in ~/.aws/credentials or ~/.aws/config"),
        (
            "sso",
            2,
            "the profile `sso` gets its credentials by sso_session, which is not done here: set what `aws \
                    configure export-credentials --profile sso --format env` prints",
        ),
        ("asks", 2, "the profile `asks` gets its credentials by credential_process, which is not done here"),
    ] {
        let done = head(&[("AWS_PROFILE", profile)]);
        assert_eq!(done.status, Some(status), "{done:?}");
        assert!(done.stderr.contains(words) && done.stderr.lines().count() == 1, "{}", done.stderr);
        assert!(!done.stderr.contains("5ec2e7"), "{}", done.stderr);
    }
    // A session token is sent with the keys: this server knows none.
    let done = head(&[("AWS_PROFILE", "expired")]);
    assert_eq!(done.status, Some(1), "{done:?}");
    assert!(done.stderr.contains("those of the profile `expired`"), "{}", done.stderr);
}
