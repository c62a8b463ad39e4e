//! What a kilowatt-hour weighs: grams of carbon dioxide for the power that the host draws.
//!
//! A [`Keeper`] runs a thread that asks the configured source at its own pace and leaves a [`Grid`] for the tick: a value that says how
//! clean the power was at each moment. The ledger multiplies; nothing here touches a counter. Without configuration there is none of it.

mod grid;
mod intensity;
mod keeper;
mod providers;
mod source;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod trace;
mod trouble;

pub use grid::About;
pub use grid::Grid;
pub use intensity::Intensity;
pub use keeper::Keeper;
pub use source::look;
pub use steps::Share;
pub use steps::Step;
pub use steps::Steps;
pub use table::Row;
pub use table::yearly;
pub use trouble::Trouble;
