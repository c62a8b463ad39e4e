//! Invariants 1, 2 and 4 of the design, in a thousand scrapes of a host where everything comes and goes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use wattle_tests::fakehost::Churn;
use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::client;
use super::exposition::Exposition;
use super::exposition::micro;
use super::living::Living;

const SCRAPES: [(usize, Duration); 2] = [(700, Duration::from_millis(10)), (300, Duration::from_millis(35))];

/// What one scraper has seen.
#[derive(Debug, Default)]
struct Seen {
    /// The body of each tick.
    ticks: BTreeMap<u64, String>,
    /// The latest value of every counter, in millionths.
    counters: BTreeMap<String, u64>,
    /// The most that ended workloads have left behind.
    retired_uj: u64,
}

#[test]
fn workloads_and_retired_are_the_host_in_each_of_a_thousand_scrapes_by_two_under_churn() {
    let churn = Churn {
        processes_per_second: 40,
        cgroups_per_second: 10,
    };
    let host = Living::start(
        Spec {
            churn,
            ..Spec::default()
        }
        .with_mixture(12, 40),
    );
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(
        state.path(),
        &host.flags(&["--interval", "100ms", "--limits.keep-ended", "2s"]),
    );
    agent.wait_until_ready();
    let address = agent.address;
    let [one, two] = SCRAPES
        .map(|(count, pause)| std::thread::spawn(move || scrape(address, count, pause)))
        .map(|scraper| scraper.join().unwrap());
    let both = one
        .ticks
        .iter()
        .filter_map(|(tick, body)| Some((body, two.ticks.get(tick)?)));
    let mut shared = 0;
    for (mine, theirs) in both {
        assert_eq!(mine, theirs, "two scrapers saw one tick differently");
        shared += 1;
    }
    assert!(shared > 50, "the scrapers met in {shared} ticks only");
    assert!(one.retired_uj > 0, "no workload was retired: there was no churn");
}

fn scrape(address: SocketAddr, count: usize, pause: Duration) -> Seen {
    let mut seen = Seen::default();
    for _ in 0..count {
        let body = client::get(address, "/metrics").text();
        seen.look_at(&body);
        std::thread::sleep(pause);
    }
    seen
}

impl Seen {
    fn look_at(&mut self, body: &str) {
        let scrape = Exposition::parse(body);
        for component in ["cpu", "dram"] {
            let part = format!("component=\"{component}\"");
            let workloads_uj = scrape.sum_micro("wattle_workload_energy_joules_total", &part);
            let retired_uj = scrape.sum_micro("wattle_retired_energy_joules_total", &part);
            let host_uj = scrape.sum_micro("wattle_host_energy_joules_total", &part);
            assert_eq!(workloads_uj + retired_uj, host_uj, "{component}");
            self.retired_uj = self.retired_uj.max(retired_uj);
        }
        assert_eq!(scrape.micro("wattle_conservation_error_joules"), 0);
        self.follow(&scrape);
        let tick = scrape.whole("wattle_ticks_total");
        let earlier = self.ticks.entry(tick).or_insert_with(|| body.to_owned());
        assert_eq!(*earlier, body, "tick {tick} was shown in two ways");
    }

    fn follow(&mut self, scrape: &Exposition) {
        for (series, value) in scrape.counters() {
            let value = micro(value);
            let before = self.counters.insert(series.to_owned(), value).unwrap_or(0);
            assert!(value >= before, "{series} fell from {before} to {value}");
        }
    }
}
