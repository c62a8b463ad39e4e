//! Questions and answers as octets (RFC 1035 section 4, RFC 2782).

use std::fmt::Write;

/// Type and class of a question for service records.
const SRV: u16 = 33;
const INTERNET: u16 = 1;
const HEADER: usize = 12;
/// The longest name and label (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 255;
const LONGEST_LABEL: usize = 63;

/// Why a message is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// It answers another question, or none.
    #[error("no answer to the question")]
    Stray,
    /// It says that the rest did not fit.
    #[error("the answer is cut short")]
    Truncated,
    /// It breaks off, or is against the rules.
    #[error("the answer is malformed")]
    Malformed,
    /// There is no such name.
    #[error("there is no such name")]
    NoName,
    /// The server does not want to, or cannot (RFC 1035 section 4.1.1).
    #[error("the server refuses with code {0}")]
    Code(u8),
}

/// One host that offers a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) host: String,
    pub(super) port: u16,
}

/// The octets of a question. Nothing if there can be no such name.
pub(super) fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(HEADER + name.len() + 6);
    octets.extend(id.to_be_bytes());
    // Recursion desired, one question.
    octets.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.') {
        if label.is_empty() || label.len() > LONGEST_LABEL {
            return None;
        }
        octets.push(u8::try_from(label.len()).ok()?);
        octets.extend(label.bytes());
    }
    octets.push(0);
    if octets.len() - HEADER > LONGEST_NAME {
        return None;
    }
    octets.extend(SRV.to_be_bytes());
    octets.extend(INTERNET.to_be_bytes());
    Some(octets)
}

/// What an answer to `question` says. Hosts with names that no host can have are passed over.
pub(super) fn answer(question: &[u8], octets: &[u8]) -> Result<Vec<Service>, Refused> {
    let header = octets.get(..HEADER).ok_or(Refused::Stray)?;
    let (asked, id) = (question.get(HEADER..).unwrap_or_default(), question.get(..2));
    let is_response = header[2] & 0x80 != 0;
    let repeated = octets
        .get(HEADER..HEADER + asked.len())
        .is_some_and(|answered| answered.eq_ignore_ascii_case(asked));
    if header.get(..2) != id || !is_response || u16_at(octets, 4) != Some(1) || !repeated {
        return Err(Refused::Stray);
    }
    if header[2] & 2 != 0 {
        return Err(Refused::Truncated);
    }
    match header[3] & 15 {
        0 => {}
        3 => return Err(Refused::NoName),
        code => return Err(Refused::Code(code)),
    }
    let count = u16_at(octets, 6).unwrap_or_default();
    services(octets, HEADER + asked.len(), count).ok_or(Refused::Malformed)
}

/// The service records among `count` records from `at` on. An alias before them is no service and changes nothing.
fn services(octets: &[u8], mut at: usize, count: u16) -> Option<Vec<Service>> {
    let mut found = Vec::new();
    for _ in 0..count {
        at = skip_name(octets, at)?;
        let (kind, length) = (u16_at(octets, at)?, usize::from(u16_at(octets, at + 8)?));
        let data = at + 10;
        at = data + length;
        octets.get(data..at)?;
        if kind != SRV {
            continue;
        }
        let port = u16_at(octets, data + 4)?;
        if let Some(host) = name(octets, data + 6)? {
            found.push(Service { host, port });
        }
    }
    Some(found)
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    let two = octets.get(at..at + 2)?;
    Some(u16::from_be_bytes(two.try_into().ok()?))
}

fn skip_name(octets: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = *octets.get(at)?;
        match length {
            0 => return Some(at + 1),
            1..=63 => at += 1 + usize::from(length),
            192.. => return Some(at + 2),
            _ => return None,
        }
    }
}

/// The name that begins at an octet, wherever its labels are; nothing inside for the root, or for what is no host's name.
fn name(octets: &[u8], mut at: usize) -> Option<Option<String>> {
    let (mut text, mut fine) = (String::new(), true);
    // A pointer only leads back, so that there is an end.
    let mut before = at;
    loop {
        let length = *octets.get(at)?;
        match length {
            0 => return Some(Some(text).filter(|text| fine && !text.is_empty())),
            1..=63 => {
                let label = octets.get(at + 1..at + 1 + usize::from(length))?;
                let is_plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_".contains(octet);
                fine &= label.iter().all(is_plain);
                let dot = if text.is_empty() { "" } else { "." };
                let _ = write!(text, "{dot}{}", String::from_utf8_lossy(label));
                if text.len() > LONGEST_NAME {
                    return None;
                }
                at += 1 + usize::from(length);
            }
            192.. => {
                at = usize::from(u16_at(octets, at)? & 0x3fff);
                if at >= before {
                    return None;
                }
                before = at;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "_w._udp.example";

    /// An answer with its flags, and records that all belong to the question's name.
    fn answered(flags: [u8; 2], records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut octets = question(7, NAME).unwrap();
        octets[2..4].copy_from_slice(&flags);
        octets[7] = u8::try_from(records.len()).unwrap();
        for (kind, data) in records {
            octets.extend([192, 12]);
            octets.extend(kind.to_be_bytes());
            octets.extend([0, 1, 0, 0, 0, 9]);
            octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            octets.extend(*data);
        }
        octets
    }

    fn read(octets: &[u8]) -> Result<Vec<(String, u16)>, Refused> {
        let services = answer(&question(7, NAME).unwrap(), octets)?;
        Ok(services
            .into_iter()
            .map(|service| (service.host, service.port))
            .collect())
    }

    #[test]
    fn a_question_is_as_the_document_has_it() {
        let octets = question(0x1234, "_w._udp.example.").unwrap();
        let known =
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02_w\x04_udp\x07example\x00\x00\x21\x00\x01";
        assert_eq!(octets, known);
        for none in ["", ".", "a..b", &"x".repeat(64), &"x.".repeat(128)] {
            assert_eq!(question(1, none), None, "{none}");
        }
    }

    #[test]
    fn services_are_read_with_names_that_lean_on_others_and_aliases_passed_over() {
        let records: [(u16, &[u8]); 5] = [
            (5, b"\x01c\xc0\x0c"),
            (33, b"\0\0\0\0\x03\x5e\x03hv1\xc0\x14"),
            (33, b"\0\x01\0\x02\x03\x5f\x03hv2\x03lan\0"),
            // "Decidedly not available", and a name that would be a strange label.
            (33, b"\0\0\0\0\0\0\0"),
            (33, b"\0\0\0\0\0\x01\x03a b\0"),
        ];
        let expected = [("hv1.example".to_owned(), 862), ("hv2.lan".to_owned(), 863)];
        assert_eq!(read(&answered([0x81, 0x80], &records)).unwrap(), expected);
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        let own: [(u16, &[u8]); 1] = [(33, b"\0\0\0\0\0\x01\xc0\x3a")];
        for (octets, refused) in [
            (answered([0x81, 0x83], &[]), Refused::NoName),
            (answered([0x81, 0x82], &[]), Refused::Code(2)),
            (answered([0x83, 0x80], &[]), Refused::Truncated),
            (answered([0x01, 0x00], &[]), Refused::Stray),
            (answered([0x81, 0x80], &own), Refused::Malformed),
            (
                answered([0x81, 0x80], &[(33, b"\0\0\0\0\0\x01\x03a")]),
                Refused::Malformed,
            ),
            (Vec::new(), Refused::Stray),
        ] {
            assert_eq!(read(&octets), Err(refused), "{octets:02x?}");
        }
        let mut other = answered([0x81, 0x80], &[]);
        other[13] = b'x';
        assert_eq!(read(&other), Err(Refused::Stray));
    }

    proptest! {
        #[test]
        fn no_octets_do_harm(flags in any::<u8>(), count in any::<u8>(), rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut octets = answered([0x80 | flags, 0], &[]);
            octets[7] = count;
            octets.extend(&rest);
            if let Ok(services) = read(&octets) {
                prop_assert!(services.iter().all(|(host, _)| host.len() <= LONGEST_NAME && !host.is_empty()));
            }
        }
    }
}
