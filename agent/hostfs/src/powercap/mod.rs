//! Energy counters of the power capping framework, `/sys/class/powercap`.
//!
//! Kernel page: `Documentation/power/powercap/powercap.rst`; files: `Documentation/ABI/testing/sysfs-class-powercap`.
//! Intel's and AMD's RAPL counters both stand under the control type `intel-rapl`; some Intel machines show their
//! packages a second time under `intel-rapl-mmio`. Both twins are given here: whoever adds up must choose one.

mod discover;
mod id;
mod reader;
mod zone;

#[cfg(test)]
mod tests;

pub use discover::Discovery;
pub use discover::discover;
pub use discover::list_ids;
pub use reader::ZoneFault;
pub use reader::ZoneReader;
pub use zone::Zone;
pub use zone::ZoneKind;
