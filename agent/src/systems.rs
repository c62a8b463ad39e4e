//! The systems whose names of metrics the agent can speak beside its own.

use std::str::FromStr;

/// A system that people have dashboards of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Scaphandre 1.0.
    Scaphandre,
    /// Kepler from 0.10 on.
    Kepler,
    /// OpenNebula's libvirt exporter, and COGNIT's extension of OpenNebula.
    OpenNebula,
    /// node_exporter's collector `rapl`.
    Node,
}

impl System {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Scaphandre, Self::Kepler, Self::OpenNebula, Self::Node];

    /// What it is called in the configuration and in `?names=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scaphandre => "scaphandre",
            Self::Kepler => "kepler",
            Self::OpenNebula => "opennebula",
            Self::Node => "node",
        }
    }
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|system| system.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is none of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Systems(u8);

impl Systems {
    /// None.
    pub const NONE: Self = Self(0);
    /// Every one.
    pub const ALL: Self = Self((1 << System::ALL.len()) - 1);

    /// Those and this one.
    #[must_use]
    pub fn with(self, system: System) -> Self {
        Self(self.0 | 1 << system as u8)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// They, in order.
    pub fn iter(self) -> impl Iterator<Item = System> {
        let chosen = move |system: &System| self.0 & (1 << *system as u8) != 0;
        System::ALL.into_iter().filter(chosen)
    }
}

impl FromIterator<System> for Systems {
    fn from_iter<I: IntoIterator<Item = System>>(systems: I) -> Self {
        systems.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Names with commas between them.
impl FromStr for Systems {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|name| name.trim().parse::<System>())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_order_and_shown_in_one() {
        let some: Systems = "node, kepler,node".parse().unwrap();
        assert!(some.iter().eq([System::Kepler, System::Node]));
        assert_eq!(System::ALL.into_iter().collect::<Systems>(), Systems::ALL);
        assert!(Systems::default().is_empty() && Systems::NONE.iter().next().is_none());
        let problem = "kepler,prometheus".parse::<Systems>().unwrap_err();
        assert_eq!(
            problem,
            "\"prometheus\" is none of scaphandre, kepler, opennebula, node"
        );
        assert!("".parse::<Systems>().is_err());
    }
}
