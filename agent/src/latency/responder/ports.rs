//! Which UDP ports test sessions get.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;

use crate::latency::sessions::TestSocket;

/// Ports tried for one session, when others have them.
const TRIES: u16 = 64;

/// The ports from one to another, both included; a firewall has to let them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl Default for PortRange {
    /// Those that perfSONAR's servers use.
    fn default() -> Self {
        Self {
            first: 8760,
            last: 9960,
        }
    }
}

impl PortRange {
    /// A socket at this address and a port of the range that nobody has, looked for from a random one on.
    pub fn bind(self, at: SocketAddr, dscp: u8, random: u16) -> io::Result<TestSocket> {
        let size = u32::from(self.last - self.first) + 1;
        let mut result = Err(io::ErrorKind::AddrInUse.into());
        for nth in 0..TRIES.min(u16::try_from(size).unwrap_or(u16::MAX)) {
            let offset = (u32::from(random) + u32::from(nth)) % size;
            let mut address = at;
            address.set_port(self.first + u16::try_from(offset).unwrap_or_default());
            result = TestSocket::bind(address, dscp);
            match &result {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                _ => return result,
            }
        }
        result
    }
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(Self { first, last }),
            _ => Err(format!("{text:?} is no range of ports such as 8760-9960")),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_has_is_passed_over() {
        let at = "127.0.0.1:0".parse().unwrap();
        let taken = TestSocket::bind(at, 0).unwrap().local().unwrap().port();
        let range: PortRange = format!("{taken}-{}", taken.saturating_add(8)).parse().unwrap();
        let first = range.bind(at, 0, 0).unwrap();
        let second = range.bind(at, 0, 0).unwrap();
        assert_ne!(first.local().unwrap().port(), second.local().unwrap().port());
    }

    #[test]
    fn ranges_are_read_and_shown_alike() {
        assert_eq!(PortRange::default().to_string().parse(), Ok(PortRange::default()));
        assert_eq!("9000".parse::<PortRange>().unwrap().to_string(), "9000-9000");
        for wrong in ["", "0-9", "9-8", "1-70000", "a-b"] {
            assert!(wrong.parse::<PortRange>().is_err(), "{wrong}");
        }
    }
}
