//! The names of other systems, so that their dashboards go on working.
//!
//! One file for each system, with a table of families like the agent's own. Values come from the same snapshot, so they add up as
//! the agent's own do; what the agent does not know has no series. `docs/compat.md` says what each name means here.

mod energy;
mod kepler;
mod node;
mod opennebula;
mod scaphandre;
mod scaphandre_process;
#[cfg(test)]
mod tests;

use super::families::Family;
use crate::systems::System;

/// No family has more labels.
const MOST: usize = 11;

/// A family of another system.
pub type OldFamily = Family<MOST>;
/// Where one puts its points.
type Points<'s> = super::point::Points<'s, MOST>;

/// The families of a system.
pub fn families(system: System) -> &'static [OldFamily] {
    match system {
        System::Scaphandre => scaphandre::FAMILIES,
        System::Kepler => kepler::FAMILIES,
        System::OpenNebula => opennebula::FAMILIES,
        System::Node => node::FAMILIES,
    }
}
