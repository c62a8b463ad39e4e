//! STAMP (RFC 8762 with the TLVs of RFC 8972), and TWAMP Light, which is its ancestor: the [`Sender`] of one session with
//! one peer, and the [`Reflector`] of all.
//!
//! # What is measured
//!
//! A round has four timestamps: the request leaves (T1), arrives (T2), the reply leaves (T3), arrives (T4). T1 and T3 have to be
//! written before their packet leaves, and so are early by whatever the host takes to send it, which is often more than the wire
//! takes. Both ends therefore remember when the kernel says that a packet really left, and tell it in the next one: the
//! reflector with the Follow-Up TLV of the standard, the sender with one of this crate's own. A [`Sample`] is held back
//! until then, and its figures are [`Quality::Wire`] or, where a stamp did not come, [`Quality::Host`].
//!
//! # How a shell drives the two
//!
//! The shell has the sockets, the clocks and the timers: it takes stamps from the kernel (`SO_TIMESTAMPING` on Linux), sends
//! with a TTL or hop limit of 255, asks for TTL and traffic class of what it receives, and hands in the wall clock as it
//! is at the call. Here it is a few lines, and the network is a function call:
//!
//! ```
//! use core::time::Duration;
//! use wattle_oneway::Timestamp;
//! use wattle_oneway::stamp::Arrival;
//! use wattle_oneway::stamp::Event;
//! use wattle_oneway::stamp::KeyStore;
//! use wattle_oneway::stamp::Policy;
//! use wattle_oneway::stamp::Quality;
//! use wattle_oneway::stamp::Reflection;
//! use wattle_oneway::stamp::Reflector;
//! use wattle_oneway::stamp::Sender;
//! use wattle_oneway::stamp::Settings;
//! use wattle_oneway::stamp::Stamp;
//!
//! // Both hosts have this clock; the wire takes 300 µs, and each host 50 µs from reading the clock to the wire.
//! let wall = |at: Duration| Timestamp::from_unix(Duration::from_secs(1_795_000_000) + at);
//! let [wire, host] = [300, 50].map(Duration::from_micros);
//!
//! let mut sender = Sender::new(Settings { ssid: 4711, ..Settings::default() }, Duration::ZERO);
//! let mut reflector = Reflector::new(Policy::default(), KeyStore::default());
//! let peer = "192.0.2.1:862".parse().unwrap();
//! let mut samples = Vec::new();
//!
//! for _ in 0..10 {
//!     // The sender's timer fires.
//!     let Some(now) = sender.poll_timeout() else { break };
//!     let mut request = [0; 512];
//!     sender.handle_timeout(now);
//!     let Some(packet) = sender.poll_transmit(now, wall(now), &mut request) else { continue };
//!     // sendmsg(); then the error queue has the transmit stamp.
//!     let left = now + host;
//!     sender.handle_sent(left, packet.sequence, Stamp::kernel(wall(left)));
//!
//!     // On the other host recvmsg() returns the request.
//!     let came = left + wire;
//!     let arrival = Arrival { stamp: Stamp::kernel(wall(came)), wall: wall(came), ..Arrival::default() };
//!     let mut reply = [0; 512];
//!     let request = &request[..packet.length];
//!     match reflector.handle_request(came, &arrival, peer, request, &mut reply) {
//!         Reflection::Dropped(reason) => panic!("{reason}"),
//!         Reflection::Send(answer) => {
//!             // sendmsg(); then the error queue has the transmit stamp.
//!             let left = came + host;
//!             if let Some(token) = answer.token {
//!                 reflector.handle_sent(token, Stamp::kernel(wall(left)));
//!             }
//!             // Back on the first host recvmsg() returns the reply.
//!             let came = left + wire;
//!             let arrival = Arrival { stamp: Stamp::kernel(wall(came)), wall: wall(came), ..Arrival::default() };
//!             sender.handle_reply(came, &arrival, &reply[..answer.length]).unwrap();
//!         }
//!     }
//!     while let Some(event) = sender.poll_event() {
//!         if let Event::Sample(sample) = event {
//!             samples.push(sample);
//!         }
//!     }
//! }
//! assert!(samples.len() > 5);
//! assert!(samples.iter().all(|sample| sample.forward.nanos == 300_000 && sample.reverse.nanos == 300_000));
//! assert!(samples.iter().all(|sample| sample.reverse.quality == Quality::Wire));
//! ```
//!
//! Two conveniences of a shell that are worth having: read the error queue before the receive queue, and the receive queue before
//! [`Sender::handle_timeout`]. Give senders sockets of their own, so that a reply never meets the reflector.
//!
//! # What is not in here
//!
//! The Access Report TLV is answered and can be read and written, but a [`Sender`] does not repeat one (RFC 8972 section 4.6). Replies
//! are as long as their requests: a packet shorter than STAMP's gets a reply that is cut, not the full one of RFC 8762 section 4.6.
//! PTP timestamps are taken to be UTC.

mod arrival;
mod claim;
mod keys;
mod measured;
mod octets;
mod packet;
mod reflector;
mod sender;
#[cfg(test)]
mod tests;
mod tlv;

pub use arrival::Arrival;
pub use arrival::Seen;
pub use arrival::Stamp;
pub use arrival::StampSource;
pub use arrival::TrafficClass;
pub use claim::ClockClaim;
pub use claim::Position;
pub use keys::Key;
pub use keys::KeyRing;
pub use keys::KeyStore;
pub use measured::Direction;
pub use measured::Measured;
pub use measured::Quality;
pub use packet::Mode;
pub use packet::Reply;
pub use packet::Request;
pub use reflector::Access;
pub use reflector::Answer;
pub use reflector::Limits;
pub use reflector::Observation;
pub use reflector::Policy;
pub use reflector::Rate;
pub use reflector::Reflection;
pub use reflector::Reflector;
pub use reflector::ReflectorCounts;
pub use reflector::Refusal;
pub use reflector::Token;
pub use sender::Event;
pub use sender::Extensions;
pub use sender::Pace;
pub use sender::Peer;
pub use sender::Rejection;
pub use sender::Sample;
pub use sender::Security;
pub use sender::Sender;
pub use sender::SenderCounts;
pub use sender::Settings;
pub use sender::Stages;
pub use sender::Stamps;
pub use sender::Transmit;
pub use tlv::AccessReport;
pub use tlv::ClassOfService;
pub use tlv::ClockReport;
pub use tlv::DirectMeasurement;
pub use tlv::EndOfClock;
pub use tlv::FollowUp;
pub use tlv::LocationQuery;
pub use tlv::MAX_TLVS;
pub use tlv::NoRoom;
pub use tlv::PositionReport;
pub use tlv::Receipt;
pub use tlv::Round;
pub use tlv::RoundReport;
pub use tlv::SentFollowUp;
pub use tlv::StampMethod;
pub use tlv::SyncSource;
pub use tlv::TimestampInformation;
pub use tlv::Tlv;
pub use tlv::TlvFlags;
pub use tlv::TlvKind;
pub use tlv::TlvWriter;
pub use tlv::Tlvs;
pub use tlv::Truncated;
pub use tlv::private as private_tlvs;
