//! Small host trees, made file by file.

use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::Roots;

/// A directory with `proc`, `sys` and `sys/fs/cgroup` in it.
pub(crate) struct TestTree(TempDir);

impl TestTree {
    pub(crate) fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.mkdir("proc");
        tree.mkdir("sys/fs/cgroup");
        tree
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::below(self.0.path())
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn mkdir(&self, path: impl AsRef<Path>) {
        std::fs::create_dir_all(self.path(path)).unwrap();
    }

    /// Writes a file in place, as a kernel's file changes under those who hold it open.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn remove(&self, path: impl AsRef<Path>) {
        let path = self.path(path);
        if path.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        }
        .unwrap();
    }
}

/// The text of a `/proc/PID/stat`.
pub(crate) fn stat(pid: u32, comm: &[u8], user_ticks: u64, start_ticks: u64) -> Vec<u8> {
    let head = format!("{pid} (");
    let tail = format!(
        ") S 1 1 1 0 -1 4194304 0 0 0 0 {user_ticks} 0 0 0 20 0 1 0 {start_ticks} 9 8 18446744073709551615 \
         0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
    );
    [head.as_bytes(), comm, tail.as_bytes()].concat()
}

/// The descriptors that this process holds whose files are below `path`, the deleted ones too.
pub(crate) fn descriptors_below(path: &Path) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    links
        .filter_map(|link| std::fs::read_link(link.ok()?.path()).ok())
        .filter(|to| to.starts_with(path))
        .count()
}
