//! `/proc/1/mountinfo` of each layout (proc_pid_mountinfo(5)).

use super::hierarchies::hierarchies;
use super::spec::Layout;

/// Mount points that must be there for their sizes to be asked.
pub(super) const DIRECTORIES: [&str; 3] = ["boot/efi", "var/lib", "run"];

const DISKS: &str = "\
21 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
23 28 0:5 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,size=32868340k,nr_inodes=8217085,mode=755,inode64
25 28 0:23 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=6578596k,mode=755,inode64
28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
29 21 0:6 / /sys/kernel/security rw,nosuid,nodev,noexec,relatime shared:8 - securityfs securityfs rw
";

const TAIL: &str = "\
45 28 259:1 / /boot/efi rw,relatime shared:31 - vfat /dev/nvme0n1p1 rw,fmask=0077,dmask=0077,codepage=437
47 28 253:0 / /var/lib rw,relatime shared:33 - xfs /dev/mapper/data-lib rw,attr2,inode64,logbufs=8,noquota
";

/// The whole file.
pub(super) fn text(layout: Layout) -> String {
    format!("{DISKS}{}{TAIL}", cgroup_mounts(layout))
}

fn cgroup_mounts(layout: Layout) -> String {
    const HOW: &str = "rw,nosuid,nodev,noexec,relatime";
    if layout == Layout::V2 {
        return format!("30 21 0:26 / /sys/fs/cgroup {HOW} shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    }
    let mut text =
        "30 21 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755\n".to_owned();
    for (number, tree) in (31..).zip(hierarchies(layout)) {
        let (mount, device) = (tree.mount, number - 4);
        let kind = match tree.controllers {
            "" => "cgroup2 cgroup2 rw".to_owned(),
            "name=systemd" => "cgroup cgroup rw,xattr,name=systemd".to_owned(),
            controllers => format!("cgroup cgroup rw,{controllers}"),
        };
        text += &format!("{number} 30 0:{device} / /sys/fs/cgroup/{mount} {HOW} shared:{number} - {kind}\n");
    }
    text
}
