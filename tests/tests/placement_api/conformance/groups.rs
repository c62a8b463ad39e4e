//! Groups of a request for candidates: among flat providers, one provider grants them all.

use super::super::ask::Ask;
use super::super::both::Both;
use super::super::real::MISSING;
use super::HOSTS;
use super::named;
use super::walk;
use crate::e2e::skip::note;

const QUERIES: [&str; 23] = [
    "resources_A=VCPU:1&same_subtree=_A",
    "resources_A=VCPU:1&resources_B=MEMORY_MB:128&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&resources_B=MEMORY_MB:128&same_subtree=_A,_B&group_policy=isolate",
    "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&same_subtree=_A,_B&group_policy=isolate",
    "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&same_subtree=_A,_B",
    "resources_A=VCPU:1&required_B=!HW_CPU_X86_VMX&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&required_B=HW_CPU_X86_AVX2&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&required_B=CUSTOM_NOPE&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&member_of_B={a1}&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&member_of_B=!{a1}&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&in_tree_B={p2}&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&in_tree_B={p1}&same_subtree=_A,_B&group_policy=none",
    "resources_A=VCPU:1&in_tree_B={p9}&same_subtree=_A,_B&group_policy=none",
    "resources=VCPU:1&required_B=HW_CPU_X86_VMX&same_subtree=_B",
    "resources=VCPU:1&required_B=HW_CPU_X86_VMX",
    "required=HW_CPU_X86_VMX&resources_B=VCPU:1&same_subtree=_B",
    "required_A=HW_CPU_X86_VMX&same_subtree=_A",
    "resources_A=VCPU:1&same_subtree=_A,_B",
    "resources_A=VCPU:1&same_subtree=_A,",
    "resources_A=VCPU:1&same_subtree=",
    "resources_A=VCPU:1&resources_B=VCPU:1&group_policy=none&group_policy=isolate",
    "resources_A=VCPU:1&resources_B=VCPU:1&group_policy=isolate&group_policy=none",
];

#[test]
fn groups_of_a_request_mean_the_same_to_both() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::groups::groups_of_a_request_mean_the_same_to_both",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    let mut found = 0;
    for query in QUERIES {
        for minor in [35, 36, 39] {
            let target = named(&format!("/allocation_candidates?{query}"));
            let answer = both.ask("groups", &Ask::new(minor, "GET", target));
            found += usize::from(
                answer.status == 200
                    && !answer.json()["provider_summaries"]
                        .as_object()
                        .unwrap()
                        .is_empty(),
            );
        }
    }
    assert!(found >= 10, "only {found} found anything: the test says little");
}
