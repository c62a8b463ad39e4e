//! With whom a request has to do besides its own machines: members of its groups, machines that it wants to be near to, and those
//! that were promised to be near to who comes. All of them are found by name, however many claims there are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::Order;
use super::ScheduleError;
use super::promise;
use crate::inventory::KnownGroup;
use crate::inventory::Ledger;
use crate::inventory::Uuid;
use crate::placement::Group;
use crate::placement::Near;
use crate::placement::Present;
use crate::placement::Request;
use crate::placement::Target;
use crate::store::Revision;

/// What a decision was built on besides the hosts: groups and consumers by name, each with the commit that wrote it.
pub(super) type Seen = BTreeMap<(&'static str, String), Option<Revision>>;

/// The request with everybody whom it has to do with, and what was looked at for that.
pub(crate) fn complete<'o>(
    ledger: &Ledger,
    order: &'o Order,
) -> Result<(Cow<'o, Request>, Seen), ScheduleError> {
    let request = &order.request;
    let mut company = Company {
        ledger,
        order,
        present: BTreeMap::new(),
        seen: Seen::new(),
    };
    let groups = company.groups()?;
    company.neighbours();
    company.expecting();
    if company.seen.is_empty() && company.present.is_empty() {
        return Ok((Cow::Borrowed(request), company.seen));
    }
    let mut request = request.clone();
    request.groups = groups;
    // Of itself nobody is told: who is asked for again, to see where it would go, is not there meanwhile.
    for machine in &request.machines {
        company.present.remove(&machine.id);
    }
    for group in &mut request.groups {
        list_once(group, company.present.values());
    }
    request.present = company.present.into_values().collect();
    Ok((Cow::Owned(request), company.seen))
}

/// Members that are known may be listed by hosts as well, as those had to be that nobody knew.
fn list_once<'p>(group: &mut Group, present: impl Iterator<Item = &'p Present>) {
    for member in present.filter(|present| present.groups.contains(&group.name)) {
        for host in &member.hosts {
            if let Some(at) = group.present.iter().position(|listed| listed == host) {
                group.present.swap_remove(at);
            }
        }
    }
}

struct Company<'l, 'o> {
    ledger: &'l Ledger,
    order: &'o Order,
    present: BTreeMap<String, Present>,
    seen: Seen,
}

impl Company<'_, '_> {
    /// The groups that the request defines, and those that it only names and that are there already.
    fn groups(&mut self) -> Result<Vec<Group>, ScheduleError> {
        let mut groups = self.order.request.groups.clone();
        let project = self.order.project.as_str();
        for group in &groups {
            self.ledger
                .check_group(project, &group.name, group.affinity, group.hard)?;
        }
        let defined: BTreeSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        let mut named = named(&self.order.request);
        named.extend(&defined);
        let mut more = Vec::new();
        for name in named {
            let known = self.ledger.group(project, name);
            self.seen
                .insert(("group", name.to_owned()), known.map(KnownGroup::revision));
            let Some(known) = known else { continue };
            self.company_of(name, known);
            // Who only wants to be near it does not say what it is.
            let is_known = known.members().next().is_some() || !joined(&self.order.request, name);
            if is_known && !defined.contains(name) {
                more.push(Group {
                    name: name.to_owned(),
                    affinity: known.affinity(),
                    hard: known.is_hard(),
                    present: Vec::new(),
                });
            }
        }
        groups.extend(more);
        Ok(groups)
    }

    /// Who is in a group, and who wants to be near it.
    fn company_of(&mut self, name: &str, known: &KnownGroup) {
        for (id, providers) in known.members() {
            let present = self.somebody(id, providers);
            present.groups.push(name.to_owned());
        }
        for id in known.watchers() {
            self.watcher(id, |to| matches!(to, Target::Group(group) if group == name));
        }
    }

    /// The machines that the request wants to be near to and that are there already.
    fn neighbours(&mut self) {
        let nears = self
            .order
            .request
            .machines
            .iter()
            .flat_map(|machine| &machine.near);
        for near in nears {
            let Target::Machine(id) = &near.to else { continue };
            let ours = self
                .order
                .request
                .machines
                .iter()
                .any(|machine| machine.id == *id);
            let known = self.ledger.consumer(id).filter(|_| !ours);
            if let Some(known) = known.filter(|known| known.project() == self.order.project) {
                self.seen.insert(("consumer", id.clone()), Some(known.revision()));
                self.somebody(id, known.providers());
            }
        }
    }

    /// Those who were promised to be near one who comes back.
    fn expecting(&mut self) {
        for machine in &self.order.request.machines {
            for id in self.ledger.near_machine(&machine.id) {
                self.watcher(id, |to| matches!(to, Target::Machine(id) if *id == machine.id));
            }
        }
    }

    fn watcher(&mut self, id: &str, concerns: impl Fn(&Target) -> bool) {
        let Some(known) = self.ledger.consumer(id) else {
            return;
        };
        let near = known
            .promises()
            .into_iter()
            .flat_map(promise::wishes_for_nearness);
        let near: Vec<Near> = near.filter(|near| concerns(&near.to)).collect();
        self.somebody(id, known.providers()).near.extend(near);
    }

    fn somebody(&mut self, id: &str, providers: &[Uuid]) -> &mut Present {
        let ledger = self.ledger;
        self.present.entry(id.to_owned()).or_insert_with(|| Present {
            id: id.to_owned(),
            hosts: providers
                .iter()
                .filter_map(|uuid| ledger.name_of(*uuid))
                .map(str::to_owned)
                .collect(),
            ..Present::default()
        })
    }
}

fn joined(request: &Request, group: &str) -> bool {
    let mut groups = request.machines.iter().flat_map(|machine| &machine.groups);
    groups.any(|name| name == group)
}

/// The groups that machines are in, or want to be near to.
fn named(request: &Request) -> BTreeSet<&str> {
    let mut named = BTreeSet::new();
    for machine in &request.machines {
        named.extend(machine.groups.iter().map(String::as_str));
        let near = machine.near.iter().filter_map(|near| match &near.to {
            Target::Group(name) => Some(name.as_str()),
            Target::Host(_) | Target::Machine(_) | Target::Position(_) => None,
        });
        named.extend(near);
    }
    named
}
