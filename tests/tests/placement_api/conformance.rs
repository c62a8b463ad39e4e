//! Fixed requests: what was found out about Placement, each microversion, and everything that can be wrong.

use super::ask::Ask;
use super::both::Both;
use super::operations::OPERATIONS;
use super::real::MISSING;
use super::world;
use crate::e2e::skip::note;

/// The status that both have to give, microversion 1.n, method, target, body. `{p1}` is a provider, `{c1}` a consumer, `{a1}` an
/// aggregate; names with a higher number are others.
type Step = (u16, u8, &'static str, &'static str, &'static str);

/// What gives a thing with a number its long name.
type Naming = (&'static str, fn(u64) -> String);

fn named(text: &str) -> String {
    let kinds: [Naming; 3] = [
        ("p", world::provider),
        ("c", world::consumer),
        ("a", world::aggregate),
    ];
    let numbered = |(letter, name): Naming| (1..10).map(move |n| (format!("{{{letter}{n}}}"), name(n)));
    let names = kinds.into_iter().flat_map(numbered);
    names.fold(text.to_owned(), |text, (short, long)| text.replace(&short, &long))
}

fn ask((_, minor, method, target, body): &Step) -> Ask {
    let ask = Ask::new(*minor, method, named(target));
    if body.is_empty() {
        ask
    } else {
        ask.text(&named(body))
    }
}

fn walk(both: &Both, steps: &[Step]) {
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
const HOSTS: &[Step] = &[
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

/// What was found out about Placement by running it.
const QUIRKS: &[Step] = &[
    // A claim is new once.
    (
        409,
        39,
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 2}}},
        "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}"#,
    ),
    // Since 1.38 it has to say what it is.
    (
        400,
        39,
        "PUT",
        "/allocations/{c3}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 2}}},
        "project_id": "p", "user_id": "u", "consumer_generation": null}"#,
    ),
    // A step of 128 hides a host from who asks for 200, and a greatest unit of 4 from who asks for 5.
    (
        200,
        39,
        "GET",
        "/allocation_candidates?resources=MEMORY_MB:200",
        "",
    ),
    (200, 39, "GET", "/allocation_candidates?resources=VCPU:5", ""),
    // Everything reserved hides it too, and is allowed since 1.26.
    (
        400,
        25,
        "PUT",
        "/resource_providers/{p3}/inventories",
        r#"{"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 4, "reserved": 4}}}"#,
    ),
    (
        200,
        26,
        "PUT",
        "/resource_providers/{p3}/inventories",
        r#"{"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 4, "reserved": 4}}}"#,
    ),
    (200, 39, "GET", "/allocation_candidates?resources=VCPU:1", ""),
    (
        409,
        39,
        "PUT",
        "/resource_providers/{p3}/inventories",
        r#"{"resource_provider_generation": 0, "inventories": {}}"#,
    ),
    (400, 39, "GET", "/allocation_candidates?resources=VCPU:0", ""),
    (
        400,
        39,
        "GET",
        "/allocation_candidates?resources=CUSTOM_NOPE:1",
        "",
    ),
    // What is used cannot go, and the two ways of trying have two codes.
    (409, 39, "DELETE", "/resource_providers/{p1}/inventories/VCPU", ""),
    (409, 39, "DELETE", "/resource_providers/{p1}/inventories", ""),
    (409, 39, "DELETE", "/resource_providers/{p1}", ""),
    // A class that is not there is no page here, and one that the provider has not is a bad request.
    (
        404,
        39,
        "PUT",
        "/resource_providers/{p3}/inventories/CUSTOM_NOPE",
        r#"{"resource_provider_generation": 1, "total": 1}"#,
    ),
    (
        400,
        39,
        "PUT",
        "/resource_providers/{p3}/inventories/DISK_GB",
        r#"{"resource_provider_generation": 1, "total": 1}"#,
    ),
    (
        400,
        39,
        "POST",
        "/resource_providers/{p3}/inventories",
        r#"{"resource_class": "CUSTOM_NOPE", "total": 1}"#,
    ),
    (
        404,
        39,
        "DELETE",
        "/resource_providers/{p3}/inventories/CUSTOM_NOPE",
        "",
    ),
    (
        404,
        39,
        "DELETE",
        "/resource_providers/{p3}/inventories/DISK_GB",
        "",
    ),
    // Less than is used may be there; then only less may be taken.
    (
        200,
        39,
        "PUT",
        "/resource_providers/{p1}/inventories/VCPU",
        r#"{"resource_provider_generation": 3, "total": 1}"#,
    ),
    (
        409,
        39,
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 3, "MEMORY_MB": 256}}},
        "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "INSTANCE"}"#,
    ),
    (
        204,
        39,
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 2, "MEMORY_MB": 256}}},
        "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "INSTANCE"}"#,
    ),
    // Moving away does not count as a change of the host that is left; releasing with an empty claim does.
    (
        204,
        39,
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p2}": {"resources": {"VCPU": 2}}},
        "project_id": "p", "user_id": "u", "consumer_generation": 2, "consumer_type": "INSTANCE"}"#,
    ),
    (200, 39, "GET", "/resource_providers/{p1}", ""),
    (
        204,
        39,
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {},
        "project_id": "p", "user_id": "u", "consumer_generation": 3, "consumer_type": "INSTANCE"}"#,
    ),
    (200, 39, "GET", "/resource_providers/{p2}", ""),
    // Releasing what never was makes a consumer of generation 0, which is not new any more.
    (
        204,
        39,
        "PUT",
        "/allocations/{c4}",
        r#"{"allocations": {},
        "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}"#,
    ),
    (
        409,
        39,
        "PUT",
        "/allocations/{c4}",
        r#"{"allocations": {"{p2}": {"resources": {"VCPU": 1}}},
        "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}"#,
    ),
    (
        204,
        39,
        "PUT",
        "/allocations/{c4}",
        r#"{"allocations": {"{p2}": {"resources": {"VCPU": 1}}},
        "project_id": "p", "user_id": "u", "consumer_generation": 0, "consumer_type": "INSTANCE"}"#,
    ),
    (404, 39, "DELETE", "/allocations/{c5}", ""),
    // Standard names stay; unknown ones are not there.
    (400, 39, "DELETE", "/resource_classes/VCPU", ""),
    (404, 39, "DELETE", "/resource_classes/CUSTOM_NOPE", ""),
    (400, 39, "DELETE", "/traits/HW_CPU_X86_VMX", ""),
    (404, 39, "DELETE", "/traits/CUSTOM_NOPE", ""),
    (400, 6, "PUT", "/resource_classes/VCPU", r#"{"name": "CUSTOM_X"}"#),
    (400, 39, "PUT", "/resource_classes/VCPU", ""),
    (400, 39, "PUT", "/traits/HW_CPU_X86_VMX", ""),
    // One UUID in two spellings is one provider, but two aggregates.
    (
        409,
        39,
        "POST",
        "/resource_providers",
        r#"{"name": "four", "uuid": "{11111111000040008000000000000001}"}"#,
    ),
    (
        200,
        39,
        "PUT",
        "/resource_providers/{p3}/aggregates",
        r#"{"resource_provider_generation": 1, "aggregates":
        ["abcdefab-0000-4000-8000-000000000001", "ABCDEFAB-0000-4000-8000-000000000001"]}"#,
    ),
    (
        200,
        39,
        "GET",
        "/resource_providers?member_of=ABCDEFAB-0000-4000-8000-000000000001",
        "",
    ),
    (
        200,
        39,
        "GET",
        "/resource_providers?member_of=abcdefab000040008000000000000001",
        "",
    ),
];

#[test]
fn what_was_found_out_about_placement_is_so_in_both() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::what_was_found_out_about_placement_is_so_in_both",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    walk(&both, QUIRKS);
    both.compare_all("after the quirks");
}

#[test]
fn a_limit_gives_so_many_of_all_and_what_belongs_to_them() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::a_limit_gives_so_many_of_all_and_what_belongs_to_them",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    let page = |target: &str, real: bool| {
        let ask = Ask::new(39, "GET", target);
        let answer = if real {
            both.real.ask(&ask)
        } else {
            both.ours.ask(&ask)
        };
        let json = answer.json();
        let requests = json["allocation_requests"].as_array().unwrap().clone();
        let summaries = json["provider_summaries"].as_object().unwrap().clone();
        (requests, summaries)
    };
    let all = "/allocation_candidates?resources=VCPU:1";
    for (limit, expected) in [(1, 1), (2, 2), (3, 2)] {
        for real in [true, false] {
            let (every, _) = page(all, real);
            let (some, summaries) = page(&format!("{all}&limit={limit}"), real);
            assert_eq!((some.len(), summaries.len()), (expected, expected));
            assert!(some.iter().all(|request| every.contains(request)));
            let mut hosts = some
                .iter()
                .flat_map(|request| request["allocations"].as_object().unwrap().keys());
            assert!(hosts.all(|host| summaries.contains_key(host)));
        }
    }
}

/// Pages and changes that have a form of their own in some microversion. They change nothing that is asked for here, or come
/// to nothing.
const AT_EACH_VERSION: &[(&str, &str, &str)] = &[
    ("GET", "/", ""),
    ("GET", "/resource_classes", ""),
    ("GET", "/resource_classes/VCPU", ""),
    (
        "PUT",
        "/resource_classes/CUSTOM_EACH",
        r#"{"name": "CUSTOM_EACH"}"#,
    ),
    ("GET", "/traits?name=startswith:STORAGE", ""),
    ("PUT", "/traits/CUSTOM_EACH", ""),
    ("GET", "/traits/HW_CPU_X86_VMX", ""),
    ("GET", "/resource_providers", ""),
    ("GET", "/resource_providers?resources=VCPU:1", ""),
    ("GET", "/resource_providers?member_of={a1}", ""),
    ("GET", "/resource_providers?member_of={a1}&member_of={a2}", ""),
    ("GET", "/resource_providers?member_of=!{a1}", ""),
    ("GET", "/resource_providers?in_tree={p1}", ""),
    ("GET", "/resource_providers?required=HW_CPU_X86_VMX", ""),
    ("GET", "/resource_providers?required=!HW_CPU_X86_VMX", ""),
    (
        "GET",
        "/resource_providers?required=in:HW_CPU_X86_VMX,STORAGE_DISK_SSD",
        "",
    ),
    ("GET", "/resource_providers/{p1}", ""),
    ("GET", "/resource_providers/{p1}/inventories", ""),
    ("GET", "/resource_providers/{p1}/inventories/VCPU", ""),
    ("DELETE", "/resource_providers/{p3}/inventories", ""),
    ("GET", "/resource_providers/{p1}/usages", ""),
    ("GET", "/resource_providers/{p2}/aggregates", ""),
    ("PUT", "/resource_providers/{p3}/aggregates", r#"["{a3}"]"#),
    (
        "PUT",
        "/resource_providers/{p1}/aggregates",
        r#"{"aggregates": [], "resource_provider_generation": 99}"#,
    ),
    ("GET", "/resource_providers/{p1}/traits", ""),
    ("GET", "/resource_providers/{p1}/allocations", ""),
    ("GET", "/allocations/{c1}", ""),
    ("GET", "/allocations/{c2}", ""),
    ("GET", "/allocations/{c9}", ""),
    (
        "PUT",
        "/allocations/{c8}",
        r#"{"allocations": [{"resource_provider": {"uuid": "{p1}"}, "resources": {"VCPU": 99}}]}"#,
    ),
    (
        "PUT",
        "/allocations/{c8}",
        r#"{"allocations": [{"resource_provider": {"uuid": "{p1}"}, "resources": {"VCPU": 99}}], "project_id": "p", "user_id": "u"}"#,
    ),
    (
        "PUT",
        "/allocations/{c8}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 99}}}, "project_id": "p", "user_id": "u"}"#,
    ),
    (
        "PUT",
        "/allocations/{c8}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 99}}}, "project_id": "p", "user_id": "u", "consumer_generation": null}"#,
    ),
    (
        "PUT",
        "/allocations/{c8}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 99}}}, "project_id": "p", "user_id": "u", "consumer_generation": null, "mappings": {"": ["{p1}"]}}"#,
    ),
    (
        "PUT",
        "/allocations/{c8}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 99}}}, "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}"#,
    ),
    (
        "POST",
        "/allocations",
        r#"{"{c8}": {"allocations": {"{p1}": {"resources": {"VCPU": 99}}}, "project_id": "p", "user_id": "u"}}"#,
    ),
    (
        "POST",
        "/allocations",
        r#"{"{c8}": {"allocations": {"{p1}": {"resources": {"VCPU": 99}}}, "project_id": "p", "user_id": "u", "consumer_generation": null}}"#,
    ),
    ("GET", "/usages?project_id=p", ""),
    ("GET", "/usages?project_id=p&consumer_type=INSTANCE", ""),
    ("GET", "/allocation_candidates?resources=VCPU:1", ""),
    ("GET", "/allocation_candidates?resources=VCPU:1&limit=9", ""),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&required=HW_CPU_X86_VMX",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&required=!HW_CPU_X86_VMX",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&required=in:HW_CPU_X86_VMX,STORAGE_DISK_SSD",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&required=HW_CPU_X86_VMX&required=STORAGE_DISK_SSD",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&member_of={a1}",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&member_of={a1}&member_of={a2}",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&member_of=!in:{a1},{a3}",
        "",
    ),
    ("GET", "/allocation_candidates?resources=VCPU:1&in_tree={p1}", ""),
    ("GET", "/allocation_candidates?resources1=VCPU:1", ""),
    (
        "GET",
        "/allocation_candidates?resources_A=VCPU:1&resources_B=MEMORY_MB:128&group_policy=none",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&root_required=HW_CPU_X86_VMX",
        "",
    ),
    (
        "POST",
        "/resource_providers",
        r#"{"name": "one", "parent_provider_uuid": null}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}",
        r#"{"name": "one", "parent_provider_uuid": null}"#,
    ),
    (
        "POST",
        "/reshaper",
        r#"{"inventories": {"{p1}": {"resource_provider_generation": 99, "inventories": {}}}, "allocations": {}}"#,
    ),
];

#[test]
fn every_microversion_has_its_own_forms() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::every_microversion_has_its_own_forms",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    // All of them takes a while: each page at each fourth version, other pages at the others, unless more is asked for.
    let all = std::env::var_os(OPERATIONS).is_some();
    for minor in 0..40 {
        for (index, (method, target, body)) in AT_EACH_VERSION.iter().enumerate() {
            if all || (index + usize::from(minor)).is_multiple_of(4) {
                both.ask("at each version", &ask(&(0, minor, method, target, body)));
            }
        }
    }
}

/// What is wrong with something, at microversion 1.39.
const WRONG: &[(&str, &str, &str)] = &[
    ("POST", "/resource_providers", ""),
    ("POST", "/resource_providers", "{"),
    ("POST", "/resource_providers", "[]"),
    ("POST", "/resource_providers", "\u{fffd}"),
    ("POST", "/resource_providers", r#"{"name": ""}"#),
    ("POST", "/resource_providers", r#"{"name": 7}"#),
    ("POST", "/resource_providers", r#"{"name": "x", "uuid": "y"}"#),
    ("POST", "/resource_providers", r#"{"name": "x", "uuid": null}"#),
    ("POST", "/resource_providers", r#"{"name": "x", "colour": "red"}"#),
    (
        "POST",
        "/resource_providers",
        r#"{"name": "x", "parent_provider_uuid": "{p9}"}"#,
    ),
    (
        "POST",
        "/resource_providers",
        r#"{"name": "x", "uuid": "{p8}", "parent_provider_uuid": "{p8}"}"#,
    ),
    (
        "POST",
        "/resource_providers",
        r#"{"name": "one", "uuid": "{p8}"}"#,
    ),
    ("POST", "/resource_providers", r#"{"name": "x", "uuid": "{p1}"}"#),
    ("PUT", "/resource_providers/{p1}", r#"{"name": "two"}"#),
    (
        "PUT",
        "/resource_providers/{p1}",
        r#"{"name": "one", "parent_provider_uuid": "{p1}"}"#,
    ),
    ("PUT", "/resource_providers/{p9}", r#"{"name": "x"}"#),
    (
        "GET",
        "/resource_providers/11111111-0000-4000-8000-00000000000G",
        "",
    ),
    ("GET", "/resource_providers?uuid=7", ""),
    ("GET", "/resource_providers?uuid={p9}&name=", ""),
    ("GET", "/resource_providers?resources=", ""),
    ("GET", "/resource_providers?resources=VCPU", ""),
    ("GET", "/resource_providers?resources=VCPU:-1", ""),
    ("GET", "/resource_providers?resources=VCPU:1.5", ""),
    ("GET", "/resource_providers?resources=VCPU:+1_0", ""),
    ("GET", "/resource_providers?resources=CUSTOM_NOPE:1", ""),
    ("GET", "/resource_providers?member_of={a1},{a2}", ""),
    ("GET", "/resource_providers?member_of=in:{a1},x", ""),
    ("GET", "/resource_providers?required=", ""),
    ("GET", "/resource_providers?required=CUSTOM_NOPE", ""),
    ("GET", "/resource_providers?required=!CUSTOM_NOPE", ""),
    ("GET", "/resource_providers?required=in:!HW_CPU_X86_VMX", ""),
    ("GET", "/resource_providers?in_tree={p9}&required=CUSTOM_NOPE", ""),
    ("GET", "/resource_providers?colour=red", ""),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"inventories": {}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": "3", "inventories": {}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": -3, "inventories": {}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3.5, "inventories": {}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 1e300, "inventories": {}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"CUSTOM_NOPE": {"total": 1}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 0}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 2147483648}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 1e400}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": NaN}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 4, "allocation_ratio": 1e39}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 4, "allocation_ratio": -1}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 4, "reserved": 5}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 4, "min_unit": 0}}}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 4, "colour": 0}}}"#,
    ),
    (
        "POST",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_class": "VCPU", "total": 1}"#,
    ),
    (
        "POST",
        "/resource_providers/{p1}/inventories",
        r#"{"resource_class": "vcpu", "total": 1}"#,
    ),
    ("POST", "/resource_providers/{p1}/inventories", r#"{"total": 1}"#),
    ("GET", "/resource_providers/{p1}/inventories/PCPU", ""),
    ("GET", "/resource_providers/{p1}/inventories/nope", ""),
    (
        "PUT",
        "/resource_providers/{p1}/traits",
        r#"{"resource_provider_generation": 3, "traits": ["CUSTOM_NOPE"]}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/traits",
        r#"{"resource_provider_generation": 3, "traits": [""]}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/traits",
        r#"{"resource_provider_generation": 3, "traits": "HW_CPU_X86_VMX"}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/traits",
        r#"{"resource_provider_generation": 7, "traits": []}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p9}/traits",
        r#"{"resource_provider_generation": 7, "traits": []}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/aggregates",
        r#"{"resource_provider_generation": 3, "aggregates": ["x"]}"#,
    ),
    (
        "PUT",
        "/resource_providers/{p1}/aggregates",
        r#"{"resource_provider_generation": 3, "aggregates": ["{a1}", "{a1}"]}"#,
    ),
    ("PUT", "/resource_providers/{p1}/aggregates", r#"["{a1}"]"#),
    ("PUT", "/traits/CUSTOM_", ""),
    ("PUT", "/traits/custom_a", ""),
    ("PUT", "/resource_classes/CUSTOM_a", ""),
    ("PUT", "/resource_classes/CUSTOM_%22", ""),
    ("POST", "/resource_classes", r#"{"name": "VCPU"}"#),
    ("POST", "/resource_classes", r#"{"name": "CUSTOM_A", "x": 1}"#),
    ("PUT", "/allocations/nope", r#"{}"#),
    ("PUT", "/allocations/{c1}", r#"{}"#),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 0}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": -1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 1e300}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": "1"}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"vcpu": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"CUSTOM_NOPE": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"PCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p9}": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"x": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "project_id": "", "user_id": "u", "consumer_generation": 1, "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": "1", "consumer_type": "A"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "a"}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A", "mappings": {}}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "A", "mappings": {"a": ["x"]}}"#,
    ),
    (
        "PUT",
        "/allocations/{c1}",
        r#"{"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": 9, "consumer_type": "A"}"#,
    ),
    ("POST", "/allocations", r#"{}"#),
    ("POST", "/allocations", r#"{"x": {}}"#),
    ("GET", "/usages", ""),
    ("GET", "/usages?project_id=", ""),
    ("GET", "/usages?project_id=p&consumer_type=lower", ""),
    ("GET", "/usages?project_id=p&colour=red", ""),
    ("GET", "/allocation_candidates", ""),
    ("GET", "/allocation_candidates?resources=", ""),
    ("GET", "/allocation_candidates?resources=VCPU:1&limit=0", ""),
    ("GET", "/allocation_candidates?resources=VCPU:1&limit=-1", ""),
    ("GET", "/allocation_candidates?resources=VCPU:1&limit=x", ""),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&required=CUSTOM_NOPE",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&required=HW_CPU_X86_VMX,!HW_CPU_X86_VMX",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&required=HW_CPU_X86_VMX,",
        "",
    ),
    ("GET", "/allocation_candidates?required=HW_CPU_X86_VMX", ""),
    (
        "GET",
        "/allocation_candidates?resources1=VCPU:1&required=HW_CPU_X86_VMX",
        "",
    ),
    ("GET", "/allocation_candidates?resources=VCPU:1&member_of=x", ""),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&member_of={a9}&required=CUSTOM_NOPE",
        "",
    ),
    ("GET", "/allocation_candidates?resources=VCPU:1&in_tree=x", ""),
    ("GET", "/allocation_candidates?resources=VCPU:1&in_tree={p9}", ""),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&group_policy=some",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources1=VCPU:1&resources2=VCPU:1",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources1=VCPU:1&resources2=VCPU:1&group_policy=isolate",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&root_required=A&root_required=B",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&root_required=!HW_CPU_X86_VMX,HW_CPU_X86_VMX",
        "",
    ),
    (
        "GET",
        "/allocation_candidates?resources=VCPU:1&root_required=CUSTOM_NOPE",
        "",
    ),
    ("GET", "/allocation_candidates?resources=VCPU:1&colour=red", ""),
    ("POST", "/reshaper", r#"{"inventories": {}, "allocations": {}}"#),
    (
        "POST",
        "/reshaper",
        r#"{"inventories": {"{p9}": {"resource_provider_generation": 0, "inventories": {}}}, "allocations": {}}"#,
    ),
    (
        "POST",
        "/reshaper",
        r#"{"inventories": {"{p1}": {"resource_provider_generation": 3, "inventories": {}}}, "allocations": {}}"#,
    ),
];

#[test]
fn what_is_wrong_is_wrong_in_the_same_way() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::what_is_wrong_is_wrong_in_the_same_way",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    for (method, target, body) in WRONG {
        both.ask("wrong", &ask(&(0, 39, method, target, body)));
    }
    both.compare_all("after everything wrong");
}

/// Methods, paths, versions and types that a server has to know or to refuse.
#[test]
fn doors_open_and_stay_shut_alike() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::doors_open_and_stay_shut_alike",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    let paths = [
        "/",
        "/nope",
        "/traits/",
        "/resource_providers/",
        "/resource_providers/{p1}/",
        "/resource_providers/{p1}/nope",
        "/resource_providers//inventories",
        "/resource_providers/{p1}/inventories/VCPU/x",
        "/resource_providers/%7b",
        "/allocations",
        "/reshaper",
        "/usages",
        "/allocation_candidates",
    ];
    for path in paths {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"] {
            both.ask("doors", &Ask::new(39, method, named(path)));
        }
    }
    for version in [
        "",
        "placement latest",
        "placement 1.40",
        "placement 2.1",
        "placement x",
        "placement 1.5.1",
        "compute 1.2",
        "placement 1.3, placement 1.4",
        "Placement 1.07",
        "placement LATEST",
        "placement",
        "1.4",
    ] {
        let version = version.to_owned();
        both.ask(
            "versions",
            &Ask {
                version,
                ..Ask::new(0, "GET", "/resource_providers")
            },
        );
    }
    for accept in [
        "*/*",
        "application/*",
        "text/html",
        "text/html, */*;q=0.1",
        "application/json;q=0",
        "",
    ] {
        let accept = Some(accept.to_owned());
        both.ask(
            "accept",
            &Ask {
                accept,
                ..Ask::new(39, "GET", "/resource_providers")
            },
        );
    }
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/jsonx",
    ] {
        let content_type = Some(kind.to_owned());
        let ask = Ask::new(39, "POST", "/resource_classes").text(r#"{"name": "CUSTOM_DOOR"}"#);
        both.ask("types", &Ask { content_type, ..ask });
    }
    let bare = Ask {
        content_type: None,
        ..Ask::new(39, "POST", "/resource_classes").text("{}")
    };
    both.ask("no type", &bare);
}
