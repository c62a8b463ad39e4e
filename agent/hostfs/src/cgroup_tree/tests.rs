use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::path::PathBuf;

use super::*;
use crate::Scratch;
use crate::hierarchies::Hierarchies;
use crate::test_tree::TestTree;
use crate::test_tree::descriptors_below;

mod grouped;
mod live;
mod watched;

/// A made-up cgroup file system, with the directory of the hierarchy that accounts CPU time.
struct Made {
    tree: TestTree,
    cpu: PathBuf,
    scratch: Scratch,
    asked: RefCell<Vec<String>>,
}

impl Made {
    fn v2() -> Self {
        Self::with(&["cgroup.controllers"], "")
    }

    fn v1() -> Self {
        Self::with(
            &["cpu,cpuacct/tasks", "memory/tasks", "cpuset/tasks"],
            "cpu,cpuacct",
        )
    }

    fn with(files: &[&str], cpu: &str) -> Self {
        let tree = TestTree::new();
        let root = Path::new("sys/fs/cgroup");
        files.iter().for_each(|file| tree.write(root.join(file), ""));
        Self {
            tree,
            cpu: root.join(cpu),
            scratch: Scratch::default(),
            asked: RefCell::default(),
        }
    }

    fn hierarchies(&self) -> Hierarchies {
        Hierarchies::detect(&self.tree.roots()).unwrap()
    }

    fn tree(&self, max_kept: usize) -> CgroupTree<u32> {
        CgroupTree::new(&self.hierarchies(), max_kept)
    }

    fn write(&self, path: &str, content: &str) {
        self.tree.write(self.cpu.join(path), content);
    }

    /// Makes a cgroup of version 2 that has used so much CPU time.
    fn used(&self, path: &str, usec: u64) {
        self.write(
            &format!("{path}/cpu.stat"),
            &format!("usage_usec {usec}\nuser_usec 0\n"),
        );
    }

    fn remove(&self, path: &str) {
        self.tree.remove(self.cpu.join(path));
    }

    /// Scans; slices are groupings, users' ones workloads too, `.ignored` is ignored, the rest are workloads tagged by the order of the asking.
    fn scan(&mut self, tree: &mut CgroupTree<u32>) {
        let asked = &self.asked;
        tree.scan(&mut self.scratch, |path, _| {
            asked.borrow_mut().push(path.as_str().to_owned());
            match path.name() {
                name if name.starts_with("user-") => Sort::GroupOf(tag(asked)),
                name if name.ends_with(".slice") => Sort::Descend,
                name if name.ends_with(".ignored") => Sort::Ignore,
                _ => Sort::Workload(tag(asked)),
            }
        })
        .unwrap();
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.take();
        asked.sort();
        asked
    }

    fn loose(&mut self, tree: &mut CgroupTree<u32>) -> Vec<u32> {
        let mut pids = Vec::new();
        tree.for_each_loose_pid(&mut self.scratch, |pid| pids.push(pid))
            .unwrap();
        pids
    }
}

fn tag(asked: &RefCell<Vec<String>>) -> u32 {
    u32::try_from(asked.borrow().len()).unwrap()
}

/// Path, CPU time, freshness and staleness, by path.
fn figures(tree: &CgroupTree<u32>) -> Vec<(&str, u64, bool, bool)> {
    let mut all = tree
        .workloads()
        .map(|c| (c.path.as_str(), c.cpu_usec, c.fresh, c.stale))
        .collect::<Vec<_>>();
    all.sort_unstable();
    all
}

fn ended(tree: &mut CgroupTree<u32>) -> Vec<(String, u64)> {
    let mut all = tree
        .take_ended()
        .map(|c| (c.path.as_str().to_owned(), c.cpu_usec))
        .collect::<Vec<_>>();
    all.sort();
    all
}

#[test]
fn workloads_are_found_below_groupings_and_each_cgroup_is_sorted_once() {
    for max_kept in [0, 3, 100] {
        let mut made = Made::v2();
        made.used("system.slice/a.service", 10);
        made.used("system.slice/a.service/inner.slice", 4);
        made.used("machine.slice/deep.slice/vm", 30);
        made.used("x.ignored/y", 5);
        let mut tree = made.tree(max_kept);
        made.scan(&mut tree);
        let expected = [
            ("/machine.slice/deep.slice/vm", 30, true, false),
            ("/system.slice/a.service", 10, true, false),
        ];
        assert_eq!(figures(&tree), expected);
        let sorted = [
            "/machine.slice",
            "/machine.slice/deep.slice",
            "/machine.slice/deep.slice/vm",
            "/system.slice",
            "/system.slice/a.service",
            "/x.ignored",
        ];
        assert_eq!(made.asked(), sorted);
        made.used("system.slice/a.service", 25);
        made.used("system.slice/new", 1);
        made.scan(&mut tree);
        let expected = [
            ("/machine.slice/deep.slice/vm", 30, false, false),
            ("/system.slice/a.service", 25, false, false),
            ("/system.slice/new", 1, true, false),
        ];
        assert_eq!(figures(&tree), expected);
        assert_eq!(made.asked(), ["/system.slice/new"]);
        assert!(tree.trouble().is_none());
    }
}

#[test]
fn what_goes_is_handed_out_once_with_its_last_figures() {
    for max_kept in [0, 100] {
        let mut made = Made::v2();
        for path in ["a", "b.slice/c", "b.slice/d.slice/e", "f"] {
            made.used(path, 7);
        }
        let mut tree = made.tree(max_kept);
        made.scan(&mut tree);
        made.remove("a");
        made.remove("b.slice");
        made.scan(&mut tree);
        let gone = [("/a", 7), ("/b.slice/c", 7), ("/b.slice/d.slice/e", 7)];
        assert_eq!(ended(&mut tree), gone.map(|(path, usec)| (path.to_owned(), usec)));
        assert_eq!(figures(&tree), [("/f", 7, false, false)]);
        made.scan(&mut tree);
        assert_eq!(ended(&mut tree), []);
    }
}

#[test]
fn a_cgroup_whose_usage_falls_has_ended_and_another_is_fresh() {
    for (max_kept, in_place) in [(0, true), (100, true), (100, false)] {
        let mut made = Made::v2();
        made.used("a.slice/b", 100);
        let mut tree = made.tree(max_kept);
        made.scan(&mut tree);
        if !in_place {
            made.remove("a.slice/b/cpu.stat");
        }
        made.used("a.slice/b", 3);
        made.scan(&mut tree);
        assert_eq!(figures(&tree), [("/a.slice/b", 3, true, false)]);
        assert_eq!(ended(&mut tree), [("/a.slice/b".to_owned(), 100)]);
        assert_eq!(made.asked(), ["/a.slice", "/a.slice/b", "/a.slice/b"]);
        made.scan(&mut tree);
        assert_eq!(figures(&tree), [("/a.slice/b", 3, false, false)]);
        assert_eq!(tree.tracked(), 2);
    }
}

#[test]
fn a_cgroup_made_again_between_two_scans_is_another_however_much_it_has_used() {
    for max_kept in [0, 100] {
        let mut made = Made::v2();
        made.used("a", 100);
        let mut tree = made.tree(max_kept);
        made.scan(&mut tree);
        // Moved away rather than removed, lest the file system give its inode to the next.
        std::fs::rename(made.tree.path(made.cpu.join("a")), made.tree.path("elsewhere")).unwrap();
        made.used("a", 500);
        made.scan(&mut tree);
        assert_eq!(figures(&tree), [("/a", 500, true, false)]);
        assert_eq!(ended(&mut tree), [("/a".to_owned(), 100)]);
    }
}

#[test]
fn a_broken_file_leaves_the_last_figure_flagged_and_the_others_untouched() {
    for max_kept in [0, 100] {
        let mut made = Made::v2();
        made.used("a", 10);
        made.used("b", 20);
        let mut tree = made.tree(max_kept);
        made.scan(&mut tree);
        made.write("a/cpu.stat", "garbage");
        made.used("b", 21);
        made.scan(&mut tree);
        assert_eq!(
            figures(&tree),
            [("/a", 10, false, true), ("/b", 21, false, false)]
        );
        let trouble = tree.trouble().unwrap().to_string();
        assert!(
            trouble.contains("a/cpu.stat: expected usage_usec") && trouble.contains("garbage"),
            "{trouble}"
        );
        made.used("a", 12);
        made.scan(&mut tree);
        assert_eq!(
            figures(&tree),
            [("/a", 12, false, false), ("/b", 21, false, false)]
        );
        assert!(tree.trouble().is_none());
    }
}

#[test]
fn a_cgroup_without_figures_is_stale_and_fresh_until_the_first() {
    let mut made = Made::v2();
    made.tree.mkdir(made.cpu.join("a"));
    let mut tree = made.tree(100);
    for _ in 0..2 {
        made.scan(&mut tree);
        assert_eq!(figures(&tree), [("/a", 0, true, true)]);
    }
    made.used("a", 9);
    made.scan(&mut tree);
    assert_eq!(figures(&tree), [("/a", 9, true, false)]);
    made.scan(&mut tree);
    assert_eq!(figures(&tree), [("/a", 9, false, false)]);
    assert_eq!(made.asked(), ["/a"]);
}

#[test]
fn version_1_reads_nanoseconds_and_finds_limits_in_other_hierarchies() {
    let mut made = Made::v1();
    made.write("m.slice/vm/cpuacct.usage", "5000999\n");
    made.write("m.slice/vm/cpu.cfs_quota_us", "150000\n");
    made.write("m.slice/vm/cpu.cfs_period_us", "100000\n");
    made.write("free/cpuacct.usage", "0\n");
    made.write("free/cpu.cfs_quota_us", "-1\n");
    made.tree
        .write("sys/fs/cgroup/memory/m.slice/vm/memory.usage_in_bytes", "4096\n");
    made.tree
        .write("sys/fs/cgroup/cpuset/m.slice/vm/cpuset.effective_cpus", "0-1\n");
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    assert_eq!(
        figures(&tree),
        [("/free", 0, true, false), ("/m.slice/vm", 5000, true, false)]
    );
    let limits = |path: &str| {
        let cgroup = tree
            .workloads()
            .find(|cgroup| cgroup.path.as_str() == path)
            .unwrap();
        (cgroup.memory_bytes, cgroup.quota_millicpus, cgroup.cpus.clone())
    };
    assert_eq!(
        limits("/m.slice/vm"),
        (Some(4096), Some(1500), Some(b"0-1"[..].into()))
    );
    assert_eq!(limits("/free"), (None, None, None));
}

#[test]
fn hybrid_without_cpuacct_accounts_in_version_2() {
    let mut made = Made::with(&["memory/tasks", "unified/cgroup.controllers"], "unified");
    made.used("a", 10);
    made.tree
        .write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "4096\n");
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    assert_eq!(figures(&tree), [("/a", 10, true, false)]);
    assert_eq!(tree.workloads().next().unwrap().memory_bytes, Some(4096));
}

#[test]
fn what_changes_slowly_is_read_at_first_and_then_on_the_workloads_turn() {
    let mut made = Made::v2();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        made.used(name, 1);
        made.write(&format!("{name}/memory.current"), "1\n");
        made.write(&format!("{name}/cpu.max"), "max 100000\n");
    }
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    assert!(
        tree.workloads()
            .all(|c| c.memory_bytes == Some(1) && c.quota_millicpus.is_none())
    );
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        made.write(&format!("{name}/memory.current"), "2\n");
        made.write(&format!("{name}/cpu.max"), "50000 100000\n");
        made.write(&format!("{name}/cpuset.cpus.effective"), "3\n");
    }
    let count =
        |tree: &CgroupTree<u32>, is: fn(&Cgroup<u32>) -> bool| tree.workloads().filter(|c| is(c)).count();
    for scan in 1..=64 {
        made.scan(&mut tree);
        assert_eq!(count(&tree, |c| c.memory_bytes == Some(2)), scan.min(8));
    }
    assert_eq!(count(&tree, |c| c.quota_millicpus == Some(500)), 8);
    assert_eq!(count(&tree, |c| c.cpus.as_deref() == Some(b"3")), 8);
}

#[test]
fn memory_that_was_not_accounted_is_found_later_and_unknown_when_it_goes() {
    let mut made = Made::v2();
    made.used("a", 1);
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    made.write("a/memory.current", "5\n");
    (0..64).for_each(|_| made.scan(&mut tree));
    assert_eq!(tree.workloads().next().unwrap().memory_bytes, Some(5));
    made.write("a/memory.current", "garbage");
    (0..8).for_each(|_| made.scan(&mut tree));
    assert_eq!(tree.workloads().next().unwrap().memory_bytes, None);
}

#[test]
fn loose_processes_are_those_of_the_root_and_the_groupings() {
    for mut made in [Made::v1(), Made::v2()] {
        made.write("cgroup.procs", "1\n0\n2\n");
        made.write("s.slice/cgroup.procs", "30\n");
        made.write("s.slice/w/cgroup.procs", "40\n");
        made.write("t.slice/w", "a file of no account");
        let mut tree = made.tree(100);
        made.scan(&mut tree);
        assert_eq!(made.loose(&mut tree), [1, 2, 30]);
        made.write("s.slice/cgroup.procs", "31\n32\n");
        assert_eq!(made.loose(&mut tree), [1, 2, 31, 32]);
        made.write("cgroup.procs", "1\nx\n");
        let mut pids = Vec::new();
        let error = tree
            .for_each_loose_pid(&mut made.scratch, |pid| pids.push(pid))
            .unwrap_err();
        assert_eq!(pids, [1, 31, 32]);
        assert!(
            error
                .to_string()
                .contains("cgroup.procs: expected a PID, found \"x\""),
            "{error}"
        );
    }
}

#[test]
fn links_are_not_followed_and_names_need_not_be_text() {
    let mut made = Made::v2();
    made.used("a.slice/b", 1);
    std::os::unix::fs::symlink(
        made.tree.path(made.cpu.join("a.slice")),
        made.tree.path(made.cpu.join("l.slice")),
    )
    .unwrap();
    let odd = made.cpu.join("a.slice").join(OsStr::from_bytes(b"odd\xff"));
    made.tree.write(odd.join("cpu.stat"), "usage_usec 5\n");
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    let expected = [
        ("/a.slice/b", 1, true, false),
        ("/a.slice/odd\u{fffd}", 5, true, false),
    ];
    assert_eq!(figures(&tree), expected);
}

#[test]
fn what_is_too_deep_or_too_many_is_left_out_and_counted() {
    let mut made = Made::v2();
    made.tree.mkdir(made.cpu.join("d.slice/".repeat(34)));
    let mut tree = made.tree(100);
    for _ in 0..2 {
        made.scan(&mut tree);
        assert_eq!((tree.skipped(), tree.tracked()), (1, 32));
    }
    made.remove("d.slice");
    made.scan(&mut tree);
    for name in ["a", "b", "c", "d"] {
        made.used(name, 1);
    }
    tree.limit(3);
    made.scan(&mut tree);
    assert_eq!((tree.skipped(), tree.workloads().len()), (1, 3));
    made.remove(tree.workloads().next().unwrap().path.name());
    // What goes makes room for the next scan.
    (0..2).for_each(|_| made.scan(&mut tree));
    assert_eq!((tree.skipped(), tree.workloads().len()), (0, 3));
}

#[test]
fn a_thousand_cgroups_come_and_go_without_a_descriptor_left() {
    for (max_kept, kept, rounds) in [(50, 25, 1), (5000, 250, 4)] {
        let mut made = Made::v2();
        let mut tree = made.tree(max_kept);
        // A directory that is not watched is kept open, to be listed each time.
        made.scan(&mut tree);
        let unwatched = usize::from(tree.watched() == 0);
        let kept = kept + if max_kept > 500 { 2 * unwatched } else { 0 };
        for round in 0..rounds {
            let names = (0..250)
                .map(|n| format!("r{round}.slice/w{n}"))
                .collect::<Vec<_>>();
            names.iter().for_each(|name| made.used(name, 1));
            made.scan(&mut tree);
            assert_eq!(tree.workloads().len(), 250);
            made.loose(&mut tree);
            assert_eq!(descriptors_below(&made.tree.roots().cgroup), kept, "{round}");
            made.remove(&format!("r{round}.slice"));
            made.scan(&mut tree);
            assert_eq!(ended(&mut tree).len(), 250);
        }
        assert_eq!(
            descriptors_below(&made.tree.roots().cgroup),
            unwatched,
            "the root's"
        );
        drop(tree);
        assert_eq!(descriptors_below(&made.tree.roots().cgroup), 0);
    }
}

#[test]
fn a_scan_of_what_has_not_changed_allocates_nothing() {
    for max_kept in [0, 1000] {
        let mut made = Made::v2();
        for n in 0..40 {
            let name = format!("s{}.slice/w{n}", n % 4);
            made.used(&name, 1);
            made.write(&format!("{name}/memory.current"), "1\n");
            made.write(&format!("{name}/cpu.max"), "50000 100000\n");
            made.write(&format!("{name}/cpuset.cpus.effective"), "0-3\n");
            made.write(&format!("s{}.slice/cgroup.procs", n % 4), "12\n");
        }
        made.write("cgroup.procs", "1\n");
        let mut tree = made.tree(max_kept);
        (0..2).for_each(|_| made.scan(&mut tree));
        made.loose(&mut tree);
        let mut scratch = Scratch::default();
        let info = allocation_counter::measure(|| {
            for _ in 0..65 {
                tree.scan(&mut scratch, |_, _| Sort::Ignore).unwrap();
                tree.for_each_loose_pid(&mut scratch, |_| {}).unwrap();
            }
        });
        assert_eq!((info.count_total, tree.workloads().len()), (0, 40));
    }
}

#[test]
fn a_host_without_cgroups_scans_to_nothing_and_a_root_that_has_gone_is_an_error() {
    let bare = TestTree::new();
    let mut tree = CgroupTree::<()>::new(&Hierarchies::detect(&bare.roots()).unwrap(), 9);
    let mut scratch = Scratch::default();
    tree.scan(&mut scratch, |_, _| Sort::Ignore).unwrap();
    tree.for_each_loose_pid(&mut scratch, |_| {}).unwrap();
    assert_eq!(tree.workloads().len(), 0);

    let mut made = Made::v2();
    made.used("a", 1);
    let mut tree = made.tree(9);
    made.scan(&mut tree);
    made.tree.remove("sys/fs/cgroup");
    let error = tree.scan(&mut made.scratch, |_, _| Sort::Ignore).unwrap_err();
    assert!(error.to_string().contains("sys/fs/cgroup"), "{error}");
}
