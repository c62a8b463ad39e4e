//! Virtual machines of libvirt, under software emulation.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::super::patience::wait_until;
use super::super::program::Program;
use super::Guest;
use super::agent;
use super::boot_sector;
use super::command::missing;
use super::command::told;
use super::command::try_to;
use super::command::wait_until_it_answers;
use super::guest::assert_three_to_one;
use super::tap;
use super::tap::Tap;

const URI: [&str; 2] = ["-c", "qemu:///system"];
/// libvirt asks QEMU for KVM even for machines that do without it, and where it does not work that takes long.
const WITHOUT_KVM: &str = "[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm; exec libvirtd";

/// libvirt's daemons.
struct Libvirt {
    images: TempDir,
    _daemons: [Program; 2],
}

/// One running domain.
struct Domain {
    name: &'static str,
    uuid: &'static str,
    platform: [(&'static str, &'static str); 2],
}

impl Libvirt {
    /// Starts the daemons, or says why not.
    fn start() -> Result<Self, String> {
        if let Some(program) = missing(&["libvirtd", "virtlogd", "virsh", "qemu-system-x86_64", "ip"]) {
            return Err(format!("{program} is missing"));
        }
        if Path::new("/run/libvirt/libvirt-sock").exists()
            && virsh(&["uri"]).status().is_ok_and(|it| it.success())
        {
            return Err("libvirt is in use on this machine".to_owned());
        }
        let images = tempfile::Builder::new()
            .prefix("wattle")
            .tempdir_in("/var/lib/libvirt/images");
        let images = images.map_err(|error| format!("/var/lib/libvirt/images: {error}"))?;
        told("chmod", &["755", images.path().to_str().unwrap()]);
        let log = Program::start(Command::new("virtlogd"));
        let mut private = Command::new("unshare");
        private.args(["--mount", "sh", "-c", WITHOUT_KVM]);
        let daemon = Program::start(private);
        wait_until_it_answers("libvirtd", || virsh(&["uri"]));
        Ok(Self {
            images,
            _daemons: [daemon, log],
        })
    }

    fn create(&self, domain: Domain, vcpus: u32, count: u32, tap: Option<&Tap>) -> Domain {
        let image = self.images.path().join(domain.name);
        fs::write(&image, boot_sector::image(count)).unwrap();
        let file = self.images.path().join(format!("{}.xml", domain.name));
        let Domain { name, uuid, .. } = domain;
        let image = image.display();
        let network = tap.map(interface).unwrap_or_default();
        let xml = format!(
            "<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid>
             <memory unit='MiB'>16</memory><vcpu>{vcpus}</vcpu>
             <os><type arch='x86_64' machine='pc'>hvm</type></os>
             <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
             <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{image}'/>
             <target dev='hda' bus='ide'/></disk>{network}</devices></domain>"
        );
        fs::write(&file, xml).unwrap();
        told("virsh", &[&URI[..], &["create", file.to_str().unwrap()]].concat());
        domain
    }
}

fn interface(tap: &Tap) -> String {
    format!(
        "<interface type='ethernet'><target dev='{}'/><model type='{}'/><rom enabled='no'/></interface>",
        tap.name(),
        tap::MODEL
    )
}

impl Drop for Libvirt {
    fn drop(&mut self) {
        for name in ["one-524", "web", "shop"] {
            let _ = try_to("virsh", &[&URI[..], &["destroy", name]].concat());
        }
    }
}

fn virsh(arguments: &[&str]) -> Command {
    let mut command = Command::new("virsh");
    command
        .args(URI)
        .args(arguments)
        .stdout(std::process::Stdio::null());
    command
}

impl Guest for Domain {
    fn labels(&self) -> Vec<(&'static str, String)> {
        let known = [
            ("kind", "vm"),
            ("id", self.uuid),
            ("name", self.name),
            ("uuid", self.uuid),
        ];
        known
            .iter()
            .chain(self.platform.iter().filter(|(label, _)| !label.is_empty()))
            .map(|(label, value)| (*label, (*value).to_owned()))
            .collect()
    }

    fn work(&self, at_all: bool) {
        let verb = if at_all { "resume" } else { "suspend" };
        told("virsh", &[&URI[..], &[verb, self.name]].concat());
    }

    fn used_us(&self) -> u64 {
        let stats = told(
            "virsh",
            &[&URI[..], &["domstats", "--cpu-total", self.name]].concat(),
        );
        let time = stats
            .lines()
            .find_map(|line| line.trim().strip_prefix("cpu.time="));
        time.unwrap().parse::<u64>().unwrap() / 1000
    }
}

#[test]
fn machines_of_libvirt_are_known_by_name_and_pay_for_what_they_used() {
    let libvirt = match Libvirt::start() {
        Ok(libvirt) => libvirt,
        Err(reason) => skip!("{reason}"),
    };
    let state = tempfile::tempdir().unwrap();
    let agent = agent(state.path());
    let one = Domain {
        name: "one-524",
        uuid: "4dea22b3-1d52-d8f3-2516-782e98ab3fa0",
        platform: [("platform", "opennebula"), ("vm_id", "524")],
    };
    let one = libvirt.create(one, 1, 6_000_000, None);
    let one_series = agent.recognises(&one);
    let web = Domain {
        name: "web",
        uuid: "c7a5fdbd-edaf-9455-926a-d65c16db1809",
        platform: [("platform", "libvirt"), ("", "")],
    };
    let tap = Tap::unique();
    let web = libvirt.create(web, 8, 2_000_000, Some(&tap));
    let web_series = agent.recognises(&web);
    let guests: [(&dyn Guest, &str); 2] = [(&one, &one_series), (&web, &web_series)];
    assert_three_to_one(&agent.measure(&guests));
    web.work(true);
    tap.send(20, 1000);
    let received = format!("wattle_workload_network_receive_bytes_total{{{web_series}}}");
    wait_until("the bytes that the guest received to be shown", || {
        let truth = tap.received();
        let shown = agent.after_ticks(1).value(&received);
        truth >= 20_000 && shown.is_some_and(|shown| (shown - truth as f64).abs() < 1.0)
    });
    let last = agent.after_ticks(1);
    told("virsh", &[&URI[..], &["destroy", web.name]].concat());
    // Only a machine that is off can be given another name. Under that it is another workload, which begins at nothing.
    let shop = libvirt.create(Domain { name: "shop", ..web }, 1, 2_000_000, None);
    let shop_series = agent.recognises(&shop);
    assert_ne!(shop_series, web_series);
    drop(libvirt);
    agent.forgets(&one_series, &last);
    let gone = format!("wattle_workload_cpu_seconds_total{{{web_series}}}");
    assert_eq!(agent.after_ticks(1).get(&gone), None);
}
