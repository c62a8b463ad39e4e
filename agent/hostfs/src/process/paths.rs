//! Where the files of processes are.

use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::Roots;

/// The paths of processes' files, one after the other in the same memory.
#[derive(Debug)]
pub(crate) struct Paths {
    proc: PathBuf,
    path: PathBuf,
}

impl Paths {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self {
            proc: roots.proc.clone(),
            path: PathBuf::new(),
        }
    }

    /// The path of one of a process's files.
    pub(crate) fn of(&mut self, pid: u32, name: &str) -> &Path {
        let text = self.path.as_mut_os_string();
        text.clear();
        text.push(&self.proc);
        // Writing to a string cannot fail.
        let _ = write!(text, "/{pid}/{name}");
        &self.path
    }
}
