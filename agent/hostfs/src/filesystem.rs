//! Disks and their space: which of the mounts are shown, and `statvfs` of each.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::Error;
use crate::Result;
use crate::Roots;
use crate::mountinfo;
use crate::mountinfo::Mount;

/// File systems after these, by mount point, are left out.
const MAX_FILESYSTEMS: usize = 256;

/// File systems whose space is that of a disk of this host.
///
/// A list of what is shown, because asking an unknown one for its space may wait for ever on a server (NFS, CIFS,
/// Ceph, GFS2, anything in FUSE) or have something mounted (autofs).
const DISKS: [&str; 15] = [
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfsplus", "jfs", "nilfs2", "ntfs3",
    "reiserfs", "vfat", "xfs", "zfs",
];

/// What has no disk space of its own and answers at once, so that a path may lead through it to a disk.
const PASSABLE: [&str; 7] = [
    "devtmpfs", "erofs", "overlay", "ramfs", "rootfs", "squashfs", "tmpfs",
];

/// Below these, disks are mounted for one container or one process, a second time.
const PRIVATE: [&str; 7] = [
    "/dev",
    "/proc",
    "/run",
    "/sys",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
];

/// A file system and its space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filesystem {
    /// What is mounted.
    pub device: String,
    /// Where, as the host sees it.
    pub mountpoint: String,
    /// The type of the file system.
    pub fstype: String,
    /// Its size.
    pub size_bytes: u64,
    /// What is left for users other than root.
    pub available_bytes: u64,
}

/// The file systems of a host, and why some are missing.
#[derive(Debug, Default)]
pub struct Filesystems {
    /// Each device once, ordered by mount point.
    pub found: Vec<Filesystem>,
    /// What the kernel refused to tell.
    pub problems: Vec<Error>,
}

/// The mounts whose space is shown: disks that can be asked without danger, each at its shortest mount point.
pub fn select(mounts: Vec<Mount>) -> Vec<Mount> {
    let barriers = mounts.iter().filter(|mount| is_barrier(mount));
    let barriers = barriers
        .map(|mount| mount.mountpoint.clone())
        .collect::<HashSet<_>>();
    let mut places = BTreeMap::new();
    for mount in mounts {
        // What is mounted later on the same place hides what was there.
        places.remove(&mount.mountpoint);
        let reachable = !mount.mountpoint.ancestors().any(|above| barriers.contains(above));
        if reachable && DISKS.contains(&&*mount.fstype) && !is_private(&mount.mountpoint) {
            places.insert(mount.mountpoint.clone(), mount);
        }
    }
    let mut chosen = shortest(places.into_values());
    chosen.sort_unstable_by(|a, b| a.mountpoint.cmp(&b.mountpoint));
    chosen.truncate(MAX_FILESYSTEMS);
    chosen
}

/// A path that leads through this may wait for ever. Through `/` every path leads, that of the agent itself too.
fn is_barrier(mount: &Mount) -> bool {
    let harmless = DISKS.contains(&&*mount.fstype) || PASSABLE.contains(&&*mount.fstype);
    !harmless && mount.mountpoint != Path::new("/")
}

fn is_private(mountpoint: &Path) -> bool {
    PRIVATE
        .iter()
        .any(|&directory| mountpoint != Path::new(directory) && mountpoint.starts_with(directory))
}

/// Of the mounts of one device, the one with the shortest mount point: the others are bind mounts and subvolumes.
fn shortest(mounts: impl Iterator<Item = Mount>) -> Vec<Mount> {
    let mut devices = BTreeMap::<String, Mount>::new();
    let length = |mount: &Mount| mount.mountpoint.as_os_str().len();
    for mount in mounts {
        match devices.get(&mount.number) {
            Some(other) if length(other) <= length(&mount) => {}
            _ => drop(devices.insert(mount.number.clone(), mount)),
        }
    }
    devices.into_values().collect()
}

/// Reads the mounts of the host, which are those of its process 1, and asks for the space of each that is shown.
pub fn read(roots: &Roots) -> Result<Filesystems> {
    let mut filesystems = Filesystems::default();
    for mount in select(mountinfo::read(roots)?) {
        match space(roots, mount) {
            Ok(filesystem) if filesystem.size_bytes > 0 => filesystems.found.push(filesystem),
            // Unmounted since, or a captured tree without it.
            Err(error) if !error.is_gone() => filesystems.problems.push(error),
            _ => {}
        }
    }
    Ok(filesystems)
}

fn space(roots: &Roots, mount: Mount) -> Result<Filesystem> {
    let below = mount.mountpoint.strip_prefix("/").unwrap_or(&mount.mountpoint);
    let path = roots.root.join(below);
    let answer = statvfs(&path).map_err(|number| Error::io(&path, number.into()))?;
    let bytes = |blocks: u64| blocks.saturating_mul(answer.fragment_size());
    Ok(Filesystem {
        device: mount.device,
        mountpoint: mount.mountpoint.to_string_lossy().into_owned(),
        fstype: mount.fstype,
        size_bytes: bytes(answer.blocks()),
        available_bytes: bytes(answer.blocks_available()),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::mountinfo::parse;

    const HYPERVISOR: &str = "\
22 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
23 27 0:22 / /sys rw,relatime shared:7 - sysfs sysfs rw
24 27 0:6 / /dev rw,relatime shared:2 - devtmpfs udev rw,size=12334492k
27 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw,errors=remount-ro
28 27 0:25 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,size=10%
31 23 0:29 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw
40 27 8:1 / /boot rw,relatime shared:30 - ext2 /dev/sda1 rw
41 27 0:45 / /tank rw shared:31 - zfs tank rw,xattr
42 41 0:46 / /tank/vms rw shared:32 - zfs tank/vms rw,xattr
43 27 0:47 /@home /home rw shared:33 - btrfs /dev/sdb2 rw,subvolid=257
44 27 0:47 /@log /var/log rw shared:34 - btrfs /dev/sdb2 rw,subvolid=258
45 27 253:0 /srv/images /var/lib/one/datastores/1 rw shared:1 - ext4 /dev/mapper/vg-root rw
46 27 0:60 / /var/lib/one/datastores/0 rw shared:35 - nfs4 10.0.0.5:/datastore rw,hard
47 28 8:17 / /run/media/key rw shared:36 - vfat /dev/sdb1 rw
48 27 0:70 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw,lowerdir=/x
49 27 0:71 / /mnt/sshfs rw - fuse.sshfs me@host: rw
50 27 8:33 / /mnt/two\\040words rw shared:37 master:2 - xfs /dev/sdc1 rw
";

    fn chosen(file: &str) -> Vec<(String, String)> {
        let mounts = select(parse(file.as_bytes())).into_iter();
        mounts
            .map(|mount| (mount.mountpoint.to_string_lossy().into_owned(), mount.device))
            .collect()
    }

    fn places(file: &str) -> Vec<String> {
        chosen(file)
            .into_iter()
            .map(|(mountpoint, _)| mountpoint)
            .collect()
    }

    fn line(mountpoint: &str, number: &str, fstype: &str) -> String {
        format!("1 1 {number} / {mountpoint} rw - {fstype} dev-{number} rw\n")
    }

    #[test]
    fn a_hypervisor_shows_each_disk_once() {
        let expected = [
            ("/", "/dev/mapper/vg-root"),
            ("/boot", "/dev/sda1"),
            ("/home", "/dev/sdb2"),
            ("/mnt/two words", "/dev/sdc1"),
            ("/tank", "tank"),
            ("/tank/vms", "tank/vms"),
        ];
        let expected = expected.map(|(mountpoint, device)| (mountpoint.to_owned(), device.to_owned()));
        assert_eq!(chosen(HYPERVISOR), expected);
    }

    #[test]
    fn what_could_wait_for_ever_or_start_a_mount_is_never_asked() {
        for fstype in [
            "nfs",
            "nfs4",
            "cifs",
            "ceph",
            "fuse",
            "fuse.glusterfs",
            "fuseblk",
            "autofs",
            "9p",
            "afs",
            "lustre",
        ] {
            assert!(places(&line("/data", "0:9", fstype)).is_empty(), "{fstype}");
        }
    }

    #[test]
    fn a_disk_behind_a_server_is_not_asked_and_one_on_a_server_for_root_is() {
        let disk = line("/nfs/disk", "8:1", "ext4");
        assert!(places(&(line("/nfs", "0:9", "nfs4") + &disk)).is_empty());
        assert!(
            places(&(disk.clone() + &line("/nfs", "0:9", "nfs4"))).is_empty(),
            "mounted over it later"
        );
        assert!(places(&(disk.clone() + &line("/nfs/disk", "0:9", "autofs"))).is_empty());
        assert_eq!(
            places(&(line("/nf", "0:9", "nfs4") + &disk)),
            ["/nfs/disk"],
            "only the start of a name"
        );
        assert_eq!(places(&(line("/", "0:9", "nfs4") + &disk)), ["/nfs/disk"]);
        assert_eq!(places(&(line("/nfs", "0:9", "tmpfs") + &disk)), ["/nfs/disk"]);
    }

    #[test]
    fn what_is_mounted_last_on_a_place_is_what_is_shown() {
        let (first, second) = (line("/data", "8:1", "ext4"), line("/data", "8:2", "xfs"));
        assert_eq!(
            chosen(&(first.clone() + &second)),
            [("/data".to_owned(), "dev-8:2".to_owned())]
        );
        assert!(places(&(first + &line("/data", "0:5", "tmpfs"))).is_empty());
    }

    #[test]
    fn mounts_for_one_container_are_noise_and_the_disk_that_holds_them_is_not() {
        let disk = line("/var/lib/docker", "8:1", "xfs");
        assert_eq!(places(&disk), ["/var/lib/docker"]);
        assert!(places(&line("/var/lib/docker/volumes/x", "8:2", "xfs")).is_empty());
        assert!(places(&line("/var/lib/kubelet/pods/x/vol", "8:3", "ext4")).is_empty());
        assert_eq!(
            places(&line("/var/lib/dockers", "8:4", "ext4")),
            ["/var/lib/dockers"]
        );
    }

    #[test]
    fn file_systems_are_bounded() {
        let many = (0..300).map(|number| line(&format!("/disk{number}"), &format!("8:{number}"), "ext4"));
        assert_eq!(places(&many.collect::<String>()).len(), MAX_FILESYSTEMS);
    }

    #[test]
    fn space_is_read_below_the_root_and_what_is_not_there_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        assert!(read(&roots).unwrap_err().to_string().contains("1/mountinfo"));
        fs::create_dir_all(roots.proc.join("self")).unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        let own = line("/data", "8:1", "ext4") + &line("/unmounted", "8:2", "ext4");
        fs::write(roots.proc.join("self/mountinfo"), own).unwrap();
        let filesystems = read(&roots).unwrap();
        assert!(filesystems.problems.is_empty(), "{:?}", filesystems.problems);
        let [data] = &*filesystems.found else {
            panic!("{:?}", filesystems.found)
        };
        assert_eq!(
            (&*data.mountpoint, &*data.fstype, &*data.device),
            ("/data", "ext4", "dev-8:1")
        );
        assert!(data.size_bytes >= data.available_bytes && data.size_bytes > 0);

        fs::create_dir_all(roots.proc.join("1")).unwrap();
        fs::write(roots.proc.join("1/mountinfo"), line("/", "8:3", "xfs")).unwrap();
        assert_eq!(read(&roots).unwrap().found[0].mountpoint, "/");
    }

    #[test]
    fn a_path_that_cannot_be_asked_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(roots.proc.join("1")).unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        fs::write(roots.proc.join("1/mountinfo"), line("/file/disk", "8:1", "ext4")).unwrap();
        let filesystems = read(&roots).unwrap();
        assert!(filesystems.found.is_empty());
        assert!(
            filesystems.problems[0].to_string().contains("file/disk"),
            "{:?}",
            filesystems.problems
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = select(parse(&bytes));
        }

        #[test]
        fn any_lines_like_those_of_the_file_are_parsed_without_a_panic(
            file in "([0-9]{1,3} 1 8:1 / [/.a-c\\\\0-9]{0,8} rw (- )?(ext4|nfs) [a-z/]{0,5} rw\n){0,6}"
        ) {
            let _ = select(parse(file.as_bytes()));
        }
    }
}
