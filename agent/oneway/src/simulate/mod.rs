//! A link between two hosts that exists only in memory, with every fault a real one has, for tests.
//!
//! Nothing here is random but by its seed, and no time passes but what the test lets pass: minutes of protocol run in
//! milliseconds, and a failure repeats exactly. What a test needs to know of the truth, [`Link::send`] tells it.
//!
//! ```
//! use core::time::Duration;
//! use wattle_oneway::Timestamp;
//! use wattle_oneway::simulate::{End, Link, Path, VirtualClock};
//!
//! let (to_b, to_a) = (Path::of(Duration::from_millis(10)), Path::of(Duration::from_millis(2)));
//! let mut link = Link::new(to_b, to_a, 1);
//! let here = VirtualClock::default();
//! let ahead_by_5_ms = VirtualClock { offset: 5_000_000, ..here };
//!
//! link.send(End::A, Duration::ZERO, here.read(Duration::ZERO));
//! let arrived = link.receive(Duration::from_secs(1)).expect("nothing is lost on this path");
//! assert_eq!((arrived.to, arrived.at), (End::B, Duration::from_millis(10)));
//! assert_eq!(ahead_by_5_ms.read(arrived.at).nanos_since(arrived.packet), 15_000_000);
//! ```

mod link;
mod path;
mod random;
mod virtual_clock;

pub use link::Arrived;
pub use link::End;
pub use link::Link;
pub use path::Jitter;
pub use path::Loss;
pub use path::Path;
pub use random::Random;
pub use virtual_clock::VirtualClock;
