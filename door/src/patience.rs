//! How long a peer is waited for.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Sleep;
use tokio::time::sleep;

use super::Limits;
use super::pace::SharedPace;
use super::pace::Wait;

/// Runs out when a peer takes longer than its [`Limits`] allow.
#[derive(Debug)]
pub(super) struct Patience {
    limits: Limits,
    pace: SharedPace,
    wait: Wait,
    timer: Pin<Box<Sleep>>,
    owed: Option<u64>,
    whole: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new(limits: Limits, pace: SharedPace) -> Self {
        Self {
            limits,
            pace,
            wait: Wait::Answer,
            timer: Box::pin(sleep(limits.asking)),
            owed: None,
            whole: Box::pin(sleep(limits.answer)),
        }
    }

    /// Ends with what was waited for in vain. To be polled after the connection, so that its pace is up to date.
    pub(super) async fn runs_out(&mut self) -> Wait {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Wait> {
        let (wait, owed) = self.pace.now();
        let Some(limit) = limit(&self.limits, wait) else {
            self.wait = wait;
            return Poll::Pending;
        };
        if wait != self.wait {
            self.wait = wait;
            self.timer.set(sleep(limit));
        }
        if owed != self.owed {
            self.owed = owed;
            self.whole.set(sleep(self.limits.answer));
        }
        let whole = self.owed.is_some() && self.whole.as_mut().poll(cx).is_ready();
        if whole || self.timer.as_mut().poll(cx).is_ready() {
            Poll::Ready(wait)
        } else {
            Poll::Pending
        }
    }
}

fn limit(limits: &Limits, wait: Wait) -> Option<Duration> {
    match wait {
        Wait::Request { begun: true, .. } => Some(limits.asking),
        Wait::Request { begun: false, .. } => Some(limits.idle),
        Wait::Answer => None,
        Wait::Listening { .. } => Some(limits.listening),
    }
}
