//! Who is where, with what each was promised.

use crate::inventory::Consumer;
use crate::inventory::Ledger;
use crate::inventory::Promises;
use crate::inventory::escaped;
use crate::placement::Fleet;
use crate::placement::Group;
use crate::placement::Target;
use crate::rebalance::Promised;
use crate::rebalance::Resident;

use super::promise;

/// All consumers that have something on a host of the fleet, by id.
pub(crate) fn residents(ledger: &Ledger, fleet: &Fleet, settled: impl Fn(&str) -> bool) -> Vec<Resident> {
    let mut residents: Vec<_> = ledger
        .consumers()
        .filter_map(|(id, consumer)| resident(ledger, fleet, (id, consumer), settled(id)))
        .collect();
    residents.sort_unstable_by(|one, other| one.consumer.cmp(&other.consumer));
    residents
}

fn resident(
    ledger: &Ledger,
    fleet: &Fleet,
    (id, consumer): (&str, &Consumer),
    settled: bool,
) -> Option<Resident> {
    let mut hosts = ledger.allocations_of(id);
    let host = hosts.next()?;
    let taken = host.taken_by(id).iter();
    let resources = taken.map(|(class, amount)| (ledger.class_name(*class).to_owned(), u64::from(*amount)));
    Some(Resident {
        consumer: id.to_owned(),
        host: fleet.index(host.name())?,
        elsewhere: hosts.filter_map(|host| fleet.index(host.name())).collect(),
        resources: resources.collect(),
        settled,
        promised: consumer.promises().map(|kept| promised(id, kept)),
    })
}

fn promised(id: &str, kept: &Promises) -> Promised {
    let mut machine = promise::machine(id, Vec::new(), kept);
    for name in &mut machine.groups {
        *name = among_all(&kept.project, name);
    }
    for near in &mut machine.near {
        if let Target::Group(name) = &mut near.to {
            *name = among_all(&kept.project, name);
        }
    }
    let groups = kept.groups.iter().map(|group| Group {
        name: among_all(&kept.project, &group.name),
        affinity: group.affinity,
        hard: group.hard,
        present: Vec::new(),
    });
    Promised {
        groups: groups.collect(),
        machine,
    }
}

/// A group's name among those of all projects. No two have the same one, because there is no space in the project's part.
fn among_all(project: &str, name: &str) -> String {
    format!("{name} of project {}", escaped(project))
}
