//! A decision, as it is told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::placement;
use crate::placement::Candidate;
use crate::placement::Contribution;
use crate::placement::Decision;
use crate::placement::Raw;
use crate::placement::Refused;
use crate::placement::Rule;
use crate::placement::Solver;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// Every machine has its place, and the claims are committed.
    Placed,
    /// An earlier call placed them: they are where they were.
    Held,
    /// Every machine would have a place. Nothing was claimed.
    Simulated,
    /// Not every machine has a place. Nothing was claimed.
    NoPlace,
}

/// Where machines go, and why.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Answer {
    /// What became of the request.
    pub(super) outcome: Outcome,
    /// The policy that decided; `custom` if the request made its own.
    policy: String,
    /// How the assignment was found: `single`, `exact` or `greedy`; absent for what an earlier call placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    solver: Option<&'static str>,
    /// The predicted watts of all machines together; null if one is not known.
    watts: Option<f64>,
    /// The predicted grams of CO₂-equivalent an hour of all machines together; null if one is not known.
    grams_per_hour: Option<f64>,
    /// Each machine, in the order of the request.
    pub(super) machines: Vec<MachineTold>,
}

/// Where one machine goes, and why.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct MachineTold {
    /// The consumer.
    pub(super) consumer: String,
    /// Its host; null: nobody may take it.
    pub(super) host: Option<String>,
    /// The watts that it adds, as predicted.
    watts: Option<f64>,
    /// The grams an hour of them.
    grams_per_hour: Option<f64>,
    /// Why; absent for what an earlier call placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<Why>,
}

/// Why a machine goes where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Why {
    /// The busy CPUs that the prediction is for.
    busy_cpus: f64,
    /// How many hosts may take it.
    candidates: usize,
    /// The one that it goes to.
    chosen: Option<CandidateTold>,
    /// The others, the best first; as many as were asked for.
    runners_up: Vec<CandidateTold>,
    /// The hosts that may not take it, by name; as many as were asked for.
    refused: Vec<RefusedTold>,
    /// How many hosts each rule refused.
    pub(super) refusals: BTreeMap<&'static str, usize>,
}

/// A host that may take the machine.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Candidate")]
struct CandidateTold {
    /// The host.
    host: String,
    /// How good it is: the sum of all contributions.
    score: f64,
    /// The watts that the machine adds, as predicted; null: not known.
    watts: Option<f64>,
    /// The grams an hour of them.
    grams_per_hour: Option<f64>,
    /// Everything that makes it better or worse.
    terms: Vec<TermTold>,
}

/// What one term contributed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "TermTold")]
struct TermTold {
    /// The term.
    term: &'static str,
    /// `known`, `unknown`, or `not-asked` where there is nothing to be near to and no group with a wish.
    state: &'static str,
    /// Its value; null if there is none.
    value: Option<f64>,
    /// The unit of the value; empty for a ratio or a count.
    unit: &'static str,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    lack: Option<String>,
    /// 1 is the best of the candidates, 0 is unknown.
    normalised: f64,
    /// The policy's weight.
    weight: f64,
    /// What it added to the score.
    contribution: f64,
}

/// A host that may not take the machine.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Refused")]
struct RefusedTold {
    /// The host.
    host: String,
    /// The rule that refuses it: the first of all that do.
    rule: &'static str,
    /// A sentence with its figures.
    reason: String,
    /// The figures by themselves.
    figures: BTreeMap<&'static str, Value>,
}

impl Answer {
    /// What was decided.
    pub(super) fn of(outcome: Outcome, policy: &str, answer: &placement::Answer) -> Self {
        let machines: Vec<_> = answer.decisions.iter().map(machine).collect();
        let solver = match answer.solver {
            Solver::Single => "single",
            Solver::Exact => "exact",
            Solver::Greedy => "greedy",
        };
        Self {
            outcome,
            policy: policy.to_owned(),
            solver: Some(solver),
            watts: machines.iter().map(|machine| machine.watts).sum(),
            grams_per_hour: machines.iter().map(|machine| machine.grams_per_hour).sum(),
            machines,
        }
    }

    /// Where an earlier call placed them.
    pub(super) fn held<'m>(policy: &str, places: impl Iterator<Item = (&'m str, String)>) -> Self {
        let machines = places.map(|(consumer, host)| MachineTold {
            consumer: consumer.to_owned(),
            host: Some(host),
            watts: None,
            grams_per_hour: None,
            why: None,
        });
        Self {
            outcome: Outcome::Held,
            policy: policy.to_owned(),
            solver: None,
            watts: None,
            grams_per_hour: None,
            machines: machines.collect(),
        }
    }
}

fn machine(decision: &Decision) -> MachineTold {
    let chosen = decision.chosen.as_ref();
    MachineTold {
        consumer: decision.machine.clone(),
        host: chosen.map(|chosen| chosen.host.to_string()),
        watts: chosen.and_then(Candidate::watts),
        grams_per_hour: chosen.and_then(Candidate::grams_per_hour),
        why: Some(Why {
            busy_cpus: decision.busy_cpus,
            candidates: decision.candidates,
            chosen: chosen.map(candidate),
            runners_up: decision.runners_up.iter().map(candidate).collect(),
            refused: decision.refused.iter().map(refused).collect(),
            refusals: decision.refusals.clone(),
        }),
    }
}

fn candidate(candidate: &Candidate) -> CandidateTold {
    CandidateTold {
        host: candidate.host.to_string(),
        score: candidate.score,
        watts: candidate.watts(),
        grams_per_hour: candidate.grams_per_hour(),
        terms: candidate.terms.iter().map(term).collect(),
    }
}

fn term(part: &Contribution) -> TermTold {
    let (state, lack) = match part.raw {
        Raw::NotAsked => ("not-asked", None),
        Raw::Unknown(lack) => ("unknown", Some(lack.to_string())),
        Raw::Value(_) => ("known", None),
    };
    TermTold {
        term: part.term.as_str(),
        state,
        value: part.raw.value(),
        unit: part.term.unit(),
        lack,
        normalised: part.normalised,
        weight: part.weight,
        contribution: part.contribution,
    }
}

fn refused(refused: &Refused) -> RefusedTold {
    RefusedTold {
        host: refused.host.to_string(),
        rule: refused.rule.as_str(),
        reason: refused.rule.to_string(),
        figures: figures(&refused.rule).into_iter().collect(),
    }
}

/// The figures of a rule, by name.
fn figures(rule: &Rule) -> Vec<(&'static str, Value)> {
    match rule {
        Rule::Standing(standing) => vec![("standing", json!(standing))],
        Rule::Freshness { age, limit } => vec![
            ("age_seconds", json!(age.map(|age| age.as_secs_f64()))),
            ("limit_seconds", json!(limit.as_secs_f64())),
        ],
        Rule::NoInventory(class) => vec![("class", json!(&**class))],
        Rule::Amount {
            class,
            amount,
            min,
            max,
            step,
        } => vec![
            ("class", json!(&**class)),
            ("amount", json!(amount)),
            ("min_unit", json!(min)),
            ("max_unit", json!(max)),
            ("step_size", json!(step)),
        ],
        Rule::Room {
            class,
            amount,
            used,
            capacity,
        } => vec![
            ("class", json!(&**class)),
            ("amount", json!(amount)),
            ("used", json!(used)),
            ("capacity", json!(capacity)),
        ],
        Rule::MissingTrait(names) | Rule::ForbiddenTrait(names) => vec![("traits", json!(names))],
        Rule::NotMember(names) | Rule::ForbiddenAggregate(names) => vec![("aggregates", json!(names))],
        Rule::Affinity(group) | Rule::AntiAffinity(group) => vec![("group", json!(group))],
        Rule::GroupRoom { group, machines } => {
            vec![("group", json!(group)), ("machines", json!(machines))]
        }
        Rule::Site(site) => vec![("site", json!(site))],
        Rule::Country(country) => vec![("country", json!(country))],
        Rule::Carbon { grams, ceiling } => vec![
            ("grams_per_kwh", json!(grams)),
            ("max_grams_per_kwh", json!(ceiling)),
        ],
        Rule::Delay { peer, delay, limit } => vec![
            ("peer", json!(&**peer)),
            ("delay_seconds", json!(delay)),
            ("max_delay_seconds", json!(limit)),
        ],
        Rule::Distance { peer, meters, limit } => vec![
            ("peer", json!(&**peer)),
            ("distance_meters", json!(meters)),
            ("max_distance_meters", json!(limit)),
        ],
        Rule::Headroom {
            watts,
            headroom,
            limit,
        } => vec![
            ("watts", json!(watts)),
            ("headroom_watts", json!(headroom)),
            ("power_limit_watts", json!(limit)),
        ],
        Rule::NoPowerLimit => Vec::new(),
        Rule::Unknown { limit, lack } => vec![
            ("limit", json!(limit)),
            ("fact", json!(lack.fact)),
            ("state", json!(lack.state)),
        ],
    }
}
