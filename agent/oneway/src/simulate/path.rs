use core::time::Duration;

use super::Random;

/// What happens to packets in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The least delay.
    pub latency: Duration,
    /// What comes on top of it: a queue, in which no packet overtakes another.
    pub jitter: Jitter,
    /// Which packets do not arrive.
    pub loss: Loss,
    /// How many in a million arrive twice, the second time as if sent again.
    pub duplicates: u32,
    /// How many in a million are held back, and may be overtaken.
    pub held_back: u32,
    /// For how long they are.
    pub hold: Duration,
}

/// Delay above the least, by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Nothing.
    #[default]
    None,
    /// Anything below this, evenly.
    Even(Duration),
    /// With this mean, exponentially distributed.
    Exponential(Duration),
}

/// Losses, alone or in bursts (Gilbert's model), in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The chance that a packet is lost when the one before it was not.
    pub begins: u32,
    /// The chance that a packet is not lost when the one before it was.
    pub ends: u32,
}

impl Loss {
    /// Each packet by its own chance.
    pub const fn alone(millionths: u32) -> Self {
        Self {
            begins: millionths,
            ends: 1_000_000_u32.saturating_sub(millionths),
        }
    }
}

impl Default for Loss {
    fn default() -> Self {
        Self::alone(0)
    }
}

impl Path {
    /// A path with this delay and no fault.
    pub fn of(latency: Duration) -> Self {
        Self {
            latency,
            ..Self::default()
        }
    }
}

/// A path and what it remembers.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    path: Path,
    random: Random,
    losing: bool,
    latest: Duration,
}

impl Lane {
    pub(super) const fn new(path: Path, seed: u64) -> Self {
        Self {
            path,
            random: Random::new(seed),
            losing: false,
            latest: Duration::ZERO,
        }
    }

    pub(super) const fn set_path(&mut self, path: Path) {
        self.path = path;
    }

    /// When a packet sent at this moment arrives: never, once or twice.
    pub(super) fn carry(&mut self, at: Duration) -> Vec<Duration> {
        let chance = if self.losing {
            1_000_000_u32.saturating_sub(self.path.loss.ends)
        } else {
            self.path.loss.begins
        };
        self.losing = self.random.chance(chance);
        if self.losing {
            return Vec::new();
        }
        let copies = if self.random.chance(self.path.duplicates) {
            2
        } else {
            1
        };
        (0..copies).map(|_| self.arrival(at)).collect()
    }

    fn arrival(&mut self, at: Duration) -> Duration {
        let jitter = match self.path.jitter {
            Jitter::None => Duration::ZERO,
            Jitter::Even(limit) => self.random.up_to(limit),
            Jitter::Exponential(mean) => self.random.exponential(mean),
        };
        let arrival = at + self.path.latency + jitter;
        if self.random.chance(self.path.held_back) {
            return arrival + self.path.hold;
        }
        self.latest = self.latest.max(arrival);
        self.latest
    }
}
