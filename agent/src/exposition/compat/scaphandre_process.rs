//! Scaphandre's names of processes. The agent counts workloads: each has a series of its own, with its larger processes beside it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::point::Label;
use super::Points;
use super::energy;
use crate::ledger::WorkloadReport;
use crate::sample::FlowKind;
use crate::snapshot::Snapshot;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::Label as Detail;

/// Those after the third are there only where they say something, as Scaphandre has them.
pub(super) const LABELS: &[&str] = &[
    "pid",
    "exe",
    "cmdline",
    "vmname",
    "container_scheduler",
    "container_runtime",
    "container_id",
    "container_names",
    "kubernetes_node_name",
    "kubernetes_pod_name",
    "kubernetes_pod_namespace",
];

type Labels<'s> = [Label<'s>; LABELS.len()];

/// The command line stays empty: there are secrets in command lines, and labels are shown to everybody.
fn labels<'s>(
    snapshot: &'s Snapshot,
    (pid, exe): (Option<u32>, &'s str),
    identity: &'s Identity,
) -> Labels<'s> {
    let mut labels = [Label::Absent; LABELS.len()];
    labels[0] = pid.into();
    labels[1] = exe.into();
    labels[2] = "".into();
    let known = |detail| identity.details.get(detail).map_or(Label::Absent, Label::Text);
    let name = identity.name.as_str().into();
    match identity.kind {
        Kind::Vm => labels[3] = name,
        Kind::Container => {
            let kubernetes = identity.details.get(Detail::Platform) == Some("kubernetes");
            let docker = identity.details.get(Detail::Runtime) == Some("docker");
            labels[4] = match (kubernetes, docker) {
                (true, _) => "kubernetes".into(),
                (false, true) => "docker".into(),
                (false, false) => Label::Absent,
            };
            labels[5] = known(Detail::Runtime);
            labels[6] = identity.id.as_str().into();
            labels[7] = name;
            if kubernetes {
                labels[8] = snapshot.machine.name.as_str().into();
                labels[9] = known(Detail::Pod);
                labels[10] = known(Detail::Namespace);
            }
        }
        _ => {}
    }
    labels
}

/// A series: a process, or a workload as if it were one, which has no number.
struct Consumer<'s> {
    pid: Option<u32>,
    exe: &'s str,
    workload: &'s Identity,
    value: u64,
}

impl<'s> Consumer<'s> {
    /// A VM is called by its hypervisor, a container by its name, and anything else by its cgroup, which no other has.
    fn whole(workload: &'s Identity, value: u64) -> Self {
        let exe = match workload.kind {
            Kind::Vm => workload.details.get(Detail::Runtime).unwrap_or(&workload.name),
            Kind::Container => &workload.name,
            _ => &workload.id,
        };
        Self {
            pid: None,
            exe,
            workload,
            value,
        }
    }

    /// What is seen of it.
    fn key(&self) -> (Option<u32>, &'s str, Kind, &'s str) {
        let name = match self.workload.kind {
            Kind::Vm => self.workload.name.as_str(),
            Kind::Container => self.workload.id.as_str(),
            _ => "",
        };
        (self.pid, self.exe, self.workload.kind, name)
    }

    fn labels(&self, snapshot: &'s Snapshot) -> Labels<'s> {
        labels(snapshot, (self.pid, self.exe), self.workload)
    }
}

/// The same with those added up that cannot be told apart by their labels, as two VMs of one name.
fn distinct<'s>(all: impl Iterator<Item = Consumer<'s>>) -> Vec<Consumer<'s>> {
    let mut distinct: Vec<Consumer<'s>> = Vec::new();
    let mut places = HashMap::new();
    for consumer in all {
        match places.entry(consumer.key()) {
            Entry::Occupied(place) => {
                let known: &mut Consumer<'s> = &mut distinct[*place.get()];
                known.value = known.value.saturating_add(consumer.value);
            }
            Entry::Vacant(place) => {
                place.insert(distinct.len());
                distinct.push(consumer);
            }
        }
    }
    distinct
}

/// Those that run: nobody runs what is there with nobody running.
fn running(snapshot: &Snapshot) -> impl Iterator<Item = &WorkloadReport> {
    let workloads = snapshot.host.workloads.iter();
    workloads.filter(|workload| workload.alive && workload.identity.kind != Kind::Idle)
}

/// A figure of every workload that has it.
fn workloads<'s>(
    snapshot: &'s Snapshot,
    figure: impl Fn(&WorkloadReport) -> Option<u64>,
) -> Vec<Consumer<'s>> {
    distinct(
        running(snapshot).filter_map(|workload| Some(Consumer::whole(&workload.identity, figure(workload)?))),
    )
}

pub(super) fn power<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let mut shown: HashMap<&Identity, u64> = HashMap::new();
    let processes = snapshot.host.processes.iter().flat_map(|all| &all.largest);
    let processes: Vec<_> = processes
        .map(|process| Consumer {
            pid: Some(process.pid),
            exe: &process.comm,
            workload: &process.workload,
            value: process.latest_uj,
        })
        .collect();
    for process in &processes {
        *shown.entry(process.workload).or_default() += process.value;
    }
    let rest = workloads(snapshot, |workload| {
        let all: u64 = workload.latest_uj.iter().sum();
        let apart = shown.get(&*workload.identity).copied().unwrap_or(0);
        Some(all.saturating_sub(apart))
    });
    for consumer in distinct(processes.into_iter()).iter().chain(&rest) {
        if let Some(microwatts) = energy::microwatts(snapshot, consumer.value) {
            points.number(consumer.labels(snapshot), microwatts);
        }
    }
}

pub(super) fn cpu<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for consumer in workloads(snapshot, |workload| Some(workload.latest_cpu_usec)) {
        if let Some(percent) = energy::cpu_percent(snapshot, consumer.value) {
            points.number(consumer.labels(snapshot), percent);
        }
    }
}

pub(super) fn memory<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let bytes = |workload: &WorkloadReport| {
        let memory = workload.memory;
        memory.working_set_bytes.or(memory.anonymous_bytes)
    };
    for consumer in workloads(snapshot, bytes) {
        points.whole(consumer.labels(snapshot), consumer.value);
    }
}

pub(super) fn read<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    blocks(snapshot, points, 0);
}

pub(super) fn written<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    blocks(snapshot, points, 1);
}

fn blocks<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>, direction: usize) {
    let bytes = |workload: &WorkloadReport| Some(workload.bytes[FlowKind::Block.index()]?[direction]);
    for consumer in workloads(snapshot, bytes) {
        points.whole(consumer.labels(snapshot), consumer.value);
    }
}
