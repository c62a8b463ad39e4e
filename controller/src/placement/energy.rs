//! The watts and grams that a machine will cost.

use super::fleet::Host;
use super::policy::Curve;
use super::policy::EmptyHosts;
use super::policy::Policy;
use super::term::Lack;
use crate::facts::Fact;
use crate::facts::PowerModel;

/// The value of a fact, or its name and state.
pub(super) fn known<'f, T>(fact: &'f Fact<T>, name: &'static str) -> Result<&'f T, Lack> {
    let state = fact.state();
    fact.value().ok_or(Lack { fact: name, state })
}

/// The part of the dynamic power at a load, where 1 is full load. Above full load it goes on in proportion: a host that has more to do
/// than it can must not look cheap, because the work is done later, or by others.
fn shape(curve: Curve, load: f64) -> f64 {
    match curve {
        Curve::Concave if load <= 1.0 => 2.0 * load - load.powf(1.4),
        Curve::Concave | Curve::Linear => load,
    }
}

/// The watts at a load.
fn watts(model: &PowerModel, curve: Curve, load: f64) -> f64 {
    let dynamic = (model.full_load_watts - model.static_watts).max(0.0);
    model.static_watts + dynamic * shape(curve, load)
}

/// The watts by which the power of a host that is awake rises with `more` busy CPUs, when it has `already` more than it was
/// measured with.
pub(super) fn risen_watts(host: &Host, curve: Curve, already: f64, more: f64) -> Result<f64, Lack> {
    let facts = &host.facts;
    let model = known(&facts.power_model, "the power model")?;
    let cpus = *known(&facts.cpus, "the number of CPUs")?;
    if cpus <= 0.0 {
        let (fact, state) = ("the number of CPUs", "contradictory");
        return Err(Lack { fact, state });
    }
    // In proportion the load so far does not matter.
    let busy = match curve {
        Curve::Linear => 0.0,
        Curve::Concave => *known(&facts.utilisation, "the utilisation")?,
    };
    let load = |added: f64| busy.clamp(0.0, 1.0) + added / cpus;
    Ok(watts(model, curve, load(already + more)) - watts(model, curve, load(already)))
}

/// The watts that `more` busy CPUs cost by a policy, which may count the static power of a host that nobody uses yet.
pub(super) fn added_watts(
    host: &Host,
    policy: &Policy,
    first: bool,
    already: f64,
    more: f64,
) -> Result<f64, Lack> {
    let risen = risen_watts(host, policy.curve, already, more)?;
    let woken = first && policy.empty_hosts == EmptyHosts::Asleep && host.is_empty();
    let model = known(&host.facts.power_model, "the power model")?;
    Ok(risen + if woken { model.static_watts } else { 0.0 })
}

/// The grams an hour of some watts at this host.
pub(super) fn grams_per_hour(host: &Host, watts: f64) -> Result<f64, Lack> {
    let per_kwh = known(&host.facts.grams_per_kwh, "the carbon intensity")?;
    // A building of which nothing is said is counted as none: so it is for all hosts of it.
    let building = host
        .facts
        .building_factor
        .value()
        .copied()
        .unwrap_or(1.0)
        .max(1.0);
    Ok(watts / 1000.0 * per_kwh * building)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::added_watts;
    use super::grams_per_hour;
    use crate::facts::Fact;
    use crate::facts::HostFacts;
    use crate::facts::PowerModel;
    use crate::placement::fleet::Host;
    use crate::placement::policy::Curve;
    use crate::placement::policy::Policy;

    fn host(utilisation: f64) -> Host {
        let model = PowerModel {
            static_watts: 100.0,
            full_load_watts: 300.0,
        };
        let facts = HostFacts {
            power_model: Fact::now(model),
            cpus: Fact::now(10.0),
            utilisation: Fact::now(utilisation),
            grams_per_kwh: Fact::now(500.0),
            ..HostFacts::default()
        };
        Host {
            facts: Arc::new(facts),
            ..Host::default()
        }
    }

    #[test]
    fn a_load_costs_its_part_of_the_dynamic_power_and_a_sleeper_its_static() {
        let awake = Policy::named("balanced").unwrap();
        let asleep = Policy::named("save-energy").unwrap();
        assert_eq!(added_watts(&host(0.5), &awake, true, 0.0, 1.0), Ok(20.0));
        assert_eq!(added_watts(&host(0.0), &asleep, true, 0.0, 1.0), Ok(120.0));
        assert_eq!(added_watts(&host(0.0), &asleep, false, 1.0, 1.0), Ok(20.0));
        assert_eq!(grams_per_hour(&host(0.0), 100.0), Ok(50.0));
    }

    #[test]
    fn concave_power_rises_most_at_first_and_a_saturated_host_is_not_cheap() {
        let policy = Policy {
            curve: Curve::Concave,
            ..Policy::named("balanced").unwrap()
        };
        let added = |utilisation| added_watts(&host(utilisation), &policy, true, 0.0, 1.0).unwrap();
        assert!(added(0.0) > added(0.4) && added(0.4) > added(0.8));
        assert!(added(1.0) > added(0.8));
        let unknown = Host::default();
        let lack = added_watts(&unknown, &policy, true, 0.0, 1.0).unwrap_err();
        assert_eq!(lack.to_string(), "the power model is missing");
    }
}
