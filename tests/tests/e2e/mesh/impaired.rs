//! Two hosts on a bad wire, of which everything is known.

use std::time::Duration;

use super::host::Net;
use super::host::name;
use super::link::Fate;
use super::link::Link;

const DELAYS: [u64; 2] = [10, 2];

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what somebody wants to see")]
fn a_bad_wire_is_shown_as_it_is_each_way() {
    let net = match Net::unwired("wi", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let fates = DELAYS.map(|delay| Fate {
        delay: Duration::from_millis(delay),
        lost: 100,
        doubled: 10,
        held_up: (50, Duration::from_millis(150)),
    });
    let link = match Link::join(&net, fates, 862) {
        Ok(link) => link,
        Err(reason) => skip!("{reason}"),
    };
    let claim = ["--trial.clock-bound", "1000"];
    let [near, _far] = [0, 1].map(|host| net.agent(host, &claim));
    near.after_answers(&name(1), 170);
    near.after_answers(&name(1), 340);
    // The fate of all that was lost until here is known when what comes now has been answered.
    link.heal();
    let scrape = near.after_answers(&name(1), 420);
    let tallies = link.tallies();
    for ((direction, delay), tally) in ["to", "from"].iter().zip(DELAYS).zip(tallies) {
        let labels = format!("peer=\"{}\",direction=\"{direction}\"", name(1));
        let count = |outcome| {
            let series = format!("wattle_oneway_packets_total{{{labels},outcome=\"{outcome}\"}}");
            scrape.value(&series).unwrap()
        };
        let minimum = scrape
            .value(&format!("wattle_oneway_delay_min_seconds{{{labels}}}"))
            .unwrap();
        let [measured, true_loss] = [
            count("lost") / count("sent"),
            tally.lost as f64 / tally.came as f64,
        ];
        println!(
            "{direction}: minimum {:.3} ms of {delay} ms; lost {:.2} % of {:.2} %; duplicates {} of {}; reordered {}",
            minimum * 1e3,
            measured * 100.0,
            true_loss * 100.0,
            count("duplicate"),
            tally.doubled,
            count("reordered"),
        );
        assert!((minimum * 1e3 - delay as f64).abs() < 0.3, "{minimum}");
        assert!(
            (measured - true_loss).abs() < 0.01,
            "{measured} {true_loss}\n{tallies:?}\n{:?}",
            scrape.family("wattle_oneway_packets_total").collect::<Vec<_>>()
        );
        assert!((count("duplicate") - tally.doubled as f64).abs() <= 2.0);
        assert!(count("reordered") > 0.0);
    }
}
