//! Plain columns of text under headings, without a frame: the tables of `info` and `plan`.

use super::screen::{Ink, Screen, fit, pad, width};
use super::size;

/// Rows of cells under headings, indented by two.
pub(crate) struct Grid {
    headings: Vec<Heading>,
    rows: Vec<Vec<String>>,
}

struct Heading {
    name: &'static str,
    right: bool,
}

impl Grid {
    /// A grid with these headings; those that begin with `>` stand, with their cells, at the right.
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        let headings = headings
            .iter()
            .map(|name| match name.strip_prefix('>') {
                Some(name) => Heading { name, right: true },
                None => Heading { name, right: false },
            })
            .collect();
        Self { headings, rows: Vec::new() }
    }

    /// Adds a row: a cell for each heading.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds the grid to a text. On a terminal, more than `most` rows are folded in the middle to that many.
    pub(crate) fn draw(&self, out: &mut String, most: usize, screen: &Screen) {
        let fold = screen.width.is_some() && self.rows.len() > most;
        let (head, tail) = if fold { (most - most / 4, most / 4) } else { (self.rows.len(), 0) };
        let folded = self.rows.len() - head - tail;
        let visible = || self.rows.iter().take(head).chain(self.rows.iter().skip(head + folded));
        let widths: Vec<usize> = self
            .headings
            .iter()
            .enumerate()
            .map(|(place, heading)| {
                let cells = visible().filter_map(|row| row.get(place)).map(|cell| width(cell));
                cells.chain([width(heading.name)]).max().unwrap_or(0)
            })
            .collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut text = String::from(" ");
            for ((cell, heading), columns) in cells.zip(&self.headings).zip(&widths) {
                text.push_str(if text.len() == 1 { " " } else { "  " });
                text.push_str(&pad(cell, *columns, heading.right));
            }
            text.truncate(text.trim_end().len());
            // A line that wraps would break the columns below it.
            match screen.width {
                Some(columns) => fit(&text, columns, screen.ellipsis()).into_owned(),
                None => text,
            }
        };
        let heading = line(&mut self.headings.iter().map(|heading| heading.name));
        out.push_str(&screen.ink(Ink::Bold, &heading));
        out.push('\n');
        for (place, row) in visible().enumerate() {
            if fold && place == head {
                let more = format!("  {} {} more, all in --json", screen.ellipsis(), size::count(folded as u64));
                out.push_str(&screen.ink(Ink::Dim, &more));
                out.push('\n');
            }
            out.push_str(&line(&mut row.iter().map(String::as_str)));
            out.push('\n');
        }
    }
}
