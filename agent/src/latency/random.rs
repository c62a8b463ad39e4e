//! Numbers that nobody can guess, from the operating system.

use ring::rand::SecureRandom;
use ring::rand::SystemRandom;

/// Where numbers come from that must differ from start to start.
pub trait Random: Send {
    /// 64 random bits.
    fn bits(&mut self) -> u64;
}

/// The operating system's.
#[derive(Debug)]
pub struct SystemEntropy(SystemRandom);

impl Default for SystemEntropy {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Random for SystemEntropy {
    fn bits(&mut self) -> u64 {
        let mut bytes = [0; 8];
        // Every kernel that the agent runs on has getrandom(2); zeros would only make sessions predictable.
        let _ = self.0.fill(&mut bytes);
        u64::from_ne_bytes(bytes)
    }
}
