//! What a process is and has used: proc_pid_stat(5).

use super::Paths;
use super::narrow;
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

/// Reads `/proc/PID/stat` of one process after the other, without allocating.
#[derive(Debug)]
pub struct ProcStatReader(Paths);

impl ProcStatReader {
    /// A reader of the processes below `roots`.
    pub fn new(roots: &Roots) -> Self {
        Self(Paths::new(roots))
    }

    /// Reads that of one process.
    pub fn read<'s>(&mut self, pid: u32, scratch: &'s mut Scratch) -> Result<ProcStat<'s>, Error> {
        let path = self.0.of(pid, "stat");
        ProcStat::parse(scratch.read_record(path)?).map_err(|error| error.at(path))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
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

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(text: Vec<u8>) {
            let _ = ProcStat::parse(&text);
        }

        #[test]
        fn any_name_is_read_back(comm: Vec<u8>, pid: u32, start: u64) {
            let text = stat(pid, &comm, 0, start);
            let parsed = ProcStat::parse(&text).unwrap();
            prop_assert_eq!((parsed.pid, parsed.comm, parsed.start_ticks), (pid, &comm[..], start));
        }
    }
}
