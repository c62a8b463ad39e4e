//! Replayed intensities against an integral made by hand.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use wattle_attribution::IdlePolicy;

use super::HostReport;
use super::Ledger;
use super::LedgerSettings;
use super::LedgerState;
use crate::carbon::Grid;
use crate::carbon::Intensity;
use crate::carbon::Step;
use crate::carbon::Steps;
use crate::config::Carbon;
use crate::power_model::PowerModel;
use crate::sample::AccountSample;
use crate::sample::CpuSample;
use crate::sample::Sample;
use crate::sample::SocketTimes;

const WALL: u64 = 1_780_000_000;

fn settings() -> LedgerSettings {
    LedgerSettings {
        interval: Duration::from_secs(1),
        idle_policy: IdlePolicy::Host,
        keep: Duration::from_secs(20),
        limit: 10,
        top_processes: 0,
        power_model: PowerModel {
            idle_uw_per_core: 1_000_003,
            full_load_uw_per_core: 7_654_321,
        },
    }
}

/// A host of four cores with an energy that its model estimates.
fn sample(millis: u64, busy_millis: u64, grid: Option<Arc<Grid>>) -> Sample {
    let at = Duration::from_millis(1_000_000 + millis);
    let all = 4 * at.as_millis() as u64;
    let socket = SocketTimes {
        socket: 0,
        cpus: 4,
        cores: 4,
        busy_usec: busy_millis * 1000,
        idle_usec: (all - busy_millis) * 1000,
    };
    Sample {
        at,
        wall: Duration::from_secs(WALL) + Duration::from_millis(millis),
        uptime_ticks: Some(at.as_millis() as u64 / 10),
        cpu: Some(CpuSample {
            sockets: vec![socket],
            ..CpuSample::default()
        }),
        accounts: Vec::<AccountSample>::new(),
        grid,
        ..Sample::default()
    }
}

/// A grid with these steps, in milliseconds and grams.
fn grid(list: &[(u64, Option<u32>)], pue: &str) -> Arc<Grid> {
    let settings = Carbon {
        pue: pue.parse().unwrap(),
        ..Carbon::default()
    };
    let step = |&(millis, grams): &(u64, Option<u32>)| Step {
        from: Duration::from_secs(WALL) + Duration::from_millis(millis),
        intensity: grams.and_then(|grams| Intensity::from_grams(f64::from(grams))),
    };
    Arc::new(Grid {
        steps: Steps::new(list.iter().map(step).collect()),
        ..Grid::unknown(&settings, crate::carbon::Trouble::Waiting)
    })
}

/// What is known of each millisecond, one after the other; the last step at or before it counts.
fn by_hand(list: &[(u64, Option<u32>)], energy_uj: u64, (from, to): (u64, u64)) -> (f64, f64) {
    let at = |millis: u64| {
        let before = list.iter().filter(|(start, _)| *start <= millis);
        before
            .max_by_key(|(start, _)| *start)
            .and_then(|(_, grams)| *grams)
    };
    let mut sums = (0.0, 0.0);
    for millis in from..to {
        let joules = energy_uj as f64 / 1e6 / (to - from) as f64;
        match at(millis) {
            Some(grams) => sums.0 += joules / 3.6e6 * f64::from(grams),
            None => sums.1 += joules,
        }
    }
    sums
}

fn total(report: &HostReport) -> (u128, u128, u128) {
    let carbon = report.carbon.as_ref().unwrap();
    let sum = |grams: [super::Grams; 3]| grams.iter().map(|grams| grams.milligrams()).sum::<u128>();
    let workloads = report.workloads.iter().map(|workload| sum(workload.carbon)).sum();
    (sum(carbon.host), workloads, sum(carbon.retired))
}

fn latest_uj(report: &HostReport) -> u64 {
    let components = report.components.iter().flatten();
    components.filter_map(|component| component.latest_uj).sum()
}

fn restarted(ledger: &Ledger) -> Ledger {
    let text = serde_json::to_string(ledger).unwrap();
    let state: LedgerState = serde_json::from_str(&text).unwrap();
    Ledger::restore(settings(), &state, true, &[], Duration::from_secs(WALL))
}

#[test]
fn nothing_is_shown_or_saved_where_no_intensity_is_configured() {
    let mut ledger = Ledger::new(settings(), Duration::from_secs(WALL));
    ledger.advance(sample(0, 0, None));
    let report = ledger.advance(sample(1000, 2000, None));
    assert!(report.carbon.is_none());
    assert!(!serde_json::to_string(&ledger).unwrap().contains("\"carbon\""));
}

#[test]
fn a_kilowatt_hour_weighs_what_the_grid_says_times_what_the_building_adds() {
    let (mut ledger, grid) = (
        Ledger::new(settings(), Duration::from_secs(WALL)),
        grid(&[(0, Some(300))], "1.5"),
    );
    ledger.advance(sample(0, 0, Some(grid.clone())));
    let mut report = ledger.advance(sample(1000, 4000, Some(grid.clone())));
    for second in 2..=3600 {
        report = ledger.advance(sample(second * 1000, second * 4000, Some(grid.clone())));
    }
    // Four cores of 7.654321 W for an hour.
    let milligrams = 4.0 * 7.654_321 / 1000.0 * 300.0 * 1.5 * 1000.0;
    assert!((total(&report).0 as f64 - milligrams).abs() <= 1.0, "{report:?}");
}

#[test]
fn an_intensity_that_goes_away_takes_nothing_with_it() {
    let mut ledger = Ledger::new(settings(), Duration::from_secs(WALL));
    ledger.advance(sample(0, 0, None));
    ledger.advance(sample(1000, 100, None));
    let shown = ledger.advance(sample(2000, 4000, Some(grid(&[(0, Some(5000))], "1"))));
    let grams = total(&shown).0;
    assert!(grams > 0);
    assert!(ledger.advance(sample(3000, 8000, None)).carbon.is_none());
    let mut ledger = restarted(&ledger);
    let report = ledger.advance(sample(4000, 12_000, Some(grid(&[], "1"))));
    assert_eq!(total(&report).0, grams);
    let unknown = report.carbon.as_ref().unwrap().unknown_uj;
    assert_eq!(unknown, latest_uj(&report));
}

proptest! {
    #[test]
    fn a_recording_weighs_what_an_integral_by_hand_gives_over_changes_gaps_and_restarts(
        list in proptest::collection::vec((0_u64..120_000, proptest::option::of(0_u32..2000)), 0..12),
        other in proptest::collection::vec((0_u64..120_000, proptest::option::of(0_u32..2000)), 0..12),
        ticks in proptest::collection::vec((200_u64..9000, 0_u64..5, any::<bool>()), 3..24),
        change in 0_usize..24,
    ) {
        let mut ledger = Ledger::new(settings(), Duration::from_secs(WALL));
        let (mut millis, mut busy, mut before) = (0, 0, 0);
        let (mut grams, mut unknown) = (0.0, 0.0);
        ledger.advance(sample(0, 0, Some(grid(&list, "1.25"))));
        for (index, (length, load, restart)) in ticks.into_iter().enumerate() {
            let steps = if index < change { &list } else { &other };
            if restart {
                ledger = restarted(&ledger);
            }
            let from = millis;
            millis += length;
            busy += length * load;
            let report = ledger.advance(sample(millis, busy, Some(grid(steps, "1.25"))));
            let (known, missing) = by_hand(steps, latest_uj(&report), (from, millis));
            grams += known * 1.25;
            unknown += missing;
            let (host, workloads, retired) = total(&report);
            prop_assert!((host as f64 - grams * 1000.0).abs() <= 1.0, "{host} {grams}");
            prop_assert!(host.abs_diff(workloads + retired) <= report.workloads.len() as u128 + 3);
            prop_assert!(host >= before);
            before = host;
            let missed = report.carbon.as_ref().unwrap().unknown_uj as f64 / 1e6;
            prop_assert!((missed - unknown).abs() < 1e-3, "{missed} {unknown}");
        }
    }
}
