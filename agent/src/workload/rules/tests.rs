//! Rules and workloads in, names out.

use proptest::prelude::*;

use super::*;
use crate::workload::Details;
use crate::workload::Label;

fn rules(text: &str) -> Rules {
    serde_yaml::from_str(text).unwrap()
}

/// A virtual machine, a service and a process outside of any workload.
fn vm(name: &str) -> Arc<Identity> {
    let details = [
        (Label::Platform, "opennebula"),
        (Label::User, "ann"),
        (Label::VmId, "524"),
    ];
    Identity::new(Kind::Vm, "uuid-1", name, details.into_iter().collect())
}

fn service(unit: &str) -> Arc<Identity> {
    let details = Details::default().with(Label::Runtime, "systemd");
    Identity::new(Kind::Service, &format!("/system.slice/{unit}"), unit, details)
}

fn facts<'f>(identity: &'f Identity, cgroup: &'f str) -> Facts<'f> {
    Facts {
        identity,
        cgroup,
        executable: "/usr/bin/prog",
        user: "bob",
    }
}

/// Kind, id, name and labels, in one line; `-` where no rule has a say.
fn outcome(rules: &Rules, facts: &Facts<'_>) -> String {
    let Some(found) = rules.apply(facts) else {
        return "-".to_owned();
    };
    let labels = found
        .details
        .iter()
        .map(|(label, value)| format!(" {}={value}", label.as_str()));
    let labels: String = labels.collect();
    format!("{} {} {}{labels}", found.kind.as_str(), found.id, found.name)
}

const ALL: &str = " platform=opennebula vm_id=524 user=ann";

#[test]
fn rules_name_group_label_and_drop_a_machine() {
    let machine = vm("one-524");
    let cgroup = "/machine.slice/machine-qemu\\x2d1\\x2done\\x2d524.scope";
    for (text, expected) in [
        ("[]", "-".to_owned()),
        ("[{match: {label: {name: one-1}}, name: x}]", "-".to_owned()),
        // The whole text must match.
        ("[{match: {label: {name: one}}, name: x}]", "-".to_owned()),
        ("[{match: {label: {name: 'one|-524'}}, name: x}]", "-".to_owned()),
        (
            "[{match: {label: {name: 'one-(\\d+)'}}, name: vm $1 of $$1x}]",
            format!("vm uuid-1 vm 524 of $1x{ALL}"),
        ),
        (
            "[{match: {label: {name: '(?P<a>one)-.*'}}, name: '${a}$a'}]",
            format!("vm uuid-1 oneone{ALL}"),
        ),
        (
            "[{match: {label: {kind: vm, id: uuid.*}}, group: all}]",
            "vm group:all all".to_owned(),
        ),
        (
            "[{match: {label: {kind: vm}}, group: all, kind: service, labels: {tenant: t}}]",
            "service group:all all tenant=t".to_owned(),
        ),
        (
            "[{match: {label: {kind: vm}}, drop: true}]",
            "other other other".to_owned(),
        ),
        (
            "[{match: {user: bob}, labels: {tenant: t, user: ''}}]",
            "vm uuid-1 one-524 platform=opennebula vm_id=524 tenant=t".to_owned(),
        ),
        (
            "[{match: {unit: 'machine-qemu-1-one-524\\.scope'}, name: x}]",
            format!("vm uuid-1 x{ALL}"),
        ),
        (
            "[{match: {cgroup: '/machine\\.slice/.*'}, name: x}]",
            format!("vm uuid-1 x{ALL}"),
        ),
        // One label that is missing is the empty text.
        (
            "[{match: {label: {tenant: ''}}, name: x}]",
            format!("vm uuid-1 x{ALL}"),
        ),
        ("[{match: {label: {tenant: .+}}, name: x}]", "-".to_owned()),
        // All must match.
        (
            "[{match: {label: {kind: vm, user: bob}}, name: x}]",
            "-".to_owned(),
        ),
        // The first decides.
        (
            "[{match: {cgroup: .*}, name: x}, {match: {cgroup: .*}, name: y}]",
            format!("vm uuid-1 x{ALL}"),
        ),
        // Unless it lets the others see what it has made.
        (
            "[{match: {cgroup: .*}, name: x, continue: true}, {match: {label: {name: x}}, name: y}, {match: {cgroup: .*}, drop: true}]",
            format!("vm uuid-1 y{ALL}"),
        ),
        (
            "[{match: {label: {user: (.*)}}, labels: {tenant: $1}, continue: true}, {match: {label: {tenant: (.+)}}, group: of $1}]",
            "vm group:of ann of ann".to_owned(),
        ),
        // What comes out empty is not done.
        (
            "[{match: {label: {name: 'one(x?)-.*'}}, name: $1, continue: true}, {match: {label: {name: 'one(x?)-.*'}}, group: $1}]",
            "-".to_owned(),
        ),
        (
            "[{match: {label: {name: 'one(x)?-.*'}}, labels: {vm_id: $1}}]",
            "vm uuid-1 one-524 platform=opennebula user=ann".to_owned(),
        ),
    ] {
        let found = outcome(&rules(text), &facts(&machine, cgroup));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_process_outside_of_any_workload_is_taken_into_one_by_its_executable_or_user() {
    let system = Identity::permanent(Kind::System);
    for (text, expected) in [
        ("[{match: {executable: .*/prog}, group: g}]", "service group:g g"),
        (
            "[{match: {executable: .*/prog}, group: g, kind: container}]",
            "container group:g g",
        ),
        (
            "[{match: {user: (.*)}, name: of $1}]",
            "service group:of bob of bob",
        ),
        ("[{match: {user: bob}, drop: true}]", "other other other"),
        ("[{match: {user: bob}, labels: {tenant: t}}]", "-"),
        (
            "[{match: {user: bob}, labels: {tenant: t}, continue: true}, {match: {label: {tenant: t}}, group: t}]",
            "service group:t t",
        ),
        (
            "[{match: {label: {kind: system}}, group: loose}]",
            "service group:loose loose",
        ),
        ("[{match: {executable: prog}, group: g}]", "-"),
    ] {
        assert_eq!(outcome(&rules(text), &facts(&system, "/")), expected, "{text}");
    }
}

#[test]
fn nobody_renames_the_kernel_or_what_is_nobodys() {
    let rules = rules("[{match: {cgroup: .*}, name: x, labels: {tenant: t}}]");
    for kind in [Kind::Kernel, Kind::Idle, Kind::Unattributed, Kind::Other] {
        assert_eq!(rules.apply(&facts(&Identity::permanent(kind), "/")), None);
    }
}

#[test]
fn the_members_of_a_group_are_one_workload_and_those_of_two_kinds_are_two() {
    let rules = rules("[{match: {cgroup: .*}, group: g}]");
    let (one, two, other) = (vm("a"), vm("b"), service("c.service"));
    let of = |identity: &Identity| rules.apply(&facts(identity, "/x")).unwrap();
    assert_eq!(of(&one), of(&two));
    assert_ne!(of(&one), of(&other));
}

#[test]
fn the_unit_of_a_cgroup_is_the_outermost_that_is_no_slice() {
    for (cgroup, expected) in [
        ("", ""),
        ("/", ""),
        ("/docker/abc", ""),
        ("/system.slice", "system.slice"),
        ("/user.slice/user-1000.slice", "user-1000.slice"),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service",
            "user@1000.service",
        ),
        (
            "/system.slice/slurmstepd.scope/job_1/step_0/user/task_0",
            "slurmstepd.scope",
        ),
        ("/system.slice/a\\x2db.service", "a-b.service"),
        ("/lxc.payload.c1/system.slice/a.service", ""),
    ] {
        assert_eq!(unit_of(cgroup), expected, "{cgroup}");
    }
}

#[test]
fn hostile_names_stay_within_rules_and_labels() {
    let name = format!("one-1\n\u{202e}\"{}", "x".repeat(10_000));
    let raw = Identity {
        name: name.clone(),
        ..Identity::clone(&vm(""))
    };
    let rules = rules("[{match: {label: {name: 'one-(.*)'}}, name: n $1, labels: {tenant: $1}}]");
    let found = rules.apply(&facts(&raw, &name)).unwrap();
    for text in [&*found.name, found.details.get(Label::Tenant).unwrap()] {
        assert!(text.len() <= 256 && !text.chars().any(char::is_control), "{text}");
    }
}

#[test]
fn a_pattern_that_makes_other_engines_slow_is_done_at_once() {
    let pattern = Pattern::new("(a+)+(a|a)*(.*.*.*)*b").unwrap();
    assert!(pattern.captures(&"a".repeat(20_000)).is_none());
}

proptest! {
    #[test]
    fn any_pattern_and_template_is_taken_or_refused_in_one_line(text in "[(){}|?*+^$.a-z\\\\\\[\\]<>P=0-9:#]{0,24}|\\PC{0,12}") {
        if let Err(problem) = Pattern::new(&text) {
            prop_assert!(!problem.trim().is_empty());
        }
        if let Ok(template) = Template::new(&text) {
            let _ = template.expand(|name| name.get(..1).map_or("", |_| "v"));
        }
    }

    #[test]
    fn any_facts_give_labels_that_can_be_printed(name: String, cgroup: String, user: String) {
        let rules = rules("[{match: {cgroup: '(?P<c>.*)', user: '(?P<u>.*)', label: {name: '(?P<n>.*)'}}, name: '$n $c $u', labels: {tenant: $u}}]");
        let raw = Identity { name, ..Identity::clone(&vm("")) };
        let facts = Facts { identity: &raw, cgroup: &cgroup, executable: "", user: &user };
        let found = rules.apply(&facts).unwrap();
        prop_assert!(found.name.len() <= 256 && !found.name.chars().any(char::is_control));
    }
}
