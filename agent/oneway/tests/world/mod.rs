//! Two ends of a control connection in memory. Octets travel split anywhere; clocks go only when told.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]
#![allow(dead_code, reason = "each test program uses a part")]

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::Arc;

use wattle_oneway::Slot;
use wattle_oneway::Timestamp;
use wattle_oneway::control::*;

pub(crate) const SECOND: u64 = 1 << 32;
pub(crate) const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Numbers that look random and are the same in each run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit.max(1) as u64) as usize
    }
}

/// What is done to the next message on its way: nothing, or a bit of this octet is turned.
pub(crate) type Harm = Option<usize>;

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) client: ControlClient,
    pub(crate) server: ControlServer,
    pub(crate) dice: Dice,
}

pub(crate) fn key_id() -> KeyId {
    KeyId::new("jan").unwrap()
}

pub(crate) fn server_config(protocol: Protocol) -> ServerConfig {
    let keys = HashMap::from([(key_id(), PassPhrase::new(*b"open sesame"))]);
    ServerConfig {
        rounds: NonZeroU32::new(1024).unwrap(),
        ..ServerConfig::new(protocol, Arc::new(keys), Arc::new(Limits::default()))
    }
}

pub(crate) fn client_config(protocol: Protocol, security: Security) -> ClientConfig {
    ClientConfig::protected(protocol, security, key_id(), PassPhrase::new(*b"open sesame"))
}

pub(crate) fn wall(seconds: f64) -> Timestamp {
    Timestamp::from_unix(Duration::from_secs_f64(1_795_000_000.0 + seconds))
}

pub(crate) fn request(direction: Direction) -> SessionRequest {
    let two_way = direction == Direction::TwoWay;
    let to_client = direction == Direction::FromServer;
    SessionRequest {
        direction,
        packets: if two_way { 0 } else { 40 },
        sender_port: if to_client { 0 } else { 9000 },
        receiver_port: if to_client { 9002 } else { 0 },
        sender: ADDRESS,
        receiver: ADDRESS,
        sid: if to_client {
            Sid([0x5a; 16])
        } else {
            Sid::default()
        },
        padding: 27,
        start: wall(1.0),
        timeout: 2 * SECOND,
        type_p: 46 << 24,
        slots: if two_way {
            Vec::new()
        } else {
            vec![Slot::Exponential(SECOND / 10), Slot::Fixed(SECOND / 20)]
        },
    }
}

impl World {
    pub(crate) fn new(client: ClientConfig, server: ServerConfig) -> Self {
        let now = Duration::from_secs(1000);
        Self {
            now,
            client: ControlClient::new(now, client, core::array::from_fn(|n| n as u8)),
            server: ControlServer::new(now, wall(-100.0), server, core::array::from_fn(|n| 200 - n as u8)),
            dice: Dice(7),
        }
    }

    pub(crate) fn of(protocol: Protocol, security: Security) -> Self {
        Self::new(client_config(protocol, security), server_config(protocol))
    }

    /// Carries all messages there and back until both are silent.
    pub(crate) fn exchange(&mut self) {
        while self.carry_to_client(None) | self.carry_to_server(None) {}
    }

    /// Carries what the server has to say; says whether there was anything.
    pub(crate) fn carry_to_client(&mut self, harm: Harm) -> bool {
        let octets: Vec<u8> = core::iter::from_fn(|| self.server.poll_transmit())
            .flatten()
            .collect();
        let pieces = split(&mut self.dice, &harmed(octets, harm));
        pieces
            .iter()
            .for_each(|piece| self.client.handle_bytes(self.now, piece));
        !pieces.is_empty()
    }

    /// Carries what the client has to say; says whether there was anything.
    pub(crate) fn carry_to_server(&mut self, harm: Harm) -> bool {
        let octets: Vec<u8> = core::iter::from_fn(|| self.client.poll_transmit())
            .flatten()
            .collect();
        let pieces = split(&mut self.dice, &harmed(octets, harm));
        pieces
            .iter()
            .for_each(|piece| self.server.handle_bytes(self.now, piece));
        !pieces.is_empty()
    }

    pub(crate) fn client_events(&mut self) -> Vec<ClientEvent> {
        core::iter::from_fn(|| self.client.poll_event()).collect()
    }

    pub(crate) fn server_events(&mut self) -> Vec<ServerEvent> {
        core::iter::from_fn(|| self.server.poll_event()).collect()
    }

    /// Asks for a session, lets the server accept it, and gives it as the client knows it.
    pub(crate) fn arrange(&mut self, asked: SessionRequest) -> SessionRequest {
        self.client.request(self.now, asked).unwrap();
        self.exchange();
        assert!(matches!(
            self.server_events().last(),
            Some(ServerEvent::Requested(_))
        ));
        let sid = Sid::new(ADDRESS, wall(0.5), [self.dice.roll() as u8; 4]);
        self.server.accept(self.now, 9001, sid).unwrap();
        self.exchange();
        match self.client_events().pop() {
            Some(ClientEvent::Accepted(session)) => session,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn start(&mut self) {
        self.client.start(self.now).unwrap();
        self.exchange();
        assert_eq!(self.client_events(), [ClientEvent::Started]);
        assert_eq!(self.server_events(), [ServerEvent::Started]);
    }
}

fn harmed(mut octets: Vec<u8>, harm: Harm) -> Vec<u8> {
    if let Some(octet) = harm.and_then(|place| octets.get_mut(place)) {
        *octet ^= 0x10;
    }
    octets
}

/// Cuts octets into pieces of 1 to 100.
pub(crate) fn split(dice: &mut Dice, octets: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = octets;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((dice.below(100) + 1).min(rest.len()));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}
