//! Which nodes will do for a pod, and how well.

use std::collections::BTreeMap;
use std::collections::HashMap;

use super::pod;
use super::wire::Args;
use crate::inventory::Ledger;
use crate::placement::EmptyHosts;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Policies;
use crate::placement::Request;
use crate::placement::Rule;
use crate::placement::Target;
use crate::placement::decide;
use crate::schedule::KnownHosts;
use crate::schedule::fleet_of;

/// What is thought of a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It will do: how good it is.
    Fits(f64),
    /// Nobody here knows it, and nothing is asked for that would have to be checked.
    Unknown,
    /// It will not do.
    Refused {
        /// By which rule.
        rule: &'static str,
        /// That rule with its figures.
        reason: String,
    },
}

/// What is thought of each node, by its name.
pub(super) type Judged = BTreeMap<String, Verdict>;

/// Looks at all nodes.
pub(super) fn judge(
    args: &Args,
    policy: &str,
    ledger: &Ledger,
    known: &KnownHosts,
    policies: &Policies,
) -> Result<Judged, String> {
    let mut wanted = pod::wanted(&args.pod, policy, policies)?;
    // A kubelet reports that each of these nodes is ready. What runs there is not in the ledger, so that all would seem asleep.
    wanted.policy.empty_hosts = EmptyHosts::Awake;
    let hosts = fleet_of(ledger, known);
    let by_name = names(&hosts);
    let nodes: Vec<(String, Option<usize>)> = args
        .names()
        .into_iter()
        .map(|name| {
            let host = by_name.get(name.as_str()).copied();
            (name, host)
        })
        .collect();
    // Only these are compared with one another, and with what the pod wants to be near to.
    let mut needed: Vec<usize> = nodes.iter().filter_map(|(_, host)| *host).collect();
    for near in &mut wanted.machine.near {
        if let Target::Host(name) = &mut near.to
            && let Some(host) = by_name.get(name.as_str())
        {
            *name = hosts.hosts()[*host].name.to_string();
            needed.push(*host);
        }
    }
    needed.sort_unstable();
    needed.dedup();
    let fleet = Fleet::new(needed.iter().map(|host| hosts.hosts()[*host].clone()).collect());
    let request = Request {
        machines: vec![wanted.machine.clone()],
        ..Request::default()
    };
    let answer = decide(&fleet, &wanted.policy, &request).map_err(|fault| fault.to_string())?;
    let mut verdicts = HashMap::new();
    for decision in &answer.decisions {
        for candidate in decision.chosen.iter().chain(&decision.runners_up) {
            verdicts.insert(&*candidate.host, Verdict::Fits(candidate.score));
        }
        for refused in &decision.refused {
            verdicts.insert(&*refused.host, refusal(&refused.rule));
        }
    }
    let verdict = |host: Option<usize>| {
        let known = host.and_then(|host| verdicts.get(&*hosts.hosts()[host].name));
        known.cloned().unwrap_or_else(|| unknown(wanted.is_limited()))
    };
    Ok(nodes
        .into_iter()
        .map(|(name, host)| (name, verdict(host)))
        .collect())
}

fn names(fleet: &Fleet) -> HashMap<&str, usize> {
    let hosts = fleet.hosts().iter().enumerate();
    let aliases = hosts.clone().flat_map(|(number, host)| {
        let aliases = host.aliases.iter();
        aliases.map(move |alias| (alias.as_str(), number))
    });
    let own = hosts.map(|(number, host): (usize, &Host)| (&*host.name, number));
    // What a host is called itself stands above what others call theirs.
    aliases.chain(own).collect()
}

fn refusal(rule: &Rule) -> Verdict {
    Verdict::Refused {
        rule: rule.as_str(),
        reason: rule.to_string(),
    }
}

fn unknown(limited: bool) -> Verdict {
    if !limited {
        return Verdict::Unknown;
    }
    Verdict::Refused {
        rule: "unknown",
        reason: "nobody knows this node, so its limits cannot be checked".to_owned(),
    }
}

/// All nodes refused, because the pod asks for what cannot be meant. As an error it would be passed over with all other limits of the
/// pod, where the extender is `ignorable`.
pub(super) fn refuse_all(args: &Args, problem: &str) -> Judged {
    let refused = Verdict::Refused {
        rule: "pod",
        reason: problem.to_owned(),
    };
    let names = args.names().into_iter();
    names.map(|name| (name, refused.clone())).collect()
}
