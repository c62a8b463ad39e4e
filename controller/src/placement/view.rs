//! The fleet with some machines of the request in their places.

use std::collections::HashMap;

use super::job::End;
use super::job::Flock;
use super::job::Job;
use super::job::Task;
use super::term::Lack;
use crate::facts::Position;
use crate::placement::fleet::Host;

/// Who of a request stands where. Everything that a filter or a term looks at is seen through this.
#[derive(Clone, Debug)]
pub(super) struct View<'j> {
    pub(super) job: &'j Job<'j>,
    place: Vec<Option<usize>>,
    guests: HashMap<usize, Vec<usize>>,
}

impl<'j> View<'j> {
    /// With nobody in place.
    pub(super) fn new(job: &'j Job<'j>) -> Self {
        Self {
            job,
            place: vec![None; job.tasks.len()],
            guests: HashMap::new(),
        }
    }

    pub(super) fn task(&self, task: usize) -> &'j Task<'j> {
        &self.job.tasks[task]
    }

    pub(super) fn host(&self, host: usize) -> &'j Host {
        &self.job.fleet.hosts()[host]
    }

    /// Where a machine stands.
    pub(super) fn place(&self, task: usize) -> Option<usize> {
        self.place.get(task).copied().flatten()
    }

    pub(super) fn places(&self) -> &[Option<usize>] {
        &self.place
    }

    pub(super) fn put(&mut self, task: usize, host: usize) {
        self.place[task] = Some(host);
        self.guests.entry(host).or_default().push(task);
    }

    pub(super) fn remove(&mut self, task: usize) {
        if let Some(host) = self.place[task].take()
            && let Some(guests) = self.guests.get_mut(&host)
        {
            guests.retain(|guest| *guest != task);
        }
    }

    /// The machines of the request that stand on a host, without one of them.
    pub(super) fn guests(&self, host: usize, without: usize) -> impl Iterator<Item = usize> + '_ {
        let guests = self.guests.get(&host).into_iter().flatten().copied();
        guests.filter(move |guest| *guest != without)
    }

    /// The busy CPUs that they bring.
    pub(super) fn load(&self, host: usize, without: usize) -> f64 {
        self.guests(host, without)
            .map(|guest| self.task(guest).load)
            .sum()
    }

    /// How much of a class they take.
    pub(super) fn taken(&self, host: usize, class: &str, without: usize) -> u64 {
        let amounts = self
            .guests(host, without)
            .map(|guest| wanted(self.task(guest), class));
        amounts.fold(0, u64::saturating_add)
    }

    /// The hosts of a group's members, without one of them.
    pub(super) fn hosts_of<'v>(
        &'v self,
        flock: &'v Flock<'_>,
        without: usize,
    ) -> impl Iterator<Item = usize> + 'v {
        let others = flock.members.iter().filter(move |member| **member != without);
        let placed = others.filter_map(|member| self.place(*member));
        flock.present.iter().copied().chain(placed)
    }

    /// The hosts at the other end of a tie; none as long as nobody is there.
    pub(super) fn ends<'v>(&'v self, end: &End, task: usize) -> Box<dyn Iterator<Item = usize> + 'v> {
        match *end {
            End::Host(host) => Box::new(std::iter::once(host)),
            End::Task(other) => Box::new(self.place(other).into_iter()),
            End::Group(group) => Box::new(self.hosts_of(&self.job.flocks[group], task)),
            End::Position(_) => Box::new(std::iter::empty()),
        }
    }

    /// The bound of the delay between two hosts; none at all on one and the same.
    pub(super) fn delay(&self, one: usize, other: usize) -> Result<f64, Lack> {
        if one == other {
            return Ok(0.0);
        }
        let fact = self.job.fleet.delay(one, other);
        let state = fact.state();
        let delay = fact.value().map(|delay| delay.seconds);
        delay.ok_or(Lack {
            fact: "the delay",
            state,
        })
    }

    pub(super) fn position(&self, host: usize) -> Result<Position, Lack> {
        super::energy::known(&self.host(host).facts.position, "the position").copied()
    }
}

/// How much of a class a machine wants.
pub(super) fn wanted(task: &Task<'_>, class: &str) -> u64 {
    let all = task
        .machine
        .wish
        .resources
        .iter()
        .filter(|(name, _)| name == class);
    all.map(|(_, amount)| *amount).fold(0, u64::saturating_add)
}
