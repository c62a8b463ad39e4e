//! Lists of CPUs, `0-3,8,10-11`, as `cpuset.cpus` and `/sys/devices/system/cpu/online` hold them.
//!
//! Kernel page: `Documentation/admin-guide/cputopology.rst`; format: `cpuset(7)`, "List format".

use crate::ParseError;
use crate::text;

/// The largest `NR_CPUS` a kernel can be built with.
pub const MAX_CPUS: u32 = 8192;

/// Parses a list. The numbers ascend, as the kernel writes them; an empty file is an empty list.
pub fn parse(file: &[u8]) -> Result<Vec<u32>, ParseError> {
    let mut cpus = Vec::new();
    let list = file.trim_ascii();
    for part in list.split(|&byte| byte == b',').filter(|_| !list.is_empty()) {
        let (first, last) = range(part)
            .filter(|(first, _)| cpus.last().is_none_or(|before| before < first))
            .ok_or_else(|| ParseError::new("an ascending list of CPUs", file))?;
        cpus.extend(first..=last);
    }
    Ok(cpus)
}

/// `8` or `10-11`.
fn range(part: &[u8]) -> Option<(u32, u32)> {
    let mut ends = part.splitn(2, |&byte| byte == b'-').map(number);
    let first = ends.next()??;
    let last = ends.next().unwrap_or(Some(first))?;
    (first <= last).then_some((first, last))
}

fn number(word: &[u8]) -> Option<u32> {
    let number = u32::try_from(text::digits(word)?).ok()?;
    (number < MAX_CPUS).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_and_single_numbers_are_listed() {
        let table: [(&[u8], &[u32]); 5] = [
            (b"0-3,8,10-11\n", &[0, 1, 2, 3, 8, 10, 11]),
            (b"0\n", &[0]),
            (b"5-5", &[5]),
            (b"\n", &[]),
            (b"8191", &[8191]),
        ];
        for (file, cpus) in table {
            assert_eq!(parse(file).unwrap(), cpus);
        }
        assert_eq!(parse(b"0-8191").unwrap().len(), 8192);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let table = [
            "3-0",
            "0-",
            "-3",
            "0,,1",
            "0-3,3",
            "0-3,1-2",
            "1,0",
            "8192",
            "0-4294967296",
            "a",
            "0-1-2",
            "0 1",
            ",",
        ];
        for bad in table {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_list_is_bounded_and_ascends(file in "([0-9]{1,5}[-,]){0,20}[0-9]{1,5}") {
            if let Ok(cpus) = parse(file.as_bytes()) {
                prop_assert!(cpus.len() <= MAX_CPUS as usize);
                prop_assert!(cpus.is_sorted_by(|a, b| a < b));
            }
        }
    }
}
