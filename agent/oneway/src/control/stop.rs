//! Stop-Sessions: OWAMP's tells what was sent (RFC 4656 section 3.8), TWAMP's only counts (RFC 5357 section 3.8).

use super::Accept;
use super::Direction;
use super::SessionRequest;
use super::Sid;
use super::WireError;
use super::channel::MAC;
use super::octets::Octets;
use super::octets::whole_blocks;

const MESSAGE: &str = "Stop-Sessions";
const HEADER: usize = 16;
const PER_SESSION: usize = 24;

/// Packets that were due and never sent: the first and the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkipRange {
    /// Number of the first.
    pub first: u32,
    /// Number of the last.
    pub last: u32,
}

/// What became of a session, told by who sent it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentSession {
    /// Its name.
    pub sid: Sid,
    /// The number that the next packet would have had.
    pub next_sequence: u32,
    /// What was not sent below that number, in order.
    pub skipped: Vec<SkipRange>,
}

/// OWAMP's message: each side sends one, about the sessions it was sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopSessions {
    /// Whether all went well.
    pub accept: Accept,
    /// The sender's sessions.
    pub sent: Vec<SentSession>,
}

/// TWAMP's message, which only the client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopTwoWay {
    /// Whether all went well.
    pub accept: Accept,
    /// How many sessions the client believes in. Some clients write 0 here, so a server had better not mind.
    pub sessions: u32,
}

impl SkipRange {
    /// Its octets.
    pub const SIZE: usize = 8;

    pub(crate) fn decode(fields: &mut Octets<'_>) -> Result<Self, WireError> {
        let range = Self {
            first: fields.u32()?,
            last: fields.u32()?,
        };
        if range.first <= range.last {
            return Ok(range);
        }
        Err(WireError::BadValue {
            message: MESSAGE,
            field: "the first of a skip range, which is after its last,",
            value: range.first.into(),
        })
    }

    /// Writes ranges, filled up to whole blocks after `before` octets.
    pub(crate) fn encode_all(ranges: &[Self], before: usize, out: &mut Vec<u8>) {
        for range in ranges {
            out.extend(range.first.to_be_bytes());
            out.extend(range.last.to_be_bytes());
        }
        let octets = before + ranges.len() * Self::SIZE;
        out.resize(out.len() + whole_blocks(octets) - octets, 0);
    }
}

impl StopSessions {
    /// Its command.
    pub const COMMAND: u8 = 3;
    /// Most sessions that one message may name.
    pub const MAX_SESSIONS: usize = 1024;
    /// Most skip ranges that a session may have.
    pub const MAX_SKIP_RANGES: usize = 1 << 16;
    /// Most octets of a whole message.
    pub const MAX_SIZE: usize = 4 << 20;

    /// How long the message is, as far as the octets tell: `None` if that shows only in octets to come. Never more than
    /// the limits allow for.
    ///
    /// # Errors
    ///
    /// If it announces more than the limits.
    pub fn size(octets: &[u8]) -> Result<Option<usize>, WireError> {
        let Some(sessions) = number_at(octets, 4) else {
            return Ok(None);
        };
        check("sessions", sessions, Self::MAX_SESSIONS)?;
        let mut size = HEADER;
        for _ in 0..sessions {
            let Some(ranges) = number_at(octets, size + 20) else {
                return Ok(None);
            };
            check("skip ranges", ranges, Self::MAX_SKIP_RANGES)?;
            size += whole_blocks(PER_SESSION + ranges as usize * SkipRange::SIZE);
            check(
                "octets",
                u32::try_from(size).unwrap_or(u32::MAX),
                Self::MAX_SIZE - MAC,
            )?;
        }
        Ok(Some(size + MAC))
    }

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing, it announces more than the limits, or skip ranges are out of order.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        Self::size(octets)?;
        let mut fields = Octets::of(MESSAGE, octets);
        let (accept, sessions) = header(&mut fields)?;
        let sent = (0..sessions)
            .map(|_| session(&mut fields))
            .collect::<Result<_, _>>()?;
        fields.skip::<MAC>()?;
        Ok(Self { accept, sent })
    }

    /// Writes it, with zeros for the HMAC.
    ///
    /// # Errors
    ///
    /// If there are more sessions or skip ranges than the limits.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let sessions = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        check("sessions", sessions, Self::MAX_SESSIONS)?;
        let mut out = header_octets(self.accept, sessions);
        for session in &self.sent {
            let ranges = u32::try_from(session.skipped.len()).unwrap_or(u32::MAX);
            check("skip ranges", ranges, Self::MAX_SKIP_RANGES)?;
            out.extend(session.sid.0);
            out.extend(session.next_sequence.to_be_bytes());
            out.extend(ranges.to_be_bytes());
            SkipRange::encode_all(&session.skipped, PER_SESSION, &mut out);
        }
        check(
            "octets",
            u32::try_from(out.len()).unwrap_or(u32::MAX),
            Self::MAX_SIZE - MAC,
        )?;
        out.extend([0; MAC]);
        Ok(out)
    }
}

impl StopTwoWay {
    /// Its octets.
    pub const SIZE: usize = HEADER + MAC;

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing, or it is another command.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of(MESSAGE, octets);
        let (accept, sessions) = header(&mut fields)?;
        fields.skip::<MAC>()?;
        Ok(Self { accept, sessions })
    }

    /// Writes it, with zeros for the HMAC.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = header_octets(self.accept, self.sessions);
        out.extend([0; MAC]);
        out
    }
}

fn header(fields: &mut Octets<'_>) -> Result<(Accept, u32), WireError> {
    let command = fields.u8()?;
    let accept = Accept::from_code(fields.u8()?);
    fields.skip::<2>()?;
    let sessions = fields.u32()?;
    fields.skip::<8>()?;
    if command == StopSessions::COMMAND {
        return Ok((accept, sessions));
    }
    Err(WireError::BadValue {
        message: MESSAGE,
        field: "the command",
        value: command.into(),
    })
}

fn header_octets(accept: Accept, sessions: u32) -> Vec<u8> {
    let mut out = vec![StopSessions::COMMAND, accept.code(), 0, 0];
    out.extend(sessions.to_be_bytes());
    out.extend([0; 8]);
    out
}

fn session(fields: &mut Octets<'_>) -> Result<SentSession, WireError> {
    let sid = Sid(fields.array()?);
    let next_sequence = fields.u32()?;
    let ranges = fields.u32()?;
    let skipped: Vec<SkipRange> = (0..ranges)
        .map(|_| SkipRange::decode(fields))
        .collect::<Result<_, _>>()?;
    check_order(&skipped)?;
    if ranges % 2 == 0 {
        fields.skip::<8>()?;
    }
    Ok(SentSession {
        sid,
        next_sequence,
        skipped,
    })
}

/// Ranges rise and do not overlap.
pub(crate) fn check_order(ranges: &[SkipRange]) -> Result<(), WireError> {
    let mut neighbours = ranges.iter().zip(ranges.iter().skip(1));
    let disordered = neighbours.find(|(before, after)| after.first <= before.last);
    disordered.map_or(Ok(()), |(_, after)| {
        Err(WireError::BadValue {
            message: MESSAGE,
            field: "the first of a skip range, which is not after the range before,",
            value: after.first.into(),
        })
    })
}

fn number_at(octets: &[u8], place: usize) -> Option<u32> {
    octets
        .get(place..)
        .and_then(<[u8]>::first_chunk)
        .map(|number| u32::from_be_bytes(*number))
}

pub(crate) fn check(what: &'static str, count: u32, limit: usize) -> Result<(), WireError> {
    if count as usize <= limit {
        return Ok(());
    }
    Err(WireError::TooMany {
        message: MESSAGE,
        what,
        count: count.into(),
        limit: limit as u64,
    })
}

/// Whether these are the sessions of one direction, each once.
pub(crate) fn names_exactly(sent: &[SentSession], sessions: &[SessionRequest], direction: Direction) -> bool {
    let mut named: Vec<Sid> = sent.iter().map(|session| session.sid).collect();
    let mut known: Vec<Sid> = sessions
        .iter()
        .filter(|session| session.direction == direction)
        .map(|session| session.sid)
        .collect();
    named.sort_unstable();
    known.sort_unstable();
    named == known
}
