//! What stands behind the door where answers need a body, or take time.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use super::Answer;
use super::Head;
use super::Reply;
use super::StatusCode;

/// An answer that is being made.
pub type Answering = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// What stands behind the door where answers need a body, or take time.
///
/// The door bounds what a client can cost: see the limits of bodies and errands in [`Limits`](super::Limits). An answer that is
/// begun goes on when its client leaves, so what was changed is changed whole.
pub trait Office: Send + Sync + 'static {
    /// Looks at a request before any of its body is read: how many bytes that may have, or the answer if there is nothing
    /// to read it for. Must be quick.
    fn receive(&self, head: &Head) -> Result<usize, Box<Reply>>;

    /// Answers.
    fn answer(self: Arc<Self>, errand: Errand) -> Answering;

    /// Says that the door itself will not do what is asked.
    fn refuse(&self, _head: &Head, status: StatusCode, sentence: &'static str) -> Reply {
        Answer::text(status, format!("{sentence}\n")).into()
    }
}

/// A request with all of its body.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The request.
    pub head: Head,
    /// Its body.
    pub body: Bytes,
}
