//! A carbon intensity.

/// Grams of carbon dioxide, with what other gases count for, per kilowatt-hour; kept in whole micrograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Intensity(u64);

/// Oil burnt badly gives a kilogram and a half; what is far beyond is a mistake of units.
const MOST_GRAMS: f64 = 10_000.0;

impl Intensity {
    /// An intensity that there can be.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    pub fn from_grams(grams: f64) -> Option<Self> {
        (0.0..=MOST_GRAMS)
            .contains(&grams)
            .then(|| Self((grams * 1e6).round() as u64))
    }

    /// In grams per kilowatt-hour.
    #[expect(clippy::cast_precision_loss, reason = "at most 10^10")]
    pub fn grams(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// In micrograms per kilowatt-hour.
    pub fn micrograms(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(Intensity::from_grams(40.695).unwrap().micrograms(), 40_695_000);
        assert_eq!(Intensity::from_grams(0.0).unwrap().grams(), 0.0);
        for wrong in [-0.1, 10_000.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Intensity::from_grams(wrong), None);
        }
    }
}
