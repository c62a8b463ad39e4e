//! What of a snapshot is shown as JSON.

use std::io;
use std::io::BufWriter;
use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::History;
use super::Mesh;
use super::Report;
use crate::history::STEPS;
use crate::snapshot::Snapshot;

/// A part of a snapshot, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The host, its workloads and its sensors.
    Report,
    /// The last hour's power.
    Hour,
    /// The last minute's, for who has the rest.
    Minute,
    /// Other hosts; nothing where none is measured.
    Mesh,
    /// Where the host stands.
    Location,
}

/// Steps of a minute.
const MINUTE: usize = STEPS / 60;

/// The encoder is called for many bytes at a time.
const BUFFER: usize = 16 << 10;

impl View {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Report, Self::Hour, Self::Minute, Self::Mesh, Self::Location];

    /// Nothing if the host has nothing of it, or if it cannot be rendered.
    pub fn plain(self, snapshot: &Snapshot) -> Option<Bytes> {
        let mut body = Vec::new();
        self.write(snapshot, &mut body)?.ok()?;
        Some(body.into())
    }

    /// The same, packed with gzip as it is made, so that it is never whole in memory.
    pub fn packed(self, snapshot: &Snapshot) -> Option<Bytes> {
        let encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let mut out = BufWriter::with_capacity(BUFFER, encoder);
        self.write(snapshot, &mut out)?.ok()?;
        let encoder = out.into_inner().ok()?;
        Some(encoder.finish().ok()?.into())
    }

    fn write(self, snapshot: &Snapshot, out: &mut impl Write) -> Option<io::Result<()>> {
        Some(match self {
            Self::Report => json(&Report::new(snapshot), out),
            Self::Hour => json(&History::new(snapshot, STEPS), out),
            Self::Minute => json(&History::new(snapshot, MINUTE), out),
            Self::Mesh => json(&Mesh::new(snapshot.latency.as_deref()?), out),
            Self::Location => {
                let situation = snapshot.situation.as_deref().cloned().unwrap_or_default();
                let told = snapshot.told().filter(|_| snapshot.situation.is_some());
                situation
                    .json(told)
                    .map_err(Into::into)
                    .and_then(|text| out.write_all(&text))
            }
        })
    }
}

fn json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer(out, value)?)
}
