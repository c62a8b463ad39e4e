//! What both ends of an arranged test session need: the control connection's socket, the test packets' socket, the clocks, and
//! pass-phrases.
//!
//! Nothing here blocks but [`wait`], which sleeps in the kernel until something has come or a time is up.

mod clocks;
mod control_link;
mod interrupt;
mod pass_phrases;
mod test_socket;
mod waiting;

pub use clocks::Clocks;
pub use clocks::entropy;
pub use control_link::ControlLink;
pub use interrupt::Interrupt;
pub use pass_phrases::PassPhraseError;
pub use pass_phrases::PassPhrases;
pub use test_socket::Incoming;
pub use test_socket::TestSocket;
pub use waiting::wait;
