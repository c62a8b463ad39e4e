use core::fmt;
use core::net::IpAddr;

use crate::Timestamp;

/// The name of a test session, from which its schedule and keys follow (RFC 4656 section 3.5). The receiving side makes it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid(pub [u8; 16]);

impl Sid {
    /// A new name: of the address that receives, the time, and random octets.
    pub fn new(receiver: IpAddr, time: Timestamp, random: [u8; 4]) -> Self {
        let address = match receiver {
            IpAddr::V4(address) => address.octets(),
            IpAddr::V6(address) => (address.to_bits() as u32).to_be_bytes(),
        };
        let mut name = [0; 16];
        let parts = address
            .into_iter()
            .chain(time.to_ntp().to_be_bytes())
            .chain(random);
        for (octet, part) in name.iter_mut().zip(parts) {
            *octet = part;
        }
        Self(name)
    }

    /// All zeros: not known yet.
    pub fn is_unset(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_octets_of_a_long_address_count() {
        let time = Timestamp::from_ntp(0xeeab_723d_c458_ab92);
        let sid = Sid::new("2001:db8::a00:1".parse().unwrap(), time, [1, 2, 3, 4]);
        assert_eq!(sid.to_string(), "0a000001eeab723dc458ab9201020304");
    }
}
