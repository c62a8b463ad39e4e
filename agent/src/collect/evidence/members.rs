//! What is inside a workload's cgroup: its processes and the cgroups below.

use std::path::Path;

use wattle_hostfs::hierarchies::Hierarchy;
use wattle_hostfs::pids::parse_pids;

/// How deep, and into how many cgroups below a workload's own is looked. Docker within LXC stands three levels down.
const DEPTH: usize = 6;
const MOST_CGROUPS: usize = 256;
/// How many processes are of interest.
const MOST_PIDS: usize = 256;
/// How much of a list of processes is read.
const LONGEST_LIST: usize = 64 << 10;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// Processes in it and below.
    pub(crate) pids: Vec<u32>,
    /// The cgroups below, as paths from the hierarchy's root.
    pub(crate) inner: Vec<String>,
}

/// Looks into the cgroup at `path`, a path from the hierarchy's root with or without its slash. Bounded: of a large one,
/// what stands first.
pub(crate) fn members(hierarchy: &Hierarchy, path: &Path) -> Members {
    let relative = path.strip_prefix("/").unwrap_or(path);
    let mut members = Members::default();
    let mut level = vec![relative.to_path_buf()];
    let mut seen = 0;
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for path in level {
            let dir = hierarchy.dir.join(&path);
            members.add_pids(&dir);
            let Ok(entries) = std::fs::read_dir(&dir) else {
                continue;
            };
            for entry in entries.flatten() {
                let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_dir && seen < MOST_CGROUPS {
                    seen += 1;
                    let inner = path.join(entry.file_name());
                    members.inner.push(format!("/{}", inner.to_string_lossy()));
                    next.push(inner);
                }
            }
        }
        level = next;
    }
    members
}

impl Members {
    fn add_pids(&mut self, dir: &Path) {
        use std::io::Read;
        if self.pids.len() >= MOST_PIDS {
            return;
        }
        let Ok(file) = std::fs::File::open(dir.join("cgroup.procs")) else {
            return;
        };
        let mut text = Vec::new();
        if file.take(LONGEST_LIST as u64).read_to_end(&mut text).is_err() {
            return;
        }
        // Of a list that is cut, the last number may be too.
        if text.len() == LONGEST_LIST {
            text.truncate(text.iter().rposition(|&byte| byte == b'\n').unwrap_or(0));
        }
        let room = MOST_PIDS - self.pids.len();
        let mut found = Vec::new();
        // A list that is no list has no processes.
        let _ = parse_pids(&text, |pid| found.push(pid));
        self.pids
            .extend(found.into_iter().filter(|&pid| pid > 0).take(room));
    }
}
