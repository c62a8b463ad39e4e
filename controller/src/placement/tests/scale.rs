//! Many hosts. Run with `--release -- --ignored --nocapture` for the figures.

use super::fleets::host;
use super::fleets::machine;
use super::fleets::request;
use super::fleets::stock;
use super::fleets::with;
use crate::facts::Fact;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Policy;
use crate::placement::decide;

fn fleet(size: u32) -> Fleet {
    let hosts = (0..size).map(|number| {
        let grams = f64::from(number % 700);
        let known = with(host(&format!("host-{number}")), |facts| {
            facts.grams_per_kwh = Fact::now(grams);
        });
        Host {
            stocks: vec![
                ("VCPU".into(), stock(64, u64::from(number % 65))),
                ("MEMORY_MB".into(), stock(262_144, u64::from(number % 65) * 4096)),
                ("DISK_GB".into(), stock(2000, 100)),
            ],
            ..known
        }
    });
    Fleet::new(hosts.collect())
}

#[test]
fn among_many_hosts_only_as_much_is_told_as_was_asked_for() {
    let mut wanted = request(vec![machine("m", 4)]);
    wanted.explain = Some(3);
    let answer = decide(&fleet(2000), &Policy::named("balanced").unwrap(), &wanted).unwrap();
    let decision = &answer.decisions[0];
    assert_eq!((decision.runners_up.len(), decision.refused.len()), (3, 3));
    assert_eq!(decision.candidates + decision.refusals["room"], 2000);
}

#[test]
#[ignore = "prints how long decisions take; nothing can fail"]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn how_long_decisions_take() {
    let policy = Policy::named("balanced").unwrap();
    for (hosts, machines, explain) in [
        (500, 1, None),
        (10_000, 1, None),
        (10_000, 1, Some(10)),
        (500, 20, Some(3)),
        (10_000, 100, Some(3)),
    ] {
        let fleet = fleet(hosts);
        let mut wanted = request(
            (0..machines)
                .map(|number| machine(&format!("m{number}"), 4))
                .collect(),
        );
        wanted.explain = explain;
        let rounds = if machines == 1 { 50 } else { 1 };
        let mut times: Vec<_> = (0..rounds)
            .map(|_| {
                let start = std::time::Instant::now();
                let answer = decide(&fleet, &policy, &wanted).unwrap();
                assert!(answer.is_complete());
                start.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "{machines} among {hosts} hosts, explain {explain:?}: median {:?}",
            times[times.len() / 2]
        );
    }
}
