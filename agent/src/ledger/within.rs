//! Bytes that an account counts although others, inside of it, are charged for them.
//!
//! Accounts are read in turns, so what moved inside may be seen before or after it is seen from around. An account with others
//! inside is therefore charged one turn late: by then each of those has been read after the moment for which it pays.

use std::collections::HashMap;

/// What accounts with others inside have counted and not been charged for.
#[derive(Debug, Default)]
pub(super) struct Within(HashMap<u64, Around>);

#[derive(Debug, Default)]
struct Around {
    /// Charged to those inside, and not yet left out here.
    inside: [u64; 2],
    /// Counted at the last turn, and charged at the next.
    held: [u64; 2],
}

impl Within {
    /// What an account is charged now that it counted so much more. `around` is the account that counts the same bytes.
    pub(super) fn own(&mut self, account: u64, around: Option<u64>, more: [u64; 2]) -> [u64; 2] {
        if let Some(around) = around {
            let around = self.0.entry(around).or_default();
            around.inside = [0, 1].map(|way| around.inside[way].saturating_add(more[way]));
        }
        self.0
            .get_mut(&account)
            .map_or(more, |account| account.charge(more))
    }

    /// Forgets the accounts that have ended.
    pub(super) fn retain(&mut self, is_there: impl Fn(u64) -> bool) {
        self.0.retain(|account, _| is_there(*account));
    }
}

impl Around {
    fn charge(&mut self, more: [u64; 2]) -> [u64; 2] {
        let due = std::mem::replace(&mut self.held, more);
        [0, 1].map(|way| {
            let left_out = due[way].min(self.inside[way]);
            self.inside[way] -= left_out;
            due[way] - left_out
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// One account around two, one of which is around a third; each has its turn once in so many ticks.
        #[test]
        fn in_the_end_each_is_charged_what_it_moved_itself(
            moved in prop::collection::vec([0..1000u64, 0..1000, 0..1000, 0..1000], 1..40),
            turns in [0..8usize, 0..8, 0..8, 0..8],
        ) {
            const AROUND: [Option<u64>; 4] = [None, Some(0), Some(0), Some(2)];
            let mut within = Within::default();
            let (mut own, mut seen, mut charged) = ([0; 4], [0; 4], [0; 4]);
            let quiet = std::iter::repeat_n([0; 4], 24);
            // Each is known before anything moves.
            for (account, around) in AROUND.into_iter().enumerate() {
                within.own(account as u64, around, [0, 0]);
            }
            for (tick, moved) in moved.into_iter().chain(quiet).enumerate() {
                for (own, moved) in own.iter_mut().zip(moved) {
                    *own += moved;
                }
                let counted = [own.iter().sum::<u64>(), own[1], own[2] + own[3], own[3]];
                for account in (0..4).filter(|account| tick % 8 == turns[*account]) {
                    let more = counted[account] - seen[account];
                    seen[account] = counted[account];
                    charged[account] += within.own(account as u64, AROUND[account], [more, 0])[0];
                    prop_assert!(charged[account] <= own[account]);
                }
            }
            prop_assert_eq!(charged, own);
        }
    }
}
