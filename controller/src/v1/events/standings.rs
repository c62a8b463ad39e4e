//! How hosts stand, one picture after the other.

use std::collections::HashMap;

use super::hub::Event;
use crate::placement::Standing;
use crate::schedule::KnownHosts;

/// How hosts stood when last looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings(HashMap<String, Standing>);

impl Standings {
    /// What is otherwise than before, by host. A host that is new has no before.
    pub(super) fn look(&mut self, hosts: &KnownHosts) -> Vec<Event> {
        let mut changed: Vec<_> = hosts
            .iter()
            .filter_map(|(name, known)| {
                let before = *self.0.get(name)?;
                (before != known.standing).then_some((name, before, known.standing))
            })
            .collect();
        changed.sort_unstable_by_key(|(name, ..)| *name);
        let events = changed.into_iter().flat_map(told).collect();
        if self.0.len() != hosts.len()
            || hosts
                .iter()
                .any(|(name, known)| self.0.get(name) != Some(&known.standing))
        {
            self.0 = hosts
                .iter()
                .map(|(name, known)| (name.clone(), known.standing))
                .collect();
        }
        events
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
        let picture = hosts(&[("a", Standing::Silent), ("b", Standing::Draining)]);
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
    }
}
