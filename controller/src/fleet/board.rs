//! The latest picture of the fleet, from whoever asks the agents to whoever decides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::report::Reports;
use super::standing::Order;
use crate::schedule::KnownHosts;

/// One whole picture at a time: a decision never sees half of a round.
#[derive(Debug, Default)]
pub struct Board {
    picture: ArcSwap<Picture>,
    /// What the picture is made of. Who only looks never waits for it.
    parts: Mutex<Parts>,
    /// Counts pictures.
    shown: watch::Sender<u64>,
}

/// What is known of the fleet at one moment.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Every host, orders included.
    pub hosts: Arc<KnownHosts>,
    /// How it goes with asking them.
    pub reports: Arc<Reports>,
    /// The orders that stand.
    pub orders: Arc<BTreeMap<String, Order>>,
}

#[derive(Debug, Default)]
struct Parts {
    /// As the facts have them, without orders.
    hosts: KnownHosts,
    reports: Arc<Reports>,
    orders: Arc<BTreeMap<String, Order>>,
}

impl Board {
    /// The latest hosts; before the first round nothing is known of any, but for orders.
    pub fn latest(&self) -> Arc<KnownHosts> {
        Arc::clone(&self.picture.load().hosts)
    }

    /// The latest hosts, with all that goes with them.
    pub fn picture(&self) -> Arc<Picture> {
        self.picture.load_full()
    }

    /// Replaces the hosts. The orders stay, and stand above what is said here.
    pub fn publish(&self, hosts: KnownHosts) {
        let mut parts = self.parts();
        parts.hosts = hosts;
        self.show(&parts);
    }

    /// The same, with how it goes with asking them.
    pub fn publish_with(&self, hosts: KnownHosts, reports: Reports) {
        let mut parts = self.parts();
        parts.hosts = hosts;
        parts.reports = Arc::new(reports);
        self.show(&parts);
    }

    /// Replaces the orders. What follows from them is seen at once.
    pub fn set_orders(&self, orders: BTreeMap<String, Order>) {
        let mut parts = self.parts();
        parts.orders = Arc::new(orders);
        self.show(&parts);
    }

    /// Waits for a picture that was shown after the one with this number, and notes the number of the latest.
    pub async fn newer_than(&self, seen: &mut u64) {
        let mut shown = self.shown.subscribe();
        // The sender lives as long as this.
        if let Ok(latest) = shown.wait_for(|latest| latest != seen).await {
            *seen = *latest;
        }
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        // Whoever panicked left whole parts behind.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// With the parts held, so that no older picture replaces a newer one.
    fn show(&self, parts: &Parts) {
        let mut hosts = parts.hosts.clone();
        for (name, order) in &*parts.orders {
            hosts.entry(name.clone()).or_default().standing = order.standing.standing();
        }
        self.picture.store(Arc::new(Picture {
            hosts: Arc::new(hosts),
            reports: Arc::clone(&parts.reports),
            orders: Arc::clone(&parts.orders),
        }));
        self.shown.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::standing::Wanted;
    use crate::placement::Standing;
    use crate::schedule::KnownHost;

    fn hosts() -> KnownHosts {
        KnownHosts::from([("h0".to_owned(), KnownHost::default())])
    }

    #[test]
    fn a_picture_that_was_taken_stays_as_it_was() {
        let board = Board::default();
        let before = board.latest();
        board.publish(hosts());
        assert!(before.is_empty());
        assert_eq!(board.latest().len(), 1);
    }

    #[test]
    fn orders_stand_above_every_round_until_they_are_cleared() {
        let board = Board::default();
        let order = |standing| Order {
            standing,
            since: 0,
            reason: None,
            by: None,
        };
        board.set_orders(BTreeMap::from([
            ("h0".to_owned(), order(Wanted::Draining)),
            ("h1".to_owned(), order(Wanted::Maintenance)),
        ]));
        for _ in 0..2 {
            board.publish(hosts());
            let latest = board.latest();
            assert_eq!(latest["h0"].standing, Standing::Draining);
            assert_eq!(latest["h1"].standing, Standing::Maintenance);
        }
        board.set_orders(BTreeMap::new());
        assert_eq!(board.latest()["h0"].standing, Standing::Ready);
        assert!(!board.latest().contains_key("h1"));
    }
}
