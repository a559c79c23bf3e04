//! The flows of native/examples/metaflow as they are: Metaflow from the package registry, a real S3 server, and the command.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use parqlet_tests::command::{binary, finish_within, parqlet};
use parqlet_tests::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use parqlet_tests::sample::{SampleOptions, rides_in_memory};
use parqlet_tests::tools;
use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;

/// Rows and row groups of the files: cut by files, the largest of four splits would have two thirds of all.
const FILES: [(u64, u64); 4] = [(5_000, 1), (80_000, 16), (15_000, 3), (20_000, 4)];
const ROWS: u64 = 120_000;
const DATA: &str = "s3://flows/rides/";

/// Each step of a flow is a process of its own that loads Metaflow: seconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(300);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A command that reaches the server and nothing of the user's.
fn reaching(mut command: Command, server: &S3Server, home: &TempDir) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("METAFLOW_")) {
        command.env_remove(name);
    }
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    command.env("AWS_ENDPOINT_URL", server.endpoint()).env("METAFLOW_S3_ENDPOINT_URL", server.endpoint());
    command.env("AWS_DEFAULT_REGION", "us-east-1");
    command.env("METAFLOW_DATASTORE_SYSROOT_LOCAL", home.path()).env("METAFLOW_HOME", home.path());
    command.env("HOME", home.path()).env("METAFLOW_USER", "tests").env("PARQLET", binary()).current_dir(home.path());
    command
}

/// Runs a flow to its end; what its last step printed.
fn run(flow: &str, arguments: &[&str], server: &S3Server, home: &TempDir) -> Value {
    let mut command = Command::new(tools::installed("python.sh"));
    command.arg(root().join("native/examples/metaflow").join(flow)).args(["run", "--data", DATA]).args(arguments);
    let done = finish_within(reaching(command, server, home), PATIENCE);
    assert_eq!(done.status, Some(0), "{flow}: {}\n{}", done.text(), done.stderr);
    // Metaflow puts time and task before each line.
    let text = done.text();
    let result = text.lines().rev().find_map(|line| line.find("{\"sums\"").map(|at| line[at..].to_owned()));
    serde_json::from_str(&result.unwrap_or_else(|| panic!("{flow} printed no sums:\n{text}"))).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parts_of_a_flow_are_the_whole_that_one_machine_loads() {
    let server = S3Server::start();
    for (seed, (rows, row_groups)) in (0u64..).zip(FILES) {
        let options = SampleOptions { rows, row_groups, seed, ..SampleOptions::default() };
        server.put("flows", &format!("rides/part-{seed}.parquet"), rides_in_memory(&options).unwrap()).await;
    }
    let home = tempfile::tempdir().unwrap();
    let whole = run("one_machine.py", &[], &server, &home);
    let parts = run("flow.py", &["--splits", "4"], &server, &home);

    assert_eq!(parts["sums"], whole["sums"], "rides and cents of each city");
    assert_eq!(numbers(&whole["sums"]["rides"]).iter().sum::<f64>(), ROWS as f64);
    let bytes = numbers(&parts["bytes"]);
    let balance = bytes.iter().copied().fold(0.0, f64::max) * bytes.len() as f64 / bytes.iter().sum::<f64>();
    println!("seconds of one machine's loads: {}", whole["seconds"]);
    println!("seconds of the parts' loads: {}; the largest part is {balance:.2} of the mean", parts["seconds"]);
    assert_eq!(bytes.len(), 4);
    assert!(balance < 1.1, "{bytes:?}");

    // The same plan as the flow had it: every row group once.
    let plan = parqlet(["plan", DATA, "-c", "city,fare", "--splits", "4"]);
    let plan = finish_within(reaching(plan, &server, &home), PATIENCE).json();
    let splits = plan["splits"].as_array().unwrap();
    let groups = splits.iter().flat_map(|split| split["files"].as_array().unwrap()).flat_map(|file| {
        let url = file["url"].as_str().unwrap().to_owned();
        numbers(&file["row_groups"]).into_iter().map(move |group| format!("{url} {group}"))
    });
    let wanted = FILES.iter().enumerate().flat_map(|(seed, (_, row_groups))| {
        (0..*row_groups).map(move |group| format!("{DATA}part-{seed}.parquet {group}"))
    });
    assert_eq!(groups.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
}
