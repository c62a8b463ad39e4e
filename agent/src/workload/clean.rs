//! Text that is safe to print.

/// No label value is longer than this, in bytes.
pub(super) const LONGEST: usize = 256;

/// Makes a label of any text: control characters are replaced, and of a text that is too long stay the start and a
/// checksum of the whole, so that two long names stay two.
pub(crate) fn clean(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if is_unprintable(c) { '\u{fffd}' } else { c })
        .collect();
    if clean.len() <= LONGEST {
        return clean;
    }
    let end = clean.floor_char_boundary(LONGEST - 11);
    format!("{}…{:08x}", &clean[..end], crc32fast::hash(text.as_bytes()))
}

/// Control characters, and those that break lines or turn the direction of what follows them.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (one, two) = ("ä".repeat(9000) + "1", "ä".repeat(9000) + "2");
        let (one, two) = (clean(&one), clean(&two));
        assert!(one.len() <= LONGEST && two.len() <= LONGEST);
        assert_ne!(one, two);
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_label(text: String) {
            let label = clean(&text);
            prop_assert!(label.len() <= LONGEST && !label.chars().any(char::is_control));
            prop_assert_eq!(clean(&label), label);
        }
    }
}
