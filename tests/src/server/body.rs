//! The body of an answer, sent slice by slice on the link's schedule.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;

use super::answer::{Answer, Ending, Part};
use super::link::Pace;
use super::log::Entry;
use super::socket::Damage;

pub(crate) type Body = StreamBody<Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>> + Send>>>;

/// Before a connection is broken on purpose: time for what was sent so far to leave.
const FLUSH: Duration = Duration::from_millis(10);

/// A body without a byte, for `HEAD`; what its headers claim stays.
pub(crate) fn empty(mut entry: Entry) -> Body {
    entry.end();
    StreamBody::new(Box::pin(stream::empty()))
}

/// The body of an answer; the log entry is closed with it.
pub(crate) fn shaped(answer: Answer, pace: Pace, entry: Entry, damage: Arc<Damage>) -> Body {
    let sender = Sender { parts: answer.parts, ending: answer.ending, piece: Bytes::new(), pace, entry, damage };
    StreamBody::new(Box::pin(stream::unfold(sender, |mut sender| async move {
        let slice = sender.next().await?;
        Some((slice.map(Frame::data), sender))
    })))
}

struct Sender {
    parts: VecDeque<Part>,
    ending: Ending,
    /// Read from the front part, not yet sent.
    piece: Bytes,
    pace: Pace,
    entry: Entry,
    damage: Arc<Damage>,
}

impl Sender {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        match self.slice().await {
            Ok(Some(slice)) => {
                let last = self.is_through();
                self.pace.wait(slice.len(), last).await;
                self.entry.sent(slice.len());
                // The log must show the end before the client can have seen the last byte and asked again.
                if last && self.ending == Ending::Complete {
                    self.entry.end();
                }
                Some(Ok(slice))
            }
            Ok(None) => self.finish().await.map(Err),
            Err(error) => Some(Err(error)),
        }
    }

    /// The next bytes to send; none after the last.
    async fn slice(&mut self) -> io::Result<Option<Bytes>> {
        while self.piece.is_empty() {
            let Some(part) = self.parts.front_mut() else {
                return Ok(None);
            };
            if part.left == 0 {
                self.parts.pop_front();
                continue;
            }
            self.piece = part.content.piece(part.at, part.left).await?;
            let length = self.piece.len() as u64;
            part.at = part.at.saturating_add(length);
            part.left -= length;
        }
        let length = self.piece.len().min(self.pace.slice());
        Ok(Some(self.piece.split_to(length)))
    }

    /// True if the piece in hand was the last.
    fn is_through(&self) -> bool {
        self.piece.is_empty() && self.parts.iter().all(|part| part.left == 0)
    }

    async fn finish(&mut self) -> Option<io::Error> {
        match self.ending {
            Ending::Complete => {
                self.entry.end();
                return None;
            }
            Ending::Stall => std::future::pending().await,
            Ending::Close => {}
            Ending::Reset => self.damage.reset(),
        }
        tokio::time::sleep(FLUSH).await;
        self.entry.end();
        Some(io::Error::other("scripted end of the connection"))
    }
}
