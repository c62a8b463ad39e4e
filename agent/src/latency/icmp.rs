//! Round trips to peers that have no agent, by ICMP echo.
//!
//! Times are those of a program, so they have this host's own delays in them. The kernel lets a program without privileges
//! send echoes if its group is in `net.ipv4.ping_group_range`; else it needs CAP_NET_RAW.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Weak;
use std::time::Duration;

use arc_swap::ArcSwap;
use surge_ping::Client;
use surge_ping::Config;
use surge_ping::ICMP;
use surge_ping::PingIdentifier;
use surge_ping::PingSequence;
use tokio::task::JoinSet;

use super::histogram::DelayHistogram;
use super::peers::Peer;
use super::random::Random;

/// An echo without an answer for so long is lost.
const PATIENCE: Duration = Duration::from_secs(2);
/// What an echo carries.
const PAYLOAD: [u8; 56] = [0; 56];
/// What a person can do.
pub const ADVICE: &str = "give the agent CAP_NET_RAW, or allow its group in net.ipv4.ping_group_range";

/// What is known of the peers without an agent.
#[derive(Clone, Debug, Default)]
pub struct IcmpReport {
    /// By name.
    pub peers: Vec<Arc<IcmpPeer>>,
    /// Why no echoes can be sent.
    pub trouble: Option<String>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct IcmpPeer {
    /// Its name.
    pub name: Arc<str>,
    /// Its zone.
    pub zone: Arc<str>,
    /// Where it is.
    pub ip: IpAddr,
    /// There and back.
    pub round_trip: DelayHistogram,
    /// Echoes answered.
    pub received: u64,
    /// Echoes not answered.
    pub lost: u64,
}

/// Whom to ping.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Hosts without an agent.
    pub peers: Vec<Peer>,
    /// The time between two echoes to each.
    pub interval: Duration,
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            peers: Vec::new(),
            interval: Duration::from_secs(1),
        }
    }
}

/// What the measuring and the pinging thread share.
#[derive(Debug, Default)]
pub struct IcmpDesk {
    /// Whom to ping, and how often.
    pub targets: ArcSwap<Targets>,
    /// What came of it.
    pub report: ArcSwap<IcmpReport>,
}

/// Pings until nobody wants to know any more.
pub fn run(desk: &Weak<IcmpDesk>, random: &mut dyn Random) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut known = BTreeMap::new();
    let identifier = (random.bits() & 0xffff) as u16;
    for round in 0_u16.. {
        let Some(targets) = desk.upgrade().map(|desk| desk.targets.load_full()) else {
            return Ok(());
        };
        if targets.peers.is_empty() {
            std::thread::sleep(targets.interval);
            known.clear();
        } else {
            let trouble = runtime.block_on(ping_all(
                &targets.peers,
                targets.interval,
                (identifier, round),
                &mut known,
            ));
            let report = IcmpReport {
                peers: known.values().cloned().collect(),
                trouble: trouble.map(|error| first_line(&error)),
            };
            if let Some(desk) = desk.upgrade() {
                desk.report.store(Arc::new(report));
            }
        }
        if round == u16::MAX {
            break;
        }
    }
    run(desk, random)
}

/// Whether this process may send echoes of this family.
pub fn is_allowed_now(kind: ICMP) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let opened = runtime.and_then(|runtime| runtime.block_on(async { client(kind) }));
    opened.map(drop).map_err(|error| first_line(&error))
}

fn client(kind: ICMP) -> std::io::Result<Client> {
    Client::new(&Config::builder().kind(kind).build())
}

fn first_line(error: &std::io::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// One echo to each, spread over the interval.
async fn ping_all(
    targets: &[Peer],
    interval: Duration,
    (identifier, round): (u16, u16),
    known: &mut BTreeMap<Arc<str>, Arc<IcmpPeer>>,
) -> Option<std::io::Error> {
    known.retain(|name, _| targets.iter().any(|target| target.name == *name));
    let (mut trouble, mut clients) = (None, BTreeMap::new());
    for ipv6 in [false, true] {
        if targets.iter().any(|target| target.address.is_ipv6() == ipv6) {
            match client(if ipv6 { ICMP::V6 } else { ICMP::V4 }) {
                Ok(client) => drop(clients.insert(ipv6, client)),
                Err(error) => trouble = Some(error),
            }
        }
    }
    let gap = interval / u32::try_from(targets.len()).unwrap_or(u32::MAX).max(1);
    let mut echoes = JoinSet::new();
    for (at, target) in (0_u16..).zip(targets) {
        tokio::time::sleep(gap).await;
        let Some(client) = clients.get(&target.address.is_ipv6()).cloned() else {
            continue;
        };
        let (ip, identifier) = (target.address.ip(), PingIdentifier(identifier.wrapping_add(at)));
        let target = target.clone();
        echoes.spawn(async move {
            let mut pinger = client.pinger(ip, identifier).await;
            pinger.timeout(PATIENCE);
            let answer = pinger.ping(PingSequence(round), &PAYLOAD).await;
            (target, answer.ok().map(|(_, after)| after))
        });
    }
    while let Some(echo) = echoes.join_next().await {
        if let Ok((target, after)) = echo {
            note(known, &target, after);
        }
    }
    trouble
}

fn note(known: &mut BTreeMap<Arc<str>, Arc<IcmpPeer>>, target: &Peer, after: Option<Duration>) {
    let peer = known.entry(target.name.clone()).or_insert_with(|| {
        Arc::new(IcmpPeer {
            name: target.name.clone(),
            zone: target.zone.clone(),
            ip: target.address.ip(),
            round_trip: DelayHistogram::default(),
            received: 0,
            lost: 0,
        })
    });
    let peer = Arc::make_mut(peer);
    peer.ip = target.address.ip();
    match after {
        Some(after) => {
            peer.round_trip
                .observe(i64::try_from(after.as_nanos()).unwrap_or(i64::MAX));
            peer.received += 1;
        }
        None => peer.lost += 1,
    }
}
