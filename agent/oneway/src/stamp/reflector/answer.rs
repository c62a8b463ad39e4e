//! Answering the TLVs of a request in their places (RFC 8972 section 4).

use core::net::SocketAddr;

use crate::TimestampFormat;
use crate::stamp::Arrival;
use crate::stamp::ClockClaim;
use crate::stamp::Mode;
use crate::stamp::Position;
use crate::stamp::Stamp;
use crate::stamp::TrafficClass;
use crate::stamp::keys::Key;
use crate::stamp::keys::KeyRing;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;
use crate::stamp::tlv::AccessReport;
use crate::stamp::tlv::ClassOfService;
use crate::stamp::tlv::ClockReport;
use crate::stamp::tlv::DirectMeasurement;
use crate::stamp::tlv::EndOfClock;
use crate::stamp::tlv::Entry;
use crate::stamp::tlv::FollowUp;
use crate::stamp::tlv::Hmac;
use crate::stamp::tlv::Outline;
use crate::stamp::tlv::PositionReport;
use crate::stamp::tlv::Receipt;
use crate::stamp::tlv::RoundReport;
use crate::stamp::tlv::SentFollowUp;
use crate::stamp::tlv::StampMethod;
use crate::stamp::tlv::TimestampInformation;
use crate::stamp::tlv::TlvFlags;
use crate::stamp::tlv::TlvKind;
use crate::stamp::tlv::answer_location;
use crate::stamp::tlv::is_ours;
use crate::stamp::tlv::length_is_valid;

use super::Policy;
use super::table::Place;

/// What an answer is made of.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) policy: &'a Policy,
    pub(super) arrival: &'a Arrival,
    pub(super) from: SocketAddr,
    /// How the request writes its timestamps.
    pub(super) format: TimestampFormat,
    pub(super) claim: ClockClaim,
    pub(super) position: Option<Position>,
    pub(super) session: Remembered,
}

/// The part of an answer that only a stateful reflector has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Remembered {
    pub(super) place: Place,
    pub(super) epoch: u32,
    /// The number of this reply.
    pub(super) sequence: u32,
    pub(super) received: u32,
    pub(super) receipt: Option<Receipt>,
    pub(super) reflected: u32,
    /// An earlier reply that is known to have left, and when.
    pub(super) left: Option<(u32, Stamp)>,
}

/// What the TLVs said.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub(super) class: Option<TrafficClass>,
    pub(super) sent: Option<(u32, Stamp)>,
    pub(super) report: Option<RoundReport>,
    pub(super) clock: Option<EndOfClock>,
    pub(super) position: Option<Position>,
    /// At least one TLV was of this crate's own.
    pub(super) is_ours: bool,
    pub(super) malformed: bool,
    pub(super) integrity_failed: bool,
}

/// How a list is protected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protection<'a> {
    pub(super) mode: Mode,
    pub(super) keys: Option<&'a KeyRing>,
    /// The sequence numbers of request and reply, which the HMACs cover.
    pub(super) asked: u32,
    pub(super) answered: u32,
}

/// A list's HMAC did not verify, stood in the wrong place, or was missing.
#[derive(Debug)]
struct IntegrityFailed;

impl<'a> Protection<'a> {
    /// What the HMAC covers and who made it; nothing if there need be none.
    fn verify(&self, outline: &Outline, list: &[u8]) -> Result<Option<(usize, &'a Key)>, IntegrityFailed> {
        match outline.hmac(list) {
            Hmac::Absent if self.mode == Mode::Unauthenticated || outline.is_one_padding() => Ok(None),
            Hmac::Absent | Hmac::Unusable => Err(IntegrityFailed),
            Hmac::Proper { covered, tag } => {
                let text = list.get(..covered).unwrap_or_default();
                let keys = self.keys.ok_or(IntegrityFailed)?;
                let maker = keys.maker(&[&self.asked.to_be_bytes(), text], tag);
                maker.map(|key| Some((covered, key))).ok_or(IntegrityFailed)
            }
        }
    }
}

impl Known<'_> {
    /// Turns the list of a request into that of its reply. Its length stays.
    pub(super) fn answer_all(&self, list: &mut [u8], protection: Protection<'_>) -> Learnt {
        let mut learnt = Learnt::default();
        let outline = Outline::of(list);
        if outline.is_empty() {
            return learnt;
        }
        match protection.verify(&outline, list) {
            Ok(hmac) => {
                self.answer_each(&outline, list, &mut learnt);
                if let Some((covered, key)) = hmac {
                    outline.sign(protection.answered, list, covered, key);
                }
            }
            Err(IntegrityFailed) => {
                learnt.integrity_failed = true;
                self.disown(&outline, list);
            }
        }
        learnt
    }

    /// In order, until one is malformed: the rest is then copied as it came.
    fn answer_each(&self, outline: &Outline, list: &mut [u8], learnt: &mut Learnt) {
        for entry in outline.entries() {
            let flags = self.answer(entry.kind, entry.value_mut(list), learnt);
            entry.set_flags(list, flags);
            if flags.is_malformed() {
                learnt.malformed = true;
                return;
            }
        }
        if let Some(at) = outline.truncated {
            learnt.malformed = true;
            let unknown = list.get(at + 1).is_none_or(|kind| !TlvKind(*kind).is_standard());
            let flags = if unknown {
                TlvFlags::UNRECOGNISED
            } else {
                TlvFlags::UNDERSTOOD
            };
            put(list, at, &[flags.with(TlvFlags::MALFORMED).octet()]);
        }
    }

    /// Marks each TLV as one whose integrity is in doubt, and uses none (section 4.8).
    fn disown(&self, outline: &Outline, list: &mut [u8]) {
        for entry in outline.entries() {
            let mut flags = TlvFlags::INTEGRITY_FAILED;
            if !self.knows(entry, list) {
                flags = flags.with(TlvFlags::UNRECOGNISED);
            } else if !length_is_valid(entry.kind, entry.value(list).len()) {
                flags = flags.with(TlvFlags::MALFORMED);
            }
            entry.set_flags(list, flags);
        }
        if let Some(at) = outline.truncated {
            let flags = TlvFlags::INTEGRITY_FAILED.with(TlvFlags::MALFORMED);
            put(list, at, &[flags.octet()]);
        }
    }

    fn knows(&self, entry: &Entry, list: &[u8]) -> bool {
        entry.kind.is_standard() || self.policy.extensions && is_ours(entry.kind, entry.value(list))
    }

    /// Answers one TLV, and says how to flag it.
    fn answer(&self, kind: TlvKind, value: &mut [u8], learnt: &mut Learnt) -> TlvFlags {
        if !length_is_valid(kind, value.len()) {
            if kind == TlvKind::FOLLOW_UP {
                value.iter_mut().take(12).for_each(|octet| *octet = 0);
            }
            return TlvFlags::MALFORMED;
        }
        match kind {
            TlvKind::EXTRA_PADDING | TlvKind::HMAC => {}
            TlvKind::LOCATION => self.answer_location(value),
            TlvKind::TIMESTAMP_INFORMATION => self.answer_timestamp_information(value),
            TlvKind::CLASS_OF_SERVICE => learnt.class = self.answer_class_of_service(value),
            TlvKind::DIRECT_MEASUREMENT => self.answer_direct_measurement(value),
            // "All other values are invalid … MUST be discarded" (section 4.6).
            TlvKind::ACCESS_REPORT if AccessReport::from_bytes(value).is_some() => {}
            TlvKind::FOLLOW_UP => self.answer_follow_up(value),
            _ if self.policy.extensions && is_ours(kind, value) => self.answer_ours(kind, value, learnt),
            _ => return TlvFlags::UNRECOGNISED,
        }
        TlvFlags::UNDERSTOOD
    }

    fn answer_location(&self, value: &mut [u8]) {
        let told = self.policy.tells_addresses.then_some(self.from);
        let local = self.arrival.local.filter(|_| self.policy.tells_addresses);
        answer_location(value, local, told);
    }

    fn answer_timestamp_information(&self, value: &mut [u8]) {
        let sync = self.policy.sync_source as u8;
        let answer = TimestampInformation {
            sync_in: sync,
            method_in: StampMethod::of(self.arrival.stamp.source),
            sync_out: sync,
            method_out: StampMethod::Software,
        };
        put(value, 0, &answer.to_bytes());
    }

    fn answer_class_of_service(&self, value: &mut [u8]) -> Option<TrafficClass> {
        let asked = ClassOfService::from_bytes(value)?;
        let seen = self.arrival.seen.class.unwrap_or_default();
        let allowed = self.policy.allows_dscp(asked.wanted_dscp);
        let answer = ClassOfService {
            received_dscp: seen.dscp(),
            received_ecn: seen.ecn(),
            refused: u8::from(!allowed),
            ..asked
        };
        put(value, 0, &answer.to_bytes());
        let dscp = if allowed { asked.wanted_dscp } else { seen.dscp() };
        Some(TrafficClass::new(dscp, 0))
    }

    fn answer_direct_measurement(&self, value: &mut [u8]) {
        let answer = DirectMeasurement {
            sent: u32_at(value, 0),
            received: self.session.received,
            reflected: self.session.reflected,
        };
        put(value, 0, &answer.to_bytes());
    }

    /// Zeros if nothing is known, which is always so in a stateless reflector (section 4.7).
    fn answer_follow_up(&self, value: &mut [u8]) {
        let answer = self
            .session
            .left
            .map_or_else(FollowUp::default, |(sequence, stamp)| FollowUp {
                sequence,
                timestamp: stamp.at,
                method: StampMethod::of(stamp.source),
            });
        put(value, 0, &answer.to_bytes(self.policy.format));
    }

    fn answer_ours(&self, kind: TlvKind, value: &mut [u8], learnt: &mut Learnt) {
        learnt.is_ours = true;
        match kind {
            TlvKind::SENT_FOLLOW_UP => {
                learnt.sent = SentFollowUp::from_bytes(value, self.format).and_then(|report| report.sent);
            }
            TlvKind::ROUND_REPORT => {
                learnt.report = RoundReport::from_bytes(value, self.format);
                if let Some(receipt) = self.session.receipt {
                    put(value, 0, &receipt.to_bytes());
                }
            }
            TlvKind::CLOCK_REPORT => {
                let Some(asked) = ClockReport::from_bytes(value) else {
                    return;
                };
                let reflector = EndOfClock {
                    claim: self.claim,
                    receives: self.arrival.stamp.source,
                    epoch: self.session.epoch,
                };
                put(value, 0, &ClockReport { reflector, ..asked }.to_bytes());
                learnt.clock = Some(asked.sender);
            }
            _ => {
                let Some(asked) = PositionReport::from_bytes(value) else {
                    return;
                };
                let reflector = self.position;
                put(value, 0, &PositionReport { reflector, ..asked }.to_bytes());
                learnt.position = asked.sender;
            }
        }
    }
}
