//! What follows from this sample and all before it.

use std::sync::Arc;
use std::time::Duration;

use wattle_attribution::IdlePolicy;
use wattle_hostfs::memory_stat::Memory;
use wattle_hostfs::powercap::Zone;

use super::carbon::CarbonReport;
use super::carbon::Grams;
use super::zones::ZoneEvents;
use crate::component::PerComponent;
use crate::sample::HostSample;
use crate::sample::PerFlow;
use crate::sensor::Quality;
use crate::sensor::SensorState;
use crate::workload::Identity;

/// The host's figures after a tick: a value, and nothing but a value.
#[derive(Clone, Debug, Default)]
pub struct HostReport {
    /// When the tick was, on the agent's steady clock.
    pub at: Duration,
    /// When the tick was, since 1970.
    pub wall: Duration,
    /// The time since the tick before; nothing at the first.
    pub elapsed: Option<Duration>,
    /// How many ticks there were.
    pub ticks: u64,
    /// The energy counters, as the hardware has them.
    pub zones: Vec<ZoneReport>,
    /// The components that add up to the host, those that this host has.
    pub components: PerComponent<Option<ComponentReport>>,
    /// Every workload.
    pub workloads: Vec<WorkloadReport>,
    /// The processes that use most, where the operator wants to know of them.
    pub processes: Option<ProcessesReport>,
    /// What ended workloads used whose series have gone.
    pub retired_uj: PerComponent<u64>,
    /// By how much the workloads and the retired differ from the host. Always 0.
    pub conservation_error_uj: i128,
    /// Workloads that found no series of their own.
    pub workloads_over_limit: u64,
    /// Who pays for the static part.
    pub idle_policy: IdlePolicy,
    /// What is known of each socket's power.
    pub models: Vec<ModelReport>,
    /// CPU time by mode, all CPUs together.
    pub cpu: Option<CpuReport>,
    /// What the energy weighs, where an intensity is configured.
    pub carbon: Option<CarbonReport>,
    /// Memory, network, pressure, file systems, the agent itself.
    pub host: HostSample,
    /// CPU time that the agent used itself since the tick before.
    pub own_latest_cpu_usec: Option<u64>,
    /// How every source did.
    pub sensors: Vec<SensorState>,
}

/// One energy counter.
#[derive(Clone, Debug)]
pub struct ZoneReport {
    /// Which.
    pub zone: Arc<Zone>,
    /// What it counted while the agent watched, over all its turns.
    pub energy_uj: u64,
    /// What it counted in the last interval; nothing where it was not read at both ends, or not believed.
    pub latest_uj: Option<u64>,
    /// What else happened to it.
    pub events: ZoneEvents,
}

/// One component of the host.
#[derive(Clone, Copy, Debug)]
pub struct ComponentReport {
    /// What it used while the agent watched.
    pub energy_uj: u64,
    /// What it used in the last interval; nothing where no sensor answered.
    pub latest_uj: Option<u64>,
    /// How far the figures can be trusted.
    pub quality: Quality,
}

/// One workload.
#[derive(Clone, Debug)]
pub struct WorkloadReport {
    /// Who.
    pub identity: Arc<Identity>,
    /// What it was billed.
    pub energy_uj: PerComponent<u64>,
    /// What it was billed for the last interval.
    pub latest_uj: PerComponent<u64>,
    /// The carbon dioxide of its energy, as far as the intensity was known.
    pub carbon: PerComponent<Grams>,
    /// CPU time since the agent knows it.
    pub cpu_usec: u64,
    /// CPU time in the last interval.
    pub latest_cpu_usec: u64,
    /// Memory in use.
    pub memory: Memory,
    /// Bytes to it and from it; nothing where nobody can tell.
    pub bytes: PerFlow<Option<[u64; 2]>>,
    /// When its counters began, since 1970.
    pub created: Duration,
    /// It was seen in this tick.
    pub alive: bool,
}

/// The processes that use most energy. All three sums together are what was charged to all who ran.
#[derive(Clone, Debug, Default)]
pub struct ProcessesReport {
    /// They, the largest first.
    pub largest: Vec<ProcessReport>,
    /// What all others used, and these before they were among the largest.
    pub rest_uj: u64,
    /// What all others used in the last interval.
    pub rest_latest_uj: u64,
    /// What those used while they were among the largest that are not any more.
    pub left_uj: u64,
}

/// One process.
#[derive(Clone, Debug)]
pub struct ProcessReport {
    /// Its number.
    pub pid: u32,
    /// Its name when it became one of the largest.
    pub comm: Arc<str>,
    /// The workload that paid for it then.
    pub workload: Arc<Identity>,
    /// What it used since.
    pub energy_uj: u64,
    /// What it used in the last interval.
    pub latest_uj: u64,
    /// When it became one of the largest, since 1970.
    pub created: Duration,
}

/// The power of one component of one socket, as learnt or as assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelReport {
    /// The component.
    pub component: crate::component::Component,
    /// The socket; nothing for what belongs to the whole host.
    pub socket: Option<u32>,
    /// Microwatts with nobody running.
    pub static_uw: u64,
    /// Microwatts with every CPU busy, if that is known.
    pub full_load_uw: Option<u64>,
}

/// The host's CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuReport {
    /// Time by mode since boot; never less than shown before.
    pub times: wattle_hostfs::stat::CpuTimes,
    /// CPUs that are online.
    pub online: u32,
    /// How busy they were in the last interval, in millionths of all that they could have done.
    pub busy_ppm: Option<u32>,
}
