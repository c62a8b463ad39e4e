//! Whole trees: how real machines lay out their zones, and what can be wrong with them.

mod discovering;
mod reading;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use super::Discovery;
use super::discover;
use crate::Roots;

/// The range of a counter with the usual unit of 61 µJ.
const RANGE: &str = "262143328850";

/// A machine that has nothing but zones.
struct Machine {
    _dir: TempDir,
    roots: Roots,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(roots.sys.join("class/powercap")).unwrap();
        Self { _dir: dir, roots }
    }

    fn class(&self) -> PathBuf {
        self.roots.sys.join("class/powercap")
    }

    /// A plain directory in the class directory, as captured trees have them.
    fn flat(&self, id: &str, name: &str, energy: u64) -> PathBuf {
        let path = self.class().join(id);
        zone(&path, name, energy);
        path
    }

    /// As the kernel does it: nested directories below `devices`, and a link to each in the class directory.
    fn linked(&self, control: &str, zones: &[(&str, &str, u64)]) {
        let device = self.roots.sys.join("devices/virtual/powercap").join(control);
        fs::create_dir_all(&device).unwrap();
        symlink(&device, self.class().join(control)).unwrap();
        for (id, name, energy) in zones {
            let nested = match id.rsplit_once(':').unwrap() {
                (above, _) if above.contains(':') => device.join(above).join(id),
                _ => device.join(id),
            };
            zone(&nested, name, *energy);
            symlink(&nested, self.class().join(id)).unwrap();
            symlink("..", nested.join("device")).unwrap();
        }
    }

    fn discover(&self) -> Discovery {
        discover(&self.roots).unwrap()
    }
}

fn zone(path: &Path, name: &str, energy: u64) {
    fs::create_dir_all(path).unwrap();
    let files = [("name", name), ("max_energy_range_uj", RANGE), ("enabled", "1")];
    for (file, value) in files {
        fs::write(path.join(file), format!("{value}\n")).unwrap();
    }
    fs::write(path.join("energy_uj"), format!("{energy}\n")).unwrap();
}

/// Removes a file in the way of sysfs, where a descriptor kept open has nothing to give afterwards either.
fn vanish(path: &Path) {
    fs::write(path, "").unwrap();
    fs::remove_file(path).unwrap();
}
