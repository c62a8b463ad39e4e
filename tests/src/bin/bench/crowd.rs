//! Many processes that do nothing.

use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use anyhow::Context;
use anyhow::Result;

/// Sleeping processes, which end with it.
#[derive(Debug, Default)]
pub(crate) struct Crowd(Vec<Child>);

impl Crowd {
    pub(crate) fn gather(count: u32) -> Result<Self> {
        let mut crowd = Self::default();
        for _ in 0..count {
            let mut sleep = Command::new("sleep");
            sleep.arg("infinity").stdin(Stdio::null()).stdout(Stdio::null());
            crowd.0.push(sleep.spawn().context("cannot start sleep")?);
        }
        Ok(crowd)
    }

    pub(crate) fn pids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(Child::id)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Both fail only for one that has ended.
        for child in &mut self.0 {
            let _ = child.kill();
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}
