//! What the agent costs, beside a bare loop on the same files; `--help` says how to read it.

mod bare;
mod cells;
mod crowd;
mod door;
mod host;
mod machine;
mod options;
mod pages;
mod render;
mod resident;
mod rig;
mod samples;
mod snapshots;
mod table;
mod tick;

use std::io;

use anyhow::Result;
use clap::Parser;
use wattle_agent::snapshot::Snapshot;

use host::Host;
use options::Options;
use table::Table;

fn main() -> Result<()> {
    let options = Options::parse();
    machine::raise_file_limit();
    let host = Host::make(options.processes, options.cgroups)?;
    let mut table = Table::new(machine::line(), host.describe());
    let snapshot = measure_ticks(&host, &options, &mut table)?;
    let rounds = options.rounds();
    render::measure(&snapshot, rounds, &mut table)?;
    pages::measure(&snapshot, rounds.min(60), &mut table)?;
    let large = snapshots::grown(&snapshot, snapshots::LARGE)?;
    render::measure(&large, rounds.min(100), &mut table)?;
    pages::measure(&large, rounds.min(60), &mut table)?;
    door::measure(large, rounds * 10, &mut table)?;
    drop(host);
    let mut out = io::stdout().lock();
    if options.json {
        table.write_json(&mut out)
    } else {
        table.write_text(&mut out)
    }
}

/// Ticks with the processes in each place that there is; the agent itself runs where it costs most.
fn measure_ticks(host: &Host, options: &Options, table: &mut Table) -> Result<Snapshot> {
    let places = host.placements();
    let mut latest = None;
    for &placement in places {
        host.place(placement)?;
        let snapshot = tick::measure(host, placement, options.rounds(), table)?;
        if latest.is_none() {
            resident::measure(host, options.resident_ticks(), table)?;
            latest = Some(snapshot);
        }
    }
    Ok(latest.unwrap_or_default())
}
