//! What a terminal gets and a pipe does not: colour, a width, a progress bar.

use std::process::{Command, Stdio};
use std::time::Duration;

use parqlet_tests::command::{finish, on_terminal, parqlet, run, terminal, wait};
use parqlet_tests::server::{Fault, Rule, When};

use super::{folder, rides, serving, text, wide};

/// Without colour codes and the terminal's line ends.
fn bare(shown: &str) -> String {
    let mut bare = String::new();
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        bare.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest.get(1..).unwrap_or_default();
    }
    bare.push_str(rest);
    bare.replace('\r', "")
}

fn unicode(arguments: &[&str]) -> Command {
    let mut command = parqlet(arguments);
    command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color");
    command
}

#[test]
fn a_pipe_gets_no_colour_and_a_terminal_does_unless_told() {
    let (_folder, path) = folder("a.parquet", &rides());
    for command in ["schema", "info", "head", "plan"] {
        let arguments = [command, text(&path)];
        assert!(!run(arguments).text().contains('\x1b'), "{command}");
        let (status, shown) = on_terminal(unicode(&arguments), 80);
        assert!(status == Some(0) && shown.contains("\x1b["), "{command}: {shown}");
        let mut plain = unicode(&arguments);
        plain.env("NO_COLOR", "1");
        assert!(!on_terminal(plain, 80).1.contains('\x1b'), "{command}");
        let never = unicode(&[command, text(&path), "--color", "never"]);
        assert!(!on_terminal(never, 80).1.contains('\x1b'), "{command}");
        let mut dumb = unicode(&arguments);
        dumb.env("TERM", "dumb");
        assert!(on_terminal(dumb, 80).1.is_ascii(), "{command}");
        assert!(run([command, text(&path), "--color", "always"]).text().contains("\x1b["), "{command}");
    }
}

#[test]
fn no_table_is_wider_than_the_terminal() {
    let (_folder, path) = folder("a.parquet", &rides());
    let (_other, wide) = folder("w.parquet", &wide());
    for path in [text(&path), text(&wide)] {
        for columns in [40, 60, 80, 132] {
            for command in ["head", "info"] {
                let (status, shown) = on_terminal(unicode(&[command, path, "--color", "never"]), columns);
                assert_eq!(status, Some(0));
                // The first lines are the file's name and a sentence, which may wrap.
                for line in bare(&shown).lines().skip(3).filter(|line| !line.contains(" shown)")) {
                    assert!(line.chars().count() <= columns.into(), "{columns}: {line}\n{shown}");
                }
            }
        }
        let (_, info) = on_terminal(unicode(&["info", path]), 80);
        assert!(info.lines().count() < 100, "{info}");
    }
}

#[test]
fn binary_is_not_sent_to_a_terminal() {
    let (_folder, path) = folder("a.parquet", &rides());
    let (status, shown) = on_terminal(unicode(&["load", text(&path), "-o", "-"]), 80);
    assert_eq!(status, Some(2));
    assert!(shown.contains("standard output is a terminal"), "{shown}");
    let csv = unicode(&["load", text(&path), "-c", "ride_id", "--limit", "3", "-o", "-", "--format", "csv"]);
    let (status, shown) = on_terminal(csv, 80);
    // No bar and no summary among the rows.
    assert_eq!((status, bare(&shown).as_str()), (Some(0), "ride_id\n1000000\n1000001\n1000002\n"));
}

#[test]
fn the_bar_is_on_a_terminal_only() {
    let server = serving("a.parquet", rides());
    let slow = Fault::Slow(Duration::from_millis(300));
    server.rule("a.parquet", Rule { nth: Some(2), when: When::Range, times: usize::MAX, fault: slow });
    let output = tempfile::tempdir().unwrap();
    let output = output.path().join("out.csv");
    let url = server.url("a.parquet");
    let arguments = ["load", &url, "-c", "fare", "-o", text(&output)];

    let (status, shown) = on_terminal(unicode(&arguments), 80);
    assert_eq!(status, Some(0));
    assert!(shown.contains("█") || shown.contains("░"), "{shown}");
    let last = bare(&shown).trim_end().lines().last().unwrap_or_default().to_owned();
    assert!(last.contains("20,000 rows: ") && last.contains(" in 6 requests, "), "{shown}");

    let done = finish(unicode(&arguments));
    assert_eq!((done.status, done.text().as_str(), done.stderr.as_str()), (Some(0), "", ""));

    // Rows into a pipe, errors on a terminal: the bar shows, the rows stay clean.
    let (end, user) = terminal(80).unwrap();
    let mut command = unicode(&["load", &url, "-c", "ride_id", "-o", "-", "--format", "csv"]);
    let mut child = command.stdout(Stdio::piped()).stderr(end).spawn().unwrap();
    drop(command);
    let shown = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = std::io::Read::read_to_end(&mut std::fs::File::from(user), &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let rows = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert_eq!(wait(&mut child).code(), Some(0));
    assert_eq!(rows.lines().count(), 20_001);
    assert!(!rows.contains('\x1b'));
    assert!(shown.join().unwrap().contains("20,000 rows: "));
}
