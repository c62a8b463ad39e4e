//! A replayed recording of an intensity against an integral made by hand.

use std::path::Path;
use std::time::Duration;

use wattle_agent::config::CarbonSource;
use wattle_agent::config::Settings;

use super::worlds::small;
use crate::harness::Agent;
use crate::harness::SECOND;
use crate::harness::Scrape;
use crate::harness::Simulated;

/// Rows of three minutes, as recordings have them, with a row that says nothing and a gap at the end.
const ROWS: [(u64, u64); 4] = [(0, 250), (180, 37), (360, 812), (540, 5)];
const LENGTH: u64 = 720;

fn record(dir: &Path) -> std::path::PathBuf {
    let rows: String = ROWS
        .iter()
        .map(|(second, grams)| format!("{second},{grams}\n"))
        .collect();
    let file = dir.join("trace.csv");
    std::fs::write(&file, rows).unwrap();
    file
}

fn replayed(settings: &mut Settings, file: &Path, start: Duration) {
    settings.carbon.source = CarbonSource::File;
    settings.carbon.file.path = Some(file.to_path_buf());
    settings.carbon.file.start = Some(start.as_secs().to_string().parse().unwrap());
    settings.carbon.file.speed = "4".parse().unwrap();
}

/// Grams per kilowatt-hour at so many seconds after the start, at four times the speed.
fn at(second: u64) -> Option<u64> {
    let row = ROWS.iter().rev().find(|(from, _)| *from <= second * 4)?;
    (second * 4 < LENGTH).then_some(row.1)
}

fn host_uj(scrape: &Scrape) -> i128 {
    scrape.sum("wattle_host_energy_joules_total", &[])
}

#[test]
fn a_replay_weighs_what_an_integral_by_hand_gives_over_changes_and_restarts_and_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let file = record(dir.path());
    let spec = small();
    let start = Duration::from_secs(spec.boot_time) + spec.uptime;
    let mut sim = Simulated::with(spec, |settings| replayed(settings, &file, start));
    let mut before = sim.tick();
    let (mut milligrams, mut unknown_uj) = (0.0, 0);
    for second in 0..200 {
        if second % 61 == 60 {
            let leave: fn(&mut Agent) = if second == 60 { Agent::kill } else { Agent::stop };
            leave(&mut sim);
            sim.start();
        }
        let now = sim.after(SECOND);
        let used = host_uj(&now) - host_uj(&before);
        match at(second) {
            // Grams per kilowatt-hour are nanograms per 3.6 microjoules.
            Some(grams) => milligrams += used as f64 * grams as f64 / 3.6e9,
            None => unknown_uj += used,
        }
        let grams = "wattle_host_carbon_grams_total";
        let shown = now.sum(grams, &[]) as f64 / 1e3;
        assert!(
            (shown - milligrams).abs() < 1.0,
            "{second}: {shown} mg, by hand {milligrams}"
        );
        let billed = now.sum("wattle_workload_carbon_grams_total", &[])
            + now.sum("wattle_retired_carbon_grams_total", &[]);
        assert!(
            (0..200).contains(&(now.sum(grams, &[]) - billed)),
            "in micrograms"
        );
        assert_eq!(
            now.sum("wattle_host_energy_of_unknown_carbon_joules_total", &[]),
            unknown_uj
        );
        before = now;
    }
    assert!(milligrams > 100.0 && unknown_uj > 0);
    assert_eq!(
        before.sensor("carbon"),
        (false, "the recording has ended".to_owned())
    );
}
