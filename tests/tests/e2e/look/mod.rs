//! What people look at: rules, dashboards, and the configuration by which Prometheus finds the agents.

use super::skip;

mod dashboards;
mod files;
mod known;
mod live;
mod promql;
mod rules;
mod schema;
mod scrape_config;
mod stage;
