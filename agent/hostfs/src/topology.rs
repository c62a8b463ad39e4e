//! Which CPU sits on which core of which socket, `/sys/devices/system/cpu/cpu*/topology`.
//!
//! Kernel page: `Documentation/admin-guide/cputopology.rst`; files: `Documentation/ABI/stable/sysfs-devices-system-cpu`.

use std::fs;
use std::path::Path;

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::cpu_list::MAX_CPUS;
use crate::cpuinfo;
use crate::cpuinfo::Cpuinfo;
use crate::cpuinfo::Processor;
use crate::kept::read_once;
use crate::text;

/// The CPUs that are online and what they call themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// As [`Cpuinfo::vendor`].
    pub vendor: String,
    /// As [`Cpuinfo::model_name`].
    pub model_name: String,
    /// As [`Cpuinfo::hypervisor`].
    pub hypervisor: bool,
    /// In the order of their numbers.
    pub cpus: Vec<Cpu>,
}

/// One CPU as the scheduler sees it: a hardware thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpu {
    /// Its number.
    pub number: u32,
    /// The package it sits in; 0 where nothing tells.
    pub socket: u32,
    /// The die within the package; core numbers may repeat from die to die.
    pub die: u32,
    /// The core within the die; its own number where nothing tells.
    pub core: u32,
}

impl Topology {
    /// The sockets that have a CPU online, ascending.
    pub fn sockets(&self) -> Vec<u32> {
        distinct(self.cpus.iter().map(|cpu| cpu.socket))
    }

    /// Where a CPU sits, if it is online.
    pub fn socket_of(&self, number: u32) -> Option<u32> {
        let index = self.cpus.binary_search_by_key(&number, |cpu| cpu.number).ok()?;
        self.cpus.get(index).map(|cpu| cpu.socket)
    }

    /// How many physical cores of a socket are online.
    pub fn cores_of(&self, socket: u32) -> usize {
        distinct(self.on(socket).map(|cpu| (cpu.die, cpu.core))).len()
    }

    /// The numbers of a socket's CPUs, ascending.
    pub fn cpus_of(&self, socket: u32) -> Vec<u32> {
        self.on(socket).map(|cpu| cpu.number).collect()
    }

    fn on(&self, socket: u32) -> impl Iterator<Item = &Cpu> {
        self.cpus.iter().filter(move |cpu| cpu.socket == socket)
    }
}

fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items = items.collect::<Vec<_>>();
    items.sort_unstable();
    items.dedup();
    items
}

/// Reads the topology. Without `topology` directories `/proc/cpuinfo` tells, and without that every CPU is a core of
/// socket 0. It changes when a CPU is taken offline.
pub fn read(roots: &Roots) -> Result<Topology> {
    let path = roots.proc.join("cpuinfo");
    let file = read_once(&path);
    let info = file
        .as_ref()
        .map_or_else(|_| Cpuinfo::default(), |file| cpuinfo::parse(file));
    let mut cpus = from_sysfs(&roots.sys.join("devices/system/cpu"), &info);
    if cpus.is_empty() {
        cpus = from_cpuinfo(&info, &file?).map_err(|error| error.at(&path))?;
    }
    cpus.sort_unstable();
    cpus.dedup_by_key(|cpu| cpu.number);
    Ok(Topology {
        vendor: info.vendor,
        model_name: info.model_name,
        hypervisor: info.hypervisor,
        cpus,
    })
}

fn from_cpuinfo(info: &Cpuinfo, file: &[u8]) -> std::result::Result<Vec<Cpu>, ParseError> {
    if info.processors.is_empty() {
        return Err(ParseError::new("a processor", file));
    }
    let place = |cpu: &Processor| Place::default().of(cpu.number, Some(cpu));
    Ok(info.processors.iter().map(place).collect())
}

/// What a `topology` directory tells.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    socket: Option<u32>,
    die: Option<u32>,
    core: Option<u32>,
}

impl Place {
    /// A number that firmware did not fill in reads -1, which is as good as none.
    fn read(directory: &Path) -> Self {
        let number = |file| u32::try_from(text::number(&read_once(&directory.join(file)).ok()?).ok()?).ok();
        Self {
            socket: number("physical_package_id"),
            die: number("die_id"),
            core: number("core_id"),
        }
    }

    fn of(self, number: u32, info: Option<&Processor>) -> Cpu {
        Cpu {
            number,
            socket: self.socket.or(info.and_then(|cpu| cpu.physical_id)).unwrap_or(0),
            die: self.die.unwrap_or(0),
            core: self.core.or(info.and_then(|cpu| cpu.core_id)).unwrap_or(number),
        }
    }
}

/// The CPUs that are online, from sysfs; none if it is not there or has no `topology` while `/proc/cpuinfo` has CPUs.
fn from_sysfs(directory: &Path, info: &Cpuinfo) -> Vec<Cpu> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| cpu_number(entry.file_name().to_str()?));
    let online = numbers.filter(|number| !is_offline(&directory.join(format!("cpu{number}"))));
    let mut cpus = online.collect::<Vec<_>>();
    let places = |number: u32| directory.join(format!("cpu{number}/topology"));
    // Before it is first brought online a CPU has no such directory.
    let placed = cpus
        .iter()
        .copied()
        .filter(|&number| places(number).is_dir())
        .collect::<Vec<_>>();
    if !placed.is_empty() || !info.processors.is_empty() {
        cpus = placed;
    }
    let known = |number| info.processors.iter().find(|cpu| cpu.number == number);
    cpus.into_iter()
        .map(|number| Place::read(&places(number)).of(number, known(number)))
        .collect()
}

fn cpu_number(name: &str) -> Option<u32> {
    let number = u32::try_from(text::digits(name.strip_prefix("cpu")?.as_bytes())?).ok()?;
    (number < MAX_CPUS).then_some(number)
}

/// CPU 0 mostly has no `online`, since it cannot be taken off.
fn is_offline(directory: &Path) -> bool {
    read_once(&directory.join("online")).is_ok_and(|file| file.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Machine {
        _dir: tempfile::TempDir,
        roots: Roots,
    }

    impl Machine {
        fn new(cpuinfo: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let roots = Roots::below(dir.path());
            fs::create_dir_all(&roots.proc).unwrap();
            fs::create_dir_all(roots.sys.join("devices/system/cpu/cpufreq")).unwrap();
            fs::write(roots.proc.join("cpuinfo"), cpuinfo).unwrap();
            Self { _dir: dir, roots }
        }

        fn cpu(self, number: u32, files: &[(&str, &str)]) -> Self {
            let path = self.roots.sys.join(format!("devices/system/cpu/cpu{number}"));
            fs::create_dir_all(&path).unwrap();
            for (file, value) in files {
                fs::create_dir_all(path.join(file).parent().unwrap()).unwrap();
                fs::write(path.join(file), format!("{value}\n")).unwrap();
            }
            self
        }

        fn placed(self, number: u32, socket: &str, die: &str, core: &str) -> Self {
            let files = [
                ("topology/physical_package_id", socket),
                ("topology/die_id", die),
                ("topology/core_id", core),
            ];
            self.cpu(number, &files)
        }

        fn read(&self) -> Topology {
            read(&self.roots).unwrap()
        }
    }

    #[test]
    fn threads_of_two_sockets_share_cores() {
        let machine = (0..8).fold(Machine::new("vendor_id : GenuineIntel\n"), |machine, number| {
            machine.placed(
                number,
                &(number % 2).to_string(),
                "0",
                &((number % 4) / 2).to_string(),
            )
        });
        let topology = machine.read();
        assert_eq!(topology.vendor, "GenuineIntel");
        assert_eq!(topology.sockets(), [0, 1]);
        assert_eq!(
            (topology.cores_of(0), topology.cores_of(1), topology.cores_of(2)),
            (2, 2, 0)
        );
        assert_eq!(topology.cpus_of(1), [1, 3, 5, 7]);
        assert_eq!((topology.socket_of(6), topology.socket_of(8)), (Some(0), None));
    }

    #[test]
    fn ten_cpus_stand_in_the_order_of_their_numbers() {
        let machine = (0..12).fold(Machine::new(""), |machine, number| {
            machine.placed(number, "0", "0", &number.to_string())
        });
        assert_eq!(machine.read().cpus_of(0), (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn cores_of_two_dies_may_have_the_same_numbers() {
        let machine = Machine::new("").placed(0, "0", "0", "0").placed(1, "0", "1", "0");
        assert_eq!(machine.read().cores_of(0), 2);
    }

    #[test]
    fn a_cpu_that_is_offline_is_not_counted() {
        let machine = Machine::new("processor : 0\n")
            .placed(0, "0", "0", "0")
            .placed(1, "0", "0", "1")
            .cpu(1, &[("online", "0")])
            .placed(2, "0", "0", "2")
            .cpu(2, &[("online", "1")])
            .cpu(3, &[]);
        assert_eq!(machine.read().cpus_of(0), [0, 2]);
    }

    #[test]
    fn what_firmware_left_out_is_taken_from_cpuinfo_or_is_socket_0() {
        let cpuinfo = "processor : 0\nphysical id : 3\ncore id : 7\nprocessor : 1\n";
        let machine = Machine::new(cpuinfo)
            .placed(0, "-1", "-1", "-1")
            .placed(1, "-1", "", "9999999999");
        let expected = [
            Cpu {
                number: 0,
                socket: 3,
                die: 0,
                core: 7,
            },
            Cpu {
                number: 1,
                socket: 0,
                die: 0,
                core: 1,
            },
        ];
        assert_eq!(machine.read().cpus, expected);
    }

    #[test]
    fn without_topology_directories_cpuinfo_tells() {
        let cpuinfo = "processor : 1\nphysical id : 1\ncore id : 0\n\nprocessor : 0\nphysical id : 0\n";
        let topology = Machine::new(cpuinfo).cpu(0, &[]).cpu(1, &[]).read();
        assert_eq!((topology.socket_of(0), topology.socket_of(1)), (Some(0), Some(1)));
    }

    #[test]
    fn without_any_hint_every_cpu_is_a_core_of_socket_0() {
        let topology = Machine::new("")
            .cpu(0, &[])
            .cpu(1, &[])
            .cpu(2, &[("online", "0")])
            .read();
        assert_eq!((topology.cpus_of(0), topology.cores_of(0)), (vec![0, 1], 2));
    }

    #[test]
    fn a_tree_without_cpus_is_an_error_that_names_the_file() {
        let empty = read(&Machine::new("").roots).unwrap_err().to_string();
        assert!(empty.contains("proc/cpuinfo: expected a processor"), "{empty}");
        let dir = tempfile::tempdir().unwrap();
        assert!(read(&Roots::below(dir.path())).unwrap_err().is_gone());
    }

    #[test]
    fn other_names_are_no_cpus() {
        for name in [
            "cpu",
            "cpux",
            "cpu-1",
            "cpufreq",
            "cpu8192",
            "cpu99999999999",
            "0",
        ] {
            assert_eq!(cpu_number(name), None, "{name}");
        }
    }
}
