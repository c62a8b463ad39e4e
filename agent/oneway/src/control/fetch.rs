//! Fetch-Session and its answer (RFC 4656 section 3.9).

use super::Accept;
use super::SessionRequest;
use super::Sid;
use super::SkipRange;
use super::StopSessions;
use super::WireError;
use super::channel::MAC;
use super::octets::Octets;
use super::octets::whole_blocks;
use super::stop;
use crate::ErrorEstimate;
use crate::Timestamp;
use crate::TimestampFormat::Ntp;

/// Ask for the records of a session that the server received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchSession {
    /// The first packet of interest.
    pub begin: u32,
    /// The last packet of interest.
    pub end: u32,
    /// Of this session.
    pub sid: Sid,
}

/// The answer, before the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchAck {
    /// Yes or no; after a no, nothing follows.
    pub accept: Accept,
    /// Whether the session has ended; if not, the next two are zero.
    pub finished: bool,
    /// The number that the next packet would have had.
    pub next_sequence: u32,
    /// How many skip ranges follow.
    pub skip_ranges: u32,
    /// How many records follow.
    pub records: u32,
}

/// What is known about one packet that was received, or that was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub sequence: u32,
    /// How wrong the sender's clock was.
    pub send_error: ErrorEstimate,
    /// How wrong the receiver's clock was.
    pub receive_error: ErrorEstimate,
    /// When it was sent; when it was due, if it was lost.
    pub sent: Timestamp,
    /// When it came in; zero if it was lost.
    pub received: Timestamp,
    /// The time to live it came with.
    pub ttl: u8,
}

/// A session as its receiver saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedSession {
    /// Whether it has ended.
    pub finished: bool,
    /// The number that the next packet would have had; zero before the end.
    pub next_sequence: u32,
    /// What was asked for, with the addresses, ports and name that it got.
    pub request: SessionRequest,
    /// What was not sent, in order.
    pub skipped: Vec<SkipRange>,
    /// In the order in which the packets came in, or were found to be lost.
    pub records: Vec<Record>,
}

impl FetchSession {
    /// Its octets.
    pub const SIZE: usize = 48;
    /// Its command.
    pub const COMMAND: u8 = 4;

    /// Everything about a session.
    pub const fn all(sid: Sid) -> Self {
        Self {
            begin: 0,
            end: u32::MAX,
            sid,
        }
    }

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing, or it is another command.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Fetch-Session", octets);
        let command = fields.u8()?;
        fields.skip::<7>()?;
        let fetch = Self {
            begin: fields.u32()?,
            end: fields.u32()?,
            sid: Sid(fields.array()?),
        };
        fields.skip::<MAC>()?;
        if command == Self::COMMAND {
            return Ok(fetch);
        }
        Err(WireError::BadValue {
            message: "Fetch-Session",
            field: "the command",
            value: command.into(),
        })
    }

    /// Writes it, with zeros for the HMAC.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![Self::COMMAND, 0, 0, 0, 0, 0, 0, 0];
        out.extend(self.begin.to_be_bytes());
        out.extend(self.end.to_be_bytes());
        out.extend(self.sid.0);
        out.extend([0; MAC]);
        out
    }
}

impl FetchAck {
    /// Its octets.
    pub const SIZE: usize = 32;

    /// A no.
    pub const fn refusal(accept: Accept) -> Self {
        Self {
            accept,
            finished: false,
            next_sequence: 0,
            skip_ranges: 0,
            records: 0,
        }
    }

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Fetch-Ack", octets);
        let accept = Accept::from_code(fields.u8()?);
        let finished = fields.u8()? != 0;
        fields.skip::<2>()?;
        let ack = Self {
            accept,
            finished,
            next_sequence: fields.u32()?,
            skip_ranges: fields.u32()?,
            records: fields.u32()?,
        };
        fields.skip::<MAC>()?;
        Ok(ack)
    }

    /// Writes it, with zeros for the HMAC.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.accept.code(), self.finished.into(), 0, 0];
        out.extend(self.next_sequence.to_be_bytes());
        out.extend(self.skip_ranges.to_be_bytes());
        out.extend(self.records.to_be_bytes());
        out.extend([0; MAC]);
        out
    }

    /// The lengths of what stands before each HMAC in the data behind a request of this size.
    pub(crate) fn data_sections(&self, request: usize) -> Vec<usize> {
        let mut sections = SessionRequest::sections(request);
        sections.push(whole_blocks(self.skip_ranges as usize * SkipRange::SIZE));
        sections.push(whole_blocks(self.records as usize * Record::SIZE));
        sections
    }
}

impl Record {
    /// Its octets.
    pub const SIZE: usize = 25;

    /// A packet that never came.
    pub const fn lost(sequence: u32, due: Timestamp, receive_error: ErrorEstimate) -> Self {
        Self {
            sequence,
            send_error: ErrorEstimate::from_bytes([0x3f, 1]),
            receive_error,
            sent: due,
            received: Timestamp::from_ntp(0),
            ttl: 255,
        }
    }

    /// Whether the packet never came.
    pub const fn is_lost(&self) -> bool {
        self.received.is_zero()
    }

    fn decode(fields: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            sequence: fields.u32()?,
            send_error: ErrorEstimate::from_bytes(fields.array()?),
            receive_error: ErrorEstimate::from_bytes(fields.array()?),
            sent: Timestamp::from_bytes(fields.array()?, Ntp),
            received: Timestamp::from_bytes(fields.array()?, Ntp),
            ttl: fields.u8()?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.sequence.to_be_bytes());
        out.extend(self.send_error.to_bytes());
        out.extend(self.receive_error.to_bytes());
        out.extend(self.sent.to_bytes(Ntp));
        out.extend(self.received.to_bytes(Ntp));
        out.push(self.ttl);
    }
}

impl FetchedSession {
    /// The acknowledgement that goes before it.
    pub fn ack(&self) -> FetchAck {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        FetchAck {
            accept: Accept::Ok,
            finished: self.finished,
            next_sequence: self.next_sequence,
            skip_ranges: count(self.skipped.len()),
            records: count(self.records.len()),
        }
    }

    /// How long the data is, once the first block of the request in it is there.
    ///
    /// # Errors
    ///
    /// If more is announced than is taken.
    pub fn size(ack: &FetchAck, octets: &[u8], most_records: u32) -> Result<usize, WireError> {
        stop::check("skip ranges", ack.skip_ranges, StopSessions::MAX_SKIP_RANGES)?;
        stop::check("records", ack.records, most_records as usize)?;
        let request = SessionRequest::size(octets)?;
        let sections = ack.data_sections(request);
        Ok(sections.iter().map(|section| section + MAC).sum())
    }

    /// Reads the data that follows an acknowledgement, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing, a field makes no sense, or more is announced than is taken.
    pub fn decode(ack: &FetchAck, octets: &[u8], most_records: u32) -> Result<Self, WireError> {
        let size = Self::size(ack, octets, most_records)?;
        let request_size = SessionRequest::size(octets)?;
        let skips_size = whole_blocks(ack.skip_ranges as usize * SkipRange::SIZE) + MAC;
        let missing = WireError::TooShort {
            message: "the data of a fetch",
            missing: size.saturating_sub(octets.len()),
        };
        let (request, data) = octets.split_at_checked(request_size).ok_or(missing)?;
        let (skips, records) = data.split_at_checked(skips_size).ok_or(missing)?;
        if octets.len() < size {
            return Err(missing);
        }
        let mut fields = Octets::of("the data of a fetch", skips);
        let skipped: Vec<_> = (0..ack.skip_ranges)
            .map(|_| SkipRange::decode(&mut fields))
            .collect::<Result<_, _>>()?;
        stop::check_order(&skipped)?;
        let mut fields = Octets::of("the data of a fetch", records);
        let records = (0..ack.records)
            .map(|_| Record::decode(&mut fields))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            finished: ack.finished,
            next_sequence: ack.next_sequence,
            request: SessionRequest::decode(request)?,
            skipped,
            records,
        })
    }

    /// Writes the data, with zeros for the HMACs.
    ///
    /// # Errors
    ///
    /// If there are more slots or skip ranges than the limits.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let ack = self.ack();
        stop::check("skip ranges", ack.skip_ranges, StopSessions::MAX_SKIP_RANGES)?;
        let mut out = self.request.encode()?;
        out.reserve(self.records.len() * Record::SIZE + self.skipped.len() * SkipRange::SIZE + 64);
        SkipRange::encode_all(&self.skipped, 0, &mut out);
        out.extend([0; MAC]);
        for record in &self.records {
            record.encode(&mut out);
        }
        let records = self.records.len() * Record::SIZE;
        out.resize(out.len() + whole_blocks(records) - records + MAC, 0);
        Ok(out)
    }
}
