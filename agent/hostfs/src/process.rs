//! One process, as the files below `/proc/PID` describe it: proc_pid_stat(5), proc_pid_cmdline(5), cgroups(7).

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use crate::Error;
use crate::ParseError;
use crate::Roots;
use crate::Scratch;
use crate::text::digits;

/// A clock tick of `/proc/PID/stat`: `USER_HZ` is 100 on every architecture that Linux runs on today.
const USEC_PER_TICK: u64 = 10_000;
/// `PF_KTHREAD` of `include/linux/sched.h`.
const KERNEL_THREAD: u64 = 0x0020_0000;
/// kthreadd, the parent of all kernel threads.
const KTHREADD: u32 = 2;
/// The most of a command line that is read. The longest of QEMU have about 10 kB.
const CMDLINE_LIMIT: u64 = 64 << 10;

/// What is used of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcStat<'a> {
    /// The process, as numbered in the PID namespace of the procfs mount.
    pub pid: u32,
    /// The name, which the process itself may set to any bytes.
    pub comm: &'a [u8],
    /// Its parent; 0 where that is in another PID namespace.
    pub parent: u32,
    /// It runs in the kernel only.
    pub kernel_thread: bool,
    /// User and system time of all its threads, those that have ended too. Time spent in guests is inside.
    pub cpu_usec: u64,
    /// When it started, in clock ticks since the boot; together with the number this names one process for ever.
    pub start_ticks: u64,
    /// Its threads.
    pub threads: u32,
    /// Pages in memory.
    pub resident_pages: u64,
    /// The CPU on which its main thread ran last.
    pub last_cpu: Option<u32>,
}

impl<'a> ProcStat<'a> {
    /// Parses `/proc/PID/stat`. The name may hold anything, so the last `)` ends it.
    pub fn parse(text: &'a [u8]) -> Result<Self, ParseError> {
        let broken = || ParseError::new("PID (NAME) and fields", text);
        let open = text.iter().position(|&byte| byte == b'(').ok_or_else(broken)?;
        let close = text.iter().rposition(|&byte| byte == b')').ok_or_else(broken)?;
        let comm = text.get(open + 1..close).ok_or_else(broken)?;
        let pid = narrow(text[..open].trim_ascii()).ok_or_else(broken)?;
        let stat = Self {
            pid,
            comm,
            ..Self::after_name(&text[close + 1..])?
        };
        let kernel_thread = stat.kernel_thread || stat.pid == KTHREADD || stat.parent == KTHREADD;
        Ok(Self {
            kernel_thread,
            ..stat
        })
    }

    /// The fields from the third on, by their numbers in the manual.
    fn after_name(text: &[u8]) -> Result<Self, ParseError> {
        let mut fields = Fields {
            rest: text.trim_ascii(),
            next: 3,
            text,
        };
        let parent = fields.narrow(4, "field 4, the parent's PID")?;
        let flags = fields.number(9, "field 9, the flags")?;
        let user = fields.number(14, "field 14, the user time")?;
        let system = fields.number(15, "field 15, the system time")?;
        let threads = fields.narrow(20, "field 20, the number of threads")?;
        let start_ticks = fields.number(22, "field 22, the start time")?;
        let resident_pages = fields.number(24, "field 24, the resident pages")?;
        Ok(Self {
            pid: 0,
            comm: &[],
            parent,
            kernel_thread: flags & KERNEL_THREAD != 0,
            cpu_usec: user.saturating_add(system).saturating_mul(USEC_PER_TICK),
            start_ticks,
            threads,
            resident_pages,
            last_cpu: fields.narrow(39, "field 39, the CPU").ok(),
        })
    }
}

/// The fields of a line, walked once from the left.
struct Fields<'a> {
    rest: &'a [u8],
    next: usize,
    text: &'a [u8],
}

impl Fields<'_> {
    fn number(&mut self, field: usize, wanted: &'static str) -> Result<u64, ParseError> {
        while self.next < field {
            self.take();
        }
        let text = self.text;
        digits(self.take()).ok_or_else(|| ParseError::new(wanted, text))
    }

    fn narrow(&mut self, field: usize, wanted: &'static str) -> Result<u32, ParseError> {
        let value = self.number(field, wanted)?;
        u32::try_from(value).map_err(|_| ParseError::new(wanted, self.text))
    }

    fn take(&mut self) -> &[u8] {
        self.next += 1;
        let end = self
            .rest
            .iter()
            .position(|&byte| byte == b' ')
            .unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        field
    }
}

fn narrow(text: &[u8]) -> Option<u32> {
    digits(text).and_then(|value| u32::try_from(value).ok())
}

/// The path of one of a process's files.
fn path(roots: &Roots, pid: u32, name: &str) -> PathBuf {
    roots.proc.join(format!("{pid}/{name}"))
}

/// The command line of a process, argument by argument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cmdline(Vec<u8>);

impl Cmdline {
    /// Reads `/proc/PID/cmdline`. It is empty for kernel threads and zombies.
    pub fn read(roots: &Roots, pid: u32) -> Result<Self, Error> {
        let path = path(roots, pid, "cmdline");
        Self::read_from(&path).map_err(|source| Error::io(&path, source))
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

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One line of `/proc/PID/cgroup`: where a process stands in one hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership<'a> {
    /// The hierarchy's number; 0 is cgroup v2.
    pub hierarchy: u32,
    /// The controllers bound to it, separated by commas; none for v2, `name=systemd` for a named one.
    pub controllers: &'a [u8],
    /// The cgroup, seen from the reader's cgroup namespace; `/` is the root.
    pub path: &'a [u8],
    /// The cgroup has been removed and the process is a zombie. Told for v2 only.
    pub deleted: bool,
}

impl<'a> Membership<'a> {
    /// Whether `controller` is bound to this hierarchy.
    pub fn has(&self, controller: &str) -> bool {
        self.controllers
            .split(|&byte| byte == b',')
            .any(|name| name == controller.as_bytes())
    }

    fn parse(line: &'a [u8]) -> Result<Self, ParseError> {
        let broken = || ParseError::new("ID:CONTROLLERS:PATH", line);
        let mut parts = line.splitn(3, |&byte| byte == b':');
        let hierarchy = parts.next().and_then(narrow).ok_or_else(broken)?;
        let controllers = parts.next().ok_or_else(broken)?;
        let path = parts
            .next()
            .filter(|path| path.starts_with(b"/"))
            .ok_or_else(broken)?;
        let kept = path.strip_suffix(b" (deleted)").filter(|_| hierarchy == 0);
        Ok(Self {
            hierarchy,
            controllers,
            path: kept.unwrap_or(path),
            deleted: kept.is_some(),
        })
    }
}

/// Parses `/proc/PID/cgroup`.
pub fn memberships(text: &[u8]) -> impl Iterator<Item = Result<Membership<'_>, ParseError>> {
    crate::text::lines(text).map(Membership::parse)
}

/// Reads `/proc/PID/cgroup`, for [`memberships`].
pub fn read_memberships<'s>(roots: &Roots, pid: u32, scratch: &'s mut Scratch) -> Result<&'s [u8], Error> {
    scratch.read_all(&path(roots, pid, "cgroup"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_tree::TestTree;
    use crate::test_tree::stat;

    const QEMU: &[u8] = b"4242 (qemu-system-x86) S 1 4241 4241 0 -1 138412416 90 0 3 0 1200 345 0 0 20 0 \
        7 0 98765 5368709120 61234 18446744073709551615 1 1 0 0 0 0 268444224 4096 16963 0 0 0 17 3 0 0 0 900 0 \
        0 0 0 0 0 0 0 0\n";

    #[test]
    fn the_fields_of_stat_are_those_of_the_manual() {
        let expected = ProcStat {
            pid: 4242,
            comm: b"qemu-system-x86",
            parent: 1,
            kernel_thread: false,
            cpu_usec: 15_450_000,
            start_ticks: 98765,
            threads: 7,
            resident_pages: 61234,
            last_cpu: Some(3),
        };
        assert_eq!(ProcStat::parse(QEMU), Ok(expected));
    }

    #[test]
    fn kernel_threads_are_told_by_flag_number_or_parent() {
        let flagged = b"77 (kworker/0:1-events) I 9 0 0 0 -1 69238880 0 0 0 0 0 5 0 0 20 0 1 0 30 0 0\n";
        assert!(ProcStat::parse(flagged).unwrap().kernel_thread);
        for (pid, parent, kernel) in [(2, 0, true), (50, 2, true), (50, 1, false), (3, 0, false)] {
            let text = format!("{pid} (x) S {parent} 0 0 0 -1 0 0 0 0 0 0 5 0 0 20 0 1 0 30 0 0\n");
            assert_eq!(
                ProcStat::parse(text.as_bytes()).unwrap().kernel_thread,
                kernel,
                "{text}"
            );
        }
    }

    #[test]
    fn a_broken_stat_names_what_is_missing() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "PID (NAME)"),
            (b"12 )x(", "PID (NAME)"),
            (b"x (y) S 1", "PID (NAME)"),
            (b"1 (y) S", "field 4"),
            (b"1 (y) S 1 2 3 4 5 6 7 8 9 10 x 12", "field 14"),
            (b"1 (y) S 99999999999 2 3", "field 4"),
        ];
        for (text, wanted) in cases {
            let error = ProcStat::parse(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

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

    #[test]
    fn memberships_keep_colons_and_tell_deleted_cgroups() {
        let text = b"4:cpu,cpuacct:/a:b (deleted)\n1:name=systemd:/init.scope\n0::/machine/x (deleted)\n";
        let all = memberships(text).collect::<Result<Vec<_>, _>>().unwrap();
        let fields = all
            .iter()
            .map(|m| (m.hierarchy, m.controllers, m.path, m.deleted))
            .collect::<Vec<_>>();
        let expected: [(u32, &[u8], &[u8], bool); 3] = [
            (4, b"cpu,cpuacct", b"/a:b (deleted)", false),
            (1, b"name=systemd", b"/init.scope", false),
            (0, b"", b"/machine/x", true),
        ];
        assert_eq!(fields, expected);
        assert!(all[0].has("cpuacct") && all[0].has("cpu") && !all[0].has("cpus") && !all[2].has("cpu"));
        for bad in ["x::/", "1:cpu", "1:cpu:relative", ":"] {
            assert!(memberships(bad.as_bytes()).all(|line| line.is_err()), "{bad}");
        }
    }

    #[test]
    fn this_very_process_is_read_back() {
        let roots = Roots::default();
        let pid = std::process::id();
        let Ok(text) = std::fs::read(path(&roots, pid, "stat")) else {
            eprintln!("skipped: no /proc");
            return;
        };
        let stat = ProcStat::parse(&text).unwrap();
        assert_eq!(stat.pid, pid);
        assert_eq!(stat.parent, std::os::unix::process::parent_id());
        assert!(!stat.kernel_thread && stat.resident_pages > 0 && stat.last_cpu.is_some());
        let args = Cmdline::read(&roots, pid).unwrap();
        let expected = std::env::args_os()
            .map(|arg| arg.as_encoded_bytes().to_vec())
            .collect::<Vec<_>>();
        assert_eq!(args.args().map(<[u8]>::to_vec).collect::<Vec<_>>(), expected);
        let mut scratch = Scratch::default();
        let text = read_memberships(&roots, pid, &mut scratch).unwrap();
        assert!(memberships(text).count() > 0 && memberships(text).all(|line| line.is_ok()));
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(text: Vec<u8>) {
            let _ = ProcStat::parse(&text);
            let _ = memberships(&text).count();
            let _ = Cmdline::parse(text).args().count();
        }

        #[test]
        fn any_name_is_read_back(comm: Vec<u8>, pid: u32, start: u64) {
            let text = stat(pid, &comm, 0, start);
            let parsed = ProcStat::parse(&text).unwrap();
            prop_assert_eq!((parsed.pid, parsed.comm, parsed.start_ticks), (pid, &comm[..], start));
        }

        #[test]
        fn any_arguments_are_read_back(args in prop::collection::vec("[^\0]{0,9}", 1..9)) {
            let text = args.iter().flat_map(|arg| [arg.as_bytes(), b"\0"].concat()).collect();
            let cmdline = Cmdline::parse(text);
            prop_assert!(cmdline.args().eq(args.iter().map(String::as_bytes)));
        }
    }
}
