//! The body of a response.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body;
use hyper::body::Frame;
use hyper::body::SizeHint;
use tokio::sync::mpsc;

use super::pace::SharedPace;

/// The body of a response.
pub(super) enum Outgoing {
    /// It is made.
    Whole(Full<Bytes>),
    /// It comes piece by piece.
    Flowing(Flow),
}

/// Pieces, and the connection that waits for them.
pub(super) struct Flow {
    pieces: mpsc::Receiver<Bytes>,
    pace: Option<SharedPace>,
}

impl Outgoing {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Full::new(bytes))
    }

    pub(super) fn flowing(pieces: mpsc::Receiver<Bytes>) -> Self {
        Self::Flowing(Flow { pieces, pace: None })
    }

    /// Tells the connection when it is no longer this side's turn: now, or when the last piece has gone.
    pub(super) fn report_to(&mut self, pace: &SharedPace) {
        match self {
            Self::Whole(_) => pace.answered(),
            Self::Flowing(flow) => flow.pace = Some(pace.clone()),
        }
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        if let Some(pace) = &self.pace {
            pace.answered();
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(full) => Pin::new(full).poll_frame(cx),
            Self::Flowing(flow) => {
                let piece = flow.pieces.poll_recv(cx);
                piece.map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(full) => full.is_end_stream(),
            Self::Flowing(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(full) => full.size_hint(),
            Self::Flowing(_) => SizeHint::default(),
        }
    }
}
