//! Which moves have been wanted for how long, so that a plan does not chase a moment.

use std::collections::HashMap;

use super::propose::Because;
use super::propose::Move;
use super::propose::Proposal;

/// Longer than this between two looks, and nobody knows whether a move was wanted all the time.
const GAP: u64 = 900;
/// More moves than this are not remembered.
const MOST: usize = 10_000;

type Key = (String, String, String);

/// Which moves have been wanted for how long.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    wanted: HashMap<Key, u64>,
    looked: u64,
}

impl Memory {
    /// Takes in a proposal made at `now`, in seconds, by a policy: since when each of its moves has been wanted without a break. Who
    /// has to leave has always had to.
    pub fn since(&mut self, proposal: &Proposal, policy: &str, now: u64) -> Vec<u64> {
        let broken = now.saturating_sub(self.looked) > GAP;
        let before = std::mem::take(&mut self.wanted);
        let (others, before): (HashMap<_, _>, HashMap<_, _>) =
            before.into_iter().partition(|((of, ..), _)| of != policy);
        let since: Vec<_> = proposal
            .moves
            .iter()
            .map(|step| match step.because {
                Because::Leave(_) => 0,
                Because::Promise(_) | Because::Better | Because::Empty => {
                    let known = before.get(&key(step, policy)).filter(|_| !broken);
                    known.copied().unwrap_or(now)
                }
            })
            .collect();
        let kept = others.into_iter().filter(|_| !broken);
        let pairs = proposal.moves.iter().zip(&since);
        let wanted = pairs.map(|(step, since)| (key(step, policy), *since));
        self.wanted = wanted.chain(kept).take(MOST).collect();
        self.looked = now;
        since
    }
}

fn key(step: &Move, policy: &str) -> Key {
    (policy.to_owned(), step.consumer.clone(), step.to.clone())
}
