//! How hosts stand, one picture after the other.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::hub::Event;
use crate::placement::Standing;
use crate::schedule::KnownHosts;

/// How hosts stood when last looked at: those that took no machines.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings(Option<BTreeMap<String, Standing>>);

impl Standings {
    /// What is otherwise than before, by host. One of which nothing is known takes machines. The first look only sees how it is.
    pub(super) fn look(&mut self, hosts: &KnownHosts) -> Vec<Event> {
        let now: BTreeMap<String, Standing> = hosts
            .iter()
            .filter(|(_, known)| known.standing != Standing::Ready)
            .map(|(name, known)| (name.clone(), known.standing))
            .collect();
        let Some(before) = self.0.replace(now.clone()) else {
            return Vec::new();
        };
        let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let standing = |of: &BTreeMap<String, Standing>, name| of.get(name).copied().unwrap_or_default();
        let pairs = names
            .into_iter()
            .map(|name| (name, standing(&before, name), standing(&now, name)));
        pairs
            .filter(|(_, before, now)| before != now)
            .flat_map(told)
            .collect()
    }
}

fn told((host, before, now): (&String, Standing, Standing)) -> Vec<Event> {
    let mut events = vec![Event::Standing {
        host: host.clone(),
        standing: now.as_str(),
        before: before.as_str(),
    }];
    let host = || host.clone();
    if now == Standing::Silent {
        events.push(Event::Silent { host: host() });
    } else if before == Standing::Silent {
        events.push(Event::Back { host: host() });
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::KnownHost;

    fn hosts(standings: &[(&str, Standing)]) -> KnownHosts {
        let known = |standing| KnownHost {
            standing,
            ..KnownHost::default()
        };
        let hosts = standings.iter();
        hosts
            .map(|(name, standing)| ((*name).to_owned(), known(*standing)))
            .collect()
    }

    #[test]
    fn a_host_that_stands_otherwise_is_told_once() {
        let mut standings = Standings::default();
        assert_eq!(standings.look(&hosts(&[("a", Standing::Ready)])), []);
        let picture = hosts(&[("a", Standing::Silent), ("b", Standing::Ready)]);
        let host = || "a".to_owned();
        let (standing, before) = ("silent", "ready");
        let expected = [
            Event::Standing {
                host: host(),
                standing,
                before,
            },
            Event::Silent { host: host() },
        ];
        assert_eq!(standings.look(&picture), expected);
        assert_eq!(standings.look(&picture), []);
        let back = standings.look(&hosts(&[("a", Standing::Draining)]));
        assert_eq!(back.last(), Some(&Event::Back { host: host() }));
        // Who has gone from the picture is ready, as far as anybody knows; who is new there was.
        let new = standings.look(&hosts(&[("c", Standing::Maintenance)]));
        assert_eq!(new.len(), 2, "{new:?}");
    }
}
