//! The terminal: raw while the program shows something, and as it was before whatever ends it.

use std::fmt::Write as _;
use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustix::termios::OptionalActions;
use rustix::termios::Termios;
use rustix::termios::tcgetattr;
use rustix::termios::tcgetwinsize;
use rustix::termios::tcsetattr;

use super::canvas::Canvas;
use super::canvas::Cell;
use super::canvas::Colour;
use super::canvas::Size;
use super::canvas::Style;

/// Another screen, no cursor, no wrapping at the end of a line (xterm's private modes, as all terminals have them).
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[0m\x1b[2J";
const LEAVE: &str = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Where a terminal does not tell its size.
const USUAL: Size = Size {
    width: 80,
    height: 24,
};
/// Nobody has a larger one; what claims so is wrong.
const MOST: usize = 1000;

/// How the terminal was before: whoever restores it takes it out, so that it happens once.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The terminal of this process. Dropped, it is as before.
#[derive(Debug)]
pub(super) struct Terminal {
    shown: Option<Canvas>,
    colours: bool,
}

/// Whether there is somebody to look at it, and to type.
pub(super) fn is_there() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !dumb
}

impl Terminal {
    /// Takes the terminal over. A panic gives it back before it says anything.
    pub(super) fn open() -> io::Result<Self> {
        let said = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            leave();
            said(panic);
        }));
        let mut terminal = Self {
            shown: None,
            colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        terminal.enter()?;
        Ok(terminal)
    }

    /// Makes it raw; also after it was somebody else's for a while.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        let now = tcgetattr(io::stdin())?;
        let mut raw = now.clone();
        raw.make_raw();
        before().get_or_insert(now);
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        self.shown = None;
        emit(ENTER)
    }

    /// Its size now.
    pub(super) fn size(&self) -> Size {
        let told = tcgetwinsize(io::stdout()).ok();
        let told = told.filter(|told| told.ws_col > 0 && told.ws_row > 0);
        told.map_or(USUAL, |told| Size {
            width: usize::from(told.ws_col).min(MOST),
            height: usize::from(told.ws_row).min(MOST),
        })
    }

    /// Shows a canvas: the rows that are not shown already.
    pub(super) fn show(&mut self, canvas: Canvas) -> io::Result<()> {
        let before = self.shown.take().filter(|before| before.size == canvas.size);
        let mut text = String::new();
        if before.is_none() {
            text.push_str("\x1b[0m\x1b[2J");
        }
        let mut known = before.iter().flat_map(Canvas::rows);
        for (number, row) in canvas.rows().enumerate() {
            if known.next() != Some(row) {
                let _ = write!(text, "\x1b[{};1H", number + 1);
                self.row(&mut text, row);
            }
        }
        self.shown = Some(canvas);
        emit(&text)
    }

    fn row(&self, text: &mut String, row: &[Cell]) {
        for run in row.chunk_by(|one, two| one.style == two.style) {
            if let Some(first) = run.first() {
                self.style(text, first.style);
            }
            text.extend(run.iter().filter_map(|cell| cell.character));
        }
    }

    /// Selects how what follows looks (ECMA-48, SGR).
    fn style(&self, text: &mut String, style: Style) {
        text.push_str("\x1b[0");
        text.push_str(if style.bold { ";1" } else { "" });
        text.push_str(if style.reverse { ";7" } else { "" });
        if let Some(colour) = style.colour.filter(|_| self.colours) {
            let _ = write!(text, ";{}", code(colour));
        }
        text.push('m');
    }
}

fn code(colour: Colour) -> u8 {
    match colour {
        Colour::Red => 31,
        Colour::Green => 32,
        Colour::Yellow => 33,
        Colour::Blue => 34,
        Colour::Magenta => 35,
        Colour::Cyan => 36,
        Colour::Grey => 90,
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

/// Makes the terminal as it was before, if it is not so already.
pub(super) fn leave() {
    if let Some(termios) = before().take() {
        // There is nobody to complain to when the terminal has gone.
        let _ = emit(LEAVE);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &termios);
    }
}

fn before() -> std::sync::MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn emit(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Whether the locale's characters are those of UTF-8, as POSIX finds out: the first of these variables that is not empty.
pub(super) fn speaks_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let named = named.unwrap_or_default().to_ascii_lowercase();
    named.contains("utf-8") || named.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_tells_the_characters() {
        for (all, ctype, lang, expected) in [
            ("", "", "", false),
            ("", "", "C.UTF-8", true),
            ("C", "de_DE.UTF-8", "de_DE.UTF-8", false),
            ("", "de_DE.utf8", "C", true),
            ("", "", "de_DE.ISO-8859-1", false),
        ] {
            let variable = |name: &str| {
                let value = match name {
                    "LC_ALL" => all,
                    "LC_CTYPE" => ctype,
                    _ => lang,
                };
                Some(value.to_owned())
            };
            assert_eq!(speaks_utf8(variable), expected, "{all} {ctype} {lang}");
        }
    }
}
