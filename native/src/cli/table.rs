//! Rows as a table that fits the screen.
//!
//! Every column has its name, its type and its values. Too wide for the screen, columns are first narrowed (long text
//! ends in an ellipsis), then folded away from the middle. Into a pipe all columns are written.

use std::fmt::{self, Write};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Schema};

use super::screen::{Ink, Screen, fit, pad, printable, width};
use super::size;
use super::types;
use super::value::{Style, Values};

/// Narrower than this a column of text is folded away rather than cut.
const NARROW: usize = 12;

/// Narrower than this not even the name of a type is cut.
const NARROWEST: usize = 6;

/// No cell is shown wider than this, on whatever screen.
const WIDE: usize = 80;

/// What the rows shown are taken from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Rows of the whole file.
    pub(crate) rows: u64,
    /// Rows skipped before the first one shown.
    pub(crate) offset: u64,
    /// Top-level columns there are to show, those among them that were not read because no screen this wide shows them.
    pub(crate) columns: usize,
}

/// Draws the rows of `batches`, which all have the given schema: all columns of the extent, or those that
/// [`Shown::choose`] names. A closing line says how much is shown of what there is. The error names a type that has no
/// text.
pub(crate) fn render(
    schema: &Schema,
    batches: &[RecordBatch],
    of: Extent,
    screen: &Screen,
) -> Result<String, ArrowError> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let read = schema.fields().len();
    let shown = Shown::choose(of.columns, screen);
    let mut columns = Vec::with_capacity(shown.left + shown.right);
    for place in (0..shown.left.min(read)).chain(read.saturating_sub(shown.right).max(shown.left)..read) {
        columns.push(Column::read(schema, batches, place, screen)?);
    }
    let layout = Layout::of(&columns, shown.left, shown.left + shown.right < of.columns, screen);
    let mut out = String::new();
    if !layout.places.is_empty() {
        // Writing to a string does not fail.
        let _ = layout.draw(&mut out, &columns, rows, screen);
    }
    let columns_shown = layout.places.iter().flatten().count();
    out.push_str(&screen.ink(Ink::Dim, &footer(rows, columns_shown, of)));
    out.push('\n');
    Ok(screen.spelled(out))
}

fn footer(rows: usize, columns: usize, of: Extent) -> String {
    let mut text = size::counted(rows as u64, "row");
    if of.rows > rows as u64 {
        let _ = write!(text, " of {}", size::count(of.rows));
    }
    match (of.offset, rows) {
        (0, _) => {}
        (offset, 0) if offset >= of.rows => {
            let _ = write!(text, ", offset {} is past the end", size::count(offset));
        }
        (offset, _) => {
            let _ = write!(text, ", from row {}", size::count(offset));
        }
    }
    let _ = write!(text, " · {}", size::counted(of.columns as u64, "column"));
    if columns < of.columns {
        let _ = write!(text, " ({} shown)", size::count(columns as u64));
    }
    text
}

/// How many columns, from the left and from the right, can matter at all: a file may have thousands, and no screen
/// shows more than one for every four of its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The first so many columns.
    pub(crate) left: usize,
    /// The last so many columns.
    pub(crate) right: usize,
}

impl Shown {
    /// Of `total` columns those that may be seen on this screen; into a pipe, all.
    pub(crate) fn choose(total: usize, screen: &Screen) -> Self {
        let most = screen.width.map_or(total, |width| width / 4 + 1);
        if total <= most {
            return Self { left: total, right: 0 };
        }
        Self { left: most.div_ceil(2), right: most / 2 }
    }
}

/// A column's cells, ready to be fitted.
struct Column {
    name: String,
    kind: String,
    /// `None` is null.
    cells: Vec<Option<String>>,
    /// The display width of the widest of all.
    natural: usize,
    /// Never narrower than this: what is left of a cut number or date says something else than the value.
    least: usize,
    right: bool,
}

impl Column {
    fn read(schema: &Schema, batches: &[RecordBatch], place: usize, screen: &Screen) -> Result<Self, ArrowError> {
        let field = schema.field(place);
        let mut cells = Vec::new();
        for batch in batches {
            let values = Values::new(batch.column(place))?;
            for row in 0..batch.num_rows() {
                cells.push((!values.is_null(row)).then(|| cell(&values, row, screen)));
            }
        }
        let name = short(&printable(field.name()), screen);
        let kind = short(&printable(&types::name(field.data_type())), screen);
        let widest = cells.iter().map(|cell| cell.as_deref().map_or(NULL.len(), width)).max().unwrap_or(0);
        let natural = widest.max(width(&name)).max(width(&kind));
        let whole = is_scalar(field.data_type());
        let least = if whole { widest.max(width(&name).min(NARROW)) } else { natural.min(NARROW) };
        Ok(Self { name, kind, cells, natural, least, right: is_number(field.data_type()) })
    }

    /// Its width where no column is to be wider than `cap`.
    fn fitted(&self, cap: usize) -> usize {
        self.natural.min(cap).max(self.least)
    }
}

const NULL: &str = "null";

fn cell(values: &Values<'_>, row: usize, screen: &Screen) -> String {
    // Enough for the widest cell whatever the characters; the rest of a long value is never made into text.
    let mut bounded = Bounded { text: String::new(), room: WIDE * 8 };
    let _ = values.write(row, Style::Plain, &mut bounded);
    short(&printable(&bounded.text), screen)
}

fn short(text: &str, screen: &Screen) -> String {
    fit(text, WIDE, screen.ellipsis()).into_owned()
}

/// Takes text up to a number of bytes and then fails, which ends the writing.
struct Bounded {
    text: String,
    room: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = self.room - self.text.len();
        if text.len() <= left {
            self.text.push_str(text);
            return Ok(());
        }
        let end = (0..=left).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.text.push_str(text.get(..end).unwrap_or_default());
        Err(fmt::Error)
    }
}

fn is_number(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_number(values),
        kind => kind.is_numeric(),
    }
}

/// Whether the values mean something only when they are whole.
fn is_scalar(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_scalar(values),
        kind => kind.is_numeric() || kind.is_temporal() || *kind == DataType::Boolean,
    }
}

/// Which columns stand where, and how wide.
struct Layout {
    /// A column's number and width, left to right; `None` where columns are folded away.
    places: Vec<Option<usize>>,
    widths: Vec<usize>,
}

impl Layout {
    /// `left` of the columns stand left of any fold; `folded` says that some are missing after them already.
    fn of(columns: &[Column], left: usize, folded: bool, screen: &Screen) -> Self {
        let count = columns.len();
        let all = |fold: bool| -> Vec<Option<usize>> {
            let mut places: Vec<_> = (0..count).map(Some).collect();
            if fold {
                places.insert(left.min(count), None);
            }
            places
        };
        let Some(room) = screen.width else {
            return Self { places: all(false), widths: columns.iter().map(|column| column.natural).collect() };
        };
        if !folded && let Some(widths) = widths(columns, &all(false), room) {
            return Self { places: all(false), widths };
        }
        // From the outside in, left first: the first columns are commonly the keys, the last the newest.
        let mut places = vec![None];
        let (mut from_left, mut from_right) = (0, 0);
        while from_left + from_right < count {
            let next_left = from_left <= from_right;
            let candidate = if next_left { from_left } else { count - 1 - from_right };
            let mut wider = places.clone();
            wider.insert(if next_left { from_left } else { from_left + 1 }, Some(candidate));
            if widths(columns, &wider, room).is_none() {
                break;
            }
            places = wider;
            if next_left { from_left += 1 } else { from_right += 1 }
        }
        if places.len() == 1 && count > 0 {
            // A screen too narrow for anything: one column, cut to what there is.
            let width = room.saturating_sub(4).clamp(1, columns.first().map_or(1, |column| column.natural.max(1)));
            let mut widths = vec![0; count];
            if let Some(first) = widths.first_mut() {
                *first = width;
            }
            return Self { places: vec![Some(0)], widths };
        }
        let widths = widths(columns, &places, room).unwrap_or_else(|| vec![0; count]);
        Self { places, widths }
    }

    fn draw(&self, out: &mut String, columns: &[Column], rows: usize, screen: &Screen) -> fmt::Result {
        let frame = screen.either(
            Frame {
                top: ["┌", "┬", "┐"], middle: ["├", "┼", "┤"], bottom: ["└", "┴", "┘"], line: "─", bar: "│"
            },
            Frame { top: ["+"; 3], middle: ["+"; 3], bottom: ["+"; 3], line: "-", bar: "|" },
        );
        self.rule(out, frame.top, frame.line, screen)?;
        self.row(out, columns, &frame, screen, |column| (column.name.as_str(), Some(Ink::Bold)))?;
        self.row(out, columns, &frame, screen, |column| (column.kind.as_str(), Some(Ink::Dim)))?;
        self.rule(out, frame.middle, frame.line, screen)?;
        for row in 0..rows {
            self.row(out, columns, &frame, screen, |column| match column.cells.get(row) {
                Some(Some(cell)) => (cell.as_str(), None),
                _ => (NULL, Some(Ink::Dim)),
            })?;
        }
        self.rule(out, frame.bottom, frame.line, screen)
    }

    fn width(&self, place: Option<usize>, screen: &Screen) -> usize {
        match place {
            Some(column) => self.widths.get(column).copied().unwrap_or(0),
            None => width(screen.ellipsis()),
        }
    }

    fn rule(&self, out: &mut String, corners: [&str; 3], line: &str, screen: &Screen) -> fmt::Result {
        let [left, between, right] = corners;
        let lines: Vec<_> = self.places.iter().map(|place| line.repeat(self.width(*place, screen) + 2)).collect();
        let rule = format!("{left}{}{right}", lines.join(between));
        writeln!(out, "{}", screen.ink(Ink::Dim, &rule))
    }

    fn row<'a>(
        &self,
        out: &mut String,
        columns: &'a [Column],
        frame: &Frame,
        screen: &Screen,
        cell: impl Fn(&'a Column) -> (&'a str, Option<Ink>),
    ) -> fmt::Result {
        let bar = screen.ink(Ink::Dim, frame.bar);
        for place in &self.places {
            let (text, ink, right) = match place.and_then(|column| columns.get(column)) {
                Some(column) => {
                    let (text, ink) = cell(column);
                    (text, ink, column.right)
                }
                None => (screen.ellipsis(), Some(Ink::Dim), false),
            };
            let columns = self.width(*place, screen);
            let text = pad(&fit(text, columns, screen.ellipsis()), columns, right);
            match ink {
                Some(ink) => write!(out, "{bar} {} ", screen.ink(ink, &text))?,
                None => write!(out, "{bar} {text} ")?,
            }
        }
        writeln!(out, "{bar}")
    }
}

#[derive(Clone, Copy)]
struct Frame {
    top: [&'static str; 3],
    middle: [&'static str; 3],
    bottom: [&'static str; 3],
    line: &'static str,
    bar: &'static str,
}

/// Widths under which the places fit into the room, the widest columns narrowed first and all alike; `None` when they
/// do not fit even narrow.
fn widths(columns: &[Column], places: &[Option<usize>], room: usize) -> Option<Vec<usize>> {
    let chosen: Vec<&Column> = places.iter().flatten().filter_map(|place| columns.get(*place)).collect();
    let folds = places.len() - chosen.len();
    // A bar and two spaces around each, and the last bar. A fold's mark is taken at its wider, ASCII, form.
    let room = room.checked_sub(places.len() * 3 + 1 + folds * 3)?;
    let used = |cap: usize| chosen.iter().map(|column| column.fitted(cap)).sum::<usize>();
    // Under the narrowest text only the types of short numbers are left to cut.
    let cap = (NARROWEST..=WIDE).rev().find(|cap| used(*cap) <= room)?;
    // What is left over goes to the columns that were cut, one place each from the left.
    let mut spare = room - used(cap);
    Some(
        columns
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let fitted = column.fitted(cap);
                if fitted < column.natural && spare > 0 && places.contains(&Some(place)) {
                    spare -= 1;
                    fitted + 1
                } else {
                    fitted
                }
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests;
