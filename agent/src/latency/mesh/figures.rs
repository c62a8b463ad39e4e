//! What is counted of one peer.

use std::time::Duration;

use wattle_oneway::stamp;
use wattle_oneway::stamp::Event;
use wattle_oneway::stamp::Measured;
use wattle_oneway::stamp::Quality;
use wattle_oneway::stamp::Seen;
use wattle_oneway::stamp::TrafficClass;
use wattle_oneway::statistics;
use wattle_oneway::statistics::Arrival;
use wattle_oneway::statistics::Packet;

use crate::latency::histogram::DelayHistogram;
use crate::latency::report::DirectionReport;
use crate::latency::report::RoundCounts;
use crate::latency::report::WayCounts;

/// Better stamps are hoped for during so many samples without.
const HOPE: u32 = 64;

/// Where samples of a quality are counted: as [`crate::latency::report::QUALITIES`] has it.
const fn place(quality: Quality) -> usize {
    match quality {
        Quality::Wire => 0,
        Quality::Host => 1,
        Quality::Card => 2,
    }
}

/// Packets of one direction.
#[derive(Debug)]
pub(super) struct Way {
    figures: statistics::Direction,
    delay: DelayHistogram,
    queueing: DelayHistogram,
    counts: WayCounts,
    samples: [u64; 3],
    class: Option<TrafficClass>,
    congested: u64,
    best: Quality,
    /// Samples since the last one of that quality.
    lesser: u32,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            figures: statistics::Direction::new(statistics::Settings::default()),
            delay: DelayHistogram::default(),
            queueing: DelayHistogram::default(),
            counts: WayCounts::default(),
            samples: [0; 3],
            class: None,
            congested: 0,
            best: Quality::Host,
            lesser: 0,
        }
    }
}

impl Way {
    /// A packet arrived after so long. Once both ends' kernels have told, what a program measured is counted and not mixed
    /// with what they tell: it would read as queueing.
    pub(super) fn arrived(&mut self, now: Duration, sequence: u32, measured: Measured, seen: Seen) {
        self.counts.sent += 1;
        self.counts.received += 1;
        self.samples[place(measured.quality)] += 1;
        self.note(seen);
        if !self.counts_still(measured.quality) {
            return;
        }
        let packet = Packet {
            number: sequence,
            delay: measured.nanos,
            ttl: seen.ttl.filter(|ttl| *ttl > 0),
        };
        if let Arrival::InTime { queueing } = self.figures.handle_arrival(now, packet) {
            self.queueing.observe(i64::try_from(queueing).unwrap_or(i64::MAX));
        }
    }

    /// Whether a figure of this quality is one of those that are shown. Where better ones have not come for long, they will not.
    fn counts_still(&mut self, quality: Quality) -> bool {
        if quality < self.best {
            self.lesser += 1;
            if self.lesser < HOPE {
                return false;
            }
        }
        if quality != self.best {
            self.figures.handle_clock_step();
        }
        self.lesser = 0;
        self.best = quality;
        true
    }

    fn note(&mut self, seen: Seen) {
        self.class = seen.class.or(self.class);
        self.congested += u64::from(seen.class.is_some_and(|class| class.ecn() == 3));
    }

    /// The delay means something: both clocks are right, as far as anybody can tell.
    pub(super) fn is_true(&mut self, measured: Measured) {
        if measured.quality >= self.best {
            self.delay.observe(measured.nanos);
        }
    }

    pub(super) fn clock_was_set(&mut self) {
        self.figures.handle_clock_step();
    }

    pub(super) fn minimum(&self, now: Duration) -> Option<i64> {
        self.figures.delays().minimum(now)
    }

    pub(super) fn best(&self) -> Quality {
        self.best
    }

    pub(super) fn report(&self, now: Duration) -> DirectionReport {
        let hops = self.figures.hops();
        DirectionReport {
            delay: self.delay.clone(),
            minimum: self.minimum(now),
            queueing: self.queueing.clone(),
            jitter: (self.queueing.count() > 1).then(|| self.figures.delays().jitter()),
            counts: self.counts,
            samples: self.samples,
            hops: hops.last().map(|last| (last, hops.changes())),
            class: self.class,
            congested: self.congested,
        }
    }
}

/// Packets there and back.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// To the peer and from it.
    pub(super) ways: [Way; 2],
    pub(super) round_trip: DelayHistogram,
    pub(super) rounds: RoundCounts,
    /// Whether the latest packet whose fate is known was answered.
    pub(super) answers: bool,
}

impl Figures {
    /// Counts what happened other than a sample.
    pub(super) fn count(&mut self, event: &Event) {
        match *event {
            Event::Sample(_) | Event::PeerRestarted => {}
            Event::Lost { .. } => {
                self.rounds.lost += 1;
                self.rounds.sent += 1;
                self.answers = false;
            }
            Event::LossPlaced { forward, reverse, .. } => self.place(forward.into(), reverse.into()),
            Event::Late { .. } => self.rounds.late += 1,
            Event::Unsent { packets } => self.rounds.unsent += packets,
            Event::Duplicate { direction, .. } => {
                self.rounds.duplicate += 1;
                if let Some(way) = self.way(direction) {
                    way.counts.duplicate += 1;
                }
            }
            Event::Reordered { direction, .. } => {
                self.rounds.reordered += 1;
                if let Some(way) = self.way(direction) {
                    way.counts.reordered += 1;
                }
            }
        }
    }

    /// It is known on which way packets were lost: those lost on the way back had arrived over there.
    fn place(&mut self, forward: u64, reverse: u64) {
        let [to, from] = &mut self.ways;
        to.counts.sent += forward + reverse;
        to.counts.received += reverse;
        to.counts.lost += forward;
        from.counts.sent += reverse;
        from.counts.lost += reverse;
    }

    fn way(&mut self, direction: Option<stamp::Direction>) -> Option<&mut Way> {
        let [to, from] = &mut self.ways;
        direction.map(|direction| match direction {
            stamp::Direction::Forward => to,
            stamp::Direction::Reverse => from,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn measured(nanos: i64, quality: Quality) -> Measured {
        Measured { nanos, quality }
    }

    #[test]
    fn what_was_sent_arrived_or_was_lost_each_way() {
        let mut figures = Figures::default();
        for sequence in 0..7 {
            let now = Duration::from_secs(u64::from(sequence));
            for way in &mut figures.ways {
                way.arrived(now, sequence, measured(1000, Quality::Wire), Seen::default());
            }
        }
        for sequence in 7..10 {
            figures.count(&Event::Lost { sequence });
        }
        figures.count(&Event::LossPlaced {
            forward: 2,
            reverse: 1,
            unknown: 0,
        });
        let [to, from] = [0, 1].map(|way: usize| figures.ways[way].counts);
        assert_eq!((to.sent, to.received, to.lost), (10, 8, 2));
        assert_eq!((from.sent, from.received, from.lost), (8, 7, 1));
        assert_eq!(figures.rounds.lost, 3);
    }

    #[test]
    fn a_programs_stamp_is_no_queueing() {
        let mut way = Way::default();
        let now = Duration::from_secs(1);
        way.arrived(now, 0, measured(1_000, Quality::Wire), Seen::default());
        way.arrived(now, 1, measured(90_000, Quality::Host), Seen::default());
        way.is_true(measured(90_000, Quality::Host));
        let report = way.report(now);
        assert_eq!(
            (report.samples, report.queueing.count(), report.delay.count()),
            ([1, 1, 0], 1, 0)
        );
        assert_eq!(report.minimum, Some(1_000));
    }

    #[test]
    fn stamps_that_come_no_more_are_not_hoped_for_for_ever() {
        let mut way = Way::default();
        let shown: Vec<_> = (0..HOPE + 6)
            .map(|number| {
                let quality = if number < 3 { Quality::Card } else { Quality::Wire };
                let now = Duration::from_secs(number.into());
                way.arrived(now, number, measured(1_000, quality), Seen::default());
                way.report(now).queueing.count()
            })
            .collect();
        assert_eq!(
            (shown[2], shown[HOPE as usize + 1], shown.last()),
            (3, 3, Some(&7))
        );
        assert_eq!(way.report(Duration::ZERO).samples, [u64::from(HOPE) + 3, 0, 3]);
    }

    #[test]
    fn without_the_kernels_stamps_a_programs_are_taken() {
        let mut way = Way::default();
        way.arrived(
            Duration::ZERO,
            0,
            measured(90_000, Quality::Host),
            Seen::default(),
        );
        assert_eq!(way.report(Duration::ZERO).minimum, Some(90_000));
    }
}
