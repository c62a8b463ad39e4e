//! Networks, and whether an address is in one.

use std::net::IpAddr;
use std::str::FromStr;

/// Addresses with a common beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    length: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (base, length) = text
            .split_once('/')
            .map_or((text, None), |(base, length)| (base, Some(length)));
        let refused = || format!("{text:?} is no network such as 192.0.2.0/24 or 2001:db8::/32");
        let base: IpAddr = base.parse().map_err(|_| refused())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), |length| length.parse().map_err(|_| refused()))?;
        if length > most {
            return Err(refused());
        }
        Ok(Self { base, length })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.base, self.length)
    }
}

impl Network {
    /// Whether an address is in it. An IPv4 address that came as an IPv6 one is an IPv4 address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            let kept = width - u32::from(self.length);
            one.checked_shr(kept).unwrap_or(0) == other.checked_shr(kept).unwrap_or(0)
        };
        match (self.base, ip.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => same(base.to_bits().into(), ip.to_bits().into(), 32),
            (IpAddr::V6(base), IpAddr::V6(ip)) => same(base.to_bits(), ip.to_bits(), 128),
            _ => false,
        }
    }
}

/// Whether an address may be answered: with no networks given, each may.
pub(super) fn is_allowed(networks: &[Network], ip: IpAddr) -> bool {
    networks.is_empty() || networks.iter().any(|network| network.contains(ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_like_it() {
        for (network, ip, inside) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("192.0.2.0/24", "::ffff:192.0.2.1", true),
            ("2001:db8::/33", "2001:db8:7fff::", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
            ("::/0", "2001:db8::", true),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(ip.parse().unwrap()), inside, "{network} {ip}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "a/8", "192.0.2.0/33", "::/129", "::/x"] {
            assert!(text.parse::<Network>().is_err());
        }
    }
}
