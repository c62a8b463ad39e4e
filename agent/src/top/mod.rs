//! The command `top`: what uses the watts, in a terminal.
//!
//! One way here too: a `source` gives readings, the `model` makes rows of them, the `view` draws those on a `canvas`, and the
//! `terminal` shows what has changed. Only the `shell` knows all of them.

mod canvas;
mod command;
mod flat;
mod keys;
mod model;
mod reading;
mod shell;
mod source;
mod terminal;
#[cfg(test)]
mod tests;
mod units;
mod view;

pub use command::command;
pub use command::main;
