//! CPU times since boot, `/proc/stat`.
//!
//! Kernel page: `Documentation/filesystems/proc.rst`, "Miscellaneous kernel statistics in /proc/stat".

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::cpu_list::MAX_CPUS;
use crate::lasting::LastingFile;
use crate::text;

/// Microseconds in one tick of the times in procfs.
///
/// Whatever frequency its timer has, the kernel converts to `USER_HZ` for user space, and that is 100 on every
/// architecture Linux is built for except the retired Alpha.
pub const USEC_PER_TICK: u64 = 10_000;

/// How long the CPUs did what, in microseconds since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// User space, guests included.
    pub user: u64,
    /// User space at lowered priority, guests at lowered priority included.
    pub nice: u64,
    /// The kernel, but for interrupts.
    pub system: u64,
    /// Nothing.
    pub idle: u64,
    /// Nothing, while a task waited for a disk. Unreliable by the kernel's own word, and can fall.
    pub iowait: u64,
    /// Interrupts.
    pub irq: u64,
    /// Deferred interrupt work.
    pub softirq: u64,
    /// Wanted to run, while the hypervisor above ran something else.
    pub steal: u64,
    /// Virtual CPUs of guests.
    pub guest: u64,
    /// Virtual CPUs of guests at lowered priority.
    pub guest_nice: u64,
}

impl CpuTimes {
    /// The time in which a CPU worked for this host. Guests are inside; what the hypervisor above stole is not.
    pub const fn busy_usec(&self) -> u64 {
        self.user
            .saturating_add(self.nice)
            .saturating_add(self.system)
            .saturating_add(self.interrupt_usec())
    }

    /// The part of the busy time that no task is charged for.
    pub const fn interrupt_usec(&self) -> u64 {
        self.irq.saturating_add(self.softirq)
    }

    /// All the time there was.
    pub const fn total_usec(&self) -> u64 {
        self.busy_usec()
            .saturating_add(self.idle)
            .saturating_add(self.iowait)
            .saturating_add(self.steal)
    }

    /// The larger of each two times: the kernel lets `idle` and `iowait` fall a little at times.
    #[must_use]
    pub fn max_each(&self, other: &Self) -> Self {
        Self {
            user: self.user.max(other.user),
            nice: self.nice.max(other.nice),
            system: self.system.max(other.system),
            idle: self.idle.max(other.idle),
            iowait: self.iowait.max(other.iowait),
            irq: self.irq.max(other.irq),
            softirq: self.softirq.max(other.softirq),
            steal: self.steal.max(other.steal),
            guest: self.guest.max(other.guest),
            guest_nice: self.guest_nice.max(other.guest_nice),
        }
    }

    /// The columns of a `cpu` line. Kernels before 2.6.33 have fewer than ten, later ones may have more.
    fn parse<'a>(mut columns: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut times = [0; 10];
        for (index, time) in times.iter_mut().enumerate() {
            match columns.next() {
                Some(column) => *time = text::digits(column)?.saturating_mul(USEC_PER_TICK),
                None if index >= 4 => break,
                None => return None,
            }
        }
        let [
            user,
            nice,
            system,
            idle,
            iowait,
            irq,
            softirq,
            steal,
            guest,
            guest_nice,
        ] = times;
        Some(Self {
            user,
            nice,
            system,
            idle,
            iowait,
            irq,
            softirq,
            steal,
            guest,
            guest_nice,
        })
    }
}

/// What `/proc/stat` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// All CPUs together.
    pub total: CpuTimes,
    /// Each CPU that is online, by its number.
    pub cpus: Vec<(u32, CpuTimes)>,
    /// Processes and threads created since boot.
    pub forks: u64,
    /// When the host booted, by its clock, in seconds since 1970. It moves when the clock is set.
    pub boot_time_epoch_secs: u64,
}

/// Parses into `stat`, whose memory is used again. After an error its contents mean nothing.
pub fn parse_into(file: &[u8], stat: &mut Stat) -> std::result::Result<(), ParseError> {
    stat.cpus.clear();
    let (mut total, mut forks, mut boot) = (None, None, None);
    for line in text::lines(file) {
        let mut words = text::words(line);
        match words.next() {
            Some(b"cpu") => total = Some(CpuTimes::parse(words).ok_or_else(|| cpu_line(line))?),
            Some(b"processes") => forks = words.next().and_then(text::digits),
            Some(b"btime") => boot = words.next().and_then(text::digits),
            Some([b'c', b'p', b'u', number @ ..]) => {
                let number = text::digits(number).and_then(|number| number.try_into().ok());
                let cpu = number
                    .zip(CpuTimes::parse(words))
                    .filter(|_| stat.cpus.len() < MAX_CPUS as usize);
                stat.cpus.push(cpu.ok_or_else(|| cpu_line(line))?);
            }
            _ => {}
        }
    }
    stat.total = total.ok_or_else(|| ParseError::new("a line of all CPUs", file))?;
    stat.forks = forks.ok_or_else(|| ParseError::new("a line processes with a number", file))?;
    stat.boot_time_epoch_secs = boot.ok_or_else(|| ParseError::new("a line btime with a number", file))?;
    Ok(())
}

fn cpu_line(line: &[u8]) -> ParseError {
    ParseError::new("a CPU and at least four times", line)
}

/// `/proc/stat`, kept open.
#[derive(Debug)]
pub struct StatReader(LastingFile);

impl StatReader {
    /// The file below `roots`, which is opened at the first reading.
    pub fn new(roots: &Roots) -> Self {
        Self(LastingFile::new(roots.proc.join("stat")))
    }

    /// Reads into `stat`, whose memory is used again. After an error its contents mean nothing.
    pub fn read(&mut self, scratch: &mut Scratch, stat: &mut Stat) -> Result<()> {
        self.0.parse_all(scratch, |file| parse_into(file, stat))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::Error;

    const TWO_CPUS: &str = "\
cpu  7837 12 3255 249023 304 5 31 17 400 3
cpu0 3761 6 1397 125003 56 2 11 6 200 1
cpu1 4075 6 1858 124019 248 3 19 10 200 2
intr 1053823 0 9 0 0 0 0 0 0 0
ctxt 2071398
btime 1795219200
processes 24733
procs_running 2
procs_blocked 0
softirq 502711 0 86283 1 10712 20716 0 65 180437 8 204489
";

    fn parse(file: &[u8]) -> std::result::Result<Stat, ParseError> {
        let mut stat = Stat::default();
        parse_into(file, &mut stat).map(|()| stat)
    }

    #[test]
    fn times_are_microseconds_and_each_cpu_has_its_number() {
        let stat = parse(TWO_CPUS.as_bytes()).unwrap();
        assert_eq!(stat.total.user, 78_370_000);
        assert_eq!(stat.total.guest_nice, 30_000);
        assert_eq!(
            stat.cpus.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            [0, 1]
        );
        assert_eq!(stat.cpus[1].1.iowait, 2_480_000);
        assert_eq!((stat.forks, stat.boot_time_epoch_secs), (24_733, 1_795_219_200));
    }

    #[test]
    fn guests_count_once_and_stolen_time_is_not_ours() {
        let total = parse(TWO_CPUS.as_bytes()).unwrap().total;
        assert_eq!(total.interrupt_usec(), 360_000);
        assert_eq!(total.busy_usec(), (7837 + 12 + 3255 + 5 + 31) * USEC_PER_TICK);
        assert_eq!(
            total.total_usec(),
            (7837 + 12 + 3255 + 249_023 + 304 + 5 + 31 + 17) * USEC_PER_TICK
        );
    }

    #[test]
    fn old_kernels_have_fewer_columns_and_new_ones_may_have_more() {
        let rest = "btime 1\nprocesses 1\n";
        let old = parse(format!("cpu 1 2 3 4\n{rest}").as_bytes()).unwrap();
        assert_eq!((old.total.idle, old.total.iowait), (40_000, 0));
        let new = parse(format!("cpu 1 2 3 4 5 6 7 8 9 10 11 12\n{rest}").as_bytes()).unwrap();
        assert_eq!(new.total.guest_nice, 100_000);
    }

    #[test]
    fn a_cpu_that_is_offline_leaves_a_gap() {
        let file = "cpu 1 1 1 1\ncpu0 1 1 1 1\ncpu3 1 1 1 1\nbtime 1\nprocesses 1\n";
        let numbers = parse(file.as_bytes())
            .unwrap()
            .cpus
            .into_iter()
            .map(|(number, _)| number);
        assert_eq!(numbers.collect::<Vec<_>>(), [0, 3]);
    }

    #[test]
    fn what_is_not_a_stat_file_is_refused() {
        let rest = "btime 1\nprocesses 1\n";
        let table = [
            String::new(),
            rest.to_owned(),
            format!("cpu 1 2 3\n{rest}"),
            format!("cpu 1 2 3 -4\n{rest}"),
            format!("cpu 1 2 3 4\ncpu0 1 2\n{rest}"),
            format!("cpu 1 2 3 4\ncpux 1 2 3 4\n{rest}"),
            format!("cpu 1 2 3 4\ncpu4294967296 1 2 3 4\n{rest}"),
            format!("cpu 99999999999999999999 2 3 4\n{rest}"),
            "cpu 1 2 3 4\nprocesses 1\n".to_owned(),
            "cpu 1 2 3 4\nbtime\nprocesses 1\n".to_owned(),
            "cpu 1 2 3 4\nbtime 1\n".to_owned(),
            format!(
                "cpu 1 2 3 4\n{}{rest}",
                "cpu1 1 1 1 1\n".repeat(MAX_CPUS as usize + 1)
            ),
        ];
        for bad in table {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:.60}");
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let max = u64::MAX;
        let stat = parse(format!("cpu {max} {max} {max} {max}\nbtime 1\nprocesses 1\n").as_bytes()).unwrap();
        assert_eq!((stat.total.busy_usec(), stat.total.total_usec()), (max, max));
    }

    #[test]
    fn a_reading_after_the_first_allocates_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(&roots.proc).unwrap();
        fs::write(roots.proc.join("stat"), TWO_CPUS).unwrap();
        let (mut reader, mut scratch, mut stat) =
            (StatReader::new(&roots), Scratch::default(), Stat::default());
        reader.read(&mut scratch, &mut stat).unwrap();
        let used = allocation_counter::measure(|| reader.read(&mut scratch, &mut stat).unwrap());
        assert_eq!(used.count_total, 0);
        assert_eq!(stat, parse(TWO_CPUS.as_bytes()).unwrap());
    }

    #[test]
    fn an_error_names_the_file_and_the_line() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(&roots.proc).unwrap();
        fs::write(roots.proc.join("stat"), "cpu 1 2 three 4\n").unwrap();
        let error = StatReader::new(&roots)
            .read(&mut Scratch::default(), &mut Stat::default())
            .unwrap_err();
        assert!(matches!(error, Error::Parse { .. }));
        assert!(
            error
                .to_string()
                .ends_with("proc/stat: expected a CPU and at least four times, found \"cpu 1 2 three 4\""),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_lines_like_those_of_the_file_are_parsed_without_a_panic(
            file in "((cpu[0-9]{0,2}|btime|processes)( [0-9]{0,22}){0,12}\n){0,8}"
        ) {
            let _ = parse(file.as_bytes());
        }
    }
}
