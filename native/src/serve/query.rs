//! Requests as questions. Whatever is unclear is refused: a misspelt parameter must not change what is asked.

use serde::Serialize;
use url::Url;

use super::problem::{Code, Problem};
use crate::cli::parse::column_list;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Json,
    Jsonl,
    Csv,
    Arrow,
}

/// Rows of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RowQuestion {
    /// Paths from the root, apart by dots; `None`: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) columns: Option<Vec<String>>,
    pub(super) offset: u64,
    pub(super) limit: u64,
}

/// What is asked of a file. Serialized it is a part of the answer's version: the order of members counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Question {
    Rows {
        format: Format,
        #[serde(flatten)]
        rows: RowQuestion,
    },
    Plan {
        #[serde(flatten)]
        rows: RowQuestion,
    },
    Schema,
}

/// What each path is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Rows,
    Schema,
    Plan,
}

/// Characters of a query. Longer ones are refused before they are looked at.
const LONGEST_QUERY: usize = 8192;
/// The rows of an answer where nothing is said.
const LIMIT: u64 = 100;
/// As much of a name as fits into a sentence; secrets may be in the rest of an address that was not encoded.
const LONGEST_NAME: usize = 30;

impl Path {
    /// The path of this spelling, if the service has it.
    pub(super) fn parse(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Rows),
            "/schema" => Some(Self::Schema),
            "/plan" => Some(Self::Plan),
            _ => None,
        }
    }

    /// Its spelling.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Rows => "/",
            Self::Schema => "/schema",
            Self::Plan => "/plan",
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Rows => &["url", "columns", "offset", "limit", "format"],
            Self::Plan => &["url", "columns", "offset", "limit"],
            Self::Schema => &["url"],
        }
    }
}

impl Format {
    const ALL: [(&'static str, Self); 4] =
        [("json", Self::Json), ("jsonl", Self::Jsonl), ("csv", Self::Csv), ("arrow", Self::Arrow)];

    /// The `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Jsonl => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }
}

/// The file and what is asked of it. `address` is that of the request.
///
/// # Errors
/// For a question that can't be asked.
pub(super) fn question(address: &Url, path: Path, max_rows: u64) -> Result<(Url, Question), Problem> {
    if address.query().is_some_and(|query| query.len() >= LONGEST_QUERY) {
        return Err(Problem::new(Code::QUERY_TOO_LONG, format!("the query has more than {LONGEST_QUERY} characters")));
    }
    let values = parameters(address, path.names())?;
    let value = |wanted: &str| values.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let url = file_url(value("url").unwrap_or_default())?;
    if path == Path::Schema {
        return Ok((url, Question::Schema));
    }
    let columns = value("columns").map(columns).transpose()?;
    let offset = whole("offset", value("offset"))?.unwrap_or(0);
    let limit = whole("limit", value("limit"))?.unwrap_or_else(|| LIMIT.min(max_rows));
    if limit > max_rows {
        let detail = format!("`limit`: an answer has {max_rows} rows at most");
        return Err(Problem::new(Code::TOO_MANY_ROWS, detail).of("limit").with_max_rows(max_rows));
    }
    let rows = RowQuestion { columns, offset, limit };
    if path == Path::Plan {
        return Ok((url, Question::Plan { rows }));
    }
    let wanted = value("format").unwrap_or("json");
    let format = Format::ALL.iter().find(|(name, _)| *name == wanted);
    let (_, format) = format.ok_or_else(|| bad("format", "it must be one of json, jsonl, csv, arrow"))?;
    Ok((url, Question::Rows { format: *format, rows }))
}

fn parameters(address: &Url, names: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    let mut values: Vec<(String, String)> = Vec::new();
    for (name, value) in address.query_pairs() {
        if !names.contains(&name.as_ref()) {
            return Err(Problem::new(Code::BAD_PARAMETER, unknown(&name, names)).of(&shown(&name)));
        }
        if values.iter().any(|(known, _)| *known == name) {
            return Err(bad(&name, "it is given more than once"));
        }
        values.push((name.into_owned(), value.into_owned()));
    }
    Ok(values)
}

fn columns(list: &str) -> Result<Vec<String>, Problem> {
    if list.trim().is_empty() {
        return Err(bad("columns", "it is empty: leave it out for all columns"));
    }
    let names = column_list(list).map_err(|error| bad("columns", &error))?;
    Ok(names.iter().map(|name| name.parts.join(".")).collect())
}

fn file_url(text: &str) -> Result<Url, Problem> {
    if text.is_empty() {
        return Err(bad("url", "it is missing: the address of a Parquet file"));
    }
    let mut url = Url::parse(text).map_err(|_| bad_url("it is no address: it must begin with https:// or http://"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad_url("it must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some_and(|password| !password.is_empty()) {
        return Err(bad_url("it must not hold a user or a password"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// A row number, as far as numbers are exact.
fn whole(name: &str, text: Option<&str>) -> Result<Option<u64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let digits = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.map(Some).ok_or_else(|| bad(name, "it must be a whole number from 0, of 15 digits at most"))
}

fn unknown(name: &str, names: &[&str]) -> String {
    let lower = name.to_lowercase();
    let advice = match names.iter().find(|known| is_near(&lower, known)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            format!("there are {}; if it belongs to the address of the file, percent-encode that", names.join(", "))
        }
    };
    format!("there is no parameter `{}`: {advice}", shown(name))
}

/// The same but for case, one letter, or two letters that changed places.
fn is_near(name: &str, known: &str) -> bool {
    let (name, known): (Vec<char>, Vec<char>) = (name.chars().collect(), known.chars().collect());
    if name.len().abs_diff(known.len()) > 1 {
        return false;
    }
    let start = name.iter().zip(&known).take_while(|(one, other)| one == other).count();
    let (rest, other) = (&name[start..], &known[start..]);
    let tail = |letters: &[char], from: usize| letters.get(from..).unwrap_or_default().to_vec();
    let swapped = rest.get(1) == other.first() && rest.first() == other.get(1) && tail(rest, 2) == tail(other, 2);
    swapped || tail(rest, 1) == tail(other, 1) || tail(rest, 1) == other || rest == tail(other, 1)
}

fn shown(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_owned(),
    }
}

fn bad(name: &str, why: &str) -> Problem {
    Problem::new(Code::BAD_PARAMETER, format!("`{name}`: {why}")).of(name)
}

fn bad_url(why: &str) -> Problem {
    Problem::new(Code::BAD_URL, format!("`url`: {why}")).of("url")
}
