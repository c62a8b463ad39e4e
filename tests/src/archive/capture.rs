//! A live host as entries: only the files that the agent reads, and nothing that is a secret.
//!
//! Never an environment, never a command line. The boot id is zeroed.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Result;

use super::Entries;
use super::Entry;
use super::disk;
use super::text;

const PROC: &[&str] = &[
    "stat",
    "meminfo",
    "cpuinfo",
    "uptime",
    "net/dev",
    "1/net/dev",
    "1/mountinfo",
    "pressure/cpu",
    "pressure/io",
    "pressure/memory",
    "pressure/irq",
];
const PROCESS: &[&str] = &["stat", "comm", "cgroup"];
const ZONE: &[&str] = &[
    "name",
    "energy_uj",
    "max_energy_range_uj",
    "enabled",
    "constraint_0_name",
    "constraint_0_max_power_uw",
    "constraint_0_power_limit_uw",
];
const TOPOLOGY: &[&str] = &[
    "physical_package_id",
    "core_id",
    "die_id",
    "thread_siblings_list",
    "package_cpus_list",
];
const CGROUP: &[&str] = &[
    "cgroup.controllers",
    "cgroup.subtree_control",
    "cgroup.type",
    "cgroup.procs",
    "cpu.stat",
    "cpu.max",
    "cpuset.cpus",
    "cpuset.cpus.effective",
    "cpuset.effective_cpus",
    "memory.current",
    "memory.max",
    "cpuacct.usage",
    "cpu.cfs_quota_us",
    "cpu.cfs_period_us",
    "memory.usage_in_bytes",
    "memory.limit_in_bytes",
];
/// So many directories of cgroups, or of anything else, are looked into.
const MOST: usize = 20_000;
const DEEPEST: usize = 16;

/// Where a live host is and how much of it to tell.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The mount point of procfs.
    pub proc: PathBuf,
    /// The mount point of sysfs.
    pub sys: PathBuf,
    /// The directory of the cgroup hierarchies.
    pub cgroup: PathBuf,
    /// Calls every process `process`.
    pub neutral_names: bool,
}

impl Capture {
    /// The host as the text of an archive. Files that are not there or may not be read are left out.
    pub fn archive(&self) -> Result<String> {
        let mut entries = Entries::new();
        keep(&mut entries, &self.proc, "proc", PROC);
        let boot_id = b"00000000-0000-0000-0000-000000000000\n".to_vec();
        entries.insert("proc/sys/kernel/random/boot_id".to_owned(), Entry::File(boot_id));
        for pid in names(&self.proc)
            .into_iter()
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        {
            self.process(&mut entries, &pid);
        }
        self.powercap(&mut entries);
        self.topology(&mut entries);
        let mut left = MOST;
        cgroups(&mut entries, &self.cgroup, "sys/fs/cgroup", DEEPEST, &mut left);
        disk::check(&entries)?;
        Ok(text::format(&entries))
    }

    fn process(&self, entries: &mut Entries, pid: &str) {
        let path = format!("proc/{pid}");
        keep(entries, &self.proc.join(pid), &path, PROCESS);
        if !self.neutral_names {
            return;
        }
        if let Some(Entry::File(comm)) = entries.get_mut(&format!("{path}/comm")) {
            *comm = b"process\n".to_vec();
        }
        if let Some(Entry::File(stat)) = entries.get_mut(&format!("{path}/stat")) {
            *stat = renamed(stat);
        }
    }

    /// The flat list of links, and what each leads to.
    fn powercap(&self, entries: &mut Entries) {
        let class = self.sys.join("class/powercap");
        for zone in names(&class) {
            let link = class.join(&zone);
            let Ok(target) = fs::read_link(&link) else {
                continue;
            };
            let Some(inward) = target.to_str().and_then(|target| target.strip_prefix("../../")) else {
                continue;
            };
            keep(entries, &link, &format!("sys/{inward}"), ZONE);
            entries.insert(
                format!("sys/class/powercap/{zone}"),
                Entry::Link(format!("../../{inward}")),
            );
        }
    }

    fn topology(&self, entries: &mut Entries) {
        let base = self.sys.join("devices/system/cpu");
        keep(
            entries,
            &base,
            "sys/devices/system/cpu",
            &["online", "possible", "present"],
        );
        let is_cpu = |name: &String| {
            name.strip_prefix("cpu")
                .is_some_and(|rest| rest.parse::<u32>().is_ok())
        };
        for cpu in names(&base).into_iter().filter(is_cpu) {
            let path = format!("sys/devices/system/cpu/{cpu}/topology");
            keep(entries, &base.join(&cpu).join("topology"), &path, TOPOLOGY);
        }
    }
}

/// The command's name stands in parentheses, and may hold some itself.
fn renamed(stat: &[u8]) -> Vec<u8> {
    let first = stat.iter().position(|&byte| byte == b'(');
    let last = stat.iter().rposition(|&byte| byte == b')');
    match (first, last) {
        (Some(first), Some(last)) if first < last => [&stat[..=first], b"process", &stat[last..]].concat(),
        _ => Vec::new(),
    }
}

fn keep(entries: &mut Entries, from: &Path, to: &str, files: &[&str]) {
    for name in files {
        if let Ok(content) = disk::content(&from.join(name)) {
            entries.insert(format!("{to}/{name}"), Entry::File(content));
        }
    }
}

fn cgroups(entries: &mut Entries, from: &Path, to: &str, depth: usize, left: &mut usize) {
    if depth == 0 || *left == 0 {
        return;
    }
    *left -= 1;
    keep(entries, from, to, CGROUP);
    for name in names(from) {
        let (inner, path) = (from.join(&name), format!("{to}/{name}"));
        let Ok(metadata) = fs::symlink_metadata(&inner) else {
            continue;
        };
        if metadata.is_dir() {
            cgroups(entries, &inner, &path, depth - 1, left);
        } else if let Ok(target) = fs::read_link(&inner) {
            entries.insert(path, Entry::Link(target.to_string_lossy().into_owned()));
        }
    }
}

/// The names in a directory; none if it cannot be listed.
fn names(directory: &Path) -> Vec<String> {
    let listed = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = listed
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::super::unpack;
    use super::*;
    use crate::fakehost::Host;
    use crate::fakehost::Layout;
    use crate::fakehost::Spec;

    fn capture(root: &Path, neutral_names: bool) -> Capture {
        let [proc, sys, cgroup] = ["proc", "sys", "sys/fs/cgroup"].map(|path| root.join(path));
        Capture {
            proc,
            sys,
            cgroup,
            neutral_names,
        }
    }

    #[test]
    fn a_capture_has_what_the_agent_reads_and_no_command_line() {
        for (layout, usage) in [
            (Layout::V2, "sys/fs/cgroup/init.scope/cpu.stat"),
            (Layout::V1, "sys/fs/cgroup/cpuacct/init.scope/cpuacct.usage"),
        ] {
            let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let _host = Host::create(
                from.path(),
                Spec {
                    layout,
                    ..Spec::default()
                }
                .with_mixture(4, 9),
            )
            .unwrap();
            unpack(&capture(from.path(), true).archive().unwrap(), to.path()).unwrap();
            for path in [
                usage,
                "proc/1/stat",
                "proc/1/cgroup",
                "sys/class/powercap/intel-rapl:0:0/energy_uj",
            ] {
                assert!(to.path().join(path).is_file(), "{path}");
            }
            assert!(!to.path().join("proc/1/cmdline").exists());
            assert!(
                fs::read_to_string(to.path().join("proc/1/stat"))
                    .unwrap()
                    .starts_with("1 (process) S ")
            );
            assert_eq!(
                fs::read_to_string(to.path().join("proc/1/comm")).unwrap(),
                "process\n"
            );
            let boot_id = fs::read_to_string(to.path().join("proc/sys/kernel/random/boot_id")).unwrap();
            assert!(boot_id.trim().bytes().all(|byte| matches!(byte, b'0' | b'-')));
        }
    }

    #[test]
    fn a_name_with_parentheses_is_replaced_as_a_whole() {
        assert_eq!(renamed(b"7 (a) b)) S 1"), b"7 (process) S 1");
        assert_eq!(renamed(b"torn (te"), b"");
    }
}
