//! A bound on the number of candidates: which of them are left out is up to each.

use super::super::ask::Ask;
use super::super::both::Both;
use super::super::real::MISSING;
use super::HOSTS;
use super::walk;
use crate::e2e::skip::note;

#[test]
fn a_limit_gives_so_many_of_all_and_what_belongs_to_them() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::limits::a_limit_gives_so_many_of_all_and_what_belongs_to_them",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    let page = |target: &str, real: bool| {
        let ask = Ask::new(39, "GET", target);
        let answer = if real {
            both.real.ask(&ask)
        } else {
            both.ours.ask(&ask)
        };
        let json = answer.json();
        let requests = json["allocation_requests"].as_array().unwrap().clone();
        let summaries = json["provider_summaries"].as_object().unwrap().clone();
        (requests, summaries)
    };
    let all = "/allocation_candidates?resources=VCPU:1";
    for (limit, expected) in [(1, 1), (2, 2), (3, 2)] {
        for real in [true, false] {
            let (every, _) = page(all, real);
            let (some, summaries) = page(&format!("{all}&limit={limit}"), real);
            assert_eq!((some.len(), summaries.len()), (expected, expected));
            assert!(some.iter().all(|request| every.contains(request)));
            let mut hosts = some
                .iter()
                .flat_map(|request| request["allocations"].as_object().unwrap().keys());
            assert!(hosts.all(|host| summaries.contains_key(host)));
        }
    }
}
