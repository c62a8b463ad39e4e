//! Everybody who is asked, and what is remembered of them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::names::host_of;
use super::report::Report;
use super::report::Reports;
use super::report::Source;
use crate::config;
use crate::facts::AgeLimits;
use crate::facts::HostMemory;
use crate::facts::Reading;
use crate::placement::Standing;
use crate::schedule::KnownHost;
use crate::schedule::KnownHosts;

/// The longest text of an error that is kept, in bytes.
const MAX_ERROR: usize = 300;

/// Who is asked for a host, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Witness {
    pub(super) source: Source,
    /// Its address, or what Prometheus calls it.
    pub(super) target: String,
    /// What else is said of it there.
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Member {
    witness: Witness,
    memory: HostMemory,
    /// Since when it is asked.
    since: Duration,
    error: Option<String>,
    failures: u32,
}

/// Everybody who is asked, by name. It knows no clock: times are counted from any fixed moment.
#[derive(Debug)]
pub(super) struct Roll {
    members: BTreeMap<String, Member>,
    hosts: BTreeMap<String, config::Host>,
    limits: AgeLimits,
    silent_after: Duration,
}

impl Roll {
    pub(super) fn new(settings: &config::Fleet) -> Self {
        Self {
            members: BTreeMap::new(),
            hosts: settings.hosts.clone(),
            limits: AgeLimits {
                live: settings.ages.live.0,
                carbon: settings.ages.carbon.0,
                lasting: settings.ages.lasting.0,
            },
            silent_after: settings.silent_after.0,
        }
    }

    /// Adds somebody, or says where they are asked from now on. What is remembered of them stays.
    pub(super) fn add(&mut self, name: &str, witness: Witness, now: Duration) {
        match self.members.get_mut(name) {
            Some(member) => member.witness = witness,
            None => {
                let member = Member {
                    witness,
                    memory: HostMemory::default(),
                    since: now,
                    error: None,
                    failures: 0,
                };
                self.members.insert(name.to_owned(), member);
            }
        }
    }

    /// Forgets everybody else.
    pub(super) fn keep(&mut self, names: &BTreeSet<String>) {
        self.members.retain(|name, _| names.contains(name));
    }

    /// Forgets who has not been heard for so long.
    pub(super) fn forget(&mut self, after: Duration, now: Duration) {
        self.members
            .retain(|_, member| now.saturating_sub(member.heard()) < after);
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// Somebody has answered.
    pub(super) fn heard(&mut self, name: &str, at: Duration, reading: Reading) {
        if let Some(member) = self.members.get_mut(name) {
            member.memory.take_in(at, reading);
            member.error = None;
            member.failures = 0;
        }
    }

    /// Somebody has not. What they said before grows older.
    pub(super) fn failed(&mut self, name: &str, error: &str) {
        if let Some(member) = self.members.get_mut(name) {
            member.error = Some(error.chars().take(MAX_ERROR).collect());
            member.failures = member.failures.saturating_add(1);
        }
    }

    /// Everything as it stands at `now`.
    pub(super) fn picture(&self, now: Duration) -> (KnownHosts, Reports) {
        let mut hosts = KnownHosts::with_capacity(self.members.len());
        let mut reports = Reports::new();
        for (name, member) in &self.members {
            hosts.insert(name.clone(), self.known(name, member, now));
            reports.insert(name.clone(), member.report(now));
        }
        // Of whom nobody tells, there is still what the operator says.
        for (name, written) in &self.hosts {
            if !hosts.contains_key(name) {
                let known = KnownHost {
                    aliases: written.aliases.clone(),
                    site: written.site.clone(),
                    power_limit_watts: written.power_limit_watts,
                    ..KnownHost::default()
                };
                hosts.insert(name.clone(), known);
            }
        }
        (hosts, reports)
    }

    fn known(&self, name: &str, member: &Member, now: Duration) -> KnownHost {
        let written = self.hosts.get(name);
        let facts = member.memory.facts(now, &self.limits);
        let label = |key: &str| member.witness.labels.get(key).filter(|value| !value.is_empty());
        let site = written.and_then(|host| host.site.as_ref()).or(label("site"));
        let site = site.or(facts.site.value()).cloned();
        let limit = written.and_then(|host| host.power_limit_watts);
        let limit = limit.or_else(|| label("power_limit_watts")?.parse().ok());
        let quiet = now.saturating_sub(member.heard());
        KnownHost {
            aliases: aliases(name, member, written),
            site,
            power_limit_watts: limit.filter(|watts| watts.is_finite() && *watts > 0.0),
            standing: if quiet > self.silent_after {
                Standing::Silent
            } else {
                Standing::Ready
            },
            facts: Arc::new(facts),
        }
    }
}

impl Member {
    /// When it was heard last; at first, since when it is asked.
    fn heard(&self) -> Duration {
        self.memory.latest().unwrap_or(self.since)
    }

    fn report(&self, now: Duration) -> Report {
        Report {
            source: self.witness.source,
            target: self.witness.target.clone(),
            age: self.memory.latest().map(|at| now.saturating_sub(at)),
            error: self.error.clone(),
            failures: self.failures,
        }
    }
}

fn aliases(name: &str, member: &Member, written: Option<&config::Host>) -> Vec<String> {
    let written = written.map(|host| host.aliases.as_slice()).unwrap_or_default();
    let label = member.witness.labels.get("aliases").map_or("", String::as_str);
    let labels = label.split(',').map(str::trim).filter(|alias| !alias.is_empty());
    let address = host_of(&member.witness.target);
    let all = written.iter().map(String::as_str).chain(labels).chain([address]);
    let mut seen = BTreeSet::from([name]);
    all.filter(|alias| seen.insert(alias))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Duration = Duration::from_secs(1000);

    fn witness(labels: &[(&str, &str)]) -> Witness {
        let labels = labels.iter();
        Witness {
            source: Source::Agent,
            target: "10.0.0.1:8080".to_owned(),
            labels: labels
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn reading() -> Reading {
        Reading::of("wattle_host_cpus 8\nwattle_host_location_info{site=\"hall\"} 1\n").unwrap()
    }

    #[test]
    fn facts_grow_old_while_rounds_fail_and_then_the_host_is_silent() {
        let mut roll = Roll::new(&config::Fleet::default());
        roll.add("h", witness(&[]), AT);
        let look = |roll: &Roll, seconds| {
            let (hosts, reports) = roll.picture(AT + Duration::from_secs(seconds));
            let age = reports["h"].age.map(|age| age.as_secs());
            (hosts["h"].standing, age, reports["h"].failures)
        };
        assert_eq!(
            look(&roll, 60),
            (Standing::Ready, None, 0),
            "it has time to answer"
        );
        assert_eq!(look(&roll, 61), (Standing::Silent, None, 0));
        roll.heard("h", AT + Duration::from_secs(70), reading());
        assert_eq!(look(&roll, 80), (Standing::Ready, Some(10), 0));
        roll.failed("h", "no answer");
        roll.failed("h", &"x".repeat(10_000));
        assert_eq!(look(&roll, 130), (Standing::Ready, Some(60), 2));
        assert_eq!(look(&roll, 131), (Standing::Silent, Some(61), 2));
        let (_, reports) = roll.picture(AT);
        assert_eq!(reports["h"].error.as_ref().unwrap().len(), MAX_ERROR);
        roll.heard("h", AT + Duration::from_secs(200), reading());
        assert_eq!(look(&roll, 200), (Standing::Ready, Some(0), 0));
    }

    #[test]
    fn the_operator_is_believed_before_labels_and_labels_before_the_agent() {
        let mut settings = config::Fleet::default();
        let mut known = |written: config::Host, labels: &[(&str, &str)]| {
            settings.hosts.insert("h".to_owned(), written);
            let mut roll = Roll::new(&settings);
            roll.add("h", witness(labels), AT);
            roll.heard("h", AT, reading());
            roll.picture(AT).0.remove("h").unwrap()
        };
        let host = known(config::Host::default(), &[]);
        assert_eq!(
            (host.site.as_deref(), host.power_limit_watts),
            (Some("hall"), None)
        );
        let labels = [
            ("site", "lab"),
            ("power_limit_watts", "500"),
            ("aliases", "a, b,,h"),
        ];
        let host = known(config::Host::default(), &labels);
        assert_eq!(
            (host.site.as_deref(), host.power_limit_watts),
            (Some("lab"), Some(500.0))
        );
        assert_eq!(host.aliases, ["a", "b", "10.0.0.1"]);
        let written = config::Host {
            site: Some("ber1".to_owned()),
            power_limit_watts: Some(300.0),
            aliases: vec!["b".to_owned()],
            ..config::Host::default()
        };
        let host = known(written, &labels);
        assert_eq!(
            (host.site.as_deref(), host.power_limit_watts),
            (Some("ber1"), Some(300.0))
        );
        assert_eq!(host.aliases, ["b", "a", "10.0.0.1"]);
    }

    #[test]
    fn who_is_not_asked_any_more_is_forgotten_and_what_is_written_of_them_stays() {
        let mut settings = config::Fleet::default();
        settings.hosts.insert(
            "written".to_owned(),
            config::Host {
                site: Some("ber1".to_owned()),
                ..config::Host::default()
            },
        );
        let mut roll = Roll::new(&settings);
        for name in ["a", "b", "c"] {
            roll.add(name, witness(&[]), AT);
        }
        roll.heard("b", AT + Duration::from_secs(3000), reading());
        roll.keep(&BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        roll.forget(Duration::from_secs(3600), AT + Duration::from_secs(3700));
        let (hosts, reports) = roll.picture(AT);
        assert_eq!(reports.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(hosts["written"].site.as_deref(), Some("ber1"));
        assert_eq!(hosts["written"].standing, Standing::Ready);
    }
}
