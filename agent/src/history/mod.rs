//! The last hour's power, for whoever looks without a Prometheus.
//!
//! The tick adds each report; what is shown is a value that goes into the snapshot. It is lost at a restart, and it is bounded: at most
//! [`CHUNKS`] chunks of [`CHUNK`] steps, 38 kB.

mod filling;
mod ring;
mod step;
#[cfg(test)]
mod tests;

pub use ring::CHUNK;
pub use ring::CHUNKS;
pub use ring::History;
pub use ring::Recorder;
pub use ring::STEPS;
pub use step::STEP;
pub use step::Step;
