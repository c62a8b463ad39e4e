//! How a process was called: proc_pid_cmdline(5).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Paths;
use crate::Error;
use crate::Result;
use crate::Roots;

/// The most of a command line that is read. The longest of QEMU have about 10 kB.
const CMDLINE_LIMIT: u64 = 64 << 10;

/// The command line of a process, argument by argument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cmdline(Vec<u8>);

impl Cmdline {
    /// Reads `/proc/PID/cmdline`. It is empty for kernel threads and zombies.
    pub fn read(roots: &Roots, pid: u32) -> Result<Self> {
        let mut paths = Paths::new(roots);
        let path = paths.of(pid, "cmdline");
        Self::read_from(path).map_err(|source| Error::io(path, source))
    }

    fn read_from(path: &Path) -> std::io::Result<Self> {
        let mut text = Vec::new();
        File::open(path)?.take(CMDLINE_LIMIT).read_to_end(&mut text)?;
        Ok(Self::parse(text))
    }

    /// Takes the text of `/proc/PID/cmdline`. Of one that fills the bound of 64 KiB, the argument that is cut is left
    /// out; a process that has overwritten its arguments may have no separator at all.
    pub fn parse(mut text: Vec<u8>) -> Self {
        let whole = text.iter().rposition(|&byte| byte == 0);
        match whole {
            Some(end) if text.len() as u64 >= CMDLINE_LIMIT => text.truncate(end),
            Some(end) if end + 1 == text.len() => text.truncate(end),
            _ if text.is_empty() => return Self::default(),
            _ => {}
        }
        text.push(0);
        Self(text)
    }

    /// The arguments, the program's own name first.
    pub fn args(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split_inclusive(|&byte| byte == 0)
            .map(|arg| &arg[..arg.len() - 1])
    }

    /// The arguments as the kernel has them, each ended by a zero byte.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_tree::TestTree;

    #[test]
    fn a_command_line_keeps_the_bounds_of_its_arguments() {
        let cases: [(&[u8], &[&[u8]]); 6] = [
            (b"", &[]),
            (b"sh\0-c\0echo a b\0", &[b"sh", b"-c", b"echo a b"]),
            (b"sh\0\0\xff\0", &[b"sh", b"", b"\xff"]),
            (b"sh\0\0", &[b"sh", b""]),
            (b"nginx: worker process", &[b"nginx: worker process"]),
            (b"\0", &[b""]),
        ];
        for (text, args) in cases {
            assert_eq!(Cmdline::parse(text.to_vec()).args().collect::<Vec<_>>(), args);
            assert_eq!(Cmdline::parse(text.to_vec()).is_empty(), args.is_empty());
        }
    }

    #[test]
    fn an_endless_command_line_is_cut_between_arguments() {
        let tree = TestTree::new();
        let arg = [&[b'x'; 999][..], b"\0"].concat();
        tree.write("proc/7/cmdline", arg.repeat(100));
        let cmdline = Cmdline::read(&tree.roots(), 7).unwrap();
        assert_eq!(cmdline.args().count(), 65);
        assert!(cmdline.args().all(|arg| arg.len() == 999));
        assert!(Cmdline::read(&tree.roots(), 8).unwrap_err().is_gone());
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(text: Vec<u8>) {
            let _ = Cmdline::parse(text).args().count();
        }

        #[test]
        fn any_arguments_are_read_back(args in prop::collection::vec("[^\0]{0,9}", 1..9)) {
            let text = args.iter().flat_map(|arg| [arg.as_bytes(), b"\0"].concat()).collect();
            let cmdline = Cmdline::parse(text);
            prop_assert!(cmdline.args().eq(args.iter().map(String::as_bytes)));
        }
    }
}
