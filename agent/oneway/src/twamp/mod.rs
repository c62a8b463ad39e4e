//! TWAMP-Test: packets there and back, with four timestamps (RFC 5357 section 4, RFC 6038).
//!
//! [`SessionSender`] sends and takes the replies of a [`SessionReflector`]; [`crate::control`] arranges sessions between them.
//! Both are driven as those of [`crate::owamp`]: `handle_packet` with the time at which a packet came, `poll_transmit` with
//! the clock read just before sending, all with a TTL of 255.
//!
//! ```
//! use core::time::Duration;
//! use wattle_oneway::control::{Sid, TestProtection};
//! use wattle_oneway::owamp::{Arrival, Plan};
//! use wattle_oneway::twamp::{ReflectorLimits, ReplyVerdict, SenderConfig, SessionReflector, SessionSender};
//! use wattle_oneway::{ErrorEstimate, Slot, Timestamp};
//!
//! let start = Timestamp::from_unix(Duration::from_secs(1_795_000_000));
//! let plan = Plan { sid: Sid([7; 16]), start, packets: 3, timeout: 2 << 32, slots: vec![Slot::Fixed(1 << 32)] };
//! let error = ErrorEstimate::synchronised(50_000);
//! let arrival = |received| Arrival { received, error, ttl: 255 };
//!
//! let mut moment = Duration::from_secs(500); // of a clock that nobody sets
//! let mut wall = start; // of the clock that is measured with
//! let config = SenderConfig { plan, protection: TestProtection::Open, padding: [0; 27].into(), symmetrical: false };
//! let mut sender = SessionSender::new(moment, wall, config);
//! let mut reflector = SessionReflector::new(moment, TestProtection::Open, ReflectorLimits::default());
//! let mut round_trips = Vec::new();
//! while let Some(due) = sender.poll_timeout() {
//!     wall = wall.plus_nanos((due - moment).as_nanos() as i64); // here a shell sleeps
//!     moment = due;
//!     sender.handle_timeout(moment, wall);
//!     while let Some(packet) = sender.poll_transmit(moment, wall, error) {
//!         let there = wall.plus_nanos(3_000_000);
//!         reflector.handle_packet(moment, &packet.octets, arrival(there));
//!         let reply = reflector.poll_transmit(there.plus_nanos(10_000), error).ok_or("no reply")?;
//!         let back = there.plus_nanos(1_010_000);
//!         match sender.handle_packet(moment, &reply.octets, arrival(back)) {
//!             ReplyVerdict::New(round_trip) => round_trips.push(round_trip),
//!             other => panic!("{other:?}"),
//!         }
//!     }
//! }
//! let there = round_trips.iter().map(|trip| trip.reflector_received.nanos_since(trip.sent.time()));
//! assert!(there.eq([3_000_000; 3]));
//! # Ok::<(), &str>(())
//! ```

mod packet;
mod reflector;
mod round_trip;
mod sender;

pub use packet::ReflectedPacket;
pub use packet::equal_size_padding;
pub use reflector::ReflectorCounts;
pub use reflector::ReflectorEvent;
pub use reflector::ReflectorLimits;
pub use reflector::SessionReflector;
pub use round_trip::ReplyVerdict;
pub use round_trip::RoundTrip;
pub use round_trip::RoundTripCounts;
pub use round_trip::SessionEvent;
pub use sender::SenderConfig;
pub use sender::SessionSender;
