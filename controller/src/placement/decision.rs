//! A decision that explains itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rule::Rule;
use super::term::Raw;
use super::term::TERMS;
use super::term::Term;

/// What one term contributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// The term.
    pub term: Term,
    /// Its value in its unit.
    pub raw: Raw,
    /// From 0 to 1, where 1 is the best of the candidates and 0 is unknown.
    pub normalised: f64,
    /// The policy's weight.
    pub weight: f64,
    /// What it added to the score. All of them add up to it.
    pub contribution: f64,
}

/// A host that may take the machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The host.
    pub host: Arc<str>,
    /// How good it is.
    pub score: f64,
    /// Why.
    pub terms: [Contribution; TERMS],
}

impl Candidate {
    /// What one term contributed.
    pub fn term(&self, term: Term) -> &Contribution {
        &self.terms[term as usize]
    }

    /// The predicted watts that the machine adds.
    pub fn watts(&self) -> Option<f64> {
        self.term(Term::Watts).raw.value()
    }

    /// The predicted grams an hour of them.
    pub fn grams_per_hour(&self) -> Option<f64> {
        self.term(Term::Carbon).raw.value()
    }
}

/// A host that may not take it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The host.
    pub host: Arc<str>,
    /// Why not.
    pub rule: Rule,
}

/// Where one machine goes, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The machine.
    pub machine: String,
    /// The policy.
    pub policy: String,
    /// The busy CPUs that the prediction is for.
    pub busy_cpus: f64,
    /// Its host; `None`: nobody may take it.
    pub chosen: Option<Candidate>,
    /// The other candidates, the best first; as many as were asked for.
    pub runners_up: Vec<Candidate>,
    /// How many candidates there were.
    pub candidates: usize,
    /// The refused hosts by name; as many as were asked for.
    pub refused: Vec<Refused>,
    /// How many hosts each rule refused.
    pub refusals: BTreeMap<&'static str, usize>,
}
