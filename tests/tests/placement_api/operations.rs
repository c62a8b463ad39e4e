//! Thousands of random requests.

use super::both::Both;
use super::real::MISSING;
use super::requests;
use wattle_tests::fakehost::Random;

use crate::e2e::skip::note;

/// How many, and from which seed.
pub(crate) const OPERATIONS: &str = "WATTLE_PLACEMENT_OPERATIONS";
const SEED: &str = "WATTLE_PLACEMENT_SEED";

fn number(variable: &str, default: u64) -> u64 {
    let told = std::env::var(variable).ok();
    told.map_or(default, |told| told.parse().unwrap())
}

#[test]
fn random_requests_mean_the_same_to_placement_and_to_the_ledger() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::operations::random_requests_mean_the_same_to_placement_and_to_the_ledger",
            MISSING,
        );
    };
    let (seed, operations) = (number(SEED, 1), number(OPERATIONS, 3000));
    let mut random = Random::new(seed);
    let mut done = 0;
    for count in 0..operations {
        let ask = requests::next(&mut random, &both.ours.service().ledger());
        let when = format!("request {count} of seed {seed}");
        done += u64::from(both.ask(&when, &ask).status < 300);
        if count % 300 == 299 {
            both.compare_all(&when);
        }
    }
    both.compare_all("in the end");
    println!("{operations} requests, {done} of them successful, mean the same to both");
    assert!(
        done * 5 > operations * 2,
        "only {done} succeeded: the test says little"
    );
}
