//! How long a peer is waited for.

use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Sleep;
use tokio::time::sleep;

use super::Limits;
use super::pace::Pace;
use super::pace::Wait;

/// Runs out when a peer takes longer than its [`Limits`] allow.
#[derive(Debug)]
pub(super) struct Patience {
    limits: Limits,
    wait: Wait,
    timer: Pin<Box<Sleep>>,
    owed: Option<u64>,
    whole: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            wait: Wait::Answer,
            timer: Box::pin(sleep(limits.asking)),
            owed: None,
            whole: Box::pin(sleep(limits.answer)),
        }
    }

    /// Ready with what was waited for in vain. To be polled after the connection, so that `pace` is up to date.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, pace: &Pace) -> Poll<Wait> {
        let wait = pace.wait();
        let Some(limit) = limit(&self.limits, wait) else {
            self.wait = wait;
            return Poll::Pending;
        };
        if wait != self.wait {
            self.wait = wait;
            self.timer.set(sleep(limit));
        }
        if pace.owed() != self.owed {
            self.owed = pace.owed();
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
