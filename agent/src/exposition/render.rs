//! A snapshot in any of the formats.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::prometheus_protobuf;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::Counter;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricFamily;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricType;
use prometheus_client::encoding::text;
use prost::Message;
use prost_types::Timestamp;

use super::Format;
use super::classic;
use super::collector::View;
use super::collector::registry;
use super::compat;
use super::families::FAMILIES;
use super::families::Family;
use super::point::Type;
use crate::snapshot::Snapshot;
use crate::systems::Systems;

/// Writes a snapshot in a format: the agent's own names, and those others that the operator wants beside them.
pub fn render(snapshot: &Arc<Snapshot>, format: Format) -> Result<Vec<u8>, fmt::Error> {
    let others = snapshot.agent.compat;
    write(snapshot, View { own: true, others }, format)
}

/// Writes a snapshot under others' names alone.
pub fn render_compat(
    snapshot: &Arc<Snapshot>,
    others: Systems,
    format: Format,
) -> Result<Vec<u8>, fmt::Error> {
    write(snapshot, View { own: false, others }, format)
}

fn write(snapshot: &Arc<Snapshot>, view: View, format: Format) -> Result<Vec<u8>, fmt::Error> {
    match format {
        Format::OpenMetrics => Ok(openmetrics(snapshot, view)?.into_bytes()),
        Format::Text => Ok(classic::from_openmetrics(&openmetrics(snapshot, view)?).into_bytes()),
        Format::Protobuf => protobuf(snapshot, view),
    }
}

fn openmetrics(snapshot: &Arc<Snapshot>, view: View) -> Result<String, fmt::Error> {
    let mut body = String::new();
    text::encode(&mut body, &registry(snapshot.clone(), view))?;
    Ok(body)
}

fn protobuf(snapshot: &Arc<Snapshot>, view: View) -> Result<Vec<u8>, fmt::Error> {
    let mut families = prometheus_protobuf::encode(&registry(snapshot.clone(), view))?;
    let mut body = Vec::new();
    for family in &mut families {
        complete(family, snapshot);
        family
            .encode_length_delimited(&mut body)
            .map_err(|_| fmt::Error)?;
    }
    Ok(body)
}

/// Adds what the encoder has no way to be told.
fn complete(message: &mut MetricFamily, snapshot: &Snapshot) {
    if let Some(family) = FAMILIES.iter().find(|family| family.name == message.name) {
        stamp(message, family, snapshot);
    } else if let Some(family) = compat::family(&message.name) {
        if family.kind == Type::BareCounter {
            count(message);
        }
        stamp(message, family, snapshot);
    }
}

/// Adds when counters began. Points and metrics stand in the same order.
fn stamp<const MOST: usize>(message: &mut MetricFamily, family: &Family<MOST>, snapshot: &Snapshot) {
    for (metric, point) in message.metric.iter_mut().zip(family.points(snapshot).list) {
        if let (Some(counter), Some(created)) = (&mut metric.counter, point.created) {
            counter.start_timestamp = Some(timestamp(created));
        }
    }
}

/// Makes counters of what was encoded as gauges.
fn count(message: &mut MetricFamily) {
    message.set_type(MetricType::Counter);
    for metric in &mut message.metric {
        metric.counter = metric.gauge.take().map(|gauge| Counter {
            value: gauge.value,
            ..Counter::default()
        });
    }
}

fn timestamp(since_epoch: Duration) -> Timestamp {
    Timestamp {
        seconds: i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since_epoch.subsec_nanos()).unwrap_or(0),
    }
}

/// Packs a body with gzip, fast rather than small: it is made anew each tick.
pub fn compress(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
