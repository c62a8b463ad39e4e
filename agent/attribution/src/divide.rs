//! Who pays for what ran, and who for what is there anyway.

use serde::Deserialize;
use serde::Serialize;

use crate::Remainders;

/// Who pays for the static part of the power, which is there whether anybody runs or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdlePolicy {
    /// The host keeps it, as the workload of kind `idle`.
    #[default]
    Host,
    /// Whoever ran, in proportion to CPU time. In an interval in which nobody ran, the host.
    Usage,
    /// Whoever reserved CPUs, in proportion to the reservation; what nobody reserved stays with the host.
    Reservation,
}

impl IdlePolicy {
    /// The word used in configuration and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Usage => "usage",
            Self::Reservation => "reservation",
        }
    }
}

/// The energy of one component in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// All of it, in microjoules.
    pub total_uj: u64,
    /// How much of it would have been used with nobody running. More than the total counts as the total.
    pub static_uj: u64,
}

/// What the claimants have to show, by position.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// CPU time in the interval.
    pub time_usec: &'a [u64],
    /// Reserved thousandths of a CPU; zero for those without a reservation.
    pub reserved_millicpus: &'a [u64],
    /// All CPUs that could be reserved, in thousandths.
    pub capacity_millicpus: u64,
}

/// Shares energy out, keeping its working memory between calls.
#[derive(Clone, Debug, Default)]
pub struct Divider {
    remainders: Remainders,
    weights: Vec<u64>,
    shares: Vec<u64>,
}

impl Divider {
    /// Adds to each of `parts` what its claimant owes, and returns what stays with the host as idle. Parts and idle
    /// grow by exactly `charge.total_uj`, whatever the input.
    pub fn divide(&mut self, charge: Charge, policy: IdlePolicy, claim: Claim<'_>, parts: &mut [u64]) -> u64 {
        let fixed = charge.static_uj.min(charge.total_uj);
        let dynamic = charge.total_uj - fixed;
        let used = self.remainders.add_shares(dynamic, claim.time_usec, parts);
        let idle = match policy {
            IdlePolicy::Host => fixed,
            IdlePolicy::Usage => fixed - self.remainders.add_shares(fixed, claim.time_usec, parts),
            IdlePolicy::Reservation => self.by_reservation(fixed, claim, parts),
        };
        idle + (dynamic - used)
    }

    /// The host itself stands at the end of the list with what is left of the capacity; an overbooked host has none.
    fn by_reservation(&mut self, fixed: u64, claim: Claim<'_>, parts: &mut [u64]) -> u64 {
        let reserved = claim
            .reserved_millicpus
            .iter()
            .fold(0_u64, |sum, part| sum.saturating_add(*part));
        let own = claim.capacity_millicpus.saturating_sub(reserved);
        self.weights.clear();
        self.weights.extend_from_slice(claim.reserved_millicpus);
        self.weights.push(own);
        self.shares.clear();
        self.shares.resize(self.weights.len(), 0);
        let given = self.remainders.add_shares(fixed, &self.weights, &mut self.shares);
        let host = self.shares.pop().unwrap_or_default();
        for (part, share) in parts.iter_mut().zip(&self.shares) {
            *part += share;
        }
        host + (fixed - given)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn divide(charge: (u64, u64), policy: IdlePolicy, time: &[u64], reserved: &[u64]) -> (Vec<u64>, u64) {
        let mut parts = vec![0; time.len()];
        let charge = Charge {
            total_uj: charge.0,
            static_uj: charge.1,
        };
        let claim = Claim {
            time_usec: time,
            reserved_millicpus: reserved,
            capacity_millicpus: 4000,
        };
        let idle = Divider::default().divide(charge, policy, claim, &mut parts);
        (parts, idle)
    }

    #[test]
    fn each_policy_says_who_pays_for_the_static_part() {
        let (time, reserved) = ([300, 100], [0, 1000]);
        for (policy, parts, idle) in [
            (IdlePolicy::Host, [30, 10], 60),
            (IdlePolicy::Usage, [75, 25], 0),
            (IdlePolicy::Reservation, [30, 25], 45),
        ] {
            assert_eq!(
                divide((100, 60), policy, &time, &reserved),
                (parts.to_vec(), idle),
                "{policy:?}"
            );
        }
    }

    #[test]
    fn when_nobody_ran_the_host_pays() {
        assert_eq!(
            divide((100, 60), IdlePolicy::Usage, &[0, 0], &[0, 0]),
            (vec![0, 0], 100)
        );
        assert_eq!(divide((100, 60), IdlePolicy::Host, &[], &[]), (vec![], 100));
    }

    #[test]
    fn an_overbooked_host_keeps_nothing_of_the_static_part() {
        let (parts, idle) = divide((100, 100), IdlePolicy::Reservation, &[0, 0], &[6000, 2000]);
        assert_eq!((parts, idle), (vec![75, 25], 0));
    }

    proptest! {
        #[test]
        fn parts_and_idle_add_up_to_the_charge(
            total in 0_u64..1 << 50,
            fixed in 0_u64..1 << 51,
            claims in prop::collection::vec((any::<u32>(), 0_u64..1 << 20), 0..40),
            policy in prop::sample::select(vec![IdlePolicy::Host, IdlePolicy::Usage, IdlePolicy::Reservation]),
        ) {
            let (time, reserved): (Vec<_>, Vec<_>) =
                claims.into_iter().map(|(time, reserved)| (u64::from(time), reserved)).unzip();
            let (parts, idle) = divide((total, fixed), policy, &time, &reserved);
            prop_assert_eq!(parts.iter().sum::<u64>() + idle, total);
        }
    }
}
