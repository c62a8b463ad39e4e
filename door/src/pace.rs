//! What a connection is waiting for.
//!
//! hyper's own timer for a request's head also runs while a connection is idle, and there is none for a peer that does
//! not read. So the stream under hyper and the service above it report here what happens; [`Patience`] holds the watch.
//!
//! [`Patience`]: super::patience::Patience

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// What is waited for. Two values are equal if it is still the same wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The peer has to send its `nth` request, and has begun to.
    Request { nth: u64, begun: bool },
    /// It is the agent's turn.
    Answer,
    /// The peer has to take more than the `written` bytes it took.
    Listening { written: u64 },
}

/// What has happened on a connection.
///
/// The one thing it cannot see is the beginning of a request that came in one piece with the end of the request before;
/// until more of it comes, the connection counts as idle, which is bounded too.
#[derive(Debug, Default)]
struct Pace {
    asked: u64,
    serving: bool,
    begun: bool,
    written: u64,
    blocked: bool,
    owed: Option<u64>,
}

impl Pace {
    /// What is waited for now.
    fn wait(&self) -> Wait {
        if self.blocked {
            Wait::Listening {
                written: self.written,
            }
        } else if self.serving {
            Wait::Answer
        } else {
            // The first request has begun when the connection has.
            Wait::Request {
                nth: self.asked,
                begun: self.begun || self.asked == 0,
            }
        }
    }

    fn read(&mut self) {
        self.begun = true;
    }

    fn asked(&mut self) {
        self.asked += 1;
        self.begun = false;
        self.serving = true;
    }

    fn answered(&mut self) {
        self.serving = false;
    }

    fn wrote(&mut self, count: usize) {
        self.written += count as u64;
        self.blocked = false;
    }

    fn blocked(&mut self) {
        self.blocked = true;
        self.owed.get_or_insert(self.written);
    }

    fn flushed(&mut self) {
        self.blocked = false;
        self.owed = None;
    }
}

/// One connection's [`Pace`], shared by its stream, its service and its watch, which all run in one task.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedPace(Arc<Mutex<Pace>>);

impl SharedPace {
    fn get(&self) -> MutexGuard<'_, Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is waited for, and a name for the answer that the peer did not take at once, until it has taken it.
    pub(super) fn now(&self) -> (Wait, Option<u64>) {
        let pace = self.get();
        (pace.wait(), pace.owed)
    }

    /// A request has come in whole.
    pub(super) fn asked(&self) {
        self.get().asked();
    }

    /// The answer to it is made.
    pub(super) fn answered(&self) {
        self.get().answered();
    }
}

/// A stream that reports to a [`Pace`].
#[derive(Debug)]
pub(super) struct Paced<S> {
    stream: S,
    pace: SharedPace,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: SharedPace) -> Self {
        Self { stream, pace }
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn report(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Ready(Ok(count)) => self.pace.get().wrote(*count),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.pace.get().blocked(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pace.get().read();
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.report(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.report(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        match &result {
            Poll::Ready(_) => self.pace.get().flushed(),
            Poll::Pending => self.pace.get().blocked(),
        }
        result
    }

    /// Left for the farewell, which takes the stream from here.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_has_begun_with_the_connection_and_the_next_with_its_first_byte() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait(), Wait::Request { nth: 0, begun: true });
        pace.read();
        assert_eq!(pace.wait(), Wait::Request { nth: 0, begun: true });
        pace.asked();
        assert_eq!(pace.wait(), Wait::Answer);
        pace.answered();
        assert_eq!(pace.wait(), Wait::Request { nth: 1, begun: false });
        pace.read();
        assert_eq!(pace.wait(), Wait::Request { nth: 1, begun: true });
    }

    #[test]
    fn a_peer_that_does_not_read_is_waited_for_whatever_it_asks_meanwhile() {
        let mut pace = Pace::default();
        pace.asked();
        pace.answered();
        pace.wrote(10);
        pace.blocked();
        pace.asked();
        assert_eq!(pace.wait(), Wait::Listening { written: 10 });
        pace.wrote(5);
        pace.blocked();
        assert_eq!(
            (pace.wait(), pace.owed),
            (Wait::Listening { written: 15 }, Some(10))
        );
        pace.flushed();
        assert_eq!((pace.wait(), pace.owed), (Wait::Answer, None));
    }
}
