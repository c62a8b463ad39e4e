//! Processes and their files below `/proc/PID` (proc_pid_stat(5)).

use std::fmt::Write;

use super::tree::Tree;

/// The length of a tick of `/proc/PID/stat` and `/proc/stat`.
pub(crate) const TICK_US: u64 = 10_000;
/// `PF_KTHREAD` of the kernel's `include/linux/sched.h`.
const PF_KTHREAD: u64 = 0x0020_0000;
/// `PF_RANDOMIZE`, as user processes have it.
const PF_RANDOMIZE: u64 = 0x0040_0000;

/// What a process is from its start to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) comm: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) uid: u32,
    pub(crate) threads: u32,
    /// When it started, in ticks after the boot.
    pub(crate) start_ticks: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) kernel_thread: bool,
    /// What its `cgroup` file says.
    pub(crate) membership: String,
}

/// A running process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) identity: Identity,
    /// Its part of its workload's time, against those of its siblings.
    pub(crate) weight: u64,
    pub(crate) user_us: u64,
    pub(crate) system_us: u64,
    pub(crate) guest_us: u64,
    /// The CPU that it ran on last.
    pub(crate) cpu: usize,
    written: Option<[u64; 3]>,
}

/// Time that ran, by mode. `user` includes `guest`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) user: u64,
    pub(crate) system: u64,
    pub(crate) guest: u64,
}

impl Process {
    pub(crate) fn new(identity: Identity, weight: u64) -> Self {
        Self {
            identity,
            weight,
            user_us: 0,
            system_us: 0,
            guest_us: 0,
            cpu: 0,
            written: None,
        }
    }

    /// Runs for `us`, parted by thousandths so that the parts do not drift from the whole.
    pub(crate) fn run(&mut self, us: u64, system_permille: u64, guest_permille: u64) -> Ran {
        let all = self.user_us + self.system_us + us;
        let system = all * system_permille / 1000 - self.system_us;
        let user = us - system;
        let guest = (self.user_us + user) * guest_permille / 1000 - self.guest_us;
        self.system_us += system;
        self.user_us += user;
        self.guest_us += guest;
        Ran { user, system, guest }
    }

    /// Where its files are.
    pub(crate) fn directory(&self) -> String {
        format!("proc/{}", self.identity.pid)
    }

    /// Writes what has changed: of most processes, nothing.
    pub(crate) fn render(&mut self, tree: &mut Tree) -> anyhow::Result<()> {
        let ticks = [self.user_us, self.system_us, self.guest_us].map(|us| us / TICK_US);
        let first = self.written.is_none();
        if self.written == Some(ticks) {
            return Ok(());
        }
        self.written = Some(ticks);
        let directory = self.directory();
        tree.put(&format!("{directory}/stat"), self.stat(ticks).as_bytes())?;
        if first {
            self.render_identity(&directory, tree)
        } else {
            Ok(())
        }
    }

    fn render_identity(&self, directory: &str, tree: &mut Tree) -> anyhow::Result<()> {
        let own = &self.identity;
        let arguments = own
            .arguments
            .iter()
            .fold(String::new(), |text, argument| text + argument + "\0");
        tree.put(&format!("{directory}/cmdline"), arguments.as_bytes())?;
        tree.put(&format!("{directory}/comm"), format!("{}\n", own.comm).as_bytes())?;
        tree.put(&format!("{directory}/cgroup"), own.membership.as_bytes())?;
        tree.put(&format!("{directory}/status"), self.status().as_bytes())
    }

    /// The 52 fields of proc_pid_stat(5). Addresses are 0, as for a reader without privilege.
    fn stat(&self, [user, system, guest]: [u64; 3]) -> String {
        let own = &self.identity;
        let flags = if own.kernel_thread {
            PF_KTHREAD | 0x40
        } else {
            PF_RANDOMIZE | 0x100
        };
        let (pid, comm, parent, threads, start) =
            (own.pid, &own.comm, own.parent, own.threads, own.start_ticks);
        let (vsize, rss) = (own.memory_bytes * 3, own.memory_bytes / 4096);
        let group = if own.kernel_thread { 0 } else { pid };
        let mut text = format!("{pid} ({comm}) S {parent} {group} {group} 0 -1 {flags} {rss} 0 0 0 ");
        let _ = write!(
            text,
            "{user} {system} 0 0 20 0 {threads} 0 {start} {vsize} {rss} "
        );
        let _ = write!(
            text,
            "18446744073709551615 0 0 0 0 0 0 0 4096 16384 0 0 0 17 {} 0 0 0 ",
            self.cpu
        );
        let _ = writeln!(text, "{guest} 0 0 0 0 0 0 0 0 0");
        text
    }

    fn status(&self) -> String {
        let own = &self.identity;
        let (pid, uid) = (own.pid, own.uid);
        let mut text = format!("Name:\t{}\nUmask:\t0022\nState:\tS (sleeping)\n", own.comm);
        let _ = write!(
            text,
            "Tgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{}\nTracerPid:\t0\n",
            own.parent
        );
        let _ = write!(
            text,
            "Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\n"
        );
        let _ = write!(text, "FDSize:\t64\nGroups:\t \nNStgid:\t{pid}\nNSpid:\t{pid}\n");
        let _ = writeln!(text, "Kthread:\t{}", u8::from(own.kernel_thread));
        if !own.kernel_thread {
            let kilobytes = own.memory_bytes / 1024;
            let _ = write!(
                text,
                "VmSize:\t{:>8} kB\nVmRSS:\t{kilobytes:>8} kB\nRssAnon:\t{:>8} kB\n",
                kilobytes * 3,
                kilobytes - kilobytes / 4
            );
        }
        let _ = writeln!(text, "Threads:\t{}", own.threads);
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn process(kernel_thread: bool) -> Process {
        let identity = Identity {
            pid: 42,
            comm: "tmux: (server)".to_owned(),
            start_ticks: 360_017,
            kernel_thread,
            ..Identity::default()
        };
        Process::new(identity, 1)
    }

    #[test]
    fn stat_has_its_52_fields_where_the_manual_says() {
        let mut process = process(true);
        process.run(1_000_000, 250, 500);
        let stat = process.stat([75, 25, 37]);
        let (head, tail) = stat.rsplit_once(") ").unwrap();
        assert_eq!(head, "42 (tmux: (server)");
        let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
        assert_eq!(fields.len(), 50);
        for (number, value) in [
            (3, "S"),
            (14, "75"),
            (15, "25"),
            (22, "360017"),
            (43, "37"),
            (52, "0"),
        ] {
            assert_eq!(fields[number - 3], value, "field {number}");
        }
        assert_ne!(fields[9 - 3].parse::<u64>().unwrap() & PF_KTHREAD, 0);
    }

    proptest! {
        #[test]
        fn the_modes_add_up_to_what_ran(
            steps in prop::collection::vec(0_u64..1_000_000, 1..50), system in 0_u64..=1000, guest in 0_u64..=1000,
        ) {
            let mut process = process(false);
            for &us in &steps {
                let ran = process.run(us, system, guest);
                prop_assert_eq!(ran.user + ran.system, us);
            }
            let all: u64 = steps.iter().sum();
            prop_assert_eq!(process.system_us, all * system / 1000);
            prop_assert!(process.guest_us <= process.user_us);
        }
    }
}
