//! Sleeps to a tenth of a millisecond. The runtime's own timer counts whole milliseconds and rounds up, which adds some
//! 4 % to a first byte of 30 ms.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

/// A thread that wakes tasks at their moments; ends with its last handle.
#[derive(Debug, Clone)]
pub(crate) struct Timer(Sender<Alarm>);

#[derive(Debug)]
struct Alarm {
    at: Instant,
    wake: oneshot::Sender<()>,
}

impl Timer {
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, alarms) = channel();
        thread::Builder::new().name("test-server-timer".to_owned()).spawn(move || run(&alarms))?;
        Ok(Self(sender))
    }

    /// Returns at that moment, or at once if it has passed.
    pub(crate) async fn until(&self, at: Instant) {
        if at <= Instant::now() {
            return;
        }
        let (wake, woken) = oneshot::channel();
        // The thread lives as long as this handle, so neither fails.
        if self.0.send(Alarm { at, wake }).is_ok() {
            let _ = woken.await;
        }
    }
}

fn run(alarms: &Receiver<Alarm>) {
    let mut waiting = BinaryHeap::new();
    loop {
        let next = match waiting.peek() {
            None => alarms.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(Reverse(Alarm { at, .. })) => alarms.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match next {
            Ok(alarm) => waiting.push(Reverse(alarm)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while waiting.peek().is_some_and(|Reverse(alarm)| alarm.at <= Instant::now()) {
            if let Some(Reverse(alarm)) = waiting.pop() {
                // A task that is gone needs no waking.
                let _ = alarm.wake.send(());
            }
        }
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Alarm {}
