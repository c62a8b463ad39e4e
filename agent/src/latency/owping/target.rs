//! Who is measured.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::ToSocketAddrs;
use std::net::UdpSocket;

use super::PingError;
use super::options::Family;

/// `HOST`, `HOST:PORT`, `ADDRESS`, `[ADDRESS]` or `[ADDRESS]:PORT`.
pub(super) fn parse(text: &str) -> Result<(String, Option<u16>), String> {
    let wrong = || format!("{text:?} is no host such as example.org, 192.0.2.1:862 or [2001:db8::1]:862");
    if text.parse::<IpAddr>().is_ok() {
        return Ok((text.to_owned(), None));
    }
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or_else(wrong)?)),
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(|port| port.parse().map_err(|_| wrong())).transpose()?;
    if host.is_empty() || port == Some(0) || text.starts_with('[') && !host.contains(':') {
        return Err(wrong());
    }
    Ok((host.to_owned(), port))
}

/// Its address: the first of the family wished for.
pub(super) fn resolve(host: &str, port: u16, family: Option<Family>) -> Result<SocketAddr, PingError> {
    let failed = |error| PingError::Resolve {
        host: host.to_owned(),
        error,
    };
    let mut found = (host, port).to_socket_addrs().map_err(failed)?;
    let fits = |address: &SocketAddr| match family {
        None => true,
        Some(Family::V4) => address.is_ipv4(),
        Some(Family::V6) => address.is_ipv6(),
    };
    found
        .find(fits)
        .ok_or_else(|| failed(std::io::Error::other("no address of this family")))
}

/// The address of this host from which packets to there leave, with port 0.
pub(super) fn local_for(remote: SocketAddr) -> std::io::Result<SocketAddr> {
    let any: IpAddr = if remote.is_ipv4() {
        [0; 4].into()
    } else {
        [0_u16; 8].into()
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(remote)?;
    let mut local = socket.local_addr()?;
    local.set_port(0);
    Ok(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_with_and_without_a_port() {
        for (text, host, port) in [
            ("example.org", "example.org", None),
            ("example.org:861", "example.org", Some(861)),
            ("192.0.2.1:8862", "192.0.2.1", Some(8862)),
            ("2001:db8::1", "2001:db8::1", None),
            ("[2001:db8::1]", "2001:db8::1", None),
            ("[2001:db8::1]:862", "2001:db8::1", Some(862)),
            ("[fe80::1%eth0]:862", "fe80::1%eth0", Some(862)),
        ] {
            assert_eq!(parse(text), Ok((host.to_owned(), port)), "{text}");
        }
        for wrong in [
            "",
            ":862",
            "host:",
            "host:0",
            "host:99999",
            "[::1",
            "[::1]862",
            "[host]:1",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
