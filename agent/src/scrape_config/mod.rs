//! A scrape configuration for Prometheus: `wattle-agent generate scrape-config`.
//! <https://prometheus.io/docs/prometheus/latest/configuration/configuration/>

mod command;
mod error;
mod job;
mod target;

pub use command::command;
pub use command::generate;
pub use error::ScrapeConfigError;
