//! Whether what a request asks for can be kept with its claims: a transaction of the store and a record in it have bounds.

use std::collections::BTreeSet;

use super::fault::Fault;
use crate::inventory::group_key_bytes;
use crate::placement::Machine;
use crate::placement::Target;
use crate::schedule::Order;
use crate::schedule::promise;
use crate::store::MAX_EXPECTATIONS;
use crate::store::MAX_KEY_BYTES;

/// The most bytes of what one machine is promised.
pub(super) const MOST_BYTES: usize = 8192;
/// The most groups that one machine may be in or near to. All of them change when it goes.
pub(super) const MOST_GROUPS: usize = 16;

/// Refuses what could not be kept.
pub(super) fn keepable(order: &Order) -> Result<(), Fault> {
    let machines = &order.request.machines;
    for (number, machine) in machines.iter().enumerate() {
        let groups = groups(machine);
        if groups.len() > MOST_GROUPS {
            let problem = format!("names {} groups, and {MOST_GROUPS} is the most", groups.len());
            return Err(Fault::field(format!("machines[{number}].groups"), problem));
        }
        for name in groups {
            fits_key(order, number, name)?;
        }
        let bytes = promise::kept(order, machine, &order.request.groups).bytes();
        if bytes > MOST_BYTES {
            let problem = format!(
                "its traits, aggregates, groups, limits and what it is near to take {bytes} bytes, and {MOST_BYTES} is the most"
            );
            return Err(Fault::field(format!("machines[{number}]"), problem));
        }
    }
    let groups: BTreeSet<_> = machines.iter().flat_map(groups).collect();
    let ours = |id: &&str| machines.iter().any(|machine| machine.id == **id);
    let neighbours: BTreeSet<_> = machines
        .iter()
        .flat_map(neighbours)
        .filter(|id| !ours(id))
        .collect();
    // Each machine stands in its own record and in its host's.
    let records = 2 * machines.len() + groups.len() + neighbours.len();
    if records <= MAX_EXPECTATIONS {
        return Ok(());
    }
    let problem = format!(
        "{} machines, {} groups and {} machines to be near to are more than one transaction can keep: twice the machines, and the \
         others, {MAX_EXPECTATIONS} in all",
        machines.len(),
        groups.len(),
        neighbours.len()
    );
    Err(Fault::field("machines", problem))
}

fn fits_key(order: &Order, number: usize, name: &str) -> Result<(), Fault> {
    let bytes = group_key_bytes(&order.project, name);
    if bytes <= MAX_KEY_BYTES {
        return Ok(());
    }
    let problem = format!(
        "the name of a group and that of its project take {bytes} bytes as a key of the store, and {MAX_KEY_BYTES} is the most"
    );
    Err(Fault::field(format!("machines[{number}].groups"), problem))
}

fn groups(machine: &Machine) -> BTreeSet<&str> {
    let near = machine.near.iter().filter_map(|near| match &near.to {
        Target::Group(name) => Some(name),
        Target::Host(_) | Target::Machine(_) | Target::Position(_) => None,
    });
    machine.groups.iter().chain(near).map(String::as_str).collect()
}

fn neighbours(machine: &Machine) -> BTreeSet<&str> {
    let near = machine.near.iter().filter_map(|near| match &near.to {
        Target::Machine(id) => Some(id.as_str()),
        Target::Host(_) | Target::Group(_) | Target::Position(_) => None,
    });
    near.collect()
}
