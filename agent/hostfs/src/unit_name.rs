//! Names that systemd gives to cgroups, as systemd.unit(5) describes their escapes.

use std::borrow::Cow;

/// Undoes the escapes of a unit's name: `machine-qemu\x2d1\x2done.scope` is `machine-qemu-1-one.scope`.
///
/// What is no escape stays as it is; bytes that are not UTF-8 once they are unescaped are replaced.
pub fn unescape_unit(name: &str) -> Cow<'_, str> {
    if !name.contains("\\x") {
        return Cow::Borrowed(name);
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = escape(rest).unwrap_or((first, tail));
        bytes.push(byte);
        rest = tail;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The byte that an escape at the start of `text` stands for, and what follows it.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'\\', b'x', high, low, rest @ ..] = text else {
        return None;
    };
    Some((hex(*high)? << 4 | hex(*low)?, rest))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_undone_and_anything_else_stays() {
        let cases = [
            ("ssh.service", "ssh.service"),
            (
                r"machine-qemu\x2d2\x2done\x2d524.scope",
                "machine-qemu-2-one-524.scope",
            ),
            (r"a\x5cx2d.service", r"a\x2d.service"),
            (r"caf\xc3\xa9.mount", "café.mount"),
            (r"odd\xff", "odd\u{fffd}"),
            (r"\x2", r"\x2"),
            (r"\xzz\x2d", r"\xzz-"),
            (r"tail\x", r"tail\x"),
        ];
        for (escaped, expected) in cases {
            assert_eq!(unescape_unit(escaped), expected);
        }
    }

    proptest! {
        #[test]
        fn any_name_that_is_escaped_is_read_back(name: String) {
            let escape = |byte| match byte {
                b'a'..=b'z' => char::from(byte).to_string(),
                other => format!("\\x{other:02x}"),
            };
            let escaped = name.bytes().map(escape).collect::<String>();
            prop_assert_eq!(unescape_unit(&escaped), name);
        }
    }
}
