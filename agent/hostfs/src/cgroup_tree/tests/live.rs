//! The kernel's own cgroups, where the tests may make some.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use super::super::*;
use crate::Roots;
use crate::Scratch;
use crate::hierarchies::Hierarchies;

/// A cgroup of this test's own, removed with its processes.
struct Own {
    dir: PathBuf,
    name: String,
    worker: Option<Child>,
}

impl Own {
    /// `None` where no cgroup can be made.
    fn new(hierarchies: &Hierarchies, purpose: &str) -> Option<Self> {
        let name = format!("wattle-test-{purpose}-{}.scope", std::process::id());
        let dir = hierarchies.cpu.as_ref()?.dir.join(&name);
        fs::create_dir(&dir).ok()?;
        Some(Self {
            dir,
            name,
            worker: None,
        })
    }

    /// Runs a shell inside the cgroup that burns CPU time for each line it is sent and then answers.
    fn start(&mut self) -> Option<u32> {
        let script = "while read line; do i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; echo; done";
        let worker = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = worker.id();
        self.worker = Some(worker);
        fs::write(self.dir.join("cgroup.procs"), pid.to_string()).ok()?;
        Some(pid)
    }

    fn burn(&mut self) {
        let worker = self.worker.as_mut().unwrap();
        worker.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        worker.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    }

    fn stop(&mut self) {
        if let Some(mut worker) = self.worker.take() {
            worker.kill().unwrap();
            worker.wait().unwrap();
        }
    }

    fn remake(&mut self) {
        self.stop();
        fs::remove_dir(&self.dir).unwrap();
        fs::create_dir(&self.dir).unwrap();
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir(&self.dir);
    }
}

/// Scans for the one cgroup, and says what became of it: its CPU time and freshness.
fn scan(tree: &mut CgroupTree<()>, own: &Own) -> Option<(u64, bool)> {
    let scope = |path: &CgroupPath, _: Origin<'_, ()>| {
        if path.name() == own.name {
            Sort::Workload(())
        } else {
            Sort::Ignore
        }
    };
    tree.scan(&mut Scratch::default(), scope).unwrap();
    let cgroup = tree.workloads().next()?;
    assert!(!cgroup.stale);
    Some((cgroup.cpu_usec, cgroup.fresh))
}

fn loose(tree: &mut CgroupTree<()>) -> Vec<u32> {
    let mut pids = Vec::new();
    tree.for_each_loose_pid(&mut Scratch::default(), |pid| pids.push(pid))
        .unwrap();
    pids
}

#[test]
fn cpu_time_burnt_in_a_real_cgroup_is_seen_to_grow() {
    let hierarchies = Hierarchies::detect(&Roots::default()).unwrap();
    let Some(mut own) = Own::new(&hierarchies, "burn") else {
        eprintln!("skipped: no cgroup can be made here");
        return;
    };
    let mut tree = CgroupTree::new(&hierarchies, 9);
    let (before, fresh) = scan(&mut tree, &own).unwrap();
    assert!(fresh);
    let Some(pid) = own.start() else {
        eprintln!("skipped: no process can be moved here");
        return;
    };
    own.burn();
    let (after, fresh) = scan(&mut tree, &own).unwrap();
    assert!(after > before && !fresh, "{before} {after} {fresh}");
    let loose = loose(&mut tree);
    assert!(!loose.contains(&pid), "{pid} is in a workload");
}

#[test]
fn a_real_cgroup_made_again_between_two_scans_is_another() {
    let hierarchies = Hierarchies::detect(&Roots::default()).unwrap();
    for max_kept in [0, 9] {
        let Some(mut own) = Own::new(&hierarchies, "again") else {
            eprintln!("skipped: no cgroup can be made here");
            return;
        };
        let mut tree = CgroupTree::new(&hierarchies, max_kept);
        scan(&mut tree, &own).unwrap();
        own.remake();
        assert!(scan(&mut tree, &own).unwrap().1);
        assert_eq!(tree.take_ended().count(), 1);
        fs::remove_dir(&own.dir).unwrap();
        assert_eq!(scan(&mut tree, &own), None);
        assert_eq!(tree.take_ended().count(), 1);
    }
}

/// Of version 1 a kept descriptor of `cgroup.procs` would go on showing the list of its last reader.
#[test]
fn a_process_that_leaves_a_real_grouping_is_loose_there_no_more() {
    let hierarchies = Hierarchies::detect(&Roots::default()).unwrap();
    let Some(mut own) = Own::new(&hierarchies, "loose") else {
        eprintln!("skipped: no cgroup can be made here");
        return;
    };
    let Some(pid) = own.start() else {
        eprintln!("skipped: no process can be moved here");
        return;
    };
    let mut tree = CgroupTree::<()>::new(&hierarchies, 9);
    let group = |path: &CgroupPath, _: Origin<'_, ()>| {
        if path.name() == own.name {
            Sort::Descend
        } else {
            Sort::Ignore
        }
    };
    tree.scan(&mut Scratch::default(), group).unwrap();
    assert!(loose(&mut tree).contains(&pid));
    own.stop();
    assert!(!loose(&mut tree).contains(&pid));
}

/// What the kernel tells of cgroups it must tell of both versions, or a workload would be found late.
#[test]
fn the_kernel_tells_of_real_cgroups_of_both_versions() {
    let found = Hierarchies::detect(&Roots::default()).unwrap();
    let both = [found.cpu.clone(), found.unified_cpu()];
    for hierarchy in both.into_iter().flatten() {
        let hierarchies = Hierarchies {
            cpu: Some(hierarchy),
            ..Hierarchies::default()
        };
        let Some(own) = Own::new(&hierarchies, "told") else {
            eprintln!("skipped: no cgroup can be made here");
            continue;
        };
        let group = |path: &CgroupPath, _: Origin<'_, ()>| match path.as_str() {
            whole if whole.ends_with("inner") => Sort::Workload(()),
            _ if path.name() == own.name => Sort::Descend,
            _ => Sort::Ignore,
        };
        let mut tree = CgroupTree::new(&hierarchies, 9);
        tree.scan(&mut Scratch::default(), group).unwrap();
        assert_eq!(tree.watched(), 2, "{hierarchies:?}");
        let inner = own.dir.join("inner");
        for _ in 0..3 {
            fs::create_dir(&inner).unwrap();
            tree.scan(&mut Scratch::default(), group).unwrap();
            assert_eq!(tree.workloads().len(), 1);
            fs::remove_dir(&inner).unwrap();
            tree.scan(&mut Scratch::default(), group).unwrap();
            assert_eq!(tree.workloads().len(), 0);
            assert_eq!(tree.take_ended().count(), 1);
        }
    }
}

#[test]
fn a_real_cgroup_that_is_renamed_goes_on_counting_under_its_new_name() {
    let hierarchies = Hierarchies::detect(&Roots::default()).unwrap();
    let Some(mut own) = Own::new(&hierarchies, "name") else {
        eprintln!("skipped: no cgroup can be made here");
        return;
    };
    let mut origins = Vec::new();
    let mut tree = CgroupTree::new(&hierarchies, 9);
    let mut scan = |tree: &mut CgroupTree<String>| {
        let sort = |path: &CgroupPath, origin: Origin<'_, String>| {
            if !path.name().starts_with("wattle-test-name") {
                return Sort::Ignore;
            }
            origins.push(origin.renamed.cloned());
            Sort::Workload(path.name().to_owned())
        };
        tree.scan(&mut Scratch::default(), sort).unwrap();
    };
    scan(&mut tree);
    let new = own.dir.with_file_name(format!("{}-new", own.name));
    if fs::rename(&own.dir, &new).is_err() {
        eprintln!("skipped: cgroups of version 2 cannot be renamed");
        return;
    }
    own.dir = new;
    scan(&mut tree);
    assert_eq!(origins, [None, Some(own.name.clone())]);
}
