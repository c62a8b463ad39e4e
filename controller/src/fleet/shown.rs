//! The board as metrics: how many hosts stand how, how old their facts are, and in which state each fact is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::EncodeMetric;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::board::Board;
use super::board::Picture;
use crate::facts::Delay;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::placement::Standing;

/// Shows the board as it is when somebody looks.
#[derive(Debug)]
pub(super) struct Shown(pub(super) Arc<Board>);

type Labels = Vec<(&'static str, &'static str)>;
type Values = BTreeMap<Labels, f64>;

/// Name, meaning, unit, where the values come from.
type Family = (
    &'static str,
    &'static str,
    Option<&'static str>,
    fn(&Picture) -> Values,
);

const FAMILIES: [Family; 5] = [
    (
        "fleet_hosts",
        "Hosts that are known, by whether they take new machines",
        None,
        standings,
    ),
    (
        "fleet_targets",
        "Who is asked for facts, and whether they answered the last time",
        None,
        targets,
    ),
    (
        "fleet_facts",
        "Facts of all hosts, by their state: only known ones count for a decision",
        None,
        states,
    ),
    (
        "fleet_facts_age",
        "How old the latest facts of hosts are, by who tells them",
        Some("seconds"),
        ages,
    ),
    (
        "fleet_model_error",
        "What hosts draw, less what their learnt power says for their utilisation",
        Some("watts"),
        model_errors,
    ),
];

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let picture = self.0.picture();
        for (name, help, unit, collect) in FAMILIES {
            let unit = unit.map(|unit| match unit {
                "seconds" => Unit::Seconds,
                other => Unit::Other(other.to_owned()),
            });
            let mut family = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
            for (labels, value) in collect(&picture) {
                ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

const STANDINGS: [Standing; 4] = [
    Standing::Ready,
    Standing::Draining,
    Standing::Maintenance,
    Standing::Silent,
];

fn standings(picture: &Picture) -> Values {
    let count = |standing| {
        picture
            .hosts
            .values()
            .filter(|host| host.standing == standing)
            .count() as f64
    };
    let counts = STANDINGS.map(|standing| (vec![("standing", standing.as_str())], count(standing)));
    counts.into()
}

fn targets(picture: &Picture) -> Values {
    let mut counts = Values::new();
    for report in picture.reports.values() {
        let state = if report.error.is_some() {
            "failing"
        } else {
            "answering"
        };
        let labels = vec![("source", report.source.as_str()), ("state", state)];
        *counts.entry(labels).or_default() += 1.0;
    }
    counts
}

fn states(picture: &Picture) -> Values {
    let mut counts = Values::new();
    for host in picture.hosts.values() {
        for (fact, state) in facts(&host.facts) {
            *counts.entry(vec![("fact", fact), ("state", state)]).or_default() += 1.0;
        }
    }
    counts
}

fn facts(facts: &HostFacts) -> [(&'static str, &'static str); 10] {
    [
        ("power_model", facts.power_model.state()),
        ("power", facts.power_watts.state()),
        ("power_quality", facts.power_quality.state()),
        ("cpus", facts.cpus.state()),
        ("utilisation", facts.utilisation.state()),
        ("memory", facts.memory_total_bytes.state()),
        ("carbon_intensity", facts.grams_per_kwh.state()),
        ("country", facts.country.state()),
        ("position", facts.position.state()),
        ("delays", worst(facts.delays.values())),
    ]
}

/// The state of all delays of a host together: known if any is.
fn worst<'d>(delays: impl Iterator<Item = &'d Fact<Delay>>) -> &'static str {
    let known = delays.map(Fact::state).max_by_key(|state| *state == "known");
    known.unwrap_or("missing")
}

fn ages(picture: &Picture) -> Values {
    let mut ages: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    for report in picture.reports.values() {
        let age = report.age.map(|age| age.as_secs_f64());
        ages.entry(report.source.as_str()).or_default().extend(age);
    }
    let all = ages.into_iter().flat_map(|(source, ages)| {
        let spread = spread(ages).into_iter();
        spread.map(move |(statistic, age)| (vec![("source", source), statistic], age))
    });
    all.collect()
}

fn model_errors(picture: &Picture) -> Values {
    let errors = picture.hosts.values().filter_map(|host| {
        let facts = &host.facts;
        let (model, busy) = (facts.power_model.value()?, facts.utilisation.value()?);
        let said = model.static_watts + (model.full_load_watts - model.static_watts) * busy;
        Some(facts.power_watts.value()? - said)
    });
    let spread = spread(errors.collect()).into_iter();
    spread
        .map(|(statistic, error)| (vec![statistic], error))
        .collect()
}

/// Three figures for any number of them: the number of series does not grow with the fleet.
fn spread(mut values: Vec<f64>) -> Vec<((&'static str, &'static str), f64)> {
    values.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (values.first(), values.last()) else {
        return Vec::new();
    };
    let named = [
        ("least", *least),
        ("median", values[values.len() / 2]),
        ("most", *most),
    ];
    named
        .map(|(statistic, value)| (("statistic", statistic), value))
        .to_vec()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;
    use crate::facts::PowerModel;
    use crate::fleet::Report;
    use crate::fleet::Source;
    use crate::schedule::KnownHost;

    #[test]
    fn the_board_is_shown_in_as_many_series_whatever_the_number_of_hosts() {
        let board = Arc::new(Board::default());
        let text = |board: &Arc<Board>| {
            let mut registry = Registry::with_prefix("c");
            registry.register_collector(Box::new(Shown(Arc::clone(board))));
            let mut text = String::new();
            encode(&mut text, &registry).unwrap();
            text
        };
        let empty = text(&board);
        assert!(empty.contains("c_fleet_hosts{standing=\"silent\"} 0"), "{empty}");
        let fill = |count: u64| {
            let host = |number: u64| {
                let model = PowerModel {
                    static_watts: 100.0,
                    full_load_watts: 300.0,
                };
                let facts = HostFacts {
                    power_model: Fact::now(model),
                    power_watts: Fact::now(201.0 + number as f64),
                    utilisation: Fact::now(0.5),
                    country: Fact::Contradictory(String::new()),
                    ..HostFacts::default()
                };
                KnownHost {
                    facts: Arc::new(facts),
                    ..KnownHost::default()
                }
            };
            let report = |number: u64| Report {
                source: Source::Agent,
                target: String::new(),
                age: Some(Duration::from_secs(number)),
                error: (number == 1).then(String::new),
                failures: 0,
            };
            let hosts = (0..count).map(|number| (number.to_string(), host(number)));
            let reports = (0..count).map(|number| (number.to_string(), report(number)));
            board.publish_with(hosts.collect(), reports.collect());
            text(&board)
        };
        let three = fill(3);
        for line in [
            "c_fleet_hosts{standing=\"ready\"} 3",
            "c_fleet_targets{source=\"agent\",state=\"failing\"} 1",
            "c_fleet_facts{fact=\"country\",state=\"contradictory\"} 3",
            "c_fleet_facts{fact=\"delays\",state=\"missing\"} 3",
            "c_fleet_facts_age_seconds{source=\"agent\",statistic=\"most\"} 2",
            "c_fleet_model_error_watts{statistic=\"median\"} 2",
        ] {
            assert!(three.contains(line), "{line} is not in\n{three}");
        }
        assert_eq!(fill(500).lines().count(), three.lines().count());
    }
}
