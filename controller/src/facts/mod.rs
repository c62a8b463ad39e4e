//! What is known of every host besides its capacity, and how old it is.

mod fact;
mod host;

pub use fact::Fact;
pub use host::Delay;
pub use host::DelaySource;
pub use host::HostFacts;
pub use host::Position;
pub use host::PowerModel;
pub use host::Quality;
