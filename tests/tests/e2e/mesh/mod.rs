//! Several agents that measure each other, each in a network namespace of its own.

use super::skip;

mod changes;
mod clocks;
mod five;
mod flood;
pub(crate) mod host;
mod impaired;
mod link;
mod many;
mod names;
mod paths;
mod places;
mod quiet;
pub(crate) mod switch;
mod tun;
