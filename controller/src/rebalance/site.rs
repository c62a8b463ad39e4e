//! The fleet with the moves so far made, and what one more would mean.

use std::sync::Arc;

use super::company::Company;
use super::propose::Because;
use super::propose::Move;
use super::propose::Resident;
use super::propose::Wishes;
use crate::facts::Fact;
use crate::inventory::Wish;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Machine;
use crate::placement::PowerBound;
use crate::placement::Request;

const MEMORY: &str = "MEMORY_MB";
/// Nothing that a host can do: a sign to clients of Placement that it takes nothing new.
const DISABLED: &str = "COMPUTE_STATUS_DISABLED";

/// The fleet with the moves so far made.
#[derive(Debug)]
pub(super) struct Site<'w> {
    pub(super) fleet: Fleet,
    pub(super) residents: Vec<Resident>,
    pub(super) wishes: &'w Wishes,
    company: Company,
    /// Who has moved already, and does not move again.
    pub(super) moved: Vec<bool>,
}

/// One move, with hosts by number.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) to: usize,
    pub(super) because: Because,
    pub(super) gain: f64,
    pub(super) cost: f64,
    pub(super) watts_saved: Option<f64>,
    pub(super) grams_saved: Option<f64>,
}

impl<'w> Site<'w> {
    pub(super) fn new(fleet: Fleet, residents: Vec<Resident>, wishes: &'w Wishes) -> Self {
        let hosts = fleet.hosts().len();
        let residents: Vec<_> = residents
            .into_iter()
            .filter(|resident| resident.host < hosts)
            .collect();
        Self {
            moved: vec![false; residents.len()],
            company: Company::new(&residents),
            fleet,
            residents,
            wishes,
        }
    }

    pub(super) fn host(&self, number: usize) -> &Host {
        &self.fleet.hosts()[number]
    }

    pub(super) fn name(&self, number: usize) -> String {
        self.host(number).name.to_string()
    }

    /// The machine as a request for what it was promised. Where nobody knows that, it goes only where everything is that its host has.
    pub(super) fn machine(&self, number: usize) -> Machine {
        let resident = &self.residents[number];
        let host = self.host(resident.host);
        let mut machine = match &resident.promised {
            Some(promised) => Machine {
                near: self.company.near(&self.fleet, &promised.machine),
                ..promised.machine.clone()
            },
            None => like_its_host(host),
        };
        let country = host.facts.country.value().filter(|_| !self.wishes.leave_country);
        if machine.limits.countries.is_empty() {
            machine.limits.countries = country.into_iter().cloned().collect();
        }
        machine.id.clone_from(&resident.consumer);
        machine.wish.resources.clone_from(&resident.resources);
        machine.busy_cpus = Some(self.load(number));
        machine
    }

    /// The request of some residents, with everybody else whom it has to do with.
    pub(super) fn request(&self, numbers: &[usize], machines: Vec<Machine>) -> Request {
        self.company
            .request(&self.fleet, &self.residents, numbers, machines)
    }

    /// The busy CPUs of a machine: what was said when it was placed, or else its part of what is busy on its host, by what it claims;
    /// all that it claims where nobody knows.
    fn load(&self, number: usize) -> f64 {
        let resident = &self.residents[number];
        let promised = resident.promised.as_ref();
        if let Some(busy) = promised.and_then(|promised| promised.machine.busy_cpus) {
            return busy;
        }
        let host = self.host(resident.host);
        let claimed = cpus(
            resident
                .resources
                .iter()
                .map(|(class, amount)| (class.as_str(), *amount)),
        );
        let all = cpus(host.stocks.iter().map(|(class, stock)| (&**class, stock.used)));
        match (host.facts.utilisation.value(), host.facts.cpus.value()) {
            (Some(busy), Some(cpus)) if all > 0.0 => (busy * cpus * claimed / all).min(claimed),
            _ => claimed,
        }
    }

    /// The joules that it takes to move a machine.
    pub(super) fn joules(&self, number: usize) -> f64 {
        let resources = self.residents[number].resources.iter();
        let memory = resources.filter(|(class, _)| class == MEMORY);
        memory.map(|(_, amount)| *amount as f64).sum::<f64>() * self.wishes.joules_per_mb
    }

    /// Which part they are of what some watts take until the horizon.
    pub(super) fn share(&self, joules: f64, watts: Option<f64>) -> f64 {
        let until = watts.unwrap_or_default() * self.wishes.horizon_seconds;
        if until > 0.0 { joules / until } else { 0.0 }
    }

    /// Makes a move.
    pub(super) fn make(&mut self, number: usize, step: Step) -> Move {
        let (from, machine) = (self.residents[number].host, self.machine(number));
        for (host, sign) in [(from, -1.0), (step.to, 1.0)] {
            let then = changed(self.host(host), &machine, sign);
            self.fleet.replace(host, then);
        }
        self.moved[number] = true;
        self.residents[number].host = step.to;
        Move {
            consumer: machine.id,
            from: self.name(from),
            to: self.name(step.to),
            because: step.because,
            gain: step.gain,
            cost: step.cost,
            watts_saved: step.watts_saved,
            grams_per_hour_saved: step.grams_saved,
            joules: self.joules(number),
        }
    }
}

/// A machine of which nobody knows what it was promised.
fn like_its_host(host: &Host) -> Machine {
    let features = host.traits.iter().filter(|name| *name != DISABLED);
    Machine {
        wish: Wish {
            required: features.map(|name| vec![name.clone()]).collect(),
            member_of: host.aggregates.iter().map(|name| vec![name.clone()]).collect(),
            ..Wish::default()
        },
        ..Machine::default()
    }
}

fn cpus<'r>(resources: impl Iterator<Item = (&'r str, u64)>) -> f64 {
    let cpus = resources.filter(|(class, _)| ["VCPU", "PCPU"].contains(class));
    cpus.map(|(_, amount)| amount as f64).sum()
}

/// A host with a machine more, or less.
pub(super) fn changed(host: &Host, machine: &Machine, sign: f64) -> Host {
    let mut changed = host.clone();
    for (class, amount) in &machine.wish.resources {
        for (_, stock) in changed.stocks.iter_mut().filter(|(name, _)| **name == **class) {
            stock.used = if sign > 0.0 {
                stock.used.saturating_add(*amount)
            } else {
                stock.used.saturating_sub(*amount)
            };
        }
    }
    rebind(&mut changed.power_bounds, machine, sign);
    let busy = machine.busy_cpus.unwrap_or_default() * sign;
    let facts = Arc::make_mut(&mut changed.facts);
    let Some(cpus) = facts.cpus.value().copied().filter(|cpus| *cpus > 0.0) else {
        return changed;
    };
    let dynamic = facts.power_model.value();
    let dynamic = dynamic.map(|model| (model.full_load_watts - model.static_watts).max(0.0));
    add(&mut facts.utilisation, busy / cpus);
    add(&mut facts.power_watts, busy / cpus * dynamic.unwrap_or_default());
    changed
}

/// What the machine was promised of its host's power goes with it.
fn rebind(bounds: &mut Vec<PowerBound>, machine: &Machine, sign: f64) {
    let bound = PowerBound {
        limit_watts: machine.limits.power_limit_watts,
        headroom_watts: machine.limits.headroom_watts,
    };
    if bound.limit_watts.is_none() && bound.headroom_watts == 0.0 {
        return;
    }
    if sign > 0.0 {
        bounds.push(bound);
    } else if let Some(at) = bounds.iter().position(|other| *other == bound) {
        bounds.swap_remove(at);
    }
}

fn add(fact: &mut Fact<f64>, more: f64) {
    if let Fact::Known { value, .. } = fact {
        *value = (*value + more).max(0.0);
    }
}
