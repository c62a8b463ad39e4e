//! Differentiated services code points by their names.

/// A number from 0 to 63, or a name (RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622).
pub(super) fn parse(text: &str) -> Result<u8, String> {
    let wrong = || format!("{text:?} is no DSCP: a number from 0 to 63, or a name such as EF, AF41 or CS1");
    let upper = text.to_ascii_uppercase();
    let by_name = match upper.as_bytes() {
        b"BE" | b"DF" => Some(0),
        b"LE" => Some(1),
        b"EF" => Some(46),
        b"VA" => Some(44),
        [b'C', b'S', class @ b'0'..=b'7'] => Some((class - b'0') << 3),
        [b'A', b'F', class @ b'1'..=b'4', drop @ b'1'..=b'3'] => {
            Some(((class - b'0') << 3) | ((drop - b'0') << 1))
        }
        _ => None,
    };
    let number = || match upper.strip_prefix("0X") {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => upper.parse().ok(),
    };
    by_name
        .or_else(number)
        .filter(|dscp| *dscp < 64)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_mean_the_same() {
        for (name, number) in [
            ("EF", 46),
            ("af41", 34),
            ("AF13", 14),
            ("CS6", 48),
            ("0x2e", 46),
            ("0", 0),
            ("63", 63),
        ] {
            assert_eq!(parse(name), Ok(number), "{name}");
        }
        for wrong in ["", "64", "AF44", "CS8", "-1", "0x40", "XX"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
