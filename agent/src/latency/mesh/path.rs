//! One of several ways to a peer: the session from one source port.

use std::time::Duration;

use wattle_oneway::stamp::Event;
use wattle_oneway::stamp::Sample;
use wattle_oneway::stamp::Sender;
use wattle_oneway::stamp::Settings;
use wattle_oneway::statistics::SlidingMinimum;

use super::pair::WINDOW;
use crate::latency::report::PathCounts;
use crate::latency::report::PathReport;

/// A session, and what there is to tell it from those beside it.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) sender: Sender,
    /// Tells this session's packets from those of a session before.
    pub(super) session: u64,
    counts: PathCounts,
    /// To the peer, from it, and both.
    least: [SlidingMinimum; 3],
}

impl Path {
    pub(super) fn new(settings: Settings, session: u64, now: Duration) -> Self {
        Self {
            sender: Sender::new(settings, now),
            session,
            counts: PathCounts::default(),
            least: std::array::from_fn(|_| SlidingMinimum::new(WINDOW)),
        }
    }

    /// Another session on the same way: counts go on.
    pub(super) fn renew(&mut self, settings: Settings, session: u64, now: Duration) {
        self.sender = Sender::new(settings, now);
        self.session = session;
    }

    /// Delays so far do not compare with those to come.
    pub(super) fn forget_delays(&mut self) {
        self.least.iter_mut().for_each(SlidingMinimum::clear);
    }

    pub(super) fn count(&mut self, now: Duration, event: &Event) {
        let counts = &mut self.counts;
        match event {
            Event::Sample(sample) => self.take(now, sample),
            Event::Lost { .. } => {
                counts.sent += 1;
                counts.lost += 1;
            }
            Event::LossPlaced { forward, reverse, .. } => {
                counts.lost_to += u64::from(*forward);
                counts.lost_from += u64::from(*reverse);
            }
            _ => {}
        }
    }

    fn take(&mut self, now: Duration, sample: &Sample) {
        self.counts.sent += 1;
        self.counts.received += 1;
        let measured = [sample.forward, sample.reverse, sample.round_trip];
        for (least, measured) in self.least.iter_mut().zip(measured) {
            least.insert(now, measured.nanos, ());
        }
    }

    pub(super) fn report(&self, now: Duration) -> PathReport {
        PathReport {
            counts: self.counts,
            least: self
                .least
                .each_ref()
                .map(|least| least.get(now).map(|(nanos, ())| nanos)),
        }
    }
}
