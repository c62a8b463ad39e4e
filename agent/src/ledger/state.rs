//! What of the ledger outlives the agent.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeSeq;
use wattle_attribution::FitPoint;

use super::Ledger;
use super::carbon::CarbonState;
use super::carbon::Emissions;
use crate::component::Component;
use crate::component::PerComponent;
use crate::sample::AccountSource;
use crate::sample::PerFlow;
use crate::workload::Identity;

/// Everything needed to go on counting where an earlier run stopped.
#[derive(Debug, Deserialize)]
pub struct LedgerState {
    pub(super) at: Duration,
    pub(super) uptime_ticks: Option<u64>,
    pub(super) ticks: u64,
    pub(super) busy_usec: Option<u64>,
    pub(super) interrupt_usec: Option<u64>,
    pub(super) sockets: Vec<SocketState>,
    pub(super) host_uj: PerComponent<u64>,
    pub(super) seen: PerComponent<bool>,
    pub(super) retired_uj: PerComponent<u64>,
    pub(super) workloads_over_limit: u64,
    pub(super) zones: Vec<ZoneState>,
    pub(super) models: Vec<ModelState>,
    pub(super) workloads: Vec<WorkloadState>,
    pub(super) accounts: Vec<AccountState>,
    /// Not in states of hosts that never had an intensity.
    #[serde(default)]
    pub(super) carbon: Option<CarbonState>,
    /// Not in states of the first version.
    #[serde(default)]
    pub(super) flows: Vec<(String, u64, u64)>,
}

impl LedgerState {
    /// What the host had used in all, in microjoules.
    pub fn host_total_uj(&self) -> u64 {
        self.host_uj.iter().sum()
    }

    /// What each workload emitted, in their order; nothing without end where nothing was saved.
    pub(super) fn emissions(&self) -> impl Iterator<Item = Emissions> {
        let saved = self
            .carbon
            .iter()
            .flat_map(|carbon| carbon.workloads.iter().copied());
        saved.chain(std::iter::repeat(Emissions::default()))
    }
}

/// The last CPU times of a socket.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct SocketState {
    pub(super) socket: u32,
    pub(super) busy_usec: u64,
    pub(super) idle_usec: u64,
}

/// One energy counter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ZoneState {
    pub(super) id: String,
    pub(super) last: Option<(u64, Duration)>,
    pub(super) total_uj: u64,
    pub(super) wrap: u64,
    pub(super) reset: u64,
    pub(super) implausible: u64,
}

/// What was learnt of one component of one socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ModelState {
    pub(super) component: Component,
    pub(super) socket: Option<u32>,
    pub(super) points: Vec<FitPoint>,
    pub(super) lowest_mw: Option<u32>,
}

/// One workload.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WorkloadState {
    pub(super) identity: Identity,
    pub(super) energy_uj: PerComponent<u64>,
    pub(super) cpu_usec: u64,
    pub(super) created_ms: u64,
    pub(super) unseen_ms: u64,
    /// These two are not in states of the first version.
    #[serde(default)]
    pub(super) network: Option<[u64; 2]>,
    #[serde(default)]
    pub(super) block: Option<[u64; 2]>,
}

/// A workload to be saved, borrowed.
#[derive(Debug)]
pub(super) struct WorkloadRef<'a> {
    pub(super) identity: &'a Identity,
    pub(super) energy_uj: PerComponent<u64>,
    pub(super) cpu_usec: u64,
    pub(super) created_ms: u64,
    pub(super) unseen_ms: u64,
    pub(super) bytes: PerFlow<Option<[u64; 2]>>,
}

/// Written as a list, since names of fields would be most of the file. It is read as a [`WorkloadState`], whose fields
/// have the same order.
impl Serialize for WorkloadRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Identity {
            kind,
            id,
            name,
            details,
        } = self.identity;
        let identity = (kind, id, name, details);
        let [network, block] = self.bytes;
        let fields = (
            identity,
            self.energy_uj,
            self.cpu_usec,
            self.created_ms,
            self.unseen_ms,
            network,
            block,
        );
        fields.serialize(serializer)
    }
}

/// One account's last reading, short because there are many: a path, or a process and its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum AccountState {
    Cgroup(String, u64),
    Process(u32, u64, u64),
}

impl AccountState {
    pub(super) fn reading(&self) -> (AccountSource, u64) {
        match self {
            Self::Cgroup(path, usec) => (cgroup_source(path), *usec),
            Self::Process(pid, start_ticks, usec) => (
                AccountSource::Process {
                    pid: *pid,
                    start_ticks: *start_ticks,
                },
                *usec,
            ),
        }
    }
}

/// One flow's last reading, as [`super::flows::Flows`] takes it.
pub(super) fn flow_reading((source, to, from): &(String, u64, u64)) -> (Arc<str>, [u64; 2]) {
    (source.as_str().into(), [*to, *from])
}

/// Before the path of a cgroup of version 2 beside version 1, as in `/proc/PID/cgroup`.
const UNIFIED: &str = "0::";

fn cgroup_source(path: &str) -> AccountSource {
    match path.strip_prefix(UNIFIED) {
        Some(path) => AccountSource::Unified(path.into()),
        None => AccountSource::Cgroup(path.into()),
    }
}

/// A ledger is written as a [`LedgerState`], straight from where its figures stand.
impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written {
            at: self.at(),
            uptime_ticks: self.uptime_ticks,
            ticks: self.ticks,
            busy_usec: self.load.busy_usec,
            interrupt_usec: self.load.interrupt_usec,
            sockets: Seq(|| self.load.states()),
            host_uj: self.host_uj,
            seen: self.seen,
            retired_uj: self.book.retired_uj(),
            workloads_over_limit: self.book.over_limit(),
            zones: Seq(|| self.zones.states()),
            models: Seq(|| self.models.states()),
            workloads: Seq(|| self.book.states(self.at())),
            accounts: Seq(|| self.accounts.readings().map(BorrowedAccount::new)),
            carbon: self.carbon.state(&self.book),
            flows: Seq(|| {
                self.flows
                    .readings()
                    .map(|(source, [to, from])| (source, to, from))
            }),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Written<S: Serialize, Z: Serialize, M: Serialize, W: Serialize, A: Serialize, F: Serialize> {
    at: Duration,
    uptime_ticks: Option<u64>,
    ticks: u64,
    busy_usec: Option<u64>,
    interrupt_usec: Option<u64>,
    sockets: S,
    host_uj: PerComponent<u64>,
    seen: PerComponent<bool>,
    retired_uj: PerComponent<u64>,
    workloads_over_limit: u64,
    zones: Z,
    models: M,
    workloads: W,
    accounts: A,
    #[serde(skip_serializing_if = "Option::is_none")]
    carbon: Option<CarbonState>,
    flows: F,
}

#[derive(Serialize)]
#[serde(untagged)]
enum BorrowedAccount<'a> {
    Cgroup(&'a str, u64),
    Unified(Unified<'a>, u64),
    Process(u32, u64, u64),
}

/// A path with [`UNIFIED`] before it.
struct Unified<'a>(&'a str);

impl Serialize for Unified<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{UNIFIED}{}", self.0))
    }
}

impl<'a> BorrowedAccount<'a> {
    fn new((source, usec): (&'a AccountSource, u64)) -> Self {
        match source {
            AccountSource::Cgroup(path) => Self::Cgroup(path, usec),
            AccountSource::Unified(path) => Self::Unified(Unified(path), usec),
            AccountSource::Process { pid, start_ticks } => Self::Process(*pid, *start_ticks, usec),
        }
    }
}

/// A sequence that is made while it is written.
struct Seq<F>(F);

impl<F, I> Serialize for Seq<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for item in (self.0)() {
            sequence.serialize_element(&item)?;
        }
        sequence.end()
    }
}
