//! Request-Session (RFC 4656 section 3.5) and Request-TW-Session (RFC 5357 section 3.5).

use core::net::IpAddr;
use core::net::Ipv4Addr;
use core::net::Ipv6Addr;

use super::Sid;
use super::WireError;
use super::channel::MAC;
use super::octets::Octets;
use crate::Slot;
use crate::Timestamp;

const MESSAGE: &str = "Request-Session";

/// Which way the test packets of a session go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the server to the client (OWAMP; Conf-Sender).
    FromServer,
    /// From the client to the server (OWAMP; Conf-Receiver).
    ToServer,
    /// There and back (TWAMP).
    TwoWay,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// Which way.
    pub direction: Direction,
    /// How many packets. Zero in TWAMP, where only the client knows.
    pub packets: u32,
    /// The port that sends. Zero if the server sends: it chooses.
    pub sender_port: u16,
    /// The port that receives. Zero if the server receives, unless a certain one is wished for.
    pub receiver_port: u16,
    /// The address that sends; unspecified (all zeros) means the control connection's. Both are of one IP version.
    pub sender: IpAddr,
    /// The address that receives; unspecified (all zeros) means the control connection's.
    pub receiver: IpAddr,
    /// The session's name if the client receives; otherwise unset, and the server makes it.
    pub sid: Sid,
    /// Octets of padding in each packet.
    pub padding: u32,
    /// When the schedule begins.
    pub start: Timestamp,
    /// After what time, in steps of 2⁻³² s, a packet is given up as lost.
    pub timeout: u64,
    /// Type-P descriptor: the DSCP in bits 2 to 7 of the first octet.
    pub type_p: u32,
    /// The schedule. Empty in TWAMP.
    pub slots: Vec<Slot>,
}

impl SessionRequest {
    /// Its octets without slots.
    pub const HEADER: usize = 112;
    /// Most slots that are taken.
    pub const MAX_SLOTS: usize = 1024;

    /// OWAMP's command.
    pub const COMMAND: u8 = 1;
    /// TWAMP's command.
    pub const TWO_WAY_COMMAND: u8 = 5;

    /// The DSCP asked for.
    pub const fn dscp(&self) -> u8 {
        ((self.type_p >> 24) & 0x3f) as u8
    }

    /// Whether the descriptor is a DSCP and nothing else; other kinds of Type-P are not supported by anybody.
    pub const fn is_plain_dscp(&self) -> bool {
        self.type_p & !0x3f00_0000 == 0
    }

    /// How long the message is, once its first block is there.
    ///
    /// # Errors
    ///
    /// If the first block is not there, or announces too many slots.
    pub fn size(octets: &[u8]) -> Result<usize, WireError> {
        let mut fields = Octets::of(MESSAGE, octets);
        let command = fields.u8()?;
        fields.skip::<3>()?;
        let slots = fields.u32()?;
        if command == Self::TWO_WAY_COMMAND {
            return Ok(Self::HEADER);
        }
        check_slots(slots as usize)?;
        Ok(Self::HEADER + slots as usize * 16 + MAC)
    }

    /// The lengths of what stands before each HMAC of a message of this size.
    pub(crate) fn sections(size: usize) -> Vec<usize> {
        const FIRST: usize = SessionRequest::HEADER - MAC;
        match size.checked_sub(Self::HEADER + MAC) {
            None => vec![FIRST],
            Some(slots) => vec![FIRST, slots],
        }
    }

    /// Reads it, decrypted. HMACs are passed over.
    ///
    /// # Errors
    ///
    /// If octets are missing, or a field makes no sense.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        Self::size(octets)?;
        let mut fields = Octets::of(MESSAGE, octets);
        let command = fields.u8()?;
        let version = fields.u8()? & 0x0f;
        let direction = direction(command, fields.array()?)?;
        let slots = fields.u32()?;
        let mut request = Self {
            direction,
            packets: fields.u32()?,
            sender_port: fields.u16()?,
            receiver_port: fields.u16()?,
            sender: address(version, fields.array()?)?,
            receiver: address(version, fields.array()?)?,
            sid: Sid(fields.array()?),
            padding: fields.u32()?,
            start: Timestamp::from_ntp(fields.u64()?),
            timeout: fields.u64()?,
            type_p: fields.u32()?,
            slots: Vec::new(),
        };
        fields.skip::<8>()?;
        fields.skip::<MAC>()?;
        if direction != Direction::TwoWay {
            request.slots = (0..slots).map(|_| slot(&mut fields)).collect::<Result<_, _>>()?;
            fields.skip::<MAC>()?;
        }
        Ok(request)
    }

    /// Writes it, with zeros for HMACs.
    ///
    /// # Errors
    ///
    /// If there are more than [`Self::MAX_SLOTS`] slots.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        check_slots(self.slots.len())?;
        let (command, conf) = match self.direction {
            Direction::FromServer => (Self::COMMAND, [1, 0]),
            Direction::ToServer => (Self::COMMAND, [0, 1]),
            Direction::TwoWay => (Self::TWO_WAY_COMMAND, [0, 0]),
        };
        let mut out = Vec::with_capacity(Self::HEADER + self.slots.len() * 16 + MAC);
        out.extend([command, if self.sender.is_ipv4() { 4 } else { 6 }]);
        out.extend(conf);
        out.extend((self.slots.len() as u32).to_be_bytes());
        out.extend(self.packets.to_be_bytes());
        out.extend(self.sender_port.to_be_bytes());
        out.extend(self.receiver_port.to_be_bytes());
        out.extend(address_octets(self.sender));
        out.extend(address_octets(self.receiver));
        out.extend(self.sid.0);
        out.extend(self.padding.to_be_bytes());
        out.extend(self.start.to_ntp().to_be_bytes());
        out.extend(self.timeout.to_be_bytes());
        out.extend(self.type_p.to_be_bytes());
        out.extend([0; 8 + MAC]);
        if self.direction != Direction::TwoWay {
            out.extend(self.slots.iter().copied().flat_map(slot_octets));
            out.extend([0; MAC]);
        }
        Ok(out)
    }
}

fn check_slots(slots: usize) -> Result<(), WireError> {
    let limit = SessionRequest::MAX_SLOTS;
    if slots <= limit {
        return Ok(());
    }
    Err(WireError::TooMany {
        message: MESSAGE,
        what: "slots",
        count: slots as u64,
        limit: limit as u64,
    })
}

fn direction(command: u8, conf: [u8; 2]) -> Result<Direction, WireError> {
    match (command, conf) {
        (SessionRequest::TWO_WAY_COMMAND, _) => Ok(Direction::TwoWay),
        (SessionRequest::COMMAND, [1, 0]) => Ok(Direction::FromServer),
        (SessionRequest::COMMAND, [0, 1]) => Ok(Direction::ToServer),
        (SessionRequest::COMMAND, conf) => Err(bad(
            "Conf-Sender and Conf-Receiver",
            u16::from_be_bytes(conf).into(),
        )),
        (command, _) => Err(bad("the command", command.into())),
    }
}

fn address(version: u8, octets: [u8; 16]) -> Result<IpAddr, WireError> {
    match (version, octets) {
        (4, [a, b, c, d, ..]) => Ok(Ipv4Addr::new(a, b, c, d).into()),
        (6, octets) => Ok(Ipv6Addr::from(octets).into()),
        (version, _) => Err(bad("the IP version", version.into())),
    }
}

fn address_octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96).to_be_bytes(),
        IpAddr::V6(address) => address.octets(),
    }
}

fn slot(fields: &mut Octets<'_>) -> Result<Slot, WireError> {
    let kind = fields.u8()?;
    fields.skip::<7>()?;
    let parameter = fields.u64()?;
    match kind {
        0 => Ok(Slot::Exponential(parameter)),
        1 => Ok(Slot::Fixed(parameter)),
        kind => Err(bad("a slot's type", kind.into())),
    }
}

fn slot_octets(slot: Slot) -> [u8; 16] {
    let kind = match slot {
        Slot::Exponential(_) => 0,
        Slot::Fixed(_) => 1_u128,
    };
    ((kind << 120) | u128::from(slot.mean())).to_be_bytes()
}

const fn bad(field: &'static str, value: u64) -> WireError {
    WireError::BadValue {
        message: MESSAGE,
        field,
        value,
    }
}
