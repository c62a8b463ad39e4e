//! The bridge to prometheus-client: a collector over a value.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::MetricEncoder;
use prometheus_client::encoding::NativeHistogram;
use prometheus_client::encoding::NativeHistogramBuckets;
use prometheus_client::encoding::NoLabelSet;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use super::compat;
use super::compat::OldFamily;
use super::families::FAMILIES;
use super::families::Family;
use super::point::Point;
use super::point::Points;
use super::point::Type;
use super::point::Value;
use crate::latency::histogram::DelayHistogram;
use crate::latency::histogram::SCHEMA;
use crate::snapshot::Snapshot;
use crate::systems::Systems;

/// Whose names are shown.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    own: bool,
    others: Systems,
}

/// A family, from whichever table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shown {
    /// By the agent's own name.
    Own(&'static Family),
    /// By another's.
    Other(&'static OldFamily),
}

impl Names {
    /// The agent's own names, and those others that the operator wants beside them.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            own: true,
            others: snapshot.agent.compat,
        }
    }

    /// Others' names alone.
    pub fn compat(others: Systems) -> Self {
        Self { own: false, others }
    }

    pub(super) fn families(self) -> impl Iterator<Item = Shown> {
        let own = FAMILIES.iter().filter(move |_| self.own).map(Shown::Own);
        own.chain(self.others.iter().flat_map(compat::families).map(Shown::Other))
    }
}

/// Shows one family of one snapshot.
#[derive(Debug)]
struct FamilyCollector(Arc<Snapshot>, Shown);

/// A registry that holds one family and nothing else: what an encoder makes of it is never much at a time.
pub(super) fn registry(snapshot: &Arc<Snapshot>, family: Shown) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(FamilyCollector(Arc::clone(snapshot), family)));
    registry
}

impl Collector for FamilyCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        match self.1 {
            Shown::Own(family) => encode_any(family, &self.0, encoder),
            Shown::Other(family) => encode_any(family, &self.0, encoder),
        }
    }
}

fn encode_any<const MOST: usize>(
    family: &Family<MOST>,
    snapshot: &Snapshot,
    mut encoder: DescriptorEncoder<'_>,
) -> fmt::Result {
    let points = family.points(snapshot);
    if points.list.is_empty() {
        return Ok(());
    }
    encode(family, &points, &mut encoder)
}

fn encode<const MOST: usize>(
    family: &Family<MOST>,
    points: &Points<'_, MOST>,
    encoder: &mut DescriptorEncoder<'_>,
) -> fmt::Result {
    let unit = family.unit.map(|unit| Unit::Other(unit.to_owned()));
    let mut metric = encoder.encode_descriptor(
        family.stem(),
        family.help,
        unit.as_ref(),
        family.kind.metric_type(),
    )?;
    for point in &points.list {
        if family.kind == Type::Info {
            metric.encode_info(&point.labels)?;
        } else if point.labels.is_empty() {
            encode_value(point, &mut metric, family.kind)?;
        } else {
            encode_value(point, &mut metric.encode_family(&point.labels)?, family.kind)?;
        }
    }
    Ok(())
}

fn encode_value<const MOST: usize>(
    point: &Point<'_, MOST>,
    metric: &mut MetricEncoder<'_>,
    kind: Type,
) -> fmt::Result {
    match (kind, point.value) {
        (Type::Counter, Value::Number(value)) => metric.encode_counter::<NoLabelSet, _, f64>(&value, None),
        (Type::Counter, Value::Whole(value)) => metric.encode_counter::<NoLabelSet, _, f64>(&value, None),
        (Type::Gauge | Type::BareCounter, Value::Number(value)) => metric.encode_gauge(&value),
        (Type::Gauge | Type::BareCounter, Value::Whole(value)) => metric.encode_gauge(&value),
        (Type::Histogram, Value::Histogram(value)) => {
            metric.encode_histogram::<NoLabelSet>(value.sum(), value.count(), &value.buckets(), None)
        }
        (Type::Histogram, Value::Delays(value)) => encode_delays(value, metric),
        _ => Err(fmt::Error),
    }
}

/// With fixed bounds for the text formats, and native buckets beside them in protobuf.
fn encode_delays(delays: &DelayHistogram, metric: &mut MetricEncoder<'_>) -> fmt::Result {
    let (positive, negative) = (delays.positive(), delays.negative());
    let native = NativeHistogram {
        schema: SCHEMA,
        zero_threshold: 0.0,
        zero_count: delays.zeros(),
        negative: NativeHistogramBuckets {
            spans: &negative.spans,
            deltas: &negative.deltas,
        },
        positive: NativeHistogramBuckets {
            spans: &positive.spans,
            deltas: &positive.deltas,
        },
        created: None,
    };
    metric.encode_histogram_with_native::<NoLabelSet>(
        delays.sum(),
        delays.count(),
        &delays.buckets(),
        None,
        native,
    )
}
