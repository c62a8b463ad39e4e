//! Which of the two stands behind a door.

use std::sync::Arc;

use super::Site;
use super::desk::Desk;

/// Which of the two stands behind a door.
#[derive(Clone)]
pub(super) enum Behind {
    /// One that answers at once.
    Site(Arc<dyn Site>),
    /// One that takes bodies and time.
    Office(Arc<Desk>),
}
