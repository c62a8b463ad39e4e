//! The keys by which a commit is found again; see the page of this directory.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::super::error::StoreError;
use super::client::Client;
use super::names::Names;

/// Commits on their way at once; others wait for one of them.
const MOST: usize = 64;
/// Far longer than a commit is on its way, so that the marker of one that is cannot be missing.
const TTL: Duration = Duration::from_secs(3600);
/// The lease is renewed by the first commit after so long.
const RENEW_AFTER: Duration = Duration::from_secs(900);

#[derive(Debug)]
pub(super) struct Markers {
    client: Arc<Client>,
    names: Names,
    room: Semaphore,
    session: tokio::sync::Mutex<Option<Arc<Session>>>,
    /// Values are never used twice: the lease in the key is the cluster's only one of that name, and this number is ours.
    next_value: AtomicU64,
}

/// One lease, and the markers under it that no commit uses.
#[derive(Debug)]
struct Session {
    lease: i64,
    renewed: Mutex<Instant>,
    free: Mutex<Free>,
}

#[derive(Debug, Default)]
struct Free {
    markers: Vec<Place>,
    made: u64,
}

#[derive(Clone, Debug)]
struct Place {
    key: String,
    /// The commit that wrote it last, as far as is known; 0: none has. It may be older than the truth, if a commit was given up on its
    /// way; the next one is told.
    last: u64,
}

/// A marker that is this commit's own until it is dropped.
#[derive(Debug)]
pub(super) struct Marker<'a> {
    session: Arc<Session>,
    place: Place,
    value: String,
    _room: SemaphorePermit<'a>,
}

impl Markers {
    pub(super) fn new(client: Arc<Client>, names: Names) -> Self {
        Self {
            client,
            names,
            room: Semaphore::new(MOST),
            session: tokio::sync::Mutex::default(),
            next_value: AtomicU64::new(1),
        }
    }

    /// One that no other commit uses.
    pub(super) async fn take(&self) -> Result<Marker<'_>, StoreError> {
        let closed = |_| self.client.garbled("the store is closed".to_owned());
        let room = self.room.acquire().await.map_err(closed)?;
        let session = self.session().await?;
        let value = self.next_value.fetch_add(1, Ordering::Relaxed).to_string();
        let place = session.pop(&self.names);
        Ok(Marker {
            session,
            place,
            value,
            _room: room,
        })
    }

    /// Whether the marker's lease lives. If not, the next marker is under another.
    pub(super) async fn lives(&self, marker: &Marker<'_>) -> Result<bool, StoreError> {
        if self.client.renew(marker.lease()).await? {
            return Ok(true);
        }
        let mut session = self.session.lock().await;
        if session.as_ref().is_some_and(|s| s.lease == marker.lease()) {
            *session = None;
        }
        Ok(false)
    }

    async fn session(&self) -> Result<Arc<Session>, StoreError> {
        let mut kept = self.session.lock().await;
        if let Some(session) = &*kept {
            let asked = Instant::now();
            if asked.saturating_duration_since(session.renewed()) < RENEW_AFTER {
                return Ok(Arc::clone(session));
            }
            if self.client.renew(session.lease).await? {
                session.set_renewed(asked);
                return Ok(Arc::clone(session));
            }
        }
        let asked = Instant::now();
        let session = Arc::new(Session {
            lease: self.client.grant(TTL).await?.id,
            renewed: Mutex::new(asked),
            free: Mutex::default(),
        });
        *kept = Some(Arc::clone(&session));
        Ok(session)
    }
}

impl Session {
    fn pop(&self, names: &Names) -> Place {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = free.markers.pop() {
            return place;
        }
        free.made += 1;
        Place {
            key: names.marker(self.lease, free.made),
            last: 0,
        }
    }

    fn renewed(&self) -> Instant {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_renewed(&self, at: Instant) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl Marker<'_> {
    pub(super) fn key(&self) -> &str {
        &self.place.key
    }

    pub(super) fn last(&self) -> u64 {
        self.place.last
    }

    pub(super) fn value(&self) -> &str {
        &self.value
    }

    pub(super) fn lease(&self) -> i64 {
        self.session.lease
    }

    /// It was written by this commit.
    pub(super) fn moved_to(&mut self, revision: u64) {
        self.place.last = revision;
    }
}

impl Drop for Marker<'_> {
    fn drop(&mut self) {
        let mut free = self.session.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.markers.push(self.place.clone());
    }
}
