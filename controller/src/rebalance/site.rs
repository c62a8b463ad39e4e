//! The fleet with the moves so far made, and what one more would mean.

use std::sync::Arc;

use super::company::Company;
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
use crate::placement::Machine;
use crate::placement::PowerBound;
use crate::placement::Refused;
use crate::placement::Request;
use crate::placement::Rule;
use crate::placement::decide;

const MEMORY: &str = "MEMORY_MB";
/// So many hosts, with what stands against them, are told of one machine.
const TOLD: usize = 3;
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

/// What is thought of a machine where it is.
#[derive(Clone, Debug)]
pub(super) enum Judged {
    /// Nowhere is it enough better.
    Stays,
    /// It has to leave; `to` is none where nobody has room, or its promises hold it.
    Leaves {
        reason: String,
        to: Option<Step>,
        held: Option<String>,
    },
    /// Its host does not keep what it was promised; `to` is none where nobody else does.
    Broken { reason: String, to: Option<Step> },
    /// Its promises keep it from where it would be better off.
    Held(String),
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

    /// What is thought of a machine where it is, with all moves so far made.
    pub(super) fn judge(&mut self, number: usize) -> Judged {
        if self.moved[number] {
            return Judged::Stays;
        }
        let machine = self.machine(number);
        let Some(decision) = self.decided(number, machine.clone()) else {
            return Judged::Stays;
        };
        let resident = &self.residents[number];
        let bound = resident.settled && resident.promised.is_some();
        match self.weigh(number, &decision) {
            Judged::Stays if bound && decision.refused.iter().any(by_promise) => {
                self.held(number, &machine, &decision)
            }
            judged => judged,
        }
    }

    /// Where a machine could be, if it were not where it is.
    fn decided(&mut self, number: usize, machine: Machine) -> Option<Decision> {
        let from = self.residents[number].host;
        let without = changed(self.host(from), &self.machine(number), -1.0);
        let request = self.request(&[number], vec![machine]);
        let with = self.fleet.replace(from, without)?;
        let answer = decide(&self.fleet, &self.wishes.policy, &request);
        self.fleet.replace(from, with);
        // The request is made here, and names nothing that is missing.
        answer.ok()?.decisions.pop()
    }

    /// Whether a machine may go to a host, with everybody else where they are.
    pub(super) fn permits(&mut self, number: usize, to: usize) -> bool {
        let name = self.host(to).name.clone();
        let decision = self.decided(number, self.machine(number));
        decision.is_some_and(|decision| decision.refused.iter().all(|refused| refused.host != name))
    }

    fn weigh(&self, number: usize, decision: &Decision) -> Judged {
        let here = self.host(self.residents[number].host).name.clone();
        let refused = decision.refused.iter().find(|refused| refused.host == here);
        let best = decision.chosen.as_ref().and_then(|best| self.found(best));
        if let Some(refused) = refused {
            return self.has_to_go(refused, best.map(|(to, _)| to), decision);
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

    fn found<'c>(&self, candidate: &'c Candidate) -> Option<(usize, &'c Candidate)> {
        Some((self.fleet.index(&candidate.host)?, candidate))
    }

    fn has_to_go(&self, here: &Refused, to: Option<usize>, decision: &Decision) -> Judged {
        let reason = here.rule.to_string();
        let step = |because| {
            to.map(|to| Step {
                to,
                because,
                gain: 0.0,
                cost: 0.0,
                watts_saved: None,
                grams_saved: None,
            })
        };
        match &here.rule {
            // What is not known is not broken.
            Rule::Unknown { .. } | Rule::Freshness { .. } | Rule::NoPowerLimit => Judged::Stays,
            Rule::Headroom { .. } => Judged::Leaves {
                to: step(Because::Leave(reason.clone())),
                held: told(decision),
                reason,
            },
            _ if by_promise(here) => Judged::Broken {
                to: step(Because::Promise(reason.clone())),
                reason,
            },
            _ => Judged::Leaves {
                to: step(Because::Leave(reason.clone())),
                held: told(decision),
                reason,
            },
        }
    }

    /// Whether it would move if it had been promised less.
    fn held(&mut self, number: usize, machine: &Machine, decision: &Decision) -> Judged {
        let mut free = machine.unpromised();
        let promised = self.residents[number].promised.as_ref();
        if promised.is_some_and(|promised| promised.machine.limits.countries.is_empty()) {
            // That it stays in its country is what the caller wants, whatever was promised.
            free.limits.countries.clone_from(&machine.limits.countries);
        }
        let Some(freely) = self.decided(number, free) else {
            return Judged::Stays;
        };
        let Judged::Moves(step) = self.weigh(number, &freely) else {
            return Judged::Stays;
        };
        let there = self.host(step.to).name.clone();
        let refused = decision.refused.iter().find(|refused| refused.host == there);
        refused.map_or(Judged::Stays, |refused| {
            Judged::Held(format!("{there} would suit it better, but {}", refused.rule))
        })
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

/// Whether a promise stands against a host, and not only its room or its standing.
fn by_promise(refused: &Refused) -> bool {
    match refused.rule {
        Rule::Standing(_) | Rule::NoInventory(_) | Rule::Amount { .. } | Rule::Room { .. } => false,
        Rule::Freshness { .. }
        | Rule::MissingTrait(_)
        | Rule::ForbiddenTrait(_)
        | Rule::NotMember(_)
        | Rule::ForbiddenAggregate(_)
        | Rule::Affinity(_)
        | Rule::AntiAffinity(_)
        | Rule::GroupRoom { .. }
        | Rule::Site(_)
        | Rule::Country(_)
        | Rule::Carbon { .. }
        | Rule::Delay { .. }
        | Rule::Distance { .. }
        | Rule::Headroom { .. }
        | Rule::NoPowerLimit
        | Rule::Unknown { .. } => true,
    }
}

/// Which promises stand against which hosts, as far as a sentence can hold that.
fn told(decision: &Decision) -> Option<String> {
    let refused: Vec<_> = decision
        .refused
        .iter()
        .filter(|refused| by_promise(refused))
        .collect();
    let first = refused.iter().take(TOLD);
    let mut parts: Vec<_> = first
        .map(|refused| format!("{}: {}", refused.host, refused.rule))
        .collect();
    if refused.len() > TOLD {
        parts.push(format!("and {} more", refused.len() - TOLD));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
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
