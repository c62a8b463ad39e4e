//! Why a packet is not answered, and how often that was so.

/// Why a packet is not answered. Nothing is ever sent back in these cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Shorter than any request.
    #[error("shorter than any request")]
    Short,
    /// The caller's buffer is smaller than the request: make it larger.
    #[error("the buffer for the reply is smaller than the request")]
    NoBuffer,
    /// It has no HMAC, and its sender must have one.
    #[error("not authenticated, and its sender must be")]
    Unauthenticated,
    /// It has the form of an authenticated packet, and there is no key for it.
    #[error("authenticated, and there is no key for it")]
    NoKey,
    /// Its HMAC is wrong.
    #[error("its HMAC is wrong")]
    WrongHmac,
    /// It is a reply of this very reflector that another one sent back.
    #[error("a reply of this reflector, reflected")]
    Loop,
    /// Its session, or its address, sends more than allowed.
    #[error("more packets than allowed from one source")]
    TooFast,
    /// All newcomers together send more than allowed.
    #[error("more packets than allowed from newcomers")]
    Crowded,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Short,
        Self::NoBuffer,
        Self::Unauthenticated,
        Self::NoKey,
        Self::WrongHmac,
        Self::Loop,
        Self::TooFast,
        Self::Crowded,
    ];
}

/// What a reflector has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReflectorCounts {
    /// Requests answered.
    pub reflected: u64,
    /// Answered requests whose TLVs failed their HMAC, or lacked one.
    pub tlv_integrity_failed: u64,
    /// Answered requests with a malformed TLV.
    pub tlv_malformed: u64,
    /// Sessions begun.
    pub sessions_begun: u64,
    /// Sessions pushed out by others.
    pub sessions_evicted: u64,
    /// Observations that were not taken in time.
    pub observations_lost: u64,
    refused: [u64; Refusal::ALL.len()],
}

impl ReflectorCounts {
    /// How many packets were not answered for this reason.
    pub fn refused(&self, reason: Refusal) -> u64 {
        self.refused.get(reason as usize).copied().unwrap_or_default()
    }

    pub(super) fn refuse(&mut self, reason: Refusal) {
        if let Some(count) = self.refused.get_mut(reason as usize) {
            *count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_count_of_its_own() {
        let mut counts = ReflectorCounts::default();
        for (reason, times) in Refusal::ALL.into_iter().zip(1..) {
            (0..times).for_each(|_| counts.refuse(reason));
        }
        assert_eq!(
            Refusal::ALL.map(|reason| counts.refused(reason)),
            [1, 2, 3, 4, 5, 6, 7, 8]
        );
    }
}
