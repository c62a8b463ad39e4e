//! A request with its names looked up in the fleet.

use std::collections::HashMap;

use thiserror::Error;

use super::fleet::Fleet;
use super::policy::Policy;
use super::request::Machine;
use super::request::Near;
use super::request::Present;
use super::request::Request;
use super::request::Target;
use crate::facts::Position;
use crate::inventory::Affinity;

/// A request that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestFault {
    /// It names a host that is not there.
    #[error("machine {machine} wants to be near host {host}, which is not in the fleet")]
    NoHost {
        /// Who.
        machine: String,
        /// What it names.
        host: String,
    },
    /// It names a group that it does not define.
    #[error(
        "machine {machine} names the group {group}, which the request does not define and its project does not have"
    )]
    NoGroup {
        /// Who.
        machine: String,
        /// What it names.
        group: String,
    },
    /// It names a machine that is not part of it.
    #[error(
        "machine {machine} wants to be near machine {other}, which is neither part of the request nor placed in its project"
    )]
    NoMachine {
        /// Who.
        machine: String,
        /// What it names.
        other: String,
    },
    /// Two have one id.
    #[error("the request has {0} twice")]
    Twice(String),
    /// A figure that is none.
    #[error("machine {machine}: {what} has to be a number that is not negative")]
    BadNumber {
        /// Who.
        machine: String,
        /// Which one.
        what: &'static str,
    },
}

/// What a machine wants to be near to, looked up.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Host(usize),
    Task(usize),
    Group(usize),
    Position(Position),
}

#[derive(Debug)]
pub(super) struct Tie<'a> {
    pub(super) near: &'a Near,
    pub(super) end: End,
}

/// A machine with its names looked up.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) machine: &'a Machine,
    pub(super) load: f64,
    pub(super) groups: Vec<usize>,
    pub(super) ties: Vec<Tie<'a>>,
}

/// A group with its names looked up.
#[derive(Debug)]
pub(super) struct Flock<'a> {
    pub(super) name: &'a str,
    pub(super) affinity: Affinity,
    pub(super) hard: bool,
    pub(super) present: Vec<usize>,
    pub(super) members: Vec<usize>,
}

/// Somebody who is there already and was promised to be near to who comes.
#[derive(Debug)]
pub(super) struct Watcher<'a> {
    pub(super) host: usize,
    pub(super) ties: Vec<Tie<'a>>,
}

/// A request, the fleet that it is for, and the policy.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) policy: &'a Policy,
    pub(super) tasks: Vec<Task<'a>>,
    pub(super) flocks: Vec<Flock<'a>>,
    pub(super) watchers: Vec<Watcher<'a>>,
    pub(super) seed: u64,
}

struct Names<'a> {
    fleet: &'a Fleet,
    machines: HashMap<&'a str, usize>,
    groups: HashMap<&'a str, usize>,
    present: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        fleet: &'a Fleet,
        policy: &'a Policy,
        request: &'a Request,
    ) -> Result<Self, RequestFault> {
        let names = Names {
            fleet,
            machines: numbered(request.machines.iter().map(|machine| machine.id.as_str()))?,
            groups: numbered(request.groups.iter().map(|group| group.name.as_str()))?,
            present: present(fleet, request),
        };
        let tasks: Result<Vec<_>, _> = request
            .machines
            .iter()
            .map(|machine| names.task(machine))
            .collect();
        let tasks = tasks?;
        let flocks = request.groups.iter().enumerate().map(|(number, group)| Flock {
            name: &group.name,
            affinity: group.affinity,
            hard: group.hard,
            // A member on a host that has gone is nowhere.
            present: group
                .present
                .iter()
                .filter_map(|host| fleet.index(host))
                .chain(names.members_of(request, &group.name))
                .collect(),
            members: members(&tasks, number),
        });
        let flocks = flocks.collect();
        let watchers = request.present.iter().flat_map(|present| names.watchers(present));
        Ok(Self {
            fleet,
            policy,
            flocks,
            watchers: watchers.collect(),
            tasks,
            seed: request.seed,
        })
    }
}

/// Where those are who are there already.
fn present<'a>(fleet: &Fleet, request: &'a Request) -> HashMap<&'a str, Vec<usize>> {
    let hosts = |present: &'a Present| present.hosts.iter().filter_map(|host| fleet.index(host));
    let all = request.present.iter();
    all.map(|present| (present.id.as_str(), hosts(present).collect()))
        .collect()
}

fn members(tasks: &[Task<'_>], group: usize) -> Vec<usize> {
    let inside = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| task.groups.contains(&group));
    inside.map(|(number, _)| number).collect()
}

fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Result<HashMap<&'a str, usize>, RequestFault> {
    let mut numbers = HashMap::new();
    for (number, name) in names.enumerate() {
        if numbers.insert(name, number).is_some() {
            return Err(RequestFault::Twice(name.to_owned()));
        }
    }
    Ok(numbers)
}

impl<'a> Names<'a> {
    fn task(&self, machine: &'a Machine) -> Result<Task<'a>, RequestFault> {
        check_numbers(machine)?;
        let mut groups = machine
            .groups
            .iter()
            .map(|group| self.group(machine, group))
            .collect::<Result<Vec<_>, _>>()?;
        groups.sort_unstable();
        groups.dedup();
        // Everybody is where he is himself.
        let others = |near: &&Near| !matches!(&near.to, Target::Machine(id) if *id == machine.id);
        let mut ties = Vec::new();
        for near in machine.near.iter().filter(others) {
            let ends = self.ends(machine, &near.to)?;
            ties.extend(ends.into_iter().map(|end| Tie { near, end }));
        }
        Ok(Task {
            machine,
            load: machine.load(),
            groups,
            ties,
        })
    }

    /// The hosts of those who are in a group already.
    fn members_of<'n>(&'n self, request: &'n Request, group: &'n str) -> impl Iterator<Item = usize> + 'n {
        let inside = move |present: &&Present| present.groups.iter().any(|name| name == group);
        let hosts = |present: &'n Present| self.present.get(present.id.as_str()).into_iter().flatten();
        request.present.iter().filter(inside).flat_map(hosts).copied()
    }

    /// Somebody who is there, with the ties to machines and groups of the request; nobody if there are none.
    fn watchers(&self, present: &'a Present) -> Vec<Watcher<'a>> {
        let end = |near: &'a Near| match &near.to {
            Target::Machine(id) => self.machines.get(id.as_str()).copied().map(End::Task),
            Target::Group(name) => self.groups.get(name.as_str()).copied().map(End::Group),
            Target::Host(_) | Target::Position(_) => None,
        };
        let ties = || {
            present.near.iter().filter_map(|near| {
                Some(Tie {
                    near,
                    end: end(near)?,
                })
            })
        };
        let hosts = self.present.get(present.id.as_str()).into_iter().flatten();
        let watcher = |host: &usize| Watcher {
            host: *host,
            ties: ties().collect(),
        };
        let watchers = hosts.map(watcher);
        watchers.filter(|watcher| !watcher.ties.is_empty()).collect()
    }

    fn group(&self, machine: &Machine, group: &str) -> Result<usize, RequestFault> {
        let found = self.groups.get(group).copied();
        found.ok_or_else(|| RequestFault::NoGroup {
            machine: machine.id.clone(),
            group: group.to_owned(),
        })
    }

    /// What is at the other end: with a machine that is there already, each of its hosts.
    fn ends(&self, machine: &Machine, target: &Target) -> Result<Vec<End>, RequestFault> {
        let id = || machine.id.clone();
        let end = match target {
            Target::Host(host) => {
                self.fleet
                    .index(host)
                    .map(End::Host)
                    .ok_or_else(|| RequestFault::NoHost {
                        machine: id(),
                        host: host.clone(),
                    })?
            }
            Target::Machine(other) => match self.machines.get(other.as_str()) {
                Some(task) => End::Task(*task),
                None => return self.there(machine, other),
            },
            Target::Group(group) => End::Group(self.group(machine, group)?),
            Target::Position(position) => End::Position(*position),
        };
        Ok(vec![end])
    }

    fn there(&self, machine: &Machine, other: &str) -> Result<Vec<End>, RequestFault> {
        let hosts = self.present.get(other).ok_or_else(|| RequestFault::NoMachine {
            machine: machine.id.clone(),
            other: other.to_owned(),
        })?;
        Ok(hosts.iter().copied().map(End::Host).collect())
    }
}

fn check_numbers(machine: &Machine) -> Result<(), RequestFault> {
    let limits = &machine.limits;
    let near = machine.near.iter();
    let own = [
        ("busy_cpus", machine.busy_cpus),
        ("max_grams_per_kwh", limits.max_grams_per_kwh),
        ("power_limit_watts", limits.power_limit_watts),
        ("headroom_watts", Some(limits.headroom_watts)),
    ];
    let ties = near.flat_map(|near| {
        [
            ("max_delay_seconds", near.max_delay_seconds),
            ("max_distance_meters", near.max_distance_meters),
        ]
    });
    let sound = |number: f64| number.is_finite() && number >= 0.0;
    match own
        .into_iter()
        .chain(ties)
        .find(|(_, number)| !number.is_none_or(sound))
    {
        Some((what, _)) => Err(RequestFault::BadNumber {
            machine: machine.id.clone(),
            what,
        }),
        None => Ok(()),
    }
}
