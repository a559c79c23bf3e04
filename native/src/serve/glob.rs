//! Patterns of paths.

/// What separates segments, spelled out too: a server may decode it.
const SLASHES: [&str; 2] = ["%2f", "%5c"];

/// One character, or a star that stands for some of a segment, or for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Byte(u8),
    Segment,
    Any,
}

/// A pattern of paths: `*` stands for any characters of one segment, `**` for any at all, and a pattern that ends in a
/// slash for all that is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Step>);

impl Glob {
    /// Every text is a pattern.
    pub(super) fn new(pattern: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = pattern.as_bytes();
        while let Some((byte, tail)) = rest.split_first() {
            let stars = rest.iter().take_while(|byte| **byte == b'*').count();
            rest = if stars == 0 { tail } else { &rest[stars..] };
            steps.push(match stars {
                0 => Step::Byte(*byte),
                1 => Step::Segment,
                _ => Step::Any,
            });
        }
        if pattern.ends_with('/') {
            steps.push(Step::Any);
        }
        Self(steps)
    }

    /// Whether a path fits. Takes time with the product of both lengths, whatever they are.
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut states = vec![false; self.0.len() + 1];
        states[0] = true;
        self.reach(&mut states);
        for (at, byte) in path.bytes().enumerate() {
            let slash = byte == b'/'
                || path
                    .get(at..at + 3)
                    .is_some_and(|code| SLASHES.iter().any(|slash| slash.eq_ignore_ascii_case(code)));
            let mut next = vec![false; states.len()];
            for (state, step) in self.0.iter().enumerate().filter(|(state, _)| states[*state]) {
                match step {
                    Step::Any => next[state] = true,
                    Step::Segment if !slash => next[state] = true,
                    Step::Byte(wanted) if *wanted == byte => next[state + 1] = true,
                    Step::Segment | Step::Byte(_) => {}
                }
            }
            self.reach(&mut next);
            states = next;
        }
        states[self.0.len()]
    }

    /// Adds what lies behind stars, which may stand for nothing.
    fn reach(&self, states: &mut [bool]) {
        for (state, step) in self.0.iter().enumerate() {
            if states[state] && !matches!(step, Step::Byte(_)) {
                states[state + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_parts_of_a_segment_and_two_for_anything() {
        for (pattern, path, fits) in [
            ("/a.parquet", "/a.parquet", true),
            ("/a.parquet", "/a.parquet2", false),
            ("/public/", "/public/a/b.parquet", true),
            ("/public/", "/public", false),
            ("/*/part-*.parquet", "/x/part-0.parquet", true),
            ("/*/part-*.parquet", "/x/y/part-0.parquet", false),
            ("/*/a", "/x%2Fy/a", false),
            ("/*/a", "/x%5cy/a", false),
            ("/**/final", "/a/b/final", true),
            ("/**/final", "/final", false),
            ("/***", "/", true),
            ("*a*a*a*b", &"a".repeat(5000), false),
        ] {
            assert_eq!(Glob::new(pattern).matches(path), fits, "{pattern} {path}");
        }
    }
}
