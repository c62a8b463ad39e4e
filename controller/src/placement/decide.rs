//! Where one machine goes: filter, measure, normalise, weigh.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::decision::Candidate;
use super::decision::Contribution;
use super::decision::Decision;
use super::decision::Refused;
use super::filter::check;
use super::measure::Terms;
use super::measure::measure;
use super::rule::Rule;
use super::score::Scales;
use super::score::Score;
use super::score::lot;
use super::term::Raw;
use super::term::Term;
use super::view::View;

/// Everything found out about one machine.
pub(super) struct Survey {
    /// The candidates, the best first.
    pub(super) ranked: Vec<Ranked>,
    pub(super) refused: Vec<(usize, Rule)>,
    pub(super) scales: Scales,
    /// By the candidates' numbers.
    terms: Vec<Terms>,
}

pub(super) struct Ranked {
    pub(super) host: usize,
    pub(super) score: Score,
    /// Its number among the candidates: terms are large, and sorting moves what it sorts.
    number: usize,
    lot: u64,
}

impl Ranked {
    /// The better first; of equals the better known, then by lot. The order does not depend on the order of the hosts.
    fn order(&self, other: &Self) -> Ordering {
        let value = other.score.value.total_cmp(&self.score.value);
        let unknown = || self.score.unknown.total_cmp(&other.score.unknown);
        value
            .then_with(unknown)
            .then_with(|| self.score.unknowns.cmp(&other.score.unknowns))
            .then_with(|| self.lot.cmp(&other.lot))
    }
}

/// Looks at all hosts.
pub(super) fn survey(view: &View<'_>, task: usize) -> Survey {
    let (mut found, mut terms, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for host in 0..view.job.fleet.hosts().len() {
        match check(view, task, host) {
            Ok(()) => {
                found.push(host);
                terms.push(measure(view, task, host));
            }
            Err(rule) => refused.push((host, rule)),
        }
    }
    let scales = Scales::of(terms.iter());
    let rank = |((number, host), terms): ((usize, usize), &Terms)| Ranked {
        host,
        score: scales.score(view.job.policy, terms),
        number,
        lot: lot(view.job.seed, &view.host(host).name),
    };
    let mut ranked: Vec<_> = found.into_iter().enumerate().zip(&terms).map(rank).collect();
    ranked.sort_unstable_by(Ranked::order);
    Survey {
        ranked,
        refused,
        scales,
        terms,
    }
}

/// Tells what a survey found. The chosen host is the best one, or the one that a batch decided for.
pub(super) fn tell(
    view: &View<'_>,
    task: usize,
    survey: Survey,
    chosen: Option<usize>,
    explain: Option<usize>,
) -> Decision {
    let explain = explain.unwrap_or(usize::MAX);
    let Survey {
        ranked,
        mut refused,
        scales,
        terms,
    } = survey;
    let candidates = ranked.len();
    let (best, others): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|ranked| Some(ranked.host) == chosen);
    let candidate = |ranked: &Ranked| explained(view, &scales, ranked, &terms[ranked.number]);
    let mut refusals = BTreeMap::new();
    for (_, rule) in &refused {
        *refusals.entry(rule.as_str()).or_default() += 1;
    }
    refused.sort_by(|(one, _), (other, _)| view.host(*one).name.cmp(&view.host(*other).name));
    let refused = refused.into_iter().take(explain).map(|(host, rule)| Refused {
        host: Arc::clone(&view.host(host).name),
        rule,
    });
    Decision {
        machine: view.task(task).machine.id.clone(),
        policy: view.job.policy.name.clone(),
        busy_cpus: view.task(task).load,
        chosen: best.first().map(candidate),
        runners_up: others.iter().take(explain).map(candidate).collect(),
        candidates,
        refused: refused.collect(),
        refusals,
    }
}

fn explained(view: &View<'_>, scales: &Scales, ranked: &Ranked, measured: &Terms) -> Candidate {
    let policy = view.job.policy;
    let asked = Term::ALL
        .into_iter()
        .filter(|term| measured[*term as usize] != Raw::NotAsked);
    let weights: f64 = asked.map(|term| policy.weight(term)).sum();
    let terms = Term::ALL.map(|term| {
        let raw = measured[term as usize];
        let (normalised, weight) = (scales.normalised(term, raw), policy.weight(term));
        let contribution = if weights > 0.0 {
            normalised * weight / weights
        } else {
            0.0
        };
        Contribution {
            term,
            raw,
            normalised,
            weight,
            contribution,
        }
    });
    Candidate {
        host: Arc::clone(&view.host(ranked.host).name),
        score: ranked.score.value,
        terms,
    }
}
