//! Traffic of the network devices, `/proc/net/dev`.
//!
//! Kernel page: `Documentation/filesystems/proc.rst`, "Networking info in /proc/net". The file shows one network
//! namespace: that of the host is the one its process 1 lives in.

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::lasting::LastingFile;
use crate::text;

/// Devices after these are not looked at.
const MAX_DEVICES: usize = 4096;
/// The kernel's `IFNAMSIZ` less its final zero.
const NAME_BYTES: usize = 15;
/// Counters of one direction in a line.
const COLUMNS: usize = 8;

/// What went through a device in one direction since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Packets that were broken.
    pub errors: u64,
    /// Packets that there was no room for.
    pub dropped: u64,
}

impl Traffic {
    /// The first four of the eight columns of one direction.
    const fn of([bytes, packets, errors, dropped, ..]: [u64; COLUMNS]) -> Self {
        Self {
            bytes,
            packets,
            errors,
            dropped,
        }
    }
}

/// One network device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name; bytes that are no UTF-8 are written as `\xNN`.
    pub name: Box<str>,
    /// What the host received through it.
    pub receive: Traffic,
    /// What the host sent through it.
    pub transmit: Traffic,
}

/// Parses into `devices`, in the order of the file. After an error its contents mean nothing.
///
/// Allocates only for devices that were not there, or elsewhere in the order, the last time.
pub fn parse_into(file: &[u8], devices: &mut Vec<Device>) -> std::result::Result<(), ParseError> {
    let mut lines = text::lines(file);
    if !lines.by_ref().take(2).all(|heading| heading.contains(&b'|')) || !file.contains(&b'|') {
        return Err(ParseError::new("two lines of headings", file));
    }
    let mut count = 0;
    for line in lines.take(MAX_DEVICES) {
        let (name, receive, transmit) =
            fields(line).ok_or_else(|| ParseError::new("a network device and 16 counters", line))?;
        match devices.get_mut(count) {
            Some(device) if device.name.as_bytes() == name => {
                (device.receive, device.transmit) = (receive, transmit);
            }
            Some(other) => {
                *other = Device {
                    name: printable(name),
                    receive,
                    transmit,
                }
            }
            None => devices.push(Device {
                name: printable(name),
                receive,
                transmit,
            }),
        }
        count += 1;
    }
    devices.truncate(count);
    Ok(())
}

fn fields(line: &[u8]) -> Option<(&[u8], Traffic, Traffic)> {
    let (name, counters) = line.split_at_checked(line.iter().rposition(|&byte| byte == b':')?)?;
    let name = name.trim_ascii_start();
    let mut counters = text::words(counters.strip_prefix(b":")?).map(text::digits);
    let mut direction = || -> Option<[u64; COLUMNS]> {
        let mut columns = [0; COLUMNS];
        for column in &mut columns {
            *column = counters.next()??;
        }
        Some(columns)
    };
    let (receive, transmit) = (direction()?, direction()?);
    (!name.is_empty() && name.len() <= NAME_BYTES).then_some((
        name,
        Traffic::of(receive),
        Traffic::of(transmit),
    ))
}

fn printable(name: &[u8]) -> Box<str> {
    std::str::from_utf8(name).map_or_else(|_| name.escape_ascii().to_string().into(), Into::into)
}

/// `/proc/net/dev` of the host, kept open.
#[derive(Debug)]
pub struct NetDevReader(LastingFile);

impl NetDevReader {
    /// The file below `roots`, which is opened at the first reading.
    ///
    /// `net` is a link to `self/net`, which would be the agent's own container if it runs in one; so process 1 is asked
    /// first.
    pub fn new(roots: &Roots) -> Self {
        Self(LastingFile::first_of(
            ["1/net/dev", "net/dev"].map(|name| roots.proc.join(name)),
        ))
    }

    /// Reads into `devices`, as [`parse_into`].
    pub fn read(&mut self, scratch: &mut Scratch, devices: &mut Vec<Device>) -> Result<()> {
        self.0.parse_all(scratch, |file| parse_into(file, devices))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    const HEADINGS: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
";
    const DEVICES: &str = "    \
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  eth0: 70546980    4169    1    2    0     0          0         9   370074    3191    3    4    0     0       0          0
one-7-0:99 1 0 0 0 0 0 0 98 1 0 0 0 0 0 0
";

    fn parse(devices: &str) -> std::result::Result<Vec<Device>, ParseError> {
        let mut table = Vec::new();
        parse_into(format!("{HEADINGS}{devices}").as_bytes(), &mut table).map(|()| table)
    }

    fn names(devices: &[Device]) -> Vec<&str> {
        devices.iter().map(|device| &*device.name).collect()
    }

    #[test]
    fn each_device_has_its_counters_in_both_directions() {
        let devices = parse(DEVICES).unwrap();
        assert_eq!(names(&devices), ["lo", "eth0", "one-7-0"]);
        let receive = Traffic {
            bytes: 70_546_980,
            packets: 4169,
            errors: 1,
            dropped: 2,
        };
        let transmit = Traffic {
            bytes: 370_074,
            packets: 3191,
            errors: 3,
            dropped: 4,
        };
        assert_eq!((devices[1].receive, devices[1].transmit), (receive, transmit));
        assert_eq!(devices[2].receive.bytes, 99, "a long number may touch the name");
    }

    #[test]
    fn a_table_follows_devices_that_come_and_go() {
        let line = |name: &str, bytes: u64| format!("{name}: {bytes} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
        let mut table = Vec::new();
        for set in [
            &["lo", "eth0"][..],
            &["lo", "tap1", "eth0"],
            &["lo", "eth0"],
            &[],
            &["lo"],
        ] {
            let lines = set
                .iter()
                .zip(1..)
                .map(|(name, bytes)| line(name, bytes))
                .collect::<String>();
            parse_into(format!("{HEADINGS}{lines}").as_bytes(), &mut table).unwrap();
            assert_eq!(names(&table), set);
            assert!(
                table
                    .iter()
                    .zip(1..)
                    .all(|(device, bytes)| device.receive.bytes == bytes)
            );
        }
    }

    #[test]
    fn odd_names_are_kept_apart_and_printable() {
        let zeros = " 0".repeat(16);
        let mut file = HEADINGS.as_bytes().to_vec();
        for name in [&b"a\xff"[..], b"a\xfe", b"eth0:1", b"a|b"] {
            file.extend_from_slice(&[name, b":", zeros.as_bytes(), b"\n"].concat());
        }
        let mut table = Vec::new();
        parse_into(&file, &mut table).unwrap();
        assert_eq!(names(&table), [r"a\xff", r"a\xfe", "eth0:1", "a|b"]);
    }

    #[test]
    fn a_line_that_is_cut_or_odd_is_an_error_with_its_text() {
        let table = [
            "eth0",
            "eth0:",
            "eth0: 1 2 3",
            "eth0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
            "eth0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -1",
            "eth0: 99999999999999999999 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
            ": 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
            "sixteen-letters-: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
        ];
        for bad in table {
            assert_eq!(parse(bad).unwrap_err().text, bad);
        }
        for nothing in [&b""[..], b"\n\n", b"\xff\0\n", b"lo: 1\neth0: 2\n"] {
            assert!(parse_into(nothing, &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn devices_beyond_the_bound_are_left_out() {
        let many = (0..=MAX_DEVICES)
            .map(|number| format!("tap{number}:{}\n", " 0".repeat(16)))
            .collect::<String>();
        assert_eq!(parse(&many).unwrap().len(), MAX_DEVICES);
    }

    #[test]
    fn the_namespace_of_process_1_is_read_where_there_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        let write = |path: &str, devices: &str| {
            fs::create_dir_all(roots.proc.join(path)).unwrap();
            fs::write(roots.proc.join(path).join("dev"), format!("{HEADINGS}{devices}")).unwrap();
        };
        let (mut scratch, mut table) = (Scratch::default(), Vec::new());
        assert!(
            NetDevReader::new(&roots)
                .read(&mut scratch, &mut table)
                .unwrap_err()
                .is_gone()
        );
        write("net", "own:0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
        NetDevReader::new(&roots).read(&mut scratch, &mut table).unwrap();
        assert_eq!(names(&table), ["own"]);
        write("1/net", DEVICES);
        NetDevReader::new(&roots).read(&mut scratch, &mut table).unwrap();
        assert_eq!(names(&table), ["lo", "eth0", "one-7-0"]);
    }

    #[test]
    fn a_reading_of_the_same_devices_allocates_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(roots.proc.join("net")).unwrap();
        fs::write(roots.proc.join("net/dev"), format!("{HEADINGS}{DEVICES}")).unwrap();
        let (mut reader, mut scratch, mut table) =
            (NetDevReader::new(&roots), Scratch::default(), Vec::new());
        reader.read(&mut scratch, &mut table).unwrap();
        let used = allocation_counter::measure(|| reader.read(&mut scratch, &mut table).unwrap());
        assert_eq!(used.count_total, 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse_into(&bytes, &mut Vec::new());
        }

        #[test]
        fn any_lines_below_the_headings_are_parsed_without_a_panic(lines in "([a-z:|]{0,4}:?( [0-9]{0,21}){14,17}\n){0,3}") {
            let _ = parse(&lines);
        }
    }
}
