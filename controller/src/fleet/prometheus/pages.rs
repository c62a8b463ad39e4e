//! Series of all hosts become one page for each host, as its agent would write it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::query::Series;

/// Labels that Prometheus adds, and the family's name.
const ADDED: [&str; 3] = ["__name__", "instance", "job"];

/// What is known of one host.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
    /// How old it is, by Prometheus' clock.
    pub(super) age: f64,
    /// When it was scraped, by the same clock.
    pub(super) scraped: f64,
    /// What Prometheus says of the target besides what the agent says.
    pub(super) labels: BTreeMap<String, String>,
    /// Which target it is.
    pub(super) target: String,
    /// Another target that tells of the same host.
    pub(super) rival: Option<String>,
}

/// Pages by the value of the label that tells hosts apart.
#[derive(Debug)]
pub(super) struct Pages {
    host_label: String,
    pages: BTreeMap<String, Page>,
}

impl Pages {
    /// Begins with the time stamps of a family that every agent has, once.
    pub(super) fn begin(host_label: &str, stamps: Vec<Series>) -> Self {
        let mut pages = Self {
            host_label: host_label.to_owned(),
            pages: BTreeMap::new(),
        };
        for series in stamps {
            pages.stamp(series);
        }
        pages
    }

    fn stamp(&mut self, mut series: Series) {
        let Some(host) = series.metric.remove(&self.host_label) else {
            return;
        };
        let label = |name| series.metric.get(name).map_or("", String::as_str);
        let instance = if self.host_label == "instance" {
            &host
        } else {
            label("instance")
        };
        let target = format!("{} of job {}", instance, label("job"));
        if let Some(known) = self.pages.get_mut(&host) {
            known.rival = Some(target);
            return;
        }
        let scraped: f64 = series.value.1.parse().unwrap_or_default();
        let page = Page {
            text: String::new(),
            age: (series.value.0 - scraped).max(0.0),
            scraped,
            target,
            labels: series.metric,
            rival: None,
        };
        self.pages.insert(host, page);
    }

    /// Adds one family.
    pub(super) fn add(&mut self, family: &str, series: Vec<Series>) {
        for series in series {
            let host = series.metric.get(&self.host_label);
            let Some(page) = host.and_then(|host| self.pages.get_mut(host)) else {
                continue;
            };
            let own = |name: &str| name != self.host_label && !ADDED.contains(&name);
            let labels = series.metric.iter().filter(|(name, _)| own(name));
            page.text.push_str(family);
            page.text.push('{');
            for (name, value) in labels {
                // Writing to a string does not fail.
                let _ = write!(page.text, "{name}=\"{}\",", quoted(value));
            }
            page.text.push_str("} ");
            page.text.push_str(&series.value.1);
            page.text.push('\n');
        }
    }

    pub(super) fn finish(self) -> BTreeMap<String, Page> {
        self.pages
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::AgeLimits;
    use crate::facts::HostMemory;
    use std::time::Duration;

    fn series(labels: &[(&str, &str)], at: f64, value: &str) -> Series {
        let labels = labels.iter();
        Series {
            metric: labels
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            value: (at, value.to_owned()),
        }
    }

    #[test]
    fn each_host_gets_the_page_that_its_agent_wrote() {
        let stamps = vec![
            series(&[("instance", "a:1"), ("job", "w"), ("site", "s")], 100.0, "95.5"),
            series(&[("instance", "b:1"), ("job", "w")], 100.0, "100.2"),
            series(&[("instance", "b:1"), ("job", "x")], 100.0, "99"),
            series(&[("job", "w")], 100.0, "99"),
        ];
        let mut pages = Pages::begin("instance", stamps);
        let labels = [
            ("__name__", "wattle_host_location_info"),
            ("instance", "a:1"),
            ("job", "w"),
            ("site", "q\"\\\n"),
        ];
        pages.add("wattle_host_location_info", vec![series(&labels, 100.0, "1")]);
        pages.add(
            "wattle_host_cpus",
            vec![
                series(&[("instance", "a:1")], 100.0, "8"),
                series(&[("instance", "c:1")], 100.0, "9"),
            ],
        );
        let pages = pages.finish();
        let a = &pages["a:1"];
        assert_eq!((a.age, a.target.as_str(), &a.rival), (4.5, "a:1 of job w", &None));
        assert_eq!(a.labels["site"], "s");
        assert_eq!(
            a.text,
            "wattle_host_location_info{site=\"q\\\"\\\\\\n\",} 1\nwattle_host_cpus{} 8\n"
        );
        let mut memory = HostMemory::default();
        memory.advance(Duration::ZERO, &a.text).unwrap();
        let facts = memory.facts(Duration::ZERO, &AgeLimits::default());
        assert_eq!(facts.site.value().unwrap(), "q\"\\\n");
        assert_eq!(facts.cpus.value(), Some(&8.0));
        let b = &pages["b:1"];
        assert_eq!((b.age, b.rival.as_deref()), (0.0, Some("b:1 of job x")));
        assert_eq!(pages.len(), 2);
    }
}
