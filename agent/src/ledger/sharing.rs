//! An interval's claims, and who owes what of a charge.

use wattle_attribution::Charge;
use wattle_attribution::Claim;
use wattle_attribution::Divider;
use wattle_attribution::IdlePolicy;
use wattle_attribution::Presence;
use wattle_attribution::spread;

use super::accounts::Claimant;
use super::basis::Due;
use super::load::Interval;

/// Who claims what in an interval, and the working memory for it, kept from tick to tick.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    pub(super) dues: Vec<Due>,
    pub(super) claimants: Vec<Claimant>,
    presences: Vec<Presence>,
    weights: Vec<Vec<u64>>,
    times: Vec<u64>,
    reserved: Vec<u64>,
    pub(super) parts: Vec<u64>,
    /// What each claimant was billed in this interval, all components together.
    pub(super) billed: Vec<u64>,
    divider: Divider,
}

impl Sharing {
    /// Lays the claims out by socket.
    pub(super) fn prepare(&mut self, interval: &Interval) {
        self.billed.clear();
        self.billed.resize(self.claimants.len(), 0);
        self.presences.clear();
        self.presences
            .extend(self.claimants.iter().map(|claimant| claimant.presence));
        self.times.clear();
        self.times
            .extend(self.claimants.iter().map(|claimant| claimant.presence.time_usec));
        self.reserved.clear();
        self.reserved
            .extend(self.claimants.iter().map(|claimant| claimant.reserved_millicpus));
        let busy: Vec<u64> = interval.sockets.iter().map(|socket| socket.busy_usec).collect();
        spread(&self.presences, &busy, &mut self.weights);
    }

    /// Fills `parts` with what each claimant owes of a charge, and returns what stays idle.
    pub(super) fn share(
        &mut self,
        charge: Charge,
        policy: IdlePolicy,
        socket: Option<usize>,
        cpus: u32,
    ) -> u64 {
        self.parts.clear();
        self.parts.resize(self.claimants.len(), 0);
        let claim = Claim {
            time_usec: socket
                .and_then(|index| self.weights.get(index))
                .unwrap_or(&self.times),
            reserved_millicpus: &self.reserved,
            capacity_millicpus: u64::from(cpus) * 1000,
        };
        self.divider.divide(charge, policy, claim, &mut self.parts)
    }
}

impl Claimant {
    pub(super) fn unbound(entry: usize, time_usec: u64) -> Self {
        let presence = Presence {
            time_usec,
            socket: None,
        };
        Self {
            entry,
            presence,
            reserved_millicpus: 0,
        }
    }
}
