//! One-way delay, jitter, loss and order between hosts: OWAMP, TWAMP and STAMP without I/O.
//!
//! No socket, no clock, no async. Every role is a small state machine with four kinds of methods: getters; `handle_*` (something
//! happened: a packet, a timeout); commands; and `poll_*` (what is to be done now). Two kinds of time are handed in: a
//! *moment* (a [`core::time::Duration`] since any fixed instant of a clock that nobody sets), by which timers run, and a
//! [`Timestamp`] (wall-clock time), which is what is measured and sent.

pub mod clock;
pub mod control;
mod error_estimate;
pub mod owamp;
mod schedule;
pub mod simulate;
pub mod stamp;
pub mod statistics;
mod timestamp;
pub mod twamp;

pub use error_estimate::ErrorEstimate;
pub use schedule::Exponential;
pub use schedule::Schedule;
pub use schedule::Slot;
pub use timestamp::Timestamp;
pub use timestamp::TimestampFormat;
