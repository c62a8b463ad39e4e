//! What is shown while it runs.

use std::io::Write;
use std::time::Duration;

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// One line on the terminal, written again and again. Nothing where there is no terminal.
#[derive(Debug)]
pub(super) struct Progress {
    live: bool,
    due: Duration,
    shown: bool,
}

impl Progress {
    pub(super) const fn new(live: bool) -> Self {
        Self {
            live,
            due: Duration::ZERO,
            shown: false,
        }
    }

    /// When the line is written next.
    pub(super) fn due(&self) -> Option<Duration> {
        self.live.then_some(self.due)
    }

    /// Writes the line if it is time.
    pub(super) fn show(&mut self, now: Duration, line: impl FnOnce() -> String) {
        if self.live && now >= self.due {
            self.due = now.saturating_add(EVERY);
            self.shown = true;
            let _ = write!(std::io::stderr(), "\r\x1b[K{}", line());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
