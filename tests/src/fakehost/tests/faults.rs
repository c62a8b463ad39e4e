//! What goes wrong on request.

use std::os::unix::fs::MetadataExt;

use super::*;

#[test]
fn a_zone_vanishes_gets_stuck_speaks_garbage_and_is_healed() {
    let (dir, mut host) = host(small(Layout::V2));
    for fault in ["vanish intel-rapl:0", "vanish powercap"] {
        host.apply(&fault.parse().unwrap()).unwrap();
        assert!(
            !dir.path().join(ZONE).exists()
                && !dir.path().join("sys/class/powercap/intel-rapl:0").is_symlink()
        );
        host.step(STEP).unwrap();
        host.apply(&fault.replace("vanish", "heal").parse().unwrap())
            .unwrap();
        assert_eq!(number(dir.path(), ZONE), host.truth().zones[0].shown_uj);
        assert_eq!(
            read(dir.path(), "sys/class/powercap/intel-rapl:0:0/name"),
            "dram\n"
        );
    }
    for fault in ["stuck", "garbage"] {
        host.apply(&format!("{fault} intel-rapl:0").parse().unwrap())
            .unwrap();
        let before = fs::read(dir.path().join(ZONE)).unwrap();
        host.step(STEP).unwrap();
        assert_eq!(fs::read(dir.path().join(ZONE)).unwrap(), before);
        assert_eq!(before[0] == 0xff, fault == "garbage");
        host.apply(&Fault::Heal("intel-rapl:0".to_owned())).unwrap();
        assert_eq!(number(dir.path(), ZONE), host.truth().zones[0].shown_uj);
    }
}

#[test]
fn resets_and_jumps_show_and_are_not_true() {
    let (dir, mut host) = host(small(Layout::V2));
    host.step(STEP).unwrap();
    let true_uj = host.truth().zones[0].energy_uj;
    host.apply(&Fault::Reset("intel-rapl:0".to_owned())).unwrap();
    assert_eq!(number(dir.path(), ZONE), 0);
    host.apply(&Fault::Jump("intel-rapl:0".to_owned())).unwrap();
    assert!(number(dir.path(), ZONE).abs_diff(1 << 31) <= 62);
    assert_eq!(host.truth().zones[0].energy_uj, true_uj);
}

#[test]
fn a_reused_number_belongs_to_a_process_that_started_later() {
    let (dir, mut host) = host(small(Layout::V2));
    let pid = *cgroup_of(&host.truth(), "nginx").pids.last().unwrap();
    let start = |dir: &Path| {
        let stat = read(dir, &format!("proc/{pid}/stat"));
        stat.rsplit_once(") ")
            .unwrap()
            .1
            .split(' ')
            .nth(19)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    assert!(start(dir.path()) < 360_000, "it has been there since the boot");
    host.step(STEP).unwrap();
    host.apply(&Fault::ReusePid("nginx".to_owned())).unwrap();
    assert_eq!(start(dir.path()), 360_000 + 10);
    assert!(cgroup_of(&host.truth(), "nginx").pids.contains(&pid));
}

#[test]
fn a_ghost_is_listed_and_has_no_stat() {
    let (dir, mut host) = host(small(Layout::V2));
    host.apply(&Fault::Ghost("nginx".to_owned())).unwrap();
    host.step(STEP).unwrap();
    let truth = host.truth();
    let nginx = cgroup_of(&truth, "nginx");
    let listed = read(dir.path(), &format!("sys/fs/cgroup{}/cgroup.procs", nginx.cgroup));
    assert!(listed.lines().any(|line| line == nginx.pids[0].to_string()));
    let process = dir.path().join(format!("proc/{}", nginx.pids[0]));
    assert!(process.is_dir() && !process.join("stat").exists());
}

#[test]
fn a_restarted_service_has_the_same_cgroup_with_counters_from_nothing() {
    let (dir, mut host) = host(small(Layout::V2));
    let stat = "sys/fs/cgroup/system.slice/nginx.service/cpu.stat";
    host.step(STEP).unwrap();
    let inode = fs::metadata(dir.path().join(stat)).unwrap().ino();
    let kept = fs::File::open(dir.path().join(stat)).unwrap();
    host.apply(&Fault::Restart("nginx".to_owned())).unwrap();
    assert_eq!(keyed(dir.path(), stat, "usage_usec "), 0);
    assert_ne!(fs::metadata(dir.path().join(stat)).unwrap().ino(), inode);
    assert_eq!(
        kept.metadata().unwrap().len(),
        0,
        "what a kept descriptor names has gone"
    );
    host.step(STEP).unwrap();
    let truth = host.truth();
    let [old, new] = truth.named("nginx").collect::<Vec<_>>()[..] else {
        panic!("two incarnations")
    };
    assert!(old.ended && !new.ended && old.cpu_us > 0 && new.cpu_us > 0 && new.incarnation == 1);
    assert_eq!(truth.accounted(), truth.host);
}

#[test]
fn what_has_ended_leaves_no_file_and_keeps_its_figures() {
    let (dir, mut host) = host(small(Layout::V1));
    host.step(STEP).unwrap();
    let before = host.truth();
    let web = cgroup_of(&before, "web");
    host.apply(&Fault::End("web".to_owned())).unwrap();
    for tree in ["cpu,cpuacct", "memory", "systemd", "cpuset"] {
        assert!(
            !dir.path()
                .join(format!("sys/fs/cgroup/{tree}{}", web.cgroup))
                .exists(),
            "{tree}"
        );
    }
    assert!(!dir.path().join(format!("proc/{}", web.pids[0])).exists());
    let after = host.truth();
    assert_eq!(cgroup_of(&after, "web").joules, web.joules);
    assert!(
        host.apply(&Fault::End("web".to_owned())).is_err(),
        "it runs no more"
    );
}

#[test]
fn faults_are_read_from_words_and_bad_ones_are_refused() {
    assert_eq!(
        "jump intel-rapl:0\n".parse::<Fault>().unwrap(),
        Fault::Jump("intel-rapl:0".to_owned())
    );
    assert_eq!("new-boot-id".parse::<Fault>().unwrap(), Fault::NewBootId);
    for bad in ["", "vanish", "explode intel-rapl:0", "new-boot-id now"] {
        assert!(bad.parse::<Fault>().is_err(), "{bad:?}");
    }
    let (_dir, mut host) = host(small(Layout::V2));
    assert!(host.apply(&Fault::Reset("intel-rapl:7".to_owned())).is_err());
}

#[test]
fn a_new_boot_id_is_another_one() {
    let (dir, mut host) = host(small(Layout::V2));
    let path = "proc/sys/kernel/random/boot_id";
    let before = read(dir.path(), path);
    host.apply(&Fault::NewBootId).unwrap();
    assert_ne!(read(dir.path(), path), before);
}
