//! What a machine asked for as it is kept with its claim, and back again.

use std::time::Duration;

use super::Order;
use crate::facts::Position;
use crate::inventory::GroupPromise;
use crate::inventory::LimitsPromise;
use crate::inventory::NearPromise;
use crate::inventory::Promises;
use crate::inventory::Wish;
use crate::placement::Group;
use crate::placement::Limits;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::PowerBound;
use crate::placement::Target;

/// What a machine is promised when it gets what it asks for, of groups that are known.
pub(crate) fn kept(order: &Order, machine: &Machine, groups: &[Group]) -> Promises {
    let theirs = groups.iter().filter(|group| machine.groups.contains(&group.name));
    let by_name = |near: &Near| matches!(near.to, Target::Group(_) | Target::Machine(_));
    let named = !machine.groups.is_empty() || machine.near.iter().any(by_name);
    Promises {
        project: if named {
            order.project.clone()
        } else {
            String::new()
        },
        required: machine.wish.required.clone(),
        forbidden: machine.wish.forbidden.clone(),
        member_of: machine.wish.member_of.clone(),
        not_member_of: machine.wish.not_member_of.clone(),
        groups: theirs.map(group).collect(),
        near: machine.near.iter().map(near).collect(),
        limits: limits(&machine.limits),
        busy_cpus: machine.busy_cpus,
        policy: order.policy.name.clone(),
    }
}

fn group(group: &Group) -> GroupPromise {
    GroupPromise {
        name: group.name.clone(),
        affinity: group.affinity,
        hard: group.hard,
    }
}

fn near(near: &Near) -> NearPromise {
    let mut kept = NearPromise {
        max_delay_seconds: near.max_delay_seconds,
        max_distance_meters: near.max_distance_meters,
        ..NearPromise::default()
    };
    match &near.to {
        Target::Host(name) => kept.host = Some(name.clone()),
        Target::Machine(id) => kept.machine = Some(id.clone()),
        Target::Group(name) => kept.group = Some(name.clone()),
        Target::Position(position) => {
            (kept.latitude, kept.longitude) = (Some(position.latitude), Some(position.longitude));
        }
    }
    kept
}

fn limits(limits: &Limits) -> LimitsPromise {
    LimitsPromise {
        sites: limits.sites.clone(),
        countries: limits.countries.clone(),
        max_grams_per_kwh: limits.max_grams_per_kwh,
        max_fact_age_seconds: limits.max_fact_age.map(|age| age.as_secs_f64()),
        power_limit_watts: limits.power_limit_watts,
        headroom_watts: Some(limits.headroom_watts).filter(|watts| *watts > 0.0),
    }
}

/// A machine that asks again for what it was promised.
pub(crate) fn machine(id: &str, resources: Vec<(String, u64)>, kept: &Promises) -> Machine {
    Machine {
        id: id.to_owned(),
        wish: Wish {
            resources,
            required: kept.required.clone(),
            forbidden: kept.forbidden.clone(),
            member_of: kept.member_of.clone(),
            not_member_of: kept.not_member_of.clone(),
            in_tree: None,
        },
        groups: kept.groups.iter().map(|group| group.name.clone()).collect(),
        near: wishes_for_nearness(kept).collect(),
        limits: Limits {
            sites: kept.limits.sites.clone(),
            countries: kept.limits.countries.clone(),
            max_grams_per_kwh: kept.limits.max_grams_per_kwh,
            max_fact_age: kept.limits.max_fact_age_seconds.and_then(seconds),
            power_limit_watts: kept.limits.power_limit_watts,
            headroom_watts: kept.limits.headroom_watts.unwrap_or_default(),
        },
        busy_cpus: kept.busy_cpus,
    }
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// What somebody was promised to be near to.
pub(crate) fn wishes_for_nearness(kept: &Promises) -> impl Iterator<Item = Near> {
    kept.near.iter().filter_map(|near| {
        Some(Near {
            to: target(near)?,
            max_delay_seconds: near.max_delay_seconds,
            max_distance_meters: near.max_distance_meters,
        })
    })
}

fn target(near: &NearPromise) -> Option<Target> {
    let position = || {
        Some(Position {
            latitude: near.latitude?,
            longitude: near.longitude?,
        })
    };
    let host = near.host.clone().map(Target::Host);
    let machine = || near.machine.clone().map(Target::Machine);
    let group = || near.group.clone().map(Target::Group);
    host.or_else(machine)
        .or_else(group)
        .or_else(|| position().map(Target::Position))
}

/// What is to be kept of the power of its host.
pub(crate) fn power_bound(kept: &Promises) -> PowerBound {
    PowerBound {
        limit_watts: kept.limits.power_limit_watts,
        headroom_watts: kept.limits.headroom_watts.unwrap_or_default(),
    }
}
