//! From raw values to one score.
//!
//! Every term is normalised once, over the candidates for one machine, to a number that does not depend on its unit: the best is 1.
//! Where less is better it is `(best + s) / (value + s)`, where `s` is the least of the candidates' values above 0; where more is
//! better it is `value / best`. So a host that is far off makes no other two look alike, as it does where the range is stretched,
//! and two that hardly differ stay close. What is not known is 0, below everything that is known and finite.

use super::measure::Terms;
use super::policy::Policy;
use super::term::Raw;
use super::term::TERMS;
use super::term::Term;

/// What the candidates' values of one term are compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    best: f64,
    least: f64,
}

/// What all candidates for a machine are compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scales([Option<Scale>; TERMS]);

impl Scales {
    /// Of all candidates.
    pub(super) fn of<'t>(candidates: impl Iterator<Item = &'t Terms>) -> Self {
        let mut scales = [None; TERMS];
        for terms in candidates {
            for ((term, raw), scale) in Term::ALL.iter().zip(terms).zip(&mut scales) {
                if let Raw::Value(value) = raw {
                    *scale = Some(joined(*scale, value.max(0.0), term.more_is_better()));
                }
            }
        }
        Self(scales)
    }

    /// A term's value as a number from 0; the best of the candidates is 1.
    pub(super) fn normalised(&self, term: Term, raw: Raw) -> f64 {
        let (Raw::Value(value), Some(scale)) = (raw, self.0[term as usize]) else {
            return 0.0;
        };
        let value = value.max(0.0);
        let (part, whole) = if term.more_is_better() {
            (value, scale.best)
        } else {
            let soft = if scale.least.is_finite() { scale.least } else { 1.0 };
            (scale.best + soft, value + soft)
        };
        if whole > 0.0 { part / whole } else { 1.0 }
    }

    /// The score: the weighted mean of the terms that were asked for, and the weight of those that are not known.
    pub(super) fn score(&self, policy: &Policy, terms: &Terms) -> Score {
        let (mut sum, mut weights, mut unknown) = (0.0, 0.0, 0.0);
        for (term, raw) in Term::ALL.into_iter().zip(terms) {
            let weight = policy.weight(term);
            match raw {
                Raw::NotAsked => continue,
                Raw::Unknown(_) => unknown += weight,
                Raw::Value(_) => sum += weight * self.normalised(term, *raw),
            }
            weights += weight;
        }
        Score {
            value: if weights > 0.0 { sum / weights } else { 0.0 },
            unknown,
            unknowns: terms.iter().filter(|raw| matches!(raw, Raw::Unknown(_))).count(),
        }
    }
}

fn joined(scale: Option<Scale>, value: f64, more_is_better: bool) -> Scale {
    let least = if value > 0.0 { value } else { f64::INFINITY };
    match scale {
        None => Scale { best: value, least },
        Some(old) => Scale {
            best: if more_is_better {
                old.best.max(value)
            } else {
                old.best.min(value)
            },
            least: old.least.min(least),
        },
    }
}

/// How good a host is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    /// From 0 to 1; with the other machines of a batch in place up to 2, where those make it cheaper than it was for anybody alone.
    pub(super) value: f64,
    /// The weight of what is not known.
    pub(super) unknown: f64,
    /// How many terms are not known, whatever they weigh.
    pub(super) unknowns: usize,
}

/// What decides between equals: the same for the same seed and name, whatever the order and the machine.
pub(super) fn lot(seed: u64, name: &str) -> u64 {
    let mixed = name.bytes().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |state, byte| {
        mix(state ^ u64::from(byte))
    });
    mix(mixed)
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
fn mix(mut state: u64) -> u64 {
    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ state >> 31
}
