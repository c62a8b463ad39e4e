//! The wiring: who is made of what, and in which order they begin and end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use wattle_daemon::log::Level;
use wattle_daemon::manager::Manager;
use wattle_door::Door;
use wattle_door::Tally;
use wattle_door::WebConfig;
use wattle_hostfs::boot_id;

use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::collect::Collector;
use crate::config;
use crate::config::ConfigError;
use crate::config::KEYS;
use crate::config::Settings;
use crate::history::Recorder;
use crate::latency::responder;
use crate::latency::start::Latency;
use crate::latency::start::Trial;
use crate::latency::wanted::Wanted;
use crate::ledger::Ledger;
use crate::ledger::LedgerSettings;
use crate::log;
use crate::machine::Machine;
use crate::power_model::PowerModel;
use crate::privilege;
use crate::privilege::Task;
use crate::published::Board;
use crate::snapshot::AgentReport;
use crate::state_file::Found;
use crate::state_file::StateFile;
use crate::surroundings::Surroundings;
use crate::tick::Order;
use crate::tick::OverLimit;
use crate::tick::Ticker;
use crate::web::Pages;

/// How long the end may take before it is forced.
const ENDING: Duration = Duration::from_millis(900);
/// Descriptors that are not for processes and cgroups: connections, sensors, the state.
const OTHER_FILES: u64 = 512;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The configuration file.
    pub file: Option<PathBuf>,
    /// Flags by their key's name.
    pub flags: Vec<(&'static str, Vec<String>)>,
    /// For tests of wrong clocks.
    pub trial: Trial,
}

impl Given {
    /// What it means, read from the file as it is now.
    pub fn load(&self) -> Result<Settings, ConfigError> {
        config::load(self.file.as_deref(), &self.flags)
    }
}

/// Runs the agent until it is told to end.
pub fn run(given: &Given) -> anyhow::Result<ExitCode> {
    privilege::close_eyes();
    let settings = given.load()?;
    let level = log::start(settings.log).context("the log cannot be started")?;
    let manager = Arc::new(Manager::from_environment());
    let sockets = wattle_door::listen(&settings.listen.0)?;
    let web = Arc::new(WebConfig::open(settings.web.config.file.as_deref())?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let board = Arc::new(Board::default());
    let pages = Arc::new(Pages {
        board: board.clone(),
        clock: clock.clone(),
    });
    let door = Door::new(pages.clone(), web.clone(), wattle_door::Limits::default());
    let (orders, inbox) = mpsc::channel();
    let servers = Arc::new(responder::Tally::default());
    let responder = responder::start(&settings, servers.clone(), clock.clone())?;
    let (mut ticker, assumed) = privilege::seeing(|| ticker(&settings, clock.clone(), board, door.tally()));
    let place = ticker.surroundings.place();
    let mut latency = Latency::new(given.trial, clock, place);
    latency.take(Wanted::read(&settings)?)?;
    ticker.latency = latency.board.clone();
    ticker.servers = servers;
    let surroundings = ticker.surroundings.clone();
    let thread = std::thread::Builder::new()
        .name("tick".to_owned())
        .spawn(move || {
            privilege::keep_only(Task::Tick);
            ticker.run(&inbox);
        })?;
    privilege::keep_only(Task::Other);
    let mut reloader = Reloader {
        given: given.clone(),
        manager: manager.clone(),
        settings,
        web,
        level,
        orders,
        assumed,
        surroundings,
        latency,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()?;
    for socket in &sockets {
        tracing::info!(address = %socket.local_addr()?, "listening");
    }
    let served = runtime.block_on(async {
        let (ended, teller) = (until_told_to_end(&mut reloader)?, manager.clone());
        tokio::spawn(async move { teller.attend("serving", || pages.condition()).await });
        door.serve(sockets, ended)
            .await
            .context("the sockets cannot be served")
    });
    manager.stopping();
    let Reloader { orders, latency, .. } = reloader;
    drop((latency, responder));
    runtime.shutdown_background();
    end(&orders, thread);
    served.map(|()| ExitCode::SUCCESS)
}

/// Everything that ticks, going on where an earlier run with the same settings stopped.
pub fn ticker(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    board: Arc<Board>,
    tally: Arc<Tally>,
) -> (Ticker, Assumed) {
    let most_files = raise_file_limit().saturating_sub(OTHER_FILES);
    let mut collector = Collector::new(
        &settings.roots(),
        usize::try_from(most_files).unwrap_or(usize::MAX),
    )
    .with_nesting(settings.workload.nesting)
    .with_sockets(&settings.workload.sockets.0);
    collector.watch_processes(settings.processes.top.0 > 0);
    collector.set_rules(&Arc::new(settings.workloads.clone()));
    let (state, found) = open_state(settings);
    let assumed = Assumed::for_host(&collector);
    let (wall, ledger_settings) = (clock.wall(), assumed.ledger_settings(settings));
    let ledger = match found {
        Some(found) => Ledger::restore(
            ledger_settings,
            &found.ledger,
            found.same_boot,
            &collector.zones(),
            wall,
        ),
        None => Ledger::new(ledger_settings, wall),
    };
    let agent = AgentReport {
        started: wall,
        interval: settings.interval.0,
        compat: settings.compat.0,
        ..AgentReport::default()
    };
    let ticker = Ticker {
        machine: Arc::new(Machine::read(&settings.roots(), collector.topology())),
        surroundings: Arc::new(Surroundings::new(settings, &clock)),
        clock,
        collector,
        ledger,
        state,
        saving_fails: false,
        over_limit: OverLimit::default(),
        board,
        recorder: Recorder::default(),
        tally,
        latency: Arc::default(),
        servers: Arc::default(),
        agent,
    };
    (ticker, assumed)
}

/// The state directory, if there is a usable one: without it the agent works, and says what is lost.
fn open_state(settings: &Settings) -> (Option<StateFile>, Option<Found>) {
    let dir = &settings.state_dir;
    let boot_id = match boot_id::read(&settings.roots()) {
        Ok(boot_id) => boot_id,
        Err(error) => {
            tracing::warn!(%error, "counters are not kept: without a boot id nobody could tell whether they still hold");
            return (None, None);
        }
    };
    match StateFile::open(dir, &boot_id) {
        Ok((state, found, remarks)) => {
            for remark in remarks {
                tracing::warn!("{remark}");
            }
            (Some(state), found)
        }
        Err(error) => {
            let dir = dir.display();
            tracing::warn!(%error, "counters will not outlive the agent: {dir} cannot be used; choose another with --state-dir");
            (None, None)
        }
    }
}

/// Lets the agent keep as many descriptors as the system allows it; returns that number.
fn raise_file_limit() -> u64 {
    use nix::sys::resource::Resource::RLIMIT_NOFILE;
    use nix::sys::resource::getrlimit;
    use nix::sys::resource::setrlimit;
    let Ok((soft, hard)) = getrlimit(RLIMIT_NOFILE) else {
        return 1024;
    };
    match setrlimit(RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

/// The processor's figures, from the table, under those that the operator gives.
#[derive(Clone, Copy, Debug)]
pub struct Assumed(PowerModel);

impl Assumed {
    /// The table's figures for the processor of this host.
    pub fn for_host(collector: &Collector) -> Self {
        Self(PowerModel::for_processor(&collector.topology().model_name))
    }

    /// What the ledger needs to know of the settings.
    pub fn ledger_settings(&self, settings: &Settings) -> LedgerSettings {
        let mut power_model = self.0;
        let estimate = settings.power.estimate;
        if let Some(watts) = estimate.idle_watts_per_core {
            power_model.idle_uw_per_core = watts.microwatts();
        }
        if let Some(watts) = estimate.full_load_watts_per_core {
            power_model.full_load_uw_per_core = watts.microwatts();
        }
        LedgerSettings {
            interval: settings.interval.0,
            idle_policy: settings.power.idle_policy,
            keep: settings.limits.keep_ended.0,
            limit: settings.limits.workloads.0,
            top_processes: settings.processes.top.0,
            power_model,
        }
    }
}

/// Reads the configuration again when asked to.
struct Reloader {
    given: Given,
    manager: Arc<Manager>,
    settings: Settings,
    web: Arc<WebConfig>,
    level: Level,
    orders: mpsc::Sender<Order>,
    assumed: Assumed,
    surroundings: Arc<Surroundings>,
    latency: Latency,
}

impl Reloader {
    /// Takes what can be taken without a restart; keeps everything as it was if any of it is wrong.
    fn reload(&mut self) {
        self.manager.reloading();
        match self.read() {
            Ok((settings, latency)) => self.take(settings, latency),
            Err(error) => {
                tracing::error!("reload refused, the configuration before stays: {error:#}");
                self.order(Order::CountFailedReload);
            }
        }
        self.manager.reloaded();
    }

    fn read(&self) -> anyhow::Result<(Settings, Option<Wanted>)> {
        let settings = self.given.load()?;
        let latency = Wanted::read(&settings)?;
        self.web.reload()?;
        Ok((settings, latency))
    }

    fn take(&mut self, settings: Settings, latency: Option<Wanted>) {
        let changed = |key: &&config::Key| (key.show)(&settings) != (key.show)(&self.settings);
        let (now, later): (Vec<_>, Vec<_>) = KEYS.iter().filter(changed).partition(|key| key.reloads);
        let names = |keys: Vec<&config::Key>| keys.iter().map(|key| key.name).collect::<Vec<_>>();
        let mut changed = names(now);
        changed.extend((settings.workloads != self.settings.workloads).then_some("workloads"));
        if !later.is_empty() {
            tracing::warn!(
                keys = names(later).join(", "),
                "changed, and need a restart to take effect"
            );
        }
        tracing::info!(changed = changed.join(", "), "configuration reloaded");
        self.level.set(log::filter(settings.log.level));
        self.surroundings.configure(&settings);
        if let Err(error) = self.latency.take(latency) {
            tracing::error!("latency is not measured: {error:#}");
        }
        let rules = Arc::new(settings.workloads.clone());
        let ledger = self.assumed.ledger_settings(&settings);
        self.order(Order::Reconfigure(ledger, rules, settings.compat.0));
        self.settings = settings;
    }

    fn order(&self, order: Order) {
        // The thread is gone only after a defect, which it has reported itself.
        let _ = self.orders.send(order);
    }
}

/// A future that reloads whenever asked and is ready when it is time to end.
fn until_told_to_end(reloader: &mut Reloader) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => reloader.reload(),
            }
        }
    })
}

/// Lets the tick save its counters; a disk that hangs does not hold up the end.
fn end(orders: &mpsc::Sender<Order>, thread: JoinHandle<()>) {
    let (done, waited) = mpsc::channel();
    let _ = orders.send(Order::Stop);
    let watcher = std::thread::Builder::new().name("end".to_owned()).spawn(move || {
        let _ = thread.join();
        let _ = done.send(());
    });
    if watcher.is_err() || waited.recv_timeout(ENDING).is_err() {
        tracing::warn!("ended before the counters were saved");
    }
}
