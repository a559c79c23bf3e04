//! What the text goes to: how wide it is, whether it takes colour and characters beyond ASCII; and text fitted to it.

use std::borrow::Cow;
use std::io::IsTerminal;

use clap::ValueEnum;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// When to colour what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    #[default]
    Auto,
    /// Even into a pipe or file.
    Always,
    /// Never.
    Never,
}

/// The medium text is laid out for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns of a terminal; `None` for a pipe or file, where nothing is folded away.
    pub(crate) width: Option<usize>,
    /// Whether to write colour codes.
    pub(crate) colour: bool,
    /// Whether box and block characters can be shown; plain ASCII otherwise.
    pub(crate) unicode: bool,
}

/// The weight of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Headings.
    Bold,
    /// What stands back: types, nulls, frames, bytes that are not fetched.
    Dim,
    /// What is fetched.
    Strong,
    /// What is fetched to learn what to fetch: the tail, the index.
    Second,
    /// What is fetched for the most part in vain.
    Warn,
}

impl Screen {
    /// The screen standard output is. A pipe has no width, no colour unless asked for, and is taken to hold UTF-8.
    pub(crate) fn of_stdout(colour: Colour) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let dumb = var("TERM").is_some_and(|term| term == "dumb");
        // The first of these that is set names the character set; none set is the C locale, which some containers
        // run in while their terminal shows UTF-8, so only a set name without UTF-8 counts against it.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(var);
        let utf8 = locale.is_none_or(|locale| {
            let name = locale.to_ascii_lowercase().replace('-', "");
            name.contains("utf8")
        });
        Self {
            width: terminal.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))),
            colour: match colour {
                Colour::Always => true,
                Colour::Never => false,
                Colour::Auto => terminal && !dumb && var("NO_COLOR").is_none(),
            },
            unicode: !terminal || (utf8 && !dumb),
        }
    }

    /// The width to draw pictures for: the terminal's, or 100 where there is none.
    pub(crate) fn picture_width(&self) -> usize {
        self.width.unwrap_or(100)
    }

    /// The text in an ink, or as it is where there is no colour.
    pub(crate) fn ink<'a>(&self, ink: Ink, text: &'a str) -> Cow<'a, str> {
        if !self.colour || text.is_empty() {
            return Cow::Borrowed(text);
        }
        let code = match ink {
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Strong => "32",
            Ink::Second => "36",
            Ink::Warn => "33",
        };
        Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m"))
    }

    /// One of two spellings: with characters beyond ASCII, or without.
    pub(crate) fn either<T>(&self, unicode: T, ascii: T) -> T {
        if self.unicode { unicode } else { ascii }
    }

    /// A finished text without the few characters beyond ASCII that our own words hold, where they cannot be shown.
    pub(crate) fn spelled(&self, text: String) -> String {
        if self.unicode {
            return text;
        }
        text.replace('·', "|").replace('…', "..").replace('–', "-")
    }

    /// The mark of something left out.
    pub(crate) fn ellipsis(&self) -> &'static str {
        self.either("…", "...")
    }
}

/// Columns a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A text from a file made safe to print on one line: control characters (colour codes among them) and characters that
/// turn the writing direction are escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(unsafe_to_print) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if unsafe_to_print(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The text cut to at most `columns` of display width, the cut marked by `mark`.
pub(crate) fn fit<'a>(text: &'a str, columns: usize, mark: &str) -> Cow<'a, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mark = if width(mark) <= columns { mark } else { "" };
    let room = columns - width(mark);
    let mut used = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let step = c.width().unwrap_or(0);
        if used + step > room {
            break;
        }
        used += step;
        end = at + c.len_utf8();
    }
    let kept = text.get(..end).unwrap_or_default();
    Cow::Owned(format!("{kept}{mark}"))
}

/// Pads to a display width; text that is wider stays as it is.
pub(crate) fn pad(text: &str, columns: usize, right: bool) -> String {
    let gap = " ".repeat(columns.saturating_sub(width(text)));
    if right { format!("{gap}{text}") } else { format!("{text}{gap}") }
}

fn unsafe_to_print(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_what_it_takes_on_screen() {
        assert_eq!(fit("plain", 5, "…"), "plain");
        assert_eq!(fit("plainer", 5, "…"), "plai…");
        assert_eq!(fit("plainer", 5, "..."), "pl...");
        // Each of these takes two columns: a third would stick out.
        assert_eq!(fit("東京都庁", 6, "…"), "東京…");
        assert_eq!(width(&fit("東京都庁", 6, "…")), 5);
        // A letter and its accent stay together.
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2, "…"), "e\u{301}…");
        assert_eq!(fit("abc", 0, "…"), "");
        assert_eq!(fit("abc", 1, "..."), "a");
    }

    #[test]
    fn a_file_cannot_send_codes_to_the_terminal() {
        assert_eq!(printable("a\tb\nc"), "a\\tb\\nc");
        assert_eq!(printable("\x1b[31mred"), "\\u{1b}[31mred");
        assert_eq!(printable("user\u{202e}txt.exe"), "user\\u{202e}txt.exe");
        assert_eq!(printable("naïve 東京"), "naïve 東京");
    }

    #[test]
    fn padding_counts_display_width() {
        assert_eq!(pad("東", 4, false), "東  ");
        assert_eq!(pad("7", 4, true), "   7");
    }
}
