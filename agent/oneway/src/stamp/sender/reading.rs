//! Reading a reply: what must be right before it is believed (RFC 8972 sections 4 and 4.8).

use crate::stamp::Reply;
use crate::stamp::packet;
use crate::stamp::tlv::ClassOfService;
use crate::stamp::tlv::ClockReport;
use crate::stamp::tlv::DirectMeasurement;
use crate::stamp::tlv::EndOfClock;
use crate::stamp::tlv::FollowUp;
use crate::stamp::tlv::Hmac;
use crate::stamp::tlv::LocationQuery;
use crate::stamp::tlv::Outline;
use crate::stamp::tlv::PositionReport;
use crate::stamp::tlv::Receipt;
use crate::stamp::tlv::TimestampInformation;
use crate::stamp::tlv::TlvKind;
use crate::stamp::tlv::length_is_valid;

use super::Rejection;
use super::Security;

/// What a reply says. What it does not say, or in a way that must be ignored, is nothing.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) reply: Reply,
    pub(super) follow_up: Option<FollowUp>,
    pub(super) information: Option<TimestampInformation>,
    pub(super) class: Option<ClassOfService>,
    pub(super) counts: Option<DirectMeasurement>,
    pub(super) location: Option<LocationQuery>,
    pub(super) clock: Option<EndOfClock>,
    pub(super) positions: Option<PositionReport>,
    pub(super) receipt: Option<Receipt>,
    pub(super) integrity_failed: bool,
    pub(super) malformed: bool,
}

impl Reading {
    pub(super) fn of(bytes: &[u8], security: &Security) -> Result<Self, Rejection> {
        let mode = security.mode();
        let reply = Reply::parse(bytes, mode).ok_or(Rejection::Short)?;
        if let Security::Authenticated(keys) = security {
            let (text, tag) = packet::signed(bytes).ok_or(Rejection::Short)?;
            keys.maker(&[text], tag).ok_or(Rejection::WrongHmac)?;
        }
        let mut reading = Self {
            reply,
            follow_up: None,
            information: None,
            class: None,
            counts: None,
            location: None,
            clock: None,
            positions: None,
            receipt: None,
            integrity_failed: false,
            malformed: false,
        };
        let list = bytes.get(mode.base_len()..).unwrap_or_default();
        let outline = Outline::of(list);
        if reading.is_intact(&outline, list, security) {
            reading.take_all(&outline, list);
        } else {
            reading.integrity_failed = true;
        }
        Ok(reading)
    }

    /// Whether any TLV may be used at all.
    fn is_intact(&self, outline: &Outline, list: &[u8], security: &Security) -> bool {
        if outline
            .entries()
            .iter()
            .any(|entry| entry.flags.has_failed_integrity())
        {
            return false;
        }
        match (outline.hmac(list), security.keys()) {
            (Hmac::Absent, None) => true,
            (Hmac::Absent, Some(_)) => outline.is_empty() || outline.is_one_padding(),
            (Hmac::Proper { covered, tag }, Some(keys)) => {
                let text = list.get(..covered).unwrap_or_default();
                keys.maker(&[&self.reply.sequence.to_be_bytes(), text], tag)
                    .is_some()
            }
            (Hmac::Proper { .. } | Hmac::Unusable, _) => false,
        }
    }

    /// Takes what each TLV says, until one is malformed.
    fn take_all(&mut self, outline: &Outline, list: &[u8]) {
        for entry in outline.entries() {
            let value = entry.value(list);
            if entry.flags.is_malformed() || !length_is_valid(entry.kind, value.len()) {
                self.malformed = true;
                return;
            }
            if !entry.flags.is_unrecognised() {
                self.take(entry.kind, value);
            }
        }
        self.malformed = outline.truncated.is_some();
    }

    fn take(&mut self, kind: TlvKind, value: &[u8]) {
        match kind {
            TlvKind::FOLLOW_UP => self.follow_up = FollowUp::from_bytes(value, self.reply.error.format()),
            TlvKind::TIMESTAMP_INFORMATION => self.information = TimestampInformation::from_bytes(value),
            TlvKind::CLASS_OF_SERVICE => self.class = ClassOfService::from_bytes(value),
            TlvKind::DIRECT_MEASUREMENT => self.counts = DirectMeasurement::from_bytes(value),
            TlvKind::LOCATION => self.location = LocationQuery::from_bytes(value),
            TlvKind::ROUND_REPORT => self.receipt = Receipt::from_bytes(value),
            TlvKind::CLOCK_REPORT => {
                self.clock = ClockReport::from_bytes(value).map(|clocks| clocks.reflector);
            }
            TlvKind::POSITION_REPORT => {
                self.positions = PositionReport::from_bytes(value);
            }
            _ => {}
        }
    }
}
