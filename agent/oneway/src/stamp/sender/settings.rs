//! What a session is to be like.

use core::time::Duration;

use crate::TimestampFormat;
use crate::stamp::KeyRing;
use crate::stamp::Mode;

use super::Pace;

/// What is authenticated.
#[derive(Clone, Debug, Default)]
pub enum Security {
    /// Nothing.
    #[default]
    Open,
    /// The TLVs, by an HMAC TLV behind an open base packet (RFC 8972 section 4.8).
    SignedTlvs(KeyRing),
    /// Everything (RFC 8762 section 4.4).
    Authenticated(KeyRing),
}

impl Security {
    pub(super) const fn mode(&self) -> Mode {
        match self {
            Self::Authenticated(_) => Mode::Authenticated,
            Self::Open | Self::SignedTlvs(_) => Mode::Unauthenticated,
        }
    }

    pub(super) const fn keys(&self) -> Option<&KeyRing> {
        match self {
            Self::Open => None,
            Self::SignedTlvs(keys) | Self::Authenticated(keys) => Some(keys),
        }
    }
}

/// Which TLVs go with each packet. A reflector that does not know one copies it, and says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Asks when earlier replies really left: makes the way back a figure of the wire.
    pub follow_up: bool,
    /// Asks how the reflector takes its timestamps.
    pub timestamp_information: bool,
    /// Asks for this DSCP in replies, and which traffic class the request arrived with.
    pub class_of_service: Option<u8>,
    /// Asks how many packets the reflector has received and sent.
    pub direct_measurement: bool,
    /// Asks for the addresses and ports that the reflector sees.
    pub location: bool,
    /// Tells this side's stamps, clock and place to a reflector of this crate, and asks for the same.
    pub ours: bool,
    /// So many octets of padding.
    pub padding: Option<u16>,
}

impl Extensions {
    /// None: a base packet, which every reflector answers.
    pub const NONE: Self = Self {
        follow_up: false,
        timestamp_information: false,
        class_of_service: None,
        direct_measurement: false,
        location: false,
        ours: false,
        padding: None,
    };

    /// What RFC 8972 has for better figures.
    pub const STANDARD: Self = Self {
        follow_up: true,
        timestamp_information: true,
        class_of_service: Some(0),
        direct_measurement: true,
        ..Self::NONE
    };

    /// The same, and what two ends of this crate tell each other.
    pub const ALL: Self = Self {
        ours: true,
        ..Self::STANDARD
    };
}

/// Everything about a session that does not change while it runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Tells this session from others of the same addresses; not 0, and a new one after each start, so that the
    /// reflector does not take a restart for loss.
    pub ssid: u16,
    /// What is authenticated.
    pub security: Security,
    /// When packets are sent.
    pub pace: Pace,
    /// A packet without a reply for so long is lost.
    pub patience: Duration,
    /// Whether [`super::Sender::handle_sent`] will be called: samples then wait for it.
    pub has_transmit_stamps: bool,
    /// How timestamps are written.
    pub format: TimestampFormat,
    /// DSCP of the requests.
    pub dscp: u8,
    /// Which TLVs go along.
    pub extensions: Extensions,
    /// Whether a reflector may answer with an identifier of 0, as one from before RFC 8972 does (section 3 there).
    pub accepts_zero_ssid: bool,
    /// Different after each start, as the reflector's.
    pub epoch: u32,
    /// Seeds the timetable: different for each session.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ssid: 1,
            security: Security::Open,
            pace: Pace::Random(Duration::from_secs(1)),
            patience: Duration::from_secs(3),
            has_transmit_stamps: true,
            format: TimestampFormat::default(),
            dscp: 0,
            extensions: Extensions::ALL,
            accepts_zero_ssid: true,
            epoch: 0,
            seed: 0,
        }
    }
}
