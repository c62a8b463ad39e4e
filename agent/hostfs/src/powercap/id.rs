//! The names of zone directories.

use std::fmt;

use crate::text;

/// Deeper than any hierarchy of the kernel: a package is level 1, its `dram` level 2.
const LEVELS: usize = 8;
/// Longer than the name of any control type.
const CONTROL_BYTES: usize = 64;

/// `intel-rapl:0:1`: the control type, then a number for each level.
///
/// The order is that of a list made for people: `intel-rapl:2` before `intel-rapl:10`, and a zone before its
/// subzones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ZoneId {
    control: Box<str>,
    numbers: Vec<u32>,
}

impl ZoneId {
    /// A directory's name, if it is that of a zone; a control type alone is none.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (control, numbers) = name.split_once(':')?;
        if control.is_empty() || control.len() > CONTROL_BYTES || numbers.split(':').count() > LEVELS {
            return None;
        }
        let numbers = numbers.split(':').map(level).collect::<Option<_>>()?;
        Some(Self {
            control: control.into(),
            numbers,
        })
    }

    /// The control type.
    pub(super) fn control(&self) -> &str {
        &self.control
    }

    /// The zone that holds this one.
    pub(super) fn parent(&self) -> Option<Self> {
        let (_, above) = self.numbers.split_last()?;
        (!above.is_empty()).then(|| Self {
            control: self.control.clone(),
            numbers: above.to_vec(),
        })
    }
}

fn level(word: &str) -> Option<u32> {
    text::digits(word.as_bytes())?.try_into().ok()
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.control)?;
        self.numbers.iter().try_for_each(|number| write!(f, ":{number}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zones_stand_in_the_order_in_which_people_count() {
        let names = [
            "intel-rapl:0",
            "intel-rapl:0:0",
            "intel-rapl:2",
            "intel-rapl:10",
            "intel-rapl-mmio:0",
        ];
        let mut ids = names
            .iter()
            .rev()
            .filter_map(|name| ZoneId::parse(name))
            .collect::<Vec<_>>();
        ids.sort();
        assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_subzone_knows_its_parent_and_a_package_has_none() {
        let dram = ZoneId::parse("intel-rapl:1:2").unwrap();
        assert_eq!(dram.control(), "intel-rapl");
        assert_eq!(dram.parent().unwrap().to_string(), "intel-rapl:1");
        assert_eq!(dram.parent().unwrap().parent(), None);
    }

    #[test]
    fn other_directories_are_no_zones() {
        let bad = [
            "",
            ":",
            "intel-rapl",
            ":0",
            "a:",
            "a:b",
            "a:-1",
            "a:0:",
            "a:4294967296",
            "a:0:0:0:0:0:0:0:0:0",
        ];
        for name in bad {
            assert_eq!(ZoneId::parse(name), None, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_parsed_without_a_panic_and_ids_survive_being_printed(name in "\\PC{0,40}|[a-z]{1,3}(:[0-9]{1,3}){1,4}") {
            if let Some(id) = ZoneId::parse(&name) {
                prop_assert_eq!(ZoneId::parse(&id.to_string()), Some(id));
            }
        }
    }
}
