//! Why a packet is not taken for a reply, and counts.

/// Why a packet is not taken for a reply to this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// Shorter than any reply.
    #[error("shorter than any reply")]
    Short,
    /// Its HMAC is wrong.
    #[error("its HMAC is wrong")]
    WrongHmac,
    /// It belongs to another session.
    #[error("of another session")]
    Session,
    /// It answers a packet that was never sent, or so long ago that it is forgotten.
    #[error("answers no packet that is remembered")]
    Sequence,
    /// It does not bring back the timestamp that the packet had: whoever made it never saw the packet.
    #[error("does not bring back the packet's timestamp")]
    Forged,
}

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Short,
        Self::WrongHmac,
        Self::Session,
        Self::Sequence,
        Self::Forged,
    ];
}

/// What a session has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderCounts {
    /// Packets sent.
    pub sent: u64,
    /// Packets not sent: their time had passed, or the socket would not.
    pub unsent: u64,
    /// Packets answered in time.
    pub answered: u64,
    /// Packets not answered in time.
    pub lost: u64,
    /// Of those, answered after all.
    pub late: u64,
    /// Replies beyond the first.
    pub duplicates: u64,
    /// Replies that came after that of a later packet.
    pub reordered: u64,
    /// Replies whose TLVs could not be used because of their HMAC, or because the reflector said so of the request's.
    pub tlv_integrity_failed: u64,
    /// Replies with a malformed TLV, or one that the reflector found malformed.
    pub tlv_malformed: u64,
    /// Events that were not taken in time.
    pub events_lost: u64,
    rejected: [u64; Rejection::ALL.len()],
}

impl SenderCounts {
    /// How many packets were not taken for replies for this reason.
    pub fn rejected(&self, reason: Rejection) -> u64 {
        self.rejected.get(reason as usize).copied().unwrap_or_default()
    }

    pub(super) fn reject(&mut self, reason: Rejection) {
        if let Some(count) = self.rejected.get_mut(reason as usize) {
            *count += 1;
        }
    }
}
