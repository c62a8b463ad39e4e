//! Starting the threads that measure, and telling them things.

use std::io::Write;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use wattle_oneway::stamp::Key;
use wattle_oneway::stamp::KeyRing;

use super::clock_state::ClockSource;
use super::clock_state::HostClock;
use super::clock_state::StatedClock;
use super::icmp;
use super::icmp::IcmpDesk;
use super::mesh::Engine;
use super::mesh::MeshSettings;
use super::mesh::Network;
use super::mesh::Order;
use super::peers::Discovery;
use super::peers::Entry;
use super::peers::Sources;
use super::random::SystemEntropy;
use super::report::LatencyReport;
use super::socket::WallShift;
use crate::clock::Clock;
use crate::clock::ShiftedClock;
use crate::config::Settings;
use crate::privilege::Task;
use crate::privilege::keep_only;

/// Where the latest report is.
pub type LatencyBoard = ArcSwapOption<LatencyReport>;
/// No key is longer, in octets.
const LONGEST_KEY: usize = 4096;
/// A shorter one could be guessed.
const SHORTEST_KEY: usize = 16;

/// What tests of wrong clocks need, and nobody else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trial {
    /// How far this agent's wall clock is set off, in nanoseconds.
    pub shift: i64,
    /// What this agent says that its clock is worth.
    pub bound: Option<Duration>,
}

/// The running threads. They end when this is dropped.
pub struct Latency {
    /// What they publish.
    pub board: Arc<LatencyBoard>,
    orders: mpsc::Sender<Order>,
    wake: UnixStream,
    /// Dropped, it ends the discovery.
    _discovery: mpsc::Sender<()>,
}

impl Drop for Latency {
    fn drop(&mut self) {
        // Whoever does not listen any more has ended already.
        let _ = self.orders.send(Order::Stop);
        let _ = (&self.wake).write(&[0]);
    }
}

/// Begins to measure and to answer, if there are peers or the reflector is switched on.
pub fn start(settings: &Settings, trial: Trial, clock: Arc<dyn Clock>) -> anyhow::Result<Option<Latency>> {
    if !settings.latency.is_on() {
        return Ok(None);
    }
    let clock: Arc<dyn Clock> = Arc::new(ShiftedClock::new(clock, trial.shift));
    let icmp = Arc::new(IcmpDesk::default());
    let pinging = Arc::downgrade(&icmp);
    let mesh = mesh_settings(settings, trial, icmp)?;
    let interval = mesh.interval;
    let sources = sources(settings, &mesh.own)?;
    let state: Box<dyn ClockSource> = match trial.bound {
        Some(bound) => Box::new(StatedClock(bound)),
        None => Box::new(HostClock::start(clock.clone(), settings.state_dir.clone())?),
    };
    let engine = Engine::new(mesh, clock.clone(), state, Box::new(SystemEntropy::default()));
    if let Some(trouble) = engine.trouble() {
        tracing::warn!(trouble, "packets of other hosts are not answered there");
    }
    let (orders, inbox) = mpsc::channel();
    let (wake, woken) = UnixStream::pair()?;
    woken.set_nonblocking(true)?;
    wake.set_nonblocking(true)?;
    let board = Arc::new(LatencyBoard::default());
    let shared = board.clone();
    spawn("latency", Task::Other, move || {
        engine.run(&inbox, &woken, &shared);
    })?;
    spawn("icmp", Task::Echoes, move || {
        if let Err(error) = icmp::run(&pinging, interval, &mut SystemEntropy::default()) {
            tracing::warn!(%error, "peers without an agent are not pinged");
        }
    })?;
    let (stop, stopped) = mpsc::channel();
    let (to_engine, ring) = (orders.clone(), wake.try_clone()?);
    let discovery = Discovery::new(clock, sources);
    spawn("peers", Task::Other, move || {
        let mut before = None;
        discovery.run(&stopped, |round| {
            let changed = before.as_ref() != Some(&round.found);
            before = Some(round.found.clone());
            let own_zone = round.found.own_zone.unwrap_or_default();
            let peers = changed.then_some(round.found.peers);
            let order = Order::Peers {
                peers,
                own_zone,
                unresolved: round.found.unresolved,
                sources: round.sources,
            };
            let _ = to_engine.send(order);
            let _ = (&ring).write(&[0]);
        });
    })?;
    Ok(Some(Latency {
        board,
        orders,
        wake,
        _discovery: stop,
    }))
}

fn spawn(name: &str, task: Task, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            keep_only(task);
            run();
        })
        .map(drop)
}

fn mesh_settings(settings: &Settings, trial: Trial, icmp: Arc<IcmpDesk>) -> anyhow::Result<MeshSettings> {
    let latency = &settings.latency;
    let own = match &latency.name {
        Some(name) => name.clone(),
        None => nix::unistd::gethostname()?.to_string_lossy().into_owned(),
    };
    let allow: Result<Vec<Network>, String> = latency.allow.iter().map(|text| text.parse()).collect();
    Ok(MeshSettings {
        own: own.into(),
        listen: addresses(&latency.listen.0),
        allow: allow.map_err(anyhow::Error::msg)?,
        interval: latency.interval.0,
        dscp: latency.dscp.0,
        most: latency.max_peers.0,
        keys: latency.key_file.as_deref().map(key).transpose()?,
        shift: WallShift(trial.shift),
        icmp,
    })
}

fn sources(settings: &Settings, own: &str) -> anyhow::Result<Sources> {
    let latency = &settings.latency;
    let entries = |texts: &[String]| -> anyhow::Result<Vec<Entry>> {
        let entries: Result<_, String> = texts.iter().map(|text| Entry::parse(text)).collect();
        entries.map_err(anyhow::Error::msg)
    };
    Ok(Sources {
        own: own.to_owned(),
        stated: entries(&latency.peers)?,
        file: latency.peers_file.clone(),
        url: latency.peers_url.clone(),
        dns: entries(&latency.peers_dns)?,
        port: addresses(&latency.listen.0).first().map_or(862, SocketAddr::port),
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

/// The first line of a file.
fn key(file: &Path) -> anyhow::Result<KeyRing> {
    let text = std::fs::read(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    let line = text.split(|octet| *octet == b'\n').next().unwrap_or_default();
    if !(SHORTEST_KEY..=LONGEST_KEY).contains(&line.len()) {
        anyhow::bail!(
            "{}: a key has {SHORTEST_KEY} to {LONGEST_KEY} octets in the first line; make one with: head -c 32 /dev/urandom | base64",
            file.display()
        );
    }
    Ok(KeyRing::new(Key::new(line)))
}
