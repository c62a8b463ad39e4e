//! The packets that may still come in.

use std::collections::VecDeque;

use super::Plan;
use super::pacer::is_over;
use crate::Schedule;
use crate::Timestamp;

/// Most packets that may be open at once: more than that and those far ahead are refused.
const MOST_OPEN: usize = 1 << 18;

/// A packet of the schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) sequence: u32,
    pub(super) due: Timestamp,
    pub(super) seen: bool,
}

/// Where a packet's number is.
pub(super) enum Place<'a> {
    /// Its time was up: it counts as lost, if it was not seen before.
    Past,
    /// It may come.
    Open(&'a mut Expected),
    /// It is not to come within the timeout.
    Future,
}

/// A piece of the schedule, around now: it grows as packets come in and shrinks as their time is up.
#[derive(Clone, Debug)]
pub(super) struct Window {
    schedule: Schedule,
    start: Timestamp,
    packets: u32,
    timeout: u64,
    open: VecDeque<Expected>,
    /// The packet after the open ones.
    upcoming: Option<Expected>,
}

impl Window {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut window = Self {
            schedule: Schedule::new(plan.sid.0, plan.slots.clone()),
            start: plan.start,
            packets: plan.packets,
            timeout: plan.timeout,
            open: VecDeque::new(),
            upcoming: None,
        };
        window.draw(0);
        window
    }

    /// The first packet that is not decided; one after the last at the end.
    pub(super) fn first(&self) -> u32 {
        self.next().map_or(self.packets, |expected| expected.sequence)
    }

    /// The next packet whose time will be up.
    pub(super) fn next(&self) -> Option<&Expected> {
        self.open.front().or(self.upcoming.as_ref())
    }

    pub(super) fn find(&mut self, sequence: u32, received: Timestamp) -> Place<'_> {
        let Some(ahead) = sequence.checked_sub(self.first()) else {
            return Place::Past;
        };
        while let Some(next) = self.upcoming
            && next.sequence <= sequence
            && self.open.len() < MOST_OPEN
            && !is_over(next.due, received, self.timeout)
        {
            self.open.push_back(next);
            self.draw(next.sequence.saturating_add(1));
        }
        self.open
            .get_mut(ahead as usize)
            .map_or(Place::Future, Place::Open)
    }

    /// The next packet whose time is up.
    pub(super) fn expire(&mut self, clock: Timestamp) -> Option<Expected> {
        let expected = *self.next()?;
        if !is_over(clock, expected.due, self.timeout) {
            return None;
        }
        if self.open.pop_front().is_none() {
            self.draw(expected.sequence.saturating_add(1));
        }
        Some(expected)
    }

    /// Expects no more packets.
    pub(super) fn close(&mut self) {
        self.packets = self.first();
        self.open.clear();
        self.upcoming = None;
    }

    fn draw(&mut self, sequence: u32) {
        let left = sequence < self.packets;
        let offset = left.then(|| self.schedule.next()).flatten();
        self.upcoming = offset.map(|offset| Expected {
            sequence,
            due: self.start.plus_fixed(offset),
            seen: false,
        });
        if self.upcoming.is_none() {
            self.packets = self.packets.min(sequence);
        }
    }
}
