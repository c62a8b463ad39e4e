//! Who has how much: the account over all connections.

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use wattle_oneway::control::Accept;
use wattle_oneway::control::Direction;
use wattle_oneway::control::SessionRequest;

use super::ClientLimits;
use super::Refusal;

/// Octets of a test packet at most without padding, and of its IPv6 and UDP headers.
const PACKET: u64 = 48 + 48;

/// The account.
#[derive(Debug)]
pub(super) struct Clients {
    limits: ClientLimits,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    connections: usize,
    records: u64,
    by_client: HashMap<IpAddr, Share>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    connections: usize,
    sessions: usize,
    bits_per_second: u64,
}

/// A connection that counts as long as this lives.
#[derive(Debug)]
pub(super) struct Ticket {
    clients: Arc<Clients>,
    client: IpAddr,
}

/// A session that counts as long as this lives.
#[derive(Debug)]
pub(super) struct Booking {
    clients: Arc<Clients>,
    client: IpAddr,
    bits_per_second: u64,
    records: u64,
}

impl Clients {
    pub(super) fn new(limits: ClientLimits) -> Self {
        Self {
            limits,
            used: Mutex::default(),
        }
    }

    /// Takes a connection on, if there is room for it.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Ticket> {
        let client = client_of(address);
        let mut used = self.used();
        let of_client = used.by_client.get(&client).map_or(0, |share| share.connections);
        if used.connections >= self.limits.connections || of_client >= self.limits.client_connections {
            return None;
        }
        used.by_client.entry(client).or_default().connections += 1;
        used.connections += 1;
        Some(Ticket {
            clients: self.clone(),
            client,
        })
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Books a session that is within the limits by itself.
    pub(super) fn book(&self, request: &SessionRequest) -> Result<Booking, (Accept, Refusal)> {
        let limits = &self.clients.limits;
        let (bits_per_second, records) = (bits_per_second(request), records(request));
        let mut used = self.clients.used();
        let all = used.records.saturating_add(records);
        let share = used.by_client.entry(self.client).or_default();
        if share.sessions >= limits.sessions {
            return Err((Accept::TemporaryLimit, Refusal::Sessions));
        }
        let bits = share.bits_per_second.saturating_add(bits_per_second);
        if bits > limits.bits_per_second || all > limits.records {
            return Err((Accept::TemporaryLimit, Refusal::Load));
        }
        share.sessions += 1;
        share.bits_per_second = bits;
        used.records = all;
        Ok(Booking {
            clients: self.clients.clone(),
            client: self.client,
            bits_per_second,
            records,
        })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut used = self.clients.used();
        used.connections = used.connections.saturating_sub(1);
        if let Some(share) = used.by_client.get_mut(&self.client) {
            share.connections = share.connections.saturating_sub(1);
            if share.connections == 0 && share.sessions == 0 {
                used.by_client.remove(&self.client);
            }
        }
    }
}

impl Drop for Booking {
    fn drop(&mut self) {
        let mut used = self.clients.used();
        used.records = used.records.saturating_sub(self.records);
        if let Some(share) = used.by_client.get_mut(&self.client) {
            share.sessions = share.sessions.saturating_sub(1);
            share.bits_per_second = share.bits_per_second.saturating_sub(self.bits_per_second);
            if share.connections == 0 && share.sessions == 0 {
                used.by_client.remove(&self.client);
            }
        }
    }
}

/// Whoever has one address of a /64 has them all.
fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The load on average. TWAMP's request does not say; there, replies are no larger than what the client sends.
fn bits_per_second(request: &SessionRequest) -> u64 {
    let cycle: u128 = request.slots.iter().map(|slot| u128::from(slot.mean())).sum();
    let bits = u128::from((u64::from(request.padding) + PACKET) * 8);
    let slots = request.slots.len() as u128;
    let rate = ((slots * bits) << 32).checked_div(cycle).unwrap_or_default();
    u64::try_from(rate).unwrap_or(u64::MAX)
}

/// What a receiver may have to remember.
fn records(request: &SessionRequest) -> u64 {
    match request.direction {
        Direction::ToServer => u64::from(request.packets) + u64::from(request.packets) / 8 + 1024,
        Direction::FromServer | Direction::TwoWay => 0,
    }
}

#[cfg(test)]
mod tests {
    use wattle_oneway::Slot;
    use wattle_oneway::Timestamp;
    use wattle_oneway::control::Sid;

    use super::*;

    fn clients(change: impl FnOnce(&mut ClientLimits)) -> Arc<Clients> {
        let mut limits = ClientLimits::default();
        change(&mut limits);
        Arc::new(Clients::new(limits))
    }

    fn request(packets: u32, padding: u32) -> SessionRequest {
        SessionRequest {
            direction: Direction::ToServer,
            packets,
            sender_port: 1,
            receiver_port: 0,
            sender: IpAddr::from([127, 0, 0, 1]),
            receiver: IpAddr::from([127, 0, 0, 1]),
            sid: Sid::default(),
            padding,
            start: Timestamp::default(),
            timeout: 2 << 32,
            type_p: 0,
            slots: vec![Slot::Fixed(1 << 31)],
        }
    }

    #[test]
    fn what_is_dropped_can_be_had_again() {
        let clients = clients(|limits| (limits.connections, limits.sessions) = (1, 1));
        let address = IpAddr::from([192, 0, 2, 1]);
        let ticket = clients.admit(address).unwrap();
        assert!(clients.admit(IpAddr::from([192, 0, 2, 2])).is_none());
        let booking = ticket.book(&request(1, 0)).unwrap();
        assert_eq!(
            ticket.book(&request(1, 0)).unwrap_err(),
            (Accept::TemporaryLimit, Refusal::Sessions)
        );
        drop(booking);
        drop(ticket.book(&request(1, 0)).unwrap());
        drop(ticket);
        assert!(clients.used().by_client.is_empty());
        assert!(clients.admit(address).is_some());
    }

    #[test]
    fn the_sessions_of_a_client_share_its_bandwidth_and_those_of_others_do_not() {
        // Two packets of 96 octets a second.
        let clients = clients(|limits| limits.bits_per_second = 2 * 2 * 96 * 8);
        let one = clients.admit("2001:db8::1".parse().unwrap()).unwrap();
        let same = clients.admit("2001:db8::2".parse().unwrap()).unwrap();
        let other = clients.admit("2001:db8:0:1::1".parse().unwrap()).unwrap();
        let booked = [one.book(&request(9, 0)), same.book(&request(9, 0))];
        assert!(booked.iter().all(Result::is_ok));
        assert_eq!(same.book(&request(9, 0)).unwrap_err().1, Refusal::Load);
        assert!(other.book(&request(9, 0)).is_ok());
    }

    #[test]
    fn all_clients_share_the_records() {
        let clients = clients(|limits| limits.records = 3000);
        let one = clients.admit(IpAddr::from([192, 0, 2, 1])).unwrap();
        let other = clients.admit(IpAddr::from([192, 0, 2, 2])).unwrap();
        let _booked = one.book(&request(1600, 0)).unwrap();
        assert_eq!(other.book(&request(1600, 0)).unwrap_err().1, Refusal::Load);
    }
}
