//! Building a request in the caller's buffer.

use crate::TimestampFormat;
use crate::stamp::Mode;
use crate::stamp::Request;
use crate::stamp::packet;
use crate::stamp::tlv::ClassOfService;
use crate::stamp::tlv::ClockReport;
use crate::stamp::tlv::DirectMeasurement;
use crate::stamp::tlv::FollowUp;
use crate::stamp::tlv::HEADER;
use crate::stamp::tlv::LocationQuery;
use crate::stamp::tlv::NoRoom;
use crate::stamp::tlv::PositionReport;
use crate::stamp::tlv::RoundReport;
use crate::stamp::tlv::SentFollowUp;
use crate::stamp::tlv::TimestampInformation;
use crate::stamp::tlv::TlvKind;
use crate::stamp::tlv::TlvWriter;

use super::Extensions;
use super::Security;

/// What goes into the TLVs of one request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Packets sent, this one included.
    pub(super) packets: u32,
    pub(super) sent: SentFollowUp,
    pub(super) clock: ClockReport,
    pub(super) round: RoundReport,
    pub(super) position: PositionReport,
}

/// The octets of a request.
pub(super) fn length(extensions: &Extensions, security: &Security) -> usize {
    let parts = [
        (extensions.follow_up, 16),
        (extensions.timestamp_information, 4),
        (extensions.class_of_service.is_some(), 4),
        (extensions.direct_measurement, 12),
        (extensions.location, LocationQuery::LENGTH),
        (extensions.ours, SentFollowUp::LENGTH),
        (extensions.ours, ClockReport::LENGTH),
        (extensions.ours, RoundReport::LENGTH),
        (extensions.ours, PositionReport::LENGTH),
        (
            extensions.padding.is_some(),
            extensions.padding.unwrap_or_default().into(),
        ),
    ];
    let present = parts.iter().filter(|(present, _)| *present);
    let list: usize = present.map(|(_, length)| HEADER + length).sum();
    let hmac = if list > 0 && security.keys().is_some() {
        HEADER + 16
    } else {
        0
    };
    security.mode().base_len() + list + hmac
}

/// Writes a request. Returns its octets.
pub(super) fn write(
    request: &Request,
    extensions: &Extensions,
    security: &Security,
    told: &Told,
    out: &mut [u8],
) -> Result<usize, NoRoom> {
    let mode = security.mode();
    let base = mode.base_len();
    if out.len() < base {
        return Err(NoRoom);
    }
    request.write(mode, out);
    if let (Mode::Authenticated, Some(keys)) = (mode, security.keys()) {
        packet::sign(out, keys.current());
    }
    let mut writer = TlvWriter::new(out, base);
    write_standard(extensions, told, &mut writer)?;
    if extensions.ours {
        write_ours(told, request.error.format(), &mut writer)?;
    }
    if let Some(padding) = extensions.padding {
        writer.push_zeros(TlvKind::EXTRA_PADDING, padding.into())?;
    }
    if let Some(keys) = security.keys().filter(|_| writer.len() > base) {
        let list = writer.written().get(base..).unwrap_or_default();
        let tag = keys.current().tag(&[&request.sequence.to_be_bytes(), list]);
        writer.push(TlvKind::HMAC, &tag)?;
    }
    Ok(writer.len())
}

/// Questions have every field zero that the reflector fills (RFC 8972 sections 4.2 to 4.7).
fn write_standard(extensions: &Extensions, told: &Told, writer: &mut TlvWriter<'_>) -> Result<(), NoRoom> {
    if extensions.follow_up {
        writer.push(
            TlvKind::FOLLOW_UP,
            &FollowUp::default().to_bytes(TimestampFormat::Ntp),
        )?;
    }
    if extensions.timestamp_information {
        writer.push(
            TlvKind::TIMESTAMP_INFORMATION,
            &TimestampInformation::default().to_bytes(),
        )?;
    }
    if let Some(wanted_dscp) = extensions.class_of_service {
        let question = ClassOfService {
            wanted_dscp,
            ..ClassOfService::default()
        };
        writer.push(TlvKind::CLASS_OF_SERVICE, &question.to_bytes())?;
    }
    if extensions.direct_measurement {
        let question = DirectMeasurement {
            sent: told.packets,
            ..DirectMeasurement::default()
        };
        writer.push(TlvKind::DIRECT_MEASUREMENT, &question.to_bytes())?;
    }
    if extensions.location {
        writer.push(TlvKind::LOCATION, &LocationQuery::question())?;
    }
    Ok(())
}

fn write_ours(told: &Told, format: TimestampFormat, writer: &mut TlvWriter<'_>) -> Result<(), NoRoom> {
    writer.push(TlvKind::SENT_FOLLOW_UP, &told.sent.to_bytes(format))?;
    writer.push(TlvKind::CLOCK_REPORT, &told.clock.to_bytes())?;
    writer.push(TlvKind::ROUND_REPORT, &told.round.to_bytes(format))?;
    writer.push(TlvKind::POSITION_REPORT, &told.position.to_bytes())
}
