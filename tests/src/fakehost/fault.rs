//! What can go wrong with a host, and doing it.

use std::str::FromStr;

use anyhow::Result;
use anyhow::anyhow;
use anyhow::bail;

use super::host::Host;
use super::kind::Kind;
use super::load::Load;
use super::spec::WorkloadSpec;
use super::tree::Mask;

/// A jump that no machine makes, about 36 minutes of a kilowatt.
const JUMP_UJ: u64 = 1 << 31;
/// What stands in a file of garbage.
const GARBAGE: &[u8] = b"\xff\xfe 12 cats \0\n";

/// Something that happens to a host.
///
/// A *place* is a zone (`intel-rapl:0`, with the zones inside it), the word `powercap` for all of them, or a path below the host's
/// directory. As text: the word and then the place, zone or workload, as in `vanish intel-rapl:0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `vanish PLACE`: it is not there any more.
    Vanish(String),
    /// `unreadable PLACE`: mode 000, which root may read all the same. Of a zone, its `energy_uj`.
    Unreadable(String),
    /// `stuck PLACE`: it keeps saying what it said. Of a zone, its `energy_uj`.
    Stuck(String),
    /// `garbage PLACE`: it says what no kernel says. Of a zone, its `energy_uj`.
    Garbage(String),
    /// `heal PLACE`: it is as it should be.
    Heal(String),
    /// `reset ZONE`: its counter starts from 0, as after a suspend.
    Reset(String),
    /// `jump ZONE`: its counter leaps ahead by 2³¹ µJ that nobody used.
    Jump(String),
    /// `new-boot-id`: as after a reboot, though nothing else changes.
    NewBootId,
    /// `ghost WORKLOAD`: its first process has no `stat` any more and is still listed.
    Ghost(String),
    /// `reuse-pid WORKLOAD`: its last process ends and a new one gets its number.
    ReusePid(String),
    /// `start NAME`: a container that wants half a CPU.
    Start(String),
    /// `end WORKLOAD`: its processes and its cgroup go.
    End(String),
    /// `restart WORKLOAD`: it ends, and one of the same name starts.
    Restart(String),
}

impl FromStr for Fault {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (word, target) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let target = target.trim().to_owned();
        if target.is_empty() != (word == "new-boot-id") {
            bail!("{text:?}: a fault is a word and what it happens to, or new-boot-id alone");
        }
        Ok(match word {
            "vanish" => Self::Vanish(target),
            "unreadable" => Self::Unreadable(target),
            "stuck" => Self::Stuck(target),
            "garbage" => Self::Garbage(target),
            "heal" => Self::Heal(target),
            "reset" => Self::Reset(target),
            "jump" => Self::Jump(target),
            "new-boot-id" => Self::NewBootId,
            "ghost" => Self::Ghost(target),
            "reuse-pid" => Self::ReusePid(target),
            "start" => Self::Start(target),
            "end" => Self::End(target),
            "restart" => Self::Restart(target),
            _ => bail!("{word:?} is not a fault; --help lists them"),
        })
    }
}

impl Host {
    /// Does it, and writes what it changes.
    pub fn apply(&mut self, fault: &Fault) -> Result<()> {
        match fault {
            Fault::Vanish(place) => self.spoil(self.places(place), &Mask::Hidden),
            Fault::Unreadable(place) => self.spoil(self.readings(place), &Mask::Denied),
            Fault::Stuck(place) => self.spoil(self.readings(place), &Mask::Frozen),
            Fault::Garbage(place) => self.spoil(self.readings(place), &Mask::Garbled(GARBAGE.to_vec())),
            Fault::Heal(place) => self.heal(place),
            Fault::Reset(zone) => self.on_counters(zone, super::counter::Counter::reset),
            Fault::Jump(zone) => self.on_counters(zone, |counter| counter.jump(JUMP_UJ)),
            Fault::NewBootId => {
                self.world.boot_id = self.world.random.uuid();
                Ok(())
            }
            Fault::Ghost(name) => self.ghost(name),
            Fault::ReusePid(name) => found(self.world.reuse_pid(name).is_some(), name),
            Fault::Start(name) => {
                self.world
                    .start(WorkloadSpec::new(Kind::Docker, name, Load::Constant(500)));
                Ok(())
            }
            Fault::End(name) => found(self.world.end(name), name),
            Fault::Restart(name) => found(self.world.restart(name), name),
        }?;
        self.flush()
    }

    fn spoil(&mut self, places: Vec<String>, mask: &Mask) -> Result<()> {
        for place in places {
            self.tree.spoil(&place, mask.clone())?;
        }
        Ok(())
    }

    fn heal(&mut self, place: &str) -> Result<()> {
        for path in self.places(place) {
            self.tree.heal(&path)?;
        }
        Ok(())
    }

    /// The paths that a place stands for.
    fn places(&self, place: &str) -> Vec<String> {
        if place == "powercap" {
            return ["sys/class/powercap", "sys/devices/virtual/powercap"]
                .map(str::to_owned)
                .to_vec();
        }
        let own = self
            .world
            .energy
            .zones
            .iter()
            .filter(|zone| zone.is_within(place));
        let paths: Vec<String> = own.flat_map(|zone| [zone.link(), zone.directory()]).collect();
        if paths.is_empty() {
            vec![place.to_owned()]
        } else {
            paths
        }
    }

    /// The files that a place's reading is in.
    fn readings(&self, place: &str) -> Vec<String> {
        let all = place == "powercap";
        let own = self
            .world
            .energy
            .zones
            .iter()
            .filter(|zone| all || zone.id == place);
        let paths: Vec<String> = own
            .map(|zone| format!("{}/energy_uj", zone.directory()))
            .collect();
        if paths.is_empty() {
            vec![place.to_owned()]
        } else {
            paths
        }
    }

    fn on_counters(&mut self, id: &str, act: impl Fn(&mut super::counter::Counter)) -> Result<()> {
        let mut any = false;
        for zone in self.world.energy.zones.iter_mut().filter(|zone| zone.id == id) {
            act(&mut zone.counter);
            any = true;
        }
        if any {
            Ok(())
        } else {
            Err(anyhow!("no zone is called {id:?}"))
        }
    }

    fn ghost(&mut self, name: &str) -> Result<()> {
        let workload = self.world.running(name).map(|index| &self.world.workloads[index]);
        let process = workload.and_then(|workload| workload.processes.first());
        let Some(process) = process else {
            return found(false, name);
        };
        let path = format!("{}/stat", process.directory());
        self.tree.spoil(&path, Mask::Hidden)
    }
}

fn found(there: bool, name: &str) -> Result<()> {
    if there {
        Ok(())
    } else {
        Err(anyhow!("no workload called {name:?} runs"))
    }
}
