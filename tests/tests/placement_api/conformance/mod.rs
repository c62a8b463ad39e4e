//! Fixed requests: what was found out about Placement, each microversion, and everything that can be wrong.

mod doors;
mod groups;
mod limits;
mod quirks;
mod versions;
mod wrong;

use super::ask::Ask;
use super::both::Both;
use super::world;

/// The status that both have to give, microversion 1.n, method, target, body. `{p1}` is a provider, `{c1}` a consumer, `{a1}` an
/// aggregate; names with a higher number are others.
pub(super) type Step = (u16, u8, &'static str, &'static str, &'static str);

/// What gives a thing with a number its long name.
type Naming = (&'static str, fn(u64) -> String);

pub(super) fn named(text: &str) -> String {
    let kinds: [Naming; 3] = [
        ("p", world::provider),
        ("c", world::consumer),
        ("a", world::aggregate),
    ];
    let numbered = |(letter, name): Naming| (1..10).map(move |n| (format!("{{{letter}{n}}}"), name(n)));
    let names = kinds.into_iter().flat_map(numbered);
    names.fold(text.to_owned(), |text, (short, long)| text.replace(&short, &long))
}

pub(super) fn ask((_, minor, method, target, body): &Step) -> Ask {
    let ask = Ask::new(*minor, method, named(target));
    if body.is_empty() {
        ask
    } else {
        ask.text(&named(body))
    }
}

pub(super) fn walk(both: &Both, steps: &[Step]) {
    for step in steps {
        let answer = both.ask("step", &ask(step));
        assert_eq!(
            answer.status,
            step.0,
            "{step:?}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
}

/// Three providers with something on them.
pub(super) const HOSTS: &[Step] = &[
    (
        200,
        39,
        "POST",
        "/resource_providers",
        r#"{"name": "one", "uuid": "{p1}"}"#,
    ),
    (
        200,
        39,
        "POST",
        "/resource_providers",
        r#"{"name": "two", "uuid": "{p2}"}"#,
    ),
    (
        201,
        19,
        "POST",
        "/resource_providers",
        r#"{"name": "three", "uuid": "{p3}"}"#,
    ),
    (
        200,
        39,
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 0, "inventories":
        {"VCPU": {"total": 8, "allocation_ratio": 4.0}, "MEMORY_MB": {"total": 1024, "step_size": 128}, "DISK_GB": {"total": 100}}}"#,
    ),
    (
        200,
        39,
        "PUT",
        "/resource_providers/{p2}/inventories",
        r#"{"resource_provider_generation": 0, "inventories":
        {"VCPU": {"total": 4, "max_unit": 4}, "MEMORY_MB": {"total": 4096, "reserved": 512}}}"#,
    ),
    (
        200,
        39,
        "PUT",
        "/resource_providers/{p1}/traits",
        r#"{"resource_provider_generation": 1, "traits": ["HW_CPU_X86_VMX"]}"#,
    ),
    (
        200,
        39,
        "PUT",
        "/resource_providers/{p2}/aggregates",
        r#"{"resource_provider_generation": 1, "aggregates": ["{a1}", "{a2}"]}"#,
    ),
    (
        204,
        39,
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 2, "MEMORY_MB": 256}}},
        "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}"#,
    ),
    (
        204,
        0,
        "PUT",
        "/allocations/{c2}",
        r#"{"allocations": [{"resource_provider": {"uuid": "{p2}"}, "resources": {"VCPU": 1}}]}"#,
    ),
];
