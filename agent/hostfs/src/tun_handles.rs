//! The network devices that a process serves from user space: its open tun, tap and macvtap handles.
//!
//! `/proc/PID/fd/N` tells which of its descriptors are such handles (proc_pid_fd(5)), and the `iff:` line of
//! `/proc/PID/fdinfo/N` the device behind a tun or tap (`tun_chr_show_fdinfo` in drivers/net/tun.c). A macvtap's handle is
//! `/dev/tapN`, N being the device's index (Documentation/networking/tuntap.rst, drivers/net/macvtap.c).

use std::fs;
use std::path::Path;

use crate::Error;
use crate::Result;
use crate::Roots;
use crate::process_dir::ProcessDir;
use crate::text::digits;
use crate::text::lines;

/// Descriptors after these are not looked at.
const MOST_FDS: usize = 16_384;
/// A guest has no more devices.
const MOST_DEVICES: usize = 64;

/// A device that a process serves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// The device's name.
    pub name: Box<str>,
    /// What the process writes is what the device receives (tun and tap). A macvtap stands the other way round: it
    /// receives what its process is to read.
    pub is_tap: bool,
}

/// The devices that a process serves, each once however many queues it has. Only those may know who may trace it.
pub fn served(process: &ProcessDir, roots: &Roots) -> Result<Vec<Served>> {
    let fds = process.path("fd");
    let failed = |source| Error::io(&fds, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(&fds).map_err(failed)?.take(MOST_FDS) {
        let entry = entry.map_err(failed)?;
        let Ok(target) = fs::read_link(entry.path()) else {
            continue;
        };
        let name = entry.file_name();
        let device = match name.to_str() {
            Some(fd) if target == Path::new("/dev/net/tun") => tap(process, fd),
            _ => macvtap(&target, roots),
        };
        found.extend(device);
    }
    found.sort();
    found.dedup();
    found.truncate(MOST_DEVICES);
    Ok(found)
}

fn tap(process: &ProcessDir, fd: &str) -> Option<Served> {
    let info = process.text(&format!("fdinfo/{fd}")).ok()?;
    Some(Served {
        name: interface(&info)?.into(),
        is_tap: true,
    })
}

/// The device in an `fdinfo` file; a handle that is not attached has none.
fn interface(info: &[u8]) -> Option<&str> {
    let name = lines(info).find_map(|line| line.strip_prefix(b"iff:"))?;
    std::str::from_utf8(name.trim_ascii())
        .ok()
        .filter(|name| !name.is_empty())
}

fn macvtap(target: &Path, roots: &Roots) -> Option<Served> {
    let index = target.to_str()?.strip_prefix("/dev/tap")?;
    let index = digits(index.as_bytes())?;
    let devices = fs::read_dir(roots.sys.join("class/net")).ok()?;
    let device = devices.flatten().find(|device| {
        let found = fs::read(device.path().join("ifindex"));
        found.is_ok_and(|found| digits(found.trim_ascii()) == Some(index))
    })?;
    Some(Served {
        name: device.file_name().to_str()?.into(),
        is_tap: false,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn handles_are_told_from_other_files_and_queues_count_once() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        for made in ["proc/7/fd", "proc/7/fdinfo", "sys/class/net/macvtap0"] {
            fs::create_dir_all(dir.path().join(made)).unwrap();
        }
        fs::write(dir.path().join("sys/class/net/macvtap0/ifindex"), "12\n").unwrap();
        for (fd, target, info) in [
            (
                3,
                "/dev/net/tun",
                "pos:\t0\nflags:\t0104002\nmnt_id:\t5\niff:\tvnet0\n",
            ),
            (4, "/dev/net/tun", "pos:\t0\niff:\tvnet0\n"),
            (5, "/dev/net/tun", "pos:\t0\niff:\t\n"),
            (6, "/dev/tap12", "pos:\t0\n"),
            (7, "/dev/tap13", "pos:\t0\n"),
            (8, "/var/lib/iff:", "iff:\tno\n"),
            (9, "socket:[1]", ""),
        ] {
            symlink(target, dir.path().join(format!("proc/7/fd/{fd}"))).unwrap();
            fs::write(dir.path().join(format!("proc/7/fdinfo/{fd}")), info).unwrap();
        }
        let found = served(&ProcessDir::open(&roots, 7).unwrap(), &roots).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|device| (&*device.name, device.is_tap))
            .collect();
        assert_eq!(found, [("macvtap0", false), ("vnet0", true)]);
    }
}
