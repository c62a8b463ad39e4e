//! Where errands are taken in, so many at a time.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Body;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Errand;
use super::Head;
use super::Limits;
use super::Office;
use super::Reply;
use super::StatusCode;
use super::intake::Kept;
use super::intake::Shelf;

/// An [`Office`], and what all of its clients may cost together.
pub(super) struct Desk {
    pub(super) office: Arc<dyn Office>,
    places: Arc<Semaphore>,
    shelf: Shelf,
    limits: Limits,
}

/// A reply, and whether some of the request was left unread, so that the connection is of no further use.
pub(super) type Served = (Reply, bool);

impl Desk {
    pub(super) fn new(office: Arc<dyn Office>, limits: Limits) -> Self {
        Self {
            office,
            places: Arc::new(Semaphore::new(limits.errands.clamp(1, 1 << 16))),
            shelf: Shelf::new(limits.bodies, limits.body),
            limits,
        }
    }

    /// Reads a request whose head is in order, and has it answered.
    pub(super) async fn serve<B>(&self, head: Head, body: B) -> Served
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let most = match self.office.receive(&head) {
            Ok(most) => most,
            Err(reply) => return (*reply, !body.is_end_stream()),
        };
        match self.shelf.read(body, most).await {
            Ok(kept) => (self.answer(head, kept).await, false),
            Err(unread) => {
                let reply = self.office.refuse(&head, unread.status(), unread.sentence());
                (reply, true)
            }
        }
    }

    /// In a task of its own, which neither a client that leaves nor a panic breaks off half way through another's work.
    async fn answer(&self, head: Head, (body, space): Kept) -> Reply {
        let place = timeout(self.limits.queue, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            let sentence = "too many requests are being answered: try again in a few seconds";
            return self
                .office
                .refuse(&head, StatusCode::SERVICE_UNAVAILABLE, sentence);
        };
        let (office, limit) = (Arc::clone(&self.office), self.limits.errand);
        let errand = Errand {
            head: head.clone(),
            body,
        };
        let task = tokio::spawn(async move {
            let _held = (place, space);
            timeout(limit, office.answer(errand)).await
        });
        match task.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => {
                let sentence = "the answer took too long; whether anything was changed is not known, look before trying again";
                self.office.refuse(&head, StatusCode::GATEWAY_TIMEOUT, sentence)
            }
            Err(error) => {
                tracing::error!(path = head.path(), %error, "the answer to a request panicked");
                let sentence = "internal error; the log says more";
                self.office
                    .refuse(&head, StatusCode::INTERNAL_SERVER_ERROR, sentence)
            }
        }
    }
}
