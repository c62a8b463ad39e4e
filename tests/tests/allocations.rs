//! What a tick allocates does not depend on how many processes and cgroups sit idle, and what has gone leaves nothing behind.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::time::Duration;

use allocation_counter::measure;
use tempfile::TempDir;
use wattle_agent::clock::Clock;
use wattle_agent::collect::Collector;
use wattle_agent::config::Keep;
use wattle_agent::config::Settings;
use wattle_agent::ledger::Ledger;
use wattle_agent::run::Assumed;
use wattle_agent::state_file::StateFile;
use wattle_hostfs::Roots;
use wattle_tests::fakehost::Churn;
use wattle_tests::fakehost::Host;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Layout;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use crate::harness::SECOND;
use crate::harness::VirtualClock;

/// Every turn that something takes once in many ticks comes in so many: limits, memory, memberships, file systems, zones.
const ALL_TURNS: usize = 64;
const MOST_FILES: usize = 8192;
const KEEP: Duration = Duration::from_secs(5);
/// Saving lists what was learnt of the host's power, of which one host may know more than the other.
const LEARNT: u64 = 8;
const LAYOUTS: [Layout; 3] = [Layout::V2, Layout::Hybrid, Layout::V1];

/// Workloads that begin in a second, and ticks until the host's floor is learnt and every table has its size.
const CHURNED: u32 = 100;
const SETTLING: u32 = 130;
/// Ten thousand workloads later.
const CHURNING: u32 = 10_000 / CHURNED;
/// Tables with room to grow may be larger by chance than they were: less than what would be a record for each workload.
const SLACK_BYTES: i64 = 256 << 10;

/// The parts of a tick, on a made-up host.
struct Tick {
    clock: VirtualClock,
    collector: Collector,
    ledger: Ledger,
    state: StateFile,
    host: Host,
    _dir: TempDir,
}

/// Allocations in reading, attributing and saving.
#[derive(Clone, Copy, Debug)]
struct Allocations {
    collect: u64,
    advance: u64,
    save: u64,
    /// Bytes that stay in use when the report has been shown and has gone.
    kept: i64,
}

impl Tick {
    fn new(spec: Spec) -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let dir = dir.unwrap();
        let clock = VirtualClock::new(spec.uptime, spec.uptime);
        let host = Host::create(&dir.path().join("host"), spec).unwrap();
        let collector = Collector::new(&Roots::below(&dir.path().join("host")), MOST_FILES);
        let mut settings = Settings::default();
        settings.limits.keep_ended = Keep(KEEP);
        let settings = Assumed::for_host(&collector).ledger_settings(&settings);
        let (state, ..) = StateFile::open(&dir.path().join("state"), "boot").unwrap();
        Self {
            ledger: Ledger::new(settings, clock.wall()),
            clock,
            collector,
            state,
            host,
            _dir: dir,
        }
    }

    /// A second passes, then it ticks.
    fn tick(&mut self) -> Allocations {
        self.host.step(SECOND).unwrap();
        self.clock.pass(SECOND);
        let (mut sample, mut report) = (None, None);
        let collect = measure(|| sample = Some(self.collector.collect(&self.clock)));
        let advance = measure(|| report = sample.take().map(|sample| self.ledger.advance(sample)));
        let save = measure(|| self.state.write(&self.ledger, false).unwrap());
        assert_eq!(report.as_ref().unwrap().conservation_error_uj, 0);
        let after = measure(|| drop(report.take()));
        Allocations {
            collect: collect.count_total,
            advance: advance.count_total,
            save: save.count_total,
            kept: [collect, advance, save, after]
                .map(|part| part.bytes_current)
                .iter()
                .sum(),
        }
    }

    /// What each tick allocates once everything is known and open, for as long as any turn takes to come again.
    fn steady(mut self) -> Vec<Allocations> {
        for _ in 0..ALL_TURNS {
            self.tick();
        }
        (0..ALL_TURNS).map(|_| self.tick()).collect()
    }
}

/// A host with so many idle processes outside of workloads, and so many idle services.
fn idle(layout: Layout, processes: u32, services: u32) -> Spec {
    let service = |number| WorkloadSpec::new(Kind::Service, &format!("idle-{number}"), Load::Constant(0));
    let loose = WorkloadSpec::new(Kind::Loose, "loose", Load::Constant(0)).processes(processes);
    Spec {
        layout,
        workloads: (0..services).map(service).chain([loose]).collect(),
        ..Spec::default()
    }
}

#[track_caller]
fn assert_same(few: Spec, many: Spec) {
    let layout = few.layout;
    let (few, many) = (Tick::new(few).steady(), Tick::new(many).steady());
    for (tick, (few, many)) in few.iter().zip(&many).enumerate() {
        let about = format!("{layout:?}, tick {tick}: {few:?} and {many:?}");
        assert_eq!(
            (few.collect, few.advance),
            (many.collect, many.advance),
            "{about}"
        );
        assert!(few.save.abs_diff(many.save) <= LEARNT, "{about}");
    }
}

#[test]
fn a_tick_allocates_nothing_for_an_idle_process() {
    for layout in LAYOUTS {
        assert_same(idle(layout, 100, 20), idle(layout, 1000, 20));
    }
}

#[test]
fn a_tick_allocates_nothing_for_an_idle_workload() {
    for layout in LAYOUTS {
        assert_same(idle(layout, 10, 50), idle(layout, 10, 500));
    }
}

#[test]
fn ten_thousand_workloads_that_came_and_went_leave_no_memory_and_no_descriptor_behind() {
    let churn = Churn {
        processes_per_second: CHURNED,
        cgroups_per_second: CHURNED,
    };
    let mut tick = Tick::new(Spec {
        churn,
        ..idle(Layout::V2, 10, 10)
    });
    (0..SETTLING).for_each(|_| drop(tick.tick()));
    let before = descriptors();
    let kept: i64 = (0..CHURNING).map(|_| tick.tick().kept).sum();
    assert!(kept < SLACK_BYTES, "{kept} bytes");
    let after = descriptors();
    assert!(after <= before + 8, "{before} descriptors, and then {after}");
}

/// How many this process has open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}
