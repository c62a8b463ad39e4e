//! Where connections come from.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio::time::sleep;

/// A source of connections.
pub(super) trait Accept {
    /// What a connection is.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, as `TcpListener::poll_accept` has it.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Stream>>;
}

/// Listening sockets that take turns.
#[derive(Debug)]
pub(super) struct Listeners(Vec<TcpListener>);

impl Listeners {
    pub(super) fn new(sockets: Vec<std::net::TcpListener>) -> io::Result<Self> {
        let register = |socket: std::net::TcpListener| {
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket)
        };
        sockets
            .into_iter()
            .map(register)
            .collect::<io::Result<_>>()
            .map(Self)
    }
}

impl Accept for Listeners {
    type Stream = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let found = self
            .0
            .iter()
            .enumerate()
            .find_map(|(place, listener)| match listener.poll_accept(cx) {
                Poll::Ready(result) => Some((place, result)),
                Poll::Pending => None,
            });
        let Some((place, result)) = found else {
            return Poll::Pending;
        };
        // The one that had a connection is asked last next time, so that a busy socket does not starve the others.
        self.0.rotate_left(place + 1);
        Poll::Ready(result.map(|(stream, _)| without_delay(stream)))
    }
}

/// An answer is written in one piece; its last segment need not wait for the peer to acknowledge those before it.
fn without_delay(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    stream
}

/// Connections one after another, with a pause after a failure.
#[derive(Debug)]
pub(super) struct Entrance<A> {
    source: A,
    rest: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    failing: bool,
}

impl<A: Accept> Entrance<A> {
    pub(super) fn new(source: A, rest: Duration) -> Self {
        Self {
            source,
            rest,
            pause: None,
            failing: false,
        }
    }

    /// The next connection, or `None` if one could not be had. Nothing is lost when the call is given up half way.
    ///
    /// With no descriptor left, `accept` fails at once and the connection stays in the queue: without a pause that is
    /// a busy loop.
    pub(super) async fn next(&mut self) -> Option<A::Stream> {
        if let Some(pause) = &mut self.pause {
            pause.as_mut().await;
            self.pause = None;
        }
        match poll_fn(|cx| self.source.poll_accept(cx)).await {
            Ok(stream) => {
                self.failing = false;
                Some(stream)
            }
            Err(error) => {
                self.failed(&error);
                None
            }
        }
    }

    fn failed(&mut self, error: &io::Error) {
        // The peer left the queue again; the next one may be there already.
        if error.kind() == io::ErrorKind::ConnectionAborted {
            return;
        }
        if !self.failing {
            tracing::warn!(%error, "cannot accept connections; trying again");
        }
        self.failing = true;
        self.pause = Some(Box::pin(sleep(self.rest)));
    }
}
