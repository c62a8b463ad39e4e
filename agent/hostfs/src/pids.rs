//! Which processes there are: the names in `/proc`, and the members of a cgroup (`cgroup.procs`, cgroups(7)).

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::Error;
use crate::ParseError;
use crate::Roots;
use crate::listing;
use crate::listing::DirBuffer;
use crate::text::digits;

/// Lists all processes of a host.
#[derive(Debug)]
pub struct PidLister {
    dir: File,
    path: Box<Path>,
    buffer: DirBuffer,
}

impl PidLister {
    /// Opens the process directory and keeps it open.
    pub fn open(roots: &Roots) -> Result<Self, Error> {
        let dir = listing::open(&roots.proc)?;
        Ok(Self {
            dir,
            path: roots.proc.as_path().into(),
            buffer: DirBuffer::default(),
        })
    }

    /// Hands out the number of each process, threads not counted.
    pub fn for_each(&mut self, mut each: impl FnMut(u32)) -> Result<(), Error> {
        self.for_each_with_inode(|pid, _| each(pid))
    }

    /// The same with the inode of each one's directory. Another process with the same number has another; the same one
    /// may be given a new one when the kernel is short of memory.
    pub fn for_each_with_inode(&mut self, mut each: impl FnMut(u32, u64)) -> Result<(), Error> {
        listing::list(&self.dir, &self.path, &mut self.buffer, |entry| {
            if let Some(pid) = pid(entry.name.as_bytes()) {
                each(pid, entry.inode);
            }
        })
    }
}

/// Parses `cgroup.procs`. Members in a PID namespace that the reader cannot see stand there as 0 and are left out.
pub fn parse_pids(text: &[u8], mut each: impl FnMut(u32)) -> Result<(), ParseError> {
    for line in crate::text::lines(text) {
        match pid(line) {
            Some(pid) => each(pid),
            None if line == b"0" => {}
            None => return Err(ParseError::new("a PID", line)),
        }
    }
    Ok(())
}

fn pid(text: &[u8]) -> Option<u32> {
    digits(text)
        .and_then(|value| u32::try_from(value).ok())
        .filter(|&pid| pid != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_tree::TestTree;

    fn listed(lister: &mut PidLister) -> Vec<u32> {
        let mut pids = Vec::new();
        lister.for_each(|pid| pids.push(pid)).unwrap();
        pids.sort_unstable();
        pids
    }

    #[test]
    fn only_numbers_are_processes_and_new_ones_are_seen() {
        let tree = TestTree::new();
        for name in ["1", "42", "self", "sys", "0", "12x", "99999999999"] {
            tree.mkdir(format!("proc/{name}"));
        }
        let mut lister = PidLister::open(&tree.roots()).unwrap();
        assert_eq!(listed(&mut lister), [1, 42]);
        tree.mkdir("proc/7");
        tree.remove("proc/1");
        assert_eq!(listed(&mut lister), [7, 42]);
    }

    #[test]
    fn listing_allocates_nothing() {
        let tree = TestTree::new();
        (1..=200).for_each(|pid| tree.mkdir(format!("proc/{pid}")));
        let mut lister = PidLister::open(&tree.roots()).unwrap();
        let mut count = 0;
        let info = allocation_counter::measure(|| lister.for_each(|_| count += 1).unwrap());
        assert_eq!((count, info.count_total), (200, 0));
    }

    #[test]
    fn this_very_process_is_among_the_hosts() {
        let Ok(mut lister) = PidLister::open(&Roots::default()) else {
            eprintln!("skipped: no /proc");
            return;
        };
        assert!(listed(&mut lister).contains(&std::process::id()));
    }

    #[test]
    fn members_of_other_namespaces_are_left_out() {
        let mut pids = Vec::new();
        parse_pids(b"12\n0\n7\n", |pid| pids.push(pid)).unwrap();
        assert_eq!(pids, [12, 7]);
        assert!(
            parse_pids(b"12\nx\n", |_| {})
                .unwrap_err()
                .to_string()
                .contains("\"x\"")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(text: Vec<u8>) {
            let _ = parse_pids(&text, |pid| assert_ne!(pid, 0));
        }
    }
}
