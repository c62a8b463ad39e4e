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
use super::families::Family;
use super::point::Type;
use crate::snapshot::Snapshot;

/// The last line of OpenMetrics text.
const END: &str = "# EOF\n";

/// Writes a snapshot in a format, family by family: what is made on the way is no larger than the largest of them.
pub fn render(snapshot: &Arc<Snapshot>, format: Format) -> Result<Vec<u8>, fmt::Error> {
    let mut body = match format {
        Format::OpenMetrics => openmetrics(snapshot)?.into_bytes(),
        Format::Text => classic(snapshot)?.into_bytes(),
        Format::Protobuf => protobuf(snapshot)?,
    };
    // It is kept until the next tick.
    body.shrink_to_fit();
    Ok(body)
}

fn openmetrics(snapshot: &Arc<Snapshot>) -> Result<String, fmt::Error> {
    let mut body = String::new();
    for family in FAMILIES {
        append(&mut body, snapshot, family)?;
    }
    body.push_str(END);
    Ok(body)
}

/// Appends one family as OpenMetrics text.
fn append(body: &mut String, snapshot: &Arc<Snapshot>, family: &'static Family) -> fmt::Result {
    text::encode(body, &registry(snapshot, family))?;
    if body.ends_with(END) {
        body.truncate(body.len() - END.len());
    }
    Ok(())
}

fn classic(snapshot: &Arc<Snapshot>) -> Result<String, fmt::Error> {
    let (mut body, mut openmetrics) = (String::new(), String::new());
    for family in FAMILIES {
        openmetrics.clear();
        append(&mut openmetrics, snapshot, family)?;
        classic::append(&mut body, &openmetrics);
    }
    Ok(body)
}

fn protobuf(snapshot: &Arc<Snapshot>) -> Result<Vec<u8>, fmt::Error> {
    let mut body = Vec::new();
    for family in FAMILIES {
        for mut message in prometheus_protobuf::encode(&registry(snapshot, family))? {
            stamp(&mut message, family, snapshot);
            message
                .encode_length_delimited(&mut body)
                .map_err(|_| fmt::Error)?;
        }
    }
    Ok(body)
}

/// Adds when counters began, which the encoder has no way to be told. Points and metrics stand in the same order.
fn stamp(message: &mut MetricFamily, family: &Family, snapshot: &Snapshot) {
    if family.kind != Type::Counter {
        return;
    }
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
