//! Which block devices stand on others: `/sys/dev/block/MAJOR:MINOR`.
//!
//! Kernel page: Documentation/ABI/stable/sysfs-block. What is written through a logical volume is counted for the volume and
//! again for the disk below, so only devices that stand on no other are added up.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::Roots;
use crate::io_stat::DeviceNumber;

/// Numbers are given again to other devices, so what is known is forgotten now and then.
const MOST: usize = 1024;
/// The drivers whose devices are kept in memory, or in a file that is on another device.
const NO_DISKS: [&str; 3] = ["loop", "ram", "zram"];

/// Tells disks from what stands on them.
#[derive(Debug)]
pub struct BlockDevices {
    dir: PathBuf,
    lowest: HashMap<DeviceNumber, bool>,
}

impl BlockDevices {
    /// The devices below `roots`.
    pub fn new(roots: &Roots) -> Self {
        Self {
            dir: roots.sys.join("dev/block"),
            lowest: HashMap::new(),
        }
    }

    /// Whether the device stands on no other. One of which nothing is known does.
    pub fn is_lowest(&mut self, device: DeviceNumber) -> bool {
        if self.lowest.len() >= MOST {
            self.lowest.clear();
        }
        let dir = &self.dir;
        *self
            .lowest
            .entry(device)
            .or_insert_with(|| is_lowest(&dir.join(format!("{}:{}", device.major, device.minor))))
    }
}

fn is_lowest(dir: &Path) -> bool {
    let name = fs::read_link(dir).ok().and_then(|target| {
        let name = target.file_name()?.to_str()?;
        Some(name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
    });
    let is_no_disk = name.is_some_and(|name| NO_DISKS.contains(&name.as_str()));
    let stands_on_others =
        || fs::read_dir(dir.join("slaves")).is_ok_and(|mut slaves| slaves.next().is_some());
    !is_no_disk && !stands_on_others()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn volumes_and_loops_stand_on_others_and_disks_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        let block = roots.sys.join("dev/block");
        fs::create_dir_all(&block).unwrap();
        for (number, name, slave) in [("8:0", "sda", ""), ("253:0", "dm-0", "sda"), ("7:3", "loop3", "")] {
            let device = roots.sys.join("devices").join(name);
            fs::create_dir_all(device.join("slaves").join(slave)).unwrap();
            symlink(format!("../../devices/{name}"), block.join(number)).unwrap();
        }
        let mut devices = BlockDevices::new(&roots);
        for (major, minor, expected) in [(8, 0, true), (253, 0, false), (7, 3, false), (9, 9, true)] {
            assert_eq!(
                devices.is_lowest(DeviceNumber { major, minor }),
                expected,
                "{major}"
            );
        }
    }
}
