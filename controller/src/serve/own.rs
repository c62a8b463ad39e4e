//! The controller's own API, and what tells it what happens.

use std::sync::Arc;
use std::time::Duration;

use super::Placement;
use crate::clock;
use crate::fleet::Fleet;
use crate::placement::Policies;
use crate::v1::Api;
use crate::v1::Hub;
use crate::v1::News;
use crate::v1::Parts;

/// Between two signs of life to those who listen.
const BEAT: Duration = Duration::from_secs(5);

/// The API over what there is.
pub(super) fn api(service: &Arc<Placement>, fleet: Fleet, policies: Policies) -> Arc<Api> {
    // No earlier process began at this nanosecond.
    let epoch = u64::try_from(clock::wall().as_nanos()).unwrap_or_default();
    let hub = Arc::new(Hub::new(epoch));
    let parts = Parts {
        service: Arc::clone(service),
        fleet,
        news: Arc::new(News::new(Arc::clone(&hub))),
        hub,
        clock: clock::steady,
    };
    Arc::new(Api::new(parts, policies))
}

/// Begins to tell those who listen how hosts stand, and that somebody is there.
pub(super) fn tell(api: &Arc<Api>) {
    let looking = Arc::clone(api);
    tokio::spawn(async move {
        let mut seen = 0;
        loop {
            looking.look();
            looking.board().newer_than(&mut seen).await;
        }
    });
    let beating = Arc::clone(api);
    tokio::spawn(async move {
        let mut beats = tokio::time::interval(BEAT);
        loop {
            beats.tick().await;
            beating.hub().beat();
        }
    });
}
