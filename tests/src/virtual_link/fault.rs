//! What goes wrong with an answer.

use std::collections::BTreeMap;
use std::time::Duration;

/// One way for one answer to be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A status instead of bytes.
    Status(u16),
    /// A status with `Retry-After`.
    RetryAfter(u16, Duration),
    /// The body ends after so many bytes as if it were whole.
    Short(u64),
    /// The connection breaks after so many bytes of the body.
    Reset(u64),
    /// No answer: the connection fails.
    Lost,
    /// The body stops after so many bytes and the connection stays open, until the shell loses patience.
    Stall(u64),
    /// So much more wait before the first byte: no fault, and a load is right all the same.
    Late(Duration),
    /// The whole object instead of a range.
    Whole,
    /// A `Content-Range` one byte further than asked.
    Shifted,
    /// A body with a `Content-Encoding`.
    Encoded,
}

impl Fault {
    /// Whether the same request may succeed later, so that a load must try again.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Status(status) | Self::RetryAfter(status, _) => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Short(_) | Self::Reset(_) | Self::Lost | Self::Stall(_) | Self::Late(_) => true,
            Self::Whole | Self::Shifted | Self::Encoded => false,
        }
    }
}

/// Which answers are wrong, and how.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// By number of the request, from 0.
    pub script: BTreeMap<usize, Fault>,
    /// The chance of any other answer to be wrong, 0 to 1.
    pub rate: f64,
    /// What it is then, one as likely as the other.
    pub kinds: Vec<Fault>,
}

impl Faults {
    /// These faults for the requests of these numbers, from 0.
    pub fn script(script: impl IntoIterator<Item = (usize, Fault)>) -> Self {
        Self { script: script.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn draw(&self, number: usize, dice: &mut fastrand::Rng) -> Option<Fault> {
        if let Some(fault) = self.script.get(&number) {
            return Some(fault.clone());
        }
        if dice.f64() < self.rate { dice.choice(&self.kinds).cloned() } else { None }
    }
}
