//! OWAMP-Control and TWAMP-Control: the TCP connection on which test sessions are arranged (RFC 4656 section 3, RFC 5357
//! section 3).
//!
//! Every message has a type of its own that reads and writes its octets; [`ControlClient`] and [`ControlServer`] are the
//! two ends. A shell drives either of them so:
//!
//! 1. Octets from the socket, split anywhere, go to `handle_bytes`; the end of the stream to `handle_closed`.
//! 2. After every call, all of `poll_event` is worked off, then all of `poll_transmit` is written: each is one message,
//!    to be written in one piece on a socket with `TCP_NODELAY`.
//! 3. `poll_timeout` names the moment at which `handle_timeout` is to be called, if nothing happens before.
//! 4. After an event `Closed`, what is left to transmit is written and the socket is closed.
//!
//! A whole session, with what would be two sockets in between:
//!
//! ```
//! use core::time::Duration;
//! use std::collections::HashMap;
//! use std::sync::Arc;
//! use wattle_oneway::control::*;
//! use wattle_oneway::{Slot, Timestamp};
//!
//! let now = Duration::ZERO; // of any clock that nobody sets
//! let wall = Timestamp::from_unix(Duration::from_secs(1_795_000_000));
//! let id = KeyId::new("jan").ok_or("no such name")?;
//! let secret = PassPhrase::new(*b"open sesame");
//!
//! let keys = HashMap::from([(id, secret.clone())]);
//! let config = ServerConfig::new(Protocol::Owamp, Arc::new(keys), Arc::new(Limits::default()));
//! let mut server = ControlServer::new(now, wall, config, [17; 48]); // 48 octets from the kernel, in earnest
//! let config = ClientConfig::protected(Protocol::Owamp, Security::Encrypted, id, secret);
//! let mut client = ControlClient::new(now, config, [42; 64]); // 64 octets from the kernel, in earnest
//!
//! fn exchange(client: &mut ControlClient, server: &mut ControlServer, now: Duration) {
//!     loop {
//!         let mut silent = true;
//!         while let Some(message) = server.poll_transmit() {
//!             client.handle_bytes(now, &message);
//!             silent = false;
//!         }
//!         while let Some(message) = client.poll_transmit() {
//!             server.handle_bytes(now, &message);
//!             silent = false;
//!         }
//!         if silent {
//!             return;
//!         }
//!     }
//! }
//!
//! exchange(&mut client, &mut server, now);
//! assert!(matches!(client.poll_event(), Some(ClientEvent::Ready { .. })));
//!
//! let address = "127.0.0.1".parse()?;
//! client.request(now, SessionRequest {
//!     direction: Direction::ToServer,
//!     packets: 10,
//!     sender_port: 9000,
//!     receiver_port: 0,
//!     sender: address,
//!     receiver: address,
//!     sid: Sid::default(),
//!     padding: 0,
//!     start: wall,
//!     timeout: 2 << 32,
//!     type_p: 0,
//!     slots: vec![Slot::Exponential((1 << 32) / 10)],
//! })?;
//! exchange(&mut client, &mut server, now);
//! let Some(ServerEvent::Connected { .. }) = server.poll_event() else { panic!() };
//! let Some(ServerEvent::Requested(_)) = server.poll_event() else { panic!() };
//! let sid = Sid::new(address, wall, [1, 2, 3, 4]);
//! server.accept(now, 9001, sid)?; // having bound that port
//! exchange(&mut client, &mut server, now);
//! let Some(ClientEvent::Accepted(session)) = client.poll_event() else { panic!() };
//! assert_eq!((session.sid, session.receiver_port), (sid, 9001));
//!
//! client.start(now)?;
//! exchange(&mut client, &mut server, now);
//! assert!(matches!(client.poll_event(), Some(ClientEvent::Started)));
//! assert!(matches!(server.poll_event(), Some(ServerEvent::Started)));
//! // Now packets fly: see `owamp::TestSender` and `owamp::TestReceiver`.
//! client.stop(now, Accept::Ok, vec![SentSession { sid, next_sequence: 10, skipped: Vec::new() }])?;
//! server.stop(now, Accept::Ok, Vec::new())?;
//! exchange(&mut client, &mut server, now);
//! assert!(matches!(client.poll_event(), Some(ClientEvent::Stopped(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod cbc;
mod channel;
mod client;
mod error;
mod fetch;
mod greeting;
mod keys;
mod modes;
pub(crate) mod octets;
mod policy;
mod protection;
mod request;
mod server;
mod session;
mod sid;
mod stamp;
mod stop;
mod stream;

pub use accept::Accept;
pub use client::ClientConfig;
pub use client::ClientEvent;
pub use client::ControlClient;
pub use error::CommandError;
pub use error::ControlError;
pub use error::WireError;
pub use fetch::FetchAck;
pub use fetch::FetchSession;
pub use fetch::FetchedSession;
pub use fetch::Record;
pub use greeting::ServerGreeting;
pub use greeting::ServerStart;
pub use greeting::SetUpResponse;
pub use keys::KeyId;
pub use keys::KeyStore;
pub use keys::PassPhrase;
pub use keys::TestKeys;
pub use modes::Modes;
pub use modes::Security;
pub use policy::Asked;
pub use policy::Limits;
pub use policy::Policy;
pub use protection::TestProtection;
pub use request::Direction;
pub use request::SessionRequest;
pub use server::ControlServer;
pub use server::ServerConfig;
pub use server::ServerEvent;
pub use session::AcceptSession;
pub use session::StartAck;
pub use session::StartSessions;
pub use sid::Sid;
pub use stamp::Stamp;
pub use stop::SentSession;
pub use stop::SkipRange;
pub use stop::StopSessions;
pub use stop::StopTwoWay;

/// Which of the two protocols a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// One-way (RFC 4656), TCP port 861.
    Owamp,
    /// Two-way (RFC 5357), TCP port 862.
    Twamp,
}

impl Protocol {
    /// The port of its control connections.
    pub const fn port(self) -> u16 {
        match self {
            Self::Owamp => 861,
            Self::Twamp => 862,
        }
    }
}
