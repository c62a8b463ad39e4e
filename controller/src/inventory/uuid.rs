//! Names of providers and consumers.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error;

/// A UUID (RFC 9562), whichever its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(u128);

impl Uuid {
    /// From its 128 bits.
    pub fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// A UUID of version 4 made of random bits.
    pub fn from_random(bits: u128) -> Self {
        let version = bits & !(0xf << 76) | 0x4 << 76;
        Self(version & !(0b11 << 62) | 0b10 << 62)
    }

    /// Reads a UUID in any of the usual spellings: with dashes or without, with braces, in either case, after `urn:uuid:`.
    pub fn like(text: &str) -> Option<Self> {
        let bare = text.replace("urn:", "").replace("uuid:", "");
        let digits = bare.trim_matches(['{', '}']).replace('-', "");
        let sound = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(sound.then_some(digits.as_str())?, 16)
            .ok()
            .map(Self)
    }

    /// Reads a UUID as it is printed: lower case, with four dashes. Placement's paths and references take no other spelling.
    pub fn canonical(text: &str) -> Option<Self> {
        let uuid = (text.len() == 36).then(|| Self::like(text))??;
        (uuid.to_string() == text).then_some(uuid)
    }
}

/// A UUID as text, made without the formatter: pages have tens of thousands of them.
#[derive(Clone, Copy)]
pub(crate) struct Text([u8; 36]);

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        // Digits and dashes only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Uuid {
    pub(crate) fn text(self) -> Text {
        let mut nibbles = (0..32).rev().map(|at| (self.0 >> (at * 4) & 0xf) as usize);
        let mut text = [b'-'; 36];
        for (at, place) in text.iter_mut().enumerate() {
            if ![8, 13, 18, 23].contains(&at) {
                *place = nibbles.next().map_or(b'0', |nibble| b"0123456789abcdef"[nibble]);
            }
        }
        Text(text)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::canonical(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not a UUID")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::Uuid;

    #[test]
    fn every_spelling_means_the_same_uuid_and_one_is_canonical() {
        let canonical = "4e8e5957-649f-477b-9e5b-f1f75b21c03c";
        let uuid = Uuid::canonical(canonical).unwrap();
        assert_eq!(uuid.to_string(), canonical);
        let compact = canonical.replace('-', "");
        for text in [
            canonical.to_uppercase(),
            compact,
            format!("{{{canonical}}}"),
            format!("urn:uuid:{canonical}"),
        ] {
            assert_eq!(Uuid::like(&text), Some(uuid), "{text}");
            assert_eq!(Uuid::canonical(&text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_uuid_is_none() {
        for text in [
            "",
            "abc",
            "4e8e5957-649f-477b-9e5b-f1f75b21c03",
            "4e8e5957_649f_477b_9e5b_f1f75b21c03c",
            "gggggggg-649f-477b-9e5b-f1f75b21c03c",
        ] {
            assert_eq!(Uuid::like(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_and_read_again_it_is_the_same(bits in any::<u128>()) {
            let uuid = Uuid::from_bits(bits);
            prop_assert_eq!(Uuid::canonical(&uuid.to_string()), Some(uuid));
            prop_assert_eq!(Uuid::from_random(bits).to_string().as_bytes()[14], b'4');
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Uuid::like(&text);
            let _ = Uuid::canonical(&text);
        }
    }
}
