//! The names in a certificate (RFC 5280, sections 4.1.2.6 and 4.2.1.6).
//!
//! Read here because rustls only says whether a certificate is valid *for* a name, which counts wildcards; the
//! configuration asks for a name that is in it.

use std::net::IpAddr;

use rustls_pki_types::CertificateDer;

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
/// `[3]` of `TBSCertificate`.
const EXTENSIONS: u8 = 0xa3;
/// The object identifier 2.5.29.17 with its tag and length.
const SUBJECT_ALT_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x11];
/// `rfc822Name`, `dNSName` and `uniformResourceIdentifier` of `GeneralName`.
const TEXTS: [u8; 3] = [0x81, 0x82, 0x86];
const IP_ADDRESS: u8 = 0x87;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// The object identifier 2.5.4.3.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
/// `UTF8String` and `PrintableString` of `DirectoryString`.
const STRINGS: [u8; 2] = [0x0c, 0x13];
/// Before the subject of `TBSCertificate` stand three sequences: signature, issuer, validity.
const SUBJECT: usize = 3;

/// Names of which a certificate has to bear one, letter by letter: DNS, e-mail, URI or IP address.
#[derive(Debug)]
pub(super) struct Allowed {
    texts: Vec<String>,
    addresses: Vec<IpAddr>,
}

impl Allowed {
    pub(super) fn new(names: &[String]) -> Self {
        let addresses = names.iter().filter_map(|name| name.parse().ok()).collect();
        Self {
            texts: names.to_vec(),
            addresses,
        }
    }

    /// Whether the certificate bears one of them. What cannot be read bears none.
    pub(super) fn has_one_of(&self, certificate: &CertificateDer<'_>) -> bool {
        let Some(mut names) = general_names(certificate) else {
            return false;
        };
        names.any(|(tag, value)| match tag {
            IP_ADDRESS => address(value).is_some_and(|address| self.addresses.contains(&address)),
            tag if TEXTS.contains(&tag) => self.texts.iter().any(|text| text.as_bytes() == value),
            _ => false,
        })
    }
}

/// The alternative names that are text.
pub(super) fn texts(certificate: &CertificateDer<'_>) -> Vec<String> {
    let names = general_names(certificate).into_iter().flatten();
    let texts = names.filter(|(tag, _)| TEXTS.contains(tag));
    texts.filter_map(|(_, value)| text(value)).collect()
}

/// The subject's common name, if there is one and no other.
pub(super) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let tbs = Der(certificate).enter(SEQUENCE)?.enter(SEQUENCE)?;
    let (_, subject) = tbs.filter(|&(tag, _)| tag == SEQUENCE).nth(SUBJECT)?;
    let sets = Der(subject).filter(|&(tag, _)| tag == SET);
    let attributes = sets.flat_map(|(_, set)| Der(set)).filter_map(|(_, attribute)| {
        let mut parts = Der(attribute);
        let named = parts.next()? == (OBJECT_IDENTIFIER, &COMMON_NAME[..]);
        parts.next().filter(|_| named)
    });
    let mut names = attributes.collect::<Vec<_>>().into_iter();
    match (names.next(), names.next()) {
        (Some((tag, value)), None) if STRINGS.contains(&tag) => text(value),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(v4.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

fn general_names(certificate: &[u8]) -> Option<Der<'_>> {
    let tbs = Der(certificate).enter(SEQUENCE)?.enter(SEQUENCE)?;
    let extension = tbs
        .enter(EXTENSIONS)?
        .enter(SEQUENCE)?
        .find_map(|(_, extension)| {
            let rest = extension.strip_prefix(&SUBJECT_ALT_NAME)?;
            Some(Der(rest))
        })?;
    extension.enter(OCTET_STRING)?.enter(SEQUENCE)
}

/// Values one after another, each with its tag; it ends at what is no value.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The inside of the first value tagged `wanted`.
    fn enter(mut self, wanted: u8) -> Option<Self> {
        self.find(|&(tag, _)| tag == wanted)
            .map(|(_, inside)| Self(inside))
    }
}

impl<'a> Iterator for Der<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }
}

/// A length in one byte, or in the number of bytes that the first says.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let count = match first {
        0..=0x7f => return Some((usize::from(first), rest)),
        0x81..=0x83 => usize::from(first & 0x7f),
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(count)?;
    let length = digits
        .iter()
        .fold(0, |length, &digit| length << 8 | usize::from(digit));
    Some((length, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::CertificateParams;
    use rcgen::KeyPair;
    use rcgen::SanType;

    use super::*;

    fn certificate() -> CertificateDer<'static> {
        let mut params =
            CertificateParams::new(["*.example.org".to_owned(), "192.0.2.7".to_owned()]).unwrap();
        params.subject_alt_names.extend([
            SanType::Rfc822Name("ops@example.org".try_into().unwrap()),
            SanType::URI("spiffe://example.org/prometheus".try_into().unwrap()),
            SanType::IpAddress("2001:db8::7".parse().unwrap()),
        ]);
        params
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .clone()
    }

    #[test]
    fn a_name_of_any_kind_is_found_letter_by_letter() {
        let certificate = certificate();
        let table = [
            ("*.example.org", true),
            ("a.example.org", false),
            ("ops@example.org", true),
            ("spiffe://example.org/prometheus", true),
            ("spiffe://example.org/", false),
            ("192.0.2.7", true),
            ("2001:DB8:0::7", true),
            ("192.0.2.8", false),
            ("", false),
        ];
        for (name, wanted) in table {
            let allowed = Allowed::new(&[name.to_owned()]);
            assert_eq!(allowed.has_one_of(&certificate), wanted, "{name}");
        }
        assert!(!Allowed::new(&[]).has_one_of(&certificate));
    }

    #[test]
    fn a_certificate_cut_short_anywhere_bears_no_name_and_harms_nothing() {
        let whole = certificate();
        let allowed = Allowed::new(&["192.0.2.7".to_owned()]);
        for end in 0..whole.len() {
            assert!(!allowed.has_one_of(&whole[..end].into()), "{end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Allowed::new(&["a".to_owned()]).has_one_of(&bytes.into());
        }
    }
}
