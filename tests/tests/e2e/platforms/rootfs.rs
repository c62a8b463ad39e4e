//! The smallest file system in which a container can run: one static busybox.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::command::told;

const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];
const DIRECTORIES: [&str; 9] = [
    "bin", "sbin", "usr/bin", "dev", "proc", "sys", "etc", "tmp", "root",
];
const COMMANDS: [&str; 5] = ["sh", "sleep", "taskset", "cat", "true"];
/// It does nothing, and can be told to spin.
const INIT: &str = "#!/bin/sh\nwhile :; do sleep 1000; done\n";

/// Writes one below `root`. Nothing if busybox is not installed.
pub(super) fn create(root: &Path) -> Option<()> {
    let busybox = BUSYBOX.iter().find(|path| Path::new(path).exists())?;
    for directory in DIRECTORIES {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::copy(busybox, root.join("bin/busybox")).unwrap();
    for command in COMMANDS {
        symlink("busybox", root.join("bin").join(command)).unwrap();
    }
    let init = root.join("sbin/init");
    fs::write(&init, INIT).unwrap();
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).unwrap();
    // systemd-nspawn wants to see that this is a system.
    fs::write(root.join("etc/os-release"), "ID=busybox\n").unwrap();
    Some(())
}

/// Packs what is in a directory.
pub(super) fn pack(directory: &Path, archive: &Path) {
    let [directory, archive] = [directory, archive].map(|path| path.to_str().unwrap());
    told("tar", &["-C", directory, "-czf", archive, "."]);
}
