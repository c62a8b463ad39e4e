//! What matters how much.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;

use super::term::TERMS;
use super::term::Term;

/// The greatest weight.
const MAX_WEIGHT: f64 = 1e6;

/// How a host's dynamic power grows with the part of its CPUs that is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Curve {
    /// In proportion.
    #[default]
    Linear,
    /// Steeply at first: `2u − u^1.4`, as Fan, Weber and Barroso fitted it to thousands of servers (ISCA 2007, section 3.2).
    Concave,
}

/// What a host on which nobody runs costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyHosts {
    /// It draws its static power anyway.
    #[default]
    Awake,
    /// It is, or could be, switched off: whoever comes first brings its static power with him.
    Asleep,
}

/// A policy: the weight of each term, and how watts are predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The weights, in the order of [`Term::ALL`].
    pub weights: [f64; TERMS],
    /// How power grows.
    pub curve: Curve,
    /// What an empty host costs.
    pub empty_hosts: EmptyHosts,
}

type Row = (&'static str, EmptyHosts, &'static [(Term, f64)]);

/// The policies that are always there. Quality stands in each of them, so that of two equal hosts the better known is chosen.
const NAMED: [Row; 6] = {
    use EmptyHosts::Asleep;
    use EmptyHosts::Awake;
    use Term::Balance;
    use Term::Carbon;
    use Term::Delay;
    use Term::Distance;
    use Term::Fragmentation;
    use Term::Groups;
    use Term::Pack;
    use Term::Quality;
    use Term::Watts;
    [
        (
            "balanced",
            Awake,
            &[
                (Watts, 1.0),
                (Carbon, 1.0),
                (Delay, 1.0),
                (Distance, 0.25),
                (Balance, 1.0),
                (Fragmentation, 0.5),
                (Quality, 0.25),
                (Groups, 1.0),
            ],
        ),
        (
            "save-energy",
            Asleep,
            &[
                (Watts, 4.0),
                (Pack, 0.5),
                (Fragmentation, 0.25),
                (Quality, 0.25),
                (Groups, 1.0),
            ],
        ),
        (
            "low-carbon",
            Asleep,
            &[
                (Carbon, 4.0),
                (Watts, 0.5),
                (Fragmentation, 0.25),
                (Quality, 0.25),
                (Groups, 1.0),
            ],
        ),
        (
            "low-latency",
            Awake,
            &[
                (Delay, 4.0),
                (Distance, 0.5),
                (Balance, 0.5),
                (Quality, 0.25),
                (Groups, 1.0),
            ],
        ),
        (
            "pack",
            Awake,
            &[(Pack, 4.0), (Fragmentation, 1.0), (Quality, 0.25), (Groups, 1.0)],
        ),
        (
            "spread",
            Awake,
            &[
                (Balance, 4.0),
                (Fragmentation, 0.5),
                (Quality, 0.25),
                (Groups, 1.0),
            ],
        ),
    ]
};

impl Policy {
    /// One of the policies that are always there: `balanced`, `save-energy`, `low-carbon`, `low-latency`, `pack` or `spread`.
    pub fn named(name: &str) -> Option<Self> {
        let (name, empty_hosts, rows) = NAMED.iter().find(|(known, ..)| *known == name)?;
        let mut weights = [0.0; TERMS];
        for (term, weight) in *rows {
            weights[*term as usize] = *weight;
        }
        Some(Self {
            name: (*name).to_owned(),
            weights,
            curve: Curve::Linear,
            empty_hosts: *empty_hosts,
        })
    }

    /// The names of those.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, ..)| *name)
    }

    /// In which nothing matters yet.
    pub(crate) fn blank() -> Self {
        Self {
            name: String::new(),
            weights: [0.0; TERMS],
            curve: Curve::default(),
            empty_hosts: EmptyHosts::default(),
        }
    }

    /// The same with other weights, another curve, other costs of empty hosts.
    pub(crate) fn with(
        mut self,
        weights: &BTreeMap<Term, f64>,
        curve: Option<Curve>,
        empty_hosts: Option<EmptyHosts>,
    ) -> Result<Self, PolicyError> {
        for (term, weight) in weights {
            if !(0.0..=MAX_WEIGHT).contains(weight) {
                return Err(PolicyError::BadWeight {
                    policy: self.name,
                    term: term.as_str(),
                    weight: *weight,
                });
            }
            self.weights[*term as usize] = *weight;
        }
        self.curve = curve.unwrap_or(self.curve);
        self.empty_hosts = empty_hosts.unwrap_or(self.empty_hosts);
        if self.weights.iter().all(|weight| *weight == 0.0) {
            return Err(PolicyError::NothingMatters(self.name));
        }
        Ok(self)
    }

    /// The weight of a term.
    pub fn weight(&self, term: Term) -> f64 {
        self.weights[term as usize]
    }
}

/// Policies cannot be read.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// It is not what a file of policies looks like.
    #[error("policies: {0}")]
    Syntax(#[from] serde_yaml::Error),
    /// A policy stands on another that is not there.
    #[error(
        "policy {policy}: there is no policy {base:?} to begin from; take one of balanced, save-energy, low-carbon, low-latency, pack, spread"
    )]
    NoBase {
        /// Its name.
        policy: String,
        /// What it names.
        base: String,
    },
    /// A weight is no weight.
    #[error("policy {policy}: the weight {weight} of {term} is not a number from 0 to 1000000")]
    BadWeight {
        /// Its name.
        policy: String,
        /// The term.
        term: &'static str,
        /// What is written.
        weight: f64,
    },
    /// It has the name of one that is always there.
    #[error("policy {0}: that one is always there; take another name, and `base: {0}` to begin from it")]
    Taken(String),
    /// Nothing matters.
    #[error("policy {0}: all weights are 0; give one term a weight")]
    NothingMatters(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    base: Option<String>,
    #[serde(default)]
    weights: BTreeMap<Term, f64>,
    curve: Option<Curve>,
    empty_hosts: Option<EmptyHosts>,
}

/// Reads policies from YAML: a map of names to `base` (a named policy to begin from; else all weights are 0), `weights` by term,
/// `curve` (`linear`, `concave`) and `empty-hosts` (`awake`, `asleep`).
pub fn read_policies(yaml: &str) -> Result<Vec<Policy>, PolicyError> {
    let written: BTreeMap<String, Written> = serde_yaml::from_str(yaml)?;
    written
        .into_iter()
        .map(|(name, written)| built(name, written))
        .collect()
}

fn built(name: String, written: Written) -> Result<Policy, PolicyError> {
    let base = match written.base {
        Some(base) => match Policy::named(&base) {
            Some(policy) => policy,
            None => return Err(PolicyError::NoBase { policy: name, base }),
        },
        None => Policy::blank(),
    };
    let named = Policy { name, ..base };
    named.with(&written.weights, written.curve, written.empty_hosts)
}

/// All policies that there are: those that are always there, and the operator's own.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Written>")]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// The policy of that name.
    pub fn named(&self, name: &str) -> Option<Policy> {
        let own = self.0.iter().find(|policy| policy.name == name);
        own.cloned().or_else(|| Policy::named(name))
    }

    /// The names of all.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Policy::names().collect();
        names.extend(self.0.iter().map(|policy| policy.name.as_str()));
        names
    }
}

impl TryFrom<BTreeMap<String, Written>> for Policies {
    type Error = PolicyError;

    fn try_from(written: BTreeMap<String, Written>) -> Result<Self, PolicyError> {
        if let Some(name) = written.keys().find(|name| Policy::named(name).is_some()) {
            return Err(PolicyError::Taken(name.clone()));
        }
        let built = written.into_iter().map(|(name, written)| built(name, written));
        built.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Curve;
    use super::EmptyHosts;
    use super::Policies;
    use super::Policy;
    use super::read_policies;
    use crate::placement::term::Term;

    #[test]
    fn a_policy_changes_what_it_names_of_another() {
        let yaml = "night: {base: save-energy, weights: {watts: 3, delay: 1.5}, curve: concave}\nplain: {weights: {pack: 1}}\n";
        let policies = read_policies(yaml).unwrap();
        assert_eq!(policies[0].name, "night");
        assert_eq!(policies[0].weight(Term::Watts), 3.0);
        assert_eq!(policies[0].weight(Term::Delay), 1.5);
        assert_eq!(policies[0].weight(Term::Pack), 0.5);
        assert_eq!(
            (policies[0].curve, policies[0].empty_hosts),
            (Curve::Concave, EmptyHosts::Asleep)
        );
        assert_eq!(policies[1].weight(Term::Watts), 0.0);
    }

    #[test]
    fn what_is_no_policy_is_refused_with_its_name() {
        for (yaml, part) in [
            ("p: {base: fast}", "fast"),
            ("p: {weights: {watts: -1}}", "-1"),
            ("p: {weights: {watts: .nan}}", "watts"),
            ("p: {weights: {speed: 1}}", "speed"),
            ("p: {weight: {}}", "weight"),
            ("p: {weights: {watts: 0}}", "all weights"),
            ("p: 3", "invalid type"),
        ] {
            let error = read_policies(yaml).unwrap_err().to_string();
            assert!(error.contains(part), "{yaml}: {error}");
        }
    }

    #[test]
    fn the_operators_policies_stand_beside_those_that_are_always_there() {
        let policies: Policies = serde_yaml::from_str("night: {base: pack}").unwrap();
        assert_eq!(policies.named("night").unwrap().weight(Term::Pack), 4.0);
        assert_eq!(policies.named("pack"), Policy::named("pack"));
        assert_eq!(policies.names().last(), Some(&"night"));
        let taken: Result<Policies, _> = serde_yaml::from_str("pack: {base: spread}");
        assert!(taken.unwrap_err().to_string().contains("take another name"));
    }

    #[test]
    fn every_name_has_a_policy_that_counts_something() {
        for name in Policy::names() {
            let policy = Policy::named(name).unwrap();
            assert!(policy.weights.iter().sum::<f64>() > 0.0, "{name}");
        }
        assert_eq!(Policy::named("fastest"), None);
    }
}
