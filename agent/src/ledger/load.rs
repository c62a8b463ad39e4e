//! How busy the host and its sockets were since the tick before.

use super::basis::SocketInterval;
use super::report::CpuReport;
use super::state::SocketState;
use crate::sample::CpuSample;
use crate::sample::SocketTimes;
use wattle_hostfs::stat::CpuTimes;

/// One tick of `/proc/stat`; each CPU's time is only known to that.
const GRAIN_USEC: i64 = 10_000;
/// CPU time that nobody accounts for, and the reverse, is remembered up to this many grains for each CPU.
const MOST_GRAINS: i64 = 20;

/// The last CPU times.
#[derive(Debug, Default)]
pub(super) struct Load {
    pub(super) busy_usec: Option<u64>,
    pub(super) interrupt_usec: Option<u64>,
    sockets: Vec<SocketTimes>,
    shown: CpuTimes,
    balance_usec: i64,
}

/// An interval as the CPU times show it.
#[derive(Debug, Default)]
pub(super) struct Interval {
    pub(super) sockets: Vec<SocketInterval>,
    /// Time in which any CPU did something; nothing where there was no earlier reading.
    pub(super) busy_usec: Option<u64>,
    /// Of that, time spent in interrupts.
    pub(super) interrupt_usec: u64,
    pub(super) cpus: u32,
}

impl Interval {
    /// The position of a socket by its number.
    pub(super) fn position(&self, socket: u32) -> Option<usize> {
        self.sockets
            .iter()
            .position(|interval| interval.now.socket == socket)
    }

    /// How busy one socket was, or the host where none is meant.
    pub(super) fn utilisation_ppm(&self, socket: Option<usize>) -> Option<u32> {
        if let Some(index) = socket {
            return self.sockets.get(index)?.utilisation_ppm;
        }
        let known: Vec<u64> = self
            .sockets
            .iter()
            .filter_map(|socket| socket.utilisation_ppm)
            .map(u64::from)
            .collect();
        let mean = known.iter().sum::<u64>().checked_div(known.len() as u64)?;
        u32::try_from(mean).ok()
    }
}

impl Load {
    pub(super) fn restore(
        busy_usec: Option<u64>,
        interrupt_usec: Option<u64>,
        sockets: &[SocketState],
    ) -> Self {
        let sockets = sockets.iter().map(|state| SocketTimes {
            socket: state.socket,
            busy_usec: state.busy_usec,
            idle_usec: state.idle_usec,
            ..SocketTimes::default()
        });
        Self {
            busy_usec,
            interrupt_usec,
            sockets: sockets.collect(),
            ..Self::default()
        }
    }

    pub(super) fn states(&self) -> impl Iterator<Item = SocketState> {
        self.sockets.iter().map(|times| SocketState {
            socket: times.socket,
            busy_usec: times.busy_usec,
            idle_usec: times.idle_usec,
        })
    }

    /// Takes this tick's CPU times. Nothing ran for more than `most_usec` since the tick before, whatever the file says.
    pub(super) fn observe(&mut self, cpu: Option<&CpuSample>, most_usec: u64) -> Interval {
        let Some(cpu) = cpu else {
            *self = Self {
                shown: self.shown,
                ..Self::default()
            };
            return Interval::default();
        };
        let sockets = cpu
            .sockets
            .iter()
            .map(|now| self.socket_interval(*now, most_usec))
            .collect();
        let (busy, interrupt) = (cpu.total.busy_usec(), cpu.total.interrupt_usec());
        let since = |now: u64, before: u64| now.saturating_sub(before).min(most_usec);
        let interval = Interval {
            sockets,
            busy_usec: self.busy_usec.map(|before| since(busy, before)),
            interrupt_usec: self.interrupt_usec.map_or(0, |before| since(interrupt, before)),
            cpus: cpu.sockets.iter().map(|socket| socket.cpus).sum(),
        };
        self.busy_usec = Some(busy);
        self.interrupt_usec = Some(interrupt);
        self.sockets.clone_from(&cpu.sockets);
        interval
    }

    fn socket_interval(&self, now: SocketTimes, most_usec: u64) -> SocketInterval {
        let before = self.sockets.iter().find(|before| before.socket == now.socket);
        let busy_usec = before
            .map_or(0, |before| now.busy_usec.saturating_sub(before.busy_usec))
            .min(most_usec);
        let idle_usec = before.map_or(0, |before| now.idle_usec.saturating_sub(before.idle_usec));
        let all = u128::from(busy_usec) + u128::from(idle_usec);
        let utilisation_ppm = (u128::from(busy_usec) * 1_000_000)
            .checked_div(all)
            .and_then(|ppm| u32::try_from(ppm).ok());
        SocketInterval {
            now,
            busy_usec,
            utilisation_ppm,
        }
    }

    /// CPU time of the interval that nobody accounts for.
    ///
    /// The host's time comes in grains of 10 ms for each CPU and the accounts' time is finer, so the two differ a little each
    /// tick and agree over many. Only what exceeds that noise ran unseen.
    pub(super) fn unseen_usec(&mut self, interval: &Interval, accounted_usec: u64) -> u64 {
        let Some(busy) = interval.busy_usec else { return 0 };
        let noise = GRAIN_USEC * i64::from(interval.cpus.max(1));
        let gained = self
            .balance_usec
            .saturating_add_unsigned(busy)
            .saturating_sub_unsigned(accounted_usec);
        let unseen = u64::try_from(gained - noise).unwrap_or(0);
        self.balance_usec = gained.saturating_sub_unsigned(unseen).max(-noise * MOST_GRAINS);
        unseen
    }

    /// CPU times that never fall, although the kernel's idle and iowait do at times.
    pub(super) fn shown(&mut self, cpu: Option<&CpuSample>) -> Option<CpuReport> {
        let cpu = cpu?;
        let before = self.shown;
        self.shown = before.max_each(&cpu.total);
        Some(CpuReport {
            times: self.shown,
            busy_ppm: busy_ppm(&before, &self.shown),
            online: cpu.sockets.iter().map(|socket| socket.cpus).sum(),
        })
    }
}

/// How much of the time between two readings was busy; nothing at the first.
fn busy_ppm(before: &CpuTimes, now: &CpuTimes) -> Option<u32> {
    let known = *before != CpuTimes::default();
    let all = now.total_usec().saturating_sub(before.total_usec());
    let busy = now.busy_usec().saturating_sub(before.busy_usec()).min(all);
    let ppm = (u128::from(busy) * 1_000_000).checked_div(u128::from(all))?;
    u32::try_from(ppm).ok().filter(|_| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(usec: u64, cpus: u32) -> Interval {
        Interval {
            busy_usec: Some(usec),
            cpus,
            ..Interval::default()
        }
    }

    #[test]
    fn the_grain_of_the_host_s_time_is_not_taken_for_unseen_time() {
        let mut load = Load::default();
        let unseen: u64 = [1_000_000, 1_010_000, 990_000, 1_010_000, 1_000_000, 990_000]
            .into_iter()
            .map(|host| load.unseen_usec(&busy(host, 2), 1_000_000))
            .sum();
        assert_eq!(unseen, 0);
    }

    #[test]
    fn what_nobody_accounts_for_is_unseen_but_for_the_noise_of_one_grain_for_each_cpu() {
        let mut load = Load::default();
        let unseen: u64 = (0..100)
            .map(|_| load.unseen_usec(&busy(1_000_000, 2), 700_000))
            .sum();
        assert_eq!(unseen, 100 * 300_000 - 20_000);
    }

    #[test]
    fn accounts_that_exceed_the_host_are_made_up_for_only_so_far() {
        let mut load = Load::default();
        for _ in 0..1000 {
            assert_eq!(load.unseen_usec(&busy(900_000, 1), 1_000_000), 0);
        }
        assert_eq!(
            load.unseen_usec(&busy(1_000_000, 1), 0),
            1_000_000 - 200_000 - 10_000
        );
    }
}
