use core::time::Duration;

use super::Histogram;
use super::Quantile;
use super::SlidingMinimum;
use super::recent::Recent;

/// RFC 3550's gain is 1/16; the estimate is kept sixteenfold, as in its appendix A.8.
const GAIN_BITS: u32 = 4;

/// How long packets took, in nanoseconds; negative where the clocks disagree by more than the delay.
///
/// Everything but [`Delays::one_way`] is free of a constant difference between the clocks, and therefore right when nobody
/// is synchronised.
#[derive(Clone, Debug)]
pub struct Delays {
    one_way: Histogram,
    queueing: Histogram,
    variation: Histogram,
    minimum: SlidingMinimum,
    jitter: u64,
}

impl Delays {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            one_way: Histogram::default(),
            queueing: Histogram::default(),
            variation: Histogram::default(),
            minimum: SlidingMinimum::new(window),
            jitter: 0,
        }
    }

    /// The delays as measured, over all epochs (RFC 7679). Lost packets are not in it: give
    /// [`Histogram::quantile`] their number.
    pub const fn one_way(&self) -> &Histogram {
        &self.one_way
    }

    /// Delays above the least delay of the window before each packet.
    pub const fn queueing(&self) -> &Histogram {
        &self.queueing
    }

    /// Differences of the delays of neighbours by number (IPDV, RFC 5481 section 4.1), of which not more than seven other
    /// packets arrived between the two.
    pub const fn variation(&self) -> &Histogram {
        &self.variation
    }

    /// The least delay of the window that ends now.
    pub fn minimum(&self, now: Duration) -> Option<i64> {
        self.minimum.get(now).map(|(value, ())| value)
    }

    /// How far a quantile of the delays lies above the least of them (PDV, RFC 5481 section 4.2), over all epochs: for
    /// sessions short enough for the clocks to keep their distance. `lost` packets have an infinite delay.
    pub fn above_minimum(&self, millionths: u32, lost: u64) -> Option<Quantile> {
        let quantile = self.one_way.quantile(millionths, lost)?;
        Some(quantile.above(self.one_way.minimum().unwrap_or_default()))
    }

    /// The interarrival jitter (RFC 3550 section 6.4.1).
    pub const fn jitter(&self) -> u64 {
        self.jitter >> GAIN_BITS
    }

    /// The clocks' distance has changed, or the sender is another: no minimum from before counts.
    pub(super) fn begin(&mut self) {
        self.minimum.clear();
    }

    /// Notes an arrival, of which `recent` does not know yet, and says how far it is above the window's minimum.
    pub(super) fn record(&mut self, now: Duration, (number, delay): (u64, i64), recent: &Recent) -> u64 {
        self.one_way.record(delay);
        self.minimum.insert(now, delay, ());
        let queueing = delay.abs_diff(self.minimum(now).unwrap_or(delay).min(delay));
        self.queueing.record(i64::try_from(queueing).unwrap_or(i64::MAX));
        for (other, other_delay) in recent.delays() {
            if other + 1 == number {
                self.variation.record(delay.saturating_sub(other_delay));
            } else if number + 1 == other {
                self.variation.record(other_delay.saturating_sub(delay));
            }
        }
        if let Some((_, before)) = recent.delays().next() {
            let rounded = self.jitter.saturating_add(1 << (GAIN_BITS - 1)) >> GAIN_BITS;
            self.jitter = (self.jitter - rounded).saturating_add(delay.abs_diff(before));
        }
        queueing
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let histograms = [&self.one_way, &self.queueing, &self.variation].map(Histogram::heap_bytes);
        histograms.into_iter().sum::<usize>() + self.minimum.heap_bytes()
    }
}
