//! The fleet at work: what runs, and where others meet it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use super::access;
use super::agents::Agents;
use super::board::Board;
use super::forecasts::Forecasts;
use super::keeper::Keeper;
use super::keeper::Phase;
use super::prometheus::Prometheus;
use super::shown::Shown;
use super::standing;
use super::standing::Orders;
use super::stats::Stats;
use super::targets::Finder;
use crate::clock;
use crate::config;
use crate::placement_api::Service;
use crate::placement_api::Shared;
use crate::store::Store;

/// For giving up the office at the end.
const CLOSING: Duration = Duration::from_secs(3);

/// Where others meet the fleet.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// What is known of its hosts.
    pub board: Arc<Board>,
    /// What operators want of them.
    pub orders: Orders,
    /// What was predicted for placements, to be compared with what comes.
    pub forecasts: Arc<Forecasts>,
    stats: Arc<Stats>,
    phase: Arc<watch::Sender<Phase>>,
}

/// Who is asked for facts.
enum Witnesses {
    Nobody,
    Agents(Box<Agents>),
    Prometheus(Box<Prometheus>),
}

/// Checks settings and the files that they name.
pub fn check(settings: &config::Fleet) -> anyhow::Result<()> {
    witnesses(settings, &Arc::default(), &Arc::default()).map(drop)
}

/// Begins. The orders that stand are on the board when this returns, if the store answers.
pub async fn start(
    settings: &config::Fleet,
    store: &Arc<dyn Store>,
    service: &Arc<Service<Shared>>,
) -> anyhow::Result<Fleet> {
    let fleet = Fleet::new(store);
    let witnesses = witnesses(settings, &fleet.board, &fleet.stats)?;
    standing::follow(fleet.orders.clone(), Arc::clone(&fleet.board)).await;
    match witnesses {
        Witnesses::Nobody => {}
        Witnesses::Agents(agents) => drop(tokio::spawn(agents.run())),
        Witnesses::Prometheus(prometheus) => drop(tokio::spawn(prometheus.run())),
    }
    let keeper = Keeper {
        settings: settings.clone(),
        board: Arc::clone(&fleet.board),
        service: Arc::clone(service),
        store: Arc::clone(store),
        stats: Arc::clone(&fleet.stats),
        name: own_name(),
        phase: Arc::clone(&fleet.phase),
    };
    tokio::spawn(keeper.run());
    tokio::spawn(compare(Arc::clone(&fleet.board), Arc::clone(&fleet.forecasts)));
    Ok(fleet)
}

/// Compares what was predicted with every picture. Never ends.
async fn compare(board: Arc<Board>, forecasts: Arc<Forecasts>) {
    let mut seen = 0;
    loop {
        board.newer_than(&mut seen).await;
        forecasts.compare(&board.latest(), clock::steady());
    }
}

/// What other controllers read of this one: enough for a person to find it.
fn own_name() -> String {
    let host = nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok());
    let host = host.unwrap_or_else(|| "unknown".to_owned());
    format!("{host}/{}/{}", std::process::id(), clock::wall().as_millis())
}

impl Fleet {
    /// A fleet in which nothing runs: what is on the board is what somebody puts there.
    pub fn new(store: &Arc<dyn Store>) -> Self {
        Self {
            board: Arc::default(),
            orders: Orders::new(Arc::clone(store)),
            forecasts: Arc::default(),
            stats: Arc::default(),
            phase: Arc::default(),
        }
    }

    /// Adds what is known of the fleet to the controller's metrics.
    pub fn register(&self, registry: &mut Registry) {
        self.stats.register(registry);
        self.forecasts.register(registry);
        registry.register_collector(Box::new(Shown(Arc::clone(&self.board))));
    }

    /// Ends the work that only one controller does, so that another one need not wait. What is known stays on the board.
    pub async fn end(&self) {
        let mut phase = self.phase.subscribe();
        self.phase.send_if_modified(|phase| {
            let working = *phase == Phase::Working;
            if working {
                *phase = Phase::Ending;
            }
            working
        });
        let ended = phase.wait_for(|phase| *phase == Phase::Ended);
        // Whoever does not get that far in time is ended by its lease.
        let _ = tokio::time::timeout(CLOSING, ended).await;
    }
}

fn witnesses(settings: &config::Fleet, board: &Arc<Board>, stats: &Arc<Stats>) -> anyhow::Result<Witnesses> {
    let (board, stats) = (Arc::clone(board), Arc::clone(stats));
    if let Some(prometheus) = &settings.prometheus {
        let web = access::open(&prometheus.access).context("fleet.prometheus")?;
        let asked = Prometheus::new(settings, prometheus, web, board, stats).context("fleet.prometheus")?;
        return Ok(Witnesses::Prometheus(Box::new(asked)));
    }
    if !settings.asks_agents() {
        return Ok(Witnesses::Nobody);
    }
    let web = access::open(&settings.agents.access).context("fleet.agents")?;
    if settings.agents.scheme == config::Scheme::Https && web.tls.is_none() {
        anyhow::bail!("fleet.agents: https needs ca-file");
    }
    let finder = Finder::new(settings).context("fleet")?;
    Ok(Witnesses::Agents(Box::new(Agents::new(
        settings, finder, web, board, stats,
    ))))
}
