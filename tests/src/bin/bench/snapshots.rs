//! Snapshots of any size.

use anyhow::Context;
use anyhow::Result;
use wattle_agent::exposition::Encoding;
use wattle_agent::exposition::Format;
use wattle_agent::published::Board;
use wattle_agent::snapshot::Snapshot;
use wattle_agent::workload::Details;
use wattle_agent::workload::Identity;
use wattle_agent::workload::Kind;

/// As many series as the budget of a scrape speaks of.
pub(crate) const LARGE: usize = 10_000;

/// A snapshot with more containers, so that it has at least so many series.
pub(crate) fn grown(snapshot: &Snapshot, wanted: usize) -> Result<Snapshot> {
    let mut grown = snapshot.clone();
    let model = snapshot
        .host
        .workloads
        .iter()
        .find(|workload| !workload.identity.kind.is_permanent())
        .context("a host without workloads")?;
    while series(&grown)? < wanted {
        for _ in 0..100 {
            let name = format!("workload-{:05}", grown.host.workloads.len());
            let mut workload = model.clone();
            workload.identity = Identity::new(
                Kind::Container,
                &format!("/made.slice/{name}"),
                &name,
                Details::default(),
            );
            grown.host.workloads.push(workload);
        }
    }
    Ok(grown)
}

/// The lines of its exposition that are no comments.
pub(crate) fn series(snapshot: &Snapshot) -> Result<usize> {
    let board = Board::default();
    board.publish(snapshot.clone());
    let latest = board.latest().context("nothing published")?;
    let body = latest
        .body(Format::Text, Encoding::Identity)
        .context("cannot be rendered")?;
    let lines = body.split(|&byte| byte == b'\n');
    Ok(lines
        .filter(|line| line.first().is_some_and(|&byte| byte != b'#'))
        .count())
}
