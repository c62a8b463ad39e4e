//! The protobuf exposition against the text of the same snapshot.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::LabelPair;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::Metric;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricFamily;
use prost::Message;
use wattle_agent::exposition::Format;
use wattle_tests::fakehost::Spec;

use super::captured::HOSTS;
use super::captured::watched;
use crate::harness::Agent;
use crate::harness::Scrape;
use crate::harness::Simulated;

/// A sample's name and labels, with its value.
type Samples = BTreeMap<(String, Vec<(String, String)>), f64>;

fn decode(body: &[u8]) -> Vec<MetricFamily> {
    let mut rest = body;
    let mut families = Vec::new();
    while !rest.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut rest).unwrap());
    }
    families
}

fn families(agent: &Agent) -> Vec<MetricFamily> {
    decode(&agent.body(Format::Protobuf))
}

fn from_protobuf(families: &[MetricFamily]) -> Samples {
    let mut samples = Samples::new();
    for family in families {
        for metric in &family.metric {
            add(&mut samples, &family.name, metric);
        }
    }
    samples
}

fn add(samples: &mut Samples, name: &str, metric: &Metric) {
    let labels = |more: Option<(&str, String)>| {
        let own = metric.label.iter().map(pair);
        let mut all: Vec<_> = own
            .chain(more.map(|(name, value)| (name.to_owned(), value)))
            .collect();
        all.sort();
        all
    };
    let mut put = |name: String, labels, value| assert_eq!(samples.insert((name, labels), value), None);
    if let Some(counter) = &metric.counter {
        put(name.to_owned(), labels(None), counter.value);
    }
    if let Some(gauge) = &metric.gauge {
        put(name.to_owned(), labels(None), gauge.value);
    }
    if let Some(histogram) = &metric.histogram {
        put(format!("{name}_sum"), labels(None), histogram.sample_sum);
        put(
            format!("{name}_count"),
            labels(None),
            whole(histogram.sample_count),
        );
        for bucket in &histogram.bucket {
            let bound = labels(Some(("le", bucket.upper_bound.to_string())));
            put(format!("{name}_bucket"), bound, whole(bucket.cumulative_count));
        }
    }
}

fn pair(label: &LabelPair) -> (String, String) {
    (label.name.clone(), label.value.clone())
}

#[expect(clippy::cast_precision_loss, reason = "counts of a test's few ticks")]
fn whole(count: u64) -> f64 {
    count as f64
}

fn from_text(agent: &Agent) -> Samples {
    let scrape = Scrape::parse(&agent.text(Format::Text));
    let samples = scrape.samples().map(|(_, sample)| {
        let bound = |(name, value): (&String, &String)| {
            // Bounds are numbers, which the formats write each in its own way.
            let number = value.replace("+Inf", "inf").parse::<f64>();
            let value = number
                .ok()
                .filter(|_| name == "le")
                .map_or(value.clone(), |number| number.to_string());
            (name.clone(), value)
        };
        let labels = sample.labels.iter().map(bound).collect();
        ((sample.name.clone(), labels), sample.value.parse().unwrap())
    });
    samples.collect()
}

#[test]
fn protobuf_says_what_the_text_says() {
    for host in HOSTS {
        let agent = watched(host);
        let (text, protobuf) = (from_text(&agent), from_protobuf(&families(&agent)));
        for (series, value) in &text {
            assert_eq!(protobuf.get(series), Some(value), "{host}: {series:?}");
        }
        for series in protobuf.keys() {
            assert!(text.contains_key(series), "{host}: {series:?} is in no text");
        }
    }
}

#[test]
fn counters_of_workloads_say_when_they_began() {
    for host in HOSTS {
        let mut stamped = 0;
        for family in families(&watched(host)) {
            let of_workloads = family.name.starts_with("wattle_workload_");
            for metric in &family.metric {
                let Some(counter) = &metric.counter else { continue };
                assert_eq!(counter.start_timestamp.is_some(), of_workloads, "{}", family.name);
                stamped += usize::from(of_workloads);
            }
        }
        assert!(stamped > 10, "{host}: {stamped}");
    }
}

/// When the CPU time of each workload began, in seconds since 1970.
fn starts(agent: &Agent) -> BTreeSet<i64> {
    families(agent)
        .iter()
        .filter(|family| family.name == "wattle_workload_cpu_seconds_total")
        .flat_map(|family| &family.metric)
        .filter_map(|metric| Some(metric.counter.as_ref()?.start_timestamp.as_ref()?.seconds))
        .collect()
}

#[test]
fn what_is_new_began_at_the_tick_before_its_first_and_keeps_that_over_a_restart() {
    let mut sim = Simulated::new(Spec::default());
    sim.tick();
    let start = 1_790_003_600;
    assert_eq!(starts(&sim), BTreeSet::from([start]));
    sim.seconds(3);
    sim.fault("start newcomer");
    sim.seconds(2);
    assert_eq!(starts(&sim), BTreeSet::from([start, start + 3]));
    sim.kill();
    sim.start();
    sim.seconds(5);
    assert_eq!(starts(&sim), BTreeSet::from([start, start + 3]));
}
