//! Loops that read files and do nothing with them.

use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;
use nix::dir::Dir;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use wattle_hostfs::Roots;
use wattle_hostfs::hierarchies::Hierarchies;

const BUFFER: usize = 64 << 10;
/// The agent reads what an idle workload holds and moves in one tick of so many.
const SLOW_EVERY: usize = 64;

/// It lists all processes in one tick of so many, where the kernel has made any since.
const LISTED_EVERY: usize = 2;

/// What the names of files begin with that are read by turns.
const SLOW: [&str; 3] = ["memory.", "io.stat", "blkio."];

/// The names of what accounts CPU time to a process or a cgroup.
const USAGE: [&str; 3] = ["stat", "cpu.stat", "cpuacct.usage"];

/// The files and directories that the agent reads in each tick.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    files: Vec<PathBuf>,
    /// Read by turns.
    slow: Vec<PathBuf>,
    dirs: Vec<PathBuf>,
    /// The processes of those cgroups in which the agent found workloads, where it opens the list each time.
    lists: Vec<PathBuf>,
}

impl Paths {
    /// Those that a collector in this process keeps open now.
    pub(crate) fn kept_open(roots: &Roots) -> Result<Self> {
        let mut paths = Self::default();
        for entry in fs::read_dir("/proc/self/fd").context("cannot see what is kept open")? {
            let Ok(path) = fs::read_link(entry?.path()) else {
                continue;
            };
            // That of a process is kept to reach its files, not to be listed.
            if path.is_dir() && path.parent() == Some(&roots.proc) {
                continue;
            }
            if [&roots.proc, &roots.sys, &roots.cgroup]
                .iter()
                .any(|root| path.starts_with(root))
            {
                paths.add(path);
            }
        }
        // The directory in which they were found was open too.
        paths.dirs.retain(|dir| !dir.ends_with("fd"));
        paths.lists = paths.lists_of_groups(roots);
        Ok(paths)
    }

    fn lists_of_groups(&self, roots: &Roots) -> Vec<PathBuf> {
        let root = Hierarchies::detect(roots)
            .ok()
            .and_then(|found| found.cpu)
            .map(|cpu| cpu.dir);
        let Some(root) = root.and_then(|root| root.canonicalize().ok()) else {
            return Vec::new();
        };
        let cgroups = self
            .files
            .iter()
            .filter_map(|file| file.parent())
            .filter(|dir| dir.starts_with(&root));
        let groups: BTreeSet<_> = cgroups
            .flat_map(|dir| dir.ancestors().skip(1))
            .filter(|dir| dir.starts_with(&root))
            .collect();
        let lists = groups.into_iter().map(|group| group.join("cgroup.procs"));
        lists.filter(|list| !self.files.contains(list)).collect()
    }

    fn add(&mut self, path: PathBuf) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            self.dirs.push(path);
        } else if SLOW.iter().any(|start| name.starts_with(start)) {
            self.slow.push(path);
        } else {
            self.files.push(path);
        }
    }

    /// Only what accounts CPU time to processes and workloads.
    pub(crate) fn usages(&self) -> Self {
        let is_usage = |path: &&PathBuf| {
            let parent = path.parent().and_then(Path::file_name).unwrap_or_default();
            USAGE.iter().any(|name| path.ends_with(name)) && parent != "proc"
        };
        Self {
            files: self.files.iter().filter(is_usage).cloned().collect(),
            ..Self::default()
        }
    }

    pub(crate) fn describe(&self) -> String {
        let (files, slow) = (self.files.len(), self.slow.len() / SLOW_EVERY);
        let dirs = self.dirs.len();
        match dirs {
            0 => format!("{files} files"),
            _ => format!("{} files, {dirs} directories", files + slow + self.lists.len()),
        }
    }

    /// Opens, reads and closes each file.
    pub(crate) fn open_and_read(&self, buffer: &mut [u8]) {
        for path in &self.files {
            if let Ok(mut file) = File::open(path) {
                let _ = file.read(buffer);
            }
        }
    }
}

/// A loop that keeps everything open.
#[derive(Debug)]
pub(crate) struct Bare {
    files: Vec<File>,
    slow: Vec<File>,
    dirs: Vec<Dir>,
    /// The kernel makes such a list anew only for who opens it anew (cgroup v1).
    lists: Vec<PathBuf>,
    buffer: Vec<u8>,
    turn: usize,
}

impl Bare {
    pub(crate) fn open(paths: &Paths) -> Result<Self> {
        let dir = |path: &PathBuf| Dir::open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY, Mode::empty());
        Ok(Self {
            files: open_all(&paths.files),
            slow: open_all(&paths.slow),
            dirs: paths.dirs.iter().map(dir).collect::<Result<_, _>>()?,
            lists: paths.lists.clone(),
            buffer: vec![0; BUFFER],
            turn: 0,
        })
    }

    /// Reads all of it once. What has gone meanwhile is no concern.
    pub(crate) fn read(&mut self) {
        let buffer = &mut self.buffer;
        for file in &self.files {
            let _ = file.read_at(buffer, 0);
        }
        for file in self.slow.iter().skip(self.turn).step_by(SLOW_EVERY) {
            let _ = file.read_at(buffer, 0);
        }
        self.turn = (self.turn + 1) % SLOW_EVERY;
        if self.turn.is_multiple_of(LISTED_EVERY) {
            for dir in &mut self.dirs {
                dir.iter().for_each(drop);
            }
        }
        for list in &self.lists {
            if let Ok(mut list) = File::open(list) {
                while list.read(buffer).is_ok_and(|count| count > 0) {}
            }
        }
    }
}

fn open_all(paths: &[PathBuf]) -> Vec<File> {
    paths.iter().filter_map(|path| File::open(path).ok()).collect()
}
