//! The values that RFC 8972 defines, sections 4.3 to 4.7.

use crate::Timestamp;
use crate::TimestampFormat;
use crate::stamp::StampSource;
use crate::stamp::octets::field;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;

use super::TlvKind;

/// Whether a value of this type may have this length. Types that nobody here knows may have any.
pub(crate) const fn length_is_valid(kind: TlvKind, length: usize) -> bool {
    match kind {
        TlvKind::LOCATION => length >= 4,
        TlvKind::TIMESTAMP_INFORMATION | TlvKind::CLASS_OF_SERVICE | TlvKind::ACCESS_REPORT => length == 4,
        TlvKind::DIRECT_MEASUREMENT => length == 12,
        TlvKind::FOLLOW_UP | TlvKind::HMAC => length == 16,
        _ => true,
    }
}

/// What keeps a clock right (registry in RFC 8972 section 5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SyncSource {
    /// Not known.
    #[default]
    Unknown = 0,
    /// NTP.
    Ntp = 1,
    /// PTP.
    Ptp = 2,
    /// A building's timing supply.
    SsuBits = 3,
    /// A satellite system or LORAN-C.
    Satellite = 4,
    /// Nothing: it runs freely.
    FreeRunning = 5,
}

/// How a timestamp was taken (registry in RFC 8972 section 5.5). A kernel's and a program's are both "local software" there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StampMethod {
    /// Not known.
    #[default]
    Unknown,
    /// With the hardware's help.
    Hardware,
    /// By software on the way of the packet.
    Software,
    /// By the control plane.
    ControlPlane,
}

impl StampMethod {
    /// From the registry's number.
    pub const fn from_octet(octet: u8) -> Self {
        match octet {
            1 => Self::Hardware,
            2 => Self::Software,
            3 => Self::ControlPlane,
            _ => Self::Unknown,
        }
    }

    /// The registry's number.
    pub const fn octet(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Hardware => 1,
            Self::Software => 2,
            Self::ControlPlane => 3,
        }
    }

    /// The registry's word for who took a stamp.
    pub const fn of(source: StampSource) -> Self {
        match source {
            StampSource::Hardware => Self::Hardware,
            StampSource::Kernel | StampSource::User => Self::Software,
        }
    }
}

/// How the reflector takes its timestamps (section 4.3). A sender leaves all at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TimestampInformation {
    /// What keeps right the clock that T2 is from, as the registry's number.
    pub sync_in: u8,
    /// How T2 was taken.
    pub method_in: StampMethod,
    /// What keeps right the clock that T3 is from, as the registry's number.
    pub sync_out: u8,
    /// How T3 was taken.
    pub method_out: StampMethod,
}

impl TimestampInformation {
    /// Reads a value. Nothing if its length is wrong.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let [sync_in, method_in, sync_out, method_out] = *<&[u8; 4]>::try_from(value).ok()?;
        Some(Self {
            sync_in,
            method_in: StampMethod::from_octet(method_in),
            sync_out,
            method_out: StampMethod::from_octet(method_out),
        })
    }

    /// The value.
    pub const fn to_bytes(self) -> [u8; 4] {
        [
            self.sync_in,
            self.method_in.octet(),
            self.sync_out,
            self.method_out.octet(),
        ]
    }
}

/// Traffic class asked for, and as received (section 4.4, with erratum 8199).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClassOfService {
    /// DSCP1: what the sender wants the reply to have.
    pub wanted_dscp: u8,
    /// DSCP2: what the request had when it arrived.
    pub received_dscp: u8,
    /// ECN: what the request had when it arrived.
    pub received_ecn: u8,
    /// RP: 1 if the reflector did not do as it was asked.
    pub refused: u8,
}

impl ClassOfService {
    /// Reads a value. Nothing if its length is wrong.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let [high, low, _, _] = *<&[u8; 4]>::try_from(value).ok()?;
        Some(Self {
            wanted_dscp: high >> 2,
            received_dscp: ((high & 3) << 4) | (low >> 4),
            received_ecn: (low >> 2) & 3,
            refused: low & 3,
        })
    }

    /// The value. What is beyond the fields' bits is cut off.
    pub const fn to_bytes(self) -> [u8; 4] {
        let high = (self.wanted_dscp << 2) | ((self.received_dscp >> 4) & 3);
        let low = (self.received_dscp << 4) | ((self.received_ecn & 3) << 2) | (self.refused & 3);
        [high, low, 0, 0]
    }
}

/// Counts of both ends (section 4.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DirectMeasurement {
    /// Packets that the sender has sent.
    pub sent: u32,
    /// Packets that the reflector has received.
    pub received: u32,
    /// Packets that the reflector has sent.
    pub reflected: u32,
}

impl DirectMeasurement {
    /// Reads a value. Nothing if its length is wrong.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        (value.len() == 12).then(|| Self {
            sent: u32_at(value, 0),
            received: u32_at(value, 4),
            reflected: u32_at(value, 8),
        })
    }

    /// The value.
    pub fn to_bytes(self) -> [u8; 12] {
        let mut value = [0; 12];
        put(&mut value, 0, &self.sent.to_be_bytes());
        put(&mut value, 4, &self.received.to_be_bytes());
        put(&mut value, 8, &self.reflected.to_be_bytes());
        value
    }
}

/// State of an access network (section 4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AccessReport {
    /// 1: a 3GPP network; 2: another. Nothing else is valid.
    pub access_id: u8,
    /// 1: available; 2: not.
    pub return_code: u8,
}

impl AccessReport {
    /// Reads a value. Nothing if its length or its network is invalid.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let [id, return_code, _, _] = *<&[u8; 4]>::try_from(value).ok()?;
        let access_id = id >> 4;
        matches!(access_id, 1 | 2).then_some(Self {
            access_id,
            return_code,
        })
    }

    /// The value.
    pub const fn to_bytes(self) -> [u8; 4] {
        [self.access_id << 4, self.return_code, 0, 0]
    }
}

/// When an earlier reply really left the reflector (section 4.7): the second step of two-step timestamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FollowUp {
    /// The reflector's sequence number of that reply.
    pub sequence: u32,
    /// When it left; zero if nobody knows.
    pub timestamp: Timestamp,
    /// How that was found out.
    pub method: StampMethod,
}

impl FollowUp {
    /// Reads a value whose timestamp is in the format of the reply. Nothing if its length is wrong.
    pub fn from_bytes(value: &[u8], format: TimestampFormat) -> Option<Self> {
        if value.len() != 16 {
            return None;
        }
        let octets = field(value, 4)?;
        let known = octets != [0; 8];
        Some(Self {
            sequence: u32_at(value, 0),
            timestamp: if known {
                Timestamp::from_bytes(octets, format)
            } else {
                Timestamp::default()
            },
            method: StampMethod::from_octet(*value.get(12)?),
        })
    }

    /// The value.
    pub fn to_bytes(self, format: TimestampFormat) -> [u8; 16] {
        let mut value = [0; 16];
        if !self.timestamp.is_zero() {
            put(&mut value, 0, &self.sequence.to_be_bytes());
            put(&mut value, 4, &self.timestamp.to_bytes(format));
            put(&mut value, 12, &[self.method.octet()]);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Section 4.4, figure 11: DSCP1 6 bits, DSCP2 6, ECN 2, RP 2, reserved 16.
    #[test]
    fn a_class_of_service_is_six_six_two_two_bits() {
        let class = ClassOfService {
            wanted_dscp: 46,
            received_dscp: 10,
            received_ecn: 3,
            refused: 1,
        };
        assert_eq!(class.to_bytes(), [0b1011_1000, 0b1010_1101, 0, 0]);
        assert_eq!(
            ClassOfService::from_bytes(&[0b1011_1000, 0b1010_1101, 9, 9]),
            Some(class)
        );
    }

    /// Section 4.6, figure 14: ID 4 bits, reserved 4, return code 8, reserved 16.
    #[test]
    fn an_access_report_of_an_unknown_network_is_none() {
        let report = AccessReport {
            access_id: 2,
            return_code: 1,
        };
        assert_eq!(report.to_bytes(), [0x20, 1, 0, 0]);
        assert_eq!(AccessReport::from_bytes(&[0x2f, 1, 7, 7]), Some(report));
        assert_eq!(AccessReport::from_bytes(&[0x30, 1, 0, 0]), None);
    }

    /// Section 4.7, figure 15: sequence 4 octets, timestamp 8, mode 1, reserved 3.
    #[test]
    fn a_follow_up_of_nothing_is_zeros() {
        let known = FollowUp {
            sequence: 0x0102_0304,
            timestamp: Timestamp::from_ntp(0x1112_1314_1516_1718),
            method: StampMethod::Software,
        };
        let octets = [
            1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 2, 0, 0, 0,
        ];
        assert_eq!(known.to_bytes(TimestampFormat::Ntp), octets);
        assert_eq!(FollowUp::from_bytes(&octets, TimestampFormat::Ntp), Some(known));
        assert_eq!(FollowUp::default().to_bytes(TimestampFormat::Ptp), [0; 16]);
        let read = FollowUp::from_bytes(&[0; 16], TimestampFormat::Ptp);
        assert!(read.is_some_and(|read| read.timestamp.is_zero()));
    }

    proptest! {
        #[test]
        fn values_survive_the_way_there_and_back(
            information: [u8; 4], class: [u8; 4], counts: [u32; 3], report in (1..3_u8, any::<u8>()),
        ) {
            let information = TimestampInformation::from_bytes(&information).unwrap();
            prop_assert_eq!(TimestampInformation::from_bytes(&information.to_bytes()), Some(information));
            let class = ClassOfService::from_bytes(&class).unwrap();
            prop_assert_eq!(ClassOfService::from_bytes(&class.to_bytes()), Some(class));
            let [sent, received, reflected] = counts;
            let direct = DirectMeasurement { sent, received, reflected };
            prop_assert_eq!(DirectMeasurement::from_bytes(&direct.to_bytes()), Some(direct));
            let report = AccessReport { access_id: report.0, return_code: report.1 };
            prop_assert_eq!(AccessReport::from_bytes(&report.to_bytes()), Some(report));
        }

        #[test]
        fn a_value_of_another_length_is_none(value in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(TimestampInformation::from_bytes(&value).is_some(), value.len() == 4);
            prop_assert_eq!(ClassOfService::from_bytes(&value).is_some(), value.len() == 4);
            prop_assert_eq!(DirectMeasurement::from_bytes(&value).is_some(), value.len() == 12);
            prop_assert_eq!(FollowUp::from_bytes(&value, TimestampFormat::Ptp).is_some(), value.len() == 16);
        }
    }
}
