//! What others wrote to test Placement and its clients, asked of the controller: the tests in the packages openstack-placement
//! and osc-placement. `tests/placement` has the programs that run them, and lists of what does not pass and why.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use super::real::MISSING;
use super::real::python;
use super::served::binary;
use crate::e2e::skip::note;

/// A suite of others.
struct Suite {
    /// The program that runs it, in `tests/placement`.
    program: &'static str,
    /// What does not pass, beside it.
    list: &'static str,
    /// The packages that it needs.
    import: &'static str,
    /// How many have to pass at least, so that a suite that shrinks is noticed.
    passing: usize,
}

/// The tests that are listed, by file; a file without tests is not run.
type Listed = BTreeMap<String, BTreeSet<String>>;

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("placement")
}

/// Reads a list: paragraphs of reasons (`#`), files, and tests indented below them.
fn listed(text: &str) -> Listed {
    let (mut all, mut file) = (Listed::new(), None);
    for paragraph in text.split("\n\n") {
        assert!(
            paragraph.starts_with('#'),
            "a reason has to come first:\n{paragraph}"
        );
        for line in paragraph.lines().filter(|line| !line.starts_with('#')) {
            if let Some(test) = line.strip_prefix("    ") {
                let file = file.as_ref().and_then(|file| all.get_mut(file));
                file.unwrap().insert(test.to_owned());
            } else {
                all.entry(line.to_owned()).or_default();
                file = Some(line.to_owned());
            }
        }
    }
    all
}

impl Suite {
    /// What fails and how many pass; `None` if the packages or the controller are missing.
    #[expect(
        clippy::print_stdout,
        reason = "why something fails is shown with the failure"
    )]
    fn run(&self, left_out: &[&String]) -> Option<(Listed, usize)> {
        let has = Command::new(python())
            .args(["-c", &format!("import {}", self.import)])
            .output();
        if !binary().exists() || !has.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let mut command = Command::new(python());
        command.arg(room().join(self.program)).arg(binary());
        command.args(left_out.iter().map(|file| format!("--without={file}")));
        // Nothing is written beside the sources.
        let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", self.program);
        let (mut failed, mut passed) = (Listed::new(), 0);
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let fields: Vec<_> = line.split('\t').collect();
            assert_eq!(fields.len(), 4, "{}: {line:?}", self.program);
            if fields[0] == "pass" {
                passed += 1;
                continue;
            }
            println!("{line}");
            let tests = failed.entry(fields[1].to_owned()).or_default();
            tests.insert(fields[2].to_owned());
        }
        Some((failed, passed))
    }

    /// Fails unless exactly those fail that are listed.
    fn check(&self, test: &str) {
        let mut listed = listed(&fs::read_to_string(room().join(self.list)).unwrap());
        let whole = listed.iter().filter(|(_, tests)| tests.is_empty());
        let Some((failed, passed)) = self.run(&whole.map(|(file, _)| file).collect::<Vec<_>>()) else {
            return note(test, MISSING);
        };
        listed.retain(|_, tests| !tests.is_empty());
        assert_eq!(failed, listed, "failed, and listed in {}", self.list);
        assert!(passed >= self.passing, "only {passed} passed");
    }
}

#[test]
fn the_tests_in_placements_package_pass_except_those_listed() {
    let gabbits = Suite {
        program: "gabbits.py",
        list: "gabbits.txt",
        import: "gabbi, oslotest, placement",
        passing: 700,
    };
    gabbits.check("all::placement_api::suites::the_tests_in_placements_package_pass_except_those_listed");
}

#[test]
fn the_openstack_commands_work_with_the_controller() {
    let commands = Suite {
        program: "commands.py",
        list: "commands.txt",
        import: "openstackclient, osc_placement, oslotest",
        passing: 120,
    };
    commands.check("all::placement_api::suites::the_openstack_commands_work_with_the_controller");
}

#[test]
fn a_list_is_read_with_its_files_and_tests() {
    let text = "# Head.\n\n# Reason.\na.yaml\nb.yaml\n    one\n    two, too\n\n# Other.\nb.yaml\n    three\n";
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let expected = [
        ("a.yaml".to_owned(), names(&[])),
        ("b.yaml".to_owned(), names(&["one", "two, too", "three"])),
    ];
    assert_eq!(listed(text), BTreeMap::from(expected));
}
