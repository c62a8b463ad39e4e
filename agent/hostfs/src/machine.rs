//! What a machine and its kernel call themselves: `/proc/cpuinfo`, `/proc/sys/kernel/arch` and `/proc/sys/kernel/osrelease`.
//!
//! Kernel page: `Documentation/admin-guide/sysctl/kernel.rst`, `arch` (since 6.1) and `osrelease`.

use std::path::Path;

use crate::Roots;
use crate::cpuinfo;
use crate::cpuinfo::Cpuinfo;
use crate::kept::read_once;

/// The most of a name that is kept.
const MAX_BYTES: usize = 128;

/// What is known of a machine. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// `x86_64`, `aarch64`, …
    pub arch: Box<str>,
    /// As [`Cpuinfo::model_name`]; where that is no more than a number, with [`Cpuinfo::vendor`] before it.
    pub model: Box<str>,
    /// The kernel's release.
    pub kernel: Box<str>,
    /// As [`Cpuinfo::virtualization`].
    pub virtualization: &'static str,
    /// `yes` in a virtual machine of whatever sort. Only x86 tells.
    pub guest: &'static str,
}

/// Reads all of it; `None` where nothing is known at all.
pub fn read(roots: &Roots) -> Option<Machine> {
    let file = read_once(&roots.proc.join("cpuinfo"));
    let cpus = file.map_or_else(|_| Cpuinfo::default(), |file| cpuinfo::parse(&file));
    let kernel = roots.proc.join("sys/kernel");
    let arch = name(&kernel.join("arch")).or(cpus.machine.map(Into::into));
    let known = Machine {
        arch: arch.unwrap_or_default(),
        model: model(&cpus).trim().into(),
        kernel: name(&kernel.join("osrelease")).unwrap_or_default(),
        virtualization: cpus.virtualization.unwrap_or_default(),
        guest: if cpus.hypervisor { "yes" } else { "" },
    };
    (known != Machine::default()).then_some(known)
}

fn model(cpus: &Cpuinfo) -> String {
    if cpus.model_name.starts_with("0x") {
        format!("{} {}", cpus.vendor, cpus.model_name)
    } else {
        cpus.model_name.clone()
    }
}

/// The one word in a file.
fn name(path: &Path) -> Option<Box<str>> {
    let file = read_once(path).ok()?;
    let word = std::str::from_utf8(file.trim_ascii()).ok()?;
    let sound =
        !word.is_empty() && word.len() <= MAX_BYTES && word.bytes().all(|byte| byte.is_ascii_graphic());
    sound.then(|| word.into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_the_kernel_tells_is_put_together_and_the_rest_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        assert_eq!(read(&roots), None);
        fs::create_dir_all(roots.proc.join("sys/kernel")).unwrap();
        let write = |file: &str, text: &str| fs::write(roots.proc.join(file), text).unwrap();
        write(
            "cpuinfo",
            "processor : 0\nvendor_id : GenuineIntel\nmodel name : A CPU\nflags : fpu lm vmx\n",
        );
        let known = Machine {
            arch: "x86_64".into(),
            model: "A CPU".into(),
            virtualization: "vmx",
            ..Machine::default()
        };
        assert_eq!(read(&roots), Some(known.clone()));
        write("sys/kernel/osrelease", "6.1.0-40-amd64\n");
        write("sys/kernel/arch", "x86_64 and more\n");
        let kernel = "6.1.0-40-amd64".into();
        assert_eq!(read(&roots), Some(Machine { kernel, ..known }));
        write(
            "cpuinfo",
            "processor : 0\nCPU implementer : 0x41\nCPU architecture: 8\nCPU part : 0xd0c\n",
        );
        write("sys/kernel/arch", "aarch64\n");
        let arm = read(&roots).unwrap();
        assert_eq!((&*arm.arch, &*arm.model, arm.guest), ("aarch64", "ARM 0xd0c", ""));
    }
}
