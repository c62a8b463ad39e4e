//! What a reflector has said about itself.

use crate::stamp::ClockClaim;
use crate::stamp::Position;
use crate::stamp::StampSource;
use crate::stamp::tlv::LocationQuery;
use crate::stamp::tlv::StampMethod;

use super::reading::Reading;

/// What the reflector has said about itself, as of its latest reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Whether it speaks this crate's own extensions.
    pub is_ours: bool,
    /// Whether it counts for itself, so that losses have a direction.
    pub is_stateful: bool,
    /// What its clock is worth.
    pub clock: ClockClaim,
    /// Who takes its receive stamps.
    pub receives: StampSource,
    /// Where it is.
    pub position: Option<Position>,
    /// Which addresses and ports it sees.
    pub addresses: Option<LocationQuery>,
}

impl Peer {
    pub(super) fn learn(&mut self, reading: &Reading) {
        self.is_ours = reading.clock.is_some();
        self.clock = reading.clock.map_or_else(
            || ClockClaim::from_estimate(reading.reply.error),
            |clock| clock.claim,
        );
        self.receives = match (reading.clock, reading.information) {
            (Some(clock), _) => clock.receives,
            // The standard does not tell a kernel's stamp from a program's.
            (None, Some(information)) if information.method_in == StampMethod::Hardware => {
                StampSource::Hardware
            }
            _ => StampSource::User,
        };
        // Whoever tells no longer where it is may have its reasons.
        if let Some(positions) = reading.positions {
            self.position = positions.reflector;
        }
        self.addresses = reading.location.or(self.addresses);
    }
}
