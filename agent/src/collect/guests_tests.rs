//! Virtual machines found among made-up processes.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;

use super::guests::Guests;

const QEMU: &str =
    "/usr/bin/qemu-system-x86_64\0-name\0guest=web\0-uuid\0eb437597-9acc-494c-8150-71b977dfc70c\0";

/// Processes in a directory.
struct Proc {
    dir: TempDir,
    guests: Guests,
    forks: u64,
}

impl Proc {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("proc")).unwrap();
        let guests = Guests::new(&Roots::below(dir.path()));
        Self {
            dir,
            guests,
            forks: 1,
        }
    }

    fn path(&self, pid: u32) -> PathBuf {
        self.dir.path().join(format!("proc/{pid}"))
    }

    /// A process with this name, start time and command line; in the place of any other with that number.
    fn start(&mut self, pid: u32, (comm, start_ticks, flags): (&str, u64, u64), cmdline: &str) {
        // Another directory is made first, so that this one has another inode than one that went before.
        let spare = self.dir.path().join(format!("spare-{pid}-{start_ticks}"));
        fs::create_dir(&spare).unwrap();
        let _ = fs::remove_dir_all(self.path(pid));
        fs::rename(spare, self.path(pid)).unwrap();
        let zeros = "0 ".repeat(20);
        let stat = format!(
            "{pid} ({comm}) S 1 1 1 0 -1 {flags} 0 0 0 0 1 1 0 0 20 0 1 0 {start_ticks} 1 1 {zeros}\n"
        );
        fs::write(self.path(pid).join("stat"), stat).unwrap();
        fs::write(self.path(pid).join("cmdline"), cmdline).unwrap();
        self.forks += 1;
    }

    fn tick(&mut self) {
        self.guests
            .refresh(Some(self.forks), &mut Scratch::default())
            .unwrap();
    }

    /// The name of the machine that a process is or works for.
    fn machine(&self, pid: u32, start_ticks: u64) -> Option<String> {
        let (machine, _) = self.guests.machine(pid, start_ticks)?;
        machine.name.clone()
    }
}

const USER: u64 = 0;
const KERNEL: u64 = 0x0020_0000;

#[test]
fn a_machine_is_found_within_two_ticks_of_its_start_and_forgotten_with_its_process() {
    let mut host = Proc::new();
    host.start(1, ("init", 0, USER), "init\0");
    host.tick();
    for turn in 0..4 {
        let (pid, start) = (100 + turn, u64::from(turn));
        host.start(pid, ("qemu-system-x86", start, USER), QEMU);
        (0..2).for_each(|_| host.tick());
        assert_eq!(host.machine(pid, start).as_deref(), Some("web"), "{turn}");
        assert_eq!(
            host.machine(pid, start + 1),
            None,
            "another process with that number"
        );
        fs::remove_dir_all(host.path(pid)).unwrap();
        host.forks += 1;
        (0..2).for_each(|_| host.tick());
        assert_eq!(host.guests.pids().count(), 0);
    }
}

#[test]
fn a_fork_that_is_still_called_like_its_parent_is_found_once_it_is_a_machine() {
    for late in [0, 1, 2, 7, 30] {
        let mut host = Proc::new();
        host.start(64, ("libvirtd", 5, USER), "libvirtd\0-d\0");
        (0..=late).for_each(|_| host.tick());
        assert_eq!(host.machine(64, 5), None);
        fs::write(host.path(64).join("cmdline"), QEMU).unwrap();
        // A process is looked at less often as it grows older.
        (0..=late.max(2) * 4).for_each(|_| host.tick());
        assert_eq!(host.machine(64, 5).as_deref(), Some("web"), "{late}");
    }
}

#[test]
fn a_number_that_is_used_again_is_judged_anew() {
    let mut host = Proc::new();
    host.start(7, ("qemu-system-x86", 10, USER), QEMU);
    host.tick();
    assert!(host.machine(7, 10).is_some());
    host.start(
        7,
        ("sh", 20, USER),
        "sh\0-c\0echo qemu-system-x86_64 -name guest=web\0",
    );
    (0..2).for_each(|_| host.tick());
    assert_eq!((host.machine(7, 10), host.machine(7, 20)), (None, None));
    host.start(7, ("qemu-system-x86", 30, USER), QEMU);
    (0..2).for_each(|_| host.tick());
    assert!(host.machine(7, 30).is_some());
}

#[test]
fn the_kernel_s_worker_for_a_machine_works_for_it_and_a_program_of_that_name_does_not() {
    let mut host = Proc::new();
    host.start(7, ("qemu-system-x86", 10, USER), QEMU);
    host.start(8, ("vhost-7", 11, KERNEL), "");
    host.start(9, ("vhost-7", 12, USER), "");
    host.start(10, ("vhost-1", 13, KERNEL), "");
    host.start(11, ("vhost-x", 14, KERNEL), "");
    host.tick();
    assert_eq!(host.machine(8, 11).as_deref(), Some("web"));
    for (pid, start) in [(9, 12), (10, 13), (11, 14)] {
        assert_eq!(host.machine(pid, start), None, "{pid}");
    }
}

#[test]
fn where_nothing_was_forked_nothing_is_listed_but_now_and_then() {
    let mut host = Proc::new();
    host.tick();
    host.start(7, ("qemu-system-x86", 10, USER), QEMU);
    host.forks -= 1;
    let found = (0..20).position(|_| {
        host.tick();
        host.machine(7, 10).is_some()
    });
    assert_eq!(found, Some(15));
}
