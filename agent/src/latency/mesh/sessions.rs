//! Making sessions with peers, each different from all before.

use std::time::Duration;

use wattle_oneway::stamp::Extensions;
use wattle_oneway::stamp::Pace;
use wattle_oneway::stamp::Security;
use wattle_oneway::stamp::Settings;

use super::order::Tuning;
use crate::latency::random::Random;

/// A packet without an answer for so long is lost.
const PATIENCE: Duration = Duration::from_secs(3);

/// What all sessions have in common, and how many there were.
pub(super) struct Sessions {
    pub(super) random: Box<dyn Random>,
    pub(super) tuning: Tuning,
    pub(super) epoch: u32,
    pub(super) has_transmit_stamps: bool,
    /// A peer has so many sessions, which share its packets.
    pub(super) width: usize,
    pub(super) made: u64,
}

impl Sessions {
    /// The settings of a new session, and its number.
    pub(super) fn next(&mut self) -> (Settings, u64) {
        self.made += 1;
        let bits = self.random.bits();
        let keys = self.tuning.keys.as_ref();
        let width = u32::try_from(self.width).unwrap_or(1);
        let settings = Settings {
            ssid: u16::try_from(bits % 65_535 + 1).unwrap_or(1),
            security: keys.map_or(Security::Open, |keys| Security::Authenticated(keys.ring())),
            pace: Pace::Random(self.tuning.interval * width),
            patience: PATIENCE,
            has_transmit_stamps: self.has_transmit_stamps,
            dscp: self.tuning.dscp,
            extensions: Extensions {
                class_of_service: Some(self.tuning.dscp),
                ..Extensions::ALL
            },
            epoch: self.epoch,
            seed: self.random.bits(),
            ..Settings::default()
        };
        (settings, self.made)
    }

    /// Makes sessions like this from now on. Whether those that there are would be different.
    pub(super) fn tune(&mut self, tuning: Tuning) -> bool {
        let before = std::mem::replace(&mut self.tuning, tuning);
        let now = &self.tuning;
        (before.interval, before.dscp, &before.keys) != (now.interval, now.dscp, &now.keys)
    }
}
