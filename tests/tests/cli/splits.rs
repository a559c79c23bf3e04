//! `plan --splits` and `load --split`: what they print, and what becomes of wrong names.

use std::path::Path;

use parqlet_tests::command::{Done, run};
use serde_json::Value;

use super::{folder, names, rides, text, tiny};

fn rows(of: &[&str]) -> Vec<String> {
    let done = run([&["load"], of, &["-o", "-", "--format", "csv"]].concat());
    assert_eq!(done.status, Some(0), "{of:?}: {}", done.stderr);
    done.text().lines().map(str::to_owned).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn refused(arguments: &[&str], says: &[&str]) {
    let Done { status, stdout, stderr } = run(arguments);
    assert_eq!(status, Some(2), "{arguments:?}: {stderr}");
    assert!(stdout.is_empty() && says.iter().all(|says| stderr.contains(says)), "{arguments:?}: {stderr}");
}

#[test]
fn a_folder_is_planned_into_a_file_and_loaded_split_by_split() {
    let (folder, path) = folder("a.parquet", &rides());
    std::fs::copy(&path, folder.path().join("b.parquet")).unwrap();
    let splits = folder.path().join("splits.json");
    let done = run(["plan", text(folder.path()), "-c", "fare,city", "--splits", "3", "-o", text(&splits)]);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    assert!(
        done.text().starts_with("3 splits · 40,000 rows · ") && done.text().contains(" of the mean"),
        "{}",
        done.text()
    );

    let whole = rows(
        &[text(folder.path()).to_owned() + "/*.parquet", "-c".into(), "fare,city".into()]
            .each_ref()
            .map(String::as_str),
    );
    let mut together = vec![whole[0].clone()];
    let plan: Value = serde_json::from_str(&std::fs::read_to_string(&splits).unwrap()).unwrap();
    for (place, split) in plan["splits"].as_array().unwrap().iter().enumerate() {
        let of_split = rows(&["--split", &format!("{}#{place}", splits.display())]);
        assert_eq!(of_split.len() as u64 - 1, number(&split["rows"]));
        assert!(number(&split["bytes"]) > 0);
        together.extend(of_split.into_iter().skip(1));
    }
    assert!(together == whole, "the splits in order are the whole");
    assert_eq!(plan["columns"], serde_json::json!(["fare", "city"]));
}

#[test]
fn without_a_file_the_json_is_printed_and_too_few_row_groups_are_told() {
    let (_folder, path) = folder("a.parquet", &rides());
    let done = run(["plan", text(&path), "--splits", "9"]);
    assert_eq!(done.status, Some(0));
    assert_eq!(done.json()["splits"].as_array().unwrap().len(), 5);
    assert_eq!(done.stderr, "parqlet: not 9 splits: there are no more than 5 row groups to cut between\n");
    let whole = number(&done.json()["splits"][0]["bytes"]) * 5;
    let sized = run(["plan", text(&path), "-o", "-", "--split-size", &(whole / 2).to_string()]);
    assert!((2..=3).contains(&sized.json()["splits"].as_array().unwrap().len()), "{}", sized.text());
    assert_eq!(sized.stderr, "");
    let url = sized.json()["splits"][0]["files"][0]["url"].as_str().unwrap().to_owned();
    assert!(Path::new(&url).is_absolute(), "{url} means the same in any folder");
}

#[test]
fn wrong_names_and_numbers_of_splits_are_told() {
    let (folder, path) = folder("a.parquet", &tiny());
    let (path, splits) = (text(&path), folder.path().join("splits.json"));
    let splits = text(&splits);
    assert_eq!(run(["plan", path, "--splits", "1", "-o", splits]).status, Some(0));
    let output = folder.path().join("o.csv");
    let at = |number: &str| format!("{splits}{number}");
    for (arguments, says) in [
        (vec!["load", "--split", &at("#1")], vec!["there is no split 1", "splits.json has one, number 0"]),
        (vec!["load", "--split", splits], vec!["which split of the file", "splits.json#3"]),
        (vec!["load", "--split", &at("#one")], vec!["no number", "splits.json#3"]),
        (vec!["load", "--split", &at("#0"), path], vec!["cannot be used with"]),
        (vec!["load", "--split", &at("#0"), "-c", "fare"], vec!["cannot be used with"]),
        (vec!["load", "--split", &at("#0"), "--row-groups", "0"], vec!["cannot be used with"]),
        (vec!["load", "--split", &format!("{path}#0")], vec!["a.parquet: ", "can't read the splits"]),
    ] {
        let status = if says[1..].contains(&"can't read the splits") { 1 } else { 2 };
        let arguments = [arguments, vec!["-o", text(&output)]].concat();
        let Done { status: ended, stderr, .. } = run(&arguments);
        assert_eq!(ended, Some(status), "{arguments:?}: {stderr}");
        assert!(says.iter().all(|says| stderr.contains(says)), "{arguments:?}: {stderr}");
    }
    let (status, said) = {
        let done = run(["load", "--split", "no-such.json#0", "-o", text(&output)]);
        (done.status, done.stderr)
    };
    assert!(status == Some(1) && said.contains("no-such.json: can't read the splits"), "{said}");
    refused(&["plan", path, path], &["a plan is of one file", "--splits"]);
    refused(&["plan", path, "--splits", "2", "--limit", "3"], &["cannot be used with"]);
    refused(&["plan", path, "-o", splits], &["--splits"]);
    std::fs::write(folder.path().join("splits.json"), "{\"format\": \"parqlet-splits\", \"version\": 9}").unwrap();
    refused(&["load", "--split", &at("#0"), "-o", text(&output)], &["splits.json: ", "of version 9"]);
    assert_eq!(names(folder.path()), ["a.parquet", "splits.json"]);
}

#[test]
fn a_file_that_was_written_anew_is_not_loaded() {
    let (folder, path) = folder("a.parquet", &tiny());
    let splits = folder.path().join("splits.json");
    assert_eq!(run(["plan", text(&path), "--splits", "1", "-o", text(&splits)]).status, Some(0));
    std::fs::write(&path, rides()).unwrap();
    let done = run(["load", "--split", &format!("{}#0", splits.display()), "-o", text(&folder.path().join("o.csv"))]);
    assert_eq!(done.status, Some(1), "{}", done.stderr);
    assert!(
        done.stderr.contains("a.parquet: the object is not the one that the splits were planned for"),
        "{}",
        done.stderr
    );
    assert_eq!(names(folder.path()), ["a.parquet", "splits.json"]);
}
