//! A scrape as a test reads it.

use std::collections::BTreeMap;

/// Series, as they are written, and their values, as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exposition {
    samples: BTreeMap<String, String>,
}

impl Exposition {
    /// Reads either text form; a series that stands twice is a failure.
    pub(crate) fn parse(body: &str) -> Self {
        let mut samples = BTreeMap::new();
        for line in body.lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let twice = samples.insert(series.to_owned(), value.to_owned());
            assert!(twice.is_none(), "{series} stands twice");
        }
        Self { samples }
    }

    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(crate) fn get(&self, series: &str) -> Option<&str> {
        self.samples.get(series).map(String::as_str)
    }

    /// The value of a series that counts something.
    pub(crate) fn whole(&self, series: &str) -> u64 {
        self.get(series).map_or(0, |value| value.parse().unwrap())
    }

    /// The value of a series in millionths of its unit, to the last digit.
    pub(crate) fn micro(&self, series: &str) -> u64 {
        micro(self.get(series).unwrap())
    }

    /// The value of a series that may have decimals.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        self.get(series)?.parse().ok()
    }

    /// The series of one name, with their labels and values.
    pub(crate) fn family<'e>(&'e self, name: &str) -> impl Iterator<Item = (&'e str, &'e str)> {
        let name = name.to_owned();
        self.samples.iter().filter_map(move |(series, value)| {
            let labels = series.strip_prefix(&name)?;
            (labels.is_empty() || labels.starts_with('{')).then_some((labels, value.as_str()))
        })
    }

    /// The sum of the series of one name whose labels contain `part`, in millionths.
    pub(crate) fn sum_micro(&self, name: &str, part: &str) -> u64 {
        let alike = self.family(name).filter(|(labels, _)| labels.contains(part));
        alike.map(|(_, value)| micro(value)).sum()
    }

    /// All counters.
    pub(crate) fn counters(&self) -> impl Iterator<Item = (&str, &str)> {
        let series = self.samples.iter();
        let counters = series.filter(|(series, _)| {
            series
                .split('{')
                .next()
                .is_some_and(|name| name.ends_with("_total"))
        });
        counters.map(|(series, value)| (series.as_str(), value.as_str()))
    }
}

/// A number in millionths. Whole millionths below 2^53 come back exactly from the nearest double, whatever digits it was written with;
/// anything finer is a failure.
pub(crate) fn micro(text: &str) -> u64 {
    let millionths = text.parse::<f64>().unwrap() * 1e6;
    let whole = millionths.round();
    assert!(
        (millionths - whole).abs() < 1e-3 && (0.0..9e15).contains(&whole),
        "{text} is no whole number of millionths"
    );
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    let whole = whole as u64;
    whole
}

/// The value of one label among labels without quotes in their values.
pub(crate) fn label<'l>(labels: &'l str, name: &str) -> Option<&'l str> {
    let (_, rest) = labels.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}
