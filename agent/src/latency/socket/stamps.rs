//! What the kernel says about the time of a packet (`struct scm_timestamping`), and what of that can be believed.
//!
//! A network card stamps by a clock of its own (PHC). Its stamps are worth something here only while somebody, such as phc2sys, keeps that clock in
//! step with the system's; the packets show whether somebody does. A packet reaches the card before the kernel on the way in, and
//! after it on the way out. A card whose stamps are on the wrong side of the kernel's, or far away, is not in step, and the kernel's
//! stamps are taken.

use std::time::Duration;

use nix::sys::socket::Timestamps;
use wattle_oneway::Timestamp;
use wattle_oneway::stamp::Stamp;

use super::WallShift;

/// A packet is not longer between card and kernel, in nanoseconds. A card that counts TAI is 37 s away.
const IN_STEP: i64 = 1_000_000;

/// When a packet came: by the card if that is in step, else by the kernel. Nothing if neither was told.
pub(super) fn of_arrival(stamps: &Timestamps, shift: WallShift) -> Option<Stamp> {
    let kernel = told(stamps.system.into(), shift)?;
    let card = told(stamps.hw_raw.into(), shift).filter(|card| is_in_step(*card, kernel));
    Some(card.map_or(Stamp::kernel(kernel), Stamp::hardware))
}

/// When a packet left. Kernel and card tell it each in a message of its own (`OPT_TX_SWHW`), the kernel first.
pub(super) fn of_departure(stamps: &Timestamps, shift: WallShift) -> Option<Stamp> {
    let card = || told(stamps.hw_raw.into(), shift).map(Stamp::hardware);
    told(stamps.system.into(), shift).map(Stamp::kernel).or_else(card)
}

/// Whether a packet can have been at one point first and at the other soon afterwards.
pub(super) fn is_in_step(first: Timestamp, second: Timestamp) -> bool {
    (0..=IN_STEP).contains(&second.nanos_since(first))
}

fn told(at: Duration, shift: WallShift) -> Option<Timestamp> {
    (!at.is_zero()).then(|| shift.apply(at))
}

#[cfg(test)]
mod tests {
    use nix::sys::time::TimeSpec;
    use wattle_oneway::stamp::StampSource;

    use super::*;

    const SECOND: i64 = 1_800_000_000;

    /// As the kernel fills the three places: software, the legacy one that it leaves empty, and the card's.
    fn message(software: Option<i64>, card: Option<i64>) -> Timestamps {
        let at = |nanos: Option<i64>| nanos.map_or(TimeSpec::new(0, 0), |nanos| TimeSpec::new(SECOND, nanos));
        Timestamps {
            system: at(software),
            hw_trans: TimeSpec::new(0, 0),
            hw_raw: at(card),
        }
    }

    fn shown(stamp: Option<Stamp>) -> Option<(StampSource, i64)> {
        let second = WallShift(0).apply(Duration::from_secs(SECOND.unsigned_abs()));
        stamp.map(|stamp| (stamp.source, stamp.at.nanos_since(second)))
    }

    #[test]
    fn a_card_in_step_tells_when_a_packet_came_and_any_other_does_not() {
        use StampSource::Hardware;
        use StampSource::Kernel;
        let tai = Timestamps {
            hw_raw: TimeSpec::new(SECOND + 37, 4_000),
            ..message(Some(5_000), None)
        };
        for (stamps, expected) in [
            (message(Some(5_000), None), Some((Kernel, 5_000))),
            (message(Some(5_000), Some(3_200)), Some((Hardware, 3_200))),
            (message(Some(5_000), Some(5_001)), Some((Kernel, 5_000))),
            (message(Some(1_005_001), Some(5_000)), Some((Kernel, 1_005_001))),
            (tai, Some((Kernel, 5_000))),
            (message(None, Some(3_200)), None),
            (message(None, None), None),
        ] {
            assert_eq!(shown(of_arrival(&stamps, WallShift(0))), expected, "{stamps:?}");
        }
    }

    #[test]
    fn a_departure_is_told_by_whom_the_message_is_from() {
        let kernel = of_departure(&message(Some(5_000), None), WallShift(0));
        let card = of_departure(&message(None, Some(6_000)), WallShift(0));
        assert_eq!(shown(kernel), Some((StampSource::Kernel, 5_000)));
        assert_eq!(shown(card), Some((StampSource::Hardware, 6_000)));
        assert_eq!(of_departure(&message(None, None), WallShift(0)), None);
    }
}
