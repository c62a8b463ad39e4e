//! A door with a small site behind it, whose clients come through memory instead of a network.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Answer;
use crate::Door;
use crate::Limits;
use crate::Office;
use crate::Question;
use crate::Site;
use crate::TallySnapshot;
use crate::WebConfig;
use crate::accept::Accept;
use crate::header;

/// More than any pipe here holds.
pub(super) const BIG: usize = 256 << 10;
/// What a pipe holds unless a test says otherwise.
const PIPE: usize = 64 << 10;

struct Rooms;

impl Site for Rooms {
    fn answer(&self, question: &Question<'_>) -> Answer {
        match question.path {
            "/metrics" => {
                Answer::ok("text/plain; version=0.0.4", "up 1\n").varying("Accept, Accept-Encoding")
            }
            "/named" => Answer::ok("text/plain", "the same").tagged("7").with(
                header::REFERRER_POLICY,
                header::HeaderValue::from_static("no-referrer"),
            ),
            "/packed" => Answer::ok("text/plain", "squeezed").encoded("gzip"),
            "/question" => Answer::ok("text/plain", format!("{question:?}")),
            "/big" => Answer::ok("text/plain", vec![b'x'; BIG]),
            "/panic" => panic!("the site has a bug"),
            _ => Answer::not_found(),
        }
    }
}

/// What comes out of the queue of visitors: a connection, or why there is none.
pub(super) type Arrival = io::Result<DuplexStream>;

impl Accept for mpsc::UnboundedReceiver<Arrival> {
    type Stream = DuplexStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Arrival> {
        match self.poll_recv(cx) {
            Poll::Ready(Some(arrival)) => Poll::Ready(arrival),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// An open door.
pub(super) struct House {
    pub(super) door: Arc<Door>,
    pub(super) web: Arc<WebConfig>,
    arrivals: mpsc::UnboundedSender<Arrival>,
    close: oneshot::Sender<()>,
    closed: JoinHandle<()>,
}

impl House {
    /// Open to everybody, with the usual limits.
    pub(super) fn open() -> Self {
        Self::with(Limits::default(), WebConfig::open(None).unwrap())
    }

    /// On the terms of a web configuration.
    pub(super) fn on_terms(path: &Path) -> Self {
        Self::with(Limits::default(), WebConfig::open(Some(path)).unwrap())
    }

    pub(super) fn with(limits: Limits, web: WebConfig) -> Self {
        let web = Arc::new(web);
        let door = Door::new(Arc::new(Rooms), Arc::clone(&web), limits);
        Self::behind(door, web)
    }

    /// With an office instead.
    pub(super) fn with_office(office: Arc<dyn Office>, limits: Limits, web: WebConfig) -> Self {
        let web = Arc::new(web);
        let door = Door::to_office(office, Arc::clone(&web), limits);
        Self::behind(door, web)
    }

    fn behind(door: Door, web: Arc<WebConfig>) -> Self {
        let door = Arc::new(door);
        let (arrivals, source) = mpsc::unbounded_channel();
        let (close, shutdown) = oneshot::channel();
        let serving = Arc::clone(&door);
        let closed = tokio::spawn(async move {
            let shutdown = async { shutdown.await.unwrap_or_default() };
            serving.serve_from(source, shutdown).await;
        });
        Self {
            door,
            web,
            arrivals,
            close,
            closed,
        }
    }

    /// A client at the door.
    pub(super) fn visit(&self) -> DuplexStream {
        self.visit_through(PIPE)
    }

    /// A client that can be sent `capacity` bytes before it reads.
    pub(super) fn visit_through(&self, capacity: usize) -> DuplexStream {
        let (client, server) = tokio::io::duplex(capacity);
        self.arrive(Ok(server));
        client
    }

    pub(super) fn arrive(&self, arrival: Arrival) {
        self.arrivals.send(arrival).unwrap();
    }

    pub(super) fn tally(&self) -> TallySnapshot {
        self.door.tally().snapshot()
    }

    /// Closes the door and waits until everybody is out.
    pub(super) async fn close(self) {
        self.close.send(()).unwrap();
        self.closed.await.unwrap();
    }
}
