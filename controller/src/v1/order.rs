//! What an [`Ask`] means: names are looked up, bounds are kept, figures are checked.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ask::Ask;
use super::ask::GroupAsk;
use super::ask::LimitsAsk;
use super::ask::MachineAsk;
use super::ask::NearAsk;
use super::fault::Fault;
use super::keepable::keepable;
use crate::facts::Position;
use crate::inventory::Ledger;
use crate::inventory::Uuid;
use crate::inventory::Wish;
use crate::placement::Group;
use crate::placement::Limits;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::Policies;
use crate::placement::Policy;
use crate::placement::Request;
use crate::placement::RequestFault;
use crate::placement::Target;
use crate::placement_api::words;
use crate::placement_api::words::MAX_NAME;
use crate::schedule::Order;

/// The most machines of one request. All are claimed in one transaction, which etcd bounds.
pub(super) const MOST_MACHINES: usize = 48;
/// The most entries of any list in a request.
pub(super) const MOST: usize = 256;
/// How many runners-up and refused hosts are told if nobody says.
const EXPLAINED: usize = 10;
/// The most of each that are told of all machines together, which bounds the answer.
const MOST_TOLD: usize = 2000;
const DEFAULT_POLICY: &str = "balanced";
const DEFAULT_OWNER: &str = "default";
/// The name of a policy that the request itself makes.
pub(super) const CUSTOM: &str = "custom";

/// What is asked for.
pub(super) fn order(ask: &Ask, policies: &Policies, ledger: &Ledger) -> Result<Order, Fault> {
    bounded("machines", ask.machines.len(), MOST_MACHINES)?;
    if ask.machines.is_empty() {
        return Err(Fault::field("machines", "at least one machine is needed"));
    }
    bounded("groups", ask.groups.len(), MOST)?;
    let most_told = MOST_TOLD / ask.machines.len();
    let machines = ask.machines.iter().enumerate();
    let machines: Result<Vec<_>, _> = machines
        .map(|(number, machine)| At(ledger, format!("machines[{number}]")).machine(machine))
        .collect();
    let groups = ask.groups.iter().enumerate();
    let groups: Result<Vec<_>, _> = groups.map(|(number, group)| grouped(number, group)).collect();
    let order = Order {
        request: Request {
            machines: machines?,
            groups: groups?,
            present: Vec::new(),
            seed: ask.seed,
            explain: Some(ask.explain.unwrap_or(EXPLAINED).min(most_told)),
        },
        policy: policy(ask, policies)?,
        project: owner("project", ask.project.as_deref())?,
        user: owner("user", ask.user.as_deref())?,
        kind: ask.kind.as_deref().map(kind).transpose()?,
    };
    keepable(&order)?;
    Ok(order)
}

fn policy(ask: &Ask, policies: &Policies) -> Result<Policy, Fault> {
    let changes = !ask.weights.is_empty() || ask.curve.is_some() || ask.empty_hosts.is_some();
    let base = match ask.policy.as_deref() {
        None if !ask.weights.is_empty() => Policy::blank(),
        name => named(name.unwrap_or(DEFAULT_POLICY), policies)?,
    };
    if !changes {
        return Ok(base);
    }
    let custom = Policy {
        name: CUSTOM.to_owned(),
        ..base
    };
    let made = custom.with(&ask.weights, ask.curve, ask.empty_hosts);
    made.map_err(|error| Fault::field("weights", error))
}

/// A policy by its name.
pub(super) fn named(name: &str, policies: &Policies) -> Result<Policy, Fault> {
    policies.named(name).ok_or_else(|| {
        let known = policies.names().join(", ");
        let problem = format!("there is no policy {name:?}; known are: {known}");
        Fault::field("policy", problem)
    })
}

fn owner(field: &'static str, name: Option<&str>) -> Result<String, Fault> {
    let name = name.unwrap_or(DEFAULT_OWNER);
    short(field, name)?;
    Ok(name.to_owned())
}

fn kind(name: &str) -> Result<String, Fault> {
    short("kind", name)?;
    if words::is_word(name) {
        return Ok(name.to_owned());
    }
    let problem = format!("{name:?} has to be made of capitals, digits and _, such as INSTANCE");
    Err(Fault::field("kind", problem))
}

fn grouped(number: usize, group: &GroupAsk) -> Result<Group, Fault> {
    let field = format!("groups[{number}]");
    short(&format!("{field}.name"), &group.name)?;
    bounded(&format!("{field}.present"), group.present.len(), MOST)?;
    Ok(Group {
        name: group.name.clone(),
        affinity: group.affinity,
        hard: group.hard,
        present: group.present.clone(),
    })
}

fn bounded(field: &str, count: usize, most: usize) -> Result<(), Fault> {
    if count <= most {
        return Ok(());
    }
    Err(Fault::field(
        field,
        format!("has {count} entries, and {most} is the most"),
    ))
}

fn short(field: &str, name: &str) -> Result<(), Fault> {
    match name.chars().count() {
        0 => Err(Fault::field(field, "may not be empty")),
        count if count > MAX_NAME => {
            let problem = format!("has {count} characters, and {MAX_NAME} is the most");
            Err(Fault::field(field, problem))
        }
        _ => Ok(()),
    }
}

/// One machine of the request, and where it stands there.
struct At<'l>(&'l Ledger, String);

impl At<'_> {
    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.1)
    }

    fn machine(&self, ask: &MachineAsk) -> Result<Machine, Fault> {
        let lists = [
            ("resources", ask.resources.len()),
            ("required", ask.required.len()),
            ("member_of", ask.member_of.len()),
            ("groups", ask.groups.len()),
            ("near", ask.near.len()),
            ("limits.sites", ask.limits.sites.len()),
            ("limits.countries", ask.limits.countries.len()),
        ];
        for (name, count) in lists {
            bounded(&self.field(name), count, MOST)?;
        }
        let near = ask.near.iter().enumerate();
        let near: Result<Vec<_>, _> = near.map(|(number, near)| self.near(number, near)).collect();
        Ok(Machine {
            id: self.consumer(&ask.consumer)?,
            wish: self.wish(ask)?,
            groups: ask.groups.clone(),
            near: near?,
            limits: self.limits(&ask.limits)?,
            busy_cpus: ask.busy_cpus,
        })
    }

    fn consumer(&self, text: &str) -> Result<String, Fault> {
        let uuid = Uuid::like(text).map(|uuid| uuid.to_string());
        uuid.ok_or_else(|| Fault::field(self.field("consumer"), format!("{text:?} is not a UUID")))
    }

    fn wish(&self, ask: &MachineAsk) -> Result<Wish, Fault> {
        if ask.resources.is_empty() {
            let problem = "at least one resource class is needed, such as {\"VCPU\": 2}";
            return Err(Fault::field(self.field("resources"), problem));
        }
        let mut wish = Wish::default();
        for (class, amount) in &ask.resources {
            let field = || self.field(&format!("resources.{class}"));
            self.0
                .class(class)
                .map_err(|refusal| Fault::field(field(), refusal))?;
            wish.resources.push((class.clone(), amount.0));
        }
        for (number, text) in ask.required.iter().enumerate() {
            let wrong = |problem| Fault::field(self.field(&format!("required[{number}]")), problem);
            words::add_required(&mut wish, text).map_err(wrong)?;
        }
        for (number, text) in ask.member_of.iter().enumerate() {
            let wrong = |problem| Fault::field(self.field(&format!("member_of[{number}]")), problem);
            words::add_member_of(&mut wish, text).map_err(wrong)?;
        }
        let named = wish.required.iter().flatten().chain(&wish.forbidden);
        for name in named {
            let wrong = |refusal| Fault::field(self.field("required"), refusal);
            self.0.trait_named(name).map_err(wrong)?;
        }
        Ok(wish)
    }

    fn near(&self, number: usize, ask: &NearAsk) -> Result<Near, Fault> {
        let field = || self.field(&format!("near[{number}]"));
        let position = match (ask.latitude, ask.longitude) {
            (None, None) => None,
            (Some(latitude), Some(longitude)) if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => {
                Some(Target::Position(Position { latitude, longitude }))
            }
            _ => {
                let problem = "latitude (-90 to 90) and longitude (-180 to 180) go together";
                return Err(Fault::field(field(), problem));
            }
        };
        let named = [
            ask.host.clone().map(Target::Host),
            ask.machine.as_deref().map(canonical).map(Target::Machine),
            ask.group.clone().map(Target::Group),
            position,
        ];
        let mut named = named.into_iter().flatten();
        let (Some(to), None) = (named.next(), named.next()) else {
            let problem = "exactly one of host, machine, group, or latitude with longitude is needed";
            return Err(Fault::field(field(), problem));
        };
        Ok(Near {
            to,
            max_delay_seconds: ask.max_delay_seconds,
            max_distance_meters: ask.max_distance_meters,
        })
    }

    fn limits(&self, ask: &LimitsAsk) -> Result<Limits, Fault> {
        let letters =
            |country: &&String| country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic());
        if let Some(wrong) = ask.countries.iter().find(letters) {
            let problem = format!("{wrong:?} is not a country with two letters, such as DE");
            return Err(Fault::field(self.field("limits.countries"), problem));
        }
        let age = ask.max_fact_age_seconds.map(Duration::try_from_secs_f64);
        let wrong = |_| {
            let problem = "has to be a number of seconds that is not negative";
            Fault::field(self.field("limits.max_fact_age_seconds"), problem)
        };
        Ok(Limits {
            sites: ask.sites.clone(),
            countries: ask.countries.clone(),
            max_grams_per_kwh: ask.max_grams_per_kwh,
            max_fact_age: age.transpose().map_err(wrong)?,
            power_limit_watts: ask.power_limit_watts,
            headroom_watts: ask.headroom_watts.unwrap_or_default(),
        })
    }
}

/// As the other machine's own id is spelt.
fn canonical(id: &str) -> String {
    Uuid::like(id).map_or_else(|| id.to_owned(), |uuid| uuid.to_string())
}

/// Where in the request the fault is.
pub(super) fn located(ask: &Ask, fault: &RequestFault) -> Fault {
    let (machine, name) = match fault {
        RequestFault::NoHost { machine, .. } | RequestFault::NoMachine { machine, .. } => (machine, "near"),
        RequestFault::NoGroup { machine, .. } => (machine, "groups"),
        RequestFault::BadNumber { machine, what } => (machine, *what),
        RequestFault::Twice(_) => return Fault::field("machines", fault),
    };
    let ids: BTreeMap<_, _> = ask
        .machines
        .iter()
        .enumerate()
        .map(|(number, machine)| (canonical(&machine.consumer), number))
        .collect();
    match ids.get(machine) {
        Some(number) => Fault::field(format!("machines[{number}].{name}"), fault),
        None => Fault::field("machines", fault),
    }
}
