//! OWAMP-Test: packets one way, on a schedule that both ends know (RFC 4656 section 4).
//!
//! [`TestSender`] sends and [`TestReceiver`] records; [`crate::control`] arranges sessions between them. A shell drives
//! them so: it calls `handle_timeout` at the moment that `poll_timeout` names; then, on the sender's side, `poll_transmit`
//! until it has nothing more, each time with the clock read just before, and sends what it gets with a TTL of 255; on the
//! receiver's side it hands in each packet with the time at which it came.
//!
//! ```
//! use core::time::Duration;
//! use wattle_oneway::control::{Sid, TestProtection};
//! use wattle_oneway::owamp::{Arrival, Plan, ReceiverConfig, TestReceiver, TestSender};
//! use wattle_oneway::{ErrorEstimate, Slot, Timestamp};
//!
//! let start = Timestamp::from_unix(Duration::from_secs(1_795_000_000));
//! let plan = Plan { sid: Sid([7; 16]), start, packets: 3, timeout: 2 << 32, slots: vec![Slot::Fixed(1 << 32)] };
//! let error = ErrorEstimate::synchronised(50_000);
//!
//! let mut moment = Duration::from_secs(500); // of a clock that nobody sets
//! let mut wall = start; // of the clock that is measured with
//! let mut sender = TestSender::new(moment, wall, &plan, TestProtection::Open, &[]);
//! let mut receiver = TestReceiver::new(moment, wall, ReceiverConfig::new(plan, TestProtection::Open));
//! while let Some(due) = sender.poll_timeout() {
//!     wall = wall.plus_nanos((due - moment).as_nanos() as i64); // here a shell sleeps
//!     moment = due;
//!     sender.handle_timeout(moment, wall);
//!     while let Some(packet) = sender.poll_transmit(moment, wall, error) {
//!         let received = wall.plus_nanos(3_000_000); // here a network delays
//!         receiver.handle_packet(moment, &packet.octets, Arrival { received, error, ttl: 255 });
//!     }
//! }
//! let sent = sender.sent();
//! receiver.handle_stop(wall.plus_nanos(3_000_000_000), &sent);
//! assert_eq!((sent.next_sequence, receiver.counts().received), (3, 3));
//! let delays = receiver.records().iter().map(|record| record.received.nanos_since(record.sent));
//! assert!(delays.eq([3_000_000; 3]));
//! ```

mod arrival;
mod pacer;
mod packet;
mod receiver;
mod sender;
mod window;

pub use arrival::Arrival;
pub use arrival::OutsideTimeout;
pub use arrival::ReceiverCounts;
pub use arrival::ReceiverEvent;
pub use arrival::Verdict;
pub(crate) use pacer::Pacer;
pub use pacer::Plan;
pub use packet::TestPacket;
pub use receiver::ReceiverConfig;
pub use receiver::TestReceiver;
pub(crate) use sender::Anchor;
pub use sender::Outgoing;
pub use sender::SenderEvent;
pub use sender::TestSender;
