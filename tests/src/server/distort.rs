//! Makes a right answer wrong, as a fault says.

use std::io::{self, Write};
use std::time::SystemTime;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::HeaderMap;
use hyper::header::{self, HeaderName};

use super::answer::{Answer, Ending, Part, Wire};
use super::fault::{Fault, RetryAfter, WrongRange};
use super::store::{Content, Store};

/// What a fault does before the answer is worked out: changes the file or the request.
pub(crate) fn beforehand(fault: &Fault, store: &Store, name: &str, headers: &mut HeaderMap) {
    match fault {
        Fault::Replaced { content, keeps_conditions } => store.put(name, content.clone(), *keeps_conditions),
        Fault::Whole | Fault::Endless => {
            headers.remove(header::RANGE);
        }
        _ => {}
    }
}

/// What a fault does to the answer.
///
/// # Errors
///
/// The file can't be read, for those faults that need its bytes here.
pub(crate) async fn distort(fault: Fault, mut answer: Answer) -> io::Result<Answer> {
    match fault {
        Fault::None | Fault::Whole | Fault::Replaced { .. } => {}
        Fault::Cut(bytes) => end_after(&mut answer, bytes, Ending::Close),
        Fault::Reset(bytes) => end_after(&mut answer, bytes, Ending::Reset),
        Fault::Stall(bytes) => end_after(&mut answer, bytes, Ending::Stall),
        Fault::Short(bytes) => {
            answer.cut(bytes);
            answer = with_length(answer);
        }
        Fault::Long(extra) => {
            answer.parts.push_back(Part { content: Content::Zeros, at: 0, left: extra });
            answer = with_length(answer);
        }
        Fault::ContentRange(how) => wrong_range(&mut answer, how),
        Fault::Header(name, value) => {
            let name = HeaderName::from_static(name);
            answer.headers.remove(&name);
            if let Some(value) = value {
                answer = answer.with(name, &value);
            }
        }
        Fault::Chunked => {
            answer.headers.remove(header::CONTENT_LENGTH);
        }
        Fault::Status(status) => answer = Answer::text(status),
        Fault::RetryAfter(status, after) => {
            let value = match after {
                RetryAfter::Seconds(seconds) => seconds.to_string(),
                RetryAfter::Date(date) => httpdate::fmt_http_date(date.max(SystemTime::UNIX_EPOCH)),
            };
            answer = Answer::text(status).with(header::RETRY_AFTER, &value);
        }
        Fault::Gzip => answer = gzipped(answer).await?,
        Fault::Redirect(status, to) => answer = Answer::text(status).with(header::LOCATION, &to),
        Fault::Slow(wait) => answer.wait = wait,
        Fault::Garbage => answer.wire = Wire::Garbage,
        Fault::Close => answer.wire = Wire::Nothing,
        Fault::Endless => {
            answer.headers.remove(header::CONTENT_LENGTH);
            answer.parts.push_back(Part { content: Content::Zeros, at: 0, left: u64::MAX });
        }
        Fault::HugeHeader(bytes) => {
            answer = answer.with(HeaderName::from_static("x-padding"), &"x".repeat(bytes));
        }
    }
    Ok(answer)
}

fn end_after(answer: &mut Answer, bytes: u64, ending: Ending) {
    answer.cut(bytes);
    answer.ending = ending;
}

fn with_length(answer: Answer) -> Answer {
    let length = answer.length().to_string();
    answer.with(header::CONTENT_LENGTH, &length)
}

fn wrong_range(answer: &mut Answer, how: WrongRange) {
    let Some(value) = answer.headers.remove(header::CONTENT_RANGE) else {
        return;
    };
    let right = value.to_str().ok().and_then(parsed);
    let wrong = match (how, right) {
        (WrongRange::Shifted, Some((first, last, total))) => {
            format!("bytes {}-{}/{total}", first + 1, last + 1)
        }
        (WrongRange::OtherTotal, Some((first, last, total))) => {
            format!("bytes {first}-{last}/{}", total + 1)
        }
        (WrongRange::UnknownTotal, Some((first, last, _))) => format!("bytes {first}-{last}/*"),
        (WrongRange::Unparsable, _) => "bytes from here to there".to_owned(),
        _ => return,
    };
    if let Ok(wrong) = wrong.parse() {
        answer.headers.insert(header::CONTENT_RANGE, wrong);
    }
}

fn parsed(value: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

async fn gzipped(mut answer: Answer) -> io::Result<Answer> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for part in answer.parts.drain(..) {
        encoder.write_all(&part.content.all(part.at, part.at.saturating_add(part.left)).await?)?;
    }
    let body = Bytes::from(encoder.finish()?);
    let left = body.len() as u64;
    answer.parts.push_back(Part { content: Content::Memory(body), at: 0, left });
    Ok(with_length(answer).with(header::CONTENT_ENCODING, "gzip"))
}
