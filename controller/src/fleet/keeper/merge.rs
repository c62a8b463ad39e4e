//! What becomes of a provider: what the host has, without undoing what somebody else decided.
//!
//! Of every value there are three: what the fleet wrote last, what stands there now, and what the host says. Where the first two
//! are the same the third one is written; where they differ somebody else has decided, and that stays.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::mark::Held;
use super::mark::Mark;
use super::mark::Why;
use crate::inventory::Inventory;
use crate::inventory::Shape;

/// The standard trait of a host that takes nothing new, which other clients know.
pub(super) const DISABLED: &str = "COMPUTE_STATUS_DISABLED";

/// What a provider should be, and what is to be remembered of it then.
pub(super) fn settle(stands: &Shape, mark: &Mark, says: Option<&Shape>, hold: Option<Why>) -> (Shape, Mark) {
    let mut mark = mark.clone();
    let held = mark.held.take();
    let (open, touched) = opened(stands, held.as_ref());
    let mut shape = match says {
        Some(says) if mark.own => merged(open, &mut mark, says),
        _ => open,
    };
    if let Some(why) = hold {
        mark.held = Some(hide(&mut shape, &touched, why));
    }
    (shape, mark)
}

/// A new provider, and what is to be remembered of it.
pub(super) fn begin(mark: &Mark, says: &Shape, hold: Option<Why>) -> (Shape, Mark) {
    settle(&Shape::default(), mark, Some(says), hold)
}

/// The provider as it would be if it were not hidden, and the classes whose reservation somebody changed meanwhile.
fn opened(stands: &Shape, held: Option<&Held>) -> (Shape, BTreeSet<String>) {
    let mut open = stands.clone();
    let mut touched = BTreeSet::new();
    let Some(held) = held else {
        return (open, touched);
    };
    for (class, [before, wrote]) in &held.reserved {
        match open.inventories.get_mut(class) {
            Some(inventory) if inventory.reserved == *wrote => inventory.reserved = *before,
            _ => drop(touched.insert(class.clone())),
        }
    }
    if held.said {
        open.traits.remove(DISABLED);
    }
    (open, touched)
}

fn hide(shape: &mut Shape, touched: &BTreeSet<String>, why: Why) -> Held {
    let mut reserved = BTreeMap::new();
    for (class, inventory) in &mut shape.inventories {
        if touched.contains(class) {
            // Somebody offers it although it is hidden. What was theirs is noted, so that it goes on being theirs.
            let offered = inventory.reserved;
            reserved.insert(class.clone(), [offered, u32::MAX]);
            continue;
        }
        reserved.insert(class.clone(), [inventory.reserved, inventory.total]);
        inventory.reserved = inventory.total;
    }
    Held {
        why,
        reserved,
        said: shape.traits.insert(DISABLED.to_owned()),
    }
}

fn merged(stands: Shape, mark: &mut Mark, says: &Shape) -> Shape {
    let base = mark.base();
    let mut shape = stands;
    for (class, said) in &says.inventories {
        let wrote = base.inventories.get(class);
        match (shape.inventories.get_mut(class), wrote) {
            (Some(stands), Some(wrote)) => {
                let wrote = adopt(stands, *wrote, *said);
                mark.inventories.insert(class.clone(), wrote);
            }
            (None, None) => {
                shape.inventories.insert(class.clone(), *said);
                mark.inventories.insert(class.clone(), *said);
            }
            // Somebody else made it, or took it away.
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
    let mut written: BTreeSet<String> = base.traits.intersection(&says.traits).cloned().collect();
    for word in says.traits.difference(&base.traits) {
        if shape.traits.insert(word.clone()) {
            written.insert(word.clone());
        }
    }
    for word in base.traits.difference(&says.traits) {
        shape.traits.remove(word);
    }
    mark.traits = written.into_iter().collect();
    shape
}

/// Writes every value that is as it was written last; the answer is what is written last from now on.
fn adopt(stands: &mut Inventory, mut wrote: Inventory, said: Inventory) -> Inventory {
    follow(&mut stands.total, &mut wrote.total, said.total);
    follow(&mut stands.reserved, &mut wrote.reserved, said.reserved);
    follow(&mut stands.min_unit, &mut wrote.min_unit, said.min_unit);
    follow(&mut stands.max_unit, &mut wrote.max_unit, said.max_unit);
    follow(&mut stands.step_size, &mut wrote.step_size, said.step_size);
    follow(
        &mut stands.allocation_ratio,
        &mut wrote.allocation_ratio,
        said.allocation_ratio,
    );
    // A host that has shrunk cannot keep back more than it has.
    stands.reserved = stands.reserved.min(stands.total);
    wrote
}

fn follow<T: PartialEq + Copy>(stands: &mut T, wrote: &mut T, said: T) {
    if *stands == *wrote {
        *stands = said;
        *wrote = said;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Uuid;

    fn shape(vcpus: u32, traits: &[&str]) -> Shape {
        Shape {
            inventories: BTreeMap::from([("VCPU".to_owned(), Inventory::of(vcpus))]),
            traits: traits.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn own() -> Mark {
        Mark::new(Uuid::from_bits(1), true)
    }

    fn vcpu(shape: &mut Shape) -> &mut Inventory {
        shape.inventories.get_mut("VCPU").unwrap()
    }

    #[test]
    fn what_the_host_says_is_written_and_followed() {
        let (shape_one, mark) = begin(&own(), &shape(8, &["CUSTOM_A", "CUSTOM_B"]), None);
        assert_eq!(shape_one, shape(8, &["CUSTOM_A", "CUSTOM_B"]));
        let (again, same) = settle(&shape_one, &mark, Some(&shape_one), None);
        assert_eq!((&again, &same), (&shape_one, &mark));
        let (smaller, mark) = settle(&again, &mark, Some(&shape(6, &["CUSTOM_B", "CUSTOM_C"])), None);
        assert_eq!(smaller, shape(6, &["CUSTOM_B", "CUSTOM_C"]));
        // Nothing is known of it now: it stays.
        let (unknown, same) = settle(&smaller, &mark, None, None);
        assert_eq!((unknown, same), (smaller, mark));
    }

    #[test]
    fn what_somebody_else_decided_stays_and_the_rest_is_followed() {
        let (mut stands, mark) = begin(&own(), &shape(8, &["CUSTOM_A", "CUSTOM_B"]), None);
        vcpu(&mut stands).allocation_ratio = 4.0;
        stands.inventories.insert("PCPU".to_owned(), Inventory::of(2));
        stands.traits.remove("CUSTOM_A");
        stands.traits.insert("CUSTOM_THEIRS".to_owned());
        let mut says = shape(6, &["CUSTOM_A", "CUSTOM_B", "CUSTOM_C"]);
        says.inventories.insert("PCPU".to_owned(), Inventory::of(9));
        let (mut settled, mark) = settle(&stands, &mark, Some(&says), None);
        assert_eq!(vcpu(&mut settled).total, 6);
        assert_eq!(vcpu(&mut settled).allocation_ratio, 4.0);
        assert_eq!(settled.inventories["PCPU"].total, 2);
        let traits: Vec<&str> = settled.traits.iter().map(String::as_str).collect();
        assert_eq!(traits, ["CUSTOM_B", "CUSTOM_C", "CUSTOM_THEIRS"]);
        settled.inventories.remove("VCPU");
        let (settled, _) = settle(&settled, &mark, Some(&says), None);
        assert!(!settled.inventories.contains_key("VCPU"));
    }

    #[test]
    fn a_hidden_host_has_no_room_and_gets_back_what_it_had() {
        let mut says = shape(8, &[]);
        vcpu(&mut says).reserved = 1;
        let (mut open, mark) = begin(&own(), &says, None);
        vcpu(&mut open).reserved = 3;
        let (mut hidden, mark) = settle(&open, &mark, Some(&says), Some(Why::Silent));
        assert_eq!(vcpu(&mut hidden).reserved, 8);
        assert!(hidden.traits.contains(DISABLED));
        let (same, mark) = settle(&hidden, &mark, None, Some(Why::Silent));
        assert_eq!(same, hidden);
        // It is another size when it comes back and is drained at once.
        vcpu(&mut says).total = 6;
        let (mut drained, mark) = settle(&same, &mark, Some(&says), Some(Why::Draining));
        assert_eq!((vcpu(&mut drained).total, vcpu(&mut drained).reserved), (6, 6));
        let (mut back, mark) = settle(&drained, &mark, Some(&says), None);
        assert_eq!((vcpu(&mut back).total, vcpu(&mut back).reserved), (6, 3));
        assert!(mark.held.is_none() && !back.traits.contains(DISABLED));
    }

    #[test]
    fn who_offers_a_hidden_host_is_not_fought() {
        let says = shape(8, &[]);
        let (open, mark) = begin(&own(), &says, None);
        let (mut hidden, mut mark) = settle(&open, &mark, Some(&says), Some(Why::Silent));
        vcpu(&mut hidden).reserved = 2;
        for _ in 0..3 {
            let (mut settled, noted) = settle(&hidden, &mark, Some(&says), Some(Why::Silent));
            assert_eq!(vcpu(&mut settled).reserved, 2);
            mark = noted;
        }
        let (mut back, _) = settle(&hidden, &mark, Some(&says), None);
        assert_eq!(vcpu(&mut back).reserved, 2);
    }

    #[test]
    fn a_provider_of_somebody_else_is_only_hidden() {
        let mark = Mark::new(Uuid::from_bits(1), false);
        let mut stands = shape(4, &[DISABLED]);
        let (mut hidden, mark) = settle(
            &stands,
            &mark,
            Some(&shape(8, &["CUSTOM_A"])),
            Some(Why::Maintenance),
        );
        assert_eq!((vcpu(&mut hidden).total, vcpu(&mut hidden).reserved), (4, 4));
        let (back, mark) = settle(&hidden, &mark, Some(&shape(8, &["CUSTOM_A"])), None);
        assert_eq!(back, stands);
        assert_eq!(mark, Mark::new(Uuid::from_bits(1), false));
        // Adopted, it keeps what it has and gets what it lacks.
        vcpu(&mut stands).allocation_ratio = 2.0;
        let mut says = shape(8, &["CUSTOM_A"]);
        says.inventories.insert("DISK_GB".to_owned(), Inventory::of(7));
        let (mut adopted, _) = settle(&stands, &own(), Some(&says), None);
        assert_eq!(
            (vcpu(&mut adopted).total, adopted.inventories["DISK_GB"].total),
            (4, 7)
        );
        assert!(adopted.traits.contains("CUSTOM_A"));
    }
}
