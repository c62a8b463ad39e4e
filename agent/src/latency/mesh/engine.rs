//! The loop: wait, receive, send, publish.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::ppoll;
use nix::sys::time::TimeSpec;
use wattle_oneway::Timestamp;
use wattle_oneway::clock::mesh_offsets;
use wattle_oneway::stamp::ClockClaim;
use wattle_oneway::stamp::KeyRing;
use wattle_oneway::stamp::KeyStore;
use wattle_oneway::stamp::Pace;
use wattle_oneway::stamp::Policy;
use wattle_oneway::stamp::Reflection;
use wattle_oneway::stamp::Reflector;
use wattle_oneway::stamp::Refusal;
use wattle_oneway::stamp::Security;
use wattle_oneway::stamp::Settings;
use wattle_oneway::stamp::Token;

use super::pair::Pair;
use super::reflect::Network;
use super::reflect::is_allowed;
use super::timers::Timers;
use crate::clock::Clock;
use crate::latency::clock_state::ClockReading;
use crate::latency::clock_state::ClockSource;
use crate::latency::icmp::IcmpDesk;
use crate::latency::peers::Peer;
use crate::latency::peers::SourceReport;
use crate::latency::plan::Member;
use crate::latency::plan::plan;
use crate::latency::random::Random;
use crate::latency::report::LatencyReport;
use crate::latency::report::Stages;
use crate::latency::socket::Envelope;
use crate::latency::socket::Received;
use crate::latency::socket::StampedSocket;
use crate::latency::socket::WallShift;

/// What is known is published this often.
const PUBLISHING: Duration = Duration::from_secs(1);
/// A packet without an answer for so long is lost.
const PATIENCE: Duration = Duration::from_secs(3);
/// Packets read from one socket before the others have their turn.
const TURN: usize = 64;
/// No STAMP packet that is worth answering is longer than a jumbo frame.
const LONGEST: usize = 9216;

/// What the thread can be told.
#[derive(Debug)]
pub enum Order {
    /// These are the peers from now on.
    Peers {
        /// In order of their names; nothing if they are the same as before.
        peers: Option<Vec<Peer>>,
        /// The zone of this host.
        own_zone: Arc<str>,
        /// Peers without an address.
        unresolved: usize,
        /// How the sources are.
        sources: Vec<SourceReport>,
    },
    /// End.
    Stop,
}

/// How it measures.
#[derive(Clone, Debug)]
pub struct MeshSettings {
    /// This host's name.
    pub own: Arc<str>,
    /// Where the reflector listens: at most one address of each family.
    pub listen: Vec<SocketAddr>,
    /// Whom it answers; everybody if this is empty.
    pub allow: Vec<Network>,
    /// The mean time between two packets to a peer.
    pub interval: Duration,
    /// DSCP of all packets.
    pub dscp: u8,
    /// The most peers that are measured.
    pub most: usize,
    /// What packets are signed with.
    pub keys: Option<KeyRing>,
    /// For tests of what a wrong clock does.
    pub shift: WallShift,
    /// Where peers without an agent are handed on.
    pub icmp: Arc<IcmpDesk>,
}

/// Names a request until its transmit stamp comes: which pair, which session of it, which packet.
type Request = (usize, u64, u32);

/// Everything that measures.
pub struct Engine {
    settings: MeshSettings,
    clock: Arc<dyn Clock>,
    source: Box<dyn ClockSource>,
    random: Box<dyn Random>,
    senders: Vec<StampedSocket<Request>>,
    reflectors: Vec<StampedSocket<Token>>,
    reflector: Reflector,
    pairs: Vec<Pair>,
    by_address: HashMap<SocketAddr, usize>,
    timers: Timers,
    stages: Stages,
    not_allowed: u64,
    sessions: u64,
    epoch: u32,
    reading: ClockReading,
    report: LatencyReport,
    publish_at: Duration,
    buffer: Vec<u8>,
    reply: Vec<u8>,
}

impl Engine {
    /// Opens the sockets. What cannot be opened is said in the report, and the rest works.
    pub fn new(
        settings: MeshSettings,
        clock: Arc<dyn Clock>,
        source: Box<dyn ClockSource>,
        mut random: Box<dyn Random>,
    ) -> Self {
        let [epoch, seed] = [random.bits(), random.bits()];
        let epoch = (epoch & u64::from(u32::MAX)) as u32;
        let policy = Policy {
            epoch,
            seed,
            ..Policy::default()
        };
        let keys = settings
            .keys
            .clone()
            .map_or_else(KeyStore::default, |keys| KeyStore::default().with_default(keys));
        let mut troubles = Vec::new();
        let reflectors = open(&settings.listen, settings.shift, &mut troubles);
        let any: [SocketAddr; 2] = [([0_u8; 4], 0).into(), ([0_u16; 8], 0).into()];
        // A host without one of the families has no peers of it either.
        let senders = open(&any, settings.shift, &mut Vec::new());
        let report = LatencyReport {
            own: settings.own.clone(),
            most: settings.most,
            trouble: (!troubles.is_empty()).then(|| troubles.join("; ")),
            ..LatencyReport::default()
        };
        Self {
            reflector: Reflector::new(policy, keys),
            settings,
            clock,
            source,
            random,
            senders,
            reflectors,
            pairs: Vec::new(),
            by_address: HashMap::new(),
            timers: Timers::default(),
            stages: Stages::default(),
            not_allowed: 0,
            sessions: 0,
            epoch,
            reading: ClockReading::default(),
            report,
            publish_at: Duration::ZERO,
            buffer: vec![0; LONGEST],
            reply: vec![0; LONGEST],
        }
    }

    /// What is wrong with the sockets.
    pub fn trouble(&self) -> Option<&str> {
        self.report.trouble.as_deref()
    }

    /// Measures until told to stop. A byte on `wake` means that there is an order.
    pub fn run(mut self, orders: &Receiver<Order>, wake: &UnixStream, board: &ArcSwapOption<LatencyReport>) {
        loop {
            for order in orders.try_iter() {
                match order {
                    Order::Stop => return,
                    Order::Peers {
                        peers,
                        own_zone,
                        unresolved,
                        sources,
                    } => {
                        self.report.unresolved = unresolved;
                        self.report.sources = sources;
                        if let Some(peers) = peers {
                            self.set_peers(peers, &own_zone);
                        }
                    }
                }
            }
            let now = self.clock.steady();
            if now >= self.publish_at {
                self.publish_at = now + PUBLISHING;
                self.look_at_clock();
                board.store(Some(Arc::new(self.describe(now))));
            }
            self.wait(wake);
            drain(wake);
            self.take_stamps();
            self.reflect_all();
            self.receive_replies();
            self.act();
        }
    }

    fn wait(&mut self, wake: &UnixStream) {
        let due = self
            .timers
            .next()
            .map_or(self.publish_at, |due| due.min(self.publish_at));
        let timeout = due.saturating_sub(self.clock.steady());
        let mut fds = vec![PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
        fds.extend(
            self.senders
                .iter()
                .map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)),
        );
        fds.extend(
            self.reflectors
                .iter()
                .map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)),
        );
        // An interruption is a turn with nothing to do.
        let _ = ppoll(&mut fds, Some(TimeSpec::from_duration(timeout)), None);
    }

    /// Transmit stamps first: a reply then finds what its request has.
    fn take_stamps(&mut self) {
        let now = self.clock.steady();
        for socket in &mut self.senders {
            while let Some(((place, session, sequence), stamp, queued)) = socket.poll_sent() {
                self.stages.send_queue.observe(queued);
                if let Some(pair) = self.pairs.get_mut(place).filter(|pair| pair.session == session) {
                    pair.sender.handle_sent(now, sequence, stamp);
                }
            }
        }
        for socket in &mut self.reflectors {
            while let Some((token, stamp, queued)) = socket.poll_sent() {
                self.stages.send_queue.observe(queued);
                self.reflector.handle_sent(token, stamp);
            }
        }
    }

    fn reflect_all(&mut self) {
        let mut sockets = std::mem::take(&mut self.reflectors);
        for socket in &mut sockets {
            for _ in 0..TURN {
                // An error here is one of the network's, and waiting for the next packet is all that can be done.
                let Ok(Some(received)) = socket.receive(&*self.clock, &mut self.buffer) else {
                    break;
                };
                self.reflect(socket, &received);
            }
        }
        self.reflectors = sockets;
    }

    fn reflect(&mut self, socket: &mut StampedSocket<Token>, received: &Received) {
        if !is_allowed(&self.settings.allow, received.from.ip()) {
            self.not_allowed += 1;
            return;
        }
        let mut arrival = received.arrival;
        let wall = self.clock.wall();
        arrival.wall = Timestamp::from_unix(wall);
        self.stages
            .wake_up
            .observe(arrival.wall.nanos_since(arrival.stamp.at));
        let now = self.clock.steady();
        let request = self.buffer.get(..received.length).unwrap_or_default();
        let reflection =
            self.reflector
                .handle_request(now, &arrival, received.from, request, &mut self.reply);
        if let Reflection::Send(answer) = reflection {
            let envelope = Envelope {
                to: received.from,
                from: received.local,
                class: answer.class,
            };
            let bytes = self.reply.get(..answer.length).unwrap_or_default();
            if let Some(token) = answer.token
                && socket.send(bytes, &envelope, token, arrival.wall).is_err()
            {
                self.reflector.handle_unsent(token);
            }
        }
        // What peers tell of their side is in this host's own sessions with them too.
        while self.reflector.poll_observation().is_some() {}
    }

    fn receive_replies(&mut self) {
        for socket in &mut self.senders {
            for _ in 0..TURN {
                let Ok(Some(received)) = socket.receive(&*self.clock, &mut self.buffer) else {
                    break;
                };
                let Some(&place) = self.by_address.get(&received.from) else {
                    continue;
                };
                let Some(pair) = self.pairs.get_mut(place) else {
                    continue;
                };
                let bytes = self.buffer.get(..received.length).unwrap_or_default();
                let now = self.clock.steady();
                // What is no reply is counted by the session itself.
                if pair.sender.handle_reply(now, &received.arrival, bytes).is_ok() {
                    let arrival = &received.arrival;
                    self.stages
                        .wake_up
                        .observe(arrival.wall.nanos_since(arrival.stamp.at));
                }
                pair.settle(now, |nanos| self.stages.turnaround.observe(nanos));
                self.timers.set(place, pair.sender.poll_timeout());
            }
        }
    }

    /// Does what is due.
    fn act(&mut self) {
        let now = self.clock.steady();
        while let Some(place) = self.timers.pop(now) {
            self.send_one(place);
            let Some(pair) = self.pairs.get_mut(place) else {
                continue;
            };
            pair.sender.handle_timeout(now);
            pair.settle(now, |nanos| self.stages.turnaround.observe(nanos));
            // What is due again at this very moment waits for the packets that have come meanwhile.
            let next = pair.sender.poll_timeout();
            self.timers
                .set(place, next.map(|next| next.max(now + Duration::from_nanos(1))));
        }
    }

    fn send_one(&mut self, place: usize) {
        let Some(pair) = self.pairs.get_mut(place) else {
            return;
        };
        let wanted = pair.peer.address.is_ipv6();
        let is_right = |socket: &&mut StampedSocket<Request>| socket.is_ipv6() == wanted;
        let socket = self.senders.iter_mut().find(is_right);
        let (now, wall) = (self.clock.steady(), Timestamp::from_unix(self.clock.wall()));
        let Some(transmit) = pair.sender.poll_transmit(now, wall, &mut self.buffer) else {
            return;
        };
        let envelope = Envelope {
            to: pair.peer.address,
            from: None,
            class: transmit.class,
        };
        let bytes = self.buffer.get(..transmit.length).unwrap_or_default();
        let name = (place, pair.session, transmit.sequence);
        if !socket.is_some_and(|socket| socket.send(bytes, &envelope, name, wall).is_ok()) {
            pair.sender.handle_unsent(transmit.sequence);
        }
    }

    /// Measures these peers from now on. Those that stay keep their sessions, and all that is known of them.
    fn set_peers(&mut self, peers: Vec<Peer>, own_zone: &str) {
        let chosen = {
            let members: Vec<_> = peers
                .iter()
                .map(|peer| Member {
                    name: &peer.name,
                    zone: &peer.zone,
                })
                .collect();
            let own = Member {
                name: &self.settings.own,
                zone: own_zone,
            };
            plan(own, &members, self.settings.most)
        };
        self.report.known = peers.len();
        self.report.capped = peers.len() - chosen.len();
        let mut before: HashMap<Arc<str>, Pair> = self
            .pairs
            .drain(..)
            .map(|pair| (pair.peer.name.clone(), pair))
            .collect();
        let mut peers: Vec<_> = peers.into_iter().map(Some).collect();
        let now = self.clock.steady();
        let mut pinged = Vec::new();
        for place in chosen {
            let Some(peer) = peers.get_mut(place).and_then(Option::take) else {
                continue;
            };
            if !peer.has_agent {
                pinged.push(peer);
                continue;
            }
            let pair = match before.remove(&peer.name) {
                Some(mut pair) if pair.peer.address != peer.address => {
                    let settings = self.session();
                    pair.moved(peer.address, settings, self.sessions, now);
                    pair.peer = peer;
                    pair
                }
                Some(mut pair) => {
                    pair.peer = peer;
                    pair
                }
                None => {
                    let settings = self.session();
                    Pair::new(peer, settings, self.sessions, now)
                }
            };
            self.pairs.push(pair);
        }
        self.settings.icmp.targets.store(Arc::new(pinged));
        self.claim();
        self.by_address = self
            .pairs
            .iter()
            .enumerate()
            .map(|(place, pair)| (pair.peer.address, place))
            .collect();
        self.timers.clear();
        for (place, pair) in self.pairs.iter().enumerate() {
            self.timers.set(place, pair.sender.poll_timeout());
        }
    }

    /// A new session, different from all before.
    fn session(&mut self) -> Settings {
        self.sessions += 1;
        let bits = self.random.bits();
        Settings {
            ssid: u16::try_from(bits % 65_535 + 1).unwrap_or(1),
            security: self
                .settings
                .keys
                .clone()
                .map_or(Security::Open, Security::Authenticated),
            pace: Pace::Random(self.settings.interval),
            patience: PATIENCE,
            has_transmit_stamps: self.senders.iter().all(StampedSocket::asks_for_transmit_stamps),
            dscp: self.settings.dscp,
            epoch: self.epoch,
            seed: self.random.bits(),
            ..Settings::default()
        }
    }

    fn look_at_clock(&mut self) {
        self.reading = self.source.read();
        self.claim();
    }

    fn claim(&mut self) {
        let claim = self.reading.claim();
        self.reflector.set_clock(claim);
        for pair in &mut self.pairs {
            pair.sender.set_clock(claim);
        }
    }

    fn describe(&self, now: Duration) -> LatencyReport {
        let counts = self.reflector.counts();
        let refused = Refusal::ALL.map(|reason| (label(reason), counts.refused(reason)));
        LatencyReport {
            at: now,
            clock: self.reading,
            peers: self.pairs.iter().map(|pair| Arc::new(pair.report(now))).collect(),
            offsets: self.offsets(now),
            icmp: self.settings.icmp.report.load_full(),
            stages: self.stages.clone(),
            reflected: counts.reflected,
            refused: refused
                .into_iter()
                .chain([("network", self.not_allowed)])
                .collect(),
            ..self.report.clone()
        }
    }

    /// Each host's clock, and whether it contradicts what the host says of it.
    fn offsets(&self, now: Duration) -> Vec<(wattle_oneway::clock::HostOffset<Arc<str>>, bool)> {
        let pairs: Vec<_> = self
            .pairs
            .iter()
            .filter_map(|pair| pair.offset(&self.settings.own, now))
            .collect();
        let claims: HashMap<&str, ClockClaim> = self
            .pairs
            .iter()
            .map(|pair| (&*pair.peer.name, pair.claim()))
            .collect();
        let of = |host: &str| claims.get(host).copied().unwrap_or_else(|| self.reading.claim());
        let offsets = mesh_offsets(&pairs).into_iter();
        offsets
            .map(|host| {
                let claimed = of(&host.host).bound_nanos();
                let wrong = claimed.is_some_and(|bound| host.contradicts(bound));
                (host, wrong)
            })
            .collect()
    }
}

/// One socket for each address; what could not be opened is added to `troubles`.
fn open<T>(addresses: &[SocketAddr], shift: WallShift, troubles: &mut Vec<String>) -> Vec<StampedSocket<T>> {
    let mut sockets = Vec::new();
    for address in addresses {
        match StampedSocket::bind(*address, shift) {
            Ok(socket) => sockets.push(socket),
            Err(error) => troubles.push(format!("{address}/udp: {error}")),
        }
    }
    sockets
}

fn drain(mut wake: &UnixStream) {
    use std::io::Read;
    let mut bytes = [0; 64];
    while matches!(wake.read(&mut bytes), Ok(read) if read == bytes.len()) {}
}

const fn label(reason: Refusal) -> &'static str {
    match reason {
        Refusal::Short => "short",
        Refusal::NoBuffer => "long",
        Refusal::Unauthenticated => "unauthenticated",
        Refusal::NoKey => "no_key",
        Refusal::WrongHmac => "wrong_hmac",
        Refusal::Loop => "loop",
        Refusal::TooFast => "too_fast",
        Refusal::Crowded => "crowded",
    }
}
