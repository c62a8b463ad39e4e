//! One line of an exposition, before it is written in any format.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabel;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::EncodeLabelValue;
use prometheus_client::encoding::LabelKeyEncoder;
use prometheus_client::encoding::LabelSetEncoder;
use prometheus_client::encoding::LabelValueEncoder;
use prometheus_client::metrics::MetricType;

use crate::latency::histogram::DelayHistogram;
use crate::snapshot::Histogram;
use crate::workload::Details;

/// The types of families that the agent has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Says something in its labels; its value is 1.
    Info,
    /// Observations by size.
    Histogram,
    /// A counter whose name does not say so, as some other systems have them. OpenMetrics has no such thing: there it is of
    /// unknown type.
    BareCounter,
}

impl Type {
    /// The word for it in documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter | Self::BareCounter => "counter",
            Self::Gauge => "gauge",
            Self::Info => "info",
            Self::Histogram => "histogram",
        }
    }

    /// What names of this type end in.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram | Self::BareCounter => "",
        }
    }

    pub(super) fn metric_type(self) -> MetricType {
        match self {
            Self::Counter => MetricType::Counter,
            Self::Gauge => MetricType::Gauge,
            Self::Info => MetricType::Info,
            Self::Histogram => MetricType::Histogram,
            Self::BareCounter => MetricType::Unknown,
        }
    }
}

/// None of the agent's own families has more labels.
pub(super) const MOST_LABELS: usize = 5;

/// A series and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<'s, const MOST: usize = MOST_LABELS> {
    pub(super) labels: Labels<'s, MOST>,
    pub(super) value: Value<'s>,
    /// When the counter began, since 1970, for series that come and go.
    pub(super) created: Option<Duration>,
}

/// The value of a series.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'s> {
    Number(f64),
    Whole(u64),
    Histogram(&'s Histogram),
    Delays(&'s DelayHistogram),
}

/// Labels in the order of the family's table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labels<'s, const MOST: usize = MOST_LABELS> {
    names: &'static [&'static str],
    values: [Label<'s>; MOST],
    /// After those in the table: what else is known.
    details: Option<&'s Details>,
}

/// The value of a label.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label<'s> {
    /// Text.
    Text(&'s str),
    /// A number, such as that of a socket.
    Number(u32),
    /// A factor in thousandths.
    Thousandths(u64),
    /// A socket with several dies.
    Die(u32, u32),
    /// The directory of a zone of the power capping framework.
    Powercap(&'s str),
    /// The series does not have the label.
    Absent,
}

impl<'s> From<&'s str> for Label<'s> {
    fn from(text: &'s str) -> Self {
        Self::Text(text)
    }
}

impl From<Option<u32>> for Label<'_> {
    fn from(number: Option<u32>) -> Self {
        number.map_or(Self::Text(""), Self::Number)
    }
}

/// Where a family puts its points.
#[derive(Debug)]
pub(super) struct Points<'s, const MOST: usize = MOST_LABELS> {
    names: &'static [&'static str],
    pub(super) list: Vec<Point<'s, MOST>>,
}

impl<'s, const MOST: usize> Points<'s, MOST> {
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        Self {
            names,
            list: Vec::new(),
        }
    }

    /// A series with a value that may have decimals.
    pub(super) fn number<const N: usize>(&mut self, labels: [Label<'s>; N], value: f64) {
        self.push(labels, Value::Number(value), None);
    }

    /// A series with a whole value.
    pub(super) fn whole<const N: usize>(&mut self, labels: [Label<'s>; N], value: u64) {
        self.push(labels, Value::Whole(value), None);
    }

    /// A counter of something that came into being while the agent watched.
    pub(super) fn since<const N: usize>(&mut self, labels: [Label<'s>; N], value: f64, created: Duration) {
        self.push(labels, Value::Number(value), Some(created));
    }

    /// The same with a whole value.
    pub(super) fn whole_since<const N: usize>(
        &mut self,
        labels: [Label<'s>; N],
        value: u64,
        created: Duration,
    ) {
        self.push(labels, Value::Whole(value), Some(created));
    }

    /// Labels that say something.
    pub(super) fn info<const N: usize>(&mut self, labels: [Label<'s>; N]) {
        self.push(labels, Value::Whole(1), None);
    }

    /// The same, with whatever else is known. Labels without a value are left out.
    pub(super) fn info_with<const N: usize>(&mut self, labels: [Label<'s>; N], details: &'s Details) {
        self.put(labels, Value::Whole(1), None);
        if let Some(point) = self.list.last_mut() {
            point.labels.details = Some(details);
        }
    }

    /// Observations by size.
    pub(super) fn histogram(&mut self, histogram: &'s Histogram) {
        self.push([], Value::Histogram(histogram), None);
    }

    /// Delays by size.
    pub(super) fn delays<const N: usize>(&mut self, labels: [Label<'s>; N], delays: &'s DelayHistogram) {
        self.push(labels, Value::Delays(delays), None);
    }

    fn push<const N: usize>(&mut self, labels: [Label<'s>; N], value: Value<'s>, created: Option<Duration>) {
        debug_assert_eq!(N, self.names.len(), "labels of {:?}", self.names);
        self.put(labels, value, created);
    }

    fn put<const N: usize>(&mut self, labels: [Label<'s>; N], value: Value<'s>, created: Option<Duration>) {
        let mut values = [Label::Absent; MOST];
        values[..N].copy_from_slice(&labels);
        self.list.push(Point {
            labels: Labels {
                names: self.names.get(..N).unwrap_or(self.names),
                values,
                details: None,
            },
            value,
            created,
        });
    }
}

impl<const MOST: usize> Labels<'_, MOST> {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl<const MOST: usize> EncodeLabelSet for Labels<'_, MOST> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        for (name, value) in self.names.iter().zip(&self.values) {
            if matches!(value, Label::Absent) {
                continue;
            }
            let mut label = encoder.encode_label();
            let mut key: LabelKeyEncoder<'_> = label.encode_label_key()?;
            fmt::Write::write_str(&mut key, name)?;
            let mut text: LabelValueEncoder<'_> = key.encode_label_value()?;
            value.encode(&mut text)?;
            text.finish()?;
        }
        for (name, value) in self.details.iter().flat_map(|details| details.iter()) {
            (name.as_str(), value).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

impl EncodeLabelValue for Label<'_> {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => EncodeLabelValue::encode(text, encoder),
            Self::Number(number) => EncodeLabelValue::encode(number, encoder),
            Self::Thousandths(number) => {
                let (whole, rest) = (number / 1000, number % 1000);
                fmt::Write::write_fmt(encoder, format_args!("{whole}.{rest:03}"))
            }
            Self::Die(socket, die) => fmt::Write::write_fmt(encoder, format_args!("{socket}-die-{die}")),
            Self::Powercap(id) => fmt::Write::write_fmt(encoder, format_args!("/sys/class/powercap/{id}")),
            Self::Absent => Ok(()),
        }
    }
}
