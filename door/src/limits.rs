//! What a peer may cost.

use std::time::Duration;

/// What a peer may cost, in memory and in time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at the same time; one more ends the oldest.
    pub connections: usize,
    /// Bytes of a request's line and headers together; more is answered with 431.
    pub head: usize,
    /// Bytes of a request's path and query; more is answered with 414.
    pub target: usize,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For the first request to come in whole, and for each further one from its first byte on.
    pub asking: Duration,
    /// Between an answer and the next request. Longer than a scrape interval, so that Prometheus keeps its connection.
    pub idle: Duration,
    /// For the body of a request to come in whole; slower is answered with 408. For an [`Office`](super::Office).
    pub body: Duration,
    /// Bytes of all bodies in memory together; what finds no room is answered with 503. For an office.
    pub bodies: usize,
    /// Requests that are being answered at the same time; others wait. For an office.
    pub errands: usize,
    /// For a request to wait for its turn; then it is answered with 503. For an office.
    pub queue: Duration,
    /// For an answer to be made; then it is given up and answered with 504. For an office.
    pub errand: Duration,
    /// For a peer that reads nothing of an answer it is being sent.
    pub listening: Duration,
    /// For a peer that reads slowly to take a whole answer, because each unread answer keeps its snapshot in memory.
    pub answer: Duration,
    /// For a peer to close its side after the last answer.
    pub leaving: Duration,
    /// For answers that are under way when the door closes.
    pub closing: Duration,
    /// Without asking for another connection after the kernel had no descriptor left for one.
    pub exhausted: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            head: 16 << 10,
            target: 4 << 10,
            handshake: Duration::from_secs(5),
            asking: Duration::from_secs(5),
            idle: Duration::from_secs(90),
            body: Duration::from_secs(15),
            bodies: 64 << 20,
            errands: 64,
            queue: Duration::from_secs(10),
            errand: Duration::from_secs(60),
            listening: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            leaving: Duration::from_secs(1),
            closing: Duration::from_millis(500),
            exhausted: Duration::from_millis(200),
        }
    }
}
