//! How a host's cgroups are mounted: cgroups(7). The names of the layouts are those of systemd's CGROUP_DELEGATION page.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::Error;
use crate::Result;
use crate::Roots;

/// Which interface a hierarchy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Controllers are mounted each for itself, or several together.
    V1,
    /// One hierarchy for all.
    V2,
}

/// How the hierarchies are mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Version 2 only.
    Unified,
    /// Version 1 only.
    Legacy,
    /// Version 1, and version 2 in the directory `unified`, as a rule without controllers.
    Hybrid,
    /// There are no cgroups.
    #[default]
    None,
}

/// Where one controller's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    /// The root cgroup's directory.
    pub dir: PathBuf,
    /// Its interface.
    pub version: Version,
    /// The controller, by its name in that version.
    pub controller: &'static str,
}

/// Where the files of each controller of interest are. In version 1 a cgroup has the same path below each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hierarchies {
    /// How they are mounted.
    pub layout: Layout,
    /// What accounts CPU time: `cpuacct` where there is one, else version 2.
    pub cpu: Option<Hierarchy>,
    /// What limits CPU time.
    pub quota: Option<Hierarchy>,
    /// What accounts memory.
    pub memory: Option<Hierarchy>,
    /// What accounts block I/O.
    pub io: Option<Hierarchy>,
    /// What pins to CPUs.
    pub cpuset: Option<Hierarchy>,
    /// The root of version 2.
    pub unified: Option<PathBuf>,
}

impl Hierarchies {
    /// Finds the hierarchies from the directories below `roots.cgroup`, not from mountinfo: a captured host and a
    /// container's view of its host are read as well.
    ///
    /// # Errors
    /// Where the directory is there and cannot be read.
    pub fn detect(roots: &Roots) -> Result<Self> {
        let root = &roots.cgroup;
        if is_unified(root) {
            return Ok(Self::new(Layout::Unified, &[], Some(root.clone())));
        }
        let unified = Some(root.join("unified")).filter(|dir| is_unified(dir));
        let mounted = match mounted(root) {
            Err(error) if error.is_gone() => Vec::new(),
            other => other?,
        };
        let v1 = |name| find(&mounted, name).is_some();
        let layout = match (
            ["cpuacct", "cpu", "memory", "cpuset"].into_iter().any(v1),
            &unified,
        ) {
            (_, Some(_)) => Layout::Hybrid,
            (true, None) => Layout::Legacy,
            (false, None) => Layout::None,
        };
        Ok(Self::new(layout, &mounted, unified))
    }

    /// The root of version 2 as an account of CPU time beside that of version 1. Without any controller it has `cpu.stat`
    /// all the same, with the time that a cgroup used: `cgroup_base_stat_cputime_show` in kernel/cgroup/rstat.c. `None`
    /// where version 2 is what [`cpu`](Self::cpu) is, or is not mounted.
    pub fn unified_cpu(&self) -> Option<Hierarchy> {
        let has_another = self.cpu.as_ref().is_some_and(|cpu| cpu.version == Version::V1);
        let dir = self.unified.clone().filter(|_| has_another)?;
        Some(Hierarchy {
            dir,
            version: Version::V2,
            controller: "cpu",
        })
    }

    fn new(layout: Layout, v1: &[PathBuf], unified: Option<PathBuf>) -> Self {
        let v2 = |controller| {
            unified.clone().map(|dir| Hierarchy {
                dir,
                version: Version::V2,
                controller,
            })
        };
        let of = |in_v1, in_v2| {
            let dir = find(v1, in_v1).cloned();
            dir.map(|dir| Hierarchy {
                dir,
                version: Version::V1,
                controller: in_v1,
            })
            .or_else(|| v2(in_v2))
        };
        Self {
            layout,
            cpu: of("cpuacct", "cpu"),
            quota: of("cpu", "cpu"),
            memory: of("memory", "memory"),
            io: of("blkio", "io"),
            cpuset: of("cpuset", "cpuset"),
            unified,
        }
    }
}

fn is_unified(dir: &Path) -> bool {
    dir.join("cgroup.controllers").exists()
}

/// The directories in `root` that hold something; the mount point of what is not mounted is empty.
fn mounted(root: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(root).map_err(|source| Error::io(root, source))?;
    let mut dirs = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| Error::io(root, source))?.path();
        if fs::read_dir(&path).is_ok_and(|mut inside| inside.next().is_some()) {
            dirs.push(path);
        }
    }
    dirs.sort();
    Ok(dirs)
}

/// The directory of a version 1 controller: of its own name, often a link, or a combined one such as `cpu,cpuacct`.
fn find<'d>(mounted: &'d [PathBuf], controller: &str) -> Option<&'d PathBuf> {
    let name = |dir: &PathBuf| dir.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let is = |dir: &&PathBuf| name(dir).is_some_and(|name| name == controller);
    let holds = |dir: &&PathBuf| name(dir).is_some_and(|name| name.split(',').any(|part| part == controller));
    mounted.iter().find(is).or_else(|| mounted.iter().find(holds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_tree::TestTree;

    /// A tree with these directories and one file in each of them.
    fn tree(files: &[&str]) -> TestTree {
        let tree = TestTree::new();
        files
            .iter()
            .for_each(|file| tree.write(Path::new("sys/fs/cgroup").join(file), ""));
        tree
    }

    fn summary(tree: &TestTree) -> (Layout, [Option<(String, Version)>; 4]) {
        let root = tree.roots().cgroup;
        let found = Hierarchies::detect(&tree.roots()).unwrap();
        let short = |hierarchy: Option<Hierarchy>| {
            let hierarchy = hierarchy?;
            let dir = hierarchy
                .dir
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            Some((dir, hierarchy.version))
        };
        (
            found.layout,
            [found.cpu, found.quota, found.memory, found.cpuset].map(short),
        )
    }

    fn v1(dir: &str) -> Option<(String, Version)> {
        Some((dir.to_owned(), Version::V1))
    }

    fn v2(dir: &str) -> Option<(String, Version)> {
        Some((dir.to_owned(), Version::V2))
    }

    #[test]
    fn version_2_alone_serves_everything_from_the_root() {
        let tree = tree(&["cgroup.controllers", "memory/cgroup.procs"]);
        assert_eq!(
            summary(&tree),
            (Layout::Unified, [v2(""), v2(""), v2(""), v2("")])
        );
    }

    #[test]
    fn version_1_may_have_each_controller_apart_or_combined() {
        let apart = tree(&["cpu/tasks", "cpuacct/tasks", "memory/tasks", "cpuset/tasks"]);
        let expected = [v1("cpuacct"), v1("cpu"), v1("memory"), v1("cpuset")];
        assert_eq!(summary(&apart), (Layout::Legacy, expected));
        let combined = tree(&["cpu,cpuacct/tasks"]);
        let both = || v1("cpu,cpuacct");
        assert_eq!(summary(&combined), (Layout::Legacy, [both(), both(), None, None]));
        std::os::unix::fs::symlink("cpu,cpuacct", combined.path("sys/fs/cgroup/cpu")).unwrap();
        assert_eq!(
            summary(&combined),
            (Layout::Legacy, [both(), v1("cpu"), None, None])
        );
    }

    #[test]
    fn hybrid_takes_version_2_for_what_version_1_has_not() {
        let tree = tree(&["cpuacct/tasks", "unified/cgroup.controllers"]);
        let expected = [v1("cpuacct"), v2("unified"), v2("unified"), v2("unified")];
        assert_eq!(summary(&tree), (Layout::Hybrid, expected));
        tree.remove("sys/fs/cgroup/cpuacct");
        assert_eq!(summary(&tree).1[0], v2("unified"));
    }

    #[test]
    fn an_empty_mount_point_is_no_hierarchy() {
        let tree = tree(&["memory/tasks"]);
        tree.mkdir("sys/fs/cgroup/cpuacct");
        assert_eq!(summary(&tree), (Layout::Legacy, [None, None, v1("memory"), None]));
    }

    #[test]
    fn a_host_without_cgroups_is_no_error() {
        let tree = TestTree::new();
        assert_eq!(summary(&tree), (Layout::None, [None, None, None, None]));
        tree.remove("sys/fs/cgroup");
        assert_eq!(summary(&tree).0, Layout::None);
    }

    #[test]
    fn this_very_machine_has_a_hierarchy_whose_directories_exist() {
        let found = Hierarchies::detect(&Roots::default()).unwrap();
        if found.layout == Layout::None {
            eprintln!("skipped: no cgroups here");
            return;
        }
        for hierarchy in [found.cpu, found.quota, found.memory, found.cpuset]
            .into_iter()
            .flatten()
        {
            assert!(hierarchy.dir.join("cgroup.procs").exists(), "{hierarchy:?}");
        }
    }
}
