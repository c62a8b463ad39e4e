//! Command lines of hypervisors other than QEMU.

use std::borrow::Cow;

use super::Details;
use super::Label;
use super::VmProcess;
use super::place::is_uuid;

type Args<'a> = [Cow<'a, str>];

/// `--platform uuid=…`, and the name of its API socket, to which libvirt adds a word.
pub(super) fn cloud_hypervisor(args: &Args<'_>) -> Option<VmProcess> {
    if asks_only(args) {
        return None;
    }
    let platform = option(args, "--platform").unwrap_or_default();
    let uuid = platform
        .split(',')
        .find_map(|setting| setting.strip_prefix("uuid="))
        .filter(|uuid| is_uuid(uuid))
        .map(str::to_ascii_lowercase);
    let socket = option(args, "--api-socket").map(|socket| socket.strip_prefix("path=").unwrap_or(socket));
    Some(vm(
        "cloud-hypervisor",
        socket
            .and_then(stem)
            .map(|name| name.strip_suffix("-socket").unwrap_or(name)),
        uuid,
    ))
}

/// `--id`, which the jailer sets; without it Firecracker takes a word that is the same for all.
pub(super) fn firecracker(args: &Args<'_>) -> Option<VmProcess> {
    if asks_only(args) {
        return None;
    }
    let id = option(args, "--id").filter(|id| !id.is_empty());
    let mut vm = vm("firecracker", id, None);
    vm.uuid = id.map(str::to_owned);
    if let Some(uuid) = id.filter(|id| is_uuid(id)) {
        vm.details.set(Label::Uuid, uuid);
    }
    Some(vm)
}

/// `crosvm run`; its control socket is named by whoever started it.
pub(super) fn crosvm(args: &Args<'_>) -> Option<VmProcess> {
    args.iter().find(|arg| *arg == "run")?;
    let socket = option(args, "--socket").or_else(|| option(args, "-s"));
    Some(vm("crosvm", socket.and_then(stem), None))
}

/// `lkvm run --name`.
pub(super) fn kvmtool(args: &Args<'_>) -> Option<VmProcess> {
    args.first().filter(|arg| *arg == "run")?;
    Some(vm(
        "kvmtool",
        option(args, "--name").or_else(|| option(args, "-n")),
        None,
    ))
}

/// `--comment <name> --startvm <uuid>`.
pub(super) fn virtualbox(args: &Args<'_>) -> Option<VmProcess> {
    let started = option(args, "--startvm").or_else(|| option(args, "-startvm"))?;
    let uuid = is_uuid(started).then(|| started.to_ascii_lowercase());
    let name = option(args, "--comment").or(Some(started));
    Some(vm("virtualbox", name, uuid))
}

/// The last argument is the machine's file.
pub(super) fn vmware(args: &Args<'_>) -> Option<VmProcess> {
    let file = args.last().filter(|file| file.ends_with(".vmx"))?;
    Some(vm("vmware", stem(file), None))
}

fn vm(runtime: &str, name: Option<&str>, uuid: Option<String>) -> VmProcess {
    let mut details = Details::default().with(Label::Runtime, runtime);
    details.set(Label::Uuid, uuid.as_deref().unwrap_or_default());
    VmProcess {
        name: name.map(str::to_owned),
        uuid,
        details,
    }
}

fn asks_only(args: &Args<'_>) -> bool {
    let questions = ["--help", "-h", "--version", "-V", "--snapshot-version"];
    args.iter().any(|arg| questions.contains(&&**arg))
}

/// The value of `--name value` or `--name=value`.
fn option<'a>(args: &'a Args<'_>, name: &str) -> Option<&'a str> {
    args.iter().enumerate().find_map(|(at, arg)| {
        let rest = arg.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => args.get(at + 1).map(|value| &**value),
            None => None,
        }
    })
}

/// A file's name without what follows the last dot.
fn stem(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    (!stem.is_empty()).then_some(stem)
}
