//! What a session makes of the packets that come.

use core::time::Duration;

use crate::Timestamp;
use crate::stamp::Arrival;
use crate::stamp::Seen;
use crate::stamp::Stamp;
use crate::stamp::TrafficClass;
use crate::stamp::tlv::Round as ReportedRound;

use super::Event;
use super::Rejection;
use super::Sender;
use super::flights::Fate;
use super::flights::Flight;
use super::pending::Round;
use super::reading::Reading;

impl Sender {
    /// A packet came. Returns the sequence number of the request that it answers.
    ///
    /// Whoever has one socket for senders and reflector asks the peer's sender first, and hands to the reflector what is
    /// rejected here. Sockets of their own for senders are better: a reply that is too late is then never reflected.
    pub fn handle_reply(&mut self, now: Duration, arrival: &Arrival, bytes: &[u8]) -> Result<u32, Rejection> {
        let found = self.identify(bytes);
        let (reading, mut flight) = found.inspect_err(|reason| self.counts.reject(*reason))?;
        let sequence = flight.sequence;
        self.counts.tlv_integrity_failed += u64::from(reading.integrity_failed);
        self.counts.tlv_malformed += u64::from(reading.malformed);
        self.receives = arrival.stamp;
        self.learn(&reading, sequence);
        let reflected = reading.reply.sequence;
        let after = flight.age(now, arrival.stamp.at);
        if flight.fate == Fate::Outstanding && after > self.settings.patience {
            flight.fate = Fate::Lost;
            self.lose(sequence);
        }
        match flight.fate {
            Fate::Answered { reflected: first } | Fate::Late { reflected: first } => {
                self.counts.duplicates += 1;
                let event = self.order.duplicate(sequence, first, reflected);
                self.emit(event);
            }
            Fate::Lost => {
                self.counts.late += 1;
                self.emit(Event::Late { sequence, after });
                self.answer(sequence, Fate::Late { reflected }, reflected, arrival);
            }
            Fate::Outstanding => {
                self.counts.answered += 1;
                if let Some(event) = self.order.arrive(sequence, reflected) {
                    self.counts.reordered += 1;
                    self.emit(event);
                }
                self.answer(sequence, Fate::Answered { reflected }, reflected, arrival);
                let round = self.round(&reading, &flight, arrival);
                self.pending.push(now, round, reading.follow_up.is_some());
            }
        }
        self.pass();
        self.settle(now);
        Ok(sequence)
    }

    /// Whether a packet is a reply of this session, and to which request.
    fn identify(&mut self, bytes: &[u8]) -> Result<(Reading, Flight), Rejection> {
        let reading = Reading::of(bytes, &self.settings.security)?;
        let reply = &reading.reply;
        let accepts_zero = self.settings.accepts_zero_ssid && reply.ssid == 0;
        if reply.ssid != self.settings.ssid && !accepts_zero {
            return Err(Rejection::Session);
        }
        let flight = self
            .flights
            .get_mut(reply.sender_sequence)
            .ok_or(Rejection::Sequence)?;
        if flight.octets != reply.sender_timestamp {
            return Err(Rejection::Forged);
        }
        Ok((reading, *flight))
    }

    /// What a reply says about the reflector and about earlier replies.
    fn learn(&mut self, reading: &Reading, sequence: u32) {
        let reflected = reading.reply.sequence;
        let follow_up = reading.follow_up.filter(|told| !told.timestamp.is_zero());
        self.order.note(sequence, reflected, follow_up.is_some());
        self.peer.learn(reading);
        self.peer.is_stateful = self.order.is_stateful();
        let epoch = reading.clock.map(|clock| clock.epoch);
        if self
            .order
            .has_restarted(sequence, reflected, epoch, self.flights.span())
        {
            self.pending.forget();
            self.emit(Event::PeerRestarted);
        }
        if let Some(receipt) = &reading.receipt {
            self.flights.note(receipt);
        }
        self.pending.follow_up(reading.follow_up);
    }

    /// Notes a first reply.
    fn answer(&mut self, sequence: u32, fate: Fate, reflected: u32, arrival: &Arrival) {
        if let Some(flight) = self.flights.get_mut(sequence) {
            flight.fate = fate;
        }
        self.latest_round = Some(ReportedRound {
            sequence,
            reflected,
            arrived: arrival.stamp,
            seen: arrival.seen,
        });
    }

    fn round(&self, reading: &Reading, flight: &Flight, arrival: &Arrival) -> Round {
        let reply = &reading.reply;
        let format = reply.error.format();
        let received = Stamp {
            at: Timestamp::from_bytes(reply.received, format),
            source: self.peer.receives,
        };
        let class = reading
            .class
            .map(|class| TrafficClass::new(class.received_dscp, class.received_ecn));
        Round {
            sequence: flight.sequence,
            reflected: reply.sequence,
            written: Stamp::user(flight.written),
            sent: flight.sent(),
            received,
            answered: Stamp::user(Timestamp::from_bytes(reply.timestamp, format)),
            returned: arrival.stamp,
            wake: arrival.wall.nanos_since(arrival.stamp.at),
            outward: Seen {
                ttl: Some(reply.ttl),
                class,
            },
            back: arrival.seen,
            reflector_clock: self.peer.clock,
            counts: reading.counts,
        }
    }
}
