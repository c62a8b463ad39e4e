//! One step of time.

use std::time::Duration;

use crate::component::PerComponent;
use crate::workload::PerKind;

/// How much time a step covers.
pub const STEP: Duration = Duration::from_secs(5);

/// Mean power over one step, in watts. Not a number where nothing is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Of the host.
    pub components: PerComponent<f32>,
    /// Of all workloads of a kind together.
    pub kinds: PerKind<f32>,
    /// Some of it is a model's guess.
    pub estimated: bool,
}
