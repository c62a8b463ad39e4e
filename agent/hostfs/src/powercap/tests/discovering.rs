//! Which zones are found, and what they say about themselves.

use std::fs;
use std::os::unix::fs::symlink;

use super::Machine;
use super::zone;
use crate::Roots;
use crate::Scratch;
use crate::powercap::Discovery;
use crate::powercap::Zone;
use crate::powercap::discover;

/// Id, kind, socket, die.
type Row<'a> = (&'a str, &'a str, Option<u32>, Option<u32>);

fn row(zone: &Zone) -> Row<'_> {
    (&zone.id, zone.kind.as_str(), zone.socket, zone.die)
}

fn rows(found: &Discovery) -> Vec<Row<'_>> {
    found.zones.iter().map(|reader| row(reader.zone())).collect()
}

#[test]
fn a_machine_without_the_framework_has_no_zones_and_that_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let found = discover(&Roots::below(dir.path())).unwrap();
    assert!(found.zones.is_empty() && found.problems.is_empty() && found.ids.is_empty());
}

#[test]
fn a_server_with_two_sockets_shows_each_zone_once_with_its_socket() {
    let machine = Machine::new();
    let zones = [
        ("intel-rapl:0", "package-0", 11),
        ("intel-rapl:0:0", "dram", 12),
        ("intel-rapl:1", "package-1", 21),
        ("intel-rapl:1:0", "dram", 22),
    ];
    machine.linked("intel-rapl", &zones);
    fs::create_dir(machine.class().join("dtpm")).unwrap();
    let mut found = machine.discover();
    let expected = [
        ("intel-rapl:0", "package", Some(0), None),
        ("intel-rapl:0:0", "dram", Some(0), None),
        ("intel-rapl:1", "package", Some(1), None),
        ("intel-rapl:1:0", "dram", Some(1), None),
    ];
    assert_eq!(rows(&found), expected);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let mut scratch = Scratch::default();
    let energies = found
        .zones
        .iter_mut()
        .map(|zone| zone.read(&mut scratch).unwrap());
    assert_eq!(energies.collect::<Vec<_>>(), [11, 12, 21, 22]);
}

#[test]
fn a_client_has_cores_graphics_and_a_platform_that_belongs_to_no_socket() {
    let machine = Machine::new();
    let zones = [
        ("intel-rapl:0", "package-0", 1),
        ("intel-rapl:0:0", "core", 2),
        ("intel-rapl:0:1", "uncore", 3),
        ("intel-rapl:1", "psys", 4),
    ];
    machine.linked("intel-rapl", &zones);
    machine.linked("intel-rapl-mmio", &[("intel-rapl-mmio:0", "package-0", 1)]);
    let found = machine.discover();
    let expected = [
        ("intel-rapl:0", "package", Some(0), None),
        ("intel-rapl:0:0", "core", Some(0), None),
        ("intel-rapl:0:1", "uncore", Some(0), None),
        ("intel-rapl:1", "psys", None, None),
        ("intel-rapl-mmio:0", "package", Some(0), None),
    ];
    assert_eq!(rows(&found), expected);
    let twins = found
        .zones
        .iter()
        .filter(|reader| &*reader.zone().name == "package-0");
    let controls = twins.map(|reader| &*reader.zone().control).collect::<Vec<_>>();
    assert_eq!(
        controls,
        ["intel-rapl", "intel-rapl-mmio"],
        "twins are told apart by their control type"
    );
}

#[test]
fn an_amd_machine_has_packages_with_cores_and_no_constraints() {
    let machine = Machine::new();
    machine.linked(
        "intel-rapl",
        &[("intel-rapl:0", "package-0", 1), ("intel-rapl:0:0", "core", 2)],
    );
    let found = machine.discover();
    assert_eq!(rows(&found)[1], ("intel-rapl:0:0", "core", Some(0), None));
    assert_eq!(found.zones[0].zone().max_power_uw, None);
}

#[test]
fn dies_of_a_package_are_inherited_by_their_subzones() {
    let machine = Machine::new();
    machine.flat("intel-rapl:0", "package-1-die-0", 1);
    machine.flat("intel-rapl:1", "package-1-die-1", 2);
    machine.flat("intel-rapl:1:0", "dram", 3);
    let expected = [
        ("intel-rapl:0", "package", Some(1), Some(0)),
        ("intel-rapl:1", "package", Some(1), Some(1)),
        ("intel-rapl:1:0", "dram", Some(1), Some(1)),
    ];
    assert_eq!(rows(&machine.discover()), expected);
}

#[test]
fn zones_that_are_only_nested_are_found_once() {
    let machine = Machine::new();
    let control = machine.class().join("intel-rapl");
    zone(&control.join("intel-rapl:0"), "package-0", 1);
    zone(&control.join("intel-rapl:0/intel-rapl:0:0"), "dram", 2);
    machine.flat("intel-rapl:1", "package-1", 3);
    zone(&machine.class().join("intel-rapl:1/intel-rapl:1:0"), "dram", 4);
    symlink("nowhere", machine.class().join("intel-rapl:0")).unwrap();
    let found = machine.discover();
    let ids = ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"];
    assert_eq!(found.ids.iter().map(|id| &**id).collect::<Vec<_>>(), ids);
    assert_eq!(rows(&found)[1], (ids[1], "dram", Some(0), None));
}

#[test]
fn ten_sockets_stand_in_the_order_of_their_numbers() {
    let machine = Machine::new();
    for number in (0..12).rev() {
        machine.flat(&format!("intel-rapl:{number}"), &format!("package-{number}"), 0);
    }
    let found = machine.discover();
    let sockets = found.zones.iter().map(|reader| reader.zone().socket);
    assert_eq!(sockets.collect::<Vec<_>>(), (0..12).map(Some).collect::<Vec<_>>());
}

#[test]
fn a_broken_zone_is_reported_and_hides_no_other() {
    let machine = Machine::new();
    let nameless = machine.flat("intel-rapl:0", "package-0", 1);
    fs::remove_file(nameless.join("name")).unwrap();
    let binary = machine.flat("intel-rapl:1", "package-1", 1);
    fs::write(binary.join("name"), b"\xff\x00\n").unwrap();
    machine.flat("intel-rapl:2", "package-2", 1);
    let found = machine.discover();
    assert_eq!(rows(&found), [("intel-rapl:2", "package", Some(2), None)]);
    let problems = found.problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].contains("intel-rapl:0/name"), "{}", problems[0]);
    assert!(problems[1].contains("intel-rapl:1/name"), "{}", problems[1]);
    assert_eq!(
        found.ids.len(),
        3,
        "a broken zone does not look like a new one each time"
    );
}

#[test]
fn a_zone_without_a_range_is_delivered_with_0_and_reported() {
    let machine = Machine::new();
    for (number, range) in ["0\n", "", "-1\n", "99999999999999999999\n"]
        .into_iter()
        .enumerate()
    {
        let path = machine.flat(&format!("intel-rapl:{number}"), &format!("package-{number}"), 1);
        fs::write(path.join("max_energy_range_uj"), range).unwrap();
    }
    let found = machine.discover();
    assert!(
        found
            .zones
            .iter()
            .all(|reader| reader.zone().max_energy_range_uj == 0)
    );
    assert_eq!((found.zones.len(), found.problems.len()), (4, 4));
    assert!(
        found
            .problems
            .iter()
            .all(|problem| problem.to_string().contains("max_energy_range_uj"))
    );
}

#[test]
fn the_most_power_is_the_largest_that_a_constraint_admits_and_that_makes_sense() {
    type Files = &'static [(&'static str, &'static str)];
    let table: [(Files, Option<u64>); 5] = [
        (
            &[
                ("constraint_0_max_power_uw", "205000000"),
                ("constraint_1_max_power_uw", "378000000"),
            ],
            Some(378_000_000),
        ),
        (
            &[
                ("constraint_0_max_power_uw", "0"),
                ("constraint_0_power_limit_uw", "165000000"),
            ],
            Some(165_000_000),
        ),
        (
            &[
                ("constraint_0_max_power_uw", "18446744073709551615"),
                ("constraint_1_power_limit_uw", "9"),
            ],
            Some(9),
        ),
        (
            &[
                ("constraint_0_max_power_uw", "much"),
                ("constraint_2_max_power_uw", "7"),
            ],
            Some(7),
        ),
        (&[], None),
    ];
    for (files, expected) in table {
        let machine = Machine::new();
        let path = machine.flat("intel-rapl:0", "package-0", 1);
        for (file, value) in files {
            fs::write(path.join(file), value).unwrap();
        }
        assert_eq!(
            machine.discover().zones[0].zone().max_power_uw,
            expected,
            "{files:?}"
        );
    }
}

#[test]
fn a_zone_that_limits_nothing_is_still_a_zone() {
    let machine = Machine::new();
    let path = machine.flat("intel-rapl:0", "package-0", 1);
    fs::write(path.join("enabled"), "0\n").unwrap();
    assert_eq!(machine.discover().zones[0].zone().enabled, Some(false));
    fs::remove_file(path.join("enabled")).unwrap();
    assert_eq!(machine.discover().zones[0].zone().enabled, None);
}

#[test]
fn a_flood_of_directories_is_cut_off() {
    let machine = Machine::new();
    for number in 0..1100 {
        fs::create_dir(machine.class().join(format!("intel-rapl:{number}"))).unwrap();
        fs::write(
            machine.class().join(format!("intel-rapl:{number}/energy_uj")),
            "0",
        )
        .unwrap();
    }
    assert_eq!(machine.discover().ids.len(), 1024);
}

#[test]
fn entries_that_are_no_zones_are_passed_over() {
    let machine = Machine::new();
    fs::write(machine.class().join("intel-rapl:7"), "a file").unwrap();
    zone(&machine.class().join("intel-rapl:x"), "package-0", 1);
    zone(&machine.class().join("intel-rapl:0/intel-rapl:1:0"), "dram", 1);
    symlink(".", machine.class().join("loop")).unwrap();
    let found = machine.discover();
    assert!(
        found.ids.is_empty() && found.problems.is_empty(),
        "{:?}",
        found.ids
    );
}
