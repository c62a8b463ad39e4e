//! Grafana's dashboards, made from the short texts in `grafana/source` that people write and review.
//!
//! The source says what is shown; here is what every dashboard has in common: where panels stand, how each type looks, and that no
//! data source has a fixed name.

mod build;
mod looks;
mod source;
mod variables;

pub use build::build;
pub use source::Dashboard;
pub use source::Panel;
pub use source::Query;
pub use source::Row;
