//! What a counter's reader does when the counter goes, returns, or holds nonsense.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::Machine;
use super::vanish;
use crate::Scratch;
use crate::powercap::ZoneFault;
use crate::powercap::list_ids;

#[test]
fn a_counter_that_vanishes_and_comes_back_is_read_again() {
    let machine = Machine::new();
    let energy = machine.flat("intel-rapl:0", "package-0", 5).join("energy_uj");
    let mut found = machine.discover();
    let (reader, mut scratch) = (&mut found.zones[0], Scratch::default());
    assert_eq!(reader.read(&mut scratch), Ok(5));
    vanish(&energy);
    assert!(reader.read(&mut scratch).is_err());
    assert_eq!(reader.read(&mut scratch), Err(ZoneFault::Gone));
    fs::write(&energy, "6\n").unwrap();
    assert_eq!(reader.read(&mut scratch), Ok(6));
}

#[test]
fn the_set_of_zones_changes_when_a_counter_goes_and_when_it_returns() {
    let machine = Machine::new();
    let energy = machine.flat("intel-rapl:0", "package-0", 5).join("energy_uj");
    let before = machine.discover().ids;
    assert_eq!(list_ids(&machine.roots).unwrap(), before);
    vanish(&energy);
    assert!(list_ids(&machine.roots).unwrap().is_empty());
    fs::write(&energy, "6\n").unwrap();
    assert_eq!(list_ids(&machine.roots).unwrap(), before);
}

#[test]
fn garbage_in_a_counter_is_a_fault_and_passes() {
    let machine = Machine::new();
    let energy = machine.flat("intel-rapl:0", "package-0", 5).join("energy_uj");
    let mut found = machine.discover();
    let (reader, mut scratch) = (&mut found.zones[0], Scratch::default());
    for garbage in [
        &b"\n"[..],
        b"-5\n",
        b"5 5\n",
        b"\xff\xfe",
        b"99999999999999999999\n",
    ] {
        fs::write(&energy, garbage).unwrap();
        let fault = reader.read(&mut scratch).unwrap_err();
        assert_eq!(fault.as_str(), "garbage", "{fault}");
    }
    fs::write(&energy, "9\n").unwrap();
    assert_eq!(reader.read(&mut scratch), Ok(9));
}

#[test]
fn a_counter_that_cannot_be_read_at_all_is_a_fault_of_its_own() {
    let machine = Machine::new();
    let path = machine.flat("intel-rapl:0", "package-0", 5);
    fs::remove_file(path.join("energy_uj")).unwrap();
    fs::create_dir(path.join("energy_uj")).unwrap();
    let fault = machine.discover().zones[0]
        .read(&mut Scratch::default())
        .unwrap_err();
    assert_eq!(fault.as_str(), "failed");
    assert!(fault.to_string().contains("intel-rapl:0/energy_uj"), "{fault}");
}

#[test]
fn a_counter_for_root_alone_is_discovered_and_says_what_is_missing() {
    if nix::unistd::geteuid().is_root() {
        println!("not tested: root may read every file; the errno table in reader.rs stands for it");
        return;
    }
    let machine = Machine::new();
    let path = machine.flat("intel-rapl:0", "package-0", 5);
    fs::set_permissions(path.join("energy_uj"), fs::Permissions::from_mode(0o000)).unwrap();
    let mut found = machine.discover();
    assert_eq!(
        found.zones[0].read(&mut Scratch::default()),
        Err(ZoneFault::Permission)
    );
}

#[test]
fn a_reading_allocates_nothing() {
    let machine = Machine::new();
    machine.flat("intel-rapl:0", "package-0", 5);
    let mut found = machine.discover();
    let mut scratch = Scratch::default();
    found.zones[0].read(&mut scratch).unwrap();
    let used = allocation_counter::measure(|| {
        found.zones[0].read(&mut scratch).unwrap();
    });
    assert_eq!(used.count_total, 0);
}
