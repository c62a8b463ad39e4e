//! Bytes that a cgroup moved to and from block devices: `io.stat` (v2), `blkio.throttle.io_service_bytes` (v1).
//!
//! Kernel pages: Documentation/admin-guide/cgroup-v2.rst, "IO Interface Files", and
//! Documentation/admin-guide/cgroup-v1/blkio-controller.rst.

use crate::ParseError;
use crate::text::digits;
use crate::text::lines;
use crate::text::words;

/// Devices after these are not looked at.
const MAX_DEVICES: usize = 4096;

/// A block device, by its major and minor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceNumber {
    /// The driver's.
    pub major: u32,
    /// The driver's own for it.
    pub minor: u32,
}

impl DeviceNumber {
    fn parse(word: &[u8]) -> Option<Self> {
        let colon = word.iter().position(|&byte| byte == b':')?;
        let number = |text| digits(text).and_then(|number| u32::try_from(number).ok());
        Some(Self {
            major: number(&word[..colon])?,
            minor: number(&word[colon + 1..])?,
        })
    }
}

/// Bytes by direction, read first.
pub type ReadWrite = [u64; 2];

/// Hands out the devices of `io.stat` with what was read from and written to them.
///
/// Some kernels write a device without figures and go on in the same line, so a number with a colon begins a device wherever
/// it stands.
pub fn parse_io_stat(text: &[u8], mut each: impl FnMut(DeviceNumber, ReadWrite)) -> Result<(), ParseError> {
    let mut devices = 0;
    for line in lines(text) {
        let mut current = None;
        let mut found = [None; 2];
        for word in words(line) {
            if let Some(device) = DeviceNumber::parse(word) {
                current = Some(device);
            } else if let Some(bytes) = word.strip_prefix(b"rbytes=") {
                found[0] = digits(bytes);
            } else if let Some(bytes) = word.strip_prefix(b"wbytes=") {
                found[1] = digits(bytes);
            }
        }
        let device = current.ok_or_else(|| ParseError::new("MAJOR:MINOR and figures", line))?;
        if let [Some(read), Some(write)] = found {
            each(device, [read, write]);
            devices += 1;
        }
        if devices == MAX_DEVICES {
            break;
        }
    }
    Ok(())
}

/// Hands out the same from `blkio.throttle.io_service_bytes_recursive` or the file without the cgroups below.
///
/// Version 1 does not know whose file pages are written back later, so they are not in there.
pub fn parse_service_bytes(
    text: &[u8],
    mut each: impl FnMut(DeviceNumber, ReadWrite),
) -> Result<(), ParseError> {
    let mut current: Option<(DeviceNumber, ReadWrite)> = None;
    for line in lines(text).take(MAX_DEVICES * 8) {
        let mut parts = words(line);
        let (Some(first), Some(second)) = (parts.next(), parts.next()) else {
            return Err(ParseError::new("MAJOR:MINOR, an operation and a number", line));
        };
        // The last line is the sum over all devices.
        let Some(device) = DeviceNumber::parse(first) else {
            continue;
        };
        let bytes = parts
            .next()
            .and_then(digits)
            .ok_or_else(|| ParseError::new("MAJOR:MINOR, an operation and a number", line))?;
        if current.is_none_or(|(known, _)| known != device)
            && let Some((known, counts)) = current.replace((device, [0, 0]))
        {
            each(known, counts);
        }
        if let Some((_, [read, write])) = &mut current {
            match second {
                b"Read" => *read = bytes,
                b"Write" => *write = bytes,
                _ => {}
            }
        }
    }
    if let Some((known, counts)) = current {
        each(known, counts);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Parse = fn(&[u8], &mut dyn FnMut(DeviceNumber, ReadWrite)) -> Result<(), ParseError>;

    fn devices(parse: Parse, text: &str) -> Vec<(u32, u32, ReadWrite)> {
        let mut found = Vec::new();
        parse(text.as_bytes(), &mut |device, bytes| {
            found.push((device.major, device.minor, bytes));
        })
        .unwrap();
        found
    }

    const V2: Parse = |text, each| parse_io_stat(text, each);
    const V1: Parse = |text, each| parse_service_bytes(text, each);

    #[test]
    fn version_2_has_a_line_for_each_device() {
        let text = "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n\
                    253:0 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0 cost.usage=5\n";
        let expected = [(8, 16, [1_459_200, 314_773_504]), (253, 0, [1, 2])];
        assert_eq!(devices(V2, text), expected);
    }

    #[test]
    fn devices_without_figures_are_skipped_even_within_a_line() {
        assert_eq!(
            devices(V2, "7:0 7:1 8:0 rbytes=3 wbytes=4 rios=1 wios=1\n9:0 \n"),
            [(8, 0, [3, 4])]
        );
        assert_eq!(devices(V2, ""), []);
        assert!(parse_io_stat(b"nonsense\n", |_, _| ()).is_err());
    }

    #[test]
    fn version_1_has_a_line_for_each_operation() {
        let text = "8:0 Read 10\n8:0 Write 20\n8:0 Sync 30\n8:0 Async 0\n8:0 Discard 0\n8:0 Total 30\n\
                    8:16 Read 1\n8:16 Write 2\n8:16 Total 3\nTotal 33\n";
        assert_eq!(devices(V1, text), [(8, 0, [10, 20]), (8, 16, [1, 2])]);
        assert_eq!(devices(V1, "Total 0\n"), []);
        assert!(parse_service_bytes(b"8:0 Read\n", |_, _| ()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(text: Vec<u8>) {
            let _ = parse_io_stat(&text, |_, _| ());
            let _ = parse_service_bytes(&text, |_, _| ());
        }

        #[test]
        fn any_words_are_parsed_without_a_panic(text in "([0-9:]{0,12} (rbytes=|Read |wbytes=)[0-9]{0,21}[ \n]){0,4}") {
            let _ = parse_io_stat(text.as_bytes(), |_, _| ());
            let _ = parse_service_bytes(text.as_bytes(), |_, _| ());
        }
    }
}
