//! The fleet with the moves so far made, and what one more would mean.

use std::sync::Arc;

use super::propose::Because;
use super::propose::Move;
use super::propose::Resident;
use super::propose::Wishes;
use crate::facts::Fact;
use crate::inventory::Wish;
use crate::placement::Candidate;
use crate::placement::Decision;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Limits;
use crate::placement::Machine;
use crate::placement::Request;
use crate::placement::decide;

const MEMORY: &str = "MEMORY_MB";

/// The fleet with the moves so far made.
#[derive(Debug)]
pub(super) struct Site<'w> {
    pub(super) fleet: Fleet,
    pub(super) residents: Vec<Resident>,
    pub(super) wishes: &'w Wishes,
    /// Who has moved already, and does not move again.
    pub(super) moved: Vec<bool>,
}

/// What is thought of a machine where it is.
#[derive(Clone, Debug)]
pub(super) enum Judged {
    /// Nowhere is it enough better.
    Stays,
    /// It has to leave; `to` is none where nobody has room.
    Leaves { reason: String, to: Option<Step> },
    /// Elsewhere it gains more than the move costs.
    Moves(Step),
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

    /// The machine as a request. It goes only where everything is that its host has.
    pub(super) fn machine(&self, number: usize) -> Machine {
        let resident = &self.residents[number];
        let host = self.host(resident.host);
        let country = host.facts.country.value().filter(|_| !self.wishes.leave_country);
        Machine {
            id: resident.consumer.clone(),
            wish: Wish {
                resources: resident.resources.clone(),
                required: host.traits.iter().map(|name| vec![name.clone()]).collect(),
                member_of: host.aggregates.iter().map(|name| vec![name.clone()]).collect(),
                ..Wish::default()
            },
            limits: Limits {
                countries: country.into_iter().cloned().collect(),
                ..Limits::default()
            },
            busy_cpus: Some(self.load(number)),
            ..Machine::default()
        }
    }

    /// The busy CPUs of a machine: its part of what is busy on its host, by what it claims; all that it claims where nobody knows.
    fn load(&self, number: usize) -> f64 {
        let resident = &self.residents[number];
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

    /// What is thought of a machine where it is, with all moves so far made.
    pub(super) fn judge(&mut self, number: usize) -> Judged {
        if self.moved[number] {
            return Judged::Stays;
        }
        let (from, machine) = (self.residents[number].host, self.machine(number));
        let request = Request {
            machines: vec![machine.clone()],
            ..Request::default()
        };
        let without = changed(self.host(from), &machine, -1.0);
        let with = self.fleet.replace(from, without);
        let answer = decide(&self.fleet, &self.wishes.policy, &request);
        if let Some(with) = with {
            self.fleet.replace(from, with);
        }
        // The request is made here, and names nothing that could be missing.
        let Some(decision) = answer.ok().and_then(|mut answer| answer.decisions.pop()) else {
            return Judged::Stays;
        };
        self.weigh(number, from, &decision)
    }

    fn weigh(&self, number: usize, from: usize, decision: &Decision) -> Judged {
        let here = self.host(from).name.clone();
        let refused = decision.refused.iter().find(|refused| refused.host == here);
        let step = |best: &Candidate| Some((self.fleet.index(&best.host)?, best.clone()));
        let best = decision.chosen.as_ref().and_then(step);
        if let Some(refused) = refused {
            let reason = refused.rule.to_string();
            let to = best.map(|(to, _)| Step {
                to,
                because: Because::Leave(reason.clone()),
                gain: 0.0,
                cost: 0.0,
                watts_saved: None,
                grams_saved: None,
            });
            return Judged::Leaves { reason, to };
        }
        let stay = decision
            .runners_up
            .iter()
            .find(|candidate| candidate.host == here);
        let (Some((to, best)), Some(stay)) = (best, stay) else {
            return Judged::Stays;
        };
        let saved = |one: Option<f64>, other: Option<f64>| Some(one? - other?);
        let step = Step {
            to,
            because: Because::Better,
            gain: best.score - stay.score,
            cost: self.wishes.min_gain + self.share(self.joules(number), stay.watts()),
            watts_saved: saved(stay.watts(), best.watts()),
            grams_saved: saved(stay.grams_per_hour(), best.grams_per_hour()),
        };
        if step.gain > step.cost {
            Judged::Moves(step)
        } else {
            Judged::Stays
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

fn add(fact: &mut Fact<f64>, more: f64) {
    if let Fact::Known { value, .. } = fact {
        *value = (*value + more).max(0.0);
    }
}
