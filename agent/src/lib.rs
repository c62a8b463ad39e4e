//! The agent: what a host draws, and whose it is.
//!
//! Data flows one way. [`collect`] reads a host into a [`sample::Sample`]; the [`ledger`], the only thing with a memory, makes
//! of it a report; a [`snapshot`] of that is shown by [`exposition`] to whoever asks through [`wattle_door`]. [`run`] alone knows
//! everybody.

pub mod carbon;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod component;
pub mod config;
pub mod desk;
pub mod doctor;
pub mod exposition;
pub mod fetch;
pub mod geo;
pub mod history;
pub mod latency;
pub mod ledger;
pub mod locate;
pub mod log;
pub mod machine;
pub mod moment;
pub mod page;
pub mod power_model;
pub mod privilege;
pub mod published;
pub mod run;
pub mod sample;
pub mod scrape_config;
pub mod sensor;
pub mod snapshot;
pub mod state_file;
pub mod surroundings;
pub mod systems;
pub mod tick;
pub mod top;
pub mod web;
pub mod workload;
