//! Sender and reflector in a world without sockets and clocks, and packets against the RFCs.

mod facts;
mod golden;
mod lists;
mod reflecting;
mod two_steps;
mod world;
