//! The tables against what the others export.

use std::collections::BTreeMap;

use super::OldFamily;
use super::families;
use crate::systems::System;

/// What others export, of which the agent may know a part.
const PEERS: &str = include_str!("peers.txt");
const PAGE: &str = include_str!("../../../../docs/compat.md");

/// One line of that.
#[derive(Debug, PartialEq, Eq)]
struct Peer<'t> {
    kind: &'t str,
    labels: Vec<&'t str>,
    reason: Option<&'t str>,
}

fn peers() -> BTreeMap<&'static str, Peer<'static>> {
    let lines = PEERS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (known, reason) = line
                .split_once(" ; ")
                .map_or((line, None), |(known, reason)| (known, Some(reason)));
            let known = known.strip_prefix("- ").unwrap_or(known);
            let mut words = known.split(' ');
            let (name, kind) = (words.next().unwrap(), words.next().unwrap());
            let labels = words.map(|label| label.trim_matches(['[', ']'])).collect();
            (name, Peer { kind, labels, reason })
        })
        .collect()
}

fn ours() -> impl Iterator<Item = &'static OldFamily> {
    System::ALL.into_iter().flat_map(families)
}

#[test]
fn every_name_is_one_of_theirs_with_its_type_and_labels() {
    let peers = peers();
    for family in ours() {
        let expected = Peer {
            kind: family.kind.as_str(),
            labels: family.labels.to_vec(),
            reason: None,
        };
        assert_eq!(peers.get(family.name), Some(&expected), "{}", family.name);
    }
}

#[test]
fn every_name_of_theirs_is_there_or_has_a_reason_and_the_page_says_which() {
    for (name, peer) in peers() {
        let there = ours().any(|family| family.name == name);
        assert_ne!(there, peer.reason.is_some(), "{name}");
        assert!(
            PAGE.contains(&format!("`{name}`")),
            "docs/compat.md does not speak of {name}"
        );
    }
}

#[test]
fn no_name_stands_in_two_tables_and_each_belongs_to_its_system() {
    let mut names: Vec<_> = ours().map(|family| family.name).collect();
    names.extend(crate::exposition::FAMILIES.iter().map(|family| family.name));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    for (system, start) in [
        (System::Scaphandre, "scaph_"),
        (System::Kepler, "kepler_"),
        (System::OpenNebula, "opennebula_"),
        (System::Node, "node_rapl_"),
    ] {
        assert!(
            families(system)
                .iter()
                .all(|family| family.name.starts_with(start))
        );
    }
}
