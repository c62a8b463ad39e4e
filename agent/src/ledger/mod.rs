//! The only thing with a memory.
//!
//! [`Ledger::advance`] compares a [`Sample`] with the one before, settles what energy is due, shares it over those who
//! ran, and returns a [`HostReport`]. It reads no file and asks no clock.

mod accounts;
#[cfg(test)]
mod accounts_tests;
mod basis;
#[cfg(test)]
mod basis_tests;
mod book;
mod carbon;
#[cfg(test)]
mod carbon_tests;
mod flows;
#[cfg(test)]
mod limit_tests;
mod load;
mod models;
mod platform;
mod processes;
mod report;
mod sensors;
mod sharing;
mod stand_in;
mod state;
mod within;
mod zones;

use std::sync::Arc;
use std::time::Duration;

use wattle_attribution::Charge;
use wattle_attribution::IdlePolicy;
use wattle_hostfs::powercap::Zone;

use self::accounts::Accounts;
use self::accounts::Claimant;
use self::accounts::Since;
use self::basis::Basis;
use self::basis::Due;
use self::book::Book;
use self::carbon::Carbon;
pub use self::carbon::CarbonReport;
pub use self::carbon::Grams;
use self::flows::Flows;
use self::load::Interval;
use self::load::Load;
use self::models::Models;
use self::processes::Charged;
use self::processes::Processes;
pub use self::report::ComponentReport;
pub use self::report::CpuReport;
pub use self::report::HostReport;
pub use self::report::ModelReport;
pub use self::report::ProcessReport;
pub use self::report::ProcessesReport;
pub use self::report::WorkloadReport;
pub use self::report::ZoneReport;
use self::sharing::Sharing;
use self::stand_in::Span;
use self::state::AccountState;
pub use self::state::LedgerState;
use self::state::flow_reading;
use self::zones::ZoneAccount;
pub use self::zones::ZoneEvents;
use self::zones::Zones;
use crate::component::Component;
use crate::component::PerComponent;
use crate::power_model::PowerModel;
use crate::sample::CpuSample;
use crate::sample::Sample;
use crate::sensor::Quality;

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// The ordinary time between two ticks.
    pub interval: Duration,
    /// Who pays for the static part.
    pub idle_policy: IdlePolicy,
    /// How long an ended workload keeps its series.
    pub keep: Duration,
    /// How many workloads have series of their own.
    pub limit: usize,
    /// How many processes have series of their own.
    pub top_processes: usize,
    /// The power of sockets that do not count their energy.
    pub power_model: PowerModel,
}

/// The joules of a host, and whose they are.
#[derive(Debug)]
pub struct Ledger {
    settings: LedgerSettings,
    previous: Option<Duration>,
    uptime_ticks: Option<u64>,
    own_cpu_usec: Option<u64>,
    ticks: u64,
    zones: Zones,
    basis: Basis,
    load: Load,
    models: Models,
    accounts: Accounts,
    flows: Flows,
    processes: Option<Processes>,
    book: Book,
    carbon: Carbon,
    host_uj: PerComponent<u64>,
    latest: PerComponent<Option<(u64, Quality)>>,
    quality: PerComponent<Quality>,
    seen: PerComponent<bool>,
    work: Sharing,
}

impl Ledger {
    /// An empty ledger. `wall` is the time since 1970 at which its counters begin.
    pub fn new(settings: LedgerSettings, wall: Duration) -> Self {
        Self {
            book: Book::new(settings.limit, wall),
            settings,
            previous: None,
            uptime_ticks: None,
            own_cpu_usec: None,
            ticks: 0,
            zones: Zones::default(),
            basis: Basis::default(),
            load: Load::default(),
            models: Models::default(),
            accounts: Accounts::default(),
            carbon: Carbon::default(),
            flows: Flows::default(),
            processes: None,
            host_uj: [0; 3],
            latest: [None; 3],
            quality: [Quality::Measured; 3],
            seen: [true, false, false],
            work: Sharing::default(),
        }
    }

    /// A ledger that goes on where an earlier one stopped. In the same boot the readings go on too, and the time between
    /// the runs is counted; after a reboot only the totals do. `zones` are those that the host has now.
    pub fn restore(
        settings: LedgerSettings,
        state: &LedgerState,
        same_boot: bool,
        zones: &[Arc<Zone>],
        wall: Duration,
    ) -> Self {
        let at = if same_boot { state.at } else { Duration::ZERO };
        let readings_at = if same_boot { state.at } else { Duration::MAX };
        let mut ledger = Self {
            book: Book::restore(settings.limit, (at, wall), state),
            zones: Zones::restore(&state.zones, readings_at, zones),
            models: Models::restore(&state.models),
            carbon: Carbon::restore(state.carbon.as_ref()),
            host_uj: state.host_uj,
            seen: state.seen,
            ticks: state.ticks,
            ..Self::new(settings, wall)
        };
        ledger.basis.regroup(&ledger.zones);
        if same_boot {
            ledger.previous = Some(state.at);
            ledger.uptime_ticks = state.uptime_ticks;
            ledger.load = Load::restore(state.busy_usec, state.interrupt_usec, &state.sockets);
            ledger.accounts = Accounts::restore(state.accounts.iter().map(AccountState::reading));
            ledger.flows = Flows::restore(state.flows.iter().map(flow_reading));
        }
        ledger
    }

    /// Takes new settings without losing a joule.
    pub fn reconfigure(&mut self, settings: LedgerSettings) {
        self.book.set_limit(settings.limit);
        self.settings = settings;
    }

    /// What the host used in all while the agent watched, in microjoules.
    pub fn host_total_uj(&self) -> u64 {
        self.host_uj.iter().sum()
    }

    fn at(&self) -> Duration {
        self.previous.unwrap_or_default()
    }

    /// Takes a sample; returns what follows from it.
    pub fn advance(&mut self, sample: Sample) -> HostReport {
        let elapsed = self
            .previous
            .and_then(|before| sample.at.checked_sub(before))
            .filter(|e| !e.is_zero());
        if self.zones.observe(&sample.zones, sample.at) {
            self.basis.regroup(&self.zones);
        }
        let most_usec = most_usec(elapsed, sample.cpu.as_ref());
        let interval = self.load.observe(sample.cpu.as_ref(), most_usec);
        self.book.begin_interval();
        self.claim(&sample, &interval, (elapsed, most_usec));
        self.latest = [None; 3];
        if let Some(elapsed) = elapsed {
            self.settle(
                &interval,
                Span {
                    at: sample.at,
                    elapsed,
                },
            );
        }
        if let Some((grid, elapsed)) = sample.grid.as_ref().zip(elapsed) {
            let latest = self.latest.map(|due| due.map_or(0, |(energy, _)| energy));
            let rate = self.carbon.emit(grid, (sample.wall, elapsed), latest);
            self.book.emit(rate);
        }
        self.attribute_to_processes(&sample, elapsed);
        self.book.expire(sample.at, self.settings.keep);
        self.previous = Some(sample.at);
        self.uptime_ticks = sample.uptime_ticks;
        self.ticks += 1;
        self.report(sample, &interval, elapsed)
    }

    /// Fills the claimants: accounts, interrupts, and what ran unseen.
    fn claim(&mut self, sample: &Sample, interval: &Interval, (elapsed, most_usec): (Option<Duration>, u64)) {
        self.work.billed.clear();
        let claimants = &mut self.work.claimants;
        claimants.clear();
        let since = Since {
            uptime_ticks: self.uptime_ticks,
            known: self.previous.is_some(),
            wall: sample.wall.saturating_sub(elapsed.unwrap_or_default()),
            most_usec,
        };
        self.accounts.observe(sample, since, &mut self.book, claimants);
        self.flows.observe(sample, &self.accounts, &mut self.book);
        let fixed = self.book.fixed();
        if interval.interrupt_usec > 0 {
            claimants.push(Claimant::unbound(fixed.kernel, interval.interrupt_usec));
            self.book.add_time(fixed.kernel, interval.interrupt_usec);
        }
        let accounted = claimants.iter().map(|claimant| claimant.presence.time_usec).sum();
        let unseen = self.load.unseen_usec(interval, accounted);
        if unseen > 0 {
            claimants.push(Claimant::unbound(fixed.unattributed, unseen));
            self.book.add_time(fixed.unattributed, unseen);
        }
    }

    fn settle(&mut self, interval: &Interval, span: Span) {
        let (model, work) = (&self.settings.power_model, &mut self.work);
        self.basis
            .settle(&self.zones, &interval.sockets, model, span, &mut work.dues);
        work.prepare(interval);
        let dues = std::mem::take(&mut self.work.dues);
        for due in &dues {
            self.bill(due, interval, span.elapsed);
        }
        self.work.dues = dues;
    }

    /// Parts what accounts were charged among their processes, where processes were read.
    fn attribute_to_processes(&mut self, sample: &Sample, elapsed: Option<Duration>) {
        let Some(samples) = &sample.processes else {
            self.processes = None;
            return;
        };
        let (accounts, work) = (&self.accounts, &self.work);
        let charged = |account| {
            let (workload, claimant) = accounts.claimant(account)?;
            Some(Charged {
                workload: workload.clone(),
                energy_uj: *work.billed.get(claimant)?,
                time_usec: work.claimants.get(claimant)?.presence.time_usec,
            })
        };
        let interval = processes::Interval {
            uptime_ticks: self.uptime_ticks,
            wall: sample.wall.saturating_sub(elapsed.unwrap_or_default()),
            at: sample.at,
            keep: self.settings.keep,
            most: self.settings.top_processes,
            total_uj: work.billed.iter().sum(),
        };
        self.processes
            .get_or_insert_default()
            .observe(samples, interval, charged);
    }

    /// Shares one due over those who ran, and learns from it.
    fn bill(&mut self, due: &Due, interval: &Interval, elapsed: Duration) {
        let socket = due.socket.and_then(|socket| interval.position(socket));
        let utilisation = interval.utilisation_ppm(socket);
        let assumed = (due.quality == Quality::Estimated).then(|| {
            let cores = socket.map_or(0, |index| interval.sockets[index].now.cores);
            self.settings.power_model.static_uw(cores)
        });
        let static_uj = self.models.static_uj(due, assumed, utilisation, elapsed);
        if self.is_ordinary(elapsed) {
            self.models.learn(due, utilisation, elapsed);
        }
        let charge = Charge {
            total_uj: due.energy_uj,
            static_uj,
        };
        let idle = self
            .work
            .share(charge, self.settings.idle_policy, socket, interval.cpus);
        let component = due.component.index();
        for (claimant, part) in self.work.claimants.iter().zip(&self.work.parts) {
            self.book.bill(claimant.entry, component, *part);
        }
        for (sum, part) in self.work.billed.iter_mut().zip(&self.work.parts) {
            *sum += part;
        }
        self.book.bill(self.book.fixed().idle, component, idle);
        self.host_uj[component] += due.energy_uj;
        self.note(component, due);
    }

    /// A component is only as good as the worst of its parts.
    fn note(&mut self, component: usize, due: &Due) {
        let (energy, quality) = self.latest[component].unwrap_or((0, due.quality));
        let quality = quality.max(due.quality);
        self.latest[component] = Some((energy + due.energy_uj, quality));
        self.quality[component] = quality;
        self.seen[component] = true;
    }

    fn is_ordinary(&self, elapsed: Duration) -> bool {
        let interval = self.settings.interval;
        elapsed >= interval / 2 && elapsed <= interval * 3 / 2
    }

    fn report(&mut self, sample: Sample, interval: &Interval, elapsed: Option<Duration>) -> HostReport {
        let workloads = self.book.reports(sample.at);
        let retired_uj = self.book.retired_uj();
        let billed: i128 = workloads
            .iter()
            .flat_map(|w| w.energy_uj)
            .chain(retired_uj)
            .map(i128::from)
            .sum();
        let host: i128 = self.host_uj.into_iter().map(i128::from).sum();
        let cores = |socket| {
            interval
                .position(socket)
                .map_or(0, |index| interval.sockets[index].now.cores)
        };
        let components = self.components();
        let own_cpu_usec = sample.host.own.map(|own| own.cpu_usec);
        let own_before = std::mem::replace(&mut self.own_cpu_usec, own_cpu_usec);
        let mut sensors = sensors::judged(sample.sensors, &self.zones, &self.basis);
        sensors.extend(sensors::of_components(&components, elapsed));
        HostReport {
            at: sample.at,
            wall: sample.wall,
            elapsed,
            ticks: self.ticks,
            zones: self.zones.iter().filter_map(ZoneAccount::report).collect(),
            components,
            workloads,
            processes: self.processes.as_ref().map(Processes::report),
            retired_uj,
            conservation_error_uj: host - billed,
            workloads_over_limit: self.book.over_limit(),
            idle_policy: self.settings.idle_policy,
            models: self
                .models
                .reports(&self.work.dues, &self.settings.power_model, cores),
            cpu: self.load.shown(sample.cpu.as_ref()),
            carbon: sample
                .grid
                .map(|grid| self.carbon.report(grid, self.book.retired_carbon())),
            host: sample.host,
            own_latest_cpu_usec: own_cpu_usec
                .zip(own_before)
                .and_then(|(now, before)| now.checked_sub(before)),
            sensors,
        }
    }

    fn components(&self) -> PerComponent<Option<ComponentReport>> {
        Component::ALL.map(|component| {
            let index = component.index();
            self.seen[index].then(|| ComponentReport {
                energy_uj: self.host_uj[index],
                latest_uj: self.latest[index].map(|(energy, _)| energy),
                quality: self.quality[index],
            })
        })
    }
}

/// Nothing can have used more than all CPUs for the whole interval, but for the noise of reading.
fn most_usec(elapsed: Option<Duration>, cpu: Option<&CpuSample>) -> u64 {
    let Some(elapsed) = elapsed else { return 0 };
    let cpus = cpu.map_or(1, |cpu| cpu.sockets.iter().map(|socket| socket.cpus).sum());
    let all = (elapsed + Duration::from_secs(1)).as_micros() * u128::from(cpus.max(1));
    u64::try_from(all).unwrap_or(u64::MAX)
}
