//! One test session at the server's end.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use wattle_oneway::control::Direction;
use wattle_oneway::control::FetchSession;
use wattle_oneway::control::FetchedSession;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::SentSession;
use wattle_oneway::control::SessionRequest;
use wattle_oneway::control::Sid;
use wattle_oneway::control::TestProtection;
use wattle_oneway::owamp::Outgoing;
use wattle_oneway::owamp::Plan;
use wattle_oneway::owamp::ReceiverConfig;
use wattle_oneway::owamp::TestReceiver;
use wattle_oneway::owamp::TestSender;
use wattle_oneway::owamp::Verdict;
use wattle_oneway::twamp::ReflectorLimits;
use wattle_oneway::twamp::SessionReflector;

use super::Tally;
use super::clients::Booking;
use crate::latency::sessions::Clocks;
use crate::latency::sessions::TestSocket;

/// Packets worked off before others have their turn.
const AT_ONCE: usize = 64;
/// After its timeout a sender waits so much longer before it tells that it has ended, for what is still under way.
const MARGIN: Duration = Duration::from_millis(500);

/// A session, from its acceptance until its results are no longer wanted.
pub(super) struct Session {
    request: SessionRequest,
    socket: TestSocket,
    /// Where its packets come from or go to. Port 0 becomes that of the first packet.
    peer: SocketAddr,
    role: Role,
    /// When its sender had sent the last packet.
    finished: Option<Duration>,
    /// When it is over whatever happens.
    ends: Option<Duration>,
    _booking: Booking,
}

enum Role {
    Receiver(TestReceiver),
    Sender(TestSender),
    Reflector(SessionReflector),
}

/// What a session is made of.
pub(super) struct Accepted {
    /// What was asked for, with ports and name.
    pub(super) request: SessionRequest,
    /// The socket that was bound for it.
    pub(super) socket: TestSocket,
    /// The client's end.
    pub(super) peer: SocketAddr,
    /// How its packets are protected.
    pub(super) protection: TestProtection,
    /// Its place in the account.
    pub(super) booking: Booking,
}

impl Session {
    pub(super) fn new(accepted: Accepted, limits: ReflectorLimits, clocks: &Clocks) -> Self {
        let (now, wall) = (clocks.moment(), clocks.wall());
        let Accepted {
            request, protection, ..
        } = accepted;
        let plan = Plan::of(&request);
        let role = match request.direction {
            Direction::ToServer => {
                let config = ReceiverConfig::new(plan, protection);
                Role::Receiver(TestReceiver::new(now, wall, config))
            }
            Direction::FromServer => {
                let padding = vec![0; request.padding as usize];
                Role::Sender(TestSender::new(now, wall, &plan, protection, &padding))
            }
            Direction::TwoWay => Role::Reflector(SessionReflector::new(now, protection, limits)),
        };
        Self {
            request,
            socket: accepted.socket,
            peer: accepted.peer,
            role,
            finished: None,
            ends: None,
            _booking: accepted.booking,
        }
    }

    pub(super) const fn sid(&self) -> Sid {
        self.request.sid
    }

    /// Works off what has come and what is due. Senders send only when the test has `started`.
    pub(super) fn drive(&mut self, started: bool, clocks: &Clocks, tally: &Tally) {
        self.socket.pass_over_sent();
        for _ in 0..AT_ONCE {
            if !self.receive(clocks, tally) {
                break;
            }
        }
        let (now, wall) = (clocks.moment(), clocks.wall());
        match &mut self.role {
            Role::Receiver(receiver) => receiver.handle_timeout(now, wall),
            Role::Sender(sender) if started => sender.handle_timeout(now, wall),
            Role::Sender(_) => {}
            Role::Reflector(reflector) => reflector.handle_timeout(now),
        }
        while let Some(outgoing) = self.next_packet(started, clocks) {
            if self
                .socket
                .send(&outgoing.octets, self.peer, outgoing.sequence, clocks)
            {
                tally.sent(self.protocol());
            }
        }
        if let Role::Sender(sender) = &self.role
            && sender.is_finished()
        {
            self.finished.get_or_insert(now);
        }
    }

    /// Takes a packet in, if there is one. Only the peer's are looked at.
    fn receive(&mut self, clocks: &Clocks, tally: &Tally) -> bool {
        let protocol = self.protocol();
        let Some(incoming) = self.socket.receive(clocks) else {
            return false;
        };
        let (now, arrival) = (clocks.moment(), incoming.arrival(clocks));
        let from = incoming.from;
        let is_peers = from.ip() == self.peer.ip() && [0, from.port()].contains(&self.peer.port());
        let is_ours = is_peers
            && match &mut self.role {
                Role::Receiver(receiver) => {
                    receiver.handle_packet(now, incoming.octets, arrival) != Verdict::NotOurs
                }
                Role::Sender(_) => false,
                Role::Reflector(reflector) => reflector.handle_packet(now, incoming.octets, arrival),
            };
        if is_ours {
            self.peer.set_port(from.port());
            tally.received(protocol);
        } else {
            tally.rejected(protocol);
        }
        true
    }

    fn next_packet(&mut self, started: bool, clocks: &Clocks) -> Option<Outgoing> {
        match &mut self.role {
            Role::Sender(sender) if started => {
                sender.poll_transmit(clocks.moment(), clocks.wall(), clocks.error())
            }
            Role::Reflector(reflector) => reflector.poll_transmit(clocks.wall(), clocks.error()),
            Role::Sender(_) | Role::Receiver(_) => None,
        }
    }

    /// When it wants to be driven, if no packet comes before.
    pub(super) fn due(&self, started: bool, now: Duration) -> Option<Duration> {
        // When that has passed, something else is waited for.
        let quiet = self.quiet().filter(|quiet| *quiet > now);
        let by_role = match &self.role {
            Role::Receiver(receiver) => receiver.poll_timeout(),
            Role::Sender(sender) if started => sender.poll_timeout().or(quiet),
            Role::Sender(_) => None,
            Role::Reflector(reflector) => reflector.poll_timeout(),
        };
        [by_role, self.ends].into_iter().flatten().min()
    }

    /// When all that a sender has sent has come or is lost.
    fn quiet(&self) -> Option<Duration> {
        let timeout = Duration::from_secs(self.request.timeout >> 32);
        Some(
            self.finished?
                .saturating_add(timeout + Duration::from_secs(1) + MARGIN),
        )
    }

    /// Whether nothing more will happen in it.
    pub(super) fn is_done(&self, now: Duration) -> bool {
        match &self.role {
            Role::Receiver(receiver) => receiver.is_finished(),
            Role::Sender(_) => self.quiet().is_some_and(|quiet| quiet <= now),
            Role::Reflector(reflector) => reflector.poll_timeout().is_none(),
        }
    }

    /// Whether it can be forgotten.
    pub(super) fn has_ended(&self, now: Duration) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    /// Sends no more, and says what was sent, if it is a session that sends.
    pub(super) fn stop_sending(&mut self) -> Option<SentSession> {
        let Role::Sender(sender) = &mut self.role else {
            return None;
        };
        sender.stop();
        Some(sender.sent())
    }

    /// The client has stopped; `sent` is what it says about the sessions it was sending. A receiver's records are kept. A reflector
    /// goes on for the session's timeout, for what is under way (RFC 5357 section 4.2).
    pub(super) fn handle_stop(&mut self, sent: &[SentSession], longest: Duration, clocks: &Clocks) {
        let now = clocks.moment();
        match &mut self.role {
            Role::Receiver(receiver) => {
                let of_this = |sent: &&SentSession| sent.sid == self.request.sid;
                if let Some(sent) = sent.iter().find(of_this) {
                    receiver.handle_stop(clocks.wall(), sent);
                }
            }
            Role::Sender(_) => self.ends = Some(now),
            Role::Reflector(_) => {
                let timeout = Duration::from_secs(self.request.timeout >> 32);
                self.ends = now.checked_add(timeout.min(longest));
            }
        }
    }

    /// What was received, if it is a session that receives.
    pub(super) fn fetch(&self, fetch: &FetchSession) -> Option<FetchedSession> {
        match &self.role {
            Role::Receiver(receiver) => Some(receiver.fetch(&self.request, fetch)),
            Role::Sender(_) | Role::Reflector(_) => None,
        }
    }

    const fn protocol(&self) -> Protocol {
        match self.role {
            Role::Receiver(_) | Role::Sender(_) => Protocol::Owamp,
            Role::Reflector(_) => Protocol::Twamp,
        }
    }
}

impl AsFd for Session {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
