//! Everything that can be wrong with a request.

use super::super::both::Both;
use super::super::real::MISSING;
use super::HOSTS;
use super::ask;
use super::walk;
use crate::e2e::skip::note;

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
    // Two faults at once: which one is told.
    (
        "POST",
        "/reshaper",
        r#"{"inventories": {"{p1}": {"resource_provider_generation": 3, "inventories": {"CUSTOM_NOPE": {"total": 1}}}}, "allocations": {"{c1}": {"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "consumer_generation": 7, "consumer_type": "INSTANCE", "project_id": "p", "user_id": "u"}}}"#,
    ),
    (
        "POST",
        "/reshaper",
        r#"{"inventories": {"{p1}": {"resource_provider_generation": 3, "inventories": {"CUSTOM_NOPE": {"total": 1}}}}, "allocations": {"{c1}": {"allocations": {"{p9}": {"resources": {"VCPU": 1}}}, "consumer_generation": 1, "consumer_type": "INSTANCE", "project_id": "p", "user_id": "u"}}}"#,
    ),
    (
        "POST",
        "/reshaper",
        r#"{"inventories": {"{p1}": {"resource_provider_generation": 3, "inventories": {"VCPU": {"total": 1, "reserved": 2}}}}, "allocations": {"{c1}": {"allocations": {"{p1}": {"resources": {"VCPU": 1}}}, "consumer_generation": 7, "consumer_type": "INSTANCE", "project_id": "p", "user_id": "u"}}}"#,
    ),
];

#[test]
fn what_is_wrong_is_wrong_in_the_same_way() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::wrong::what_is_wrong_is_wrong_in_the_same_way",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    for (method, target, body) in WRONG {
        both.ask("wrong", &ask(&(0, 39, method, target, body)));
    }
    both.compare_all("after everything wrong");
}
