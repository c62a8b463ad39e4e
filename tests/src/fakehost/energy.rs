//! Where the joules go: from the use of the sockets to the counters, and to those who caused them.

use super::random::Random;
use super::share::narrow;
use super::share::split;
use super::spec::Hardware;
use super::spec::Power;
use super::zones::Domain;
use super::zones::Zone;
use super::zones::zones;

/// Parts of a package, in thousandths: the rest is the package's own.
const CORE_PERMILLE: u128 = 650;
const UNCORE_PERMILLE: u128 = 90;
/// The twin is read a moment later or earlier; it shows the energy as it was up to this long ago.
const TWIN_LAG_NJ: u128 = 250_000;

/// The sockets' energy and the counters that show it.
#[derive(Clone, Debug)]
pub(crate) struct Energy {
    hardware: Hardware,
    pub(crate) zones: Vec<Zone>,
    elapsed_us: u64,
    /// CPU time that ran on each socket since the start.
    busy_us: Vec<u64>,
}

/// What the counters of one socket and component rose by in a step, and for whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rise {
    /// For what is there when nobody runs.
    pub(crate) idle_uj: u64,
    /// For those who ran.
    pub(crate) dynamic_uj: u64,
}

/// A socket's step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SocketRise {
    pub(crate) cpu: Rise,
    pub(crate) dram: Rise,
}

impl Energy {
    pub(crate) fn new(hardware: &Hardware, random: &mut Random) -> Self {
        let zones = zones(hardware, random);
        let busy_us = vec![0; hardware.sockets.max(1) as usize];
        Self {
            hardware: hardware.clone(),
            zones,
            elapsed_us: 0,
            busy_us,
        }
    }

    /// Lets time pass in which the sockets ran for so long.
    pub(crate) fn advance(&mut self, step_us: u64, busy_us: &[u64]) -> Vec<SocketRise> {
        let before: Vec<(u64, u64)> = (0..self.busy_us.len())
            .map(|socket| self.counted(socket))
            .collect();
        self.elapsed_us += step_us;
        for (total, step) in self.busy_us.iter_mut().zip(busy_us) {
            *total += step;
        }
        self.set_counters();
        let dram = self.hardware.dram.unwrap_or(Power {
            static_mw: 0,
            dynamic_mw: 0,
        });
        let rise = |socket: usize| {
            let (cpu, memory) = self.counted(socket);
            SocketRise {
                cpu: self.rise(
                    cpu - before[socket].0,
                    self.hardware.package,
                    step_us,
                    busy_us[socket],
                ),
                dram: self.rise(memory - before[socket].1, dram, step_us, busy_us[socket]),
            }
        };
        (0..self.busy_us.len()).map(rise).collect()
    }

    /// What a socket's package zones and its dram zones have counted.
    fn counted(&self, socket: usize) -> (u64, u64) {
        let sum = |domain: Domain| {
            let own = self
                .zones
                .iter()
                .filter(|zone| zone.socket == Some(socket) && zone.domain == domain);
            own.map(|zone| zone.counter.counted_uj()).sum()
        };
        (sum(Domain::Package), sum(Domain::Dram))
    }

    /// Parts a rise by the static and the dynamic energy of the very same step.
    fn rise(&self, uj: u64, power: Power, step_us: u64, busy_us: u64) -> Rise {
        let cpus = u64::from(self.hardware.cpus_per_socket.max(1));
        let weights = [power.static_mw * step_us * cpus, power.dynamic_mw * busy_us];
        match split(uj, &weights)[..] {
            [idle_uj, dynamic_uj] if weights != [0, 0] => Rise { idle_uj, dynamic_uj },
            _ => Rise {
                idle_uj: uj,
                dynamic_uj: 0,
            },
        }
    }

    fn set_counters(&mut self) {
        let sockets = 0..self.busy_us.len();
        let package: Vec<u128> = sockets
            .clone()
            .map(|socket| self.total_nj(self.hardware.package, socket))
            .collect();
        let dram: Vec<u128> = match self.hardware.dram {
            Some(power) => sockets.map(|socket| self.total_nj(power, socket)).collect(),
            None => vec![0; package.len()],
        };
        let rest = u128::from(self.hardware.psys_rest_mw.unwrap_or(0)) * u128::from(self.elapsed_us);
        let board = package.iter().sum::<u128>() + dram.iter().sum::<u128>() + rest;
        let dies = u128::from(self.hardware.dies.max(1));
        for zone in &mut self.zones {
            let socket = zone.socket.unwrap_or(0);
            let own = package[socket] / dies;
            zone.counter.advance_to(match zone.domain {
                Domain::Package => own,
                Domain::Core => own * CORE_PERMILLE / 1000,
                Domain::Uncore => own * UNCORE_PERMILLE / 1000,
                Domain::Twin => own.saturating_sub(TWIN_LAG_NJ),
                Domain::Dram => dram[socket] / dies,
                Domain::Psys => board,
            });
        }
    }

    /// Milliwatts times microseconds are nanojoules.
    fn total_nj(&self, power: Power, socket: usize) -> u128 {
        let cpus = u128::from(self.hardware.cpus_per_socket.max(1));
        let idle = u128::from(power.static_mw) * u128::from(self.elapsed_us);
        idle + u128::from(power.dynamic_mw) * u128::from(self.busy_us[socket]) / cpus
    }

    /// All that the zones of one domain have counted.
    pub(crate) fn total_uj(&self, domain: Domain) -> u64 {
        let own = self.zones.iter().filter(|zone| zone.domain == domain);
        narrow(own.map(|zone| u128::from(zone.counter.counted_uj())).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn close(value: u64, wanted: u64) -> bool {
        value.abs_diff(wanted) <= 62
    }

    #[test]
    fn power_follows_the_use_of_each_socket_in_a_straight_line() {
        let mut energy = Energy::new(&Hardware::default(), &mut Random::new(3));
        let rises = energy.advance(SECOND, &[8 * SECOND, 0]);
        let (busy, idle) = (rises[0], rises[1]);
        assert!(
            close(busy.cpu.idle_uj, 40_000_000) && close(busy.cpu.dynamic_uj, 110_000_000),
            "{busy:?}"
        );
        assert!(
            close(busy.dram.idle_uj, 6_000_000) && close(busy.dram.dynamic_uj, 12_000_000),
            "{busy:?}"
        );
        assert!(
            close(idle.cpu.idle_uj, 40_000_000) && idle.cpu.dynamic_uj == 0,
            "{idle:?}"
        );
    }

    #[test]
    fn energy_below_one_unit_is_carried_and_never_lost() {
        let mut energy = Energy::new(&Hardware::default(), &mut Random::new(3));
        let mut sum = 0;
        // A microsecond at 40 W is 40 uJ, less than a unit of 61.
        for _ in 0..10_000 {
            sum += energy.advance(1, &[0, 0])[0].cpu.idle_uj;
        }
        assert!(close(sum, 400_000), "{sum}");
    }

    #[test]
    fn psys_is_all_and_the_rest_and_the_parts_of_a_package_are_less_than_it() {
        let mut energy = Energy::new(&Hardware::client(), &mut Random::new(3));
        energy.advance(10 * SECOND, &[30 * SECOND]);
        let [package, core, uncore, psys, twin] = [
            Domain::Package,
            Domain::Core,
            Domain::Uncore,
            Domain::Psys,
            Domain::Twin,
        ]
        .map(|domain| energy.total_uj(domain));
        assert!(close(psys, package + 45_000_000), "{psys} {package}");
        assert!(core > 0 && uncore > 0 && core + uncore < package);
        assert!(twin < package && package - twin < 400);
    }
}
