//! What a host has beside its workloads: network devices, stalls, counts of events.

use super::random::Random;

/// One network device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) name: String,
    /// The most bytes per second.
    busy: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Device {
    /// A device that has counted so much.
    pub(crate) fn counted(name: &str, received: u64, sent: u64) -> Self {
        Self {
            name: name.to_owned(),
            busy: 0,
            received,
            sent,
        }
    }
}

/// Everything that merely counts on.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) devices: Vec<Device>,
    /// Time in which some task waited for a CPU, for a disk, and all did for a disk.
    pub(crate) cpu_some_us: u64,
    pub(crate) io_some_us: u64,
    pub(crate) io_full_us: u64,
    pub(crate) interrupts: u64,
    pub(crate) switches: u64,
    /// Processes started since the boot.
    pub(crate) forks: u64,
    random: Random,
}

impl Surroundings {
    pub(crate) fn new(seed: u64) -> Self {
        let device = |name: &str, busy| Device {
            name: name.to_owned(),
            busy,
            received: 0,
            sent: 0,
        };
        Self {
            devices: vec![
                device("lo", 100_000),
                device("eno1", 20_000_000),
                device("br0", 15_000_000),
            ],
            cpu_some_us: 0,
            io_some_us: 0,
            io_full_us: 0,
            interrupts: 1_200_000,
            switches: 2_400_000,
            forks: 3_000,
            random: Random::new(seed ^ 0x7375_7272),
        }
    }

    /// Lets time pass in which workloads waited so long for a CPU.
    pub(crate) fn advance(&mut self, step_us: u64, waited_us: u64) {
        for device in &mut self.devices {
            let most = device.busy * step_us / 1_000_000;
            device.received += self.random.below(most + 1);
            device.sent += if device.name == "lo" {
                device.received - device.sent
            } else {
                self.random.below(most + 1)
            };
        }
        self.cpu_some_us += waited_us.min(step_us) + step_us / 500;
        self.io_some_us += step_us / 400;
        self.io_full_us += step_us / 500;
        self.interrupts += step_us / 300;
        self.switches += step_us / 150;
    }
}
