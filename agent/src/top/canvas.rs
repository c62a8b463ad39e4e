//! A grid of characters: what the terminal is to show.

use unicode_width::UnicodeWidthChar;

use super::units::safe;

/// A colour of the terminal's own palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    Grey,
}

/// How a character looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) colour: Option<Colour>,
    pub(super) bold: bool,
    pub(super) reverse: bool,
}

impl Style {
    pub(super) const PLAIN: Self = Self {
        colour: None,
        bold: false,
        reverse: false,
    };
    pub(super) const BOLD: Self = Self {
        bold: true,
        ..Self::PLAIN
    };
    pub(super) const REVERSE: Self = Self {
        reverse: true,
        ..Self::PLAIN
    };

    pub(super) const fn of(colour: Colour) -> Self {
        Self {
            colour: Some(colour),
            ..Self::PLAIN
        }
    }
}

/// One place of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Nothing where the character before it is two columns wide.
    pub(super) character: Option<char>,
    pub(super) style: Style,
}

const BLANK: Cell = Cell {
    character: Some(' '),
    style: Style::PLAIN,
};

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: usize,
    pub(super) height: usize,
}

/// The grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Canvas {
    pub(super) size: Size,
    cells: Vec<Cell>,
    /// The terminal understands nothing else.
    ascii: bool,
}

impl Canvas {
    /// An empty one; `ascii` if the terminal knows no other characters.
    pub(super) fn new(size: Size, ascii: bool) -> Self {
        Self {
            size,
            cells: vec![BLANK; size.width * size.height],
            ascii,
        }
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// Writes text from a place on, in at most `width` columns; returns the column behind it. What does not fit is left out.
    pub(super) fn put(
        &mut self,
        (column, row): (usize, usize),
        width: usize,
        text: &str,
        style: Style,
    ) -> usize {
        if row >= self.size.height {
            return column;
        }
        let end = column.saturating_add(width).min(self.size.width);
        let mut at = column;
        for c in text.chars().filter_map(safe) {
            let c = if self.ascii && !c.is_ascii() { '?' } else { c };
            let wide = c.width().unwrap_or(1);
            if at + wide > end {
                break;
            }
            let first = row * self.size.width + at;
            self.cells[first] = Cell {
                character: Some(c),
                style,
            };
            for cell in &mut self.cells[first + 1..first + wide] {
                *cell = Cell {
                    character: None,
                    style,
                };
            }
            at += wide;
        }
        at
    }

    /// Writes text so that it ends in the last of `width` columns; the start of what is too long stays.
    pub(super) fn put_right(
        &mut self,
        (column, row): (usize, usize),
        width: usize,
        text: &str,
        style: Style,
    ) {
        let length = columns(text);
        self.put(
            (column + width.saturating_sub(length), row),
            width.min(length),
            text,
            style,
        );
    }

    /// Gives a row a style, whatever stands in it.
    pub(super) fn tint(&mut self, row: usize, style: Style) {
        if row < self.size.height {
            for cell in &mut self.cells[row * self.size.width..(row + 1) * self.size.width] {
                cell.style = style;
            }
        }
    }

    /// The rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks(self.size.width.max(1))
    }

    /// The rows as text.
    #[cfg(test)]
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |row: &[Cell]| row.iter().filter_map(|cell| cell.character).collect::<String>();
        self.rows().map(|row| line(row).trim_end().to_owned()).collect()
    }
}

/// How many columns a text needs.
pub(super) fn columns(text: &str) -> usize {
    text.chars()
        .filter_map(safe)
        .map(|c| c.width().unwrap_or(1))
        .sum()
}

/// From nothing to everything.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_BARS: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// The last values that fit into `width`, as bars against the largest.
pub(super) fn sparkline(values: impl DoubleEndedIterator<Item = f64>, width: usize, ascii: bool) -> String {
    let mut shown: Vec<f64> = values.rev().take(width).collect();
    shown.reverse();
    let most = shown.iter().copied().fold(0.0, f64::max);
    let bars = if ascii { ASCII_BARS } else { BARS };
    let bar = |value: &f64| {
        let part = if most > 0.0 { value / most } else { 0.0 };
        let level = (1..bars.len()).rfind(|&level| part * 8.0 >= as_f64(level) + 0.5);
        bars[level.unwrap_or(0)]
    };
    shown.iter().map(bar).collect()
}

fn as_f64(level: usize) -> f64 {
    u32::try_from(level).map_or(0.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas(ascii: bool) -> Canvas {
        Canvas::new(Size { width: 6, height: 2 }, ascii)
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_a_wide_character_is_never_halved() {
        let mut canvas = canvas(false);
        assert_eq!(canvas.put((0, 0), 5, "ab漢字", Style::PLAIN), 4);
        assert_eq!(canvas.put((5, 1), 9, "xyz", Style::PLAIN), 6);
        canvas.put((0, 7), 3, "nowhere", Style::PLAIN);
        assert_eq!(canvas.lines(), ["ab漢", "     x"]);
    }

    #[test]
    fn text_from_elsewhere_is_only_text() {
        let mut canvas = canvas(true);
        canvas.put((0, 0), 6, "\u{1b}cü\n", Style::PLAIN);
        canvas.put_right((0, 1), 6, "12", Style::PLAIN);
        assert_eq!(canvas.lines(), ["?c??", "    12"]);
    }

    #[test]
    fn bars_grow_with_values_and_the_latest_stand_last() {
        assert_eq!(sparkline([9.0, 0.0, 4.0, 8.0].into_iter(), 3, false), "▁▄█");
        assert_eq!(sparkline([0.0, 0.0].into_iter(), 9, true), "__");
        assert_eq!(sparkline([1.0].into_iter(), 0, true), "");
    }
}
