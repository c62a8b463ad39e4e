//! Optional parts of a packet: type, length, value (RFC 8972 section 4).

mod header;
mod list;
mod location;
mod outline;
pub mod private;
mod standard;
mod write;

pub use header::TlvFlags;
pub use header::TlvKind;
pub use list::MAX_TLVS;
pub use list::Tlv;
pub use list::Tlvs;
pub use list::Truncated;
pub use location::LocationQuery;
pub use private::ClockReport;
pub use private::EndOfClock;
pub use private::PositionReport;
pub use private::Receipt;
pub use private::Round;
pub use private::RoundReport;
pub use private::SentFollowUp;
pub use standard::AccessReport;
pub use standard::ClassOfService;
pub use standard::DirectMeasurement;
pub use standard::FollowUp;
pub use standard::StampMethod;
pub use standard::SyncSource;
pub use standard::TimestampInformation;
pub use write::NoRoom;
pub use write::TlvWriter;

pub(crate) use header::HEADER;
pub(crate) use location::answer as answer_location;
pub(crate) use outline::Entry;
pub(crate) use outline::Hmac;
pub(crate) use outline::Outline;
pub(crate) use private::is_ours;
pub(crate) use standard::length_is_valid;
