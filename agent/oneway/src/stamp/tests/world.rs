//! Two hosts and a link between them. Everything is known to the nanosecond, and minutes take milliseconds.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;

use crate::Timestamp;
use crate::stamp::Arrival;
use crate::stamp::Event;
use crate::stamp::KeyStore;
use crate::stamp::Observation;
use crate::stamp::Policy;
use crate::stamp::Reflection;
use crate::stamp::Reflector;
use crate::stamp::Sample;
use crate::stamp::Seen;
use crate::stamp::Sender;
use crate::stamp::Settings;
use crate::stamp::Stamp;
use crate::stamp::Token;
use crate::stamp::TrafficClass;

pub(super) const SENDER: &str = "192.0.2.1:40000";
const BEGIN: u64 = 1_795_000_000_000_000_000;

/// A request that a reflector's host received, without a world around it.
pub(super) fn arrival() -> Arrival {
    let class = Some(TrafficClass::new(8, 2));
    Arrival {
        stamp: Stamp::kernel(Timestamp::from_ntp(3 << 32)),
        wall: Timestamp::from_ntp(4 << 32),
        seen: Seen { ttl: Some(1), class },
        local: "192.0.2.2:862".parse().ok(),
    }
}

/// What the link does with the n-th packet of one direction: after how many nanoseconds each copy arrives.
pub(super) type Link = Box<dyn FnMut(u32) -> Vec<u64>>;

pub(super) fn steady(nanos: u64) -> Link {
    Box::new(move |_| vec![nanos])
}

/// Does something else with some packets.
pub(super) fn except(nanos: u64, cases: &'static [(u32, &'static [u64])]) -> Link {
    Box::new(move |nth| {
        let case = cases.iter().find(|(at, _)| *at == nth);
        case.map_or(vec![nanos], |(_, copies)| copies.to_vec())
    })
}

/// One host: how wrong its clock is, and how long it takes from a clock reading to the wire, and from the wire to a program.
pub(super) struct Host {
    pub(super) clock: i64,
    pub(super) send_cost: fn(u32) -> u64,
    pub(super) wake_cost: u64,
    /// Whether its kernel tells when packets leave and arrive.
    pub(super) has_stamps: bool,
    pub(super) ttl: u8,
    pub(super) class: TrafficClass,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            clock: 0,
            send_cost: |_| 0,
            wake_cost: 0,
            has_stamps: true,
            ttl: 250,
            class: TrafficClass::new(0, 0),
        }
    }
}

impl Host {
    fn wall(&self, now: u64) -> Timestamp {
        let unix = (BEGIN + now).saturating_add_signed(self.clock);
        Timestamp::from_unix(Duration::from_nanos(unix))
    }

    /// A packet arrived at the wire, and a program has woken.
    fn arrival(&self, wire: u64) -> Arrival {
        let wall = self.wall(wire + self.wake_cost);
        let stamp = if self.has_stamps {
            Stamp::kernel(self.wall(wire))
        } else {
            Stamp::user(wall)
        };
        Arrival {
            stamp,
            wall,
            seen: Seen {
                ttl: Some(self.ttl),
                class: Some(self.class),
            },
            local: None,
        }
    }
}

enum Action {
    Wake,
    Request(Vec<u8>),
    Reply(Vec<u8>),
    RequestLeft(u32, Stamp),
    ReplyLeft(Token, Stamp),
}

pub(super) struct World {
    pub(super) sender: Sender,
    pub(super) reflector: Reflector,
    pub(super) near: Host,
    pub(super) far: Host,
    pub(super) there: Link,
    pub(super) back: Link,
    pub(super) events: Vec<Event>,
    pub(super) observations: Vec<Observation>,
    pub(super) now: u64,
    requests: u32,
    replies: u32,
    agenda: BTreeMap<(u64, u64), Action>,
    planned: u64,
}

impl World {
    pub(super) fn new(settings: Settings, policy: Policy, keys: KeyStore) -> Self {
        Self::with(
            Sender::new(settings, Duration::ZERO),
            Reflector::new(policy, keys),
        )
    }

    pub(super) fn with(sender: Sender, reflector: Reflector) -> Self {
        let mut world = Self {
            sender,
            reflector,
            near: Host::default(),
            far: Host::default(),
            there: steady(1_000_000),
            back: steady(1_000_000),
            events: Vec::new(),
            observations: Vec::new(),
            now: 0,
            requests: 0,
            replies: 0,
            agenda: BTreeMap::new(),
            planned: 0,
        };
        world.plan(0, Action::Wake);
        world
    }

    fn plan(&mut self, at: u64, action: Action) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), action);
    }

    pub(super) fn run(&mut self, seconds: u64) {
        let end = self.now + seconds * 1_000_000_000;
        while let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= end
        {
            let ((at, _), action) = entry.remove_entry();
            self.now = at;
            self.act(action);
            self.events
                .extend(core::iter::from_fn(|| self.sender.poll_event()));
            self.observations
                .extend(core::iter::from_fn(|| self.reflector.poll_observation()));
        }
        self.now = end;
    }

    fn act(&mut self, action: Action) {
        let now = Duration::from_nanos(self.now);
        match action {
            Action::Wake => self.wake(now),
            Action::Request(bytes) => self.request(now, &bytes),
            Action::Reply(bytes) => {
                let arrival = self.near.arrival(self.now - self.near.wake_cost);
                self.sender.handle_reply(now, &arrival, &bytes).unwrap();
            }
            Action::RequestLeft(sequence, stamp) => self.sender.handle_sent(now, sequence, stamp),
            Action::ReplyLeft(token, stamp) => self.reflector.handle_sent(token, stamp),
        }
    }

    fn wake(&mut self, now: Duration) {
        self.sender.handle_timeout(now);
        let mut out = [0; 2048];
        let wall = self.near.wall(self.now);
        if let Some(transmit) = self.sender.poll_transmit(now, wall, &mut out) {
            let leaves = self.now + (self.near.send_cost)(self.requests);
            if self.near.has_stamps {
                let stamp = Stamp::kernel(self.near.wall(leaves));
                self.plan(leaves, Action::RequestLeft(transmit.sequence, stamp));
            }
            for delay in (self.there)(self.requests) {
                let bytes = out[..transmit.length].to_vec();
                self.plan(leaves + delay + self.far.wake_cost, Action::Request(bytes));
            }
            self.requests += 1;
        }
        let next = self
            .sender
            .poll_timeout()
            .map_or(u64::MAX, |at| at.as_nanos() as u64);
        if next < u64::MAX {
            self.plan(next.max(self.now + 1), Action::Wake);
        }
    }

    fn request(&mut self, now: Duration, bytes: &[u8]) {
        let arrival = self.far.arrival(self.now - self.far.wake_cost);
        let mut out = vec![0; bytes.len()];
        let from: SocketAddr = SENDER.parse().unwrap();
        let answer = match self
            .reflector
            .handle_request(now, &arrival, from, bytes, &mut out)
        {
            Reflection::Send(answer) => answer,
            Reflection::Dropped(_) => return,
        };
        assert_eq!(answer.length, bytes.len());
        let leaves = self.now + (self.far.send_cost)(self.replies);
        if let Some(token) = answer.token
            && self.far.has_stamps
        {
            self.plan(
                leaves,
                Action::ReplyLeft(token, Stamp::kernel(self.far.wall(leaves))),
            );
        }
        for delay in (self.back)(self.replies) {
            self.plan(leaves + delay + self.near.wake_cost, Action::Reply(out.clone()));
        }
        self.replies += 1;
    }

    pub(super) fn samples(&self) -> Vec<Sample> {
        let samples = self.events.iter().filter_map(|event| match event {
            Event::Sample(sample) => Some(*sample),
            _ => None,
        });
        samples.collect()
    }

    /// Everything but the samples.
    pub(super) fn facts(&self) -> Vec<Event> {
        let facts = self
            .events
            .iter()
            .filter(|event| !matches!(event, Event::Sample(_)));
        facts.copied().collect()
    }
}
