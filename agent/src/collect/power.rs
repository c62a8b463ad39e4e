//! The energy counters.

use std::borrow::Cow;
use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::powercap;
use wattle_hostfs::powercap::Zone;
use wattle_hostfs::powercap::ZoneFault;
use wattle_hostfs::powercap::ZoneReader;

use super::sense::Senses;
use super::sense::Trouble;
use crate::sample::ZoneSample;
use crate::sensor::zone_sensor;

/// A driver may be loaded, and a permission granted, while the agent runs: it looks again this often, in ticks.
const LOOK_AGAIN: u64 = 60;

const NONE: &str = "no powercap zone: this processor, kernel or virtual machine does not count its energy";
const NONE_ADVICE: &str = "on bare metal, load the driver with: modprobe intel_rapl_msr; in a virtual machine there is none, \
     and the power is estimated";

/// All zones of the host.
#[derive(Debug)]
pub(super) struct PowerSource {
    roots: Roots,
    zones: Vec<ZoneSource>,
    ids: Vec<Box<str>>,
    problem: Option<String>,
}

#[derive(Debug)]
struct ZoneSource {
    zone: Arc<Zone>,
    reader: ZoneReader,
    sensor: Cow<'static, str>,
}

impl PowerSource {
    pub(super) fn new(roots: &Roots) -> Self {
        let mut source = Self {
            roots: roots.clone(),
            zones: Vec::new(),
            ids: Vec::new(),
            problem: None,
        };
        source.discover();
        source
    }

    pub(super) fn zones(&self) -> Vec<Arc<Zone>> {
        self.zones.iter().map(|source| source.zone.clone()).collect()
    }

    /// Keeps what is known, also of zones that are gone for now, and adds what is new.
    fn discover(&mut self) {
        let found = match powercap::discover(&self.roots) {
            Ok(found) => found,
            Err(error) => {
                self.problem = Some(error.to_string());
                return;
            }
        };
        self.problem = found.problems.first().map(ToString::to_string);
        self.ids = found.ids;
        for reader in found.zones {
            if !self.zones.iter().any(|known| known.zone.id == reader.zone().id) {
                let zone = Arc::new(reader.zone().clone());
                let sensor = Cow::Owned(zone_sensor(&zone.id));
                self.zones.push(ZoneSource { zone, reader, sensor });
            }
        }
    }

    pub(super) fn read(
        &mut self,
        senses: &mut Senses<'_>,
        scratch: &mut Scratch,
        tick: u64,
    ) -> Vec<ZoneSample> {
        if tick > 0
            && tick.is_multiple_of(LOOK_AGAIN)
            && powercap::list_ids(&self.roots).is_ok_and(|ids| ids != self.ids)
        {
            self.discover();
        }
        let mut faults = Vec::new();
        let mut samples = Vec::with_capacity(self.zones.len());
        senses.try_read("powercap", "powercap", || {
            for source in &mut self.zones {
                let (energy_uj, fault) = match source.reader.read(scratch) {
                    Ok(energy_uj) => (Some(energy_uj), None),
                    Err(fault) => (None, Some(fault)),
                };
                samples.push(ZoneSample {
                    zone: source.zone.clone(),
                    energy_uj,
                });
                faults.push(fault);
            }
            summary(&samples, &faults, self.problem.as_deref())
        });
        for (source, fault) in self.zones.iter().zip(faults) {
            senses.note(
                source.sensor.clone(),
                Cow::Borrowed("powercap"),
                fault.as_ref().map(trouble),
                None,
            );
        }
        samples
    }
}

/// The source as a whole is up when any zone answers.
fn summary(
    samples: &[ZoneSample],
    faults: &[Option<ZoneFault>],
    problem: Option<&str>,
) -> Result<(), Trouble> {
    if samples.iter().any(|sample| sample.energy_uj.is_some()) {
        return Ok(());
    }
    match (faults.iter().flatten().next(), problem) {
        (Some(fault), _) => Err(trouble(fault)),
        (None, Some(problem)) => Err(Trouble::new("powercap cannot be read", problem.to_owned())),
        (None, None) => Err(Trouble::new(NONE, NONE_ADVICE)),
    }
}

fn trouble(fault: &ZoneFault) -> Trouble {
    let reason = match fault {
        ZoneFault::Permission => "permission denied: energy_uj is readable for root only",
        ZoneFault::Gone => "the zone has gone",
        ZoneFault::Garbage(_) => "energy_uj is not a number",
        ZoneFault::Failed(_) => "read error",
    };
    Trouble::new(reason, fault.to_string())
}
