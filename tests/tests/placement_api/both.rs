//! Both are asked, and have to mean the same.

use super::ask::Answer;
use super::ask::Ask;
use super::meaning::Meaning;
use super::ours::Ours;
use super::real::Real;
use super::world;

/// Both services, which have been told the same things.
#[derive(Debug)]
pub(crate) struct Both {
    pub(crate) real: Real,
    pub(crate) ours: Ours,
}

impl Both {
    /// `None` if the real one is not installed.
    pub(crate) fn start() -> Option<Self> {
        Some(Self {
            real: Real::start()?,
            ours: Ours::start(),
        })
    }

    /// Asks both, and fails where their answers mean different things. `when` helps to find the place.
    pub(crate) fn ask(&self, when: &str, ask: &Ask) -> Answer {
        let (real, ours) = (self.real.ask(ask), self.ours.ask(ask));
        // To who takes no JSON, Placement tells what is wrong as a page of text.
        let media = real.header("content-type").unwrap_or_default();
        if real.status >= 400 && !media.starts_with("application/json") {
            assert_eq!(real.status, ours.status, "{when}: {ask:?}");
            return ours;
        }
        let (theirs, mut own) = (Meaning::of(&real), Meaning::of(&ours));
        // Placement leaves the date out where a list is empty, and of standard traits; a date is never wrong there.
        if !theirs.headers.contains_key("last-modified") && theirs.headers.contains_key("cache-control") {
            own.headers.remove("last-modified");
        }
        let shown = |text: &[u8]| {
            String::from_utf8_lossy(text)
                .chars()
                .take(2000)
                .collect::<String>()
        };
        assert!(
            theirs == own,
            "{when}: {} {} {}\n{}\nPlacement: {} {:?}\n{}\nhere:      {} {:?}\n{}",
            ask.version,
            ask.method,
            ask.target,
            shown(&ask.body),
            theirs.status,
            theirs.headers,
            shown(&real.body),
            own.status,
            own.headers,
            shown(&ours.body),
        );
        ours
    }

    /// Compares everything that both know.
    pub(crate) fn compare_all(&self, when: &str) {
        for target in world::targets(&self.ours.service().ledger()) {
            self.ask(when, &Ask::new(39, "GET", target));
        }
    }
}
