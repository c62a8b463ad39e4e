//! Many hosts.

use super::steps::Bench;
use crate::inventory::CandidateSearch;
use crate::inventory::Inventory;
use crate::inventory::Wish;

#[test]
fn among_many_hosts_exactly_those_with_room_are_found() {
    let mut bench = Bench::default();
    for number in 0..700 {
        let total = u32::try_from(number % 7 + 1).unwrap();
        bench.with_host(number, &[("VCPU", Inventory::of(total))]);
    }
    for amount in 1..9 {
        let wish = Wish {
            resources: vec![("VCPU".to_owned(), amount)],
            ..Wish::default()
        };
        let search = CandidateSearch {
            groups: vec![(String::new(), wish)],
            ..CandidateSearch::default()
        };
        let found = bench.ledger.candidates(&search).unwrap();
        assert_eq!(found.providers.len() as u64, 100 * 8_u64.saturating_sub(amount));
        let few = bench
            .ledger
            .candidates(&CandidateSearch {
                limit: Some(10),
                ..search
            })
            .unwrap();
        assert_eq!(few.providers.len(), found.providers.len().min(10));
    }
}
