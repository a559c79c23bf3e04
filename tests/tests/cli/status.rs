//! Exit statuses, and the one line that says why.

use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parqlet_tests::command::{finish, parqlet, run, wait};
use parqlet_tests::server::{Fault, Rule};
use parquet::arrow::ArrowWriter;

use super::{folder, names, rides, serving, text, tiny};

/// The status and the line on standard error of a command that prints nothing else.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let done = run(arguments);
    assert_eq!(done.text(), "", "{arguments:?}");
    (done.status, done.stderr)
}

#[test]
fn done_is_0_and_says_nothing_on_standard_error() {
    let (_folder, path) = folder("a.parquet", &tiny());
    for command in ["schema", "info", "head", "plan"] {
        let done = run([command, text(&path)]);
        assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""), "{command}");
        assert!(!done.stdout.is_empty(), "{command}");
    }
}

#[test]
fn what_could_not_be_done_is_1_with_one_line() {
    let (folder, path) = folder("a.parquet", &tiny());
    let server = serving("a.parquet", tiny());
    server.rule("denied.parquet", Rule::always(Fault::Status(403)));
    let output = folder.path().join("no/such/a.csv");
    // A port nobody listens on: it was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (arguments, says) in [
        (vec!["head", "no-such.parquet"], "no-such.parquet: there is no such file"),
        (vec!["head", "host.example/a.parquet"], "a URL begins with https://"),
        (vec!["head", "https:/host.example/a.parquet"], "a URL begins with https://"),
        (vec!["schema", "/etc/passwd"], "not a Parquet file"),
        (vec!["info", &server.url("b.parquet")], "404"),
        (vec!["plan", &server.url("denied.parquet")], "403"),
        (vec!["head", &format!("http://127.0.0.1:{port}/a.parquet")], "can't connect to the server"),
        (vec!["head", "http://no-such-host.invalid/a.parquet"], "can't connect to the server"),
        (vec!["load", text(&path), "-o", text(&output)], "there is no folder"),
        (vec!["load", text(&path), "-o", text(folder.path()), "--format", "csv"], "it is a folder"),
        (vec!["load", text(&path), "no-such.parquet", "-o", text(&folder.path().join("b.csv"))], "no such file"),
    ] {
        let (status, line) = refused(&arguments);
        assert_eq!(status, Some(1), "{arguments:?}: {line}");
        assert!(line.starts_with("parqlet: ") && line.contains(says), "{arguments:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    assert_eq!(names(folder.path()), ["a.parquet"]);
}

/// A file of one batch.
fn written(batch: &RecordBatch) -> Vec<u8> {
    let mut content = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    content
}

#[test]
fn wrong_usage_is_2() {
    let (folder, path) = folder("a.parquet", &tiny());
    let (path, other) = (text(&path), folder.path().join("b.parquet"));
    let column: ArrayRef = Arc::new(StringArray::from(vec!["free"]));
    std::fs::write(&other, written(&RecordBatch::try_from_iter([("fare", column)]).unwrap())).unwrap();
    let output = folder.path().join("o.csv");
    for (arguments, says) in [
        (vec![], "Usage: parqlet"),
        (vec!["hed", path], "head"),
        (vec!["load", path], "--output"),
        (vec!["load", path, "-o", "rows"], "--format"),
        (vec!["head", path, "-c", "far"], "did you mean `fare`"),
        (vec!["head", path, "-c", "pickup.lot"], "`pickup.lon`"),
        (vec!["plan", path, "--row-groups", "1"], "a.parquet: there is no row group 1: the file has one"),
        (vec!["load", path, "--row-groups", "1", "-o", text(&output)], "there is no row group 1"),
        (vec!["load", path, text(&other), "-o", text(&output)], "column `fare` is Float64 in"),
        (vec!["head", path, "--header", "nothing"], "'Name: value'"),
        (vec!["head", "htps://host/a.parquet"], "use https://, http://, s3://, gs://, az://, file:// or a path"),
        (vec!["head", text(folder.path())], "this is not a file"),
    ] {
        let (status, said) = refused(&arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    assert_eq!(names(folder.path()), ["a.parquet", "b.parquet"]);
}

#[test]
fn a_file_sends_no_codes_to_the_terminal() {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["\x1b[2Jtext\u{202e}"]));
    let batch = RecordBatch::try_from_iter([("\x1b[31mred", column)]).unwrap();
    let (_folder, path) = folder("a.parquet", &written(&batch));
    for arguments in [
        vec!["schema", text(&path)],
        vec!["info", text(&path)],
        vec!["head", text(&path)],
        vec!["plan", text(&path), "-c", "red"],
    ] {
        let done = run(&arguments);
        let printed = format!("{}{}", done.text(), done.stderr);
        assert!(printed.contains("[31mred"), "{arguments:?}: {printed}");
        assert!(!printed.contains(['\x1b', '\u{202e}']), "{arguments:?}: {printed}");
    }
}

#[test]
fn a_full_disk_is_1_and_says_which_output() {
    let (_folder, path) = folder("a.parquet", &rides());
    for format in ["arrow", "arrows", "parquet", "csv", "jsonl"] {
        let (status, line) = refused(&["load", text(&path), "-o", "/dev/full", "--format", format]);
        assert_eq!(status, Some(1), "{format}");
        assert!(line.starts_with("parqlet: cannot write /dev/full: No space left"), "{format}: {line}");
    }
    let mut head = parqlet(["head", text(&path)]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = head.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(wait(&mut child).code(), Some(1));
    assert!(std::io::read_to_string(child.stderr.take().unwrap()).unwrap().contains("cannot write standard output"));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let (_folder, path) = folder("a.parquet", &rides());
    let path = text(&path);
    for arguments in [
        vec!["schema", path],
        vec!["info", path, "--json"],
        vec!["head", path, "-n", "1000"],
        vec!["plan", path],
        vec!["load", path, "-o", "-", "--format", "csv"],
        vec!["load", path, "-o", "-", "--format", "jsonl"],
        vec!["load", path, "-o", "-", "--format", "parquet"],
        vec!["load", path, "-o", "-"],
    ] {
        // Gone before the first byte, and after it.
        for taken in [0, 1] {
            let (mut reader, writer) = std::io::pipe().unwrap();
            let mut command = parqlet(&arguments);
            let mut child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
            drop(command);
            std::io::Read::read_exact(&mut reader, &mut vec![0; taken]).unwrap();
            drop(reader);
            let status = wait(&mut child);
            let said = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
            assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
        }
    }
}

#[test]
fn a_damaged_file_is_one_line_and_no_panic() {
    let whole = rides().to_vec();
    let mut pages = whole.clone();
    pages[4..2000].fill(0xff);
    let mut footer = whole.clone();
    let end = footer.len();
    footer[end - 3000..end - 2000].fill(0xff);
    let mut claim = whole.clone();
    claim[end - 8..end - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    for (name, content) in
        [("pages", pages), ("footer", footer), ("claim", claim), ("cut", whole[..end / 2].to_vec()), ("empty", vec![])]
    {
        let (_folder, path) = folder("a.parquet", &content);
        let done = finish(parqlet(["load", text(&path), "-o", "-", "--format", "csv"]));
        assert_eq!(done.status, Some(1), "{name}: {done:?}");
        assert_eq!(done.stderr.lines().count(), 1, "{name}: {}", done.stderr);
        assert!(done.stderr.starts_with("parqlet: ") && done.stderr.contains("a.parquet: "), "{name}: {}", done.stderr);
        assert!(!done.stderr.contains("panicked"), "{name}: {}", done.stderr);
    }
}
