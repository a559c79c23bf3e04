//! The README is true: what it shows is what happens, and every snippet in it runs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use parqlet_tests::command::{Done, binary, finish, run};
use parqlet_tests::sample::{SampleOptions, rides_in_memory};
use parqlet_tests::server::{Options, Server};
use parqlet_tests::tools;

/// Where the README's examples live; the test puts its own server there.
const HOST: &str = "https://example.org";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let text = readme();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// A server with the sample that the README shows: 200,000 rides in 10 row groups.
fn server() -> Server {
    let server = Server::start(Options::default());
    let sample = SampleOptions { rows: 200_000, ..SampleOptions::default() };
    server.put("rides.parquet", rides_in_memory(&sample).unwrap());
    server
}

/// The server's address without the slash.
fn host(server: &Server) -> String {
    server.url("").trim_end_matches('/').to_owned()
}

#[test]
fn the_picture_is_what_plan_prints() {
    let server = server();
    let picture = blocks("text").into_iter().find(|block| block.starts_with("$ parqlet plan")).unwrap();
    let (command, shown) = picture.split_once("\n\n").unwrap();
    let words = command.trim_start_matches("$ parqlet ").replace(HOST, &host(&server));
    let Done { status, stdout, stderr } = run(words.split(' '));
    assert_eq!(status, Some(0), "{stderr}");
    let printed = String::from_utf8(stdout).unwrap().replace(&host(&server), HOST);
    assert_eq!(shown.trim_end(), printed.trim_end(), "the README shows another plan; this is the one:\n{printed}");
}

#[test]
fn every_command_runs() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let commands: Vec<String> = blocks("sh")
        .iter()
        .flat_map(|block| block.lines())
        // Those of object stores run where there is one.
        .filter(|line| line.starts_with("parqlet ") && !line.contains("s3://"))
        .map(|line| line.replace(HOST, &host(&server)))
        .collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let words = command.split(' ').skip(1);
        let mut command = parqlet_tests::command::parqlet(words);
        command.current_dir(folder.path());
        let shown = format!("{command:?}");
        let done = finish(command);
        assert_eq!(done.status, Some(0), "{shown}: {}", done.stderr);
        let wrote = std::fs::read_dir(folder.path()).unwrap().count();
        assert!(!done.stdout.is_empty() || wrote > 0, "{shown} gave nothing");
    }
}

#[test]
fn every_rust_snippet_is_an_example_that_runs() {
    let server = server();
    let snippets = blocks("rust");
    let names = ["read", "read_blocking", "load_many", "prefetch"];
    assert_eq!(snippets.len(), names.len(), "a snippet without an example");
    for (name, snippet) in names.iter().zip(&snippets) {
        let source = std::fs::read_to_string(root().join(format!("native/examples/{name}.rs"))).unwrap();
        let code: Vec<&str> = source.lines().skip_while(|line| line.starts_with("//!") || line.is_empty()).collect();
        assert_eq!(snippet.trim_end(), code.join("\n").trim_end(), "the README shows another {name}");
        let example = binary().with_file_name("examples").join(name);
        let mut command = Command::new(example);
        command.arg(server.url("rides.parquet"));
        let done = finish(command);
        assert_eq!(done.status, Some(0), "{name}: {}", done.stderr);
        assert!(done.text().contains("rows"), "{name}: {}", done.text());
    }
}

#[test]
fn every_python_snippet_runs() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let python = tools::installed("python.sh");
    // The command by its name, as a user has it.
    let path = format!("{}:{}", binary().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let snippets = blocks("python");
    assert!(!snippets.is_empty());
    for snippet in snippets {
        let mine = snippet.replace(HOST, &host(&server)).replace("/dev/shm", folder.path().to_str().unwrap());
        let mut command = Command::new(&python);
        command.arg("-c").arg(&mine).env("PATH", &path);
        let done = finish(command);
        assert_eq!(done.status, Some(0), "{}", done.stderr);
        assert!(done.text().starts_with("200000 rows, 0 bytes of them copied\n"), "{}", done.text());
        assert!(done.text().ends_with("200000 rows in batches\n"), "{}", done.text());
    }
}

#[test]
fn the_demo_runs() {
    let demo = binary().with_file_name("demo");
    let mut command = Command::new(demo);
    command.arg("--parqlet").arg(binary()).args(["--rows", "50000"]);
    let done = finish(command);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    for shown in ["$ parqlet plan", "$ parqlet head", "$ parqlet load", "2 round trip(s)", "The whole file"] {
        assert!(done.text().contains(shown), "no {shown:?} in:\n{}", done.text());
    }
}
