//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::server::conn::http1::Connection;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::Limits;
use super::StatusCode;
use super::Tally;
use super::Visitor;
use super::behind::Behind;
use super::farewell::farewell;
use super::pace::Paced;
use super::pace::SharedPace;
use super::pace::Wait;
use super::patience::Patience;
use super::service;
use super::service::Talk;
use super::tally::Event;
use super::terms::Terms;

/// The least that hyper's buffer can be bounded to.
const LEAST_BUFFER: usize = 8 << 10;

/// What all connections share.
pub(super) struct Room {
    pub(super) behind: Behind,
    pub(super) limits: Limits,
    pub(super) tally: Arc<Tally>,
}

/// What ends a connection from this side: new terms, or a closing door.
///
/// New terms end it because it was let in on the old ones: without a password, perhaps, or without a certificate.
#[derive(Clone)]
pub(super) struct Ends {
    pub(super) terms: watch::Receiver<Arc<Terms>>,
    pub(super) closing: watch::Receiver<()>,
}

impl Ends {
    async fn come(&mut self) {
        tokio::select! {
            _ = self.terms.changed() => {}
            _ = self.closing.changed() => {}
        }
    }
}

/// Serves one connection until either side ends it.
pub(super) async fn serve<S>(stream: S, room: Arc<Room>, mut ends: Ends)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let terms = Arc::clone(&ends.terms.borrow_and_update());
    let Some(config) = terms.tls.clone() else {
        return converse(stream, &room, terms, ends, Visitor::default()).await;
    };
    let handshake = timeout(room.limits.handshake, TlsAcceptor::from(config).accept(stream));
    let result = tokio::select! {
        result = handshake => result,
        _ = ends.closing.changed() => return,
    };
    match result {
        Ok(Ok(stream)) => {
            let visitor = Visitor::through_tls(stream.get_ref().1, terms.verifies_clients);
            return converse(stream, &room, terms, ends, visitor).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
    room.tally.count(Event::HandshakeFailed);
}

async fn converse<S>(stream: S, room: &Room, terms: Arc<Terms>, ends: Ends, visitor: Visitor)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pace = SharedPace::default();
    let io = TokioIo::new(Paced::new(stream, pace.clone()));
    let talk = Arc::new(Talk::new(room, terms, visitor));
    let service = service_fn(|request| {
        pace.asked();
        let (talk, pace) = (Arc::clone(&talk), pace.clone());
        async move {
            let mut response = service::respond(&talk, request).await;
            response.body_mut().report_to(&pace);
            Ok::<_, Infallible>(response)
        }
    });
    let mut conversation = protocol(&room.limits).serve_connection(io, service);
    let patience = Patience::new(room.limits, pace.clone());
    match attend(&mut conversation, Connection::graceful_shutdown, patience, ends).await {
        Ok(result) if ended_well(room, &result) => {
            let stream = conversation.into_parts().io.into_inner().into_inner();
            farewell(stream, room.limits.leaving).await;
        }
        Ok(_) => {}
        Err(wait) => gave_up(room, wait),
    }
}

/// Drives a conversation to its end, or until patience runs out with what was waited for. When an end comes from
/// this side the conversation is told to `finish`, and goes on with what is under way.
async fn attend<C>(
    conversation: &mut C,
    finish: impl Fn(Pin<&mut C>),
    mut patience: Patience,
    mut ends: Ends,
) -> Result<C::Output, Wait>
where
    C: Future + Unpin,
{
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            output = &mut *conversation => return Ok(output),
            wait = patience.runs_out() => return Err(wait),
            () = ends.come(), if !told => told = true,
        }
        finish(Pin::new(&mut *conversation));
    }
}

fn protocol(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_header_size(limits.head)
        .max_buf_size(limits.head.max(LEAST_BUFFER))
        // A client may close its side once it has asked, as `nc -N` does.
        .half_close(true);
    builder
}

/// Whether the peer is still there to take a last word.
fn ended_well(room: &Room, result: &hyper::Result<()>) -> bool {
    let Err(error) = result else { return true };
    tracing::debug!(%error, "a connection ended early");
    // hyper answers these by itself.
    if error.is_parse_too_large() {
        room.tally
            .count_answer(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    } else if error.is_parse() {
        room.tally.count_answer(StatusCode::BAD_REQUEST);
    }
    error.is_parse()
}

fn gave_up(room: &Room, wait: Wait) {
    if !matches!(wait, Wait::Request { begun: false, .. }) {
        tracing::debug!(?wait, "a peer took too long");
        room.tally.count(Event::TimedOut);
    }
}
