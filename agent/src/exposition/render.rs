//! A snapshot in any of the formats.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::prometheus_protobuf;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricFamily;
use prometheus_client::encoding::text;
use prost::Message;
use prost_types::Timestamp;

use super::Format;
use super::classic;
use super::collector::registry;
use super::families::FAMILIES;
use crate::snapshot::Snapshot;

/// Writes a snapshot in a format.
pub fn render(snapshot: &Arc<Snapshot>, format: Format) -> Result<Vec<u8>, fmt::Error> {
    match format {
        Format::OpenMetrics => Ok(openmetrics(snapshot)?.into_bytes()),
        Format::Text => Ok(classic::from_openmetrics(&openmetrics(snapshot)?).into_bytes()),
        Format::Protobuf => protobuf(snapshot),
    }
}

fn openmetrics(snapshot: &Arc<Snapshot>) -> Result<String, fmt::Error> {
    let mut body = String::new();
    text::encode(&mut body, &registry(snapshot.clone()))?;
    Ok(body)
}

fn protobuf(snapshot: &Arc<Snapshot>) -> Result<Vec<u8>, fmt::Error> {
    let mut families = prometheus_protobuf::encode(&registry(snapshot.clone()))?;
    let mut body = Vec::new();
    for family in &mut families {
        stamp(family, snapshot);
        family
            .encode_length_delimited(&mut body)
            .map_err(|_| fmt::Error)?;
    }
    Ok(body)
}

/// Adds when counters began, which the encoder has no way to be told. Points and metrics stand in the same order.
fn stamp(message: &mut MetricFamily, snapshot: &Snapshot) {
    let Some(family) = FAMILIES.iter().find(|family| family.name == message.name) else {
        return;
    };
    for (metric, point) in message.metric.iter_mut().zip(family.points(snapshot).list) {
        if let (Some(counter), Some(created)) = (&mut metric.counter, point.created) {
            counter.start_timestamp = Some(timestamp(created));
        }
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
