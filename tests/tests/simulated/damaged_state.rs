//! State files that are not what the agent wrote.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use wattle_agent::state_file::StateFile;

use super::worlds::assert_exact;
use super::worlds::small;
use crate::harness::Simulated;

/// What a run that was killed left: two slots, of which the newer has seen one tick more.
struct Left {
    boot_id: String,
    newer: &'static str,
    files: [(&'static str, Vec<u8>); 2],
    /// What the slots say that the host had used: the newer, the older.
    total_uj: [u64; 2],
}

/// What the agent makes of a state directory.
#[derive(Debug, PartialEq)]
struct Outcome {
    total_uj: Option<u64>,
    remarks: usize,
    aside: usize,
}

impl Left {
    fn by_a_run() -> Self {
        let mut sim = Simulated::new(small());
        sim.seconds(5);
        sim.kill();
        let slot = |name| (name, fs::read(sim.state_dir().join(name)).unwrap());
        let mut left = Self {
            boot_id: fs::read_to_string(sim.host_dir().join("proc/sys/kernel/random/boot_id"))
                .unwrap()
                .trim()
                .to_owned(),
            newer: "state-a",
            files: [slot("state-a"), slot("state-b")],
            total_uj: [0; 2],
        };
        let alone = |name| {
            left.open(|dir| fs::remove_file(dir.join(name)).unwrap())
                .total_uj
                .unwrap()
        };
        let (a, b) = (alone("state-b"), alone("state-a"));
        left.total_uj = [a.max(b), a.min(b)];
        left.newer = if a > b { "state-a" } else { "state-b" };
        left
    }

    /// Opens a copy of what was left, after something was done to it.
    fn open(&self, harm: impl FnOnce(&Path)) -> Outcome {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in &self.files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        harm(dir.path());
        let (_state, found, remarks) = StateFile::open(dir.path(), &self.boot_id).unwrap();
        let aside = ["state-a.aside", "state-b.aside"];
        Outcome {
            total_uj: found.map(|found| found.ledger.host_total_uj()),
            remarks: remarks.len(),
            aside: aside.iter().filter(|name| dir.path().join(name).exists()).count(),
        }
    }

    /// Opens it after the newer slot was made to say something else.
    fn with_newer(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Outcome {
        self.open(|dir| {
            let path = dir.join(self.newer);
            let changed = change(fs::read(&path).unwrap());
            fs::write(path, changed).unwrap();
        })
    }

    /// The newer slot was found out, set aside and remarked upon, and the older is used.
    fn fallen_back(&self) -> Outcome {
        Outcome {
            total_uj: Some(self.total_uj[1]),
            remarks: 1,
            aside: 1,
        }
    }

    fn unharmed(&self) -> Outcome {
        Outcome {
            total_uj: Some(self.total_uj[0]),
            remarks: 0,
            aside: 0,
        }
    }

    fn length(&self) -> usize {
        self.files
            .iter()
            .find(|(name, _)| *name == self.newer)
            .unwrap()
            .1
            .len()
    }
}

#[test]
fn a_slot_cut_off_anywhere_is_set_aside_and_the_other_is_used() {
    let left = Left::by_a_run();
    assert_eq!(left.open(|_| {}), left.unharmed());
    assert_eq!(
        left.with_newer(|_| Vec::new()),
        Outcome {
            remarks: 0,
            aside: 0,
            ..left.fallen_back()
        },
        "an empty slot is one that was never written"
    );
    let length = left.length();
    for cut in (1..200).chain((200..length).step_by(97)).chain([length - 1]) {
        let outcome = left.with_newer(|mut bytes| {
            bytes.truncate(cut);
            bytes
        });
        assert_eq!(outcome, left.fallen_back(), "cut off at {cut}");
    }
}

#[test]
fn a_slot_with_any_byte_changed_is_never_taken_for_something_else() {
    let left = Left::by_a_run();
    for at in (0..200).chain((200..left.length()).step_by(61)) {
        for bits in [0x01, 0x20, 0x80] {
            let outcome = left.with_newer(|mut bytes| {
                bytes[at] ^= bits;
                bytes
            });
            // A line end that became another kind of space says the same.
            let same = outcome == left.unharmed() && at == 63;
            assert!(same || outcome == left.fallen_back(), "byte {at}: {outcome:?}");
        }
    }
}

#[test]
fn what_is_no_state_of_this_version_is_set_aside() {
    let left = Left::by_a_run();
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .unwrap()
                .replacen(from, to, 1)
                .into_bytes()
        }
    };
    for outcome in [
        left.with_newer(replace("wattle-state 1 ", "wattle-state 2 ")),
        left.with_newer(replace("wattle-state", "another-file")),
        left.with_newer(|bytes| bytes.repeat(2)),
        left.with_newer(|_| b"hello\n".to_vec()),
        left.with_newer(|_| vec![0; 5000]),
        left.with_newer(|_| vec![0xff; 64]),
        left.with_newer(|bytes| bytes.into_iter().rev().collect()),
    ] {
        assert_eq!(outcome, left.fallen_back());
    }
}

#[test]
fn with_both_slots_damaged_both_are_set_aside_and_counters_begin_at_0() {
    let left = Left::by_a_run();
    let outcome = left.open(|dir| {
        for name in ["state-a", "state-b"] {
            fs::write(dir.join(name), "garbage").unwrap();
        }
    });
    assert_eq!(
        outcome,
        Outcome {
            total_uj: None,
            remarks: 2,
            aside: 2
        }
    );
}

#[test]
fn a_state_from_before_a_crash_of_the_machine_is_set_aside_and_says_how_much_it_held() {
    let left = Left::by_a_run();
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in &left.files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let (_state, found, remarks) = StateFile::open(dir.path(), "another-boot").unwrap();
    assert!(found.is_none());
    let joules = format!("{} J are set aside", left.total_uj[0] / 1_000_000);
    assert!(
        matches!(&remarks[..], [remark] if remark.contains("stopped without warning") && remark.contains(&joules)),
        "{remarks:?}"
    );
    assert!(dir.path().join("state-a.aside").exists() && dir.path().join("state-b.aside").exists());
}

#[test]
fn the_agent_goes_on_from_the_other_slot() {
    let mut sim = Simulated::new(small());
    let first = sim.tick();
    let start = sim.true_uj();
    sim.seconds(6);
    sim.kill();
    let newest = newest(&sim.state_dir());
    fs::write(newest, "garbage").unwrap();
    // The counters of the last tick are lost, and what they showed is counted once more from the tick before.
    sim.forget();
    sim.start();
    let end = sim.seconds(2);
    assert_exact([first.measured_uj(), end.measured_uj()], [start, sim.true_uj()]);
}

fn newest(dir: &Path) -> PathBuf {
    let sequence = |path: &PathBuf| -> u64 {
        let text = fs::read_to_string(path).unwrap();
        text.split(' ').nth(2).unwrap().parse().unwrap()
    };
    let slots = ["state-a", "state-b"].map(|name| dir.join(name));
    slots.into_iter().max_by_key(sequence).unwrap()
}

#[test]
fn a_state_directory_full_of_nonsense_does_not_keep_the_agent_from_counting() {
    let mut sim = Simulated::new(small());
    sim.seconds(2);
    sim.kill();
    sim.forget();
    for name in ["state-a", "state-b"] {
        let path = sim.state_dir().join(name);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
    }
    sim.start();
    let first = sim.tick();
    let start = sim.true_uj();
    let end = sim.seconds(2);
    assert_exact([first.measured_uj(), end.measured_uj()], [start, sim.true_uj()]);
}

#[test]
fn a_host_without_a_boot_id_is_measured_and_its_counters_are_not_kept() {
    let mut sim = Simulated::new(small());
    sim.kill();
    sim.fault("vanish proc/sys/kernel/random/boot_id");
    sim.start();
    let first = sim.tick();
    let start = sim.true_uj();
    let end = sim.seconds(3);
    assert_exact([first.measured_uj(), end.measured_uj()], [start, sim.true_uj()]);
}

#[test]
fn a_slot_that_cannot_be_written_costs_the_other_one_nothing() {
    let mut sim = Simulated::new(small());
    // The first tick writes the second slot, and they take turns.
    let [older, newer] = ["state-a", "state-b"];
    sim.seconds(5);
    sim.kill();
    let (older, newer) = (sim.state_dir().join(older), sim.state_dir().join(newer));
    let whole = fs::read(&newer).unwrap();
    fs::remove_file(&older).unwrap();
    std::os::unix::fs::symlink("/dev/full", &older).unwrap();
    sim.start();
    let scrape = sim.seconds(3);
    assert_eq!(
        scrape.find("wattle_state_save_failures_total", &[]),
        Some(3_000_000)
    );
    assert_eq!(fs::read(&newer).unwrap(), whole);
}
