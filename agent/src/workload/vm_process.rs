//! Is this process a virtual machine, and which?

use std::borrow::Cow;
use std::sync::Arc;

use wattle_hostfs::process::Cmdline;

use super::Details;
use super::Evidence;
use super::Identity;
use super::Kind;
use super::Label;
use super::Nesting;
use super::Subject;
use super::Wants;
use super::hypervisors;
use super::qemu;
use super::sort_membership;

/// A hypervisor's process, as its command line describes the machine that it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmProcess {
    /// The machine's name, if it has one.
    pub name: Option<String>,
    /// Its UUID, in small letters, or what its hypervisor takes for one.
    pub uuid: Option<String>,
    /// Runtime, platform and so on.
    pub details: Details,
}

type Reader = fn(&[Cow<'_, str>]) -> Option<VmProcess>;

/// Programs by their file names, and who understands their arguments. A name that ends in `-` is the start of one.
const PROGRAMS: [(&str, Reader); 13] = [
    ("qemu-system-", qemu::read),
    ("qemu-kvm", qemu::read),
    ("qemu", qemu::read),
    ("kvm", qemu::read),
    ("kvm-spice", qemu::read),
    ("cloud-hypervisor", hypervisors::cloud_hypervisor),
    ("firecracker", hypervisors::firecracker),
    ("crosvm", hypervisors::crosvm),
    ("lkvm", hypervisors::kvmtool),
    ("VBoxHeadless", hypervisors::virtualbox),
    ("VirtualBoxVM", hypervisors::virtualbox),
    ("vmware-vmx", hypervisors::vmware),
    ("qemu-dm", qemu::read),
];

/// The machine that a process runs, if it is a hypervisor. Only the file name of the program as it was called decides; a
/// mention among the arguments does not.
pub fn vm_process(cmdline: &[u8]) -> Option<VmProcess> {
    VmProcess::read(&Cmdline::parse(cmdline.to_vec()))
}

impl VmProcess {
    /// As [`vm_process`], of a command line that has been taken apart.
    pub fn read(cmdline: &Cmdline) -> Option<Self> {
        let mut args = cmdline.args();
        let program = file_name(args.next()?)?;
        let (_, read) = PROGRAMS.iter().find(|(name, _)| match name.strip_suffix('-') {
            Some(_) => program.len() > name.len() && program.starts_with(name) && is_word(program),
            None => program == *name,
        })?;
        let args: Vec<_> = args.map(String::from_utf8_lossy).collect();
        read(&args)
    }

    /// The workload that the process is, if its cgroup at `path` names none that pays for it: a VM of its own within a
    /// service or a session, or outside of any. `born` is its PID and start time, which stand in for a missing UUID.
    ///
    /// In a user's session it is the user's: name and UUID are the user's own words, so no platform is believed, and the
    /// id begins with the user. Root's sessions are the host's.
    pub fn identify(
        &self,
        path: &str,
        nesting: Nesting,
        born: (u32, u64),
        evidence: &Evidence,
    ) -> Option<Arc<Identity>> {
        let owner = sort_membership(path, nesting);
        let mut subject = self.subject(born);
        match owner {
            Some(owner) if owner.kind == Kind::Vm => return None,
            Some(owner) if owner.kind == Kind::Container => {
                if nesting == Nesting::Outermost {
                    return None;
                }
                return Some(self.of_a_tenant(subject, &owner));
            }
            Some(owner) if owner.is_user() && owner.name != "user-0" => {
                return Some(self.of_a_tenant(subject, &owner));
            }
            _ => {}
        }
        subject.wants = Wants::Hypervisor;
        let evidence = Evidence {
            hypervisor: Some(self.clone()),
            domain: evidence
                .domain
                .clone()
                .filter(|domain| self.is_domain(&domain.uuid)),
            ..Evidence::default()
        };
        Some(subject.identify(&evidence))
    }

    /// The name of libvirt's file about it.
    pub fn domain_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the UUID is its own. libvirt always tells it.
    fn is_domain(&self, uuid: &str) -> bool {
        self.uuid.as_deref() == Some(uuid)
    }

    pub(super) fn title(&self) -> String {
        let name = self.name.as_deref().or(self.uuid.as_deref());
        format!("vm:{}", name.unwrap_or_else(|| self.runtime()))
    }

    fn runtime(&self) -> &str {
        self.details.get(Label::Runtime).unwrap_or("vm")
    }

    fn subject(&self, (pid, start_ticks): (u32, u64)) -> Subject {
        let born = format!("{}-{pid}-{start_ticks}", self.runtime());
        Subject {
            kind: Kind::Vm,
            id: self.uuid.clone().unwrap_or(born),
            name: self.name.clone().unwrap_or_else(|| self.runtime().to_owned()),
            details: self.details.clone(),
            wants: Wants::Nothing,
        }
    }

    fn of_a_tenant(&self, mut subject: Subject, owner: &Subject) -> Arc<Identity> {
        subject.details = Details::default().with(Label::Runtime, self.runtime());
        subject
            .details
            .set(Label::Uuid, self.details.get(Label::Uuid).unwrap_or_default());
        subject.within(owner).identify(&Evidence::default())
    }
}

fn file_name(program: &[u8]) -> Option<&str> {
    let name = program.rsplit(|&byte| byte == b'/').next()?;
    std::str::from_utf8(name).ok()
}

/// A title that a process gives itself has spaces in it, and a script's name has a dot.
fn is_word(program: &str) -> bool {
    program
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(program in "qemu-system-x86_64|firecracker|kvm|cloud-hypervisor|VBoxHeadless|vmware-vmx|crosvm|lkvm", args: Vec<u8>) {
            let text = [program.as_bytes(), b"\0", &args].concat();
            if let Some(vm) = vm_process(&text) {
                let identity = vm.identify("/", Nesting::Outermost, (1, 2), &Evidence::default());
                prop_assert!(identity.is_some());
            }
        }

        #[test]
        fn only_the_programs_own_name_decides(program in "[a-z]{1,3}|sudo|bash|grep|vi|qemu-img|qemu-nbd|virtiofsd|swtpm", rest in "qemu-system-x86_64|/usr/bin/kvm") {
            let text = format!("/usr/bin/{program}\0{rest}\0-name\0guest=one-524\0");
            prop_assume!(program != "kvm");
            prop_assert_eq!(vm_process(text.as_bytes()), None);
        }
    }
}
