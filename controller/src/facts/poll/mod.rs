//! Asking every agent for its page, spread over time.
//!
//! [`Rota`] says who is asked when, and knows no clock; [`round()`] asks many at once, within bounds, through whatever [`Fetch`] carries
//! the pages; [`PlainHttp`] is one that does so without TLS.

mod http;
mod rota;
mod round;
mod targets;
#[cfg(test)]
mod tests;

pub use http::HttpError;
pub use http::PlainHttp;
pub use rota::Rota;
pub use round::Fetch;
pub use round::PollError;
pub use round::RoundOptions;
pub use round::round;
pub use targets::Target;
pub use targets::TargetError;
pub use targets::read_file_sd;
