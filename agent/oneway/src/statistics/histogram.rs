use super::Bucket;
use super::Quantile;
use super::bucket::Place;
use super::bucket::SLOTS;

/// How often which signed value came, in log-linear buckets: exact below 16, above it each power of two is cut into 16.
///
/// The middle of a bucket is within 1/32 (3.1 %) of every value in it, at any size and either sign. Octaves take memory
/// when first hit, 68 bytes each; no input takes more than 122.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    octaves: Vec<Octave>,
    carried: Vec<Carry>,
    count: u64,
    sum: i128,
    range: Option<(i64, i64)>,
}

/// The buckets of the magnitudes with the same leading bit, by their sign.
#[derive(Clone, Debug)]
struct Octave {
    /// As [`Place::octave`].
    key: i8,
    counts: [u32; SLOTS],
}

/// What a bucket's 32 bits do not hold: so many times 2³².
#[derive(Clone, Debug)]
struct Carry {
    place: Place,
    times: u64,
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, value: i64) {
        self.add(Place::of(value), 1);
        self.count += 1;
        self.sum += i128::from(value);
        self.widen(value, value);
    }

    /// Adds what another histogram counted, as if all had been recorded here.
    pub fn merge(&mut self, other: &Self) {
        for bucket in other.buckets() {
            self.add(Place::of(bucket.low), bucket.count);
        }
        self.count += other.count;
        self.sum += other.sum;
        if let Some((low, high)) = other.range {
            self.widen(low, high);
        }
    }

    /// How many values were recorded.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all values, exactly.
    pub const fn sum(&self) -> i128 {
        self.sum
    }

    /// The least value, exactly.
    pub fn minimum(&self) -> Option<i64> {
        self.range.map(|(low, _)| low)
    }

    /// The greatest value, exactly.
    pub fn maximum(&self) -> Option<i64> {
        self.range.map(|(_, high)| high)
    }

    /// The least value that so many millionths of all values do not exceed (RFC 2330 section 11.3), where `infinite` more
    /// values are beyond any number (RFC 7679 section 3.6: a lost packet's delay). Nothing if there are no values at all.
    pub fn quantile(&self, millionths: u32, infinite: u64) -> Option<Quantile> {
        let total = u128::from(self.count) + u128::from(infinite);
        let rank = (total * u128::from(millionths.min(1_000_000)))
            .div_ceil(1_000_000)
            .max(1);
        if total == 0 {
            return None;
        }
        let (low, high) = match self.range {
            Some(range) if rank <= u128::from(self.count) => range,
            _ => return Some(Quantile::Infinite),
        };
        let mut below = 0;
        let bucket = self.buckets().find(|bucket| {
            below += u128::from(bucket.count);
            below >= rank
        })?;
        Some(Quantile::Finite(bucket.middle().clamp(low, high)))
    }

    /// The buckets that are not empty, lowest first.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let all = self.octaves.iter().flat_map(Octave::buckets);
        all.map(|(place, count)| self.bucket(place, count))
            .filter(|bucket| bucket.count > 0)
    }

    /// The bytes it takes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.octaves.capacity() * size_of::<Octave>() + self.carried.capacity() * size_of::<Carry>()
    }

    fn add(&mut self, place: Place, times: u64) {
        let count = &mut self.octave(place.octave).counts[place.slot];
        let total = u64::from(*count) + times;
        *count = total as u32;
        if total >> 32 > 0 {
            self.carry(place, total >> 32);
        }
    }

    fn carry(&mut self, place: Place, times: u64) {
        match self.carried.iter_mut().find(|carry| carry.place == place) {
            Some(carry) => carry.times += times,
            None => self.carried.push(Carry { place, times }),
        }
    }

    fn bucket(&self, place: Place, count: u32) -> Bucket {
        let (low, high) = place.edges();
        let carry = self.carried.iter().find(|carry| carry.place == place);
        let count = carry.map_or(0, |carry| carry.times << 32) + u64::from(count);
        Bucket { low, high, count }
    }

    fn octave(&mut self, key: i8) -> &mut Octave {
        let at = self.octaves.partition_point(|octave| octave.key < key);
        if self.octaves.get(at).is_none_or(|octave| octave.key != key) {
            // One at a time: an octave is large, and new ones are rare.
            self.octaves.reserve_exact(1);
            self.octaves.insert(
                at,
                Octave {
                    key,
                    counts: [0; SLOTS],
                },
            );
        }
        &mut self.octaves[at]
    }

    fn widen(&mut self, low: i64, high: i64) {
        let (least, greatest) = self.range.unwrap_or((low, high));
        self.range = Some((least.min(low), greatest.max(high)));
    }
}

impl Octave {
    /// Its buckets with what they hold, lowest first.
    fn buckets(&self) -> impl Iterator<Item = (Place, u32)> + '_ {
        (0..SLOTS).map(|n| {
            let slot = if self.key < 0 { SLOTS - 1 - n } else { n };
            let octave = self.key;
            (Place { octave, slot }, self.counts[slot])
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> Histogram {
        let mut histogram = Histogram::default();
        for &value in values {
            histogram.record(value);
        }
        histogram
    }

    fn spread_out() -> impl Strategy<Value = i64> {
        (any::<i64>(), 0..64).prop_map(|(bits, shift)| bits >> shift)
    }

    #[test]
    fn a_quantile_beyond_the_share_that_arrived_is_infinite() {
        let histogram = of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
        assert_eq!(histogram.quantile(950_000, 1), Some(Quantile::Finite(19)));
        assert_eq!(histogram.quantile(950_001, 1), Some(Quantile::Infinite));
        assert_eq!(histogram.quantile(500_000, 1), Some(Quantile::Finite(10)));
        assert_eq!(Histogram::default().quantile(0, 1), Some(Quantile::Infinite));
        assert_eq!(Histogram::default().quantile(0, 0), None);
    }

    #[test]
    fn a_bucket_holds_more_than_four_thousand_million() {
        let mut histogram = of(&[-7, 5, 5, 5]);
        for _ in 0..40 {
            histogram.merge(&histogram.clone());
        }
        let counts: Vec<u64> = histogram.buckets().map(|bucket| bucket.count).collect();
        assert_eq!(counts, [1 << 40, 3 << 40]);
        assert_eq!(histogram.quantile(250_000, 0), Some(Quantile::Finite(-7)));
        assert_eq!(histogram.quantile(250_001, 0), Some(Quantile::Finite(5)));
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_values(
            mut values in proptest::collection::vec(spread_out(), 1..200), millionths in 0..=1_000_000_u32, infinite in 0..50_u64
        ) {
            let histogram = of(&values);
            values.sort_unstable();
            let total = values.len() as u64 + infinite;
            let rank = (total * u64::from(millionths)).div_ceil(1_000_000).max(1) as usize;
            match (histogram.quantile(millionths, infinite), values.get(rank - 1)) {
                (Some(Quantile::Finite(found)), Some(&value)) => {
                    prop_assert!(found.abs_diff(value) <= value.unsigned_abs() / 32 + 1);
                }
                (found, value) => {
                    prop_assert_eq!(found, Some(Quantile::Infinite));
                    prop_assert_eq!(value, None);
                }
            }
        }

        #[test]
        fn merging_is_recording_all(a in proptest::collection::vec(spread_out(), 0..50), b in proptest::collection::vec(spread_out(), 0..50)) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let together = of(&[a, b].concat());
            prop_assert!(merged.buckets().eq(together.buckets()));
            prop_assert_eq!(merged.count(), together.count());
            prop_assert_eq!(merged.sum(), together.sum());
            prop_assert_eq!(merged.minimum(), together.minimum());
            prop_assert_eq!(merged.maximum(), together.maximum());
        }
    }
}
