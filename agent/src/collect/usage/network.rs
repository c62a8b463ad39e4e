//! Bytes of workloads to and from the network.

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::net_dev::Device;
use wattle_hostfs::net_namespace;
use wattle_hostfs::net_namespace::NamespaceDevices;
use wattle_hostfs::net_namespace::NamespaceId;
use wattle_hostfs::process_dir::ProcessDir;
use wattle_hostfs::tun_handles;
use wattle_hostfs::tun_handles::Served;

use super::holder::Flow;
use super::holder::Holder;
use super::holder::Look;
use super::holder::Pinned;
use super::holder::Tap;
use super::host_devices::HostDevices;
use super::libvirt;
use super::namespaces::Claim;
use super::namespaces::Namespaces;
use super::tally::Bytes;
use crate::sample::AccountSample;
use crate::sample::FlowKind;
use crate::sample::FlowSample;
use crate::workload::Kind;

/// A guest's device is made shortly before its process is started. One that is older may have served another guest.
const MADE_BEFORE: u64 = 10;

/// What is read for a turn.
pub(super) struct Turn<'t> {
    pub(super) account: &'t AccountSample,
    pub(super) look: Look,
    pub(super) tick: u64,
    /// The host's own devices.
    pub(super) devices: &'t [Device],
}

/// Everything that has to do with networks.
#[derive(Debug)]
pub(super) struct Networks {
    roots: Roots,
    host: Option<NamespaceId>,
    pub(super) host_devices: HostDevices,
    namespaces: Namespaces,
    /// The devices of the namespace that was read last.
    inside: Vec<Device>,
}

impl Networks {
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            roots: roots.clone(),
            host: net_namespace::of_host(roots),
            host_devices: HostDevices::default(),
            namespaces: Namespaces::default(),
            inside: Vec::new(),
        }
    }

    /// Tidies up now and then.
    pub(super) fn expire(&mut self, tick: u64) {
        self.namespaces.expire(tick);
        self.host = net_namespace::of_host(&self.roots).or(self.host);
    }

    /// An account has ended.
    pub(super) fn forget(&mut self, holder: &Holder, account: u64) {
        if let Some(id) = holder.namespace {
            self.namespaces.leave(id, account);
        }
    }

    /// What a container moved through its own network namespace.
    pub(super) fn of_namespace(
        &mut self,
        holder: &mut Holder,
        turn: &Turn<'_>,
        ids: &mut u64,
        scratch: &mut Scratch,
    ) -> Option<FlowSample> {
        if holder.in_host && turn.look != Look::Close {
            return None;
        }
        let process = holder.process.as_ref()?;
        let Ok(opened) = NamespaceDevices::open(&process.dir) else {
            holder.in_host = true;
            return None;
        };
        let id = opened.id();
        // Where the host's own is not known, none can be told from it.
        holder.in_host = self.host.is_none_or(|host| host == id);
        let left = holder.namespace.take().filter(|&before| before != id);
        if let Some(before) = left {
            self.namespaces.leave(before, turn.account.id);
        }
        if holder.in_host {
            return None;
        }
        holder.namespace = Some(id);
        let claim = Claim {
            start_ticks: process.start_ticks,
            account: turn.account.id,
        };
        // Services are often put into a namespace that was there before them.
        let fresh = holder.since > 0 && turn.account.workload.kind == Kind::Container;
        if self.namespaces.claim(id, claim, fresh, ids) != turn.account.id {
            return None;
        }
        opened.read(scratch, &mut self.inside).ok()?;
        self.namespaces.read(id, &self.inside, turn.tick)
    }

    /// Finds the devices that a guest's processes serve, and keeps hold of the process that does.
    pub(super) fn find_taps(
        &mut self,
        holder: &mut Holder,
        turn: &Turn<'_>,
        ids: &mut u64,
        processes: impl Iterator<Item = Pinned>,
    ) {
        let mut found = Vec::new();
        let mut may_look = false;
        for process in processes {
            let Ok(served) = tun_handles::served(&process.dir, &self.roots) else {
                continue;
            };
            may_look = true;
            if !served.is_empty() || holder.process.is_none() {
                holder.in_host = self.is_in_host(&process.dir);
                holder.process = Some(process);
            }
            found.extend(served);
        }
        if !may_look {
            found = libvirt::devices(&self.roots, &turn.account.workload.name);
            holder.in_host = true;
        }
        holder
            .taps
            .retain(|tap| found.iter().any(|served| served.name == tap.name));
        for served in found {
            if !holder.taps.iter().any(|tap| tap.name == served.name) {
                holder.taps.push(tap(served, ids));
            }
        }
    }

    fn is_in_host(&self, process: &ProcessDir) -> bool {
        NamespaceDevices::open(process).is_ok_and(|opened| Some(opened.id()) == self.host)
    }

    /// What a guest moved through its devices.
    pub(super) fn of_taps(
        &mut self,
        holder: &mut Holder,
        turn: &Turn<'_>,
        ids: &mut u64,
        scratch: &mut Scratch,
        flows: &mut Vec<FlowSample>,
    ) {
        if holder.taps.is_empty() {
            return;
        }
        if !holder.in_host && !self.read_inside(holder, scratch) {
            return;
        }
        for tap in &mut holder.taps {
            let found = if holder.in_host {
                self.host_devices.get(turn.devices, &tap.name)
            } else {
                inside(&self.inside, &tap.name).map(|bytes| (bytes, holder.since))
            };
            let Some((bytes, since)) = found else { continue };
            if since != tap.since && tap.since != UNSEEN {
                tap.flow = flow(&tap.name, ids);
            }
            tap.since = since;
            flows.push(FlowSample {
                id: tap.flow.id,
                source: tap.flow.source.clone(),
                account: turn.account.id,
                kind: FlowKind::Network,
                bytes: to_guest(bytes, tap.is_tap),
                fresh: since > 0 && since + MADE_BEFORE >= holder.since,
            });
        }
    }

    fn read_inside(&mut self, holder: &Holder, scratch: &mut Scratch) -> bool {
        let opened = holder
            .process
            .as_ref()
            .and_then(|process| NamespaceDevices::open(&process.dir).ok());
        opened.is_some_and(|opened| opened.read(scratch, &mut self.inside).is_ok())
    }
}

/// The device was not found yet.
const UNSEEN: u64 = u64::MAX;

fn tap(served: Served, ids: &mut u64) -> Tap {
    Tap {
        flow: flow(&served.name, ids),
        name: served.name,
        is_tap: served.is_tap,
        since: UNSEEN,
    }
}

fn flow(name: &str, ids: &mut u64) -> Flow {
    *ids += 1;
    Flow {
        id: *ids,
        source: format!("dev:{name}").into(),
    }
}

fn inside(devices: &[Device], name: &str) -> Option<Bytes> {
    let device = devices.iter().find(|device| *device.name == *name)?;
    Some([device.receive.bytes, device.transmit.bytes])
}

/// What a tap received, the guest had sent; a macvtap receives for its guest.
fn to_guest([received, transmitted]: Bytes, is_tap: bool) -> Bytes {
    if is_tap {
        [transmitted, received]
    } else {
        [received, transmitted]
    }
}
