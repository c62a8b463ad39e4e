//! The narrow door: HTTP/1.1 over TCP, and where asked for over TLS.
//!
//! A [`Door`] knows nothing of what it serves: behind it stands a [`Site`], which answers `GET` and `HEAD`, a [`Question`] with
//! an [`Answer`], at once; or an [`Office`], which takes any method with a body, an [`Errand`], and may take time for its [`Reply`]. What a peer can cost is bounded by [`Limits`]: memory, connections, and the time it may take to
//! ask and to listen. The terms of entry (TLS, passwords, extra headers, a rate) come from a [`WebConfig`], which
//! reads the Prometheus exporter-toolkit's format and can be read anew while the door is open. A [`Tally`] counts.
//!
//! A request passes `accept` (a place at the door), `connection` (TLS, and time for everything), `service` (the
//! rules of the protocol, the rate, the password) and then the site.

mod accept;
mod answer;
mod auth;
mod behind;
mod bounded;
mod bucket;
mod client_cert;
mod connection;
mod credentials;
mod desk;
mod door;
mod farewell;
mod head;
mod intake;
mod limits;
mod listen;
mod listen_error;
mod office;
mod outgoing;
mod pace;
mod patience;
mod pem;
mod reply;
mod san;
mod service;
mod site;
mod tally;
mod terms;
mod tls;
mod tls_names;
mod users;
mod visitor;
mod web_config;
mod web_file;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use door::Door;
pub use head::Head;
pub use hyper::Method;
pub use hyper::StatusCode;
pub use hyper::header;
pub use limits::Limits;
pub use listen::listen;
pub use listen_error::ListenError;
pub use office::Answering;
pub use office::Errand;
pub use office::Office;
pub use reply::Reply;
pub use site::Question;
pub use site::Site;
pub use tally::Tally;
pub use tally::TallySnapshot;
pub use visitor::ClientCertificate;
pub use visitor::Visitor;
pub use web_config::WebConfig;
pub use web_config::WebConfigError;
