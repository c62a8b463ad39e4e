//! Whom to ask about the clock.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Weak;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::ClockReading;
use super::Tracking;
use super::Witness;
use super::chrony;
use super::kernel;
use crate::clock::Clock;
use crate::privilege::Task;
use crate::privilege::keep_only;

/// chrony is asked this often.
const ASKING: Duration = Duration::from_secs(4);
/// What it said counts for so long.
const TOO_OLD: Duration = Duration::from_secs(30);

/// Somebody who knows what this host's clock is worth. The answer comes at once.
pub trait ClockSource: Send {
    /// What it is worth now.
    fn read(&self) -> ClockReading;
}

/// The kernel, and chrony where it answers.
pub struct HostClock {
    clock: Arc<dyn Clock>,
    latest: Arc<ArcSwap<Option<(Duration, Tracking)>>>,
}

impl HostClock {
    /// Begins to ask chrony on a thread of its own, since its answer may take a while. `dir` is where the agent may put
    /// a socket.
    pub fn start(clock: Arc<dyn Clock>, dir: PathBuf) -> std::io::Result<Self> {
        let latest = Arc::default();
        let (asking, shared) = (clock.clone(), Arc::downgrade(&latest));
        std::thread::Builder::new()
            .name("chrony".to_owned())
            .spawn(move || {
                keep_only(Task::Other);
                ask_again_and_again(&*asking, &dir, &shared);
            })?;
        Ok(Self { clock, latest })
    }
}

/// Ends soon after whoever wants to know has gone.
fn ask_again_and_again(
    clock: &dyn Clock,
    dir: &std::path::Path,
    shared: &Weak<ArcSwap<Option<(Duration, Tracking)>>>,
) {
    for number in 1.. {
        let answer = chrony::ask(dir, number);
        let Some(latest) = shared.upgrade() else { return };
        if let Some(tracking) = answer {
            latest.store(Arc::new(Some((clock.steady(), tracking))));
        }
        drop(latest);
        std::thread::sleep(ASKING);
    }
}

impl ClockSource for HostClock {
    fn read(&self) -> ClockReading {
        let by_chrony = self.latest.load().and_then(|(when, tracking)| {
            let age = self.clock.steady().saturating_sub(when);
            (age < TOO_OLD).then(|| tracking.after(age))
        });
        by_chrony.or_else(kernel::read).unwrap_or_default()
    }
}

/// Says what it was told to say.
#[derive(Clone, Copy, Debug)]
pub struct StatedClock(pub Duration);

impl ClockSource for StatedClock {
    fn read(&self) -> ClockReading {
        ClockReading {
            witness: Witness::Stated,
            bound: Some(self.0),
        }
    }
}
