//! From overlapping zones to components that add up.

use wattle_attribution::Step;
use wattle_hostfs::powercap::Zone;
use wattle_hostfs::powercap::ZoneKind;

use super::platform::Parts;
use super::platform::Platform;
use super::stand_in::Counters;
use super::stand_in::Span;
use super::stand_in::StandIn;
use super::zones::ZoneAccount;
use super::zones::Zones;
use crate::component::Component;
use crate::power_model::PowerModel;
use crate::sample::SocketTimes;
use crate::sensor::Quality;

/// The energy of one component in one interval, of one socket or, for the platform's rest, of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) component: Component,
    pub(super) socket: Option<u32>,
    pub(super) energy_uj: u64,
    pub(super) quality: Quality,
    /// It is the power of exactly this interval, so a model may learn from it.
    pub(super) steady: bool,
}

/// Chooses, for every component and socket, which counter speaks for it.
#[derive(Debug, Default)]
pub(super) struct Basis {
    groups: Vec<Group>,
    stand_in: StandIn,
    platform: Platform,
}

/// Zones that count the same energy: the MSR and MMIO twins of one package or of its memory.
#[derive(Debug)]
struct Group {
    component: Component,
    socket: u32,
    die: Option<u32>,
    /// Positions in [`Zones`], the register of the processor before its memory-mapped twin.
    zones: Vec<usize>,
    /// The one that counts, until it fails. Two are never mixed within an interval.
    current: usize,
}

impl Basis {
    /// Sorts the zones anew after one has appeared.
    pub(super) fn regroup(&mut self, zones: &Zones) {
        let mut groups: Vec<Group> = Vec::new();
        for (index, account) in zones.iter().enumerate() {
            let zone = &account.zone;
            let Some(component) = component_of(zone) else {
                continue;
            };
            let socket = zone.socket.unwrap_or(0);
            match groups
                .iter_mut()
                .find(|group| group.counts(component, socket, zone.die))
            {
                Some(group) => group.zones.push(index),
                None => groups.push(Group {
                    component,
                    socket,
                    die: zone.die,
                    zones: vec![index],
                    current: index,
                }),
            }
        }
        for group in &mut groups {
            group
                .zones
                .sort_by_key(|&index| zones.get(index).is_some_and(|account| is_mapped(&account.zone)));
            group.current = self.earlier_choice(group).unwrap_or(group.zones[0]);
        }
        self.groups = groups;
    }

    fn earlier_choice(&self, group: &Group) -> Option<usize> {
        let earlier = self
            .groups
            .iter()
            .find(|old| old.counts(group.component, group.socket, group.die))?;
        Some(earlier.current)
    }

    /// What is due for an interval; fills `dues`.
    pub(super) fn settle(
        &mut self,
        zones: &Zones,
        sockets: &[SocketInterval],
        model: &PowerModel,
        span: Span,
        dues: &mut Vec<Due>,
    ) {
        dues.clear();
        let mut complete = true;
        for group in &mut self.groups {
            match group.settle(zones) {
                Some((step, consecutive)) => add(dues, group.component, group.socket, step, consecutive),
                None => complete = false,
            }
        }
        for socket in sockets {
            self.estimate(socket, (zones, model), span, dues);
        }
        let parts = if dues.iter().any(|due| due.quality == Quality::Estimated) {
            Parts::Estimated
        } else if complete {
            Parts::Measured(dues.iter().map(|due| due.energy_uj).sum())
        } else {
            Parts::Missing
        };
        if let Some(energy_uj) = self.platform.settle(zones, parts, span.elapsed) {
            let quality = Quality::Derived;
            dues.push(Due {
                component: Component::Other,
                socket: None,
                energy_uj,
                quality,
                steady: true,
            });
        }
    }

    /// Lets the model speak for a socket whose package counters do not.
    fn estimate(
        &mut self,
        socket: &SocketInterval,
        (zones, model): (&Zones, &PowerModel),
        span: Span,
        dues: &mut Vec<Due>,
    ) {
        let number = socket.now.socket;
        let mine = |due: &Due| due.component == Component::Cpu && due.socket == Some(number);
        let answered = dues.iter().position(mine);
        let counters = self.counters_of(number, zones);
        if !self.stand_in.speaks(number, counters, answered.is_some(), span) {
            return;
        }
        let estimate = Due {
            component: Component::Cpu,
            socket: Some(number),
            energy_uj: model.energy_uj(socket.utilisation_ppm, socket.now.cores, span.elapsed),
            quality: Quality::Estimated,
            steady: false,
        };
        match answered {
            Some(index) => dues[index] = estimate,
            None => dues.push(estimate),
        }
    }

    fn counters_of(&self, socket: u32, zones: &Zones) -> Counters {
        let mut packages = self
            .groups
            .iter()
            .filter(|group| group.component == Component::Cpu)
            .peekable();
        if packages.peek().is_none() {
            return Counters::NoneOnHost;
        }
        let mut own = packages.filter(|group| group.socket == socket).peekable();
        if own.peek().is_none() {
            Counters::OnOthersOnly
        } else if own.any(|group| group.was_read(zones)) {
            Counters::Own
        } else {
            Counters::NeverRead
        }
    }

    /// The zone that speaks for each group, and whether it answered.
    pub(super) fn counts(&self, index: usize) -> bool {
        self.groups.iter().any(|group| group.current == index)
    }

    /// Whether `psys` is being compared and there is nothing against it yet.
    pub(super) fn platform_is_on_trial(&self) -> bool {
        self.platform.is_on_trial()
    }

    /// Why `psys` is not used, if it is there and is not.
    pub(super) fn platform_complaint(&self) -> Option<&'static str> {
        self.platform.complaint()
    }
}

impl Group {
    fn counts(&self, component: Component, socket: u32, die: Option<u32>) -> bool {
        self.component == component && self.socket == socket && self.die == die
    }

    fn was_read(&self, zones: &Zones) -> bool {
        let mut accounts = self.zones.iter().filter_map(|&index| zones.get(index));
        accounts.any(ZoneAccount::was_read)
    }

    /// The step of the zone that counts; of a twin if that one fails. The twin was read all along, so its step is that of this
    /// interval.
    fn settle(&mut self, zones: &Zones) -> Option<(Step, bool)> {
        let usable = |&index: &usize| zones.get(index).is_some_and(ZoneAccount::usable);
        if !usable(&self.current) {
            self.current = self.zones.iter().copied().find(usable)?;
        }
        let account = zones.get(self.current)?;
        match account.step? {
            step @ (Step::Advance(_) | Step::Wrap(_)) => Some((step, account.consecutive)),
            // What was used is unknown, which is not the same as nothing.
            Step::First | Step::Reset | Step::Implausible => None,
        }
    }
}

/// A socket's interval, as far as its CPU times tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketInterval {
    pub(super) now: SocketTimes,
    pub(super) busy_usec: u64,
    pub(super) utilisation_ppm: Option<u32>,
}

fn component_of(zone: &Zone) -> Option<Component> {
    match zone.kind {
        ZoneKind::Package => Some(Component::Cpu),
        ZoneKind::Dram => Some(Component::Dram),
        _ => None,
    }
}

fn is_mapped(zone: &Zone) -> bool {
    zone.control.ends_with("-mmio")
}

/// Several dies of one socket add up.
fn add(dues: &mut Vec<Due>, component: Component, socket: u32, step: Step, consecutive: bool) {
    let steady = consecutive && step.energy_uj() > 0;
    let same = |due: &&mut Due| due.component == component && due.socket == Some(socket);
    if let Some(due) = dues.iter_mut().find(same) {
        due.energy_uj += step.energy_uj();
        due.steady &= steady;
        return;
    }
    dues.push(Due {
        component,
        socket: Some(socket),
        energy_uj: step.energy_uj(),
        quality: Quality::Measured,
        steady,
    });
}
