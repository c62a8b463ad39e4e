//! More workloads than have series of their own, and bytes that come and go.

use std::time::Duration;

use wattle_attribution::IdlePolicy;
use wattle_hostfs::memory_stat::Memory;

use super::HostReport;
use super::Ledger;
use super::LedgerSettings;
use super::LedgerState;
use crate::power_model::PowerModel;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::sample::CpuSample;
use crate::sample::FlowKind;
use crate::sample::FlowSample;
use crate::sample::MemorySample;
use crate::sample::Sample;
use crate::sample::SocketTimes;
use crate::workload::Details;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::Label;

fn settings(limit: usize) -> LedgerSettings {
    LedgerSettings {
        interval: Duration::from_secs(1),
        idle_policy: IdlePolicy::Host,
        keep: Duration::from_secs(300),
        limit,
        top_processes: 0,
        power_model: PowerModel::for_processor(""),
    }
}

fn flow(id: u64, kind: FlowKind, bytes: [u64; 2], fresh: bool) -> FlowSample {
    FlowSample {
        id,
        source: format!("flow:{id}").into(),
        account: id % 100,
        kind,
        bytes,
        fresh,
    }
}

/// A second in which each of `accounts` ran a tenth of a second.
fn sample(second: u64, accounts: u64, details: &Details) -> Sample {
    let socket = SocketTimes {
        socket: 0,
        cpus: 4,
        cores: 4,
        busy_usec: second * accounts * 100_000,
        idle_usec: second * 2_000_000,
    };
    let account = |id| AccountSample {
        id,
        source: AccountSource::Cgroup(format!("/{id}").into()),
        workload: Identity::new(Kind::Container, &format!("/{id}"), "", details.clone()),
        found: Identity::permanent(Kind::System),
        inside: None,
        cpu_usec: second * 100_000,
        socket: None,
        reserved_millicpus: None,
    };
    Sample {
        at: Duration::from_secs(second),
        wall: Duration::from_secs(second),
        cpu: Some(CpuSample {
            sockets: vec![socket],
            ..CpuSample::default()
        }),
        accounts: (1..=accounts).map(account).collect(),
        ..Sample::default()
    }
}

fn sum<T: std::iter::Sum>(report: &HostReport, what: impl Fn(&super::WorkloadReport) -> T) -> T {
    let workloads = report.workloads.iter();
    workloads
        .filter(|workload| matches!(workload.identity.kind, Kind::Container | Kind::Other))
        .map(what)
        .sum()
}

#[test]
fn what_is_over_the_limit_is_summed_and_nothing_is_lost() {
    let mut ledger = Ledger::new(settings(2), Duration::ZERO);
    ledger.advance(sample(1, 5, &Details::default()));
    let mut then = sample(2, 5, &Details::default());
    for id in 1..=5 {
        let memory = Memory {
            anonymous_bytes: Some(10),
            working_set_bytes: Some(20),
        };
        then.memory.push(MemorySample { account: id, memory });
        then.flows.push(flow(id, FlowKind::Network, [100, 1000], true));
        then.flows.push(flow(100 + id, FlowKind::Block, [7, 70], true));
    }
    let report = ledger.advance(then);
    let named = report
        .workloads
        .iter()
        .filter(|workload| workload.identity.kind == Kind::Container);
    assert_eq!(named.count(), 2);
    assert_eq!(report.workloads_over_limit, 3);
    assert_eq!(report.conservation_error_uj, 0);
    assert_eq!(sum(&report, |workload| workload.cpu_usec), 500_000);
    assert_eq!(
        sum(&report, |workload| workload.memory.anonymous_bytes.unwrap_or(0)),
        50
    );
    assert_eq!(
        sum(&report, |workload| workload.memory.working_set_bytes.unwrap_or(0)),
        100
    );
    let bytes = |kind: FlowKind, direction: usize| {
        sum(&report, |workload| {
            workload.bytes[kind.index()].map_or(0, |bytes| bytes[direction])
        })
    };
    assert_eq!(
        (bytes(FlowKind::Network, 0), bytes(FlowKind::Network, 1)),
        (500, 5000)
    );
    assert_eq!((bytes(FlowKind::Block, 0), bytes(FlowKind::Block, 1)), (35, 350));
    let energy: u64 = sum(&report, |workload| workload.energy_uj.iter().sum());
    assert!(energy > 0);
}

#[test]
fn a_workload_over_the_limit_is_counted_once_however_often_more_becomes_known_of_it() {
    let mut ledger = Ledger::new(settings(1), Duration::ZERO);
    for (second, image) in [(1, "a"), (2, "b"), (3, "c")] {
        let details = Details::default().with(Label::Image, image);
        let report = ledger.advance(sample(second, 3, &details));
        assert_eq!(report.workloads_over_limit, 2);
    }
}

fn network(report: &HostReport) -> Option<[u64; 2]> {
    report
        .workloads
        .iter()
        .find(|workload| workload.identity.kind == Kind::Container)?
        .bytes[FlowKind::Network.index()]
}

#[test]
fn bytes_are_unknown_until_a_flow_is_found_and_count_from_there() {
    let mut ledger = Ledger::new(settings(9), Duration::ZERO);
    let report = ledger.advance(sample(1, 1, &Details::default()));
    assert_eq!(network(&report), None);
    for (second, flows, expected) in [
        (2, vec![flow(1, FlowKind::Network, [500, 50], false)], [0, 0]),
        (3, vec![flow(1, FlowKind::Network, [600, 51], false)], [100, 1]),
        (4, vec![], [100, 1]),
        // Another device that came while the agent watched.
        (5, vec![flow(101, FlowKind::Network, [7, 70], true)], [107, 71]),
        (6, vec![flow(1, FlowKind::Network, [600, 52], false)], [107, 72]),
    ] {
        let mut then = sample(second, 1, &Details::default());
        then.flows = flows;
        assert_eq!(network(&ledger.advance(then)), Some(expected), "{second}");
    }
}

#[test]
fn block_bytes_within_others_are_charged_once_and_network_bytes_are_their_own() {
    let mut ledger = Ledger::new(settings(9), Duration::ZERO);
    let nested = |second| {
        let mut sample = sample(second, 2, &Details::default());
        sample.accounts[1].source = AccountSource::Cgroup("/1/2".into());
        sample.accounts[1].inside = Some(1);
        sample
    };
    let mut report = HostReport::default();
    for (second, around, inside) in [(1, 0, 0), (2, 700, 500), (3, 700, 500), (4, 700, 500)] {
        let mut then = nested(second);
        then.flows = [FlowKind::Block, FlowKind::Network]
            .into_iter()
            .flat_map(|kind| {
                let id = 100 * (1 + kind.index() as u64);
                [
                    flow(id + 1, kind, [around, 0], true),
                    flow(id + 2, kind, [inside, 0], true),
                ]
            })
            .collect();
        report = ledger.advance(then);
    }
    let bytes = |id: &str, kind: FlowKind| {
        let mut found = report
            .workloads
            .iter()
            .filter(|workload| &*workload.identity.id == id);
        found.next().and_then(|workload| workload.bytes[kind.index()])
    };
    for (id, kind, expected) in [
        ("/1", FlowKind::Block, [200, 0]),
        ("/2", FlowKind::Block, [500, 0]),
        ("/1", FlowKind::Network, [700, 0]),
        ("/2", FlowKind::Network, [500, 0]),
    ] {
        assert_eq!(bytes(id, kind), Some(expected), "{id} {kind:?}");
    }
}

#[test]
fn bytes_go_on_over_a_restart_of_the_agent() {
    let mut ledger = Ledger::new(settings(9), Duration::ZERO);
    ledger.advance(sample(1, 1, &Details::default()));
    let mut then = sample(2, 1, &Details::default());
    then.flows = vec![flow(1, FlowKind::Network, [500, 50], true)];
    assert_eq!(network(&ledger.advance(then)), Some([500, 50]));
    let text = serde_json::to_string(&ledger).unwrap();
    let state: LedgerState = serde_json::from_str(&text).unwrap();
    for (same_boot, expected) in [(true, [560, 50]), (false, [500, 50])] {
        let mut again = Ledger::restore(settings(9), &state, same_boot, &[], Duration::from_secs(3));
        let mut later = sample(4, 1, &Details::default());
        // The numbers of flows are new, their sources are not. One direction was reset meanwhile.
        later.flows = vec![FlowSample {
            source: "flow:1".into(),
            ..flow(201, FlowKind::Network, [560, 40], false)
        }];
        assert_eq!(network(&again.advance(later)), Some(expected), "{same_boot}");
    }
}

#[test]
fn a_state_of_the_first_version_has_no_bytes() {
    let mut ledger = Ledger::new(settings(9), Duration::ZERO);
    ledger.advance(sample(1, 1, &Details::default()));
    let text = serde_json::to_string(&ledger).unwrap();
    let older = text.replace(",null,null]", "]").replace(",\"flows\":[]", "");
    assert_ne!(text, older);
    let state: LedgerState = serde_json::from_str(&older).unwrap();
    let mut restored = Ledger::restore(settings(9), &state, true, &[], Duration::ZERO);
    let report = restored.advance(sample(2, 1, &Details::default()));
    assert_eq!((network(&report), report.workloads.len() > 1), (None, true));
}
