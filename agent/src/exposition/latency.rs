//! Points of other hosts: how far they are, and what the clocks are worth by which that was measured.

use super::point::Label;
use super::point::Points;
use crate::latency::histogram::seconds;
use crate::latency::icmp::IcmpPeer;
use crate::latency::report::DIRECTIONS;
use crate::latency::report::DirectionReport;
use crate::latency::report::LatencyReport;
use crate::latency::report::PeerReport;
use crate::latency::report::QUALITIES;
use crate::latency::report::RoundCounts;
use crate::latency::report::STATES;
use crate::latency::report::WayCounts;
use crate::snapshot::Snapshot;

/// What became of packets of one direction.
type Outcome<T> = (&'static str, fn(&T) -> u64);

const OUTCOMES: [Outcome<WayCounts>; 5] = [
    ("sent", |counts| counts.sent),
    ("received", |counts| counts.received),
    ("lost", |counts| counts.lost),
    ("duplicate", |counts| counts.duplicate),
    ("reordered", |counts| counts.reordered),
];

const ROUND_OUTCOMES: [Outcome<RoundCounts>; 7] = [
    ("sent", |counts| counts.sent),
    ("received", |counts| counts.received),
    ("lost", |counts| counts.lost),
    ("late", |counts| counts.late),
    ("duplicate", |counts| counts.duplicate),
    ("reordered", |counts| counts.reordered),
    ("unsent", |counts| counts.unsent),
];

fn report(snapshot: &Snapshot) -> Option<&LatencyReport> {
    snapshot.latency.as_deref()
}

fn peers(snapshot: &Snapshot) -> impl Iterator<Item = &PeerReport> {
    let peers = report(snapshot).map_or(&[][..], |report| &report.peers);
    peers.iter().map(|peer| &**peer)
}

fn pinged(snapshot: &Snapshot) -> impl Iterator<Item = &IcmpPeer> {
    let peers = report(snapshot).map_or(&[][..], |report| &report.icmp.peers);
    peers.iter().map(|peer| &**peer)
}

/// Each peer with each direction, by the labels of both.
pub(super) fn ways(
    snapshot: &Snapshot,
) -> impl Iterator<Item = ([Label<'_>; 2], &PeerReport, &DirectionReport)> {
    peers(snapshot).flat_map(|peer| {
        let named = DIRECTIONS.iter().zip(&peer.directions);
        named.map(move |(name, way)| ([(&*peer.name).into(), (*name).into()], peer, way))
    })
}

/// Nanoseconds without a sign as seconds.
fn positive(nanos: u64) -> f64 {
    seconds(i64::try_from(nanos).unwrap_or(i64::MAX))
}

pub(super) fn synchronised<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(report) = report(snapshot) {
        points.whole([], u64::from(report.clock.bound.is_some()));
    }
}

pub(super) fn clock_source<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(report) = report(snapshot) {
        points.info([report.clock.witness.as_str().into()]);
    }
}

pub(super) fn error_bound<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(bound) = report(snapshot).and_then(|report| report.clock.bound) {
        points.number([], bound.as_secs_f64());
    }
}

pub(super) fn delay<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, peer, way) in ways(snapshot) {
        if peer.bound().is_some() && way.delay.count() > 0 {
            points.delays(labels, &way.delay);
        }
    }
}

pub(super) fn delay_min<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, peer, way) in ways(snapshot) {
        if let (Some(_), Some(minimum)) = (peer.bound(), way.minimum) {
            points.number(labels, seconds(minimum));
        }
    }
}

pub(super) fn queueing<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, _, way) in ways(snapshot) {
        points.delays(labels, &way.queueing);
    }
}

pub(super) fn jitter<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, _, way) in ways(snapshot) {
        if let Some(jitter) = way.jitter {
            points.number(labels, positive(jitter));
        }
    }
}

pub(super) fn packets<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for peer in peers(snapshot) {
        let name = Label::from(&*peer.name);
        for (direction, way) in DIRECTIONS.iter().zip(&peer.directions) {
            for (outcome, count) in OUTCOMES {
                points.whole([name, (*direction).into(), outcome.into()], count(&way.counts));
            }
        }
        for (outcome, count) in ROUND_OUTCOMES {
            points.whole([name, "round_trip".into(), outcome.into()], count(&peer.rounds));
        }
    }
    for peer in pinged(snapshot) {
        let counts = [
            ("sent", peer.received + peer.lost),
            ("received", peer.received),
            ("lost", peer.lost),
        ];
        for (outcome, count) in counts {
            points.whole([(&*peer.name).into(), "round_trip".into(), outcome.into()], count);
        }
    }
}

pub(super) fn samples<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for ([peer, direction], _, way) in ways(snapshot) {
        for (quality, count) in QUALITIES.iter().zip(way.samples) {
            points.whole([peer, direction, (*quality).into()], count);
        }
    }
}

pub(super) fn clock_bound<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for peer in peers(snapshot) {
        if let Some(bound) = peer.bound() {
            points.number([(&*peer.name).into()], positive(bound));
        }
    }
}

pub(super) fn clock_state<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for peer in peers(snapshot) {
        for state in STATES {
            points.whole(
                [(&*peer.name).into(), state.into()],
                u64::from(peer.state_name() == state),
            );
        }
    }
}

pub(super) fn round_trip<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for peer in peers(snapshot) {
        points.delays([(&*peer.name).into(), "stamp".into()], &peer.round_trip);
    }
    for peer in pinged(snapshot) {
        points.delays([(&*peer.name).into(), "icmp".into()], &peer.round_trip);
    }
}

pub(super) fn offset_estimate<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (host, _) in report(snapshot).map_or(&[][..], |report| &report.offsets) {
        points.number([(&*host.host).into()], seconds(host.offset));
    }
}

pub(super) fn offset_error<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (host, _) in report(snapshot).map_or(&[][..], |report| &report.offsets) {
        points.number([(&*host.host).into()], positive(host.error));
    }
}

pub(super) fn suspect<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (host, wrong) in report(snapshot).map_or(&[][..], |report| &report.offsets) {
        points.whole([(&*host.host).into()], u64::from(*wrong));
    }
}

pub(super) fn host_stages<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(report) = report(snapshot) else { return };
    let stages = &report.stages;
    points.delays(["send_queue".into()], &stages.send_queue);
    points.delays(["wake_up".into()], &stages.wake_up);
    points.delays(["peer_turnaround".into()], &stages.turnaround);
}

pub(super) fn hops<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, _, way) in ways(snapshot) {
        if let Some((hops, _)) = way.hops {
            points.whole(labels, hops.into());
        }
    }
}

pub(super) fn hop_changes<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, _, way) in ways(snapshot) {
        if let Some((_, changes)) = way.hops {
            points.whole(labels, changes);
        }
    }
}

pub(super) fn dscp<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, _, way) in ways(snapshot) {
        if let Some(class) = way.class {
            points.whole(labels, class.dscp().into());
        }
    }
}

pub(super) fn congested<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, _, way) in ways(snapshot) {
        points.whole(labels, way.congested);
    }
}

pub(super) fn peer_counts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(report) = report(snapshot) else { return };
    let counts = [
        ("known", report.known),
        ("measured", report.peers.len() + report.icmp.peers.len()),
        ("capped", report.capped),
        ("unresolved", report.unresolved),
    ];
    for (state, count) in counts {
        points.whole([state.into()], count as u64);
    }
}

pub(super) fn peer_limit<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(report) = report(snapshot) {
        points.whole([], report.most as u64);
    }
}

pub(super) fn peer_info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for peer in peers(snapshot) {
        points.info([
            (&*peer.name).into(),
            (&*peer.zone).into(),
            (&*peer.address).into(),
        ]);
    }
}

pub(super) fn source_age<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(report) = report(snapshot) else { return };
    for source in &report.sources {
        if let Some(answered) = source.answered {
            let age = report.at.saturating_sub(answered);
            points.number([(&*source.source).into()], age.as_secs_f64());
        }
    }
}

pub(super) fn source_failures<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for source in report(snapshot).map_or(&[][..], |report| &report.sources) {
        points.whole([(&*source.source).into()], source.failures);
    }
}

pub(super) fn reflected<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(report) = report(snapshot) {
        points.whole([], report.reflected);
    }
}

pub(super) fn refused<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (reason, count) in report(snapshot).map_or(&[][..], |report| &report.refused) {
        points.whole([(*reason).into()], *count);
    }
}
