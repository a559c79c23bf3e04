//! Loads that begin again: with a new version of the object, or with coarser timestamps.

use super::opening::Opening;
use super::{Goal, Load, Phase, Start};
use crate::error::{Error, ErrorKind, Result};
use arrow_schema::TimeUnit;
use std::sync::Arc;

impl Load {
    /// Begins again with the object as it is now: once, and only while nobody has seen a row of the old one.
    pub(super) fn restart(&mut self) -> Result<()> {
        if let Goal::Ranges(_) = self.goal {
            return Err(Error::new(
                ErrorKind::Changed,
                "the object changed after it was opened, so its bytes are others now: open it again",
            ));
        }
        if self.stats.restarts > 0 {
            return Err(Error::new(
                ErrorKind::Changed,
                "the object changed while it was being read, and again after the load began anew: it is being \
                 written to; read it when that is done",
            ));
        }
        if self.emitted {
            return Err(Error::new(
                ErrorKind::Changed,
                "the object changed while it was being read, after the first rows were handed out: read it again",
            )
            .retryable(true));
        }
        self.stats.restarts += 1;
        if let Start::Known(_) = self.options.start {
            self.options.start = Start::Length;
        }
        self.epoch += 1;
        self.flights.clear();
        self.abandon = true;
        self.opened = None;
        self.plan = None;
        self.schema = None;
        self.prepared.clear();
        self.keeping.clear();
        self.int96 = None;
        self.phase = Phase::Preparing(self.cold());
        Ok(())
    }

    /// Reads again with a coarser unit for an INT96 column: its values say that the first choice can't hold them.
    pub(super) fn reread(&mut self, column: &str, unit: TimeUnit) -> Result<()> {
        let (Some(opened), Some(int96)) = (&self.opened, &self.int96) else { return Ok(()) };
        if !self.provisional {
            let unit = format!("{unit:?}").to_lowercase();
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "column {column} holds an INT96 timestamp that only {unit}s can hold, found after rows were handed \
                     out in a finer unit: more memory lets the whole file be looked at first"
                ),
            ));
        }
        self.int96 = Some(int96.clone().with(column, unit));
        self.epoch += 1;
        self.flights.clear();
        self.abandon = true;
        self.phase = Phase::Preparing(Opening::known(Arc::clone(opened)));
        Ok(())
    }
}
