//! What a pod asks for, by its requests and annotations.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;

use super::quantity;
use super::wire::Container;
use super::wire::Pod;
use super::wire::Resources;
use crate::placement::Limits;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::Policies;
use crate::placement::Policy;
use crate::placement::Target;

/// Before the names of all annotations.
const PREFIX: &str = "wattle/";
/// What the scheduler itself takes a container without a request for, in CPUs.
const WITHOUT_REQUEST: f64 = 0.1;
const KNOWN: [&str; 9] = [
    "policy",
    "near",
    "max-delay-seconds",
    "max-distance-meters",
    "countries",
    "sites",
    "max-grams-per-kwh",
    "headroom-watts",
    "busy-cpus",
];

/// What a pod asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) machine: Machine,
    pub(super) policy: Policy,
}

impl Wanted {
    /// Whether something is asked for that cannot be checked on a node that nobody knows.
    pub(super) fn is_limited(&self) -> bool {
        let limited = |near: &Near| near.max_delay_seconds.is_some() || near.max_distance_meters.is_some();
        self.machine.limits != Limits::default() || self.machine.near.iter().any(limited)
    }
}

/// Reads a pod.
pub(super) fn wanted(pod: &Pod, policy: &str, policies: &Policies) -> Result<Wanted, String> {
    let notes = Notes::of(pod)?;
    let name = notes.get("policy").unwrap_or(policy);
    let policy = policies.named(name).ok_or_else(|| {
        let known = policies.names().join(", ");
        format!("{}: there is no policy {name:?}; known are: {known}", notes.pod)
    })?;
    let near = notes.get("near").map(|host| Near {
        to: Target::Host(host.to_owned()),
        max_delay_seconds: None,
        max_distance_meters: None,
    });
    let limit = |near: Near| {
        Ok::<_, String>(Near {
            max_delay_seconds: notes.figure("max-delay-seconds")?,
            max_distance_meters: notes.figure("max-distance-meters")?,
            ..near
        })
    };
    if near.is_none()
        && (notes
            .get("max-delay-seconds")
            .or(notes.get("max-distance-meters")))
        .is_some()
    {
        let pod = &notes.pod;
        return Err(format!(
            "{pod}: a limit of delay or distance needs the annotation {PREFIX}near"
        ));
    }
    Ok(Wanted {
        machine: Machine {
            id: notes.pod.clone(),
            near: near.map(limit).transpose()?.into_iter().collect(),
            limits: Limits {
                sites: notes.list("sites"),
                countries: notes.list("countries"),
                max_grams_per_kwh: notes.figure("max-grams-per-kwh")?,
                headroom_watts: notes.figure("headroom-watts")?.unwrap_or_default(),
                ..Limits::default()
            },
            busy_cpus: Some(match notes.figure("busy-cpus")? {
                Some(busy) => busy,
                None => requested(pod),
            }),
            ..Machine::default()
        },
        policy,
    })
}

/// The annotations that are meant for here.
struct Notes<'p> {
    pod: String,
    notes: BTreeMap<&'p str, &'p str>,
}

impl<'p> Notes<'p> {
    fn of(pod: &'p Pod) -> Result<Self, String> {
        let all = pod.metadata.annotations.iter().flatten();
        let own = all.filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value.as_str())));
        let notes: BTreeMap<_, _> = own.collect();
        let pod = format!("pod {}/{}", pod.metadata.namespace, pod.metadata.name);
        match notes.keys().find(|name| !KNOWN.contains(name)) {
            Some(name) => {
                let known = KNOWN.join(", ");
                Err(format!(
                    "{pod}: there is no annotation {PREFIX}{name}; behind {PREFIX} are known: {known}"
                ))
            }
            None => Ok(Self { pod, notes }),
        }
    }

    fn get(&self, name: &str) -> Option<&'p str> {
        self.notes.get(name).copied()
    }

    fn figure(&self, name: &str) -> Result<Option<f64>, String> {
        let read = |text: &str| {
            f64::from_str(text)
                .ok()
                .filter(|number| number.is_finite() && *number >= 0.0)
        };
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let pod = &self.pod;
        let wrong =
            || format!("{pod}: the annotation {PREFIX}{name} is {text:?}, and has to be a number from 0 on");
        read(text).map(Some).ok_or_else(wrong)
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.get(name).unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }
}

/// The CPUs that a pod requests, as the scheduler counts them: what the pod says for all its containers, else those of all containers
/// and sidecars together, or of the greediest that runs before them, beside the sidecars that run by then; and the overhead.
fn requested(pod: &Pod) -> f64 {
    let (mut sidecars, mut before) = (0.0, 0.0_f64);
    for container in pod.spec.init_containers.iter().flatten() {
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars += cpus(container);
        } else {
            before = before.max(sidecars + cpus(container));
        }
    }
    let together: f64 = pod.spec.containers.iter().flatten().map(cpus).sum();
    let own = pod.spec.resources.as_ref().and_then(Resources::cpus);
    let overhead = pod.spec.overhead.as_ref().and_then(cpu_of);
    own.unwrap_or_else(|| before.max(sidecars + together)) + overhead.unwrap_or_default()
}

fn cpus(container: &Container) -> f64 {
    container.resources.cpus().unwrap_or(WITHOUT_REQUEST)
}

impl Resources {
    fn cpus(&self) -> Option<f64> {
        self.requests.as_ref().and_then(cpu_of)
    }
}

fn cpu_of(amounts: &BTreeMap<String, Value>) -> Option<f64> {
    amounts.get("cpu").and_then(quantity::read)
}
