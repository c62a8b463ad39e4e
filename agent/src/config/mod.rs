//! What the operator may decide.
//!
//! One table, [`keys::KEYS`], holds every setting: its name in YAML (dots are levels) and as a flag, its meaning, how it is set and how
//! it is shown. Flags, `--help`, the manual, `generate config` and the reader of single values all walk that table. The
//! types here say what a value may be; they refuse what is out of range wherever it comes from.

mod carbon;
mod carbon_keys;
mod file;
mod generate;
mod join;
mod keys;
mod latency;
mod location;
mod location_keys;
mod rules;
mod servers;
mod value;

use std::path::PathBuf;

use serde::Deserialize;
use wattle_attribution::IdlePolicy;
use wattle_hostfs::Roots;

pub use carbon::Accounting;
pub use carbon::Carbon;
pub use carbon::CarbonFile;
pub use carbon::CarbonHttp;
pub use carbon::CarbonPrometheus;
pub use carbon::CarbonProvider;
pub use carbon::CarbonSource;
pub use carbon::Factor;
pub use carbon::Grams;
pub use carbon::Moment;
pub use carbon::Pue;
pub use carbon::ServiceUrl;
pub use carbon::Span;
pub use carbon::TraceMode;
pub use file::ConfigError;
pub use file::load;
pub use generate::commented;
pub use keys::KEYS;
pub use keys::Key;
pub use latency::Dscp;
pub use latency::Latency;
pub use latency::PeerLimit;
pub use latency::SourcePorts;
pub use latency::UdpListen;
pub use location::Address;
pub use location::Country;
pub use location::Degrees;
pub use location::LocationHttp;
pub use location::LocationSettings;
pub use location::Name;
pub use location::Peer;
pub use location::PeerList;
pub use location::Telling;
pub use servers::Bits;
pub use servers::ControlServer;
pub use servers::Ports;
pub use servers::Servers;
pub use value::Interval;
pub use value::Keep;
pub use value::Limit;
pub use value::ListenList;
pub use value::LogFormat;
pub use value::LogLevel;
pub use value::SocketList;
pub use value::Top;
pub use value::Watts;

use crate::workload::Nesting;
use crate::workload::rules::Rules;

/// Where packages let the agent keep its state.
const STATE_DIR: &str = "/var/lib/wattle";

/// All settings. What is not set is the default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Addresses to listen on.
    pub listen: ListenList,
    /// Where the kernel's file systems are mounted.
    pub path: Paths,
    /// Where counters are kept over restarts.
    pub state_dir: PathBuf,
    /// The time between two ticks.
    pub interval: Interval,
    /// The HTTP side.
    pub web: Web,
    /// What is logged.
    pub log: Log,
    /// How energy is shared.
    pub power: Power,
    /// How far other hosts are.
    pub latency: Latency,
    /// Who the workloads are.
    pub workload: Workload,
    /// What the operator calls them.
    pub workloads: Rules,
    /// Bounds.
    pub limits: Limits,
    /// Where the host stands.
    pub location: LocationSettings,
    /// How clean the power is.
    pub carbon: Carbon,
    /// Single processes.
    pub processes: Processes,
}

/// `path.*`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Paths {
    /// procfs.
    pub procfs: PathBuf,
    /// sysfs.
    pub sysfs: PathBuf,
    /// The cgroup hierarchies.
    pub cgroup: PathBuf,
    /// What stands before mount points.
    pub rootfs: PathBuf,
}

/// `web.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Web {
    /// TLS and passwords.
    pub config: WebConfigFile,
}

/// `web.config.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebConfigFile {
    /// A file in the format of the Prometheus exporter toolkit.
    pub file: Option<PathBuf>,
}

/// `log.*`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Log {
    /// The least severe message that is written.
    pub level: LogLevel,
    /// The form of a message.
    pub format: LogFormat,
}

/// `power.*`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Power {
    /// Who pays for the static part.
    pub idle_policy: IdlePolicy,
    /// The power of a processor that does not count.
    pub estimate: Estimate,
}

/// `power.estimate.*`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Estimate {
    /// Watts of an idle core.
    pub idle_watts_per_core: Option<Watts>,
    /// Watts of a busy core.
    pub full_load_watts_per_core: Option<Watts>,
}

/// `workload.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workload {
    /// Who pays where one runs inside another.
    pub nesting: Nesting,
    /// Daemons that are asked about their containers.
    pub sockets: SocketList,
}

/// `limits.*`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Workloads with series of their own.
    pub workloads: Limit,
    /// How long an ended workload keeps its series.
    pub keep_ended: Keep,
}

/// `processes.*`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Processes {
    /// How many have series of their own.
    pub top: Top,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: ListenList::default(),
            path: Paths::default(),
            state_dir: PathBuf::from(STATE_DIR),
            interval: Interval::default(),
            web: Web::default(),
            log: Log::default(),
            power: Power::default(),
            latency: Latency::default(),
            workload: Workload::default(),
            workloads: Rules::default(),
            limits: Limits::default(),
            location: LocationSettings::default(),
            carbon: Carbon::default(),
            processes: Processes::default(),
        }
    }
}

impl Default for Paths {
    fn default() -> Self {
        let roots = Roots::default();
        Self {
            procfs: roots.proc,
            sysfs: roots.sys,
            cgroup: roots.cgroup,
            rootfs: roots.root,
        }
    }
}

impl Settings {
    /// What the types of single values cannot say.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.latency.check()?;
        self.carbon.check()?;
        self.location.check()?;
        let Estimate {
            idle_watts_per_core: idle,
            full_load_watts_per_core: full,
        } = self.power.estimate;
        match (idle, full) {
            (Some(idle), Some(full)) if idle > full => Err(ConfigError::Value {
                key: "power.estimate.full-load-watts-per-core",
                problem: format!("{full} is less than power.estimate.idle-watts-per-core, {idle}"),
            }),
            _ => Ok(()),
        }
    }

    /// Where everything is read.
    pub fn roots(&self) -> Roots {
        Roots {
            proc: self.path.procfs.clone(),
            sys: self.path.sysfs.clone(),
            cgroup: self.path.cgroup.clone(),
            root: self.path.rootfs.clone(),
        }
    }
}
