//! What happens, as it happens: claims, releases, standings of hosts.

mod hub;
mod news;
mod residents;
mod standings;

pub(super) use hub::Event as Happened;
pub use hub::Hub;
pub use news::News;
