//! Points of the servers of test sessions.

use super::point::Points;
use crate::latency::responder::Refusal;
use crate::snapshot::Snapshot;

pub(super) fn connections<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for server in &snapshot.agent.servers {
        points.whole([server.protocol.into()], server.connections);
    }
}

pub(super) fn sessions<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for server in &snapshot.agent.servers {
        points.whole([server.protocol.into()], server.sessions);
    }
}

pub(super) fn packets<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for server in &snapshot.agent.servers {
        let counts = [
            ("received", server.received),
            ("sent", server.sent),
            ("rejected", server.rejected),
        ];
        for (outcome, count) in counts {
            points.whole([server.protocol.into(), outcome.into()], count);
        }
    }
}

pub(super) fn refusals<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for server in &snapshot.agent.servers {
        for ((_, reason), count) in Refusal::ALL.into_iter().zip(server.refused) {
            points.whole([server.protocol.into(), reason.into()], count);
        }
    }
}
