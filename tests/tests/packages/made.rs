//! Packages with a small program in the place of both daemons, since what is in it does not matter here: `tests/booted/run`
//! packs the real ones. What daemons print of themselves is theirs.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::built;
use super::source;
use super::told;

/// It is on every system, is linked as the daemons are, and small.
const STAND_IN: &str = "/bin/true";
/// Any time will do, if it is the same.
const DATE: &str = "1795910400";

/// Packages in a directory of their own.
pub(crate) struct Made {
    out: TempDir,
}

impl Made {
    /// Makes them.
    pub(crate) fn new(kinds: &[&str]) -> Self {
        let bin = tempfile::tempdir().unwrap();
        for daemon in ["wattle-agent", "wattle-controller"] {
            std::fs::copy(STAND_IN, bin.path().join(daemon)).unwrap();
        }
        let out = tempfile::tempdir().unwrap();
        let mut command = Command::new(built("wattle-package"));
        let native = built("wattle-agent");
        command.arg("--source").arg(source()).arg("--bin").arg(bin.path());
        command.arg("--native").arg(native.parent().unwrap());
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
