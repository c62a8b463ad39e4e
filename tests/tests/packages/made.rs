//! The packages of what was built for the tests.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::built;
use super::has;
use super::source;
use super::told;

/// Any time will do, if it is the same.
const DATE: &str = "1795910400";

/// Packages in a directory of their own.
pub(crate) struct Made {
    out: TempDir,
}

impl Made {
    /// Makes them. The binaries are stripped, where that can be done: most of a debug build is not for packages.
    pub(crate) fn new(kinds: &[&str]) -> Self {
        let bin = tempfile::tempdir().unwrap();
        for daemon in ["wattle-agent", "wattle-controller"] {
            let (from, to) = (built(daemon), bin.path().join(daemon));
            if has("strip") {
                told(Command::new("strip").arg("-o").args([&to, &from]));
            } else {
                std::fs::copy(from, to).unwrap();
            }
        }
        let out = tempfile::tempdir().unwrap();
        let mut command = Command::new(built("wattle-package"));
        command.arg("--source").arg(source()).arg("--bin").arg(bin.path());
        command.arg("--out").arg(out.path()).args(["--date", DATE]);
        for kind in kinds {
            command.args(["--make", kind]);
        }
        told(&mut command);
        Self { out }
    }

    /// Where they are.
    pub(crate) fn path(&self) -> &Path {
        self.out.path()
    }

    /// All of them, in order.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// That of a daemon which is no other's.
    pub(crate) fn of(&self, daemon: &str) -> PathBuf {
        let mut files = self.files();
        files.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with(daemon));
        assert_eq!(files.len(), 1, "{daemon}");
        files.remove(0)
    }
}
