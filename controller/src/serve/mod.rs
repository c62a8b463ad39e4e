//! The service: who is made of what, and in which order they begin and end.

mod access;
mod follow;
mod front;
mod health;
mod metrics;
mod origin;
mod own;
mod route;
mod stores;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use wattle_daemon::log::Level;
use wattle_daemon::manager::Manager;
use wattle_door::Door;
use wattle_door::WebConfig;

use self::access::Access;
use self::front::Front;
use self::health::Health;
use self::metrics::Metrics;
use crate::config;
use crate::config::ConfigError;
use crate::config::Settings;
use crate::fleet;
use crate::log;
use crate::placement_api::MAX_BODY;
use crate::placement_api::Service;
use crate::placement_api::Shared;
use crate::v1::Api;

/// The API over whichever store there is.
type Placement = Service<Shared>;

/// For requests under way when the controller is told to end.
const CLOSING: Duration = Duration::from_secs(5);
/// The longest path and query, and with them the head: lists of traits and aggregates are long.
const LONGEST_TARGET: usize = 48 << 10;
const LONGEST_HEAD: usize = 64 << 10;
/// Memory for bodies that are being read.
const BODIES: usize = 16 * MAX_BODY;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) file: Option<PathBuf>,
    pub(crate) listen: Vec<String>,
    pub(crate) store: Option<PathBuf>,
    pub(crate) etcd: Vec<String>,
    pub(crate) web: Option<PathBuf>,
    pub(crate) roles: Option<PathBuf>,
    pub(crate) insecure: bool,
}

impl Given {
    /// What it means, read from the file as it is now; flags win.
    pub(crate) fn load(&self) -> Result<Settings, ConfigError> {
        config::load(self.file.as_deref(), |settings| {
            if !self.listen.is_empty() {
                settings.listen.clone_from(&self.listen);
            }
            if let Some(file) = &self.store {
                settings.store = config::Store {
                    file: file.clone(),
                    etcd: None,
                };
            }
            if !self.etcd.is_empty() {
                settings.store.etcd = Some(config::Etcd::at(&self.etcd, settings.store.etcd.as_ref()));
            }
            let files = [
                (&mut settings.web.config.file, &self.web),
                (&mut settings.auth.file, &self.roles),
            ];
            for (setting, flag) in files {
                if flag.is_some() {
                    setting.clone_from(flag);
                }
            }
            settings.auth.insecure |= self.insecure;
        })
    }
}

/// Checks settings and the files that they name, as far as that can be done without beginning.
pub(crate) fn check(settings: &Settings) -> anyhow::Result<()> {
    let web = WebConfig::open(settings.web.config.file.as_deref())?;
    Access::open(settings, web.is_tls())?;
    fleet::check(&settings.fleet)?;
    if let Some(etcd) = &settings.store.etcd {
        crate::store::Etcd::new(&stores::options(etcd)?)?;
    }
    Ok(())
}

/// Serves until it is told to end.
pub(crate) fn run(given: &Given) -> anyhow::Result<ExitCode> {
    let settings = given.load()?;
    let level = log::start(settings.log).context("the log cannot be started")?;
    let manager = Arc::new(Manager::from_environment());
    let web = Arc::new(WebConfig::open(settings.web.config.file.as_deref())?);
    let access = Arc::new(Access::open(&settings, web.is_tls())?);
    let sockets = wattle_door::listen(&settings.listen)?;
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get().min(8));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(8)
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        let store = stores::open(&settings.store).await?;
        let health = Arc::new(Health::default());
        let service = Arc::new(Service::over(Shared(Arc::clone(&store))));
        let fleet = fleet::start(&settings.fleet, &store, &service).await?;
        let api = own::api(&service, fleet.clone(), settings.policies.clone());
        follow::start(&store, &service, &health, &api.news()).await;
        own::tell(&api);
        let (teller, asked) = (Arc::clone(&manager), Arc::clone(&health));
        let mendable = settings.store.etcd.is_none();
        tokio::spawn(async move { teller.attend("serving", || asked.condition(mendable)).await });
        let metrics =
            Metrics::new(Arc::clone(&health), Arc::clone(&api)).with(|registry| fleet.register(registry));
        let front = Front::new(service, Arc::clone(&access), health, metrics, Arc::clone(&api));
        let door = Door::to_office(Arc::new(front), Arc::clone(&web), limits(&settings));
        for socket in &sockets {
            tracing::info!(address = %socket.local_addr()?, tls = web.is_tls(), "listening");
        }
        let reloaded = Reloaded {
            web,
            access,
            level,
            api,
            manager: Arc::clone(&manager),
        };
        let ended = until_told_to_end(given.clone(), reloaded)?;
        let served = door.serve(sockets, ended).await;
        fleet.end().await;
        served.context("the sockets cannot be served")
    });
    manager.stopping();
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}

fn limits(settings: &Settings) -> wattle_door::Limits {
    wattle_door::Limits {
        connections: settings.limits.connections,
        errands: settings.limits.requests,
        target: LONGEST_TARGET,
        head: LONGEST_HEAD,
        bodies: BODIES,
        closing: CLOSING,
        ..wattle_door::Limits::default()
    }
}

/// What takes new settings while it runs.
struct Reloaded {
    web: Arc<WebConfig>,
    access: Arc<Access>,
    level: Level,
    api: Arc<Api>,
    manager: Arc<Manager>,
}

/// A future that reloads whenever asked and is ready when it is time to end.
fn until_told_to_end(given: Given, reloaded: Reloaded) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => reloaded.reload(&given),
            }
        }
        tracing::info!("ending: requests under way are answered first");
        // Streams of events would never end by themselves.
        reloaded.api.hub().close();
    })
}

impl Reloaded {
    fn reload(&self, given: &Given) {
        self.manager.reloading();
        match self.take(given) {
            Ok(()) => tracing::info!("roles, policies, web configuration and log level are read anew"),
            Err(error) => tracing::error!("reload refused, what was before stays: {error:#}"),
        }
        self.manager.reloaded();
    }

    /// Takes what can be taken without a restart.
    fn take(&self, given: &Given) -> anyhow::Result<()> {
        let settings = given.load()?;
        let roles = access::read(&settings)?;
        self.web.reload()?;
        self.access.replace(roles);
        self.api.set_policies(settings.policies);
        self.level.set(log::filter(settings.log.level));
        Ok(())
    }
}
