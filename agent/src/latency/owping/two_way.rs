//! A run with TWAMP.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use wattle_oneway::control::Accept;
use wattle_oneway::control::Direction;
use wattle_oneway::control::Modes;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::SessionRequest;
use wattle_oneway::control::Sid;
use wattle_oneway::control::TestProtection;
use wattle_oneway::owamp::Plan;
use wattle_oneway::twamp::ReplyVerdict;
use wattle_oneway::twamp::RoundTrip;
use wattle_oneway::twamp::SenderConfig;
use wattle_oneway::twamp::SessionSender;
use wattle_oneway::twamp::equal_size_padding;

use super::Outcome;
use super::PingError;
use super::dialogue::Dialogue;
use super::dialogue::Means;
use super::gap::fixed_point;
use super::options::Spoken;
use super::outcome::RoundTrips;
use super::outcome::Way;
use super::progress::Progress;
use super::trips::Trip;
use super::trips::Trips;
use crate::latency::sessions::TestSocket;
use crate::latency::sessions::entropy;
use crate::latency::sessions::wait;

/// From the start to the first packet.
const LEAD: Duration = Duration::from_millis(50);

struct Run<'m> {
    means: &'m Means<'m>,
    dialogue: Dialogue<'m>,
    socket: TestSocket,
    sender: SessionSender,
    session: SessionRequest,
    to: SocketAddr,
    /// Replies in the order in which they came, those that came again too.
    replies: Vec<RoundTrip>,
}

/// Measures.
pub(super) fn run(means: &Means<'_>, remote: SocketAddr) -> Result<Outcome, PingError> {
    let mut dialogue = Dialogue::open(means, Protocol::Twamp, remote)?;
    let mut at = dialogue.local;
    at.set_port(0);
    let socket = TestSocket::bind(at, means.options.dscp)?;
    let protection = dialogue.client.test_protection(Sid::default());
    let symmetrical = dialogue.client.modes().contains(Modes::SYMMETRICAL_SIZE);
    let request = request(
        means,
        &dialogue,
        socket.local()?.port(),
        padding(means, symmetrical, &protection),
    );
    let session = dialogue.request(request, "there and back")?;
    dialogue.start()?;
    let sender = sender(means, &dialogue, &session, symmetrical)?;
    let mut to = remote;
    to.set_port(session.receiver_port);
    let mut run = Run {
        means,
        dialogue,
        socket,
        sender,
        session,
        to,
        replies: Vec::new(),
    };
    run.test()?;
    run.dialogue
        .client
        .stop(means.clocks.moment(), Accept::Ok, Vec::new())?;
    // The server does not answer to it; whether it has heard it is its own affair.
    let _ = run.dialogue.turn();
    run.outcome()
}

/// Where sizes are not made equal by agreement, padding makes the packets as large as their replies.
fn padding(means: &Means<'_>, symmetrical: bool, protection: &TestProtection) -> u32 {
    let wanted = u32::from(means.options.padding);
    if symmetrical {
        return wanted;
    }
    wanted.max(u32::try_from(equal_size_padding(protection)).unwrap_or_default())
}

fn request(means: &Means<'_>, dialogue: &Dialogue<'_>, port: u16, padding: u32) -> SessionRequest {
    SessionRequest {
        direction: Direction::TwoWay,
        packets: 0,
        sender_port: port,
        receiver_port: 0,
        sender: dialogue.local.ip(),
        receiver: dialogue.remote.ip(),
        sid: Sid::default(),
        padding,
        start: means.clocks.wall(),
        timeout: fixed_point(means.options.timeout),
        type_p: u32::from(means.options.dscp) << 24,
        slots: Vec::new(),
    }
}

fn sender(
    means: &Means<'_>,
    dialogue: &Dialogue<'_>,
    session: &SessionRequest,
    symmetrical: bool,
) -> Result<SessionSender, PingError> {
    let (now, wall) = (means.clocks.moment(), means.clocks.wall());
    let options = means.options;
    let plan = Plan {
        // The schedule is nobody else's affair: it need not follow from the session's name.
        sid: Sid(entropy()?),
        start: wall.plus_fixed(fixed_point(LEAD)),
        packets: options.count,
        timeout: fixed_point(options.timeout),
        slots: vec![options.gap.slot()],
    };
    let config = SenderConfig {
        plan,
        protection: dialogue.client.test_protection(session.sid),
        padding: vec![0; session.padding as usize].into(),
        symmetrical,
    };
    Ok(SessionSender::new(now, wall, config))
}

impl Run<'_> {
    fn test(&mut self) -> Result<(), PingError> {
        let mut progress = Progress::new(self.means.options.live);
        loop {
            self.drive();
            self.dialogue.turn()?;
            let now = self.means.clocks.moment();
            progress.show(now, || self.line());
            if self.sender.is_finished() {
                return Ok(());
            }
            let due = [progress.due(), self.dialogue.due(), self.sender.poll_timeout()];
            let at_most = due.into_iter().flatten().min().map(|due| due.saturating_sub(now));
            let descriptors = [
                self.dialogue.descriptor(),
                (self.means.interrupt.as_fd(), false),
                (self.socket.as_fd(), false),
            ];
            wait(&descriptors, at_most)?;
            if self.means.interrupt.has_come() {
                self.sender.stop();
            }
        }
    }

    fn drive(&mut self) {
        let clocks = self.means.clocks;
        self.socket.pass_over_sent();
        while let Some(incoming) = self.socket.receive(clocks) {
            if incoming.from != self.to {
                continue;
            }
            let arrival = incoming.arrival(clocks);
            let verdict = self
                .sender
                .handle_packet(clocks.moment(), incoming.octets, arrival);
            if let ReplyVerdict::New(reply) | ReplyVerdict::Duplicate(reply) = verdict {
                self.replies.push(reply);
            }
        }
        self.sender.handle_timeout(clocks.moment(), clocks.wall());
        while let Some(outgoing) = self
            .sender
            .poll_transmit(clocks.moment(), clocks.wall(), clocks.error())
        {
            self.socket
                .send(&outgoing.octets, self.to, outgoing.sequence, clocks);
        }
        while self.sender.poll_event().is_some() {}
    }

    fn line(&self) -> String {
        let counts = self.sender.counts();
        let (all, sent, back) = (self.means.options.count, counts.sent, counts.received);
        format!("{sent} of {all} sent, {back} back, {} lost", counts.lost)
    }

    fn outcome(self) -> Result<Outcome, PingError> {
        let counts = self.sender.counts();
        let skipped = self
            .sender
            .skipped()
            .iter()
            .map(|range| u64::from(range.last - range.first) + 1);
        let unsent = skipped.sum();
        let losses = Losses::of(&self.replies, counts.sent, counts.lost);
        let (here, there) = (self.socket.local()?, self.to);
        let sid = (!self.session.sid.is_unset()).then(|| self.session.sid.to_string());
        let forward = Way {
            direction: "forward",
            from: here,
            to: there,
            sid: sid.clone(),
            sent: counts.sent,
            unsent,
            lost: losses.forward,
            trips: forward(self.means.options.count, self.replies.clone()),
            clock_difference: None,
        };
        let reverse = Way {
            direction: "reverse",
            from: there,
            to: here,
            sid,
            sent: counts.received + losses.reverse,
            unsent: 0,
            lost: losses.reverse,
            trips: reverse(self.means.options.count, &self.replies),
            clock_difference: None,
        };
        Ok(Outcome {
            spoken: Spoken::Arranged(Protocol::Twamp),
            security: self.means.options.security_name(),
            round_trips: Some(RoundTrips {
                sent: counts.sent,
                lost: counts.lost,
                lost_somewhere: losses.somewhere,
                is_wire: false,
                ..round_trips(&self.replies)
            }),
            ways: vec![forward, reverse],
        })
    }
}

/// Where packets were lost, as the reflector's numbers tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    pub(super) forward: u64,
    pub(super) reverse: u64,
    pub(super) somewhere: u64,
}

impl Losses {
    /// The reflector numbers what reaches it. A number below its highest that did not come back was lost on the way back;
    /// behind the last reply nobody knows.
    fn of(replies: &[RoundTrip], sent: u64, lost: u64) -> Self {
        let Some(highest) = replies.iter().map(|reply| reply.reflector_sequence).max() else {
            return Self {
                somewhere: lost,
                ..Self::default()
            };
        };
        let mut seen: Vec<_> = replies.iter().map(|reply| reply.reflector_sequence).collect();
        seen.sort_unstable();
        seen.dedup();
        let last = replies
            .iter()
            .map(|reply| reply.sequence)
            .max()
            .unwrap_or_default();
        let somewhere = sent.saturating_sub(u64::from(last) + 1).min(lost);
        let missing = (u64::from(highest) + 1).saturating_sub(seen.len() as u64);
        let reverse = missing.min(lost - somewhere);
        Self {
            forward: lost - somewhere - reverse,
            reverse,
            somewhere,
        }
    }
}

/// In the order in which the reflector saw them.
fn forward(count: u32, mut replies: Vec<RoundTrip>) -> Trips {
    let mut trips = Trips::new(count);
    replies.sort_by_key(|reply| reply.reflector_sequence);
    replies.dedup_by_key(|reply| reply.reflector_sequence);
    for reply in &replies {
        trips.add(&Trip {
            number: reply.sequence,
            sent: reply.sent.time(),
            delay: reply.reflector_received.nanos_since(reply.sent.time()),
            errors: [reply.sent.error(), reply.reflector_sent.error()],
            ttl: Some(reply.reflector_ttl),
        });
    }
    trips
}

fn reverse(count: u32, replies: &[RoundTrip]) -> Trips {
    let mut trips = Trips::new(count);
    for reply in replies {
        trips.add(&Trip {
            number: reply.reflector_sequence,
            sent: reply.reflector_sent.time(),
            delay: reply.received.nanos_since(reply.reflector_sent.time()),
            errors: [reply.reflector_sent.error(), reply.receive_error],
            ttl: Some(reply.ttl),
        });
    }
    trips
}

fn round_trips(replies: &[RoundTrip]) -> RoundTrips {
    let mut all = RoundTrips::default();
    let mut firsts = std::collections::HashSet::new();
    for reply in replies.iter().filter(|reply| firsts.insert(reply.sequence)) {
        let turnaround = reply.reflector_sent.time().nanos_since(reply.reflector_received);
        all.delays
            .push(reply.received.nanos_since(reply.sent.time()) - turnaround);
        all.turnarounds.push(turnaround);
    }
    all
}

#[cfg(test)]
mod tests {
    use wattle_oneway::ErrorEstimate;
    use wattle_oneway::Timestamp;
    use wattle_oneway::control::Stamp;

    use super::*;

    fn reply(sequence: u32, reflector_sequence: u32) -> RoundTrip {
        let stamp = Stamp::new(Timestamp::default(), ErrorEstimate::unsynchronised());
        RoundTrip {
            sequence,
            reflector_sequence,
            sent: stamp,
            reflector_received: Timestamp::default(),
            reflector_sent: stamp,
            received: Timestamp::default(),
            receive_error: ErrorEstimate::unsynchronised(),
            reflector_ttl: 255,
            ttl: 255,
        }
    }

    #[test]
    fn the_reflectors_numbers_tell_which_way_packets_were_lost() {
        // Of 0 to 9: 1 was lost on the way there, 3 on the way back, and 8 and 9 somewhere.
        let pairs = [(0, 0), (2, 1), (4, 3), (5, 4), (6, 5), (7, 6)];
        let replies = pairs.map(|(sequence, reflector)| reply(sequence, reflector));
        let losses = Losses::of(&replies, 10, 4);
        assert_eq!((losses.forward, losses.reverse, losses.somewhere), (1, 1, 2));
        let nothing_came = Losses::of(&[], 10, 10);
        assert_eq!(nothing_came.somewhere, 10);
    }

    #[test]
    fn a_packet_that_was_doubled_counts_in_the_direction_where_it_was() {
        let replies = [reply(0, 0), reply(0, 1), reply(1, 2), reply(1, 2)];
        assert_eq!(forward(2, replies.to_vec()).duplicates, 1);
        assert_eq!(reverse(2, &replies).duplicates, 1);
        assert_eq!(round_trips(&replies).delays.len(), 2);
    }
}
