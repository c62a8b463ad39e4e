//! What workloads have of the network: a container its own namespace (proc_pid_net(5)), a guest a tap device.

use super::host_files::net_dev;
use super::surroundings::Device;
use super::tree::Tree;
use super::workload::Workload;

/// Bytes to the workload, and from it, for each microsecond that it ran.
const RECEIVED: u64 = 4;
const SENT: u64 = 7;
/// The descriptor of a guest's tap device.
const TAP_FD: u32 = 27;

/// A guest's device, as the host sees it: what the guest sent, the device received.
pub(super) fn tap(workload: &Workload) -> Option<Device> {
    let runs = workload.spec.kind.label() == "vm" && !workload.processes.is_empty();
    runs.then(|| {
        Device::counted(
            &tap_name(workload),
            workload.cpu_us * SENT,
            workload.cpu_us * RECEIVED,
        )
    })
}

fn tap_name(workload: &Workload) -> String {
    format!("vnet{}", workload.leaf)
}

/// Writes the files by which a workload's network can be found.
pub(super) fn render(workload: &Workload, tree: &mut Tree) -> anyhow::Result<()> {
    let Some(first) = workload.processes.first() else {
        return Ok(());
    };
    let directory = first.directory();
    if workload.spec.kind.has_own_network() {
        let inside = [
            Device::counted("lo", 0, 0),
            Device::counted("eth0", workload.cpu_us * RECEIVED, workload.cpu_us * SENT),
        ];
        tree.put(&format!("{directory}/net/dev"), net_dev(&inside).as_bytes())?;
    } else if workload.spec.kind.label() == "vm" {
        let info = format!(
            "pos:\t0\nflags:\t0104002\nmnt_id:\t15\niff:\t{}\n",
            tap_name(workload)
        );
        tree.link(&format!("{directory}/fd/{TAP_FD}"), "/dev/net/tun")?;
        tree.put(&format!("{directory}/fdinfo/{TAP_FD}"), info.as_bytes())?;
        tree.link(&format!("{directory}/net"), "../1/net")?;
    }
    Ok(())
}
