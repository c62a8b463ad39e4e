//! CPU time of a tick beside others that read the same.

use anyhow::Result;
use sysinfo::System;
use wattle_agent::snapshot::Snapshot;

use crate::bare::Bare;
use crate::bare::Paths;
use crate::host::Host;
use crate::host::Placement;
use crate::rig::Rig;
use crate::rig::Stages;
use crate::samples::Samples;
use crate::table::Row;
use crate::table::Table;

/// Ticks until everything is open and known.
const WARM: usize = 70;
/// The slow one takes its turn once in so many rounds.
const SELDOM: usize = 10;
const BUDGET: f64 = 1.5;

/// Everybody who reads the host.
struct Readers {
    rig: Rig,
    usages: Bare,
    all: Bare,
    paths: Paths,
    buffer: Vec<u8>,
    system: System,
}

#[derive(Default)]
struct Figures {
    stages: Stages,
    usages: Samples,
    all: Samples,
    opened: Samples,
    system: Samples,
}

pub(crate) fn measure(
    host: &Host,
    placement: Placement,
    rounds: usize,
    table: &mut Table,
) -> Result<Snapshot> {
    let mut readers = Readers::new(host)?;
    let mut figures = Figures::default();
    for round in 0..rounds {
        readers.turn(round, &mut figures)?;
    }
    show(&figures, &readers.paths, (host, placement), table);
    Ok(readers.rig.snapshot())
}

impl Readers {
    fn new(host: &Host) -> Result<Self> {
        let mut rig = Rig::new(&host.roots())?;
        for _ in 0..WARM {
            rig.tick(&mut Stages::default())?;
        }
        let paths = Paths::kept_open(&host.roots())?;
        Ok(Self {
            rig,
            usages: Bare::open(&paths.usages())?,
            all: Bare::open(&paths)?,
            paths,
            buffer: vec![0; 64 << 10],
            system: System::new(),
        })
    }

    /// The agent and the bare loop go first by turns: who does finds the kernel's data out of the caches, and leaves it there.
    fn turn(&mut self, round: usize, figures: &mut Figures) -> Result<()> {
        if round.is_multiple_of(2) {
            self.rig.tick(&mut figures.stages)?;
            figures.all.take(|| self.all.read());
        } else {
            figures.all.take(|| self.all.read());
            self.rig.tick(&mut figures.stages)?;
        }
        figures.usages.take(|| self.usages.read());
        figures.opened.take(|| self.paths.open_and_read(&mut self.buffer));
        if round.is_multiple_of(SELDOM) {
            figures.system.take(|| self.system.refresh_all());
        }
        Ok(())
    }
}

fn show(figures: &Figures, paths: &Paths, (host, placement): (&Host, Placement), table: &mut Table) {
    let stages = &figures.stages;
    let bare = format!("bare loop: all that the agent reads ({})", paths.describe());
    let usages = format!("bare loop: CPU times alone ({})", paths.usages().describe());
    table.group(placement.describe());
    for (what, samples) in [
        (bare.as_str(), &figures.all),
        (usages.as_str(), &figures.usages),
        ("the same files, opened and closed each time", &figures.opened),
        ("sysinfo, full refresh of this machine", &figures.system),
        ("agent: read (collect)", &stages.collect),
        ("agent: attribute (advance)", &stages.advance),
        ("agent: save the state", &stages.save),
        ("agent: publish", &stages.publish),
    ] {
        table.add(Row::cpu(what, samples).beside(&figures.all));
    }
    let whole = Row::cpu("agent: whole tick", &stages.whole).beside(&figures.all);
    table.add(if host.is_real() {
        whole.at_most_times(BUDGET)
    } else {
        whole
    });
}
