//! What is thought of a machine where it is.

use super::propose::Because;
use super::site::Site;
use super::site::Step;
use super::site::changed;
use crate::placement::Candidate;
use crate::placement::Decision;
use crate::placement::Machine;
use crate::placement::Refused;
use crate::placement::Rule;
use crate::placement::decide;

/// So many hosts, with what stands against them, are told of one machine.
const TOLD: usize = 3;

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

impl Site<'_> {
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
