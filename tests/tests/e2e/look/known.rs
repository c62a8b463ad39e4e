//! What an expression may name: the families that `generate metrics` prints, what rules record, and what Prometheus adds.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use wattle_agent::exposition::FAMILIES;

use super::files;
use super::promql;

/// The agent's families are checked here, the controller's by asking a real one.
pub(super) const CONTROLLER: &str = "wattle_controller_";

const OF_PROMETHEUS: [&str; 3] = ["up", "scrape_duration_seconds", "scrape_samples_scraped"];
const OF_TARGETS: [&str; 2] = ["job", "instance"];
/// The labels of the controller by which something is chosen or grouped.
const OF_CONTROLLER: [&str; 12] = [
    "fact",
    "outcome",
    "policy",
    "route",
    "rule",
    "source",
    "standing",
    "state",
    "statistic",
    "status",
    "version",
    "what",
];

/// Series by name with the labels that they can have.
#[derive(Debug)]
pub(super) struct Known {
    series: BTreeMap<String, BTreeSet<String>>,
    labels: BTreeSet<String>,
}

impl Known {
    pub(super) fn new() -> Self {
        let mut known = Self {
            series: BTreeMap::new(),
            labels: OF_TARGETS.map(str::to_owned).into(),
        };
        known.labels.extend(OF_CONTROLLER.map(str::to_owned));
        for family in FAMILIES {
            let labels: BTreeSet<String> = family.labels.iter().map(|label| (*label).to_owned()).collect();
            known.labels.extend(labels.clone());
            if family.kind.as_str() == "histogram" {
                known.labels.insert("le".to_owned());
                for part in ["_bucket", "_sum", "_count"] {
                    let mut labels = labels.clone();
                    labels.extend((part == "_bucket").then(|| "le".to_owned()));
                    known.series.insert(format!("{}{part}", family.name), labels);
                }
            }
            known.series.insert(family.name.to_owned(), labels);
        }
        for name in OF_PROMETHEUS {
            known.series.insert(name.to_owned(), BTreeSet::new());
        }
        let recorded = files::rules(&files::rule_files());
        for rule in recorded.iter().filter(|rule| !rule.is_alert) {
            known.series.insert(rule.name.clone(), known.labels.clone());
        }
        known
    }

    /// What is wrong with the names in an expression; empty if nothing is. `foreign` are series of others, with any labels.
    pub(super) fn mistakes(&self, expr: &str, foreign: &[&str]) -> Vec<String> {
        let names = promql::names(expr);
        let mut mistakes = Vec::new();
        for (name, labels) in &names.series {
            if foreign.contains(&name.as_str()) {
                continue;
            }
            let of_series = match self.series.get(name) {
                Some(labels) => labels,
                None if name.starts_with(CONTROLLER) => &self.labels,
                None => {
                    mistakes.push(format!("no series {name:?}"));
                    continue;
                }
            };
            let wrong = labels
                .iter()
                .filter(|label| !of_series.contains(*label) && !OF_TARGETS.contains(&label.as_str()));
            mistakes.extend(wrong.map(|label| format!("{name} has no label {label:?}")));
        }
        let made = |label: &&String| !self.labels.contains(*label) && !names.quoted.contains(*label);
        let wrong = names.labels.iter().filter(made);
        mistakes.extend(wrong.map(|label| format!("nothing has the label {label:?}")));
        mistakes
    }
}

#[test]
fn a_misspelt_series_or_label_is_found() {
    let known = Known::new();
    for (expr, told) in [
        ("rate(wattle_host_energy_joules_total[5m])", None),
        ("wattle_host_energy_joule_total", Some("no series")),
        ("wattle_host_power_watts{zone=\"x\"}", Some("no label \"zone\"")),
        ("wattle_rtt_seconds_bucket{le=\"1\", peer=\"x\", job=\"y\"}", None),
        ("wattle_rtt_seconds_sum{le=\"1\"}", Some("no label \"le\"")),
        ("sum by (sight) (up)", Some("\"sight\"")),
        ("count_values by (job) (\"made\", up) * on (made) up", None),
        ("sum without (instanze) (up)", Some("\"instanze\"")),
        ("up * on (job) group_left (site, sites) up", Some("\"sites\"")),
        ("instance:wattle_host_power_wats:rate5m", Some("no series")),
    ] {
        let mistakes = known.mistakes(expr, &[]);
        match told {
            None => assert!(mistakes.is_empty(), "{mistakes:?}"),
            Some(told) => assert!(
                mistakes.len() == 1 && mistakes[0].contains(told),
                "{expr}: {mistakes:?}"
            ),
        }
    }
}
