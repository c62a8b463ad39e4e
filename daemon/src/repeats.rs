//! Messages that repeat themselves are written a few times, then counted.

use std::collections::HashMap;
use std::fmt;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tracing::Event;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing_subscriber::layer::Context;
use tracing_subscriber::layer::Layer;

/// For so long a message is remembered.
const WINDOW: Duration = Duration::from_secs(60);
/// The same words with the same fields are written so often in that time.
const SAME: u32 = 5;
/// The same words with any fields so often: whoever is outside may choose the fields.
const ALIKE: u32 = 60;
/// More different messages than this are not remembered.
const MOST: usize = 1024;

/// The layer that holds repeats back.
pub(crate) struct Repeats {
    now: fn() -> Duration,
    seen: Mutex<HashMap<u64, Seen>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    since: Duration,
    times: u32,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Write,
    Hold,
    /// Written, after a word on how many were not.
    WriteAfter(u32),
}

impl Repeats {
    /// By this clock.
    pub(crate) fn new(now: fn() -> Duration) -> Self {
        Self {
            now,
            seen: Mutex::default(),
        }
    }

    fn judge(&self, event: &Event<'_>) -> Verdict {
        let now = (self.now)();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.retain(|_, seen| now.saturating_sub(seen.since) < WINDOW);
        }
        let (alike, same) = keys(event);
        // What is held for itself does not use up what is left for others of its kind.
        match count(&mut seen, same, SAME, now) {
            Verdict::Hold => Verdict::Hold,
            word => match count(&mut seen, alike, ALIKE, now) {
                Verdict::Hold => Verdict::Hold,
                of_its_kind if word == Verdict::Write => of_its_kind,
                _ => word,
            },
        }
    }
}

fn count(seen: &mut HashMap<u64, Seen>, key: u64, most: u32, now: Duration) -> Verdict {
    let Some(known) = seen.get_mut(&key) else {
        if seen.len() < MOST {
            seen.insert(key, Seen { since: now, times: 1 });
        }
        return Verdict::Write;
    };
    if now.saturating_sub(known.since) < WINDOW {
        known.times = known.times.saturating_add(1);
        return if known.times > most {
            Verdict::Hold
        } else {
            Verdict::Write
        };
    }
    let held = known.times.saturating_sub(most);
    *known = Seen { since: now, times: 1 };
    if held > 0 {
        Verdict::WriteAfter(held)
    } else {
        Verdict::Write
    }
}

/// The place in the program that speaks, and that with what it says.
fn keys(event: &Event<'_>) -> (u64, u64) {
    let mut hasher = DefaultHasher::new();
    event.metadata().callsite().hash(&mut hasher);
    let alike = hasher.finish();
    let mut fields = Fields(hasher);
    event.record(&mut fields);
    (alike, fields.0.finish())
}

struct Fields(DefaultHasher);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        field.name().hash(&mut self.0);
        format!("{value:?}").hash(&mut self.0);
    }
}

impl<S: Subscriber> Layer<S> for Repeats {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        match self.judge(event) {
            Verdict::Write => true,
            Verdict::Hold => false,
            Verdict::WriteAfter(held) => {
                tracing::warn!(
                    held,
                    "the next message was repeated and not written so many times"
                );
                true
            }
        }
    }
}
