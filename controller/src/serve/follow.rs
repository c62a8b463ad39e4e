//! The ledger follows the store: everything once, then what changes.

use std::sync::Arc;
use std::time::Duration;

use super::Placement;
use super::health::Health;
use crate::clock;
use crate::store::Store;
use crate::store::Watch;
use crate::store::WatchEnd;
use crate::v1::News;

/// Between two attempts while the store does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two looks at the store's health.
const LOOK: Duration = Duration::from_secs(5);

/// Begins to follow. Returns when the ledger has everything, or the first attempt has failed and others go on behind.
pub(super) async fn start(
    store: &Arc<dyn Store>,
    service: &Arc<Placement>,
    health: &Arc<Health>,
    news: &Arc<News>,
) {
    let watch = begin(&**store, service, health, news).await;
    health.store_answers(watch.is_some());
    tokio::spawn(follow(
        Arc::clone(store),
        Arc::clone(service),
        Arc::clone(health),
        Arc::clone(news),
        watch,
    ));
    tokio::spawn(look_after(Arc::clone(store), Arc::clone(health)));
}

async fn follow(
    store: Arc<dyn Store>,
    service: Arc<Placement>,
    health: Arc<Health>,
    news: Arc<News>,
    mut watch: Option<Watch>,
) {
    loop {
        if let Some(watch) = &mut watch {
            take_in_all(watch, &service, &health, &news).await;
            health.lost();
        }
        watch = begin(&*store, &service, &health, &news).await;
        if watch.is_none() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Reads everything, and asks to be told of what comes after.
async fn begin(store: &dyn Store, service: &Placement, health: &Health, news: &News) -> Option<Watch> {
    let begun = async {
        let listing = store.list("").await.map_err(anyhow::Error::from)?;
        let revision = listing.revision;
        let everybody = News::everybody(&listing.entries);
        service.begin_anew(listing.entries)?;
        news.all(&service.ledger(), everybody, clock::wall().as_secs());
        let watch = store.watch("", revision).await?;
        health.followed(revision.0);
        tracing::info!(
            revision = revision.0,
            providers = service.ledger().providers().count(),
            "the ledger is read"
        );
        anyhow::Ok(watch)
    };
    begun
        .await
        .inspect_err(|error| {
            tracing::error!("the ledger cannot be read from the store; trying again: {error:#}");
        })
        .ok()
}

async fn take_in_all(watch: &mut Watch, service: &Placement, health: &Health, news: &News) {
    loop {
        match watch.next().await {
            Ok(batch) => {
                if let Err(error) = service.take_in(batch.revision, &batch.changes) {
                    tracing::error!(%error, "somebody wrote what is not understood; reading everything again");
                    return;
                }
                health.followed(batch.revision.0);
                news.heard(&service.ledger(), &batch.changes, clock::wall().as_secs());
            }
            Err(WatchEnd::ListAgain) => {
                return tracing::warn!("the store no longer tells what changed; reading everything again");
            }
            Err(error) => return tracing::error!(%error, "the store tells nothing more"),
        }
    }
}

async fn look_after(store: Arc<dyn Store>, health: Arc<Health>) {
    loop {
        let was_up = health.is_store_up();
        match store.check().await {
            Ok(_) => health.store_answers(true),
            Err(error) => {
                health.store_answers(false);
                if was_up {
                    tracing::error!(%error, "the store is not well");
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}
