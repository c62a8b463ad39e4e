//! Waiting for what another process does, in real time.

use std::time::Duration;
use std::time::Instant;

/// Far longer than anything takes here, on a machine that is busy with something else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// Asks until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Asks until it is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the programs under test live in real time"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
