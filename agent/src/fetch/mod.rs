//! A small HTTP client for the few things that the agent asks others for, none of them by default.
//!
//! One request, one answer: everything is bounded in size and time, certificates are verified, redirects are not followed, and a
//! secret goes over plain HTTP to this machine only. It must not be used where a tick waits.

mod client;
mod pace;
mod retry_after;
#[cfg(test)]
mod tests;
mod tls;
mod url;

pub use client::Client;
pub use client::FetchError;
pub use client::Reply;
pub use client::Request;
pub use client::runtime;
pub use pace::Pace;
pub use retry_after::retry_after;
pub use url::Url;
pub use url::escaped;
