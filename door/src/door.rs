//! Who may be in, and for how long.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Limits;
use super::Office;
use super::Site;
use super::Tally;
use super::WebConfig;
use super::accept::Accept;
use super::accept::Entrance;
use super::accept::Listeners;
use super::behind::Behind;
use super::connection;
use super::connection::Ends;
use super::connection::Room;
use super::desk::Desk;
use super::tally::Event;

/// The door to a [`Site`] or an [`Office`].
pub struct Door {
    room: Arc<Room>,
    web: Arc<WebConfig>,
}

impl Door {
    /// A door to `site` on the terms of `web`, not yet open.
    pub fn new(site: Arc<dyn Site>, web: Arc<WebConfig>, limits: Limits) -> Self {
        Self::before(Behind::Site(site), web, limits)
    }

    /// A door to `office`, on the same terms.
    pub fn to_office(office: Arc<dyn Office>, web: Arc<WebConfig>, limits: Limits) -> Self {
        Self::before(Behind::Office(Arc::new(Desk::new(office, limits))), web, limits)
    }

    fn before(behind: Behind, web: Arc<WebConfig>, limits: Limits) -> Self {
        let room = Room {
            behind,
            limits,
            tally: Arc::default(),
        };
        Self {
            room: Arc::new(room),
            web,
        }
    }

    /// What this door counts.
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.room.tally)
    }

    /// Lets clients in through `sockets` until `shutdown` is ready, then gives the answers under way
    /// [`Limits::closing`] to end.
    ///
    /// Fails only if the runtime cannot take a socket. Password checks run on the runtime's blocking threads and
    /// cannot be broken off, so end the runtime with `shutdown_background`.
    pub async fn serve(
        &self,
        sockets: Vec<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.serve_from(Listeners::new(sockets)?, shutdown).await;
        Ok(())
    }

    pub(super) async fn serve_from<A: Accept>(&self, source: A, shutdown: impl Future<Output = ()>) {
        let (closing, closed) = watch::channel(());
        let ends = Ends {
            terms: self.web.terms(),
            closing: closed,
        };
        let mut crowd = self.let_in(source, &ends, shutdown).await;
        drop(closing);
        if timeout(self.room.limits.closing, crowd.all_left()).await.is_err() {
            tracing::debug!("the door closes on answers that were not taken in time");
        }
    }

    /// Lets clients in until `shutdown` is ready, and says who is still there then.
    async fn let_in<A: Accept>(&self, source: A, ends: &Ends, shutdown: impl Future<Output = ()>) -> Crowd {
        let mut entrance = Entrance::new(source, self.room.limits.exhausted);
        let mut crowd = Crowd::default();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return crowd,
                () = crowd.one_left(), if !crowd.is_empty() => {}
                stream = entrance.next() => match stream {
                    Some(stream) => self.admit(&mut crowd, stream, ends.clone()),
                    None => self.room.tally.count(Event::NotAccepted),
                },
            }
        }
    }

    /// When the room is full the newcomer gets the place of who has been there longest: peers that hold connections
    /// and ask nothing, whether broken or hostile, can then never shut a scraper out, and it has to see a whole
    /// roomful of newcomers before its own turn comes.
    fn admit<S>(&self, crowd: &mut Crowd, stream: S, ends: Ends)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        self.room.tally.count(Event::Accepted);
        while crowd.len() >= self.room.limits.connections.max(1) {
            crowd.evict_oldest();
            self.room.tally.count(Event::Evicted);
        }
        crowd.enter(connection::serve(stream, Arc::clone(&self.room), ends));
    }
}

/// The connections there are, oldest first. Dropping it ends them.
#[derive(Default)]
struct Crowd {
    tasks: JoinSet<()>,
    order: VecDeque<AbortHandle>,
}

impl Crowd {
    /// How many there are, without those that were told to go.
    fn len(&self) -> usize {
        self.order.len()
    }

    /// Nobody is there, not even one who was told to go.
    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    fn enter(&mut self, connection: impl Future<Output = ()> + Send + 'static) {
        self.order.push_back(self.tasks.spawn(connection));
    }

    fn evict_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            oldest.abort();
        }
    }

    async fn one_left(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                if error.is_panic() {
                    tracing::error!(%error, "a connection panicked");
                }
                error.id()
            }
            None => return,
        };
        self.order.retain(|task| task.id() != id);
    }

    async fn all_left(&mut self) {
        while !self.is_empty() {
            self.one_left().await;
        }
    }
}
