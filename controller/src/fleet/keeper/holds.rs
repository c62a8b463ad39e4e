//! Which hosts are offered to nobody, and why.

use std::collections::BTreeMap;
use std::time::Duration;

use super::mark::Mark;
use super::mark::Why;
use crate::config;
use crate::fleet::board::Picture;
use crate::fleet::standing::Wanted;
use crate::placement::Standing;

/// Decides which hosts are hidden. It knows no clock.
#[derive(Debug)]
pub(super) struct Holds {
    /// Since when it is decided here. Who is not known to anybody has so long to turn up.
    since: Duration,
    grace: Duration,
    most_silent: f64,
    /// More are silent than can be.
    suspicious: bool,
}

impl Holds {
    pub(super) fn new(settings: &config::Fleet, now: Duration) -> Self {
        Self {
            since: now,
            grace: settings.silent_after.0,
            most_silent: settings.providers.most_silent,
            suspicious: false,
        }
    }

    /// The hosts to be hidden.
    pub(super) fn decide(
        &mut self,
        picture: &Picture,
        marks: &BTreeMap<String, Mark>,
        now: Duration,
    ) -> BTreeMap<String, Why> {
        let mut holds: BTreeMap<String, Why> = picture
            .orders
            .iter()
            .map(|(name, order)| (name.clone(), of_order(order.standing)))
            .collect();
        let settled = now.saturating_sub(self.since) > self.grace;
        let unknown = |name: &&String| settled && !picture.reports.contains_key(*name);
        for (name, mark) in marks {
            if mark.own && unknown(&name) {
                holds.entry(name.clone()).or_insert(Why::Gone);
            }
        }
        let silent = picture
            .hosts
            .iter()
            .filter(|(_, known)| known.standing == Standing::Silent);
        let silent: Vec<&String> = silent.map(|(name, _)| name).collect();
        let too_many = self.too_many(silent.len(), picture.reports.len());
        for name in silent {
            let held = marks.get(name).and_then(|mark| mark.held.as_ref());
            if held.is_some() || !too_many {
                holds.entry(name.clone()).or_insert(Why::Silent);
            }
        }
        // Until everybody has had the time to turn up, who was hidden stays so.
        for (name, mark) in marks.iter().filter(|_| !settled) {
            let heard = picture
                .hosts
                .get(name)
                .is_some_and(|known| known.facts.age.is_some());
            let held = mark.held.as_ref().filter(|_| !heard);
            if let Some(held) = held.filter(|held| matches!(held.why, Why::Silent | Why::Gone)) {
                holds.entry(name.clone()).or_insert(held.why);
            }
        }
        holds
    }

    /// When nearly everybody is silent at once the cause is rather here. One may always be.
    fn too_many(&mut self, silent: usize, all: usize) -> bool {
        let too_many = silent > 1 && silent as f64 > all as f64 * self.most_silent;
        if too_many && !self.suspicious {
            tracing::error!(
                silent,
                all,
                "so many hosts are silent that the cause is rather on this side: no more of them are reserved for that"
            );
        }
        self.suspicious = too_many;
        too_many
    }
}

fn of_order(wanted: Wanted) -> Why {
    match wanted {
        Wanted::Draining => Why::Draining,
        Wanted::Maintenance => Why::Maintenance,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::facts::HostFacts;
    use crate::fleet::Report;
    use crate::fleet::Source;
    use crate::fleet::keeper::mark::Held;
    use crate::fleet::standing::Order;
    use crate::inventory::Uuid;
    use crate::schedule::KnownHost;

    const START: Duration = Duration::from_secs(1000);
    const LATER: Duration = Duration::from_secs(2000);

    fn host(standing: Standing, heard: bool) -> KnownHost {
        let facts = HostFacts {
            age: heard.then_some(Duration::ZERO),
            ..HostFacts::default()
        };
        KnownHost {
            standing,
            facts: Arc::new(facts),
            ..KnownHost::default()
        }
    }

    fn picture(silent: usize, ready: usize) -> Picture {
        let names = |count: usize, letter: char| (0..count).map(move |number| format!("{letter}{number}"));
        let silent = names(silent, 's').map(|name| (name, host(Standing::Silent, true)));
        let ready = names(ready, 'r').map(|name| (name, host(Standing::Ready, true)));
        let hosts: crate::schedule::KnownHosts = silent.chain(ready).collect();
        let report = |name: &String| {
            let report = Report {
                source: Source::Agent,
                target: String::new(),
                age: None,
                error: None,
                failures: 0,
            };
            (name.clone(), report)
        };
        Picture {
            reports: Arc::new(hosts.keys().map(report).collect()),
            hosts: Arc::new(hosts),
            orders: Arc::default(),
        }
    }

    fn mark(held: Option<Why>) -> Mark {
        let held = held.map(|why| Held {
            why,
            reserved: BTreeMap::new(),
            said: true,
        });
        Mark {
            held,
            ..Mark::new(Uuid::from_bits(1), true)
        }
    }

    fn holds() -> Holds {
        Holds::new(&config::Fleet::default(), START)
    }

    #[test]
    fn orders_come_first_and_silence_after_them() {
        let mut picture = picture(2, 3);
        let order = Order {
            standing: Wanted::Maintenance,
            since: 0,
            reason: None,
            by: None,
        };
        picture.orders = Arc::new(BTreeMap::from([
            ("s0".to_owned(), order.clone()),
            ("r0".to_owned(), order),
        ]));
        let decided = holds().decide(&picture, &BTreeMap::new(), LATER);
        let expected = [
            ("r0", Why::Maintenance),
            ("s0", Why::Maintenance),
            ("s1", Why::Silent),
        ];
        assert_eq!(decided, expected.map(|(name, why)| (name.to_owned(), why)).into());
    }

    #[test]
    fn when_nearly_all_are_silent_nobody_more_is_hidden() {
        for (silent, ready, marked, expected) in [
            (1, 0, 0, 1),
            (2, 2, 0, 2),
            (3, 2, 0, 0),
            (3, 2, 2, 2),
            (100, 0, 0, 0),
        ] {
            let marks = (0..marked).map(|number| (format!("s{number}"), mark(Some(Why::Silent))));
            let decided = holds().decide(&picture(silent, ready), &marks.collect(), LATER);
            assert_eq!(decided.len(), expected, "{silent} of {}", silent + ready);
        }
    }

    #[test]
    fn who_is_asked_no_more_is_hidden_once_everybody_had_time_to_turn_up() {
        let marks = BTreeMap::from([
            ("x".to_owned(), mark(None)),
            ("y".to_owned(), mark(Some(Why::Silent))),
            ("r0".to_owned(), mark(Some(Why::Gone))),
        ]);
        let early = holds().decide(&picture(0, 1), &marks, START + Duration::from_secs(1));
        assert_eq!(early, BTreeMap::from([("y".to_owned(), Why::Silent)]));
        let late = holds().decide(&picture(0, 1), &marks, LATER);
        assert_eq!(
            late,
            BTreeMap::from([("x".to_owned(), Why::Gone), ("y".to_owned(), Why::Gone)])
        );
    }
}
