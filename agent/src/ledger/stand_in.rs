//! When a model speaks for a socket that does not count.

use std::time::Duration;

/// A socket whose counters are silent for longer than this, and than three ticks, is estimated until they return. A
/// shorter silence is made good by the counter itself, which went on counting.
const GRACE: Duration = Duration::from_secs(10);
const PATIENT_TICKS: u32 = 3;

/// An interval between two ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// When it ended.
    pub(super) at: Duration,
    /// How long it was.
    pub(super) elapsed: Duration,
}

/// Where the host has package counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counters {
    /// On this socket.
    Own,
    /// On this socket, and none was ever read: no later reading will make good what is used until then.
    NeverRead,
    /// On another socket, and never on this one: it is not estimated, since whatever counts there may count for both.
    OnOthersOnly,
    /// On no socket.
    NoneOnHost,
}

/// What is remembered of sockets that fell silent.
#[derive(Debug, Default)]
pub(super) struct StandIn {
    sockets: Vec<Silence>,
}

#[derive(Debug)]
struct Silence {
    socket: u32,
    since: Duration,
    speaking: bool,
}

impl StandIn {
    /// Whether the model speaks for a socket in this interval. It does once more when the counter `answered` again,
    /// because the first step of that covers time that was already estimated.
    pub(super) fn speaks(&mut self, socket: u32, counters: Counters, answered: bool, span: Span) -> bool {
        let silence = self.of(socket, span.at);
        if answered {
            silence.since = span.at;
            return std::mem::take(&mut silence.speaking);
        }
        let long = span.at.saturating_sub(silence.since) > GRACE.max(span.elapsed * PATIENT_TICKS);
        silence.speaking = match counters {
            Counters::NoneOnHost | Counters::NeverRead => true,
            Counters::Own => silence.speaking || long,
            Counters::OnOthersOnly => false,
        };
        silence.speaking
    }

    fn of(&mut self, socket: u32, at: Duration) -> &mut Silence {
        let known = self.sockets.iter().position(|silence| silence.socket == socket);
        let index = known.unwrap_or_else(|| {
            self.sockets.push(Silence {
                socket,
                since: at,
                speaking: false,
            });
            self.sockets.len() - 1
        });
        &mut self.sockets[index]
    }
}
