//! What was found out about Placement by running it.

use super::super::both::Both;
use super::super::real::MISSING;
use super::HOSTS;
use super::Step;
use super::walk;
use crate::e2e::skip::note;

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
            "all::placement_api::conformance::quirks::what_was_found_out_about_placement_is_so_in_both",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    walk(&both, QUIRKS);
    both.compare_all("after the quirks");
}
