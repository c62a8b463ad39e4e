//! The latest snapshot, and what was rendered of it.

use std::sync::Arc;
use std::sync::OnceLock;

use arc_swap::ArcSwapOption;
use bytes::Bytes;

use crate::exposition;
use crate::exposition::Encoding;
use crate::exposition::Format;
use crate::exposition::View;
use crate::snapshot::Snapshot;

/// Where the tick puts a snapshot and scrapes take it, without either waiting for the other.
#[derive(Debug, Default)]
pub struct Board(ArcSwapOption<Published>);

/// A snapshot with its bodies, each made for the first who asks and kept for the others.
#[derive(Debug)]
pub struct Published {
    snapshot: Arc<Snapshot>,
    bodies: [[OnceLock<Option<Bytes>>; 2]; Format::ALL.len()],
    views: [[OnceLock<Option<Bytes>>; 2]; View::ALL.len()],
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
            views: std::array::from_fn(|_| std::array::from_fn(|_| OnceLock::new())),
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
                    let body = self.body(format, Encoding::Identity)?;
                    exposition::compress(&body).ok().map(Bytes::from)
                })
                .clone(),
        }
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
