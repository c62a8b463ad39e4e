//! A snapshot in any of the formats.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
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

/// Renders a snapshot in a format.
pub fn render(snapshot: &Arc<Snapshot>, format: Format) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    write(snapshot, format, &mut body)?;
    // It is kept until the next tick.
    body.shrink_to_fit();
    Ok(body)
}

/// Renders a snapshot in a format, packed with gzip, without ever holding what is not packed.
pub fn render_packed(snapshot: &Arc<Snapshot>, format: Format) -> io::Result<Vec<u8>> {
    let mut encoder = encoder();
    write(snapshot, format, &mut encoder)?;
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
fn write(snapshot: &Arc<Snapshot>, format: Format, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::OpenMetrics => openmetrics(snapshot, out),
        Format::Text => classic(snapshot, out),
        Format::Protobuf => protobuf(snapshot, out),
    }
}

fn openmetrics(snapshot: &Arc<Snapshot>, out: &mut impl Write) -> io::Result<()> {
    let mut text = String::new();
    for family in FAMILIES {
        put(&mut text, snapshot, family)?;
        out.write_all(text.as_bytes())?;
    }
    out.write_all(END.as_bytes())
}

fn classic(snapshot: &Arc<Snapshot>, out: &mut impl Write) -> io::Result<()> {
    let (mut classic, mut text) = (String::new(), String::new());
    for family in FAMILIES {
        put(&mut text, snapshot, family)?;
        classic.clear();
        classic::append(&mut classic, &text);
        out.write_all(classic.as_bytes())?;
    }
    Ok(())
}

/// Makes a text that of one family, as OpenMetrics.
fn put(text: &mut String, snapshot: &Arc<Snapshot>, family: &'static Family) -> io::Result<()> {
    text.clear();
    text::encode(text, &registry(snapshot, family)).map_err(io::Error::other)?;
    let length = text.strip_suffix(END).map_or(text.len(), str::len);
    text.truncate(length);
    Ok(())
}

fn protobuf(snapshot: &Arc<Snapshot>, out: &mut impl Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    for family in FAMILIES {
        let messages = prometheus_protobuf::encode(&registry(snapshot, family));
        for mut message in messages.map_err(io::Error::other)? {
            stamp(&mut message, family, snapshot);
            bytes.clear();
            message.encode_length_delimited(&mut bytes)?;
            out.write_all(&bytes)?;
        }
    }
    Ok(())
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
