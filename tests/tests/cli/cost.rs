//! What `plan` says is what `load` spends; what `--stats` says is what the server saw.

use parqlet_tests::command::run;
use parqlet_tests::server::{Server, round_trips};
use serde_json::Value;

use super::{folder, rides, serving, text, tiny, wide};

const KEYS: [&str; 12] = [
    "requests",
    "bytes",
    "round_trips",
    "retries",
    "restarts",
    "known_part_hits",
    "rows",
    "batches",
    "wall_ms",
    "decode_ms",
    "hedges",
    "peak_budget_bytes",
];

fn stats(said: &str) -> Value {
    assert_eq!(said.lines().count(), 1, "{said}");
    let stats: Value = serde_json::from_str(said).unwrap();
    let keys: Vec<_> = stats.as_object().unwrap().keys().cloned().collect();
    let mut expected = KEYS.map(str::to_owned);
    expected.sort();
    let mut keys = keys;
    keys.sort();
    assert_eq!(keys, expected);
    stats
}

/// Plans and loads a selection, and holds both against each other and against the server's log. Rows and requests.
fn agreed(server: &Server, name: &str, selection: &[&str]) -> (u64, u64) {
    let url = server.url(name);
    server.reset_log();
    let plan = run([&["plan", &url, "--json", "--stats"], selection].concat());
    let planned = plan.json();
    let opening = stats(&plan.stderr);
    assert_eq!(opening["requests"], server.log().len(), "{selection:?}");

    server.reset_log();
    let load = run([&["load", &url, "-o", "-", "--format", "jsonl", "--stats"], selection].concat());
    assert_eq!(load.status, Some(0), "{}", load.stderr);
    let spent = stats(&load.stderr);
    for key in ["requests", "bytes", "round_trips"] {
        assert_eq!(planned["summary"][key], spent[key], "{key} of {name} {selection:?}");
    }
    let log = server.log();
    assert_eq!(spent["requests"], log.len());
    assert_eq!(spent["bytes"], log.iter().map(|request| request.bytes_sent).sum::<u64>());
    assert!(spent["round_trips"].as_u64() >= Some(round_trips(&log).min(1) as u64));
    let asked: u64 = planned["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| request["range"]["end"].as_u64().unwrap() - request["range"]["start"].as_u64().unwrap())
        .sum();
    assert_eq!(spent["bytes"], asked);
    let rows = load.stdout.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!((&spent["rows"], &planned["rows"]), (&rows.into(), &rows.into()), "{selection:?}");
    (rows as u64, log.len() as u64)
}

#[test]
fn a_load_costs_what_its_plan_says() {
    let server = serving("rides.parquet", rides());
    for (selection, rows) in [
        (&[][..], 20_000),
        (&["-c", "fare"], 20_000),
        (&["-c", "fare,tip", "--limit", "10"], 10),
        (&["-c", "pickup.lat", "--offset", "3990", "--limit", "20"], 20),
        (&["-c", "note,ride_id", "--row-groups", "1,3.."], 12_000),
        (&["--row-groups", "2", "--offset", "3999"], 1),
        (&["--limit", "0"], 0),
        (&["--offset", "20000"], 0),
    ] {
        assert_eq!(agreed(&server, "rides.parquet", selection).0, rows, "{selection:?}");
    }
    let server = serving("wide.parquet", wide());
    assert_eq!(agreed(&server, "wide.parquet", &["-c", "c0007,c0299"]).0, 2_000);
}

#[test]
fn a_small_file_costs_one_request() {
    let server = serving("tiny.parquet", tiny());
    assert_eq!(agreed(&server, "tiny.parquet", &[]), (50, 1));
    assert_eq!(agreed(&server, "tiny.parquet", &["-c", "fare", "--limit", "3"]), (3, 1));
}

#[test]
fn stats_leave_standard_output_clean_wherever_the_flag_stands() {
    let (_folder, path) = folder("a.parquet", &tiny());
    for arguments in [["--stats", "head", text(&path)], ["head", text(&path), "--stats"]] {
        let done = run(arguments);
        assert_eq!(stats(&done.stderr)["rows"], 20);
        assert!(!done.text().contains("round_trips"));
    }
    for command in ["schema", "info", "plan"] {
        let done = run([command, text(&path), "--json", "--stats"]);
        assert_eq!(stats(&done.stderr)["requests"], 1, "{command}");
        assert!(done.json().is_object());
    }
}

#[test]
fn a_limit_over_several_files_opens_no_more_of_them_than_it_needs() {
    let server = serving("a.parquet", tiny());
    server.put("b.parquet", tiny());
    let [a, b] = ["a.parquet", "b.parquet"].map(|name| server.url(name));
    let load = |more: &[&str]| {
        server.reset_log();
        let fixed = ["load", &a, &b, "-c", "ride_id", "-o", "-", "--format", "csv"];
        let done = run([&fixed, more].concat());
        assert_eq!(done.status, Some(0), "{}", done.stderr);
        (done.text().lines().count() - 1, server.log().len())
    };
    assert_eq!(load(&[]), (100, 2));
    assert_eq!(load(&["--limit", "50"]), (50, 1));
    assert_eq!(load(&["--limit", "60", "--offset", "45"]), (55, 2));
    assert_eq!(load(&["--offset", "100"]), (0, 2));
}

#[test]
fn head_on_a_terminal_fetches_only_columns_that_can_be_seen() {
    use parqlet_tests::command::{on_terminal, parqlet};
    let server = serving("wide.parquet", wide());
    let url = server.url("wide.parquet");
    let piped = run(["head", &url, "-n", "2", "--stats"]);
    let (status, shown) = on_terminal(parqlet(["head", &url, "-n", "2", "--stats"]), 80);
    assert_eq!(status, Some(0));
    let line = shown.lines().find(|line| line.starts_with('{')).unwrap();
    let bytes = |stats: Value| stats["bytes"].as_u64().unwrap();
    assert!(bytes(stats(line)) * 3 < bytes(stats(&piped.stderr)), "{shown}");
    assert!(shown.contains("c0000") && shown.contains("c0299") && shown.contains("300 columns ("), "{shown}");
}
