use crate::Timestamp;

/// The four timestamps of a packet and its answer: the outer two by the own clock, the inner two by the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// T1: sent.
    pub sent: Timestamp,
    /// T2: received at the far end.
    pub far_received: Timestamp,
    /// T3: answered from there.
    pub far_sent: Timestamp,
    /// T4: the answer received.
    pub received: Timestamp,
}

/// How far the other clock is ahead of the own one, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// The estimate.
    pub nanos: i64,
    /// How wrong it is at most.
    pub error: u64,
}

impl Exchange {
    /// The delay there, plus how far the other clock is ahead.
    pub const fn forward(&self) -> i64 {
        self.far_received.nanos_since(self.sent)
    }

    /// The delay back, minus how far the other clock is ahead.
    pub const fn reverse(&self) -> i64 {
        self.received.nanos_since(self.far_sent)
    }

    /// The time on the way there and back, without the time at the far end. Free of the clocks' offset.
    pub const fn round_trip(&self) -> i64 {
        self.forward() + self.reverse()
    }

    /// The time the far end took to answer.
    pub const fn turnaround(&self) -> i64 {
        self.far_sent.nanos_since(self.far_received)
    }

    /// The other clock's offset, which only the difference between the two ways can falsify (RFC 5905 section 8).
    /// Nothing if the round trip is negative, which no clock that kept its time can show.
    pub const fn offset(&self) -> Option<Offset> {
        Offset::between(-self.reverse(), self.forward())
    }
}

impl Offset {
    /// The middle of all that it can be, from the least to the greatest.
    pub(super) const fn between(least: i64, greatest: i64) -> Option<Self> {
        if least > greatest {
            return None;
        }
        Some(Self {
            nanos: least.midpoint(greatest),
            error: greatest.abs_diff(least).div_ceil(2),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_half_of_what_the_two_ways_differ_by() {
        let sent = Timestamp::from_ntp(0xeeab_6e68_0000_0000);
        let exchange = |forward, turnaround, reverse| {
            let far_received = sent.plus_nanos(forward);
            let far_sent = far_received.plus_nanos(turnaround);
            let received = far_sent.plus_nanos(reverse);
            Exchange {
                sent,
                far_received,
                far_sent,
                received,
            }
        };
        let ahead = exchange(15_000_000, 300_000, -3_000_000);
        assert_eq!((ahead.round_trip(), ahead.turnaround()), (12_000_000, 300_000));
        assert_eq!(
            ahead.offset(),
            Some(Offset {
                nanos: 9_000_000,
                error: 6_000_000
            })
        );
        assert_eq!(exchange(1_000, 0, -1_001).offset(), None);
    }
}
