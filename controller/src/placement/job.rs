//! A request with its names looked up in the fleet.

use std::collections::HashMap;

use thiserror::Error;

use super::fleet::Fleet;
use super::policy::Policy;
use super::request::Affinity;
use super::request::Machine;
use super::request::Near;
use super::request::Request;
use super::request::Target;
use crate::facts::Position;

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
    #[error("machine {machine} names the group {group}, which the request does not define")]
    NoGroup {
        /// Who.
        machine: String,
        /// What it names.
        group: String,
    },
    /// It names a machine that is not part of it.
    #[error("machine {machine} wants to be near machine {other}, which is not part of the request")]
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

/// A request, the fleet that it is for, and the policy.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) policy: &'a Policy,
    pub(super) tasks: Vec<Task<'a>>,
    pub(super) flocks: Vec<Flock<'a>>,
    pub(super) seed: u64,
}

struct Names<'a> {
    fleet: &'a Fleet,
    machines: HashMap<&'a str, usize>,
    groups: HashMap<&'a str, usize>,
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
                .collect(),
            members: members(&tasks, number),
        });
        let flocks = flocks.collect();
        Ok(Self {
            fleet,
            policy,
            tasks,
            flocks,
            seed: request.seed,
        })
    }
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
        let ties = machine.near.iter().filter(others).map(|near| {
            let end = self.end(machine, &near.to)?;
            Ok(Tie { near, end })
        });
        Ok(Task {
            machine,
            load: machine.load(),
            groups,
            ties: ties.collect::<Result<_, _>>()?,
        })
    }

    fn group(&self, machine: &Machine, group: &str) -> Result<usize, RequestFault> {
        let found = self.groups.get(group).copied();
        found.ok_or_else(|| RequestFault::NoGroup {
            machine: machine.id.clone(),
            group: group.to_owned(),
        })
    }

    fn end(&self, machine: &Machine, target: &Target) -> Result<End, RequestFault> {
        let id = || machine.id.clone();
        match target {
            Target::Host(host) => self
                .fleet
                .index(host)
                .map(End::Host)
                .ok_or_else(|| RequestFault::NoHost {
                    machine: id(),
                    host: host.clone(),
                }),
            Target::Machine(other) => {
                let found = self.machines.get(other.as_str()).copied();
                found.map(End::Task).ok_or_else(|| RequestFault::NoMachine {
                    machine: id(),
                    other: other.clone(),
                })
            }
            Target::Group(group) => self.group(machine, group).map(End::Group),
            Target::Position(position) => Ok(End::Position(*position)),
        }
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
