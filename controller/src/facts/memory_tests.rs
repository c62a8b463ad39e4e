//! Pages and the facts in them.

use std::time::Duration;

use super::memory::AgeLimits;
use super::memory::HostMemory;
use crate::facts::DelaySource;
use crate::facts::HostFacts;
use crate::facts::Quality;

const AT: Duration = Duration::from_secs(1000);

/// A page as an agent writes it, of a host with a sensor.
const MEASURED: &str = include_str!("../../../tests/golden/intel-two-sockets-dram.prom");
const OPENMETRICS: &str = include_str!("../../../tests/golden/intel-two-sockets-dram.openmetrics");
/// And of one without.
const ESTIMATED: &str = include_str!("../../../tests/golden/no-rapl-guest.prom");

fn facts(page: &str) -> HostFacts {
    let mut memory = HostMemory::default();
    memory.advance(AT, page).unwrap();
    memory.facts(AT, &AgeLimits::default())
}

#[test]
fn the_page_of_an_agent_is_understood() {
    for page in [MEASURED, OPENMETRICS] {
        let facts = facts(page);
        let power = facts.power_watts.value().unwrap();
        assert!((power - 114.692_069).abs() < 1e-6, "{power}");
        assert_eq!(facts.cpus.value(), Some(&8.0));
        assert_eq!(facts.memory_total_bytes.value(), Some(&68_719_476_736.0));
        assert_eq!(facts.power_quality.value(), Some(&Quality::Measured));
        assert_eq!(facts.power_model.state(), "missing");
        assert_eq!(facts.age, Some(Duration::ZERO));
    }
    let guest = facts(ESTIMATED);
    let model = guest.power_model.value().unwrap();
    assert_eq!((model.static_watts, model.full_load_watts), (6.0, 28.0));
    assert_eq!(guest.power_quality.value(), Some(&Quality::Estimated));
}

#[test]
fn facts_grow_old_each_by_its_own_limit() {
    let page = "wattle_host_power_watts{component=\"cpu\"} 50\nwattle_host_cpus 8\n\
                wattle_grid_carbon_intensity_grams_per_kilowatt_hour{zone=\"DE\",source=\"x\"} 300\n\
                wattle_grid_carbon_intensity_age_seconds{zone=\"DE\",source=\"x\"} 7000\n";
    let mut memory = HostMemory::default();
    let limits = AgeLimits::default();
    assert_eq!(memory.facts(AT, &limits), HostFacts::default());
    memory.advance(AT, page).unwrap();
    let states = |seconds| {
        let facts = memory.facts(AT + Duration::from_secs(seconds), &limits);
        [
            facts.power_watts.state(),
            facts.cpus.state(),
            facts.grams_per_kwh.state(),
        ]
    };
    assert_eq!(states(60), ["known", "known", "known"]);
    assert_eq!(states(61), ["stale", "known", "known"]);
    assert_eq!(states(201), ["stale", "known", "stale"]);
}

#[test]
fn what_cannot_be_is_a_contradiction() {
    let page = "wattle_power_model_watts{component=\"cpu\",socket=\"0\",term=\"static\"} 90\n\
                wattle_power_model_watts{component=\"cpu\",socket=\"0\",term=\"full_load\"} 40\n\
                wattle_host_memory_bytes{state=\"total\"} 10\nwattle_host_memory_bytes{state=\"available\"} 11\n\
                wattle_host_location_info{country=\"DE\"} 1\nwattle_host_location_info{country=\"SE\"} 1\n\
                wattle_host_latitude_degrees 91\nwattle_host_longitude_degrees 0\nwattle_host_cpus NaN\n\
                wattle_host_power_watts{component=\"cpu\"} -3\n";
    let facts = facts(page);
    for state in [
        facts.power_model.state(),
        facts.memory_available_bytes.state(),
        facts.country.state(),
        facts.position.state(),
        facts.cpus.state(),
        facts.power_watts.state(),
    ] {
        assert_eq!(state, "contradictory");
    }
}

#[test]
fn utilisation_is_between_two_pages_and_not_across_a_reboot() {
    let page = |busy: u32, idle: u32| {
        format!(
            "wattle_host_cpu_seconds_total{{mode=\"user\"}} {busy}\nwattle_host_cpu_seconds_total{{mode=\"idle\"}} {idle}\n\
             wattle_host_cpu_seconds_total{{mode=\"guest\"}} {busy}\n"
        )
    };
    let mut memory = HostMemory::default();
    let mut busy = |page: String| {
        memory.advance(AT, &page).unwrap();
        memory
            .facts(AT, &AgeLimits::default())
            .utilisation
            .value()
            .copied()
    };
    assert_eq!(busy(page(100, 1000)), None);
    assert_eq!(busy(page(101, 1003)), Some(0.25));
    assert_eq!(busy(page(1, 2)), None);
    assert_eq!(busy(page(2, 2)), Some(1.0));
}

fn histogram(name: &str, labels: &str, seconds: &str) -> String {
    format!(
        "{name}_bucket{{peer=\"b\",{labels},le=\"0.0001\"}} 0\n{name}_bucket{{peer=\"b\",{labels},le=\"{seconds}\"}} 100\n\
         {name}_bucket{{peer=\"b\",{labels},le=\"+Inf\"}} 100\n"
    )
}

#[test]
fn a_delay_is_one_way_only_where_the_clocks_are_known() {
    let oneway = [("to", "0.002"), ("from", "0.003")].map(|(way, seconds)| {
        histogram(
            "wattle_oneway_delay_seconds",
            &format!("direction=\"{way}\""),
            seconds,
        )
    });
    let round = histogram("wattle_rtt_seconds", "method=\"stamp\"", "0.006");
    let bound = "wattle_oneway_clock_bound_seconds{peer=\"b\"} 0.0005\n";
    let clock = |state: u8| {
        format!(
            "wattle_oneway_clock_state{{peer=\"b\",wattle_oneway_clock_state=\"synchronised\"}} {state}\n"
        )
    };
    let delay = |page: &str| facts(page).delays["b"].value().copied();
    let both = oneway.concat();
    let known = delay(&format!("{both}{round}{bound}{}", clock(1))).unwrap();
    assert_eq!((known.seconds, known.source), (0.0035, DelaySource::OneWay));
    for clocks in [clock(0), String::new()] {
        let unknown = delay(&format!("{both}{round}{bound}{clocks}")).unwrap();
        assert_eq!((unknown.seconds, unknown.source), (0.006, DelaySource::RoundTrip));
    }
    assert_eq!(delay(&format!("{both}{bound}{}", clock(0))), None);
    assert_eq!(delay(&format!("{}{bound}{}", oneway[0], clock(1))), None);
}

#[test]
fn a_page_that_cannot_be_read_leaves_the_facts_as_they_were() {
    let mut memory = HostMemory::default();
    memory.advance(AT, "wattle_host_cpus 8\n").unwrap();
    let later = AT + Duration::from_secs(5);
    assert!(
        memory
            .advance(later, "wattle_host_cpus 9\nwattle_host_power_watts{\n")
            .is_err()
    );
    let facts = memory.facts(later, &AgeLimits::default());
    assert_eq!(
        (facts.cpus.value(), facts.age),
        (Some(&8.0), Some(Duration::from_secs(5)))
    );
    let peers: String = (0..20_000)
        .map(|peer| format!("wattle_oneway_clock_bound_seconds{{peer=\"p{peer}\"}} 1\n"))
        .collect();
    assert!(
        memory
            .advance(later, &peers)
            .unwrap_err()
            .to_string()
            .contains("more than 4096 peers")
    );
}
