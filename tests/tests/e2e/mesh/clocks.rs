//! One host whose clock is wrong and which claims to be right.

use super::host::Net;
use super::host::name;

#[test]
fn a_clock_that_lies_is_found_and_no_delay_by_it_is_shown() {
    let net = match Net::new("wc", 3) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let claim = ["--trial.clock-bound", "50000"];
    let liar = ["--trial.clock-bound", "50000", "--trial.clock-shift", "5000000"];
    let hosts = [net.agent(0, &claim), net.agent(1, &claim), net.agent(2, &liar)];
    for (own, host) in hosts.iter().enumerate() {
        let others: Vec<usize> = (0..3).filter(|other| *other != own).collect();
        for other in &others {
            host.after_answers(&name(*other), 30);
        }
        let scrape = host.scrape();
        for other in others {
            let lies = own == 2 || other == 2;
            let state = if lies { "inconsistent" } else { "synchronised" };
            let peer = name(other);
            let series = format!("wattle_oneway_clock_state{{peer=\"{peer}\",state=\"{state}\"}}");
            assert_eq!(scrape.whole(&series), 1, "{own} {series}");
            let minimum = scrape.value(&format!(
                "wattle_oneway_delay_min_seconds{{peer=\"{peer}\",direction=\"to\"}}"
            ));
            assert_eq!(minimum.is_none(), lies, "{minimum:?}");
            let counted = format!("wattle_oneway_delay_seconds_count{{peer=\"{peer}\",direction=\"to\"}}");
            assert_eq!(scrape.get(&counted).is_none(), lies);
        }
        let suspects: Vec<_> = (0..3)
            .filter(|host| scrape.whole(&format!("wattle_clock_suspect{{peer=\"{}\"}}", name(*host))) == 1)
            .collect();
        assert_eq!(suspects, [2], "as {own} sees it");
        let offset = scrape.value(&format!(
            "wattle_clock_offset_estimate_seconds{{peer=\"{}\"}}",
            name(2)
        ));
        assert!((0.004..0.006).contains(&offset.unwrap()), "{offset:?}");
        let mesh: serde_json::Value = serde_json::from_slice(&host.get("/api/v1/mesh").body).unwrap();
        assert_eq!(mesh["peers"].as_array().unwrap().len(), 2);
    }
}
