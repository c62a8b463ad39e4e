//! How many descriptors a process has open: `/proc/PID/fd`, proc_pid_fd(5).

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use nix::sys::statfs::PROC_SUPER_MAGIC;
use nix::sys::statfs::statfs;

use crate::Error;
use crate::Result;

/// Listing thousands of descriptors costs as much as reading a thousand processes, so one count serves many readings.
const READINGS: u32 = 32;

/// Counts descriptors: since Linux 6.2 the directory's size is their number, before that they are listed now and then.
#[derive(Debug)]
pub(crate) struct OpenFiles {
    dir: PathBuf,
    listed: u64,
    left: u32,
}

impl OpenFiles {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            listed: 0,
            left: 0,
        }
    }

    /// The count now, or one that is a few readings old.
    pub(crate) fn count(&mut self) -> Result<u64> {
        match told(&self.dir) {
            Some(count) => Ok(count),
            None => self.list(),
        }
    }

    fn list(&mut self) -> Result<u64> {
        if self.left == 0 {
            let entries = fs::read_dir(&self.dir).map_err(|source| Error::io(&self.dir, source))?;
            self.listed = entries.flatten().count() as u64;
            self.left = READINGS;
        }
        self.left -= 1;
        Ok(self.listed)
    }
}

/// The count as the kernel tells it. The size of an ordinary directory says something else.
fn told(dir: &Path) -> Option<u64> {
    let size = fs::metadata(dir).ok()?.len();
    let in_procfs = size > 0 && statfs(dir).is_ok_and(|found| found.filesystem_type() == PROC_SUPER_MAGIC);
    in_procfs.then_some(size)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::io::Write;
    use std::process::Command;
    use std::process::Stdio;

    use super::*;

    #[test]
    fn where_the_kernel_does_not_tell_one_listing_serves_some_readings() {
        let dir = tempfile::tempdir().unwrap();
        let mut files = OpenFiles::new(dir.path().to_path_buf());
        assert_eq!(files.count().unwrap(), 0);
        fs::write(dir.path().join("0"), "").unwrap();
        let counts: Vec<_> = (0..READINGS).map(|_| files.count().unwrap()).collect();
        assert_eq!(counts.last(), Some(&1));
        assert_eq!(counts.iter().sum::<u64>(), 1);
    }

    #[test]
    fn what_the_kernel_tells_is_what_a_listing_finds() {
        let mut cat = Command::new("cat");
        let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // Once it answers, it has opened all that it ever will.
        cat.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let fds = PathBuf::from(format!("/proc/{}/fd", cat.id()));
        let listed = fs::read_dir(&fds).map(|entries| entries.count() as u64);
        let count = told(&fds);
        drop(cat.stdin.take());
        cat.wait().unwrap();
        match (count, listed) {
            (Some(count), Ok(listed)) => assert_eq!(count, listed),
            _ => println!("not tested: no procfs of Linux 6.2 or newer"),
        }
    }
}
