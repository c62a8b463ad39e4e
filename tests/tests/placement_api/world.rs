//! The small world in which the random requests take place: few names, so that they meet.

use wattle_controller::inventory::Ledger;

/// The standard classes and one that comes and goes.
pub(crate) const CLASSES: [&str; 5] = ["VCPU", "MEMORY_MB", "DISK_GB", "CUSTOM_GOLD", "CUSTOM_SILVER"];
/// Traits, of which the custom ones come and go.
pub(crate) const TRAITS: [&str; 5] = [
    "HW_CPU_X86_VMX",
    "HW_CPU_X86_AVX2",
    "STORAGE_DISK_SSD",
    "CUSTOM_QUIET",
    "CUSTOM_GREEN",
];
pub(crate) const PROJECTS: [&str; 3] = ["p1", "p2", "00000000-0000-0000-0000-000000000000"];
pub(crate) const USERS: [&str; 2] = ["u1", "u2"];
pub(crate) const KINDS: [&str; 3] = ["INSTANCE", "MIGRATION", "VOLUME"];

pub(crate) fn provider(number: u64) -> String {
    format!("11111111-0000-4000-8000-{number:012x}")
}

pub(crate) fn consumer(number: u64) -> String {
    format!("22222222-0000-4000-8000-{number:012x}")
}

pub(crate) fn aggregate(number: u64) -> String {
    format!("33333333-0000-4000-8000-{number:012x}")
}

/// How many of each there may be.
pub(crate) const PROVIDERS: u64 = 12;
pub(crate) const CONSUMERS: u64 = 20;
pub(crate) const AGGREGATES: u64 = 4;

/// Every page that tells something of the state.
pub(crate) fn targets(ledger: &Ledger) -> Vec<String> {
    let mut targets: Vec<String> = [
        "/resource_providers",
        "/resource_classes",
        "/traits?associated=true",
        "/traits?associated=false",
    ]
    .map(str::to_owned)
    .to_vec();
    for known in ledger.providers() {
        let own = format!("/resource_providers/{}", known.uuid());
        let rooms = ["inventories", "usages", "aggregates", "traits", "allocations"];
        targets.extend(rooms.map(|room| format!("{own}/{room}")));
    }
    targets.extend((0..CONSUMERS).map(|number| format!("/allocations/{}", consumer(number))));
    for project in PROJECTS {
        targets.push(format!("/usages?project_id={project}"));
        targets.push(format!("/usages?project_id={project}&consumer_type=all"));
        targets.push(format!(
            "/usages?project_id={project}&user_id=u1&consumer_type=unknown"
        ));
    }
    targets
}
