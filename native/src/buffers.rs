//! Buffers for reads of local files, used again: fresh memory costs the system as much as the read itself, for it has
//! to find and clear each page of it.

use bytes::Bytes;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Shorter reads take memory of their own: the allocator has it at hand. From here on (glibc's threshold too) it may
/// have to ask the system for it.
const SHORTEST: usize = 128 << 10;

/// Buffers that nobody reads from at the moment. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Buffers(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    idle: Mutex<Vec<Vec<u8>>>,
    /// Bytes that may lie idle.
    most: usize,
}

impl Buffers {
    /// Keeps up to `most` bytes for the next reads.
    pub(crate) fn new(most: u64) -> Self {
        Self(Arc::new(Shelf { idle: Mutex::default(), most: usize::try_from(most).unwrap_or(usize::MAX) }))
    }

    /// `length` bytes as `fill` leaves them; what it leaves alone may be of an earlier read.
    pub(crate) fn filled(&self, length: usize, fill: impl FnOnce(&mut [u8]) -> io::Result<()>) -> io::Result<Bytes> {
        if length < SHORTEST {
            let mut bytes = vec![0; length];
            fill(&mut bytes)?;
            return Ok(bytes.into());
        }
        let bytes = self.0.take(length).unwrap_or_else(|| vec![0; length.next_multiple_of(SHORTEST)]);
        let mut lent = Lent { bytes, length, home: Arc::clone(&self.0) };
        fill(lent.bytes.get_mut(..length).unwrap_or_default())?;
        Ok(Bytes::from_owner(lent))
    }
}

impl Shelf {
    /// The shortest buffer that does, unless it is more than twice as long: what is paid for is the length.
    fn take(&self, length: usize) -> Option<Vec<u8>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting =
            idle.iter().enumerate().filter(|(_, bytes)| (length..=length.saturating_mul(2)).contains(&bytes.len()));
        let (at, _) = fitting.min_by_key(|(_, bytes)| bytes.len())?;
        Some(idle.swap_remove(at))
    }

    fn put(&self, bytes: Vec<u8>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(bytes);
        // The oldest go: they are of a length that is not asked for any more.
        while idle.iter().map(Vec::len).sum::<usize>() > self.most {
            idle.remove(0);
        }
    }
}

/// A buffer that goes back when its last reader is done.
#[derive(Debug)]
struct Lent {
    bytes: Vec<u8>,
    length: usize,
    home: Arc<Shelf>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.put(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn of(buffers: &Buffers, length: usize, value: u8) -> Bytes {
        let fill = |bytes: &mut [u8]| {
            bytes.fill(value);
            Ok(())
        };
        buffers.filled(length, fill).unwrap()
    }

    #[test]
    fn a_buffer_is_used_again_once_nobody_reads_it() {
        let buffers = Buffers::new(8 << 20);
        let first = of(&buffers, 3 << 20, 1);
        let slice = first.slice(10..20);
        let place = first.as_ptr();
        drop(first);
        assert_ne!(of(&buffers, 2 << 20, 2).as_ptr(), place, "a slice is still read");
        assert_eq!(slice, [1; 10].as_slice());
        drop(slice);
        let second = of(&buffers, (3 << 20) - 5, 3);
        assert_eq!((second.as_ptr(), second.len()), (place, (3 << 20) - 5));
    }

    #[test]
    fn no_more_than_allowed_lies_idle() {
        let buffers = Buffers::new(4 << 20);
        let read: Vec<Bytes> = (0..5).map(|value| of(&buffers, 2 << 20, value)).collect();
        drop(read);
        assert_eq!(buffers.0.idle.lock().unwrap().len(), 2);
        drop(of(&buffers, 5 << 20, 0));
        assert!(buffers.0.idle.lock().unwrap().is_empty(), "too long to be kept");
    }
}
