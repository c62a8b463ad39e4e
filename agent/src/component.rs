//! The parts that add up to the host's energy.

use serde::Deserialize;
use serde::Serialize;

/// A part of the host's energy. Unlike the zones of the hardware, components do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// The processor packages.
    Cpu,
    /// Memory, where the hardware counts it apart from the package.
    Dram,
    /// The rest of the platform, where `psys` counts it.
    Other,
}

/// One figure for each component.
pub type PerComponent<T> = [T; Component::ALL.len()];

impl Component {
    /// All of them, in the order of [`PerComponent`].
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Dram, Self::Other];

    /// The value of the label `component`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Dram => "dram",
            Self::Other => "other",
        }
    }

    /// Its position in [`PerComponent`].
    pub fn index(self) -> usize {
        match self {
            Self::Cpu => 0,
            Self::Dram => 1,
            Self::Other => 2,
        }
    }
}
