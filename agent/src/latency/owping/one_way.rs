//! A run with OWAMP.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use wattle_oneway::Timestamp;
use wattle_oneway::control::Accept;
use wattle_oneway::control::ClientEvent;
use wattle_oneway::control::Direction;
use wattle_oneway::control::FetchSession;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::Record;
use wattle_oneway::control::SentSession;
use wattle_oneway::control::SessionRequest;
use wattle_oneway::control::Sid;
use wattle_oneway::owamp::Plan;
use wattle_oneway::owamp::ReceiverConfig;
use wattle_oneway::owamp::TestReceiver;
use wattle_oneway::owamp::TestSender;

use super::Outcome;
use super::PingError;
use super::dialogue::Dialogue;
use super::dialogue::Means;
use super::gap::fixed_point;
use super::options::Spoken;
use super::options::Ways;
use super::outcome::Way;
use super::progress::Progress;
use super::trips::Trip;
use super::trips::Trips;
use crate::latency::sessions::TestSocket;
use crate::latency::sessions::entropy;
use crate::latency::sessions::wait;

/// From the request to the first packet: enough for the messages in between.
const LEAD: Duration = Duration::from_millis(200);
/// So long after the timeout the last packet is no longer waited for. The clocks may differ a little.
const MARGIN: Duration = Duration::from_millis(500);

struct There {
    session: SessionRequest,
    socket: TestSocket,
    sender: TestSender,
    to: SocketAddr,
    /// When the last packet was sent.
    finished: Option<Duration>,
}

struct Here {
    session: SessionRequest,
    socket: TestSocket,
    receiver: TestReceiver,
}

struct Run<'m> {
    means: &'m Means<'m>,
    dialogue: Dialogue<'m>,
    there: Option<There>,
    here: Option<Here>,
    /// What the server says that it has sent.
    told: Option<Vec<SentSession>>,
    interrupted: bool,
}

/// Measures.
pub(super) fn run(means: &Means<'_>, remote: SocketAddr) -> Result<Outcome, PingError> {
    let mut dialogue = Dialogue::open(means, Protocol::Owamp, remote)?;
    let (there, here) = arrange(means, &mut dialogue)?;
    let mut run = Run {
        means,
        dialogue,
        there,
        here,
        told: None,
        interrupted: false,
    };
    run.test()?;
    run.stop()?;
    let ways = [run.forward()?, run.reverse()];
    Ok(Outcome {
        spoken: Spoken::Arranged(Protocol::Owamp),
        security: means.options.security_name(),
        ways: ways.into_iter().flatten().collect(),
        round_trips: None,
    })
}

fn arrange(
    means: &Means<'_>,
    dialogue: &mut Dialogue<'_>,
) -> Result<(Option<There>, Option<Here>), PingError> {
    let start = after(means.clocks.wall(), LEAD + 8 * dialogue.connecting);
    let ways = means.options.ways;
    let there = match ways {
        Ways::From => None,
        Ways::Both | Ways::To => Some(arrange_there(means, dialogue, start)?),
    };
    let here = match ways {
        Ways::To => None,
        Ways::Both | Ways::From => Some(arrange_here(means, dialogue, start)?),
    };
    dialogue.start()?;
    Ok((there, here))
}

fn after(wall: Timestamp, time: Duration) -> Timestamp {
    wall.plus_fixed(fixed_point(time))
}

fn bind(means: &Means<'_>, dialogue: &Dialogue<'_>) -> Result<TestSocket, PingError> {
    let mut at = dialogue.local;
    at.set_port(0);
    Ok(TestSocket::bind(at, means.options.dscp)?)
}

fn request(means: &Means<'_>, dialogue: &Dialogue<'_>, start: Timestamp) -> SessionRequest {
    let options = means.options;
    SessionRequest {
        direction: Direction::ToServer,
        packets: options.count,
        sender_port: 0,
        receiver_port: 0,
        sender: dialogue.local.ip(),
        receiver: dialogue.remote.ip(),
        sid: Sid::default(),
        padding: options.padding.into(),
        start,
        timeout: fixed_point(options.timeout),
        type_p: u32::from(options.dscp) << 24,
        slots: vec![options.gap.slot()],
    }
}

fn arrange_there(
    means: &Means<'_>,
    dialogue: &mut Dialogue<'_>,
    start: Timestamp,
) -> Result<There, PingError> {
    let socket = bind(means, dialogue)?;
    let mut request = request(means, dialogue, start);
    request.sender_port = socket.local()?.port();
    let session = dialogue.request(request, "from here")?;
    let mut to = dialogue.remote;
    to.set_port(session.receiver_port);
    let (now, wall) = (means.clocks.moment(), means.clocks.wall());
    let protection = dialogue.client.test_protection(session.sid);
    let padding = vec![0; means.options.padding.into()];
    Ok(There {
        sender: TestSender::new(now, wall, &Plan::of(&session), protection, &padding),
        session,
        socket,
        to,
        finished: None,
    })
}

fn arrange_here(means: &Means<'_>, dialogue: &mut Dialogue<'_>, start: Timestamp) -> Result<Here, PingError> {
    let socket = bind(means, dialogue)?;
    let (now, wall) = (means.clocks.moment(), means.clocks.wall());
    let mut request = request(means, dialogue, start);
    request.direction = Direction::FromServer;
    request.receiver_port = socket.local()?.port();
    (request.sender, request.receiver) = (dialogue.remote.ip(), dialogue.local.ip());
    request.sid = Sid::new(dialogue.local.ip(), wall, entropy()?);
    let session = dialogue.request(request, "to here")?;
    let protection = dialogue.client.test_protection(session.sid);
    let config = ReceiverConfig::new(Plan::of(&session), protection);
    Ok(Here {
        receiver: TestReceiver::new(now, wall, config),
        session,
        socket,
    })
}

impl Run<'_> {
    /// Sends and receives until all is sent, and has come or is lost.
    fn test(&mut self) -> Result<(), PingError> {
        let mut progress = Progress::new(self.means.options.live);
        loop {
            self.drive();
            if let Some(ClientEvent::Stopped(stop)) = self.dialogue.turn()? {
                self.told = Some(stop.sent);
            }
            let now = self.means.clocks.moment();
            progress.show(now, || self.line());
            if self.is_done(now) || self.interrupted {
                return Ok(());
            }
            self.sleep(now, progress.due())?;
        }
    }

    fn drive(&mut self) {
        let clocks = self.means.clocks;
        if let Some(there) = &mut self.there {
            there.socket.pass_over_sent();
            there.sender.handle_timeout(clocks.moment(), clocks.wall());
            while let Some(outgoing) =
                there
                    .sender
                    .poll_transmit(clocks.moment(), clocks.wall(), clocks.error())
            {
                there
                    .socket
                    .send(&outgoing.octets, there.to, outgoing.sequence, clocks);
            }
            if there.sender.is_finished() {
                there.finished.get_or_insert(clocks.moment());
            }
        }
        if let Some(here) = &mut self.here {
            here.receive(self.means);
            here.receiver.handle_timeout(clocks.moment(), clocks.wall());
        }
    }

    fn is_done(&self, now: Duration) -> bool {
        let there = self
            .there
            .as_ref()
            .is_none_or(|there| self.quiet(there).is_some_and(|quiet| quiet <= now));
        let here = self
            .here
            .as_ref()
            .is_none_or(|here| here.receiver.is_finished() || self.told.is_some());
        there && here
    }

    fn quiet(&self, there: &There) -> Option<Duration> {
        Some(there.finished? + self.means.options.timeout + MARGIN)
    }

    fn sleep(&mut self, now: Duration, progress: Option<Duration>) -> Result<(), PingError> {
        let mut due = vec![progress, self.dialogue.due()];
        let mut descriptors = vec![self.dialogue.descriptor(), (self.means.interrupt.as_fd(), false)];
        if let Some(there) = &self.there {
            // When that has passed, something else is waited for.
            let quiet = self.quiet(there).filter(|quiet| *quiet > now);
            due.extend([there.sender.poll_timeout(), quiet]);
            descriptors.push((there.socket.as_fd(), false));
        }
        if let Some(here) = &self.here {
            due.push(here.receiver.poll_timeout());
            descriptors.push((here.socket.as_fd(), false));
        }
        let earliest = due.into_iter().flatten().min();
        wait(&descriptors, earliest.map(|due| due.saturating_sub(now)))?;
        self.interrupted = self.means.interrupt.has_come();
        Ok(())
    }

    fn line(&self) -> String {
        let there = self.there.as_ref().map(|there| {
            let sent = there.sender.sent().next_sequence;
            format!("{sent} of {} sent", there.session.packets)
        });
        let here = self.here.as_ref().map(|here| {
            let counts = here.receiver.counts();
            format!(
                "{} of {} received, {} lost",
                counts.received, here.session.packets, counts.lost
            )
        });
        let parts: Vec<_> = there.into_iter().chain(here).collect();
        parts.join("; ")
    }

    /// Tells what was sent, and hears it.
    fn stop(&mut self) -> Result<(), PingError> {
        let sent = self.there.iter_mut().map(|there| {
            there.sender.stop();
            there.sender.sent()
        });
        let sent = sent.collect();
        self.dialogue
            .client
            .stop(self.means.clocks.moment(), Accept::Ok, sent)?;
        if self.told.is_none() {
            let stopped = self
                .dialogue
                .expect(|event| matches!(event, ClientEvent::Stopped(_)))?;
            if let ClientEvent::Stopped(stop) = stopped {
                self.told = Some(stop.sent);
            }
        }
        if let (Some(here), Some(told)) = (&mut self.here, &self.told) {
            here.receive(self.means);
            if let Some(sent) = told.iter().find(|sent| sent.sid == here.session.sid) {
                here.receiver.handle_stop(self.means.clocks.wall(), sent);
            }
        }
        Ok(())
    }

    fn forward(&mut self) -> Result<Option<Way>, PingError> {
        let Some(there) = &self.there else { return Ok(None) };
        let now = self.means.clocks.moment();
        self.dialogue
            .client
            .fetch(now, FetchSession::all(there.session.sid))?;
        let is_answer =
            |event: &ClientEvent| matches!(event, ClientEvent::Fetched(_) | ClientEvent::NotFetched(_));
        let fetched = match self.dialogue.expect(is_answer)? {
            ClientEvent::Fetched(fetched) => fetched,
            ClientEvent::NotFetched(accept) => {
                let address = self.dialogue.remote;
                return Err(PingError::NotFetched { address, accept });
            }
            _ => return Err(PingError::Interrupted),
        };
        let ends = (there.socket.local()?, there.to);
        Ok(Some(way(
            "forward",
            ends,
            &there.session,
            &there.sender.sent(),
            &fetched.records,
        )))
    }

    fn reverse(&self) -> Option<Way> {
        let here = self.here.as_ref()?;
        let of_session = |sent: &&SentSession| sent.sid == here.session.sid;
        let sent = self
            .told
            .as_ref()
            .and_then(|told| told.iter().find(of_session))
            .cloned();
        let sent = sent.unwrap_or(SentSession {
            sid: here.session.sid,
            next_sequence: here.session.packets,
            skipped: Vec::new(),
        });
        let mut from = self.dialogue.remote;
        from.set_port(here.session.sender_port);
        let ends = (from, here.socket.local().ok()?);
        let mut way = way("reverse", ends, &here.session, &sent, here.receiver.records());
        way.clock_difference = here.receiver.clock_difference();
        Some(way)
    }
}

impl Here {
    fn receive(&mut self, means: &Means<'_>) {
        let mut server = self.session.sender;
        if server.is_unspecified() {
            server = self.session.receiver;
        }
        while let Some(incoming) = self.socket.receive(means.clocks) {
            if incoming.from.port() == self.session.sender_port && incoming.from.ip() == server {
                let arrival = incoming.arrival(means.clocks);
                self.receiver
                    .handle_packet(means.clocks.moment(), incoming.octets, arrival);
            }
        }
    }
}

/// What the sender's account and the receiver's records make together. Packets without any record were sent too shortly before the
/// end for anybody to know.
fn way(
    direction: &'static str,
    (from, to): (SocketAddr, SocketAddr),
    session: &SessionRequest,
    sent: &SentSession,
    records: &[Record],
) -> Way {
    let mut trips = Trips::new(session.packets);
    for record in records.iter().filter(|record| !record.is_lost()) {
        trips.add(&Trip {
            number: record.sequence,
            sent: record.sent,
            delay: record.received.nanos_since(record.sent),
            errors: [record.send_error, record.receive_error],
            ttl: Some(record.ttl),
        });
    }
    let skipped = sent
        .skipped
        .iter()
        .map(|range| u64::from(range.last - range.first) + 1);
    let lost = records.iter().filter(|record| record.is_lost()).count() as u64;
    Way {
        direction,
        from,
        to,
        sid: Some(session.sid.to_string()),
        sent: trips.delays.len() as u64 + lost,
        unsent: skipped.sum(),
        lost,
        trips,
        clock_difference: None,
    }
}
