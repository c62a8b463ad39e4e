use core::time::Duration;
use std::collections::BTreeMap;

use super::Path;
use super::path::Lane;

/// One of a link's two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The one.
    A,
    /// The other.
    B,
}

impl End {
    /// The end opposite.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A packet that has come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived<T> {
    /// Where it is.
    pub to: End,
    /// When it came.
    pub at: Duration,
    /// What was sent.
    pub packet: T,
}

/// Two ends and what is on its way between them. All moments are true time, which no clock shows.
#[derive(Clone, Debug)]
pub struct Link<T> {
    to_b: Lane,
    to_a: Lane,
    flying: BTreeMap<(Duration, u64), Arrived<T>>,
    sent: u64,
}

impl<T: Clone> Link<T> {
    /// A link of two paths, whose faults this seed decides.
    pub const fn new(to_b: Path, to_a: Path, seed: u64) -> Self {
        Self {
            to_b: Lane::new(to_b, seed),
            to_a: Lane::new(to_a, !seed),
            flying: BTreeMap::new(),
            sent: 0,
        }
    }

    /// From now on packets from this end go this path; those on their way arrive as they would have.
    pub const fn set_path(&mut self, from: End, path: Path) {
        self.lane(from).set_path(path);
    }

    /// Sends a packet, and tells when it will arrive: never, once or twice.
    pub fn send(&mut self, from: End, at: Duration, packet: T) -> Vec<Duration> {
        let arrivals = self.lane(from).carry(at);
        for &at in &arrivals {
            let (to, packet) = (from.other(), packet.clone());
            self.sent += 1;
            self.flying.insert((at, self.sent), Arrived { to, at, packet });
        }
        arrivals
    }

    /// When the next packet arrives anywhere.
    pub fn next_arrival(&self) -> Option<Duration> {
        self.flying.keys().next().map(|&(at, _)| at)
    }

    /// The next packet that arrives until then, in order of time.
    pub fn receive(&mut self, until: Duration) -> Option<Arrived<T>> {
        let next = self.flying.first_entry()?;
        (next.key().0 <= until).then(|| next.remove())
    }

    const fn lane(&mut self, from: End) -> &mut Lane {
        match from {
            End::A => &mut self.to_b,
            End::B => &mut self.to_a,
        }
    }
}
