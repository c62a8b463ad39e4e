//! What the servers count.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use wattle_oneway::control::Protocol;

/// Why somebody was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The address is in no network that is allowed.
    Network,
    /// There are enough connections.
    Connections,
    /// The pass-phrase was wrong, or there was none.
    Key,
    /// The client has enough sessions.
    Sessions,
    /// The client would use more bandwidth than it may, or more records than there is room for.
    Load,
    /// What was asked for is beyond the limits of a session, or not supported.
    Request,
    /// What came was no message of the protocol.
    Garbage,
    /// No port, thread or randomness could be had.
    Resources,
}

impl Refusal {
    /// All of them, with the value of the label `reason`.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Network, "network"),
        (Self::Connections, "connections"),
        (Self::Key, "key"),
        (Self::Sessions, "sessions"),
        (Self::Load, "load"),
        (Self::Request, "request"),
        (Self::Garbage, "garbage"),
        (Self::Resources, "resources"),
    ];
}

const PROTOCOLS: [Protocol; 2] = [Protocol::Owamp, Protocol::Twamp];

/// Counts for the agent to export.
#[derive(Debug, Default)]
pub struct Tally([OfProtocol; PROTOCOLS.len()]);

#[derive(Debug, Default)]
struct OfProtocol {
    is_on: AtomicU64,
    connections: AtomicU64,
    sessions: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    rejected: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
}

/// The counts of one protocol's server, as far as there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerReport {
    /// `owamp` or `twamp`.
    pub protocol: &'static str,
    /// Control connections taken on.
    pub connections: u64,
    /// Test sessions accepted.
    pub sessions: u64,
    /// Test packets received.
    pub received: u64,
    /// Test packets sent.
    pub sent: u64,
    /// Packets at a session's port that were none of it.
    pub rejected: u64,
    /// Who was not served, by reason.
    pub refused: [u64; Refusal::ALL.len()],
}

impl Tally {
    /// The counts now, of those servers that run.
    pub fn reports(&self) -> Vec<ServerReport> {
        let named = self.0.iter().zip(["owamp", "twamp"]);
        let running = named.filter(|(counts, _)| get(&counts.is_on) > 0);
        running
            .map(|(counts, protocol)| counts.report(protocol))
            .collect()
    }

    pub(super) fn switch_on(&self, protocol: Protocol) {
        add(&self.of(protocol).is_on, 1);
    }

    pub(super) fn connection(&self, protocol: Protocol) {
        add(&self.of(protocol).connections, 1);
    }

    pub(super) fn session(&self, protocol: Protocol) {
        add(&self.of(protocol).sessions, 1);
    }

    pub(super) fn received(&self, protocol: Protocol) {
        add(&self.of(protocol).received, 1);
    }

    pub(super) fn sent(&self, protocol: Protocol) {
        add(&self.of(protocol).sent, 1);
    }

    pub(super) fn rejected(&self, protocol: Protocol) {
        add(&self.of(protocol).rejected, 1);
    }

    pub(super) fn refused(&self, protocol: Protocol, reason: Refusal) {
        if let Some(count) = self.of(protocol).refused.get(reason as usize) {
            add(count, 1);
        }
    }

    fn of(&self, protocol: Protocol) -> &OfProtocol {
        let [owamp, twamp] = &self.0;
        match protocol {
            Protocol::Owamp => owamp,
            Protocol::Twamp => twamp,
        }
    }
}

impl OfProtocol {
    fn report(&self, protocol: &'static str) -> ServerReport {
        ServerReport {
            protocol,
            connections: get(&self.connections),
            sessions: get(&self.sessions),
            received: get(&self.received),
            sent: get(&self.sent),
            rejected: get(&self.rejected),
            refused: std::array::from_fn(|reason| self.refused.get(reason).map_or(0, get)),
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_are_in_the_order_in_which_they_are_counted() {
        for (place, (reason, _)) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
    }

    #[test]
    fn a_server_that_is_off_reports_nothing() {
        let tally = Tally::default();
        assert!(tally.reports().is_empty());
        tally.switch_on(Protocol::Twamp);
        tally.refused(Protocol::Twamp, Refusal::Key);
        let reports = tally.reports();
        assert_eq!(
            (reports.len(), reports[0].protocol, reports[0].refused[2]),
            (1, "twamp", 1)
        );
    }
}
