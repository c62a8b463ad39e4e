//! The Location TLV (RFC 8972 section 4.2): the addresses and ports that the reflector saw, to find address translation.

use core::net::IpAddr;
use core::net::SocketAddr;

use super::HEADER;
use super::Outline;
use super::TlvFlags;
use super::TlvKind;
use crate::stamp::octets::field;
use crate::stamp::octets::field_or_zero;
use crate::stamp::octets::put;

/// Sub-TLVs (registry in section 5.1): those with which a sender asks, and those with which a reflector answers.
const SOURCE_MAC: TlvKind = TlvKind(1);
const SOURCE_EUI64: TlvKind = TlvKind(3);
const DESTINATION_IP: TlvKind = TlvKind(4);
const DESTINATION_IPV4: TlvKind = TlvKind(5);
const DESTINATION_IPV6: TlvKind = TlvKind(6);
const SOURCE_IP: TlvKind = TlvKind(7);
const SOURCE_IPV4: TlvKind = TlvKind(8);
const SOURCE_IPV6: TlvKind = TlvKind(9);

/// Two ports, then sub-TLVs.
const PORTS: usize = 4;

/// A question for addresses and ports, and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LocationQuery {
    /// The address and port that the request was sent to, as the reflector saw them.
    pub destination: Option<SocketAddr>,
    /// The address and port that it came from.
    pub source: Option<SocketAddr>,
}

impl LocationQuery {
    /// The octets of a question for both addresses.
    pub const LENGTH: usize = PORTS + 2 * (HEADER + 16);

    /// A question for both addresses: everything zero but the headers.
    pub fn question() -> [u8; Self::LENGTH] {
        let mut value = [0; Self::LENGTH];
        let flags = TlvFlags::OF_SENDER.octet();
        put(&mut value, PORTS, &[flags, DESTINATION_IP.0, 0, 16]);
        put(&mut value, PORTS + HEADER + 16, &[flags, SOURCE_IP.0, 0, 16]);
        value
    }

    /// Reads an answer. What was not answered is left out.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let [destination, source] = [0, 2].map(|at| field(value, at).map(u16::from_be_bytes));
        let mut answer = Self::default();
        let list = value.get(PORTS..)?;
        for entry in Outline::of(list).entries() {
            let (to, port) = match entry.kind {
                DESTINATION_IPV4 | DESTINATION_IPV6 => (&mut answer.destination, destination?),
                SOURCE_IPV4 | SOURCE_IPV6 => (&mut answer.source, source?),
                _ => continue,
            };
            let ip: IpAddr = match entry.kind {
                DESTINATION_IPV4 | SOURCE_IPV4 => field_or_zero::<4>(entry.value(list), 0).into(),
                _ => field_or_zero::<16>(entry.value(list), 0).into(),
            };
            *to = Some(SocketAddr::new(ip, port)).filter(|_| !ip.is_unspecified());
        }
        Some(answer)
    }
}

/// Fills a question in its place. What is not known, or not to be told, becomes zero.
pub(crate) fn answer(value: &mut [u8], destination: Option<SocketAddr>, source: Option<SocketAddr>) {
    put(value, 0, &destination.map_or(0, |at| at.port()).to_be_bytes());
    put(value, 2, &source.map_or(0, |at| at.port()).to_be_bytes());
    let list = value.get_mut(PORTS..).unwrap_or_default();
    let outline = Outline::of(list);
    for entry in outline.entries() {
        let (length, kind, octets) = match entry.kind {
            // A UDP socket does not see it.
            SOURCE_MAC => (8, SOURCE_EUI64, [0; 16]),
            DESTINATION_IP => address(destination, DESTINATION_IPV4, DESTINATION_IPV6),
            SOURCE_IP => address(source, SOURCE_IPV4, SOURCE_IPV6),
            _ => {
                entry.set_flags(list, TlvFlags::UNRECOGNISED);
                continue;
            }
        };
        if entry.value(list).len() != length {
            return entry.set_flags(list, TlvFlags::MALFORMED);
        }
        entry.set_flags(list, TlvFlags::UNDERSTOOD);
        entry.set_kind(list, kind);
        put(entry.value_mut(list), 0, octets.get(..length).unwrap_or_default());
    }
    if let Some(at) = outline.truncated {
        put(list, at, &[TlvFlags::MALFORMED.octet()]);
    }
}

fn address(at: Option<SocketAddr>, v4: TlvKind, v6: TlvKind) -> (usize, TlvKind, [u8; 16]) {
    let mut octets = [0; 16];
    match at.map(|at| at.ip().to_canonical()) {
        Some(IpAddr::V4(ip)) => {
            put(&mut octets, 0, &ip.octets());
            (16, v4, octets)
        }
        Some(IpAddr::V6(ip)) => (16, v6, ip.octets()),
        None => (16, v4, octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_in_its_place() {
        for (to, from) in [
            ("192.0.2.1:862", "198.51.100.7:4000"),
            ("[2001:db8::1]:862", "[2001:db8::2]:9"),
        ] {
            let (to, from) = (to.parse().ok(), from.parse().ok());
            let mut value = LocationQuery::question();
            answer(&mut value, to, from);
            assert_eq!(
                LocationQuery::from_bytes(&value),
                Some(LocationQuery {
                    destination: to,
                    source: from
                })
            );
        }
    }

    /// Section 4.2.2: the lengths stay; a missing MAC address is a zero EUI-64; an unknown sub-TLV has U set.
    #[test]
    fn sub_tlvs_are_answered_refused_or_marked() {
        let cases: [(&[u8], &[u8]); 5] = [
            (
                &[0x80, 1, 0, 8, 9, 9, 9, 9, 9, 9, 9, 9],
                &[0, 3, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
            ),
            (&[0x80, 1, 0, 2, 9, 9], &[0x40, 1, 0, 2, 9, 9]),
            (&[0x00, 77, 0, 1, 9], &[0x80, 77, 0, 1, 9]),
            (&[0x80, 7, 0, 16, 1], &[0x40, 7, 0, 16, 1]),
            (&[0x80, 4, 0], &[0x40, 4, 0]),
        ];
        for (asked, answered) in cases {
            let mut value = [&[0; 4], asked].concat();
            answer(&mut value, None, "192.0.2.9:5".parse().ok());
            assert_eq!(value[..4], [0, 0, 0, 5]);
            assert_eq!(value[4..], *answered, "{asked:02x?}");
        }
    }

    #[test]
    fn what_is_not_told_is_zero() {
        let mut value = LocationQuery::question();
        answer(&mut value, None, None);
        assert_eq!(LocationQuery::from_bytes(&value), Some(LocationQuery::default()));
    }
}
