/// Buckets of one octave; their number sets the relative error: a bucket is 1/16 of its lower edge wide.
pub(super) const SLOTS: usize = 16;
/// The bits that [`SLOTS`] takes.
const SLOT_BITS: u32 = 4;

/// Where a value is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// 0 for 0..16, 1 for 16..32, 2 for 32..64, …; -1, -2, … for the same magnitudes below zero.
    pub(super) octave: i8,
    /// From zero away, whatever the sign.
    pub(super) slot: usize,
}

/// One bucket of a [`super::Histogram`] that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The least value that falls into it.
    pub low: i64,
    /// The greatest value that falls into it.
    pub high: i64,
    /// How many did.
    pub count: u64,
}

impl Bucket {
    /// The value that stands for all in it.
    pub const fn middle(&self) -> i64 {
        self.low.midpoint(self.high)
    }
}

impl Place {
    pub(super) fn of(value: i64) -> Self {
        let magnitude = value.unsigned_abs();
        let octave = (magnitude | 1).ilog2().saturating_sub(SLOT_BITS - 1);
        let slot = (magnitude >> octave.saturating_sub(1)) as usize % SLOTS;
        let octave = octave as i8;
        let octave = if value < 0 { -1 - octave } else { octave };
        Self { octave, slot }
    }

    /// The least and the greatest value that are counted here.
    pub(super) fn edges(self) -> (i64, i64) {
        let negative = self.octave < 0;
        let octave = if negative { -1 - self.octave } else { self.octave };
        let slot = self.slot as i128;
        let (low, width) = match octave {
            0 => (slot, 1),
            _ => ((slot + SLOTS as i128) << (octave - 1), 1_i128 << (octave - 1)),
        };
        let high = low + width - 1;
        if negative {
            (clip(-high), clip(-low))
        } else {
            (clip(low), clip(high))
        }
    }
}

fn clip(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_bucket_begins_where_the_one_before_it_ends() {
        let mut expected = i64::MIN;
        for key in -61..=60 {
            for slot in 0..SLOTS {
                let slot = if key < 0 { SLOTS - 1 - slot } else { slot };
                let (low, high) = Place { octave: key, slot }.edges();
                if (key == -61 && slot > 0) || (key == -1 && slot == 0) {
                    continue; // Beyond what 64 bits hold, and minus zero.
                }
                assert_eq!(low, expected, "octave {key} slot {slot}");
                expected = high.saturating_add(1);
            }
        }
        assert_eq!(expected, i64::MAX);
    }

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket_near_the_middle(bits: i64, shift in 0..64) {
            let value = bits >> shift;
            let (low, high) = Place::of(value).edges();
            prop_assert!(low <= value && value <= high);
            let middle = Bucket { low, high, count: 1 }.middle();
            prop_assert!(middle.abs_diff(value) <= value.unsigned_abs() / 32 + 1);
        }
    }
}
