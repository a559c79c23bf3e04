//! DataFusion in one process, through this store and through its own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod common;

use common::stores::Stores;
use common::{Answer, Asked, FILES, QUERY, Server, assert_same, files, in_time, on_one_machine, register, sample};
use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use parqlet_datafusion::ParqletStore;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

fn session(store: &str) -> SessionContext {
    session_of(store, 4)
}

/// A session with so many partitions.
fn session_of(store: &str, partitions: usize) -> SessionContext {
    let stores = Stores::named(store).unwrap();
    let config = stores.settings(SessionConfig::new().with_target_partitions(partitions)).unwrap();
    let state = SessionStateBuilder::new().with_config(config).with_runtime_env(stores.runtime().unwrap());
    let mut state = state.with_default_features();
    if let Some(ahead) = stores.ahead {
        state = state.with_physical_optimizer_rule(Arc::new(ahead));
    }
    SessionContext::new_with_state(state.build())
}

async fn ask(context: &SessionContext) -> Result<Vec<RecordBatch>> {
    in_time(async { context.sql(QUERY).await?.collect().await }).await
}

/// Registers the files and asks twice: what each time took.
async fn measure(store: &str, server: &mut Server, expected: &Answer) -> Vec<(Asked, Duration)> {
    let context = session(store);
    let mut taken = Vec::new();
    for time in ["first", "second"] {
        let begun = Instant::now();
        if time == "first" {
            in_time(register(&context, "rides", &server.urls())).await.unwrap();
        }
        let batches = ask(&context).await.unwrap();
        let took = begun.elapsed();
        assert_same(&batches, expected);
        let asked = server.asked();
        println!("{store}, {time} query: {}, {} ms", asked.summary(), took.as_millis());
        taken.push((asked, took));
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_gives_the_rows_of_a_load_for_fewer_bytes_than_through_datafusions_own_store() {
    let mut server = Server::of_files();
    let expected = on_one_machine(&server.urls()).await;
    server.asked();
    let ours = measure("parqlet", &mut server, &expected).await;
    let theirs = measure("datafusion", &mut server, &expected).await;

    for ((ours, _), (theirs, _)) in ours.iter().zip(&theirs) {
        assert!(ours.bytes < theirs.bytes, "{} against {}", ours.summary(), theirs.summary());
    }
    // Opening is one request a file, and everything else is pinned to what it found.
    let (first, _) = &ours[0];
    assert_eq!(first.openings(), FILES.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_files_cost_one_request_each_for_as_many_queries_as_come() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start();
    for (seed, name) in FILES.iter().enumerate() {
        sample(&folder.path().join(name), 500, 2, seed);
        server.put(name, &folder.path().join(name));
    }
    let expected = on_one_machine(&server.urls()).await;
    server.asked();
    let context = session("parqlet");
    in_time(register(&context, "rides", &server.urls())).await.unwrap();
    for _ in 0..3 {
        assert_same(&ask(&context).await.unwrap(), &expected);
    }
    // Beside them only whether they are still the same, if the queries took long.
    let asked = server.asked();
    assert_eq!((asked.count("GET"), asked.openings()), (FILES.len(), FILES.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_row_groups_of_a_scan_are_under_way_together_and_none_is_asked_for_twice() {
    for (store, at_once) in [("parqlet", 4..=64), ("datafusion", 1..=1)] {
        let mut server = Server::of_files();
        let context = session_of(store, 1);
        in_time(register(&context, "rides", &server.urls()[..1])).await.unwrap();
        let begun = Instant::now();
        let total = in_time(context.sql("SELECT sum(fare) FROM rides").await.unwrap().collect()).await.unwrap();
        let took = begun.elapsed();
        assert_eq!(total.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
        let asked = server.asked();
        assert!(at_once.contains(&asked.at_once), "{store}: {} at once, {}", asked.at_once, asked.summary());
        println!("{store}, one column of one file: {}, {} ms", asked.summary(), took.as_millis());
        let reads = asked.requests.iter().filter(|request| request["method"] == "GET");
        let ranges: Vec<_> = reads.map(|request| request["range"].to_string()).collect();
        let different: std::collections::BTreeSet<_> = ranges.iter().collect();
        assert_eq!(different.len(), ranges.len(), "{store}: {ranges:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_replaced_under_a_query_is_an_error_and_never_a_mix() {
    let mut server = Server::of_files();
    let store = ParqletStore::new(parqlet::Client::new().unwrap(), &Url::parse(&server.url).unwrap()).unwrap();
    let path = Path::from(FILES[0]);
    let old = in_time(store.head(&path)).await.unwrap();
    let before = in_time(store.get_ranges(&path, &[4..1_000, 500_000..500_100])).await.unwrap();
    assert_eq!(before[1], std::fs::read(files().join(FILES[0])).unwrap()[500_000..500_100]);

    server.put(FILES[0], &files().join(FILES[1]));
    let reads = async || in_time(store.get_ranges(&path, &vec![600_000..600_100; 1])).await;
    let error = reads().await.unwrap_err();
    assert!(matches!(error, object_store::Error::Precondition { .. }), "{error}");
    assert!(error.to_string().contains("replaced while a query read it"), "{error}");
    // A task that is tried again isn't given the new version by the plan of the old one, and the server isn't asked.
    server.asked();
    assert!(reads().await.is_err());
    assert_eq!(server.asked().requests.len(), 0);
    // Whoever plans anew gets the new one.
    let new = in_time(store.head(&path)).await.unwrap();
    assert_ne!((new.size, new.e_tag), (old.size, old.e_tag));
    let after = reads().await.unwrap();
    assert_eq!(after[0], std::fs::read(files().join(FILES[1])).unwrap()[600_000..600_100]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_this_store_is_not_for_is_said_in_one_sentence() {
    let mut server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rides.csv"), "city,fare\nBern,12\n").unwrap();
    server.put("rides.csv", &folder.path().join("rides.csv"));
    let store = ParqletStore::new(parqlet::Client::new().unwrap(), &Url::parse(&server.url).unwrap()).unwrap();
    assert_eq!(store.to_string(), format!("Parqlet({})", server.url));

    let written = in_time(store.put(&Path::from("new.parquet"), PutPayload::from_static(b"PAR1"))).await.unwrap_err();
    assert!(written.to_string().ends_with("Parqlet only reads: write to another store"), "{written}");
    assert!(in_time(store.delete(&Path::from("rides.csv"))).await.is_err());
    let missing = in_time(store.head(&Path::from("none.parquet"))).await.unwrap_err();
    assert!(matches!(missing, object_store::Error::NotFound { .. }), "{missing}");
    let text = in_time(store.head(&Path::from("rides.csv"))).await.unwrap_err();
    assert!(text.to_string().contains("not a Parquet file"), "{text}");
    let listed = in_time(store.list_with_delimiter(None)).await.unwrap_err();
    assert!(listed.to_string().contains("a web server can't be asked which files it has"), "{listed}");
    let outside = in_time(store.get_range(&Path::from("none.parquet"), 0..10)).await;
    assert!(outside.is_err());
}
