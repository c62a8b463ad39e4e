//! Figures for people, in few columns.

/// Watts with as many decimals as say something.
pub(super) fn watts(watts: f64) -> String {
    match watts.abs() {
        low if low < 99.995 => format!("{watts:.2}"),
        middle if middle < 9999.95 => format!("{watts:.1}"),
        _ => format!("{watts:.0}"),
    }
}

/// Energy in joules, or in larger units.
pub(super) fn energy(joules: f64) -> String {
    const KILOWATT_HOUR: f64 = 3.6e6;
    match joules {
        few if few < 10_000.0 => format!("{joules:.1} J"),
        some if some < KILOWATT_HOUR => format!("{:.1} kJ", joules / 1e3),
        _ => format!("{:.2} kWh", joules / KILOWATT_HOUR),
    }
}

/// Bytes in powers of 1024.
pub(super) fn bytes(bytes: f64) -> String {
    let mut value = bytes;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if value < 999.5 {
            let decimals = usize::from(unit != "B" && value < 99.95);
            return format!("{value:.decimals$} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.1} PiB")
}

/// A time of a network: microseconds or milliseconds.
pub(super) fn delay(seconds: f64) -> String {
    let micros = seconds * 1e6;
    if micros.abs() < 999.95 {
        format!("{micros:.1} us")
    } else if micros.abs() < 999_950.0 {
        format!("{:.2} ms", micros / 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "-";

/// A figure that may be unknown.
pub(super) fn or_unknown(value: Option<f64>, shown: fn(f64) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), shown)
}

/// Text from elsewhere as a terminal may have it: no control characters, nothing that turns the direction or has no width.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter_map(safe).collect()
}

/// The character, another in its place, or nothing.
pub(super) fn safe(c: char) -> Option<char> {
    match unicode_width::UnicodeWidthChar::width(c) {
        None => Some('?'),
        Some(0) => None,
        Some(_) => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        for (shown, expected) in [
            (watts(0.0), "0.00"),
            (watts(99.999), "100.0"),
            (watts(12345.6), "12346"),
            (energy(9.96), "10.0 J"),
            (energy(12_345.0), "12.3 kJ"),
            (energy(7.2e6), "2.00 kWh"),
            (bytes(0.0), "0 B"),
            (bytes(1000.0), "1.0 KiB"),
            (bytes(123.0 * 1024.0 * 1024.0), "123 MiB"),
            (bytes(1.5 * 1024.0 * 1024.0 * 1024.0), "1.5 GiB"),
            (delay(0.000_012_34), "12.3 us"),
            (delay(0.0042), "4.20 ms"),
            (delay(1.5), "1.50 s"),
            (or_unknown(None, watts), "-"),
        ] {
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn no_control_character_and_nothing_without_a_width_is_left() {
        let text = "a\u{1b}[2J\u{7}\u{9b}b\u{200b}\u{202e}\u{301}ü漢";
        assert_eq!(printable(text), "a?[2J??bü漢");
    }
}
