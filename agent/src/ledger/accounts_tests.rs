//! Accounts inside of accounts: who is charged, and that nothing is charged twice.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::accounts::Accounts;
use super::accounts::Since;
use super::book::Book;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::sample::Sample;
use crate::workload::Details;
use crate::workload::Identity;
use crate::workload::Kind;

/// As coarse as the times of processes.
const GRAIN: u64 = 10_000;

fn account(id: u64, inside: Option<u64>, cpu_usec: u64) -> AccountSample {
    AccountSample {
        id,
        source: AccountSource::Cgroup(format!("/{id}").into()),
        workload: Identity::new(Kind::Container, &format!("/{id}"), "", Details::default()),
        inside,
        cpu_usec,
        socket: None,
        reserved_millicpus: None,
    }
}

/// The accounts of a ledger alone.
struct Desk {
    accounts: Accounts,
    book: Book,
    second: u64,
}

impl Desk {
    fn new() -> Self {
        Self {
            accounts: Accounts::default(),
            book: Book::new(1000, Duration::ZERO),
            second: 0,
        }
    }

    /// One tick; what each workload has been charged in all, by the number of its account.
    fn tick(&mut self, accounts: Vec<AccountSample>) -> HashMap<u64, u64> {
        let since = Since {
            uptime_ticks: None,
            known: self.second > 0,
            wall: Duration::ZERO,
            most_usec: u64::MAX,
        };
        self.second += 1;
        let sample = Sample {
            at: Duration::from_secs(self.second),
            accounts,
            ..Sample::default()
        };
        let mut claimants = Vec::new();
        self.accounts
            .observe(&sample, since, &mut self.book, &mut claimants);
        let number = |id: &str| id.strip_prefix('/').and_then(|id| id.parse().ok());
        self.book
            .reports(sample.at)
            .into_iter()
            .filter_map(|report| Some((number(&report.identity.id)?, report.cpu_usec)))
            .collect()
    }
}

#[test]
fn what_is_inside_is_charged_to_itself_and_taken_out_of_what_is_around_it() {
    let mut desk = Desk::new();
    desk.tick(vec![
        account(1, None, 100),
        account(2, Some(1), 50),
        account(3, Some(2), 5),
    ]);
    let charged = desk.tick(vec![
        account(1, None, 1100),
        account(2, Some(1), 750),
        account(3, Some(2), 105),
    ]);
    assert_eq!((charged[&1], charged[&2], charged[&3]), (300, 600, 100));
}

#[test]
fn time_that_the_account_around_does_not_show_yet_is_charged_once_it_does() {
    let mut desk = Desk::new();
    desk.tick(vec![account(1, None, 0), account(2, Some(1), 0)]);
    let charged = desk.tick(vec![account(1, None, 60), account(2, Some(1), 100)]);
    assert_eq!((charged[&1], charged[&2]), (0, 60));
    let charged = desk.tick(vec![account(1, None, 160), account(2, Some(1), 100)]);
    assert_eq!((charged[&1], charged[&2]), (60, 100));
}

#[test]
fn without_the_account_around_it_an_account_is_charged_in_full() {
    let mut desk = Desk::new();
    desk.tick(vec![account(2, Some(1), 0)]);
    assert_eq!(desk.tick(vec![account(2, Some(1), 70)])[&2], 70);
}

#[test]
fn one_that_moves_pays_out_of_both_places_and_what_neither_counts_is_its_own() {
    let start = || {
        let mut desk = Desk::new();
        desk.tick(vec![
            account(1, None, 0),
            account(2, None, 0),
            account(3, Some(1), 0),
        ]);
        desk
    };
    let charged = start().tick(vec![
        account(1, None, 30),
        account(2, None, 100),
        account(3, Some(2), 80),
    ]);
    assert_eq!((charged[&1], charged[&2], charged[&3]), (0, 50, 80));
    let charged = start().tick(vec![
        account(1, None, 30),
        account(2, None, 100),
        account(3, None, 80),
    ]);
    assert_eq!((charged[&1], charged[&2], charged[&3]), (0, 100, 80));
}

/// A tree of accounts by the position of the one around each, and what each used itself in each interval.
fn tree() -> impl Strategy<Value = (Vec<Option<usize>>, Vec<Vec<u64>>)> {
    (1_usize..8, 1_usize..12).prop_flat_map(|(accounts, ticks)| {
        let around = (0..accounts)
            .map(|index| prop::option::of(0..index.max(1)).prop_map(move |at| at.filter(|&at| at < index)));
        let used = prop::collection::vec(prop::collection::vec(0_u64..3_000_000, accounts), ticks);
        (around.collect::<Vec<_>>(), used)
    })
}

/// What each counts: its own time and that of all inside.
fn gross(around: &[Option<usize>], own: &[u64]) -> Vec<u64> {
    let mut gross = own.to_vec();
    for index in (0..own.len()).rev() {
        if let Some(at) = around[index] {
            gross[at] += gross[index];
        }
    }
    gross
}

/// The readings of a tick; one that nothing is inside of is as coarse as a process.
fn readings(around: &[Option<usize>], gross: &[u64]) -> Vec<AccountSample> {
    let read = |(index, &usec): (usize, &u64)| {
        let is_process = around[index].is_some() && !around.contains(&Some(index));
        let usec = if is_process { usec / GRAIN * GRAIN } else { usec };
        account(index as u64, around[index].map(|at| at as u64), usec)
    };
    gross.iter().enumerate().map(read).collect()
}

proptest! {
    #[test]
    fn all_charges_together_are_what_the_outermost_accounts_count((around, used) in tree()) {
        let mut desk = Desk::new();
        let mut own = vec![0; around.len()];
        desk.tick(readings(&around, &own));
        let mut before = HashMap::new();
        for interval in &used {
            own.iter_mut().zip(interval).for_each(|(own, used)| *own += used);
            let gross = gross(&around, &own);
            let charged = desk.tick(readings(&around, &gross));
            let outermost: u64 = gross.iter().zip(&around).filter(|(_, at)| at.is_none()).map(|(usec, _)| usec).sum();
            prop_assert_eq!(charged.values().sum::<u64>(), outermost);
            for (index, &own) in own.iter().enumerate() {
                let charged_now = charged[&(index as u64)];
                prop_assert!(charged_now >= before.get(&(index as u64)).copied().unwrap_or(0));
                // Each process inside may be a grain behind, and then is that much too dear for what is around it.
                prop_assert!(charged_now.abs_diff(own) <= GRAIN * around.len() as u64, "{index}: {charged_now} {own}");
            }
            before = charged;
        }
    }

    #[test]
    fn wherever_accounts_move_nothing_is_charged_twice(
        moves in prop::collection::vec((prop::option::of(0_u64..3), 0_u64..1_000_000, [0_u64..1_000_000, 0_u64..1_000_000, 0_u64..1_000_000]), 1..30),
    ) {
        let mut desk = Desk::new();
        let (mut around, mut own, mut moving, mut at, mut truth) = ([0_u64; 3], [0_u64; 3], 0, None, 0);
        let sample = |around: [u64; 3], at, moving| {
            let mut all: Vec<_> = (0..3).map(|id| account(id, None, around[id as usize])).collect();
            all.push(account(9, at, moving));
            all
        };
        desk.tick(sample(around, at, moving));
        for (to, used, others) in moves {
            // Half of its time before it moves, half after.
            for (place, usec) in [(at, used / 2), (to, used - used / 2)] {
                if let Some(place) = place {
                    around[place as usize] += usec;
                }
                moving += usec;
                truth += usec;
            }
            for (index, usec) in others.into_iter().enumerate() {
                around[index] += usec;
                own[index] += usec;
                truth += usec;
            }
            at = to;
            let charged = desk.tick(sample(around, at, moving));
            prop_assert!(charged.values().sum::<u64>() <= truth);
            prop_assert!(charged[&9] <= moving);
        }
    }
}
