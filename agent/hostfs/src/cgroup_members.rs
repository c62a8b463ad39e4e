//! The processes in a cgroup and below it: `cgroup.procs`, Documentation/admin-guide/cgroup-v2.rst.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::Scratch;
use crate::pids::parse_pids;

/// How many cgroups are looked into.
const MOST_CGROUPS: usize = 256;

/// The numbers of up to `most` processes in the cgroup `dir` and below it, those highest in the tree first. A process of
/// another PID namespace has none.
///
/// What cannot be read is skipped: a cgroup that has gone meanwhile, or one of threads, whose processes stand further up.
pub fn members(dir: &Path, most: usize, scratch: &mut Scratch) -> Vec<u32> {
    let mut pids = Vec::new();
    let mut level = vec![dir.to_path_buf()];
    let mut left = MOST_CGROUPS;
    while !level.is_empty() && pids.len() < most {
        level.truncate(left);
        left -= level.len();
        for cgroup in &level {
            if let Ok(text) = scratch.read_all(&cgroup.join("cgroup.procs")) {
                // What was handed out before a line that is not understood is good.
                let _ = parse_pids(text, |pid| {
                    if pid != 0 && pids.len() < most {
                        pids.push(pid);
                    }
                });
            }
        }
        if pids.len() < most {
            level = level.iter().flat_map(|cgroup| children(cgroup)).collect();
        }
    }
    pids
}

fn children(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .take(MOST_CGROUPS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_found_at_any_depth_the_highest_first() {
        let dir = tempfile::tempdir().unwrap();
        let make = |path: &str, pids: &str| {
            fs::create_dir_all(dir.path().join(path)).unwrap();
            fs::write(dir.path().join(path).join("cgroup.procs"), pids).unwrap();
        };
        make("", "");
        make("container", "0\n12\n");
        make("container/init.scope", "13\n");
        make("container/system.slice/a.service", "14\n");
        let mut scratch = Scratch::default();
        assert_eq!(members(dir.path(), 9, &mut scratch), [12, 13, 14]);
        assert_eq!(members(dir.path(), 1, &mut scratch), [12]);
        assert_eq!(members(&dir.path().join("gone"), 9, &mut scratch), [0; 0]);
    }
}
