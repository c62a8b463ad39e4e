//! A guest of a platform, and the agent that watches it.

use super::super::agent::Agent;
use super::super::exposition::Exposition;
use super::super::exposition::label;
use super::super::patience::wait_until;
use super::MEASURED;

/// What a test needs of a running virtual machine or container.
pub(super) trait Guest {
    /// The labels that its `wattle_workload_info` must carry.
    fn labels(&self) -> Vec<(&'static str, String)>;
    /// Makes it work, or rest.
    fn work(&self, at_all: bool);
    /// Its CPU time in microseconds, as its platform accounts for it.
    fn used_us(&self) -> u64;
}

/// An agent of which every scrape is checked for its balance.
pub(super) struct Watched(Agent);

/// What a guest used in a measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) cpu_us: u64,
    pub(super) energy_uj: u64,
}

impl Watched {
    pub(super) fn new(agent: Agent) -> Self {
        Self(agent)
    }

    /// What is shown after so many more ticks.
    pub(super) fn after_ticks(&self, more: u64) -> Exposition {
        let shown = self.0.after_ticks(more);
        for component in ["cpu", "dram", "other"] {
            let part = format!("component=\"{component}\"");
            let sum = |family| shown.sum_micro(&format!("wattle_{family}_energy_joules_total"), &part);
            assert_eq!(sum("workload") + sum("retired"), sum("host"), "{component}");
        }
        shown
    }

    /// A guest that has just been started is shown within two ticks, under its right name; returns the labels of its series.
    pub(super) fn recognises(&self, guest: &dyn Guest) -> String {
        let shown = self.after_ticks(2);
        let wanted = guest.labels();
        let fits = |labels: &str| {
            wanted
                .iter()
                .all(|(name, value)| label(labels, name) == Some(value))
        };
        let infos: Vec<_> = shown
            .family("wattle_workload_info")
            .map(|(labels, _)| labels)
            .collect();
        let found = infos.iter().find(|labels| fits(labels));
        assert!(found.is_some(), "{wanted:?} is not among {infos:#?}");
        let [kind, id, name] = ["kind", "id", "name"].map(|name| label(found.unwrap(), name).unwrap());
        format!("kind=\"{kind}\",id=\"{id}\",name=\"{name}\"")
    }

    /// Lets the guests work, and compares what the agent saw with what their platforms say.
    pub(super) fn measure(&self, guests: &[(&dyn Guest, &str)]) -> Vec<Usage> {
        let own = || {
            guests
                .iter()
                .map(|(guest, _)| guest.used_us())
                .collect::<Vec<_>>()
        };
        set_all(guests, false);
        let (before, own_before) = (self.after_ticks(1), own());
        set_all(guests, true);
        self.after_ticks(MEASURED);
        set_all(guests, false);
        let (after, own_after) = (self.after_ticks(1), own());
        let mut usages = Vec::new();
        for (index, (_, series)) in guests.iter().enumerate() {
            let (now, then) = (usage(&after, series), usage(&before, series));
            let cpu_us = now.cpu_us - then.cpu_us;
            let truth = own_after[index] - own_before[index];
            assert!(truth > 500_000, "{series} hardly ran: {truth} us");
            assert_close(series, cpu_us, truth, 0.02);
            let energy_uj = now.energy_uj - then.energy_uj;
            usages.push(Usage { cpu_us, energy_uj });
        }
        usages
    }

    /// What ended is shown for a while, at least as high as it was, and then is gone.
    pub(super) fn forgets(&self, series: &str, last: &Exposition) {
        let shown = self.after_ticks(1);
        assert!(usage(&shown, series).energy_uj >= usage(last, series).energy_uj);
        wait_until("the series to go", || {
            let gone = format!("wattle_workload_cpu_seconds_total{{{series}}}");
            self.after_ticks(1).get(&gone).is_none()
        });
    }
}

/// Two guests share energy as they share CPU time, and one of them ran about three times as long.
pub(super) fn assert_three_to_one(usages: &[Usage]) {
    assert_eq!(usages.len(), 2);
    let (three, one) = (usages[0], usages[1]);
    let times = ratio(three.cpu_us, one.cpu_us);
    assert!((2.0..4.5).contains(&times), "the loads are {times} to 1");
    let energies = ratio(three.energy_uj, one.energy_uj);
    assert!(
        (energies / times - 1.0).abs() < 0.05,
        "energy is {energies} to 1, CPU time {times} to 1"
    );
}

fn set_all(guests: &[(&dyn Guest, &str)], at_work: bool) {
    for (guest, _) in guests {
        guest.work(at_work);
    }
}

fn usage(shown: &Exposition, series: &str) -> Usage {
    let energy = format!("wattle_workload_energy_joules_total{{{series},component=\"cpu\"}}");
    Usage {
        cpu_us: shown.micro(&format!("wattle_workload_cpu_seconds_total{{{series}}}")),
        energy_uj: shown.micro(&energy),
    }
}

fn assert_close(what: &str, found: u64, wanted: u64, tolerance: f64) {
    assert!(
        (ratio(found, wanted) - 1.0).abs() < tolerance,
        "{what}: {found} us, not {wanted} us"
    );
}

#[expect(clippy::cast_precision_loss, reason = "seconds and joules of a short test")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
