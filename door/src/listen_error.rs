//! Why the agent cannot listen, and what to type.

use std::net::SocketAddr;

use nix::errno::Errno;

/// The first port that needs no privilege.
const UNPRIVILEGED: u16 = 1024;
/// The agent's own port, which other exporters of this field chose too.
const DEFAULT_PORT: u16 = 8080;

/// Why the agent cannot listen where it was told to; one line, with the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// The text is not an address with a port.
    #[error(
        "{text:?} is not an address to listen on: write an IP address and a port such as '127.0.0.1:8080' or \
         '[::1]:8080', or ':8080' for all addresses"
    )]
    Address {
        /// What was typed.
        text: String,
    },
    /// Somebody else listens there.
    #[error(
        "port {} is in use on {}; another program{} listens there: start with --listen '{}', or find it with: \
         ss -ltnp 'sport = :{0}'", .address.port(), host(.address), usual(.address), next(.address)
    )]
    InUse {
        /// Where.
        address: SocketAddr,
    },
    /// The kernel keeps the port for those who have a privilege.
    #[error(
        "port {} on {} is not allowed: {}; start with --listen '{}'", .address.port(), host(.address), why(.address),
        unprivileged(.address)
    )]
    Denied {
        /// Where.
        address: SocketAddr,
    },
    /// No interface of this host has the address.
    #[error(
        "no interface of this host has the address {}: choose one from `ip -brief address`, or all with --listen ':{}'",
        .address.ip(), .address.port()
    )]
    Elsewhere {
        /// Where.
        address: SocketAddr,
    },
    /// Anything else the kernel said.
    #[error("cannot listen on {address}: {}", .errno.desc())]
    Other {
        /// Where.
        address: SocketAddr,
        /// What the kernel said.
        errno: Errno,
    },
}

impl ListenError {
    /// What the kernel's refusal of `address` means.
    pub(super) fn from_errno(address: SocketAddr, errno: Errno) -> Self {
        match errno {
            Errno::EADDRINUSE => Self::InUse { address },
            Errno::EACCES | Errno::EPERM => Self::Denied { address },
            Errno::EADDRNOTAVAIL => Self::Elsewhere { address },
            errno => Self::Other { address, errno },
        }
    }
}

fn host(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}

fn usual(address: &SocketAddr) -> &'static str {
    if address.port() == DEFAULT_PORT {
        " (Scaphandre and cAdvisor use it too)"
    } else {
        ""
    }
}

fn next(address: &SocketAddr) -> SocketAddr {
    let port = address.port().checked_add(1).unwrap_or(DEFAULT_PORT);
    SocketAddr::new(address.ip(), port)
}

fn why(address: &SocketAddr) -> &'static str {
    if address.port() < UNPRIVILEGED {
        "ports below 1024 need root or CAP_NET_BIND_SERVICE (in a unit: AmbientCapabilities=CAP_NET_BIND_SERVICE)"
    } else {
        "a security policy of this host (SELinux, AppArmor) forbids it"
    }
}

fn unprivileged(address: &SocketAddr) -> SocketAddr {
    if address.port() < UNPRIVILEGED {
        SocketAddr::new(address.ip(), DEFAULT_PORT)
    } else {
        next(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_one_line_that_names_the_place_and_the_way_out() {
        let table = [
            (
                "[::]:8080",
                Errno::EADDRINUSE,
                "port 8080 is in use on [::]; another program (Scaphandre and cAdvisor use it too) listens there: \
                 start with --listen '[::]:8081', or find it with: ss -ltnp 'sport = :8080'",
            ),
            (
                "127.0.0.1:65535",
                Errno::EADDRINUSE,
                "port 65535 is in use on 127.0.0.1; another program listens there: start with --listen \
                 '127.0.0.1:8080', or find it with: ss -ltnp 'sport = :65535'",
            ),
            (
                "0.0.0.0:80",
                Errno::EACCES,
                "port 80 on 0.0.0.0 is not allowed: ports below 1024 need root or CAP_NET_BIND_SERVICE (in a unit: \
                 AmbientCapabilities=CAP_NET_BIND_SERVICE); start with --listen '0.0.0.0:8080'",
            ),
            (
                "[::1]:9100",
                Errno::EACCES,
                "port 9100 on [::1] is not allowed: a security policy of this host (SELinux, AppArmor) forbids it; \
                 start with --listen '[::1]:9101'",
            ),
            (
                "192.0.2.1:8080",
                Errno::EADDRNOTAVAIL,
                "no interface of this host has the address 192.0.2.1: choose one from `ip -brief address`, or all \
                 with --listen ':8080'",
            ),
            (
                "[::1]:8080",
                Errno::EMFILE,
                "cannot listen on [::1]:8080: Too many open files",
            ),
        ];
        for (address, errno, wanted) in table {
            let error = ListenError::from_errno(address.parse().unwrap(), errno);
            assert_eq!(error.to_string(), wanted);
        }
    }
}
