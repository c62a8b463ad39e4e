//! CPU time of making what a scrape shows.

use anyhow::Context;
use anyhow::Result;
use wattle_agent::exposition::Encoding;
use wattle_agent::exposition::Format;
use wattle_agent::published::Board;
use wattle_agent::published::Published;
use wattle_agent::snapshot::Snapshot;

use crate::samples::Samples;
use crate::snapshots::series;
use crate::table::Row;
use crate::table::Table;

/// What a client may ask for. Each is packed after it was made, so that packing is seen alone.
const BODIES: [(&str, Format, Encoding); 5] = [
    ("text", Format::Text, Encoding::Identity),
    ("OpenMetrics", Format::OpenMetrics, Encoding::Identity),
    ("protobuf", Format::Protobuf, Encoding::Identity),
    ("text packed with gzip", Format::Text, Encoding::Gzip),
    ("protobuf packed with gzip", Format::Protobuf, Encoding::Gzip),
];

#[derive(Default)]
struct Figures {
    first: Samples,
    again: Samples,
    length: usize,
}

pub(crate) fn measure(snapshot: &Snapshot, rounds: usize, table: &mut Table) -> Result<()> {
    let board = Board::default();
    let mut figures: [Figures; BODIES.len()] = Default::default();
    for _ in 0..rounds {
        board.publish(snapshot.clone());
        let latest = board.latest().context("nothing published")?;
        for ((_, format, encoding), figures) in BODIES.into_iter().zip(&mut figures) {
            figures.turn(&latest, format, encoding)?;
        }
    }
    table.group(&format!("body of a scrape, {} series", series(snapshot)?));
    for ((name, ..), figures) in BODIES.into_iter().zip(&figures) {
        let what = format!("{name}, first after a tick ({} kB)", figures.length / 1000);
        table.add(Row::cpu(&what, &figures.first));
        table.add(Row::cpu(&format!("{name}, again"), &figures.again));
    }
    Ok(())
}

impl Figures {
    fn turn(&mut self, latest: &Published, format: Format, encoding: Encoding) -> Result<()> {
        let first = self.first.take(|| latest.body(format, encoding));
        self.again.take(|| latest.body(format, encoding));
        self.length = first.context("cannot be rendered")?.len();
        Ok(())
    }
}
