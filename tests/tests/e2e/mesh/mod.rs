//! Several agents that measure each other, each in a network namespace of its own.

use super::skip;

mod changes;
mod clocks;
mod five;
mod host;
mod impaired;
mod link;
mod many;
mod names;
mod paths;
mod places;
mod quiet;
