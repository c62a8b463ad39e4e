//! What a server lets its clients do.

use super::Accept;
use super::Direction;
use super::KeyId;
use super::Security;
use super::SessionRequest;

const SECOND: u128 = 1 << 32;
/// Octets of IPv6 and UDP before a test packet.
const HEADERS: u64 = 48;

/// A request and who makes it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What is asked for.
    pub request: &'a SessionRequest,
    /// Who asks, if it has proved it.
    pub key_id: Option<&'a KeyId>,
    /// How the connection is protected.
    pub security: Security,
    /// How many sessions this connection has already.
    pub sessions: usize,
}

/// Decides on requests. A policy shared by all connections can count over all of them.
///
/// Any function of this shape is one.
pub trait Policy: Send + Sync {
    /// [`Accept::Ok`] lets the request through to the shell, which may still refuse it; anything else is the answer.
    fn decide(&self, asked: &Asked<'_>) -> Accept;
}

impl<F: Fn(&Asked<'_>) -> Accept + Send + Sync> Policy for F {
    fn decide(&self, asked: &Asked<'_>) -> Accept {
        self(asked)
    }
}

/// Limits for the sessions of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sessions on one connection.
    pub sessions: usize,
    /// Packets of one session.
    pub packets: u32,
    /// Packets per second of one session, on average.
    pub packets_per_second: u64,
    /// Bits per second of one session with IP and UDP headers, on average.
    pub bits_per_second: u64,
    /// Seconds from a session's first packet to its last.
    pub seconds: u64,
    /// Octets of padding in a packet.
    pub padding: u32,
    /// Seconds until a packet is given up as lost. With the rate, this bounds the memory of a receiver.
    pub timeout_seconds: u32,
}

impl Default for Limits {
    /// Enough for all that people do by hand, and little harm: 1000 packets and 10 Mbit per second for a day.
    fn default() -> Self {
        Self {
            sessions: 16,
            packets: 1_000_000,
            packets_per_second: 1000,
            bits_per_second: 10_000_000,
            seconds: 86_400,
            padding: 9000,
            timeout_seconds: 60,
        }
    }
}

impl Policy for Limits {
    fn decide(&self, asked: &Asked<'_>) -> Accept {
        let request = asked.request;
        if asked.sessions >= self.sessions {
            return Accept::TemporaryLimit;
        }
        if request.sender.is_ipv4() != request.receiver.is_ipv4() {
            return Accept::NotSupported;
        }
        let timeout = u128::from(request.timeout) <= u128::from(self.timeout_seconds) * SECOND;
        if request.padding > self.padding || !timeout {
            return Accept::PermanentLimit;
        }
        match request.direction {
            Direction::TwoWay => Accept::Ok,
            _ if request.slots.is_empty() || request.packets == 0 => Accept::NotSupported,
            _ if self.allows_load(request) => Accept::Ok,
            _ => Accept::PermanentLimit,
        }
    }
}

impl Limits {
    /// Whether packets, duration and rates are within the limits. `cycle` is one turn through the slots.
    fn allows_load(&self, request: &SessionRequest) -> bool {
        let slots = request.slots.len() as u128;
        let cycle: u128 = request.slots.iter().map(|slot| u128::from(slot.mean())).sum();
        let packets = u128::from(request.packets);
        let bits = u128::from((u64::from(request.padding) + 48 + HEADERS) * 8);
        let duration = packets * cycle;
        let per_second = |limit: u64, each: u128| slots * each * SECOND <= u128::from(limit) * cycle;
        request.packets <= self.packets
            && duration <= u128::from(self.seconds) * SECOND * slots
            && per_second(self.packets_per_second, 1)
            && per_second(self.bits_per_second, bits)
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use super::*;
    use crate::Slot;
    use crate::Timestamp;
    use crate::control::Sid;

    fn request() -> SessionRequest {
        SessionRequest {
            direction: Direction::ToServer,
            packets: 100,
            sender_port: 1,
            receiver_port: 0,
            sender: Ipv4Addr::LOCALHOST.into(),
            receiver: Ipv4Addr::LOCALHOST.into(),
            sid: Sid::default(),
            padding: 0,
            start: Timestamp::default(),
            timeout: 2 << 32,
            type_p: 0,
            slots: vec![Slot::Exponential(1 << 29)],
        }
    }

    fn decide(change: impl FnOnce(&mut SessionRequest)) -> Accept {
        let mut request = request();
        change(&mut request);
        let asked = Asked {
            request: &request,
            key_id: None,
            security: Security::Open,
            sessions: 3,
        };
        Limits::default().decide(&asked)
    }

    #[test]
    fn each_limit_holds_by_itself() {
        assert_eq!(decide(|_| ()), Accept::Ok);
        assert_eq!(decide(|asked| asked.padding = 9001), Accept::PermanentLimit);
        assert_eq!(decide(|asked| asked.timeout = u64::MAX), Accept::PermanentLimit);
        assert_eq!(decide(|asked| asked.packets = 1_000_001), Accept::PermanentLimit);
        assert_eq!(decide(|asked| asked.packets = 800_000), Accept::PermanentLimit);
        assert_eq!(decide(|asked| asked.packets = 0), Accept::NotSupported);
        assert_eq!(decide(|asked| asked.slots.clear()), Accept::NotSupported);
        assert_eq!(
            decide(|asked| asked.slots = vec![Slot::Fixed(0)]),
            Accept::PermanentLimit
        );
        assert_eq!(
            decide(|asked| asked.slots = vec![Slot::Fixed(1 << 22)]),
            Accept::PermanentLimit
        );
        assert_eq!(
            decide(|asked| {
                asked.slots = vec![Slot::Fixed(1 << 23)];
                asked.padding = 9000;
            }),
            Accept::PermanentLimit
        );
        assert_eq!(
            decide(|asked| asked.sender = core::net::Ipv6Addr::LOCALHOST.into()),
            Accept::NotSupported
        );
    }

    #[test]
    fn one_more_session_than_allowed_has_to_wait() {
        let request = request();
        let asked = Asked {
            request: &request,
            key_id: None,
            security: Security::Open,
            sessions: 16,
        };
        assert_eq!(Limits::default().decide(&asked), Accept::TemporaryLimit);
    }

    #[test]
    fn a_function_is_a_policy() {
        let refuse_all: &dyn Policy = &|_: &Asked<'_>| Accept::Failure;
        let request = request();
        let asked = Asked {
            request: &request,
            key_id: None,
            security: Security::Open,
            sessions: 0,
        };
        assert_eq!(refuse_all.decide(&asked), Accept::Failure);
    }
}
