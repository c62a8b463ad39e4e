use super::Offset;

/// What the two ends say about their clocks: how wrong each is at most, in nanoseconds, if it says so at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The own clock's bound.
    pub own: Option<u64>,
    /// The other clock's bound.
    pub peer: Option<u64>,
}

/// What was measured between them, in nanoseconds, over the same while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// The least delay to the other side.
    pub forward: Option<i64>,
    /// The least delay from there.
    pub reverse: Option<i64>,
    /// The least round trip by clocks that are never set, without the other side's time to answer.
    pub round_trip: Option<u64>,
    /// How far the other clock is ahead.
    pub offset: Option<Offset>,
    /// How far a timestamp may be from the event, on top of the clock's error.
    pub stamp_error: u64,
}

/// What can be said of delays between two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockState {
    /// One-way delays are wrong by at most so many nanoseconds.
    Synchronised {
        /// Both ends' bounds and what the timestamps add.
        bound: u64,
    },
    /// At least one end does not know how wrong its clock is: one-way delays mean nothing.
    Unsynchronised,
    /// What the ends claim cannot be true: one-way delays are wrong by more than their bound.
    Inconsistent(Contradiction),
}

/// Why the claims cannot be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// Packets there seem to arrive before they were sent.
    #[error("the least delay to the peer is {delay} ns, and the clocks claim to be within {bound} ns")]
    NegativeForward {
        /// The least delay.
        delay: i64,
        /// The sum of the claims.
        bound: u64,
    },
    /// Packets from there seem to arrive before they were sent.
    #[error("the least delay from the peer is {delay} ns, and the clocks claim to be within {bound} ns")]
    NegativeReverse {
        /// The least delay.
        delay: i64,
        /// The sum of the claims.
        bound: u64,
    },
    /// There and back do not make the round trip.
    #[error(
        "the least delays there and back add up to {sum} ns, and the least round trip is {round_trip} ns"
    )]
    RoundTrip {
        /// The least delay there and the least back.
        sum: i64,
        /// The least round trip.
        round_trip: u64,
    },
    /// The clocks are further apart than they claim.
    #[error(
        "the peer's clock is {nanos} ns ahead, give or take {error}, and the clocks claim to be within {bound} ns"
    )]
    Offset {
        /// The offset as measured.
        nanos: i64,
        /// Its error.
        error: u64,
        /// The sum of the claims.
        bound: u64,
    },
}

/// Whether one-way delays between two hosts mean anything, from what they claim and what was measured.
///
/// Least delays there and back can add up to less than the least round trip, since they are of different packets, but neither
/// to more nor, unless a clock was set or ran away in the meantime, to less than nothing.
///
/// ```
/// use wattle_oneway::clock::{Claims, ClockState, Measured, judge};
///
/// let claims = Claims { own: Some(50_000), peer: Some(30_000) };
/// let honest = Measured { forward: Some(48_000), reverse: Some(52_000), ..Measured::default() };
/// assert_eq!(judge(&claims, &honest), ClockState::Synchronised { bound: 80_000 });
///
/// // The same path with one clock 5 ms off.
/// let shifted = Measured { forward: Some(-4_952_000), reverse: Some(5_052_000), ..Measured::default() };
/// assert!(matches!(judge(&claims, &shifted), ClockState::Inconsistent(_)));
/// ```
pub fn judge(claims: &Claims, measured: &Measured) -> ClockState {
    let (Some(own), Some(peer)) = (claims.own, claims.peer) else {
        return ClockState::Unsynchronised;
    };
    let bound = own
        .saturating_add(peer)
        .saturating_add(measured.stamp_error.saturating_mul(2));
    contradiction(bound, measured).map_or(ClockState::Synchronised { bound }, ClockState::Inconsistent)
}

fn contradiction(bound: u64, measured: &Measured) -> Option<Contradiction> {
    negative(bound, measured)
        .or_else(|| round_trip(measured))
        .or_else(|| offset(bound, measured.offset?))
}

fn negative(bound: u64, measured: &Measured) -> Option<Contradiction> {
    let below = |delay: &i64| *delay < 0 && delay.unsigned_abs() > bound;
    let forward = measured.forward.filter(below);
    let reverse = measured.reverse.filter(below);
    forward
        .map(|delay| Contradiction::NegativeForward { delay, bound })
        .or(reverse.map(|delay| Contradiction::NegativeReverse { delay, bound }))
}

fn round_trip(measured: &Measured) -> Option<Contradiction> {
    let sum = measured.forward?.saturating_add(measured.reverse?);
    let round_trip = measured.round_trip?;
    // Each of the four timestamps, and the round trip's own two.
    let tolerance = i128::from(measured.stamp_error) * 6;
    let possible = -tolerance..=i128::from(round_trip) + tolerance;
    (!possible.contains(&i128::from(sum))).then_some(Contradiction::RoundTrip { sum, round_trip })
}

fn offset(bound: u64, offset: Offset) -> Option<Contradiction> {
    let Offset { nanos, error } = offset;
    let beyond = nanos.unsigned_abs() > bound.saturating_add(error);
    beyond.then_some(Contradiction::Offset { nanos, error, bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: Claims = Claims {
        own: Some(50_000),
        peer: Some(30_000),
    };

    fn measured(forward: i64, reverse: i64, round_trip: u64) -> Measured {
        Measured {
            forward: Some(forward),
            reverse: Some(reverse),
            round_trip: Some(round_trip),
            offset: Offset::between(-reverse, forward),
            stamp_error: 100,
        }
    }

    #[test]
    fn whoever_claims_nothing_is_not_synchronised() {
        let right = measured(1_000, 1_000, 2_000);
        for claims in [
            Claims { own: None, ..CLAIMS },
            Claims { peer: None, ..CLAIMS },
            Claims::default(),
        ] {
            assert_eq!(judge(&claims, &right), ClockState::Unsynchronised);
        }
    }

    #[test]
    fn a_claim_stands_until_something_speaks_against_it() {
        let state = ClockState::Synchronised { bound: 80_200 };
        assert_eq!(
            judge(
                &CLAIMS,
                &Measured {
                    stamp_error: 100,
                    ..Measured::default()
                }
            ),
            state
        );
        for possible in [
            measured(1_000, 1_000, 2_000),
            measured(-80_200, 90_000, 9_800),
            measured(1_000, 1_000, 500_000),
        ] {
            assert_eq!(judge(&CLAIMS, &possible), state);
        }
    }

    #[test]
    fn each_lie_has_its_reason() {
        let bound = 80_200;
        let cases = [
            (
                measured(-80_201, 90_000, 9_799),
                Contradiction::NegativeForward {
                    delay: -80_201,
                    bound,
                },
            ),
            (
                measured(90_000, -80_201, 9_799),
                Contradiction::NegativeReverse {
                    delay: -80_201,
                    bound,
                },
            ),
            (
                measured(5_000, 6_000, 10_399),
                Contradiction::RoundTrip {
                    sum: 11_000,
                    round_trip: 10_399,
                },
            ),
            (
                measured(-5_000, 4_000, 10_000),
                Contradiction::RoundTrip {
                    sum: -1_000,
                    round_trip: 10_000,
                },
            ),
            (
                Measured {
                    offset: Some(Offset {
                        nanos: -90_201,
                        error: 10_000,
                    }),
                    ..measured(1, 1, 2)
                },
                Contradiction::Offset {
                    nanos: -90_201,
                    error: 10_000,
                    bound,
                },
            ),
        ];
        for (measured, reason) in cases {
            assert_eq!(
                judge(&CLAIMS, &measured),
                ClockState::Inconsistent(reason),
                "{reason}"
            );
        }
    }

    #[test]
    fn no_figure_is_too_large() {
        let claims = Claims {
            own: Some(u64::MAX),
            peer: Some(u64::MAX),
        };
        let extreme = Measured {
            forward: Some(i64::MIN),
            reverse: Some(i64::MIN),
            round_trip: Some(u64::MAX),
            offset: Some(Offset {
                nanos: i64::MIN,
                error: u64::MAX,
            }),
            stamp_error: u64::MAX,
        };
        assert_eq!(
            judge(&claims, &extreme),
            ClockState::Synchronised { bound: u64::MAX }
        );
    }
}
