//! Starting the threads that measure, and telling them things.

use std::io::Write;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::clock_state::ClockSource;
use super::clock_state::HostClock;
use super::clock_state::StatedClock;
use super::icmp;
use super::icmp::IcmpDesk;
use super::mesh::Engine;
use super::mesh::MeshSettings;
use super::mesh::Order;
use super::peers::Discovery;
use super::peers::Round;
use super::peers::Sources;
use super::random::SystemEntropy;
use super::report::LatencyReport;
use super::socket::WallShift;
use super::wanted::Wanted;
use crate::clock::Clock;
use crate::clock::ShiftedClock;
use crate::desk::Desk;
use crate::geo::Situation;
use crate::privilege::Task;
use crate::privilege::keep_only;

/// Where the latest report is.
pub type LatencyBoard = ArcSwapOption<LatencyReport>;

/// What tests of wrong clocks need, and nobody else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trial {
    /// How far this agent's wall clock is set off, in nanoseconds.
    pub shift: i64,
    /// What this agent says that its clock is worth.
    pub bound: Option<Duration>,
}

/// The measuring and the answering, while they are wanted. They end when this is dropped.
pub struct Latency {
    /// What they publish.
    pub board: Arc<LatencyBoard>,
    trial: Trial,
    clock: Arc<dyn Clock>,
    place: Arc<Desk<Situation>>,
    running: Option<Running>,
}

impl Latency {
    /// Nothing is measured or answered yet. What is told of this host stands at `place`.
    pub fn new(trial: Trial, clock: Arc<dyn Clock>, place: Arc<Desk<Situation>>) -> Self {
        Self {
            board: Arc::default(),
            trial,
            clock: Arc::new(ShiftedClock::new(clock, trial.shift)),
            place,
            running: None,
        }
    }

    /// Begins, goes on in another way, or ends. Sessions and figures of peers that stay are kept.
    pub fn take(&mut self, wanted: Option<Wanted>) -> anyhow::Result<()> {
        let Some(wanted) = wanted else {
            self.running = None;
            self.board.store(None);
            return Ok(());
        };
        match &self.running {
            Some(running) => running.take(wanted),
            None => self.running = Some(self.start(wanted)?),
        }
        Ok(())
    }

    fn start(&self, wanted: Wanted) -> anyhow::Result<Running> {
        let icmp = Arc::new(IcmpDesk::default());
        let pinging = Arc::downgrade(&icmp);
        let source: Box<dyn ClockSource> = match self.trial.bound {
            Some(bound) => Box::new(StatedClock(bound)),
            None => Box::new(HostClock::start(self.clock.clone(), wanted.state_dir)?),
        };
        let settings = MeshSettings {
            own: wanted.own.clone(),
            listen: wanted.listen,
            allow: wanted.allow,
            ports: wanted.ports,
            shift: WallShift(self.trial.shift),
            place: self.place.clone(),
            icmp,
            tuning: wanted.tuning,
        };
        let random = Box::new(SystemEntropy::default());
        let engine = Engine::new(settings, self.clock.clone(), source, random);
        if let Some(trouble) = engine.trouble() {
            tracing::warn!(
                trouble,
                "packets of other hosts are not answered there; a port below 1024 that is new at a reload needs a restart"
            );
        }
        let (orders, inbox) = mpsc::channel();
        let (wake, woken) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        wake.set_nonblocking(true)?;
        let bell = Bell { orders, wake };
        let board = self.board.clone();
        let engine = spawn("latency", Task::Other, move || engine.run(&inbox, &woken, &board))?;
        spawn("icmp", Task::Echoes, move || {
            if let Err(error) = icmp::run(&pinging, &mut SystemEntropy::default()) {
                tracing::warn!(%error, "peers without an agent are not pinged");
            }
        })?;
        let (discovery, inbox) = mpsc::channel();
        let (own, port) = (wanted.own, wanted.sources.port);
        let random = Box::new(SystemEntropy::default());
        let discovering = Discovery::new(self.clock.clone(), random, wanted.sources);
        let telling = bell.try_clone()?;
        spawn("peers", Task::Other, move || {
            discovering.run(&inbox, |round| telling.ring(peers(round)));
        })?;
        Ok(Running {
            own,
            port,
            bell,
            discovery,
            engine: Some(engine),
        })
    }
}

fn peers(round: Round) -> Order {
    Order::Peers {
        own_zone: round.found.own_zone.unwrap_or_default(),
        peers: round.is_new.then_some(round.found.peers),
        unresolved: round.found.unresolved,
        sources: round.sources,
    }
}

/// How the thread that measures is told something, and woken.
struct Bell {
    orders: mpsc::Sender<Order>,
    wake: UnixStream,
}

impl Bell {
    fn ring(&self, order: Order) {
        // Whoever does not listen any more has ended already.
        let _ = self.orders.send(order);
        let _ = (&self.wake).write(&[0]);
    }

    fn try_clone(&self) -> std::io::Result<Self> {
        Ok(Self {
            orders: self.orders.clone(),
            wake: self.wake.try_clone()?,
        })
    }
}

/// The threads.
struct Running {
    own: Arc<str>,
    port: u16,
    bell: Bell,
    /// Dropped, it ends the discovery.
    discovery: mpsc::Sender<Sources>,
    engine: Option<JoinHandle<()>>,
}

impl Running {
    /// The name and the sockets stay as they are.
    fn take(&self, wanted: Wanted) {
        self.bell.ring(Order::Tune(Box::new(wanted.tuning)));
        let sources = Sources {
            own: self.own.to_string(),
            port: self.port,
            ..wanted.sources
        };
        let _ = self.discovery.send(sources);
    }
}

impl Drop for Running {
    /// Nothing is published afterwards.
    fn drop(&mut self) {
        self.bell.ring(Order::Stop);
        let _ = self.engine.take().map(JoinHandle::join);
    }
}

fn spawn(name: &str, task: Task, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        keep_only(task);
        run();
    })
}

/// A port alone is that of both families.
pub(super) fn addresses(listen: &str) -> Vec<SocketAddr> {
    if let Some(port) = listen.strip_prefix(':').and_then(|port| port.parse().ok()) {
        return vec![
            (Ipv4Addr::UNSPECIFIED, port).into(),
            (Ipv6Addr::UNSPECIFIED, port).into(),
        ];
    }
    listen.parse().into_iter().collect()
}
