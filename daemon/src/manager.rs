//! The service manager: told by datagrams how the service is doing, sd_notify(3).

use std::ffi::OsStr;
use std::io;
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::time::ClockId;
use nix::time::clock_gettime;

use crate::address;

/// Between two looks at a service that is not up yet.
const STARTING: Duration = Duration::from_millis(20);
/// Between two looks at one without a watchdog: its status line is renewed as often.
const UNWATCHED: Duration = Duration::from_secs(10);
/// The watchdog is fed so many times in its period, so that one late meal does no harm.
const MEALS: u32 = 3;

/// How the service is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing can be asked of it yet.
    Starting,
    /// It does its work.
    Well,
    /// It does not, and why. The watchdog is not fed; in the end the manager starts the service anew.
    Ill(String),
}

/// Whoever wants to know. Nobody, where the service was not started by a manager that does.
#[derive(Debug, Default)]
pub struct Manager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    patience: Option<Duration>,
}

impl Manager {
    /// The one that the environment names.
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let Some(text) = variable("NOTIFY_SOCKET") else {
            return Self::default();
        };
        let patience = patience(
            variable("WATCHDOG_USEC").as_deref(),
            variable("WATCHDOG_PID").as_deref(),
            std::process::id(),
        );
        Self::at(&text, patience).unwrap_or_else(|error| {
            tracing::warn!(%error, "the service manager is not told anything");
            Self::default()
        })
    }

    /// One that listens there, and ends services that it has not heard of for `patience`.
    pub fn at(address: &OsStr, patience: Option<Duration>) -> io::Result<Self> {
        let address = address::parse(address)?;
        let socket = UnixDatagram::unbound()?;
        // A manager that hangs must not make the service hang.
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: Some((socket, address)),
            patience,
        })
    }

    /// The configuration is being read again. [`Self::reloaded`] has to follow.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", now.as_micros()));
    }

    /// It has been read.
    pub fn reloaded(&self) {
        self.tell("READY=1");
    }

    /// The service ends in order.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=ending");
    }

    /// Tells that the service is ready once it is, and feeds the watchdog for as long as it is well. `status` is a line for
    /// `systemctl status`.
    pub async fn attend(&self, status: &str, condition: impl Fn() -> Condition) {
        while condition() == Condition::Starting {
            tokio::time::sleep(STARTING).await;
        }
        self.tell(&format!("READY=1\nSTATUS={}", line(status)));
        let mut was_well = true;
        loop {
            tokio::time::sleep(self.patience.map_or(UNWATCHED, |patience| patience / MEALS)).await;
            match condition() {
                Condition::Ill(why) => {
                    was_well = false;
                    self.tell(&format!("STATUS=not well: {}", line(&why)));
                }
                _ if was_well => self.tell("WATCHDOG=1"),
                _ => {
                    was_well = true;
                    self.tell(&format!("WATCHDOG=1\nSTATUS={}", line(status)));
                }
            }
        }
    }

    fn tell(&self, message: &str) {
        let Some((socket, address)) = &self.socket else {
            return;
        };
        if let Err(error) = socket.send_to_addr(message.as_bytes(), address) {
            tracing::debug!(%error, message, "the service manager does not listen");
        }
    }
}

/// How long the manager waits for a word: `WATCHDOG_USEC`, if `WATCHDOG_PID` means this process, sd_watchdog_enabled(3).
fn patience(usec: Option<&OsStr>, pid: Option<&OsStr>, own: u32) -> Option<Duration> {
    let number = |text: &OsStr| text.to_str()?.parse::<u64>().ok();
    if pid.is_some_and(|pid| number(pid) != Some(own.into())) {
        return None;
    }
    let usec = number(usec?)?;
    (usec > 0).then(|| Duration::from_micros(usec))
}

/// What is told is made of lines.
fn line(text: &str) -> String {
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watchdog_is_one_that_means_this_process() {
        for (usec, pid, expected) in [
            (Some("30000000"), Some("7"), Some(30_000)),
            (Some("500000"), None, Some(500)),
            (Some("30000000"), Some("8"), None),
            (Some("30000000"), Some("seven"), None),
            (Some("0"), Some("7"), None),
            (Some("-1"), None, None),
            (Some("soon"), None, None),
            (None, Some("7"), None),
        ] {
            let found = patience(usec.map(OsStr::new), pid.map(OsStr::new), 7);
            assert_eq!(found, expected.map(Duration::from_millis), "{usec:?} {pid:?}");
        }
    }
}
