//! The sockets on which the agent listens.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::socket;
use nix::sys::socket::AddressFamily;
use nix::sys::socket::Backlog;
use nix::sys::socket::SockFlag;
use nix::sys::socket::SockType;
use nix::sys::socket::SockaddrStorage;
use nix::sys::socket::sockopt;

use super::ListenError;

/// Where the agent listens if nobody says otherwise.
const DEFAULT: &str = "[::]:8080";

/// Opens a socket for each of `addresses`, or for `[::]:8080` if there are none.
///
/// An address is `ADDR:PORT`, or `:PORT` for all addresses, as node_exporter has it. `[::]` takes IPv4 clients too,
/// unless `0.0.0.0` with the same port is asked for as well, and stands for `0.0.0.0` where IPv6 is off. The sockets
/// do not block.
pub fn listen(addresses: &[String]) -> Result<Vec<TcpListener>, ListenError> {
    let wanted = parse_all(addresses)?;
    wanted.iter().map(|&address| open(address, &wanted)).collect()
}

fn parse_all(addresses: &[String]) -> Result<Vec<SocketAddr>, ListenError> {
    if addresses.is_empty() {
        return Ok(vec![parse(DEFAULT)?]);
    }
    let mut wanted = Vec::with_capacity(addresses.len());
    for text in addresses {
        let address = parse(text)?;
        // Port 0 is a new port each time; any other address can be had only once.
        if address.port() == 0 || !wanted.contains(&address) {
            wanted.push(address);
        }
    }
    Ok(wanted)
}

fn parse(text: &str) -> Result<SocketAddr, ListenError> {
    let all = text.strip_prefix(':').and_then(|port| port.parse().ok());
    let address = match all {
        Some(port) => Ok(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))),
        None => text.parse(),
    };
    address.map_err(|_| ListenError::Address {
        text: text.to_owned(),
    })
}

fn open(address: SocketAddr, wanted: &[SocketAddr]) -> Result<TcpListener, ListenError> {
    let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
    let result = match bind(address, wanted.contains(&v4)) {
        Err(errno) if is_v6_off(errno) && address.ip() == Ipv6Addr::UNSPECIFIED => bind(v4, false),
        other => other,
    };
    result.map_err(|errno| ListenError::from_errno(address, errno))
}

/// What `socket` and `bind` answer for `[::]` on a host without IPv6.
fn is_v6_off(errno: Errno) -> bool {
    matches!(errno, Errno::EAFNOSUPPORT | Errno::EADDRNOTAVAIL)
}

/// Made by hand because `IPV6_V6ONLY` has to be set before `bind`, and its default is the host's to choose
/// (`net.ipv6.bindv6only`).
fn bind(address: SocketAddr, only_v6: bool) -> Result<TcpListener, Errno> {
    let family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd: OwnedFd = socket::socket(family, SockType::Stream, flags, None)?;
    // Without it a restart would have to wait for the last connections of the run before to leave TIME_WAIT.
    socket::setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    if address.is_ipv6() {
        socket::setsockopt(&fd, sockopt::Ipv6V6Only, &only_v6)?;
    }
    socket::bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
    socket::listen(&fd, Backlog::MAXALLOWABLE)?;
    Ok(TcpListener::from(fd))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn strings(addresses: &[&str]) -> Vec<String> {
        addresses.iter().map(|&address| address.to_owned()).collect()
    }

    #[test]
    fn an_address_is_an_ip_address_and_a_port_and_a_bare_port_means_all_addresses() {
        let table = [
            ("[::]:8080", "[::]:8080"),
            (":9100", "[::]:9100"),
            ("0.0.0.0:8080", "0.0.0.0:8080"),
            ("127.0.0.1:0", "127.0.0.1:0"),
        ];
        for (text, wanted) in table {
            assert_eq!(parse(text), Ok(wanted.parse().unwrap()), "{text}");
        }
        assert_eq!(parse_all(&[]), Ok(vec!["[::]:8080".parse().unwrap()]));
    }

    #[test]
    fn what_is_no_address_is_repeated_with_an_example() {
        for text in [
            "",
            ":",
            "8080",
            "localhost:8080",
            "127.0.0.1",
            ":99999",
            "[::]",
            "::1:8080",
            ": 80",
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{text:?} is not an address")),
                "{error}"
            );
            assert!(error.contains("'127.0.0.1:8080'"), "{error}");
        }
    }

    #[test]
    fn an_address_given_twice_is_opened_once() {
        let wanted = parse_all(&strings(&[
            "127.0.0.1:81",
            "127.0.0.1:81",
            "127.0.0.1:0",
            "127.0.0.1:0",
        ]));
        assert_eq!(wanted.unwrap().len(), 3);
    }

    #[test]
    fn the_unspecified_v6_address_takes_v4_clients_too() {
        let listeners = listen(&strings(&["[::]:0"])).unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }

    #[test]
    fn both_families_can_be_asked_for_by_name() {
        let held = open(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), &[]).unwrap();
        let v4 = held.local_addr().unwrap();
        let v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, v4.port()));
        assert_eq!(open(v6, &[v6]).err(), Some(ListenError::InUse { address: v6 }));
        open(v6, &[v6, v4]).unwrap();
    }

    #[test]
    fn a_port_in_use_is_named_with_the_next_one() {
        let held = listen(&strings(&["127.0.0.1:0"])).unwrap();
        let address = held[0].local_addr().unwrap();
        let error = listen(&[address.to_string()]).unwrap_err();
        assert_eq!(error, ListenError::InUse { address });
    }

    #[test]
    fn an_address_of_another_host_is_said_to_be_elsewhere() {
        let error = listen(&strings(&["192.0.2.1:0"])).unwrap_err();
        assert!(matches!(error, ListenError::Elsewhere { .. }), "{error}");
    }

    #[test]
    fn a_host_without_ipv6_is_told_from_one_where_the_port_is_taken() {
        assert!(is_v6_off(Errno::EAFNOSUPPORT));
        assert!(!is_v6_off(Errno::EADDRINUSE));
    }
}
