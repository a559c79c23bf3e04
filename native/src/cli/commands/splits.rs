//! `parqlet plan --splits`, and the split that `parqlet load --split` names.

use std::path::Path;

use parqlet::{Cut, Error, ErrorKind, Split, Splits};

use super::super::args::{PlanArgs, SplitName};
use super::super::output::{Target, print, save};
use super::super::size;
use super::{Failure, Session, Spent, listing, selection};

pub(super) async fn plan(session: &Session, args: &PlanArgs, into: Cut) -> Result<(), Failure> {
    let files = session.client.list(listing(&args.files)).await?;
    let splits = session.client.split(files, &selection(&args.selection), into).await?;
    match args.output.as_deref().map(Target::from_path) {
        None | Some(Target::Stdout) => print(&splits.to_json())?,
        Some(Target::Path(path)) => {
            save(&path, &splits.to_json())?;
            print(&told(&splits))?;
        }
    }
    if let Cut::Count(wanted) = into
        && splits.len() < wanted
    {
        let row_groups = size::counted(splits.len() as u64, "row group");
        eprintln!("parqlet: not {wanted} splits: there are no more than {row_groups} to cut between");
    }
    let mut spent = Spent::default();
    spent.then(splits.stats());
    session.report(&spent);
    Ok(())
}

/// What was made of what, and how even it is.
fn told(splits: &Splits) -> String {
    let sum = |number: fn(&Split) -> u64| splits.iter().map(|split| number(&split)).fold(0, u64::saturating_add);
    let (rows, bytes) = (sum(Split::rows), sum(Split::bytes));
    let mut text = format!(
        "{} · {} · {} of columns",
        size::counted(splits.len() as u64, "split"),
        size::counted(rows, "row"),
        size::bytes(bytes),
    );
    let largest = splits.iter().map(|split| split.bytes()).max().unwrap_or(0);
    if bytes > 0 {
        let of_mean = largest as f64 * splits.len() as f64 / bytes as f64;
        text.push_str(&format!(" · the largest {}, {of_mean:.2} of the mean", size::bytes(largest)));
    }
    text.push('\n');
    text
}

/// The split of this name.
pub(super) fn named(name: &SplitName) -> Result<Split, Failure> {
    let SplitName { path, number } = name;
    let about = |error: Error| Failure::Read(error.with_object(shown(path).into()));
    let text = std::fs::read_to_string(path)
        .map_err(|error| about(Error::new(ErrorKind::NotFound, format!("can't read the splits: {error}"))))?;
    let splits = Splits::from_json(&text).map_err(about)?;
    splits.get(*number).ok_or_else(|| {
        let has = match splits.len() {
            0 => "has none".to_owned(),
            1 => "has one, number 0".to_owned(),
            count => format!("has {count}, 0 to {}", count - 1),
        };
        Failure::Usage(format!("there is no split {number}: {} {has}", shown(path)))
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
