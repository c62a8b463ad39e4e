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
use crate::exposition::Names;
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
    views: [[OnceLock<Option<Bytes>>; 2]; View::ALL.len()],
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
        names: Names,
        (format, encoding): (Format, Encoding),
    ) -> Option<Bytes> {
        let [plain, packed] = &self.0[format as usize];
        let body = match encoding {
            Encoding::Identity => plain.get_or_init(|| kept(exposition::render(snapshot, names, format))),
            Encoding::Gzip => packed.get_or_init(|| match plain.get() {
                Some(body) => kept(exposition::pack(body.as_ref()?)),
                None => kept(exposition::render_packed(snapshot, names, format)),
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
            views: std::array::from_fn(|_| std::array::from_fn(|_| OnceLock::new())),
        }
    }

    /// The snapshot itself.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The exposition. Nothing if it cannot be rendered, which is a defect.
    pub fn body(&self, format: Format, encoding: Encoding) -> Option<Bytes> {
        let names = Names::of(&self.snapshot);
        self.bodies.get(&self.snapshot, names, (format, encoding))
    }

    /// The exposition under the names of other systems.
    pub fn compat(&self, systems: Systems, format: Format, encoding: Encoding) -> Option<Bytes> {
        let names = Names::compat(systems);
        self.chosen(systems)
            .get(&self.snapshot, names, (format, encoding))
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

    /// What tells this tick from all others, those before a restart included.
    pub fn tag(&self) -> String {
        let Snapshot { agent, host, .. } = &*self.snapshot;
        format!("{:x}-{:x}", agent.started.as_millis(), host.ticks)
    }

    /// The snapshot as JSON. Nothing if the host has nothing of it, or if it cannot be rendered.
    pub fn view(&self, view: View, encoding: Encoding) -> Option<Bytes> {
        let [plain, packed] = &self.views[view as usize];
        match encoding {
            Encoding::Identity => plain.get_or_init(|| view.plain(&self.snapshot)),
            Encoding::Gzip => packed.get_or_init(|| view.packed(&self.snapshot)),
        }
        .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_within_a_tick_gets_the_same_bytes_and_the_next_tick_has_its_own() {
        let board = Board::default();
        let publish = |ticks| {
            let mut snapshot = Snapshot::default();
            snapshot.host.ticks = ticks;
            board.publish(snapshot);
            board.latest().unwrap()
        };
        let (first, second) = (publish(1), publish(2));
        assert_ne!(first.tag(), second.tag());
        for view in [View::Report, View::Hour, View::Minute, View::Location] {
            for encoding in [Encoding::Identity, Encoding::Gzip] {
                let body = |published: &Published| published.view(view, encoding).unwrap().as_ptr();
                assert_eq!(body(&first), body(&first), "{view:?} {encoding:?}");
                assert_ne!(body(&first), body(&second), "{view:?} {encoding:?}");
            }
        }
        assert_eq!(first.view(View::Mesh, Encoding::Gzip), None);
    }
}
