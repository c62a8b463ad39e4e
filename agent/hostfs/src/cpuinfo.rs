//! What the CPUs call themselves, `/proc/cpuinfo`.
//!
//! Each architecture writes other lines (`show_cpuinfo` and `c_show` below `arch/`); all have the form `key : value`.

use crate::cpu_list::MAX_CPUS;
use crate::text;

/// The most of a name that is kept.
const NAME_BYTES: usize = 128;

/// Where the model stands, best first: x86, POWER, MIPS, RISC-V, boards, s390x, and the bare part number of arm64.
const MODEL_KEYS: [&[u8]; 8] = [
    b"model name",
    b"cpu",
    b"cpu model",
    b"uarch",
    b"Model",
    b"Hardware",
    b"processor 0",
    b"CPU part",
];

/// Designers of Arm cores: `MIDR_EL1`, field Implementer, of the Arm Architecture Reference Manual.
const IMPLEMENTERS: [(&[u8], &str); 11] = [
    (b"0x41", "ARM"),
    (b"0x42", "Broadcom"),
    (b"0x43", "Cavium"),
    (b"0x46", "Fujitsu"),
    (b"0x48", "HiSilicon"),
    (b"0x4e", "NVIDIA"),
    (b"0x50", "APM"),
    (b"0x51", "Qualcomm"),
    (b"0x61", "Apple"),
    (b"0x6d", "Microsoft"),
    (b"0xc0", "Ampere"),
];

/// What the file tells on any architecture; empty or absent where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpuinfo {
    /// `GenuineIntel`, `AuthenticAMD`, `IBM/S390`, or the designer of an Arm core.
    pub vendor: String,
    /// The model in the vendor's words; on arm64 mostly no more than a part number.
    pub model_name: String,
    /// The host is itself a guest. Only x86 tells; elsewhere it stays false.
    pub hypervisor: bool,
    /// What the CPUs have for running guests: `vmx` or `svm`. Only x86 tells.
    pub virtualization: Option<&'static str>,
    /// The machine's name as `uname` has it, where the file shows which it is.
    pub machine: Option<&'static str>,
    /// The CPUs that are online.
    pub processors: Vec<Processor>,
}

/// One CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processor {
    /// Its number.
    pub number: u32,
    /// Its socket.
    pub physical_id: Option<u32>,
    /// Its core within the socket.
    pub core_id: Option<u32>,
}

/// Parses the file; lines that are not understood are passed over, as every architecture has many.
pub fn parse(file: &[u8]) -> Cpuinfo {
    let mut info = Cpuinfo::default();
    let mut model_rank = MODEL_KEYS.len();
    for line in text::lines(file) {
        let mut halves = line.splitn(2, |&byte| byte == b':').map(<[u8]>::trim_ascii);
        let (Some(key), Some(value)) = (halves.next(), halves.next()) else {
            continue;
        };
        info.note(key, value);
        match MODEL_KEYS.iter().position(|&model| model == key) {
            Some(rank) if rank < model_rank => {
                model_rank = rank;
                info.model_name = name(machine_type(value));
            }
            _ => {}
        }
    }
    info
}

impl Cpuinfo {
    fn note(&mut self, key: &[u8], value: &[u8]) {
        match key {
            // s390x has `processor 0: …` for the machine, and numbers its CPUs under another key.
            b"processor" | b"cpu number" => self.begin(value),
            b"physical id" => self.update(|cpu| cpu.physical_id = number(value)),
            b"core id" => self.update(|cpu| cpu.core_id = number(value)),
            b"vendor_id" if self.vendor.is_empty() => self.vendor = name(value),
            b"CPU implementer" if self.vendor.is_empty() => self.vendor = designer(value),
            b"flags" => text::words(value).for_each(|flag| self.note_flag(flag)),
            b"CPU architecture" if value == b"8" => self.machine = Some("aarch64"),
            _ => {}
        }
    }

    fn note_flag(&mut self, flag: &[u8]) {
        match flag {
            b"hypervisor" => self.hypervisor = true,
            b"vmx" => self.virtualization = Some("vmx"),
            b"svm" => self.virtualization = Some("svm"),
            // Long mode: what makes an x86 one of 64 bits.
            b"lm" => self.machine = Some("x86_64"),
            _ => {}
        }
    }

    fn begin(&mut self, value: &[u8]) {
        let number = number(value).filter(|&number| number < MAX_CPUS);
        let room = self.processors.len() < MAX_CPUS as usize;
        let cpu = |number| Processor {
            number,
            physical_id: None,
            core_id: None,
        };
        self.processors.extend(number.filter(|_| room).map(cpu));
    }

    fn update(&mut self, change: impl FnOnce(&mut Processor)) {
        if let Some(cpu) = self.processors.last_mut() {
            change(cpu);
        }
    }
}

fn designer(implementer: &[u8]) -> String {
    let known = IMPLEMENTERS
        .iter()
        .find(|(code, _)| implementer.eq_ignore_ascii_case(code));
    known.map_or_else(|| name(implementer), |(_, designer)| (*designer).to_owned())
}

/// Of s390x's `version = FF, identification = 2733E8, machine = 3906`, the machine.
fn machine_type(value: &[u8]) -> &[u8] {
    const KEY: &[u8] = b"machine = ";
    let start = value.windows(KEY.len()).position(|window| window == KEY);
    start.map_or(value, |start| &value[start + KEY.len()..])
}

fn name(value: &[u8]) -> String {
    String::from_utf8_lossy(&value[..value.len().min(NAME_BYTES)]).into_owned()
}

fn number(value: &[u8]) -> Option<u32> {
    text::digits(value)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const XEON: &str = "\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz
physical id\t: 0
siblings\t: 32
core id\t\t: 3
flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic
power management:

processor\t: 1
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz
physical id\t: 1
core id\t\t: 0
flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic
";
    const EPYC_GUEST: &str = "\
processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: AMD EPYC 7702 64-Core Processor
physical id\t: 0
core id\t\t: 0
flags\t\t: fpu tsc_known_freq hypervisor lahf_lm
";
    const NEOVERSE: &str = "\
processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1

processor\t: 1
CPU implementer\t: 0x41
CPU part\t: 0xd0c
";
    const POWER9: &str = "\
processor\t: 0
cpu\t\t: POWER9, altivec supported
clock\t\t: 2300.000000MHz
revision\t: 2.2 (pvr 004e 1202)

timebase\t: 512000000
platform\t: PowerNV
model\t\t: 8335-GTH
machine\t\t: PowerNV 8335-GTH
";
    const S390X: &str = "\
vendor_id       : IBM/S390
# processors    : 2
bogomips per cpu: 3033.00
processor 0: version = FF,  identification = 2733E8,  machine = 3906
processor 1: version = FF,  identification = 2733E8,  machine = 3906

cpu number      : 0
physical id     : 2
core id         : 5

cpu number      : 1
physical id     : 2
core id         : 6
";

    fn processors(info: &Cpuinfo) -> Vec<(u32, Option<u32>, Option<u32>)> {
        info.processors
            .iter()
            .map(|cpu| (cpu.number, cpu.physical_id, cpu.core_id))
            .collect()
    }

    #[test]
    fn each_architecture_says_who_made_it() {
        let table = [
            (
                XEON,
                "GenuineIntel",
                "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz",
                false,
            ),
            (
                EPYC_GUEST,
                "AuthenticAMD",
                "AMD EPYC 7702 64-Core Processor",
                true,
            ),
            (NEOVERSE, "ARM", "0xd0c", false),
            (POWER9, "", "POWER9, altivec supported", false),
            (S390X, "IBM/S390", "3906", false),
            ("CPU implementer : 0xAB\n", "0xAB", "", false),
        ];
        for (file, vendor, model, hypervisor) in table {
            let info = parse(file.as_bytes());
            assert_eq!(
                (&*info.vendor, &*info.model_name, info.hypervisor),
                (vendor, model, hypervisor)
            );
        }
    }

    #[test]
    fn each_architecture_numbers_its_cpus() {
        let table = [
            (XEON, vec![(0, Some(0), Some(3)), (1, Some(1), Some(0))]),
            (NEOVERSE, vec![(0, None, None), (1, None, None)]),
            (POWER9, vec![(0, None, None)]),
            (S390X, vec![(0, Some(2), Some(5)), (1, Some(2), Some(6))]),
        ];
        for (file, expected) in table {
            assert_eq!(processors(&parse(file.as_bytes())), expected);
        }
    }

    #[test]
    fn odd_lines_are_passed_over() {
        let table = [
            "",
            "\0\u{1}",
            ":",
            "processor",
            "processor : -1\n",
            "processor : 8192\n",
            "physical id : 1\n",
        ];
        for file in table {
            assert_eq!(parse(file.as_bytes()), Cpuinfo::default(), "{file:?}");
        }
        let broken = parse(b"processor : 0\nphysical id : many\nvendor_id : \xff\n");
        assert_eq!(processors(&broken), [(0, None, None)]);
        assert_eq!(broken.vendor, "\u{fffd}");
    }

    #[test]
    fn names_and_cpus_are_bounded() {
        let long = parse(format!("model name : {}\n", "x".repeat(5000)).as_bytes());
        assert_eq!(long.model_name.len(), NAME_BYTES);
        let many = parse("processor : 1\n".repeat(9000).as_bytes());
        assert_eq!(many.processors.len(), MAX_CPUS as usize);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_lines_like_those_of_the_file_are_parsed_without_a_panic(
            file in "((processor|processor 0|physical id|flags)\t: [a-z0-9 =]{0,20}\n){0,8}"
        ) {
            let _ = parse(file.as_bytes());
        }
    }
}
