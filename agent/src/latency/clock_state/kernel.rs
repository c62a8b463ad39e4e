//! The kernel's account of its clock (adjtimex(2)), read and never changed.

use std::time::Duration;

use rtime_clock::adjtime::Timex;
use rtime_clock::adjtime::adjtimex;

use super::ClockReading;
use super::Witness;

/// Nothing keeps the clock right (`STA_UNSYNC`, linux/timex.h).
const UNSYNCHRONISED: i32 = 0x0040;
/// The hardware of the clock is broken (`STA_CLOCKERR`).
const BROKEN: i32 = 0x1000;

/// Asks the kernel. A fresh [`Timex`] has no modes set, and so changes nothing.
pub(super) fn read() -> Option<ClockReading> {
    let mut timex = Timex::new();
    adjtimex(&mut timex).ok()?;
    Some(judge(timex.0.status, timex.0.maxerror))
}

/// What the status and the maximum error, which is in microseconds whatever `STA_NANO` says, amount to. The estimated error
/// beside it is a hope, and no bound.
pub fn judge(status: i32, max_error_usec: i64) -> ClockReading {
    let bound = u64::try_from(max_error_usec)
        .ok()
        .filter(|_| status & (UNSYNCHRONISED | BROKEN) == 0);
    ClockReading {
        witness: Witness::Kernel,
        bound: bound.map(Duration::from_micros),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_synchronised_clock_has_a_bound() {
        for (status, max_error, bound) in [
            (0x2001, 1500, Some(Duration::from_micros(1500))),
            (0x0041, 1500, None),
            (0x1001, 1500, None),
            (0x2001, -1, None),
        ] {
            assert_eq!(judge(status, max_error).bound, bound, "{status:#x}");
        }
    }

    #[test]
    fn every_kernel_answers() {
        assert!(read().is_some());
    }
}
