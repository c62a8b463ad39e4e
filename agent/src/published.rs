//! The latest snapshot, and what was rendered of it.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

use arc_swap::ArcSwapOption;
use bytes::Bytes;

use crate::exposition;
use crate::exposition::Encoding;
use crate::exposition::Format;
use crate::exposition::View;
use crate::snapshot::Snapshot;
use crate::systems::Systems;

/// Where the tick puts a snapshot and scrapes take it, without either waiting for the other.
#[derive(Debug, Default)]
pub struct Board(ArcSwapOption<Published>);

/// A snapshot with its bodies, each made for the first who asks and kept for the others.
#[derive(Debug)]
pub struct Published {
    snapshot: Arc<Snapshot>,
    bodies: Bodies,
    /// Under others' names: those of the systems that were asked for first.
    compat: Mutex<Vec<(Systems, Arc<Bodies>)>>,
    report: OnceLock<Option<Bytes>>,
    mesh: OnceLock<Option<Bytes>>,
}

/// What was rendered: in each format, plain and packed.
#[derive(Debug, Default)]
struct Bodies([[OnceLock<Option<Bytes>>; 2]; Format::ALL.len()]);

/// So many choices of others' names are kept between two ticks. Whoever asks for more has to wait for them to be made.
const MOST_CHOICES: usize = 4;

impl Bodies {
    /// One body, made if it was not before. Nothing if it cannot be, which is a defect.
    fn get(
        &self,
        snapshot: &Arc<Snapshot>,
        view: &View,
        (format, encoding): (Format, Encoding),
    ) -> Option<Bytes> {
        let [plain, packed] = &self.0[format as usize];
        let body = match encoding {
            Encoding::Identity => plain.get_or_init(|| kept(exposition::render(snapshot, view, format))),
            Encoding::Gzip => packed.get_or_init(|| match plain.get() {
                Some(body) => kept(exposition::pack(body.as_ref()?)),
                None => kept(exposition::render_packed(snapshot, view, format)),
            }),
        };
        body.clone()
    }
}

fn kept(body: io::Result<Vec<u8>>) -> Option<Bytes> {
    body.ok().map(Bytes::from)
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
            bodies: Bodies::default(),
            compat: Mutex::default(),
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
        let view = View::of(&self.snapshot);
        self.bodies.get(&self.snapshot, &view, (format, encoding))
    }

    /// The exposition under the names of other systems.
    pub fn compat(&self, systems: Systems, format: Format, encoding: Encoding) -> Option<Bytes> {
        let view = View::compat(systems);
        self.chosen(systems)
            .get(&self.snapshot, &view, (format, encoding))
    }

    fn chosen(&self, systems: Systems) -> Arc<Bodies> {
        let mut choices = self.compat.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bodies)) = choices.iter().find(|(known, _)| *known == systems) {
            return bodies.clone();
        }
        let bodies = Arc::<Bodies>::default();
        if choices.len() < MOST_CHOICES {
            choices.push((systems, bodies.clone()));
        }
        bodies
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
