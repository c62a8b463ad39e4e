//! Each microversion's own forms.

use super::super::both::Both;
use super::super::operations::OPERATIONS;
use super::super::real::MISSING;
use super::HOSTS;
use super::ask;
use super::walk;
use crate::e2e::skip::note;

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
            "all::placement_api::conformance::versions::every_microversion_has_its_own_forms",
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
