//! How the body of a request is read.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::LengthLimitError;
use http_body_util::Limited;
use hyper::body::Body;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::StatusCode;

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    TooLong,
    TooSlow,
    Broken,
    NoRoom,
}

impl Unread {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::TooLong => "the body is longer than what is read here",
            Self::TooSlow => "the body took too long to come in",
            Self::Broken => {
                "the body ended before the length it promised, or is not framed as HTTP/1.1 has it"
            }
            Self::NoRoom => "too many long bodies are being read: try again in a few seconds",
        }
    }
}

/// The memory that all bodies share, in KiB.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    space: Arc<Semaphore>,
    size: usize,
    patience: Duration,
}

/// A body and its place in memory.
pub(super) type Kept = (Bytes, Option<OwnedSemaphorePermit>);

impl Shelf {
    /// A place for so many bytes, where each body may take so long.
    pub(super) fn new(bytes: usize, patience: Duration) -> Self {
        let size = (bytes >> 10).clamp(1, 1 << 20);
        Self {
            space: Arc::new(Semaphore::new(size)),
            size,
            patience,
        }
    }

    /// Reads a body of at most so many bytes. What announces more is refused before any of it is read.
    pub(super) async fn read<B>(&self, body: B, most: usize) -> Result<Kept, Unread>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if body.is_end_stream() {
            return Ok((Bytes::new(), None));
        }
        let announced = body.size_hint().upper();
        if body.size_hint().lower() > most as u64 {
            return Err(Unread::TooLong);
        }
        let expected = announced.map_or(most, |length| usize::try_from(length).unwrap_or(most));
        let space = self.space_for(expected.min(most))?;
        match timeout(self.patience, Limited::new(body, most).collect()).await {
            Ok(Ok(collected)) => Ok((collected.to_bytes(), Some(space))),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLong),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a body broke off");
                Err(Unread::Broken)
            }
            Err(_) => Err(Unread::TooSlow),
        }
    }

    fn space_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Unread> {
        let size = u32::try_from(((bytes >> 10) + 1).min(self.size)).map_err(|_| Unread::NoRoom)?;
        let space = Arc::clone(&self.space).try_acquire_many_owned(size);
        space.map_err(|_| Unread::NoRoom)
    }
}
