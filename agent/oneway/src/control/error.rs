use super::Accept;
use super::Modes;

/// Octets that are not the message they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The octets end within the message.
    #[error("{message} is too short: {missing} octets or more are missing")]
    TooShort {
        /// Which message.
        message: &'static str,
        /// How many octets its next field lacks.
        missing: usize,
    },
    /// A field has a value without meaning.
    #[error("{message}: {field} is {value}, which means nothing")]
    BadValue {
        /// Which message.
        message: &'static str,
        /// Which field.
        field: &'static str,
        /// What stands there.
        value: u64,
    },
    /// A message announces more of something than is taken.
    #[error("{message} announces {count} {what}, more than the {limit} that are taken")]
    TooMany {
        /// Which message.
        message: &'static str,
        /// What is counted.
        what: &'static str,
        /// How many are announced.
        count: u64,
        /// How many are taken.
        limit: u64,
    },
}

/// Why a control connection ended. Close the TCP connection after what is left to transmit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The peer sent something that is not the message due.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A message was altered under way, or the peer has other keys.
    #[error("the HMAC of {message} is wrong: it was altered, or the keys differ")]
    BadHmac {
        /// Which message.
        message: &'static str,
    },
    /// The peer sent something when it was not its turn, or a command that this protocol does not have.
    #[error("the peer sent {what} unasked")]
    Unexpected {
        /// What it was.
        what: &'static str,
    },
    /// The server offers no mode at all: it does not want this client.
    #[error("the server serves nobody at this address (it offers no mode)")]
    Unwilling,
    /// The server does not offer the mode asked for.
    #[error("the server offers only modes {:#x}: choose one of them", offered.bits())]
    ModeNotOffered {
        /// What it offers.
        offered: Modes,
    },
    /// The client chose what was not offered, or no mode, or several.
    #[error("the client chose modes {:#x}, which are not one of those offered", chosen.bits())]
    BadChoice {
        /// What it chose.
        chosen: Modes,
    },
    /// The server asks for fewer rounds of key derivation than is safe, or for more than are done for it.
    #[error("the server asks for {count} rounds of key derivation; {least} to {most} are allowed")]
    BadCount {
        /// What it asks for.
        count: u32,
        /// What is safe.
        least: u32,
        /// What is done.
        most: u32,
    },
    /// The server refused the connection. With a pass-phrase, the likely cause is that it has another.
    #[error("the server refused the connection: {0}")]
    Refused(Accept),
    /// The client does not know the pass-phrase of the key it names, or no such key exists.
    #[error("the client has not proved that it knows the key it names")]
    NotAuthenticated,
    /// The mode needs a pass-phrase and none is set.
    #[error("the mode needs a key name and a pass-phrase: set both")]
    NoKey,
    /// A Stop-Sessions does not name exactly the sessions that its side was sending, so their results are void.
    #[error("Stop-Sessions does not name exactly the sessions that the peer was sending")]
    SessionsNotAccounted,
    /// The peer goes on sending without waiting for answers.
    #[error("the peer sent {octets} octets while an answer was due to it")]
    TooMuchPending {
        /// How many are waiting.
        octets: usize,
    },
    /// The peer was silent too long.
    #[error("the peer was silent too long")]
    TimedOut,
    /// The peer closed the connection.
    #[error("the peer closed the connection")]
    ClosedByPeer,
    /// This side closed the connection.
    #[error("closed by this side")]
    Closed,
}

/// A command came at the wrong moment, or makes no sense; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The connection is not in the state for this.
    #[error("not now: the connection is busy with something else, or closed")]
    NotNow,
    /// This protocol has no such command.
    #[error("this protocol has no such command")]
    NotInThisProtocol,
    /// More slots, skip ranges or records than a message may hold here.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The sessions named are not exactly those that this side sends.
    #[error("the sessions named are not exactly those that this side sends")]
    SessionsNotAccounted,
}
