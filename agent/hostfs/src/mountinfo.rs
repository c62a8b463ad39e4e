//! What is mounted where, `/proc/1/mountinfo`.
//!
//! Kernel page: `Documentation/filesystems/proc.rst`, section 3.5; escapes: `proc_pid_mounts(5)`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Component;
use std::path::PathBuf;

use crate::Result;
use crate::Roots;
use crate::kept::read_once;

/// One line of `mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Major and minor number of the device, `254:0`: the same for every mount of it.
    pub number: String,
    /// Where it is mounted.
    pub mountpoint: PathBuf,
    /// The type of the file system.
    pub fstype: String,
    /// What is mounted, `/dev/vda1` or `pool/dataset`.
    pub device: String,
}

/// Parses `mountinfo`. A line that is odd is passed over: mount points are named by users.
pub fn parse(file: &[u8]) -> Vec<Mount> {
    file.split(|&byte| byte == b'\n').filter_map(parse_line).collect()
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    // Fields are parted by exactly one blank, since a device's name may be empty.
    let mut fields = line.split(|&byte| byte == b' ');
    let number = printable(fields.nth(2)?);
    let mountpoint = PathBuf::from(OsString::from_vec(unescape(fields.nth(1)?)));
    // Options and any number of optional fields stand before the dash.
    fields.find(|&field| field == b"-")?;
    let fstype = printable(fields.next()?);
    let device = printable(&unescape(fields.next()?));
    let plain = mountpoint
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let device = if device.is_empty() { number.clone() } else { device };
    (plain && mountpoint.is_absolute()).then_some(Mount {
        number,
        mountpoint,
        fstype,
        device,
    })
}

/// Undoes the kernel's `\040` for a blank, and likewise for tab, line end and backslash.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = if byte == b'\\' {
            after.first_chunk::<3>().and_then(|&digits| octal(digits))
        } else {
            None
        };
        plain.push(octal.unwrap_or(byte));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    plain
}

fn octal(digits: [u8; 3]) -> Option<u8> {
    let value = digits.iter().try_fold(0_u32, |value, &digit| {
        matches!(digit, b'0'..=b'7').then(|| value * 8 + u32::from(digit - b'0'))
    })?;
    value.try_into().ok()
}

fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Reads the mounts of the host, which are those of its process 1; without one, those of the agent.
pub fn read(roots: &Roots) -> Result<Vec<Mount>> {
    let file = read_once(&roots.proc.join("1/mountinfo"));
    let file = file.or_else(|first| read_once(&roots.proc.join("self/mountinfo")).map_err(|_| first))?;
    Ok(parse(&file))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn places(file: &[u8]) -> Vec<PathBuf> {
        parse(file).into_iter().map(|mount| mount.mountpoint).collect()
    }

    #[test]
    fn optional_fields_may_be_none_or_many() {
        let file = b"27 1 253:0 /sub / rw,relatime - ext4 /dev/mapper/vg-root rw\n\
                     28 27 0:25 / /mnt/two\\040words rw shared:5 master:2 unbindable - nfs4 10.0.0.5:/a\\040b rw,hard\n";
        let root = Mount {
            number: "253:0".into(),
            mountpoint: "/".into(),
            fstype: "ext4".into(),
            device: "/dev/mapper/vg-root".into(),
        };
        let server = Mount {
            number: "0:25".into(),
            mountpoint: "/mnt/two words".into(),
            fstype: "nfs4".into(),
            device: "10.0.0.5:/a b".into(),
        };
        assert_eq!(parse(file), [root, server]);
    }

    #[test]
    fn escapes_are_undone_and_half_ones_are_kept() {
        let table: [(&[u8], &[u8]); 6] = [
            (br"two\040words", b"two words"),
            (br"a\011b\012c\134d", b"a\tb\nc\\d"),
            (br"\1340", br"\0"),
            (br"\04", br"\04"),
            (br"\048\777", br"\048\777"),
            (b"\\", b"\\"),
        ];
        for (field, expected) in table {
            assert_eq!(unescape(field), expected, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn odd_lines_hide_no_others() {
        let odd = "\n1 2\n- - - - - - -\n1 1 8:2 / relative rw - ext4 x rw\n1 1 8:3 / /a/../b rw - ext4 x rw\n\
                   1 1 8:4 / /cut rw shared:1 ext4 x rw\n1 1 8:5 / /short rw -\n\0\u{1}\n";
        let file = format!("{odd}1 1 8:1 / /good rw - ext4 x rw\n{odd}");
        assert_eq!(places(file.as_bytes()), [PathBuf::from("/good")]);
    }

    #[test]
    fn a_device_without_a_name_goes_by_its_number() {
        assert_eq!(parse(b"1 1 8:1 / /data rw - ext4  rw\n")[0].device, "8:1");
    }

    #[test]
    fn the_mounts_of_process_1_are_read_where_there_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        assert!(read(&roots).unwrap_err().to_string().contains("1/mountinfo"));
        for (process, place) in [("self", "/own"), ("1", "/host")] {
            fs::create_dir_all(roots.proc.join(process)).unwrap();
            let line = format!("1 1 8:1 / {place} rw - ext4 x rw\n");
            fs::write(roots.proc.join(process).join("mountinfo"), line).unwrap();
            assert_eq!(read(&roots).unwrap()[0].mountpoint, PathBuf::from(place));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = unescape(&bytes);
        }

        #[test]
        fn any_mountpoint_the_kernel_escapes_comes_back(name in "[a-z \\t\\n\\\\]{0,12}") {
            let escaped = name.chars().map(|letter| match letter {
                ' ' | '\t' | '\n' | '\\' => format!("\\{:03o}", u32::from(letter)),
                other => other.to_string(),
            });
            let escaped = escaped.collect::<String>();
            prop_assert_eq!(unescape(escaped.as_bytes()), name.as_bytes());
        }
    }
}
