//! Time that passes when it is told to.

use std::sync::Mutex;
use std::time::Duration;

use wattle_agent::clock::Clock;

/// Both clocks of a machine.
#[derive(Debug)]
pub(crate) struct VirtualClock(Mutex<[Duration; 2]>);

impl VirtualClock {
    /// The machine has been up for `steady`; people have the time `wall`.
    pub(crate) fn new(steady: Duration, wall: Duration) -> Self {
        Self(Mutex::new([steady, wall]))
    }

    /// Time passes.
    pub(crate) fn pass(&self, by: Duration) {
        let [steady, wall] = self.now();
        self.set(steady + by, wall + by);
    }

    /// The machine sleeps: only people see time pass.
    pub(crate) fn sleep(&self, by: Duration) {
        let [steady, wall] = self.now();
        self.set(steady, wall + by);
    }

    /// Somebody sets the time of day.
    pub(crate) fn set_wall(&self, change: impl Fn(Duration) -> Duration) {
        let [steady, wall] = self.now();
        self.set(steady, change(wall));
    }

    /// The machine has just been started.
    pub(crate) fn reboot(&self) {
        let [_, wall] = self.now();
        self.set(Duration::from_secs(20), wall + Duration::from_secs(90));
    }

    fn now(&self) -> [Duration; 2] {
        *self.0.lock().unwrap()
    }

    fn set(&self, steady: Duration, wall: Duration) {
        *self.0.lock().unwrap() = [steady, wall];
    }
}

impl Clock for VirtualClock {
    fn steady(&self) -> Duration {
        self.now()[0]
    }

    fn wall(&self) -> Duration {
        self.now()[1]
    }
}
