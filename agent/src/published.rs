//! The latest snapshot, and what was rendered of it.

use std::sync::Arc;
use std::sync::OnceLock;

use arc_swap::ArcSwapOption;
use bytes::Bytes;

use crate::exposition;
use crate::exposition::Encoding;
use crate::exposition::Format;
use crate::snapshot::Snapshot;

/// Where the tick puts a snapshot and scrapes take it, without either waiting for the other.
#[derive(Debug, Default)]
pub struct Board(ArcSwapOption<Published>);

/// A snapshot with its bodies, each made for the first who asks and kept for the others.
#[derive(Debug)]
pub struct Published {
    snapshot: Arc<Snapshot>,
    bodies: [[OnceLock<Option<Bytes>>; 2]; Format::ALL.len()],
    report: OnceLock<Option<Bytes>>,
    mesh: OnceLock<Option<Bytes>>,
}

impl Board {
    /// Shows a new snapshot from now on.
    pub fn publish(&self, snapshot: Snapshot) {
        self.0.store(Some(Arc::new(Published::new(snapshot))));
    }

    /// What is shown now; nothing before the first tick.
    pub fn latest(&self) -> Option<Arc<Published>> {
        self.0.load_full()
    }
}

impl Published {
    fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot: Arc::new(snapshot),
            bodies: std::array::from_fn(|_| std::array::from_fn(|_| OnceLock::new())),
            report: OnceLock::new(),
            mesh: OnceLock::new(),
        }
    }

    /// The snapshot itself.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The exposition. Nothing if it cannot be rendered, which is a defect.
    pub fn body(&self, format: Format, encoding: Encoding) -> Option<Bytes> {
        let [plain, packed] = &self.bodies[format as usize];
        match encoding {
            Encoding::Identity => plain
                .get_or_init(|| exposition::render(&self.snapshot, format).ok().map(Bytes::from))
                .clone(),
            Encoding::Gzip => packed
                .get_or_init(|| {
                    let packed = match plain.get() {
                        Some(body) => exposition::pack(body.as_ref()?),
                        None => exposition::render_packed(&self.snapshot, format),
                    };
                    packed.ok().map(Bytes::from)
                })
                .clone(),
        }
    }

    /// The snapshot as JSON.
    pub fn report(&self) -> Option<Bytes> {
        self.report
            .get_or_init(|| {
                serde_json::to_vec(&exposition::Report::new(&self.snapshot))
                    .ok()
                    .map(Bytes::from)
            })
            .clone()
    }

    /// What is known of other hosts, as JSON. Nothing if nothing is measured.
    pub fn mesh(&self) -> Option<Bytes> {
        self.mesh
            .get_or_init(|| {
                let report = self.snapshot.latency.as_deref()?;
                serde_json::to_vec(&exposition::Mesh::new(report))
                    .ok()
                    .map(Bytes::from)
            })
            .clone()
    }
}
