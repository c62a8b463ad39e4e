//! The kinds that partition a host.

use serde::Deserialize;
use serde::Serialize;

/// What a workload is. Every microjoule of the host belongs to exactly one workload, and every workload has one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A virtual machine.
    Vm,
    /// A container, or any cgroup that is no systemd unit.
    Container,
    /// A systemd unit.
    Service,
    /// User space outside of any unit or container.
    System,
    /// Kernel threads and interrupts.
    Kernel,
    /// What would be used with nobody running, where the idle policy leaves it with the host.
    Idle,
    /// Ran, and left no trace that could be read: processes that came and went between two ticks, mostly.
    Unattributed,
    /// All workloads above the limit on series, summed.
    Other,
}

/// One figure for each kind.
pub type PerKind<T> = [T; Kind::ALL.len()];

impl Kind {
    /// All of them, in the order of [`PerKind`].
    pub const ALL: [Self; 8] = [
        Self::Vm,
        Self::Container,
        Self::Service,
        Self::System,
        Self::Kernel,
        Self::Idle,
        Self::Unattributed,
        Self::Other,
    ];

    /// Its position in [`PerKind`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The value of the label `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Container => "container",
            Self::Service => "service",
            Self::System => "system",
            Self::Kernel => "kernel",
            Self::Idle => "idle",
            Self::Unattributed => "unattributed",
            Self::Other => "other",
        }
    }

    /// There is one workload of this kind on every host, and it never ends.
    pub fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::System | Self::Kernel | Self::Idle | Self::Unattributed | Self::Other
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_at_its_own_position() {
        for (position, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), position, "{kind:?}");
        }
    }
}
