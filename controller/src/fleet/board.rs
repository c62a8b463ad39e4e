//! The latest picture of the fleet, from whoever asks the agents to whoever decides.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::schedule::KnownHosts;

/// One whole picture at a time: a decision never sees half of a round.
#[derive(Debug, Default)]
pub struct Board(ArcSwap<KnownHosts>);

impl Board {
    /// The latest picture; before the first round nothing is known of any host.
    pub fn latest(&self) -> Arc<KnownHosts> {
        self.0.load_full()
    }

    /// Replaces it.
    pub fn publish(&self, hosts: KnownHosts) {
        self.0.store(Arc::new(hosts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::KnownHost;

    #[test]
    fn a_picture_that_was_taken_stays_as_it_was() {
        let board = Board::default();
        let before = board.latest();
        board.publish(KnownHosts::from([("h0".to_owned(), KnownHost::default())]));
        assert!(before.is_empty());
        assert_eq!(board.latest().len(), 1);
    }
}
