//! Several agents that measure each other, each in a network namespace of its own.

use super::skip;

mod clocks;
mod host;
mod impaired;
mod link;
mod places;
mod quiet;
