//! Figures of the host that are shown as they are.

use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::filesystem;
use wattle_hostfs::filesystem::Filesystem;
use wattle_hostfs::loadavg::LoadReader;
use wattle_hostfs::meminfo::MeminfoReader;
use wattle_hostfs::net_dev::Device;
use wattle_hostfs::net_dev::NetDevReader;
use wattle_hostfs::pressure::Pressure;
use wattle_hostfs::pressure::PressureReader;
use wattle_hostfs::pressure::Resource;
use wattle_hostfs::self_process::SelfReader;

use super::sense::Senses;
use super::sense::Trouble;
use crate::sample::HostSample;

/// File systems change slowly and cost a system call each: they are read again after so many ticks.
const FILESYSTEMS_EVERY: u64 = 30;

/// The readers of all these figures.
#[derive(Debug)]
pub(super) struct HostSource {
    roots: Roots,
    memory: MeminfoReader,
    network: NetDevReader,
    devices: Vec<Device>,
    pressure: Vec<(Resource, PressureReader)>,
    filesystems: Option<Arc<[Filesystem]>>,
    load: LoadReader,
    own: SelfReader,
}

impl HostSource {
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            roots: roots.clone(),
            memory: MeminfoReader::new(roots),
            network: NetDevReader::new(roots),
            devices: Vec::new(),
            pressure: Resource::ALL
                .map(|resource| (resource, PressureReader::new(roots, resource)))
                .into(),
            filesystems: None,
            load: LoadReader::new(roots),
            own: SelfReader::new(&Roots::default()),
        }
    }

    pub(super) fn read(&mut self, senses: &mut Senses<'_>, scratch: &mut Scratch, tick: u64) -> HostSample {
        let memory = senses.try_read("memory", "meminfo", || Ok(self.memory.read(scratch)?));
        let network = senses.try_read("network", "net/dev", || {
            self.network.read(scratch, &mut self.devices)?;
            Ok(self.devices.clone())
        });
        let pressure = senses.try_read("pressure", "pressure", || pressures(&mut self.pressure, scratch));
        let filesystems = senses.try_read("filesystem", "mountinfo", || self.filesystems(tick));
        HostSample {
            memory,
            network: network.unwrap_or_default(),
            pressure: pressure.unwrap_or_default(),
            filesystems: filesystems.unwrap_or_default(),
            load: self.load.read(scratch).ok(),
            own: self.own.read(scratch).ok().flatten(),
        }
    }
}

impl HostSource {
    /// The file systems as they were at the last turn to read them; after a failure the next tick tries again.
    fn filesystems(&mut self, tick: u64) -> Result<Arc<[Filesystem]>, Trouble> {
        if tick.is_multiple_of(FILESYSTEMS_EVERY) {
            self.filesystems = None;
        }
        if let Some(known) = &self.filesystems {
            return Ok(known.clone());
        }
        let found: Arc<[Filesystem]> = filesystem::read(&self.roots)?.found.into();
        self.filesystems = Some(found.clone());
        Ok(found)
    }
}

fn pressures(
    readers: &mut [(Resource, PressureReader)],
    scratch: &mut Scratch,
) -> Result<Vec<(Resource, Pressure)>, Trouble> {
    let mut pressures = Vec::with_capacity(readers.len());
    for (resource, reader) in readers {
        if let Some(pressure) = reader.read(scratch)? {
            pressures.push((*resource, pressure));
        }
    }
    if pressures.is_empty() {
        return Err(Trouble::new(
            "not kept by this kernel",
            "boot with psi=1 and CONFIG_PSI=y to see where time is lost",
        ));
    }
    Ok(pressures)
}
