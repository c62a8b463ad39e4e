//! What a cgroup's memory is made of: `memory.stat`.
//!
//! Kernel pages: Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files", and
//! Documentation/admin-guide/cgroup-v1/memory.rst, "stat file".

use crate::ParseError;
use crate::hierarchies::Version;
use crate::text::digits;
use crate::text::lines;

/// Memory of which two figures are of interest: what only a restart or swap gives back, and what the kernel cannot take
/// away without harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Memory with no file behind it.
    pub anonymous_bytes: Option<u64>,
    /// All that is accounted, less file pages that were not used lately.
    pub working_set_bytes: Option<u64>,
}

impl Memory {
    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// The names of the two lines of interest: anonymous memory, and file pages that were not used lately.
///
/// Without `total_` version 1 leaves out the cgroups below.
fn names(version: Version) -> [&'static [u8]; 2] {
    match version {
        Version::V1 => [b"total_rss ", b"total_inactive_file "],
        Version::V2 => [b"anon ", b"inactive_file "],
    }
}

/// Parses `memory.stat` beside what `memory.current` (v2) or `memory.usage_in_bytes` (v1) said just before.
pub fn parse_memory_stat(
    text: &[u8],
    version: Version,
    usage_bytes: Option<u64>,
) -> Result<Memory, ParseError> {
    let mut found = [None; 2];
    for line in lines(text) {
        for (name, value) in names(version).iter().zip(&mut found) {
            if let Some(number) = line.strip_prefix(*name) {
                *value = Some(digits(number).ok_or_else(|| ParseError::new("a name and a number", line))?);
            }
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    let [anonymous_bytes, inactive] = found;
    let working_set = |usage: u64| Some(usage.saturating_sub(inactive?));
    Ok(Memory {
        anonymous_bytes,
        working_set_bytes: usage_bytes.and_then(working_set),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V1: &[u8] =
        b"cache 9\nrss 1\ninactive_file 2\ntotal_cache 900\ntotal_rss 100\ntotal_inactive_file 300\n";
    const V2: &[u8] = b"anon 100\nfile 900\ninactive_anon 7\ninactive_file 300\n";

    #[test]
    fn both_versions_tell_the_same_of_the_whole_subtree() {
        for (text, version) in [(V1, Version::V1), (V2, Version::V2)] {
            let memory = parse_memory_stat(text, version, Some(1000)).unwrap();
            assert_eq!(memory.anonymous_bytes, Some(100));
            assert_eq!(memory.working_set_bytes, Some(700));
        }
    }

    #[test]
    fn what_is_not_told_is_unknown() {
        let unknown = |text: &[u8], usage| parse_memory_stat(text, Version::V2, usage).unwrap();
        assert!(unknown(b"", Some(5)).is_unknown());
        assert_eq!(unknown(V2, None).working_set_bytes, None);
        assert_eq!(unknown(b"anon 3\n", Some(5)).working_set_bytes, None);
        // The two files are read one after the other.
        assert_eq!(unknown(b"inactive_file 9\n", Some(5)).working_set_bytes, Some(0));
        assert!(parse_memory_stat(b"anon x\n", Version::V2, None).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(text: Vec<u8>, usage: Option<u64>) {
            let _ = parse_memory_stat(&text, Version::V1, usage);
            let _ = parse_memory_stat(&text, Version::V2, usage);
        }
    }
}
