//! Whose promises a move has to do with: members of the machine's groups, machines that it is to be near to, and those that are to
//! be near to it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use super::propose::Resident;
use crate::placement::Affinity;
use crate::placement::Fleet;
use crate::placement::Group;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::Present;
use crate::placement::Request;
use crate::placement::Target;

/// Residents by what binds them to others. They go on being the same while they move.
#[derive(Debug, Default)]
pub(super) struct Company {
    by_id: HashMap<String, usize>,
    members: HashMap<String, Vec<usize>>,
    groups: HashMap<String, Group>,
    near_group: HashMap<String, Vec<usize>>,
    near_machine: HashMap<String, Vec<usize>>,
}

impl Company {
    pub(super) fn new(residents: &[Resident]) -> Self {
        let mut company = Self::default();
        for (number, resident) in residents.iter().enumerate() {
            company.by_id.insert(resident.consumer.clone(), number);
            let Some(promised) = &resident.promised else {
                continue;
            };
            for group in &promised.groups {
                let members = company.members.entry(group.name.clone()).or_default();
                members.push(number);
                company.groups.insert(group.name.clone(), group.clone());
            }
            for near in &promised.machine.near {
                let (index, name) = match &near.to {
                    Target::Group(name) => (&mut company.near_group, name),
                    Target::Machine(id) => (&mut company.near_machine, id),
                    Target::Host(_) | Target::Position(_) => continue,
                };
                index.entry(name.clone()).or_default().push(number);
            }
        }
        company
    }

    /// What a machine is to be near to, as far as that is still there.
    pub(super) fn near(&self, fleet: &Fleet, machine: &Machine) -> Vec<Near> {
        let there = |near: &&Near| match &near.to {
            Target::Host(name) => fleet.index(name).is_some(),
            Target::Machine(id) => self.by_id.contains_key(id),
            Target::Group(_) | Target::Position(_) => true,
        };
        machine.near.iter().filter(there).cloned().collect()
    }

    /// The request of some residents, with all others whom it has to do with where they are.
    pub(super) fn request(
        &self,
        fleet: &Fleet,
        residents: &[Resident],
        numbers: &[usize],
        machines: Vec<Machine>,
    ) -> Request {
        let mut meeting = Meeting {
            fleet,
            residents,
            numbers,
            present: BTreeMap::new(),
        };
        let names = named(&machines);
        for name in &names {
            for member in self.members.get(*name).into_iter().flatten() {
                if let Some(present) = meeting.somebody(*member) {
                    present.groups.push((*name).to_owned());
                }
            }
            let concerns = |to: &Target| matches!(to, Target::Group(group) if group == name);
            meeting.watchers(self.near_group.get(*name), concerns);
        }
        for machine in &machines {
            for near in &machine.near {
                if let Target::Machine(id) = &near.to
                    && let Some(number) = self.by_id.get(id)
                {
                    meeting.somebody(*number);
                }
            }
            let concerns = |to: &Target| matches!(to, Target::Machine(id) if *id == machine.id);
            meeting.watchers(self.near_machine.get(&machine.id), concerns);
        }
        let present = meeting.present.into_values().collect();
        Request {
            groups: names.iter().map(|name| self.group(name)).collect(),
            present,
            machines,
            ..Request::default()
        }
    }

    /// What a group is. One that nobody is in is nothing to anybody.
    fn group(&self, name: &str) -> Group {
        let known = self.groups.get(name).cloned();
        known.unwrap_or_else(|| Group {
            name: name.to_owned(),
            affinity: Affinity::Apart,
            hard: false,
            present: Vec::new(),
        })
    }
}

struct Meeting<'r> {
    fleet: &'r Fleet,
    residents: &'r [Resident],
    /// Who moves, and is not present for that.
    numbers: &'r [usize],
    present: BTreeMap<usize, Present>,
}

impl Meeting<'_> {
    fn somebody(&mut self, number: usize) -> Option<&mut Present> {
        if self.numbers.contains(&number) {
            return None;
        }
        let resident = self.residents.get(number)?;
        let hosts = std::iter::once(&resident.host).chain(&resident.elsewhere);
        let names = hosts.filter_map(|host| self.fleet.hosts().get(*host));
        let present = || Present {
            id: resident.consumer.clone(),
            hosts: names.map(|host| host.name.to_string()).collect(),
            ..Present::default()
        };
        Some(self.present.entry(number).or_insert_with(present))
    }

    fn watchers(&mut self, numbers: Option<&Vec<usize>>, concerns: impl Fn(&Target) -> bool) {
        for number in numbers.into_iter().flatten() {
            let resident = self.residents.get(*number);
            let promised = resident.and_then(|resident| resident.promised.as_ref());
            let near = promised.map_or(&[][..], |promised| &promised.machine.near);
            let near: Vec<Near> = near.iter().filter(|near| concerns(&near.to)).cloned().collect();
            if let Some(present) = self.somebody(*number) {
                present.near.extend(near);
            }
        }
    }
}

fn named(machines: &[Machine]) -> BTreeSet<&str> {
    let joined = machines.iter().flat_map(|machine| &machine.groups);
    let near = machines.iter().flat_map(|machine| &machine.near);
    let near = near.filter_map(|near| match &near.to {
        Target::Group(name) => Some(name),
        Target::Host(_) | Target::Machine(_) | Target::Position(_) => None,
    });
    joined.chain(near).map(String::as_str).collect()
}
