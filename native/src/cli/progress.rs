//! The bar on standard error while rows are read: bytes fetched of those planned, rows so far, rate.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::screen::Screen;
use super::size;

const TEMPLATE: &str =
    "  {bar:16} {decimal_bytes} of {decimal_total_bytes} · {msg} · {decimal_bytes_per_sec} · {eta} left";

/// How far a read is, shown on standard error where that is a terminal and nowhere else.
///
/// Clones show the same bar. Clear it before anything else is written to standard error.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for a read that will fetch `bytes` in all. `quiet` hides it: set it when rows go to the same terminal.
    pub(crate) fn new(bytes: u64, quiet: bool, screen: &Screen) -> Self {
        // The target itself hides the bar where standard error is no terminal.
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(bytes), target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars(screen.either("█▓░", "#+.")));
        }
        bar.set_message(size::counted(0, "row"));
        Self { bar }
    }

    /// Tells how many bytes were fetched of those that are planned by now, and how many rows were given out.
    pub(crate) fn reach(&self, bytes: u64, planned: u64, rows: u64) {
        self.bar.set_length(planned.max(bytes));
        self.bar.set_message(size::counted(rows, "row"));
        self.bar.set_position(bytes);
    }

    /// Clears the line. What is told after is not shown.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    /// A terminal that remembers what was written since it was last cleared.
    #[derive(Debug, Default, Clone)]
    struct Paper(Arc<Mutex<String>>);

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_bar_says_bytes_and_rows_and_is_gone_at_the_end() {
        let paper = Paper::default();
        let screen = Screen { width: Some(100), colour: false, unicode: true };
        let progress = Progress::new(2_000_000, true, &screen);
        progress.bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(paper.clone())));
        progress.reach(1_000_000, 4_000_000, 12_345);
        progress.bar.force_draw();
        let shown = paper.0.lock().unwrap().clone();
        assert!(shown.contains("███") && shown.contains("1.00 MB of 4.00 MB · 12,345 rows"), "{shown}");
        progress.clear();
        assert_eq!(*paper.0.lock().unwrap(), "");
    }
}
