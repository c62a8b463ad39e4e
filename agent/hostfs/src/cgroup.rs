//! One cgroup, as its files describe it: Documentation/admin-guide/cgroup-v2.rst, and for version 1
//! cgroup-v1/cpuacct.rst, memory.rst, cpusets.rst and Documentation/scheduler/sched-bwc.rst.

use crate::ParseError;
use crate::text::digits;
use crate::text::lines;
use crate::text::number;
use crate::text::words;

/// The CPU time in `cpu.stat` (v2), of all that ever ran below the cgroup, in microseconds.
pub fn parse_cpu_stat(text: &[u8]) -> Result<u64, ParseError> {
    let usage = lines(text).find_map(|line| line.strip_prefix(b"usage_usec "));
    usage
        .and_then(digits)
        .ok_or_else(|| ParseError::new("usage_usec and a number", text))
}

/// The CPU time in `cpuacct.usage` (v1), which holds nanoseconds, in microseconds.
pub fn parse_cpuacct_usage(text: &[u8]) -> Result<u64, ParseError> {
    Ok(number(text)? / 1000)
}

/// The bytes in `memory.current` (v2) or `memory.usage_in_bytes` (v1), page cache included.
pub fn parse_memory(text: &[u8]) -> Result<u64, ParseError> {
    number(text)
}

/// The limit in `cpu.max` (v2), in thousandths of a CPU; `None` is no limit.
pub fn parse_cpu_max(text: &[u8]) -> Result<Option<u64>, ParseError> {
    let mut parts = words(text);
    let (quota, period) = (parts.next(), parts.next());
    match (quota, period.and_then(digits)) {
        (Some(b"max"), Some(_)) => Some(None),
        (Some(quota), Some(period)) => digits(quota).and_then(|quota| millicpus(quota, period)).map(Some),
        _ => None,
    }
    .ok_or_else(|| ParseError::new("a quota or max, and a period", text))
}

/// The microseconds in `cpu.cfs_quota_us` (v1) that may be used in each period; `None`, written as -1, is no limit.
pub fn parse_cfs_quota(text: &[u8]) -> Result<Option<u64>, ParseError> {
    if text.trim_ascii() == b"-1" {
        Ok(None)
    } else {
        number(text).map(Some)
    }
}

/// A limit in thousandths of a CPU, from the microseconds that may be used in each `period` of so many; `None` where
/// that is 0. `cpu.cfs_period_us` (v1) holds the period.
pub fn millicpus(quota: u64, period: u64) -> Option<u64> {
    let exact = (u128::from(quota) * 1000).checked_div(u128::from(period))?;
    u64::try_from(exact).ok()
}

/// The list in `cpuset.cpus.effective` (v2), `cpuset.effective_cpus` or `cpuset.cpus` (v1), such as `0-3,8`.
/// `None` where it is empty: the cgroup has no CPUs of its own.
pub fn parse_cpus(text: &[u8]) -> Option<&[u8]> {
    Some(text.trim_ascii()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cpu_time_is_in_microseconds_in_both_versions() {
        assert_eq!(
            parse_cpu_stat(b"usage_usec 4811\nuser_usec 4000\nsystem_usec 811\n"),
            Ok(4811)
        );
        assert_eq!(parse_cpu_stat(b"nr_periods 0\nusage_usec 7\n"), Ok(7));
        assert_eq!(parse_cpuacct_usage(b"4811999\n"), Ok(4811));
        for bad in [
            "",
            "usage_usec",
            "usage_usec \n",
            "usage_usec -1\n",
            "xusage_usec 1\n",
            "garbage",
        ] {
            let error = parse_cpu_stat(bad.as_bytes()).unwrap_err();
            assert_eq!((error.wanted, &*error.text), ("usage_usec and a number", bad));
            assert!(parse_cpuacct_usage(bad.as_bytes()).is_err());
        }
    }

    #[test]
    fn a_quota_is_in_thousandths_of_a_cpu() {
        assert_eq!(parse_cpu_max(b"max 100000\n"), Ok(None));
        assert_eq!(parse_cpu_max(b"50000 100000\n"), Ok(Some(500)));
        assert_eq!(parse_cpu_max(b"1000 1000000\n"), Ok(Some(1)));
        assert_eq!(parse_cfs_quota(b"-1\n"), Ok(None));
        assert_eq!(parse_cfs_quota(b"250000\n"), Ok(Some(250_000)));
        assert_eq!(millicpus(250_000, 100_000), Some(2500));
        assert_eq!((millicpus(1, 0), millicpus(u64::MAX, 1)), (None, None));
        for bad in [
            "",
            "max",
            "5",
            "5 0",
            "-1 100000",
            "x 100000",
            "18446744073709551615 1",
        ] {
            assert!(parse_cpu_max(bad.as_bytes()).is_err(), "{bad}");
        }
        for bad in ["", "-2", "x"] {
            assert!(parse_cfs_quota(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn memory_is_a_number_and_cpus_are_left_as_text() {
        assert_eq!(parse_memory(b"8192\n"), Ok(8192));
        assert_eq!(parse_cpus(b"0-3,8\n"), Some(&b"0-3,8"[..]));
        assert_eq!(parse_cpus(b"\n"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(text: Vec<u8>) {
            let _ = parse_cpu_stat(&text);
            let _ = parse_cpuacct_usage(&text);
            let _ = parse_cpu_max(&text);
            let _ = parse_cfs_quota(&text);
            let _ = parse_cpus(&text);
        }
    }
}
