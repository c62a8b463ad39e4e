//! Two hosts on a bad wire, of which everything is known.

use std::collections::BTreeMap;
use std::time::Duration;

use super::host::Net;
use super::host::name;
use super::link::Fate;
use super::link::Link;
use super::link::Passage;
use crate::e2e::exposition::Exposition;
use crate::e2e::patience::wait_for;

const DELAYS: [u64; 2] = [10, 2];

/// What the wire did to requests up to one, and to the replies to them.
#[derive(Debug)]
struct Truth {
    lost: [u64; 2],
    doubled: u64,
}

impl Truth {
    /// A request is lost on the way back if none of the replies to its copies came through, or has come so far.
    fn of([there, back]: &[Vec<Passage>; 2], last: u32) -> Self {
        let mut copies: BTreeMap<u32, [u64; 2]> = BTreeMap::new();
        for (way, passages) in [there, back].into_iter().enumerate() {
            for passage in passages.iter().filter(|passage| passage.sequence <= last) {
                copies.entry(passage.sequence).or_default()[way] += passage.copies;
            }
        }
        let count =
            |fate: fn(&[u64; 2]) -> bool| copies.values().filter(|copies| fate(copies)).count() as u64;
        let arrived = count(|[there, _]| *there > 0);
        let answered = count(|[_, back]| *back > 0);
        let replies: u64 = copies.values().map(|[_, back]| back).sum();
        Self {
            lost: [copies.len() as u64 - arrived, arrived - answered],
            doubled: replies - answered,
        }
    }
}

fn packets(scrape: &Exposition, direction: &str, outcome: &str) -> u64 {
    scrape.whole(&format!(
        "wattle_oneway_packets_total{{peer=\"{}\",direction=\"{direction}\",outcome=\"{outcome}\"}}",
        name(1)
    ))
}

#[test]
fn a_bad_wire_is_shown_as_it_is_each_way() {
    let net = match Net::unwired("wi", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let fates = DELAYS.map(|delay| Fate {
        delay: Duration::from_millis(delay),
        lost: 100,
        doubled: 20,
        held_up: (150, Duration::from_millis(250)),
    });
    let link = match Link::join(&net, fates, 862) {
        Ok(link) => link,
        Err(reason) => skip!("{reason}"),
    };
    let claim = ["--trial.clock-bound", "1000"];
    let [_far, near] = [1, 0].map(|host| net.agent(host, &claim));
    // What is lost before the first answer has no direction.
    near.after_answers(&name(1), 3);
    link.harm(true);
    near.after_answers(&name(1), 90);
    link.harm(false);
    let harmed = link.passages()[0].iter().map(|request| request.sequence).max();
    let harmed = harmed.unwrap();
    // What is under way over the wire counts as lost in the truth until it has come through, and here not until it is given up:
    // both agree only when both are final.
    let (scrape, truth) = wait_for("the place of all losses", || {
        let scrape = near.scrape();
        let truth = Truth::of(&link.passages(), harmed);
        let [to, from, all] = ["to", "from", "round_trip"].map(|way| packets(&scrape, way, "lost"));
        let placed = to + from == all && all >= truth.lost.iter().sum();
        (placed && packets(&scrape, "round_trip", "duplicate") >= truth.doubled).then_some((scrape, truth))
    });
    // On a machine that stood still for seconds, what came after that was lost before.
    let late = packets(&scrape, "round_trip", "late");
    for (way, direction) in ["to", "from"].into_iter().enumerate() {
        let [sent, lost] = ["sent", "lost"].map(|outcome| packets(&scrape, direction, outcome));
        let labels = format!("peer=\"{}\",direction=\"{direction}\"", name(1));
        let minimum = scrape
            .value(&format!("wattle_oneway_delay_min_seconds{{{labels}}}"))
            .unwrap();
        println!(
            "{direction}: minimum {:.3} ms of {} ms; lost {lost} of {sent}; reordered {}; {truth:?}",
            minimum * 1e3,
            DELAYS[way],
            packets(&scrape, direction, "reordered"),
        );
        assert!((minimum * 1e3 - DELAYS[way] as f64).abs() < 0.3, "{minimum}");
        assert!(lost.abs_diff(truth.lost[way]) <= late, "{lost} {late} {truth:?}");
        assert!(packets(&scrape, direction, "reordered") > 0);
    }
    let doubled = ["to", "from"].map(|direction| packets(&scrape, direction, "duplicate"));
    assert_eq!(doubled.iter().sum::<u64>(), truth.doubled, "{doubled:?}");
}
