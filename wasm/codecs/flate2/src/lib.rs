//! Stands in for the crate `flate2`: gzip is read by the same inflater (zlib-rs), and writing is refused.

pub mod read;
pub mod write;

/// A level of compression, which nothing here uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression(u32);

impl Compression {
    /// As in the real crate: 0 to 9.
    pub const fn new(level: u32) -> Self {
        Self(level)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
mod tests;
