//! What works on this machine, what does not, and what to do.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::collect::Collector;
use crate::component::Component;
use crate::config::Settings;
use crate::latency::examine::examine;
use crate::ledger::HostReport;
use crate::ledger::Ledger;
use crate::run::Assumed;
use crate::sensor::SensorState;

/// Between its two readings: enough for every counter to move.
const PAUSE: Duration = Duration::from_millis(500);
/// The agent makes no sense without these.
const VITAL: [&str; 1] = ["cpu"];
/// Descriptors are needed for a moment only.
const FILES: usize = 256;

/// How the machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Healthy,
    Degraded,
    Unusable,
}

#[derive(Debug, Serialize)]
struct Findings<'r> {
    verdict: Verdict,
    processor: &'r str,
    workloads: usize,
    sensors: &'r [SensorState],
}

/// Reads everything twice and prints what came of it.
pub fn run(settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let mut collector = Collector::new(&settings.roots(), FILES).with_nesting(settings.workload.nesting);
    let processor = collector.topology().model_name.clone();
    let ledger_settings = Assumed::for_host(&collector).ledger_settings(settings);
    let mut ledger = Ledger::new(ledger_settings, SystemClock.wall());
    ledger.advance(collector.collect(&SystemClock));
    std::thread::sleep(PAUSE);
    let mut report = ledger.advance(collector.collect(&SystemClock));
    report.sensors.extend(examine(settings, &SystemClock));
    let verdict = verdict(&report.sensors);
    let findings = Findings {
        verdict,
        processor: &processor,
        workloads: report.workloads.len(),
        sensors: &report.sensors,
    };
    let text = if json {
        serde_json::to_string_pretty(&findings)?
    } else {
        describe(&findings, &report)
    };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(match verdict {
        Verdict::Healthy => ExitCode::SUCCESS,
        Verdict::Degraded => ExitCode::from(1),
        Verdict::Unusable => ExitCode::from(2),
    })
}

fn verdict(sensors: &[SensorState]) -> Verdict {
    let down = |state: &&SensorState| !state.up;
    if sensors
        .iter()
        .filter(down)
        .any(|state| VITAL.contains(&&*state.sensor))
    {
        Verdict::Unusable
    } else if sensors.iter().any(|state| down(&state)) {
        Verdict::Degraded
    } else {
        Verdict::Healthy
    }
}

fn describe(findings: &Findings<'_>, report: &HostReport) -> String {
    let mut lines = vec![format!("processor   {}", findings.processor)];
    for state in findings.sensors {
        let word = if state.up { "ok" } else { "no" };
        lines.push(format!("{word:<4}{:<28}{}", state.sensor, state.reason));
        if !state.up && !state.advice.is_empty() {
            lines.push(format!("    {:<28}-> {}", "", state.advice));
        }
    }
    for (component, energy) in Component::ALL.iter().zip(&report.components) {
        if let Some(energy) = energy {
            let quality = energy.latest_uj.map_or("unknown", |_| energy.quality.as_str());
            lines.push(format!("power       {} is {quality}", component.as_str()));
        }
    }
    lines.push(format!("workloads   {}", findings.workloads));
    lines.push(format!("verdict     {:?}", findings.verdict).to_lowercase());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::Quality;

    fn sensor(name: &'static str, up: bool) -> SensorState {
        SensorState {
            sensor: name.into(),
            source: "".into(),
            quality: Quality::Measured,
            up,
            reason: "".into(),
            advice: "".into(),
            took: None,
        }
    }

    #[test]
    fn the_verdict_is_as_bad_as_what_is_missing() {
        for (cpu, powercap, expected) in [
            (true, true, Verdict::Healthy),
            (true, false, Verdict::Degraded),
            (false, true, Verdict::Unusable),
        ] {
            assert_eq!(
                verdict(&[sensor("cpu", cpu), sensor("powercap", powercap)]),
                expected
            );
        }
    }
}
