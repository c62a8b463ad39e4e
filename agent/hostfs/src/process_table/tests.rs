use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use proptest::prelude::*;

use super::*;
use crate::test_tree::TestTree;
use crate::test_tree::descriptors_below;
use crate::test_tree::stat;

type Table = ProcessTable<u8>;
/// The number, CPU time and freshness of each that was found, and those that ended.
type Tick = (Vec<(u32, u64, bool)>, Vec<Process<u8>>);

struct Made {
    tree: TestTree,
    scratch: Scratch,
}

impl Made {
    fn new() -> Self {
        Self {
            tree: TestTree::new(),
            scratch: Scratch::default(),
        }
    }

    fn set(&self, pid: u32, ticks: u64, start: u64) {
        self.tree
            .write(format!("proc/{pid}/stat"), stat(pid, b"worker", ticks, start));
    }

    fn table(&self, max_kept: usize) -> Table {
        Table::new(&self.tree.roots(), max_kept)
    }

    fn tick(&mut self, table: &mut Table, pids: &[u32]) -> Tick {
        table.begin();
        let mut found = Vec::new();
        for &pid in pids {
            if let Some(process) = table.visit(pid, &mut self.scratch).unwrap() {
                process.tag += 1;
                found.push((pid, process.cpu_usec, process.fresh));
            }
        }
        let mut ended = Vec::new();
        table.end(|process| ended.push(process));
        (found, ended)
    }
}

#[test]
fn a_process_is_fresh_once_and_keeps_its_tag_until_it_ends() {
    for max_kept in [0, 1, 9] {
        let mut made = Made::new();
        let mut table = made.table(max_kept);
        made.set(7, 1, 100);
        made.set(8, 0, 100);
        assert_eq!(
            made.tick(&mut table, &[7, 8, 9]),
            (vec![(7, 10_000, true), (8, 0, true)], vec![])
        );
        made.set(7, 3, 100);
        assert_eq!(
            made.tick(&mut table, &[7, 8]),
            (vec![(7, 30_000, false), (8, 0, false)], vec![])
        );
        let (found, ended) = made.tick(&mut table, &[8]);
        assert_eq!(found, [(8, 0, false)]);
        let [process] = &ended[..] else {
            panic!("{ended:?}")
        };
        assert_eq!(
            (process.pid, process.cpu_usec, process.tag, &*process.comm),
            (7, 30_000, 2, "worker")
        );
        assert_eq!(
            table.processes().map(|process| process.pid).collect::<Vec<_>>(),
            [8]
        );
    }
}

#[test]
fn a_number_used_again_is_another_process() {
    for (max_kept, in_place) in [(0, true), (9, true), (9, false)] {
        let mut made = Made::new();
        let mut table = made.table(max_kept);
        made.set(7, 50, 100);
        made.tick(&mut table, &[7]);
        if !in_place {
            made.tree.remove("proc/7");
        }
        made.set(7, 2, 101);
        let (found, ended) = made.tick(&mut table, &[7]);
        assert_eq!(found, [(7, 20_000, true)]);
        assert_eq!((ended[0].start_ticks, ended[0].cpu_usec), (100, 500_000));
        assert_eq!(made.tick(&mut table, &[7]), (vec![(7, 20_000, false)], vec![]));
    }
}

#[test]
fn a_process_that_vanished_before_its_visit_is_handed_out_as_ended() {
    let mut made = Made::new();
    let mut table = made.table(9);
    made.set(7, 1, 100);
    made.tick(&mut table, &[7]);
    made.tree.remove("proc/7");
    let (found, ended) = made.tick(&mut table, &[7]);
    assert!(found.is_empty());
    assert_eq!(ended.len(), 1);
}

#[test]
fn a_process_whose_file_is_broken_is_not_taken_for_ended() {
    let mut made = Made::new();
    let mut table = made.table(9);
    made.set(7, 1, 100);
    made.tick(&mut table, &[7]);
    made.tree.write("proc/7/stat", "");
    table.begin();
    let error = table.visit(7, &mut made.scratch).unwrap_err().to_string();
    assert!(error.contains("proc/7/stat: expected PID (NAME)"), "{error}");
    table.end(|process| panic!("{process:?}"));
    made.set(7, 4, 100);
    assert_eq!(made.tick(&mut table, &[7]).0, [(7, 40_000, false)]);
}

#[test]
fn a_second_visit_in_a_tick_reads_nothing() {
    let mut made = Made::new();
    let mut table = made.table(9);
    made.set(7, 1, 100);
    assert_eq!(
        made.tick(&mut table, &[7, 7]).0,
        [(7, 10_000, true), (7, 10_000, true)]
    );
}

#[test]
fn the_descriptors_kept_are_bounded_and_given_back() {
    let mut made = Made::new();
    let mut table = made.table(10);
    for round in 0..5 {
        let pids = (1 + round * 100..=(round + 1) * 100).collect::<Vec<_>>();
        pids.iter().for_each(|&pid| made.set(pid, 0, 1));
        // The descriptors of those that end in a tick are free in the next.
        made.tick(&mut table, &pids);
        assert_eq!(made.tick(&mut table, &pids).0.len(), 100);
        assert_eq!(descriptors_below(&made.tree.roots().proc), 10);
    }
    made.tick(&mut table, &[]);
    assert_eq!(descriptors_below(&made.tree.roots().proc), 0);
    assert!(table.slots.capacity() <= SPARE);
}

#[test]
fn an_idle_process_costs_no_allocation_kept_or_not() {
    for max_kept in [0, 9] {
        let mut made = Made::new();
        let mut table = made.table(max_kept);
        let pids = [7, 8, 9];
        pids.iter().for_each(|&pid| made.set(pid, 0, 1));
        made.tree.write("proc/9/stat", stat(9, b"\xff(odd)\xf0", 0, 1));
        made.tick(&mut table, &pids);
        let info = allocation_counter::measure(|| {
            table.begin();
            for pid in pids {
                assert!(table.visit(pid, &mut made.scratch).unwrap().is_some());
            }
            table.end(|_| {});
        });
        assert_eq!(info.count_total, 0);
    }
}

fn sleeper() -> Child {
    Command::new("sleep")
        .arg("60")
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_kept_descriptor_tells_that_a_real_process_has_ended() {
    let roots = Roots::default();
    if !roots.proc.join("self/stat").exists() {
        eprintln!("skipped: no /proc");
        return;
    }
    let mut scratch = Scratch::default();
    let mut table = Table::new(&roots, 9);
    let mut child = sleeper();
    table.begin();
    let process = table.visit(child.id(), &mut scratch).unwrap().unwrap();
    assert!(process.fresh && process.parent == std::process::id());
    child.kill().unwrap();
    child.wait().unwrap();
    table.end(|process| panic!("{process:?}"));
    table.begin();
    assert_eq!(table.visit(child.id(), &mut scratch).unwrap(), None);
    let mut ended = Vec::new();
    table.end(|process| ended.push(process.pid));
    assert_eq!(ended, [child.id()]);
}

proptest! {
    #[test]
    fn a_name_is_known_again_whatever_its_bytes(comm: Vec<u8>, other: Vec<u8>) {
        let (made, cut) = (lossy(&comm), |comm: &[u8]| lossy(comm));
        prop_assert!(is_lossy(&made, &comm));
        prop_assert_eq!(is_lossy(&made, &other), made == cut(&other));
    }
}
