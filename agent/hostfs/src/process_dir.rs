//! The directory of one process: `/proc/PID`, proc(5).

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::Access;
use rustix::fs::AtFlags;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::accessat;
use rustix::fs::openat;

use crate::Error;
use crate::Result;
use crate::Roots;
use crate::process::ProcStat;
use crate::text::digits;
use crate::text::lines;

/// No file of one process that is read here is longer.
const LIMIT: u64 = 64 << 10;

/// The directory of one process, kept open: once that process has ended nothing is found in it any more, whoever has
/// the number then. It keeps no memory and no namespace of the process alive.
#[derive(Debug)]
pub struct ProcessDir {
    dir: File,
    path: Box<Path>,
    pid: u32,
}

/// Bytes that a process moved to and from storage, `/proc/PID/io`: proc_pid_io(5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessIo {
    /// Fetched from storage.
    pub read_bytes: u64,
    /// Sent to storage, or to be sent.
    pub write_bytes: u64,
}

impl ProcessDir {
    /// Opens the directory of the process that has this number now.
    pub fn open(roots: &Roots, pid: u32) -> Result<Self> {
        let path = roots.proc.join(pid.to_string());
        let dir = File::open(&path).map_err(|source| Error::io(&path, source))?;
        Ok(Self {
            dir,
            path: path.into(),
            pid,
        })
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The path of one of its files.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether the process has not ended. One that nobody has waited for yet is still there.
    pub fn is_alive(&self) -> bool {
        accessat(&self.dir, "stat", Access::EXISTS, AtFlags::empty()).is_ok()
    }

    /// When it started, in clock ticks since the boot.
    pub fn start_ticks(&self) -> Result<u64> {
        let text = self.text("stat")?;
        let stat = ProcStat::parse(&text).map_err(|error| error.at(&self.path("stat")))?;
        Ok(stat.start_ticks)
    }

    /// Its memory with no file behind it, in bytes; `None` where its `status` does not tell (before Linux 4.5).
    pub fn anonymous_bytes(&self) -> Result<Option<u64>> {
        Ok(parse_anonymous(&self.text("status")?))
    }

    /// What it moved to and from storage. Only those may know who may trace it.
    pub fn io(&self) -> Result<Option<ProcessIo>> {
        Ok(parse_io(&self.text("io")?))
    }

    /// One of its files.
    pub(crate) fn text(&self, name: &str) -> Result<Vec<u8>> {
        let failed = |source| Error::io(&self.path(name), source);
        let file = openat(&self.dir, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| failed(errno.into()))?;
        let mut text = Vec::new();
        File::from(file)
            .take(LIMIT)
            .read_to_end(&mut text)
            .map_err(failed)?;
        Ok(text)
    }
}

impl AsFd for ProcessDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

fn parse_anonymous(status: &[u8]) -> Option<u64> {
    let line = lines(status).find_map(|line| line.strip_prefix(b"RssAnon:"))?;
    let kilobytes = digits(line.strip_suffix(b"kB")?.trim_ascii())?;
    kilobytes.checked_mul(1024)
}

fn parse_io(text: &[u8]) -> Option<ProcessIo> {
    let field = |name: &[u8]| {
        lines(text).find_map(|line| digits(line.strip_prefix(name)?.strip_prefix(b": ")?.trim_ascii()))
    };
    Some(ProcessIo {
        read_bytes: field(b"read_bytes")?,
        write_bytes: field(b"write_bytes")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_io_are_parsed() {
        let status = b"Name:\tRssAnon: 9 kB\nVmRSS:\t     900 kB\nRssAnon:\t     600 kB\n";
        assert_eq!(parse_anonymous(status), Some(600 * 1024));
        assert_eq!(parse_anonymous(b"Name:\tkthreadd\n"), None);
        assert_eq!(parse_anonymous(b"RssAnon:\t99999999999999999999 kB\n"), None);
        let io = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n";
        let expected = ProcessIo {
            read_bytes: 5,
            write_bytes: 6,
        };
        assert_eq!(parse_io(io), Some(expected));
        assert_eq!(parse_io(b"read_bytes: 5\n"), None);
    }

    #[test]
    fn this_process_tells_about_itself() {
        let own = ProcessDir::open(&Roots::default(), std::process::id()).unwrap();
        assert!(own.start_ticks().is_ok());
        assert!(own.anonymous_bytes().unwrap().is_some_and(|bytes| bytes > 0));
    }

    #[test]
    fn of_a_process_that_has_ended_nothing_is_found() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let dir = ProcessDir::open(&Roots::default(), child.id()).unwrap();
        assert!(dir.start_ticks().is_ok());
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(dir.start_ticks().unwrap_err().is_gone() && !dir.is_alive());
    }
}
