//! Small pieces of text that many of the kernel's files share.

use crate::ParseError;

/// A decimal number with white space around it, as `energy_uj` or `cpuacct.usage` hold one.
pub(crate) fn number(text: &[u8]) -> Result<u64, ParseError> {
    digits(text.trim_ascii()).ok_or_else(|| ParseError::new("a decimal number", text))
}

/// `text` as a decimal number, if it is nothing but digits and fits.
pub(crate) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// The lines of a file, without their ends and without a last empty one.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

/// The words of a line.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_have_white_space_around_it_and_nothing_else() {
        assert_eq!(number(b" 262143328850\n"), Ok(262_143_328_850));
        for bad in [&b""[..], b"\n", b"-1", b"12 13", b"0x10", b"18446744073709551616"] {
            assert!(number(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn lines_and_words_skip_what_is_empty() {
        assert_eq!(lines(b"a\n\nb c\n").collect::<Vec<_>>(), [&b"a"[..], b"b c"]);
        assert_eq!(words(b"  b \tc ").collect::<Vec<_>>(), [&b"b"[..], b"c"]);
    }
}
