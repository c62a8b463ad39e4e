//! The agent's own cost, `/proc/self`.
//!
//! Kernel page: `Documentation/filesystems/proc.rst`, "Contents of the stat fields"; limits: `proc_pid_limits(5)`.

use nix::unistd::SysconfVar;
use nix::unistd::sysconf;

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::lasting::LastingFile;
use crate::open_files::OpenFiles;
use crate::stat::USEC_PER_TICK;
use crate::text;

/// The size of a page on every machine that does not say otherwise.
const USUAL_PAGE: u64 = 4096;

/// What the agent uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfProcess {
    /// CPU time in user space and the kernel.
    pub cpu_usec: u64,
    /// Memory it has in RAM.
    pub resident_bytes: u64,
    /// Its address space.
    pub virtual_bytes: u64,
    /// Its threads.
    pub threads: u64,
    /// When it started, in ticks (1/100 s) since boot.
    pub start_ticks: u64,
    /// Its open descriptors; on kernels before 6.2 counted in one reading of several.
    pub open_fds: u64,
    /// How many it may have; None without a limit.
    pub max_fds: Option<u64>,
}

/// What `stat` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    cpu_usec: u64,
    threads: u64,
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

/// Parses `stat`. The name of the program stands in parentheses and may hold anything, parentheses too.
fn parse_stat(file: &[u8]) -> std::result::Result<Stat, ParseError> {
    let bad = || ParseError::new("the fields of a process", file);
    let end = file.iter().rposition(|&byte| byte == b')').ok_or_else(bad)?;
    // The first word after the name is field 3 of the kernel's table.
    let field = |number: usize| {
        text::words(&file[end + 1..])
            .nth(number - 3)
            .and_then(text::digits)
            .ok_or_else(bad)
    };
    Ok(Stat {
        cpu_usec: field(14)?
            .saturating_add(field(15)?)
            .saturating_mul(USEC_PER_TICK),
        threads: field(20)?,
        start_ticks: field(22)?,
        virtual_bytes: field(23)?,
        resident_pages: field(24)?,
    })
}

/// The soft limit of open files in `limits`; None if there is none.
fn parse_limits(file: &[u8]) -> std::result::Result<Option<u64>, ParseError> {
    let limit = text::lines(file).find_map(|line| line.strip_prefix(b"Max open files"));
    match limit.and_then(|columns| text::words(columns).next()) {
        Some(b"unlimited") => Ok(None),
        Some(soft) => text::number(soft).map(Some),
        None => Err(ParseError::new("a line Max open files", file)),
    }
}

/// `/proc/self`, its files kept open.
#[derive(Debug)]
pub struct SelfReader {
    stat: LastingFile,
    limits: LastingFile,
    fds: OpenFiles,
    page: u64,
}

impl SelfReader {
    /// The files below `roots`, which are opened at the first reading.
    pub fn new(roots: &Roots) -> Self {
        let own = roots.proc.join("self");
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        Self {
            stat: LastingFile::new(own.join("stat")),
            limits: LastingFile::new(own.join("limits")),
            fds: OpenFiles::new(own.join("fd")),
            page: page.and_then(|page| page.try_into().ok()).unwrap_or(USUAL_PAGE),
        }
    }

    /// Reads it now; None in a captured tree, which has no `self`.
    pub fn read(&mut self, scratch: &mut Scratch) -> Result<Option<SelfProcess>> {
        match self.read_all(scratch) {
            Err(error) if error.is_gone() => Ok(None),
            other => other.map(Some),
        }
    }

    fn read_all(&mut self, scratch: &mut Scratch) -> Result<SelfProcess> {
        let stat = self.stat.parse_record(scratch, parse_stat)?;
        let max_fds = self.limits.parse_record(scratch, parse_limits)?;
        Ok(SelfProcess {
            cpu_usec: stat.cpu_usec,
            resident_bytes: stat.resident_pages.saturating_mul(self.page),
            virtual_bytes: stat.virtual_bytes,
            threads: stat.threads,
            start_ticks: stat.start_ticks,
            open_fds: self.fds.count()?,
            max_fds,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::fs::File;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    const STAT: &str = "4242 (wattle) agent)) S 1 4242 4242 0 -1 4194560 1513 0 0 0 150 50 0 0 20 0 3 0 86400 \
                        21577728 2048 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 524288               files
";

    #[test]
    fn the_fields_are_found_after_a_name_with_parentheses() {
        let expected = Stat {
            cpu_usec: 2_000_000,
            threads: 3,
            start_ticks: 86_400,
            virtual_bytes: 21_577_728,
            resident_pages: 2048,
        };
        assert_eq!(parse_stat(STAT.as_bytes()), Ok(expected));
    }

    #[test]
    fn the_soft_limit_counts_and_may_be_missing() {
        assert_eq!(parse_limits(LIMITS.as_bytes()), Ok(Some(1024)));
        assert_eq!(
            parse_limits(b"Max open files            unlimited            unlimited            files\n"),
            Ok(None)
        );
    }

    #[test]
    fn cut_and_odd_files_are_refused() {
        for bad in [
            "",
            "1",
            "1 (a",
            "1 (a)",
            "1 (a) S 1 2 3",
            &STAT.replace("86400", "-1"),
            &STAT.replace("2048", "x"),
        ] {
            assert!(parse_stat(bad.as_bytes()).is_err(), "{bad}");
        }
        for bad in [
            "",
            "Max open files",
            "Max open files -1",
            "Max open files 99999999999999999999",
        ] {
            assert!(parse_limits(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_captured_tree_has_no_self_and_that_is_no_failure() {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = SelfReader::new(&Roots::below(dir.path()));
        assert_eq!(reader.read(&mut Scratch::default()).unwrap(), None);
    }

    #[test]
    fn a_tree_of_files_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(roots.proc.join("self/fd")).unwrap();
        fs::write(roots.proc.join("self/stat"), STAT).unwrap();
        fs::write(roots.proc.join("self/limits"), LIMITS).unwrap();
        fs::write(roots.proc.join("self/fd/0"), "").unwrap();
        let own = SelfReader::new(&roots)
            .read(&mut Scratch::default())
            .unwrap()
            .unwrap();
        assert_eq!(
            (own.cpu_usec, own.threads, own.open_fds, own.max_fds),
            (2_000_000, 3, 1, Some(1024))
        );
    }

    #[test]
    fn the_live_process_sees_a_descriptor_more_when_it_opens_one_and_loses_none() {
        if !Path::new("/proc/self/stat").exists() {
            println!("not tested: no procfs here");
            return;
        }
        let (mut reader, mut scratch) = (SelfReader::new(&Roots::default()), Scratch::default());
        let mut count = || reader.read(&mut scratch).unwrap().unwrap().open_fds;
        // Other tests of this process open files too, so only a reading that holds many says something.
        let held = (0..200)
            .map(|_| File::open("/dev/null").unwrap())
            .collect::<Vec<_>>();
        assert!(count() >= 200);
        drop(held);
        for _ in 0..300 {
            count();
        }
        assert!(count() < 200);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse_stat(&bytes);
            let _ = parse_limits(&bytes);
        }

        #[test]
        fn any_fields_are_parsed_without_a_panic(file in "1 \\(.{0,5}\\)( [0-9]{0,22}){15,30}") {
            let _ = parse_stat(file.as_bytes());
        }
    }
}
