//! `/proc/cpuinfo` of four processors, with what an agent may look at.

use std::fmt::Write;

use super::cpus::Cpus;
use super::spec::Hardware;

/// Which processor a host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuModel {
    /// An Intel server, with dram zones.
    XeonServer,
    /// An Intel laptop, with psys.
    CoreClient,
    /// An AMD server.
    Epyc,
    /// What a guest of KVM sees.
    KvmGuest,
}

struct Face {
    vendor: &'static str,
    family: u32,
    model: u32,
    name: &'static str,
    stepping: u32,
    mhz: &'static str,
    cache_kb: u32,
    /// Flags beyond those that all have.
    flags: &'static str,
    bogomips: &'static str,
    bits: &'static str,
}

/// Flags of every 64-bit processor of the last ten years.
const COMMON: &str = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 \
                      ht syscall nx pdpe1gb rdtscp lm constant_tsc rep_good nopl cpuid pni pclmulqdq ssse3 fma cx16 \
                      sse4_1 sse4_2 movbe popcnt aes xsave avx f16c rdrand lahf_lm abm fsgsbase bmi1 avx2 smep bmi2";

const XEON: Face = Face {
    vendor: "GenuineIntel",
    family: 6,
    model: 85,
    name: "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz",
    stepping: 7,
    mhz: "2100.000",
    cache_kb: 28160,
    flags: "dts acpi ss tm pbe arch_perfmon pebs bts nonstop_tsc aperfmperf vmx smx est tm2 pcid dca x2apic avx512f epb \
            dtherm ida arat pln pts hwp",
    bogomips: "4200.00",
    bits: "46 bits physical, 48 bits virtual",
};

const CORE: Face = Face {
    vendor: "GenuineIntel",
    family: 6,
    model: 140,
    name: "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz",
    stepping: 1,
    mhz: "2800.000",
    cache_kb: 12288,
    flags: "dts acpi ss tm pbe arch_perfmon pebs bts nonstop_tsc aperfmperf vmx est tm2 pcid x2apic avx512f sha_ni dtherm \
            ida arat pln pts hwp hwp_notify",
    bogomips: "5606.40",
    bits: "39 bits physical, 48 bits virtual",
};

const EPYC: Face = Face {
    vendor: "AuthenticAMD",
    family: 23,
    model: 49,
    name: "AMD EPYC 7402P 24-Core Processor",
    stepping: 0,
    mhz: "2794.870",
    cache_kb: 512,
    flags: "mmxext fxsr_opt nonstop_tsc extd_apicid aperfmperf rapl monitor svm extapic cr8_legacy sse4a misalignsse \
            3dnowprefetch osvw ibs skinit wdt tce topoext perfctr_core perfctr_nb cpb cat_l3 clzero irperf",
    bogomips: "5589.74",
    bits: "43 bits physical, 48 bits virtual",
};

const GUEST: Face = Face {
    vendor: "GenuineIntel",
    family: 6,
    model: 85,
    name: "Intel Xeon Processor (Cascadelake)",
    stepping: 6,
    mhz: "2095.078",
    cache_kb: 16384,
    flags: "ss vmx pcid x2apic tsc_deadline_timer hypervisor avx512f arat umip pku ospke",
    bogomips: "4190.15",
    bits: "46 bits physical, 48 bits virtual",
};

impl CpuModel {
    fn face(self) -> &'static Face {
        match self {
            Self::XeonServer => &XEON,
            Self::CoreClient => &CORE,
            Self::Epyc => &EPYC,
            Self::KvmGuest => &GUEST,
        }
    }
}

/// The whole file.
pub(crate) fn text(hardware: &Hardware, cpus: &Cpus) -> String {
    let face = hardware.model.face();
    let cores = (hardware.cpus_per_socket / hardware.threads_per_core.max(1)).max(1);
    let mut text = String::new();
    for (number, cpu) in cpus.all.iter().enumerate() {
        let _ = write!(
            text,
            "processor\t: {number}\nvendor_id\t: {}\ncpu family\t: {}\n",
            face.vendor, face.family
        );
        let _ = write!(
            text,
            "model\t\t: {}\nmodel name\t: {}\nstepping\t: {}\n",
            face.model, face.name, face.stepping
        );
        let _ = write!(
            text,
            "cpu MHz\t\t: {}\ncache size\t: {} KB\n",
            face.mhz, face.cache_kb
        );
        let _ = write!(
            text,
            "physical id\t: {}\nsiblings\t: {}\n",
            cpu.socket,
            hardware.cpus_per_socket.max(1)
        );
        let _ = write!(
            text,
            "core id\t\t: {}\ncpu cores\t: {cores}\napicid\t\t: {number}\n",
            cpu.core
        );
        let _ = write!(
            text,
            "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 22\nwp\t\t: yes\n"
        );
        let _ = write!(
            text,
            "flags\t\t: {COMMON} {}\nbogomips\t: {}\n",
            face.flags, face.bogomips
        );
        let _ = write!(
            text,
            "clflush size\t: 64\ncache_alignment\t: 64\naddress sizes\t: {}\n",
            face.bits
        );
        let _ = write!(text, "power management:\n\n");
    }
    text
}
