//! Real cgroups, made for the benchmark.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use wattle_hostfs::Roots;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::hierarchies::Hierarchy;

/// A name that the agent takes for a grouping of workloads.
const SLICE: &str = "wattle-bench.slice";

/// A slice with many cgroups in it, in each hierarchy that the agent reads. They end with it.
#[derive(Debug)]
pub(crate) struct Cells {
    slices: Vec<PathBuf>,
    /// The one that accounts CPU time, and the others into which processes can be moved as they are.
    open: Vec<PathBuf>,
    count: u32,
}

impl Cells {
    pub(crate) fn make(roots: &Roots, count: u32) -> Result<Self> {
        let hierarchies = Hierarchies::detect(roots)?;
        if hierarchies.cpu.is_none() {
            bail!("no cgroup hierarchy accounts CPU time");
        }
        let open = slices([&hierarchies.cpu, &hierarchies.memory, &hierarchies.quota]);
        let mut slices_of_all = slices([&hierarchies.cpuset]);
        slices_of_all.extend(open.iter().cloned());
        slices_of_all.sort();
        slices_of_all.dedup();
        let cells = Self {
            slices: slices_of_all,
            open,
            count,
        };
        cells.remove();
        for dir in cells.dirs() {
            fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        Ok(cells)
    }

    /// Moves processes into the slice itself, where no workload accounts for them.
    pub(crate) fn hold(&self, pids: impl Iterator<Item = u32>) -> Result<()> {
        for pid in pids {
            self.enter(pid, Path::to_path_buf)?;
        }
        Ok(())
    }

    /// Moves processes into the cgroups, as many into each.
    pub(crate) fn spread(&self, pids: impl Iterator<Item = u32>) -> Result<()> {
        for (pid, number) in pids.zip((0..self.count).cycle()) {
            self.enter(pid, |slice| cell(slice, number))?;
        }
        Ok(())
    }

    fn enter(&self, pid: u32, place: impl Fn(&Path) -> PathBuf) -> Result<()> {
        for slice in &self.open {
            let file = place(slice).join("cgroup.procs");
            fs::write(&file, pid.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }

    /// Each slice before the cgroups in it.
    fn dirs(&self) -> Vec<PathBuf> {
        let with_cells = |slice: &PathBuf| {
            let cells = (0..self.count)
                .map(|number| cell(slice, number))
                .collect::<Vec<_>>();
            std::iter::once(slice.clone()).chain(cells)
        };
        self.slices.iter().flat_map(with_cells).collect()
    }

    /// What is not there need not be removed.
    fn remove(&self) {
        for dir in self.dirs().iter().rev() {
            let _ = fs::remove_dir(dir);
        }
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        self.remove();
    }
}

fn cell(slice: &Path, number: u32) -> PathBuf {
    slice.join(format!("workload-{number:04}"))
}

fn slices<const N: usize>(hierarchies: [&Option<Hierarchy>; N]) -> Vec<PathBuf> {
    let mut slices: Vec<_> = hierarchies
        .into_iter()
        .flatten()
        .map(|hierarchy| hierarchy.dir.join(SLICE))
        .collect();
    slices.dedup();
    slices
}
