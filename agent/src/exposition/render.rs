//! A snapshot in any of the formats.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use prometheus_client::encoding::prometheus_protobuf;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::Counter;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricFamily;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricType;
use prometheus_client::encoding::text;
use prost::Message;
use prost_types::Timestamp;

use super::Format;
use super::classic;
use super::collector::Names;
use super::collector::Shown;
use super::collector::registry;
use super::families::Family;
use super::point::Type;
use crate::snapshot::Snapshot;

/// The last line of OpenMetrics text.
const END: &str = "# EOF\n";

/// Renders what is to be shown of a snapshot.
pub fn render(snapshot: &Arc<Snapshot>, names: Names, format: Format) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    write(snapshot, names, format, &mut body)?;
    // It is kept until the next tick.
    body.shrink_to_fit();
    Ok(body)
}

/// The same packed with gzip, without ever holding what is not packed.
pub fn render_packed(snapshot: &Arc<Snapshot>, names: Names, format: Format) -> io::Result<Vec<u8>> {
    let mut encoder = encoder();
    write(snapshot, names, format, &mut encoder)?;
    encoder.finish()
}

/// Packs a body with gzip.
pub fn pack(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = encoder();
    encoder.write_all(body)?;
    encoder.finish()
}

/// Fast rather than small: bodies are made anew each tick.
fn encoder() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::fast())
}

/// Writes family by family: what is made on the way is no larger than the largest of them.
fn write(snapshot: &Arc<Snapshot>, names: Names, format: Format, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::OpenMetrics => openmetrics(snapshot, names, out),
        Format::Text => classic(snapshot, names, out),
        Format::Protobuf => protobuf(snapshot, names, out),
    }
}

fn openmetrics(snapshot: &Arc<Snapshot>, names: Names, out: &mut impl Write) -> io::Result<()> {
    let mut text = String::new();
    for family in names.families() {
        put(&mut text, snapshot, family)?;
        out.write_all(text.as_bytes())?;
    }
    out.write_all(END.as_bytes())
}

fn classic(snapshot: &Arc<Snapshot>, names: Names, out: &mut impl Write) -> io::Result<()> {
    let (mut classic, mut text) = (String::new(), String::new());
    for family in names.families() {
        put(&mut text, snapshot, family)?;
        classic.clear();
        classic::append(&mut classic, &text);
        out.write_all(classic.as_bytes())?;
    }
    Ok(())
}

/// Makes a text that of one family, as OpenMetrics.
fn put(text: &mut String, snapshot: &Arc<Snapshot>, family: Shown) -> io::Result<()> {
    text.clear();
    text::encode(text, &registry(snapshot, family)).map_err(io::Error::other)?;
    let length = text.strip_suffix(END).map_or(text.len(), str::len);
    text.truncate(length);
    Ok(())
}

fn protobuf(snapshot: &Arc<Snapshot>, names: Names, out: &mut impl Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    for family in names.families() {
        let messages = prometheus_protobuf::encode(&registry(snapshot, family));
        for mut message in messages.map_err(io::Error::other)? {
            complete(&mut message, family, snapshot);
            bytes.clear();
            message.encode_length_delimited(&mut bytes)?;
            out.write_all(&bytes)?;
        }
    }
    Ok(())
}

/// Adds what the encoder has no way to be told.
fn complete(message: &mut MetricFamily, family: Shown, snapshot: &Snapshot) {
    match family {
        Shown::Own(family) => complete_any(message, family, snapshot),
        Shown::Other(family) => complete_any(message, family, snapshot),
    }
}

/// When counters began, and which gauges are counters. Points and metrics stand in the same order.
fn complete_any<const MOST: usize>(message: &mut MetricFamily, family: &Family<MOST>, snapshot: &Snapshot) {
    match family.kind {
        Type::Counter => {}
        Type::BareCounter => count(message),
        Type::Gauge | Type::Info | Type::Histogram => return,
    }
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
