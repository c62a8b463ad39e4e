//! Making sessions with peers, each different from all before.

use std::time::Duration;

use wattle_oneway::stamp::Extensions;
use wattle_oneway::stamp::KeyRing;
use wattle_oneway::stamp::Pace;
use wattle_oneway::stamp::Security;
use wattle_oneway::stamp::Settings;

use crate::latency::random::Random;

/// A packet without an answer for so long is lost.
const PATIENCE: Duration = Duration::from_secs(3);

/// What all sessions have in common, and how many there were.
pub(super) struct Sessions {
    pub(super) random: Box<dyn Random>,
    pub(super) interval: Duration,
    pub(super) dscp: u8,
    pub(super) keys: Option<KeyRing>,
    pub(super) epoch: u32,
    pub(super) has_transmit_stamps: bool,
    pub(super) made: u64,
}

impl Sessions {
    /// The settings of a new session, and its number.
    pub(super) fn next(&mut self) -> (Settings, u64) {
        self.made += 1;
        let bits = self.random.bits();
        let security = self.keys.clone().map_or(Security::Open, Security::Authenticated);
        let settings = Settings {
            ssid: u16::try_from(bits % 65_535 + 1).unwrap_or(1),
            security,
            pace: Pace::Random(self.interval),
            patience: PATIENCE,
            has_transmit_stamps: self.has_transmit_stamps,
            dscp: self.dscp,
            extensions: Extensions {
                class_of_service: Some(self.dscp),
                ..Extensions::ALL
            },
            epoch: self.epoch,
            seed: self.random.bits(),
            ..Settings::default()
        };
        (settings, self.made)
    }
}
