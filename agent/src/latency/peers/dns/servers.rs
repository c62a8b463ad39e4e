//! The system's name servers: resolv.conf(5).

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;

/// As many as the system's own resolver uses (`MAXNS`).
const MOST: usize = 3;
const PORT: u16 = 53;
/// The file is a few lines.
const LONGEST: usize = 64 << 10;

/// The servers that a file names; the one of this machine if it names none, or is not there.
pub(super) fn read(file: &Path) -> Vec<SocketAddr> {
    let octets = std::fs::read(file).unwrap_or_default();
    let octets = octets.get(..octets.len().min(LONGEST)).unwrap_or_default();
    parse(&String::from_utf8_lossy(octets))
}

fn parse(text: &str) -> Vec<SocketAddr> {
    let named = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (key, address): (_, IpAddr) = (words.next()?, words.next()?.parse().ok()?);
        (key == "nameserver").then(|| SocketAddr::new(address, PORT))
    });
    let mut servers: Vec<_> = named.take(MOST).collect();
    if servers.is_empty() {
        servers.push(([127, 0, 0, 1], PORT).into());
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_servers_are_taken_and_without_any_this_machine_is_asked() {
        let show = |text: &str| parse(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        let text = "# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 \n\
            nameserver fe80::1%eth0\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n";
        assert_eq!(show(text), ["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53"]);
        assert_eq!(show("options edns0\n"), ["127.0.0.1:53"]);
    }
}
