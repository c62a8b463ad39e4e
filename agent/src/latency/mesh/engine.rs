//! The loop: wait, receive, send, publish.

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
use wattle_oneway::stamp::Policy;

use super::answering::Answering;
use super::asking;
use super::asking::Asking;
use super::choice::Choice;
use super::order::MeshSettings;
use super::order::Order;
use super::order::Tuning;
use super::place;
use super::roster::Roster;
use super::sessions::Sessions;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::geo::Situation;
use crate::latency::clock_state::ClockReading;
use crate::latency::clock_state::ClockSource;
use crate::latency::icmp::IcmpDesk;
use crate::latency::icmp::Targets;
use crate::latency::keys::Secrets;
use crate::latency::peers::Peer;
use crate::latency::plan::Member;
use crate::latency::random::Random;
use crate::latency::report::LatencyReport;
use crate::latency::report::Stages;
use crate::latency::socket::StampedSocket;
use crate::latency::socket::WallShift;

/// What is known is published this often.
const PUBLISHING: Duration = Duration::from_secs(1);

/// Everything that measures.
pub struct Engine {
    own: Arc<str>,
    icmp: Arc<IcmpDesk>,
    clock: Arc<dyn Clock>,
    source: Box<dyn ClockSource>,
    asking: Asking,
    answering: Answering,
    interval: Duration,
    stages: Stages,
    reading: ClockReading,
    place: Arc<Desk<Situation>>,
    report: LatencyReport,
    publish_at: Duration,
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
        let mut troubles = Vec::new();
        let reflectors = open(&settings.listen, settings.shift, &mut troubles);
        let senders = asking::open(settings.ports, settings.shift);
        let has_transmit_stamps = senders
            .iter()
            .all(|(_, socket)| socket.asks_for_transmit_stamps());
        let keys = settings.tuning.keys.as_ref().map(Secrets::ring);
        let (most, interval) = (settings.tuning.most, settings.tuning.interval);
        let sessions = Sessions {
            random,
            tuning: settings.tuning,
            epoch,
            has_transmit_stamps,
            width: settings.ports,
            made: 0,
        };
        let asking = Asking::new(senders, Roster::new(sessions));
        let report = LatencyReport {
            own: settings.own.clone(),
            most,
            ports: asking.ports(),
            trouble: (!troubles.is_empty()).then(|| troubles.join("; ")),
            ..LatencyReport::default()
        };
        Self {
            own: settings.own,
            icmp: settings.icmp,
            clock,
            source,
            asking,
            answering: Answering::new(reflectors, policy, keys, settings.allow),
            interval,
            stages: Stages::default(),
            reading: ClockReading::default(),
            place: settings.place,
            report,
            publish_at: Duration::ZERO,
        }
    }

    /// What is wrong with the sockets.
    pub fn trouble(&self) -> Option<&str> {
        self.report.trouble.as_deref()
    }

    /// Measures until told to stop. A byte on `wake` means that there is an order.
    pub fn run(mut self, orders: &Receiver<Order>, wake: &UnixStream, board: &ArcSwapOption<LatencyReport>) {
        let clock = self.clock.clone();
        loop {
            for order in orders.try_iter() {
                if let Order::Stop = order {
                    return;
                }
                self.obey(order);
            }
            let now = clock.steady();
            if now >= self.publish_at {
                self.publish_at = now + PUBLISHING;
                self.reading = self.source.read();
                self.introduce();
                board.store(Some(Arc::new(self.describe(now))));
            }
            self.wait(wake);
            drain(wake);
            self.asking.take_stamps(&*clock, &mut self.stages);
            self.answering.take_stamps(&mut self.stages);
            self.answering.answer_all(&*clock, &mut self.stages);
            self.asking.receive_replies(&*clock, &mut self.stages);
            self.asking.act(&*clock, &mut self.stages);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Stop => {}
            Order::Tune(tuning) => self.tune(*tuning),
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

    fn wait(&mut self, wake: &UnixStream) {
        let due = self.asking.roster.timers.next();
        let due = due.map_or(self.publish_at, |due| due.min(self.publish_at));
        let timeout = due.saturating_sub(self.clock.steady());
        let asking = self.asking.sockets.iter().map(|(_, socket)| socket.as_fd());
        let answering = self.answering.sockets.iter().map(AsFd::as_fd);
        let all = [wake.as_fd()].into_iter().chain(asking).chain(answering);
        let mut fds: Vec<_> = all.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        // An interruption is a turn with nothing to do.
        let _ = ppoll(&mut fds, Some(TimeSpec::from_duration(timeout)), None);
    }

    /// The peers come again after this, for another limit.
    fn tune(&mut self, tuning: Tuning) {
        self.answering.set_keys(tuning.keys.as_ref().map(Secrets::ring));
        self.report.most = tuning.most;
        self.interval = tuning.interval;
        self.asking.roster.tune(tuning, self.clock.steady());
        self.introduce();
    }

    fn set_peers(&mut self, peers: Vec<Peer>, own_zone: &str) {
        let own = Member {
            name: &self.own,
            zone: own_zone,
        };
        self.report.known = peers.len();
        self.answering.set_peers(&peers);
        let choice = Choice::of(own, peers, self.report.most);
        self.report.capped = choice.capped;
        self.icmp.targets.store(Arc::new(Targets {
            peers: choice.pinged,
            interval: self.interval,
        }));
        self.asking.roster.replace(choice.measured, self.clock.steady());
        self.introduce();
    }

    /// Tells both ends what peers may know of this host: what its clock is worth, and where it stands.
    fn introduce(&mut self) {
        let claim = self.reading.claim();
        let situation = self.place.latest();
        let position = situation.as_deref().and_then(place::told);
        self.answering.introduce(claim, position);
        self.asking.roster.introduce(claim, position);
    }

    fn describe(&self, now: Duration) -> LatencyReport {
        let roster = &self.asking.roster;
        let here = self.place.latest().and_then(|situation| situation.coordinates());
        let mut report = LatencyReport {
            at: now,
            clock: self.reading,
            peers: roster
                .pairs
                .iter()
                .map(|pair| Arc::new(pair.report(now, here)))
                .collect(),
            offsets: roster.offsets(&self.own, self.reading.claim(), now),
            icmp: self.icmp.report.load_full(),
            stages: self.stages.clone(),
            ..self.report.clone()
        };
        self.answering.describe(&mut report);
        report
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
