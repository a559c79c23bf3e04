//! What a user sees when an object store fails: the command against a real S3 server, with a tap between both that lets
//! things happen at a chosen request.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod reading;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::reader::FileReader;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use parqlet::core::retry::RetryPolicy;
use parqlet::core::select::Selection;
use parqlet::{Client, ManyStream};
use parqlet_tests::command::{Done, finish, parqlet, wait};
use parqlet_tests::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use parqlet_tests::sample::{SampleOptions, plain_batches, plain_in_memory};
use parqlet_tests::tap::{Act, Request, Tap};
use reading::{all, columns, in_time, joined};
use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

/// 6 MB in 10 row groups. One column of it is ten requests, all of it is one for each few row groups.
fn options(seed: u64) -> SampleOptions {
    SampleOptions { rows: 300_000, columns: 3, seed, ..SampleOptions::default() }
}

/// A file, and its first column.
fn sample(seed: u64) -> (Bytes, RecordBatch) {
    static SAMPLES: Mutex<BTreeMap<u64, (Bytes, RecordBatch)>> = Mutex::new(BTreeMap::new());
    let make = || {
        let rows = all(plain_batches(&options(seed))).project(&[0]).unwrap();
        (plain_in_memory(&options(seed)).unwrap(), rows)
    };
    SAMPLES.lock().unwrap().entry(seed).or_insert_with(make).clone()
}

/// The first columns of these files, one below the other.
fn first_columns(seeds: impl IntoIterator<Item = u64>) -> Vec<ArrayRef> {
    joined(&seeds.into_iter().map(|seed| sample(seed).1).collect::<Vec<_>>()).columns().to_vec()
}

/// The options that read them.
const FIRST: [&str; 2] = ["-c", "c0000"];
/// Requests for them: the footer, then the data.
const REQUESTS: usize = 1 + 10;

/// Waits for something from a thread that is in no runtime.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn overwrite(server: &S3Server, bucket: &str, key: &str, seed: u64) {
    wait_for(server.put(bucket, key, sample(seed).0));
}

/// Puts files of these seeds into a bucket; their addresses.
fn put(server: &S3Server, bucket: &str, seeds: impl IntoIterator<Item = u64>) -> Vec<String> {
    let urls = seeds.into_iter().map(|seed| {
        let key = format!("{seed}.parquet");
        overwrite(server, bucket, &key, seed);
        format!("s3://{bucket}/{key}")
    });
    urls.collect()
}

/// What a `parqlet load` did.
struct Loaded {
    done: Done,
    folder: TempDir,
}

impl Loaded {
    /// The columns of the output of a load with nothing to say.
    fn columns(&self) -> Vec<ArrayRef> {
        assert_eq!((self.done.status, self.done.stderr.as_str()), (Some(0), ""));
        self.written()
    }

    fn written(&self) -> Vec<ArrayRef> {
        let file = std::fs::File::open(self.folder.path().join("out.arrow")).unwrap();
        let batches: Vec<RecordBatch> = FileReader::try_new(file, None).unwrap().map(Result::unwrap).collect();
        joined(&batches).columns().to_vec()
    }

    /// The sentence of a load that failed and left nothing behind.
    fn sentence(&self) -> &str {
        assert_eq!(self.done.status, Some(1), "{:?}", self.done);
        assert_eq!(std::fs::read_dir(self.folder.path()).unwrap().count(), 0, "something was left behind");
        let sentence = self.done.stderr.strip_prefix("parqlet: ").unwrap().trim_end();
        assert!(!sentence.contains('\n') && !sentence.contains(SECRET_KEY), "{sentence}");
        sentence
    }
}

/// The command with the credentials of the server in its environment.
fn command(endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = parqlet(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    command.env("AWS_ENDPOINT_URL", endpoint);
    command
}

fn load(endpoint: &str, urls: &[String], more: &[&str]) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.arrow");
    let mut arguments = vec!["load"];
    arguments.extend(urls.iter().map(String::as_str));
    arguments.extend(["-o", output.to_str().unwrap()]);
    arguments.extend(more);
    Loaded { done: finish(command(endpoint, &arguments)), folder }
}

/// The address of a file with a sentence behind it.
fn about(url: &str, sentence: &str) -> String {
    format!("{url}: {sentence}")
}

fn is_of_data(request: &Request) -> bool {
    request.head.contains("range: bytes=") && !request.head.contains("range: bytes=-")
}

/// Of what object and range a request is.
fn what(request: &Request) -> String {
    let lines = request.head.lines().filter(|line| line.starts_with("GET ") || line.starts_with("range: "));
    lines.collect()
}

fn count(tap: &Tap, status: u16) -> usize {
    tap.statuses().into_iter().filter(|other| *other == status).count()
}

#[test]
fn credentials_that_are_refused_end_a_load_without_a_retry() {
    let server = S3Server::shared();
    let urls = put(server, "refused", 0..3);
    for (status, code, sentence) in [
        (
            400,
            "ExpiredToken",
            "the credentials have expired or are not valid (400 ExpiredToken): get new ones and set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, with AWS_SESSION_TOKEN",
        ),
        (
            403,
            "RequestTimeTooSkewed",
            "the store finds the time of the request wrong (403 RequestTimeTooSkewed): set this machine's clock",
        ),
        (
            403,
            "SignatureDoesNotMatch",
            "the store finds the signature wrong (403 SignatureDoesNotMatch): the secret key is not the access key's; \
             check AWS_SECRET_ACCESS_KEY",
        ),
    ] {
        let refusing = |from: usize| {
            Tap::start(&server.endpoint(), move |n, _| if n < from { Act::Pass } else { Act::Refuse(status, code) })
        };
        let tap = refusing(1);
        assert_eq!(load(&tap.endpoint(), &urls[..1], &FIRST).sentence(), about(&urls[0], sentence));
        assert_eq!(tap.statuses(), [status]);

        // In the middle of a load, as credentials expire.
        let tap = refusing(4);
        let loaded = load(&tap.endpoint(), &urls[..1], &FIRST);
        assert!(loaded.sentence().starts_with(&about(&urls[0], &format!("{sentence} (bytes "))), "{:?}", loaded.done);
        assert!(tap.statuses().len() <= REQUESTS, "{:?}", tap.statuses());

        let tap = refusing(12);
        let loaded = load(&tap.endpoint(), &urls, &FIRST);
        assert!(urls.iter().any(|url| loaded.sentence().starts_with(&about(url, sentence))), "{:?}", loaded.done);
        assert!(tap.statuses().len() <= 3 * REQUESTS, "{:?}", tap.statuses());

        // Not about one file: most of them left out and a status of 0 is nothing to find out about later.
        let tap = refusing(12);
        let loaded = load(&tap.endpoint(), &urls, &["-c", "c0000", "--on-error", "skip"]);
        assert!(urls.iter().any(|url| loaded.sentence().starts_with(&about(url, sentence))), "{:?}", loaded.done);

        // A folder is asked for in two ways, and the one that has a word for it is heard.
        let tap = refusing(1);
        let loaded = load(&tap.endpoint(), &["s3://refused/folder".to_owned()], &FIRST);
        assert_eq!(loaded.sentence(), about("s3://refused/folder", sentence));
    }
}

#[test]
fn what_is_not_there_is_named_and_may_be_left_out() {
    let server = S3Server::shared();
    let urls = put(server, "missing", 0..2);
    let no_bucket =
        "there is no such bucket (404 NoSuchBucket): check its name, and that the endpoint is the right one";
    for (url, sentence) in [
        ("s3://missing/none.parquet", "there is no such object (404): check the address; a prefix ends in /"),
        ("s3://missing/none", "there is no such object (404): check the address; a prefix ends in /"),
        ("s3://missing/none/", "there are no files under this prefix"),
        ("s3://no-such-bucket/none.parquet", no_bucket),
        ("s3://no-such-bucket/none", no_bucket),
        ("s3://no-such-bucket/none/", no_bucket),
    ] {
        let several = [urls[0].clone(), url.to_owned(), urls[1].clone()];
        for files in [&several[1..2], &several[..]] {
            assert_eq!(load(&server.endpoint(), files, &FIRST).sentence(), about(url, sentence));
        }
    }
    let several = [urls[0].clone(), "s3://missing/none.parquet".to_owned(), urls[1].clone()];
    let loaded = load(&server.endpoint(), &several, &["-c", "c0000", "--on-error", "skip"]);
    assert_eq!(loaded.done.status, Some(0));
    assert_eq!(
        loaded.done.stderr,
        "parqlet: left out: s3://missing/none.parquet: there is no such object (404): check the address\n\
         parqlet: 1 of 3 files left out\n"
    );
    assert_eq!(loaded.written(), first_columns([0, 1]));
}

/// A tap that overwrites an object with the file of another seed when its n-th request for data comes.
fn overwriting(bucket: &'static str, key: &'static str, nth: usize, seed: u64) -> Tap {
    let server = S3Server::shared();
    let mut seen = 0;
    Tap::start(&server.endpoint(), move |_, request| {
        seen += usize::from(is_of_data(request) && request.head.contains(key));
        if seen == nth {
            seen += 1;
            return Act::After(Box::new(move || overwrite(server, bucket, key, seed)));
        }
        Act::Pass
    })
}

/// What is said of an object that changes when rows of it were written.
const TORN: &str = "the object changed while it was being read, after the first rows were handed out: read it again";

#[test]
fn an_object_that_is_overwritten_during_a_load_is_never_mixed() {
    let server = S3Server::shared();
    let urls = put(server, "changing", 0..3);
    let several = [0, 77, 2];
    for (files, seeds) in [(&urls[1..2], &several[1..2]), (&urls[..], &several[..])] {
        // Between footer and data, and between two row groups.
        for nth in [1, 5] {
            overwrite(server, "changing", "1.parquet", 1);
            let tap = overwriting("changing", "1.parquet", nth, 77);
            let loaded = load(&tap.endpoint(), files, &FIRST);
            // Decoding may be as fast as to have written rows before the fifth request.
            if nth == 1 || loaded.done.status == Some(0) {
                assert_eq!(loaded.columns(), first_columns(seeds.iter().copied()));
            } else {
                assert_eq!(loaded.sentence(), about(&urls[1], TORN));
            }
            // The server itself refused to mix them.
            assert!(count(&tap, 412) >= 1, "{:?}", tap.statuses());
            assert!(count(&tap, 206) <= (files.len() + 1) * REQUESTS, "{:?}", tap.statuses());
        }
    }
}

#[test]
fn an_object_that_is_overwritten_when_rows_are_out_or_again_and_again_is_an_error() {
    let server = S3Server::shared();
    let urls = put(server, "torn", 0..1);
    // So little memory that rows are written before the last ones are asked for.
    let tap = overwriting("torn", "0.parquet", 8, 77);
    let loaded = load(&tap.endpoint(), &urls, &["--memory", "1MiB"]);
    assert_eq!(loaded.sentence(), about(&urls[0], TORN));

    let mut seed = 100;
    let tap = Tap::start(&server.endpoint(), move |_, request| {
        if !is_of_data(request) {
            return Act::Pass;
        }
        seed += 1;
        Act::After(Box::new(move || overwrite(S3Server::shared(), "torn", "0.parquet", seed)))
    });
    assert_eq!(
        load(&tap.endpoint(), &urls, &FIRST).sentence(),
        about(
            &urls[0],
            "the object changed while it was being read, and again after the load began anew: it is being written to; \
             read it when that is done"
        )
    );
}

#[test]
fn a_busy_store_is_asked_again_and_given_up_in_the_end() {
    let server = S3Server::shared();
    let urls = put(server, "busy", 0..3);
    let busy = Act::Refuse;
    for files in [&urls[..1], &urls[..]] {
        let mut seen = HashMap::new();
        let tap = Tap::start(&server.endpoint(), move |_, request| {
            let times: &mut usize = seen.entry(what(request)).or_default();
            *times += 1;
            if *times <= 2 { busy(503, "SlowDown") } else { Act::Pass }
        });
        assert_eq!(load(&tap.endpoint(), files, &FIRST).columns(), first_columns(0..files.len() as u64));
        let requests = files.len() * REQUESTS;
        assert_eq!((count(&tap, 206), count(&tap, 503)), (requests, 2 * requests));
    }
    let for_ever =
        |from| Tap::start(&server.endpoint(), move |n, _| if n < from { Act::Pass } else { busy(503, "SlowDown") });
    let tap = for_ever(1);
    let sentence = "the store asks for fewer requests (503 SlowDown): try again later";
    let opening = load(&tap.endpoint(), &urls[..1], &FIRST);
    assert_eq!(opening.sentence(), about(&urls[0], &format!("{sentence} (5 attempts)")));
    assert_eq!(tap.statuses(), [503; 5]);

    let tap = for_ever(12);
    let loaded = load(&tap.endpoint(), &urls, &FIRST);
    assert!(urls.iter().any(|url| loaded.sentence().starts_with(&about(url, sentence))), "{:?}", loaded.done);
    assert!(loaded.sentence().ends_with("5 attempts)"), "{:?}", loaded.done);
    assert_eq!(count(&tap, 206), 11);
}

#[test]
fn an_outage_that_breaks_every_request_three_times_loses_nothing() {
    let server = S3Server::shared();
    let urls = put(server, "outage", 0..3);
    for files in [&urls[..1], &urls[..]] {
        let data = files.len() * (REQUESTS - 1);
        let mut seen = 0;
        let tap = Tap::start(&server.endpoint(), move |_, request| {
            seen += usize::from(is_of_data(request));
            if is_of_data(request) && seen <= 3 * data { Act::Cut(1_000) } else { Act::Pass }
        });
        assert_eq!(load(&tap.endpoint(), files, &FIRST).columns(), first_columns(0..files.len() as u64));
        assert_eq!(tap.statuses().len(), files.len() + 4 * data);
    }
}

/// Takes the rest of a load's rows.
async fn rest(stream: &mut ManyStream, mut batches: Vec<RecordBatch>) -> Vec<ArrayRef> {
    while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
        batches.push(batch);
    }
    columns(&joined(&batches), &["c0000"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_in_the_middle_of_loads_and_started_again_loses_nothing() {
    let (mut server, urls) = tokio::task::spawn_blocking(|| {
        let server = S3Server::start();
        let urls = put(&server, "killed", 0..3);
        (server, urls)
    })
    .await
    .unwrap();
    // However long this machine takes to start it.
    let retry = RetryPolicy { attempts: 30, cap: Duration::from_secs(1), ..RetryPolicy::default() };
    let client = Client::builder()
        .endpoint(&server.endpoint())
        .store_option("aws_access_key_id", ACCESS_KEY)
        .store_option("aws_secret_access_key", SECRET_KEY)
        .memory(1 << 20)
        .retry(retry)
        .build()
        .unwrap();
    // So little memory that most is still to be asked for when the first rows are out.
    let (mut one, mut many) = (
        in_time(client.load_many(&urls[..1], &Selection::all()).stream()).await.unwrap(),
        in_time(client.load_many(&urls, &Selection::all()).stream()).await.unwrap(),
    );
    let first_of_one = in_time(one.try_next()).await.unwrap().unwrap();
    let first_of_many = in_time(many.try_next()).await.unwrap().unwrap();
    server.kill();
    let again = tokio::task::spawn_blocking(move || {
        server.restart();
        server
    });
    let (of_one, of_many) = tokio::join!(rest(&mut one, vec![first_of_one]), rest(&mut many, vec![first_of_many]));
    assert_eq!(of_one, first_columns([0]));
    assert_eq!(of_many, first_columns(0..3));
    assert!(one.stats().retries > 0 && many.stats().retries > 0, "nothing was under way");
    drop(again.await.unwrap());
}

#[test]
fn a_server_that_stays_away_in_the_middle_of_a_load_is_an_error() {
    let mut server = S3Server::start();
    let urls = put(&server, "gone", 0..1);
    let arguments = ["load", &urls[0], "--memory", "1MiB", "--format", "csv", "-o", "-"];
    let mut command = command(&server.endpoint(), &arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    // It goes on when the pipe is empty.
    output.read_exact(&mut [0; 100]).unwrap();
    server.kill();
    output.read_to_end(&mut Vec::new()).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(wait(&mut child).code(), Some(1));
    let refused =
        "the server answered before and now takes no connection (Connection refused (os error 111)): try again later";
    let sentence = said.strip_prefix(&format!("parqlet: {}", about(&urls[0], ""))).expect(&said);
    assert!(sentence.starts_with(refused) && sentence.trim_end().ends_with(", 5 attempts)"), "{said}");
}
