//! Where the kernel's file systems are mounted.

use std::path::Path;
use std::path::PathBuf;

/// The directories below which everything is read.
///
/// They are values that travel from the command line to the last reader, so that the shipped binary can be pointed
/// at any tree: a container's view of its host (`/host/proc`), a captured machine, a test's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The mount point of procfs, usually `/proc`.
    pub proc: PathBuf,
    /// The mount point of sysfs, usually `/sys`.
    pub sys: PathBuf,
    /// The directory that holds the cgroup hierarchies, usually `/sys/fs/cgroup`.
    pub cgroup: PathBuf,
    /// What is put before the mount points of file systems, usually `/`.
    pub root: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            proc: PathBuf::from("/proc"),
            sys: PathBuf::from("/sys"),
            cgroup: PathBuf::from("/sys/fs/cgroup"),
            root: PathBuf::from("/"),
        }
    }
}

impl Roots {
    /// All four roots inside one directory, laid out as on a host.
    pub fn below(base: &Path) -> Self {
        Self {
            proc: base.join("proc"),
            sys: base.join("sys"),
            cgroup: base.join("sys/fs/cgroup"),
            root: base.to_path_buf(),
        }
    }
}
