//! A name and a password as a request carries them (RFC 7617).

use hyper::header::HeaderValue;

/// A name and a password as a request carries them.
pub(super) struct Credentials {
    pub(super) user: Vec<u8>,
    pub(super) password: Vec<u8>,
}

impl Credentials {
    /// What an `Authorization` header holds, if it is of the `Basic` scheme.
    pub(super) fn from_header(value: &HeaderValue) -> Option<Self> {
        let (scheme, token) = value.as_bytes().split_at_checked(SCHEME.len())?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        let mut user = decode(token.trim_ascii())?;
        let colon = user.iter().position(|&byte| byte == b':')?;
        let password = user.split_off(colon + 1);
        user.truncate(colon);
        Some(Self { user, password })
    }
}

const SCHEME: &[u8] = b"basic ";

/// Base64 with the standard alphabet (RFC 4648, section 4); padding may be left out, and is not looked for inside.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let end = text
        .iter()
        .rposition(|&byte| byte != b'=')
        .map_or(0, |last| last + 1);
    let (body, padding) = text.split_at(end);
    if padding.len() > 2 || body.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for group in body.chunks(4) {
        let bits = group
            .iter()
            .try_fold(0, |bits, &byte| Some(bits << 6 | sextet(byte)?))?;
        let missing = 4 - group.len();
        let [_, triple @ ..] = (bits << (6 * missing)).to_be_bytes();
        bytes.extend(triple.iter().take(3 - missing));
    }
    Some(bytes)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        let value = HeaderValue::from_str(header).unwrap();
        Credentials::from_header(&value).map(|found| (found.user, found.password))
    }

    #[test]
    fn the_password_begins_after_the_first_colon_and_the_scheme_has_no_case() {
        let wanted = Some((b"Aladdin".to_vec(), b"open sesame".to_vec()));
        assert_eq!(read("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), wanted);
        assert_eq!(read("bASIC  QWxhZGRpbjpvcGVuIHNlc2FtZQ"), wanted);
        assert_eq!(read("Basic YTpiOmM="), Some((b"a".to_vec(), b"b:c".to_vec())));
        assert_eq!(read("Basic Og=="), Some((vec![], vec![])));
    }

    #[test]
    fn what_is_no_pair_is_none() {
        for header in [
            "",
            "Basic",
            "Basic ",
            "Bearer QTpC",
            "Basic QQ==",
            "Basic Q",
            "Basic QTp\u{7f}",
        ] {
            let value = HeaderValue::from_bytes(header.as_bytes());
            assert!(value.is_err() || read(header).is_none(), "{header:?}");
        }
        for text in ["QTpC====", "QT=pC", "QTp*", "====", "QTpCQ"] {
            assert!(
                decode(text.as_bytes()).is_none_or(|bytes| bytes.is_empty()),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn decoding_turns_back_what_another_encoder_made(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let document = rustls_pki_types::pem::PemObject::from_pem_slice(encode(&bytes).as_bytes());
            let section: (rustls_pki_types::pem::SectionKind, Vec<u8>) = document.unwrap();
            prop_assert_eq!(&section.1, &bytes);
            prop_assert_eq!(decode(base64(&bytes).as_bytes()), Some(bytes));
        }

        #[test]
        fn nothing_makes_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes);
        }
    }

    fn encode(bytes: &[u8]) -> String {
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            base64(bytes)
        )
    }

    fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for group in bytes.chunks(3) {
            let mut triple = [0; 3];
            triple[..group.len()].copy_from_slice(group);
            let bits = u32::from_be_bytes([0, triple[0], triple[1], triple[2]]);
            for place in 0..4 {
                let letter = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize] as char;
                text.push(if place <= group.len() { letter } else { '=' });
            }
        }
        text
    }
}
