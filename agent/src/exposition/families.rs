//! Every metric family, once: its name, what it means, its type, unit and labels, and where its points come from.

use super::carbon;
use super::host;
use super::latency;
use super::location;
use super::own;
use super::point::Points;
use super::point::Type;
use super::power;
use super::processes;
use super::servers;
use super::workloads;
use crate::snapshot::Snapshot;

/// One metric family.
#[derive(Debug)]
pub struct Family {
    /// The whole name, as queries use it.
    pub name: &'static str,
    /// What a value means.
    pub help: &'static str,
    /// The type.
    pub kind: Type,
    /// The unit, which the name ends in before the suffix of its type.
    pub unit: Option<&'static str>,
    /// The labels, in order.
    pub labels: &'static [&'static str],
    collect: for<'s> fn(&'s Snapshot, &mut Points<'s>),
}

impl Family {
    /// The points of one snapshot.
    pub(super) fn points<'s>(&self, snapshot: &'s Snapshot) -> Points<'s> {
        let mut points = Points::new(self.labels);
        (self.collect)(snapshot, &mut points);
        points
    }

    /// The name without unit and suffix, which the formats add as they like.
    pub(super) fn stem(&self) -> &'static str {
        let name = self.name.strip_suffix(self.kind.suffix()).unwrap_or(self.name);
        let unit = self
            .unit
            .and_then(|unit| name.strip_suffix(unit))
            .and_then(|name| name.strip_suffix('_'));
        unit.unwrap_or(name)
    }
}

const WORKLOAD: &[&str] = &["kind", "id", "name"];
const INFO: &[&str] = &[
    "kind",
    "id",
    "name",
    "runtime",
    "platform",
    "uuid",
    "vm_id",
    "vm_name",
    "namespace",
    "pod",
    "pod_uid",
    "container",
    "image",
    "project",
    "flavor",
    "user",
    "group",
    "tenant",
    "job_id",
    "slice",
    "inner",
    "outer",
];
const PROCESS: &[&str] = &["pid", "comm", "kind", "id", "name"];
const ZONE: &[&str] = &["zone", "socket", "source"];
const GRID: &[&str] = &["zone", "source"];
const DEVICE: &[&str] = &["device"];
const PEER: &[&str] = &["peer"];
const WAY: &[&str] = &["peer", "direction"];
const FILESYSTEM: &[&str] = &["mountpoint", "device", "fstype"];

macro_rules! families {
    ($($name:literal $kind:ident $unit:tt $labels:expr, $collect:path, $help:literal;)+) => {
        &[$(Family {
            name: $name,
            help: $help,
            kind: Type::$kind,
            unit: families!(@unit $unit),
            labels: $labels,
            collect: $collect,
        }),+]
    };
    (@unit -) => { None };
    (@unit $unit:literal) => { Some($unit) };
}

/// The table: name, type, unit, labels, source, meaning.
pub const FAMILIES: &[Family] = families! {
    "wattle_host_energy_joules_total" Counter "joules" &["component"], power::host_energy,
        "Energy of the host while the agent watched. Components do not overlap and add up to the host.";
    "wattle_host_power_watts" Gauge "watts" &["component"], power::host_power,
        "Mean power of the host over the last tick. Absent where no sensor answered.";
    "wattle_workload_energy_joules_total" Counter "joules" &["kind", "id", "name", "component"], workloads::energy,
        "Energy charged to a workload. All workloads and the retired energy add up to the host, to the microjoule.";
    "wattle_retired_energy_joules_total" Counter "joules" &["component"], power::retired,
        "Energy of ended workloads whose series have gone. For the balance only.";
    "wattle_conservation_error_joules" Gauge "joules" &[], power::conservation_error,
        "Energy of the host less that of all workloads and the retired. Always 0.";
    "wattle_workload_info" Info - INFO, workloads::info,
        "What is known of a workload. A label that is not known is left out.";
    "wattle_workload_cpu_seconds_total" Counter "seconds" WORKLOAD, workloads::cpu,
        "CPU time of a workload while the agent watched.";
    "wattle_workload_memory_bytes" Gauge "bytes" &["kind", "id", "name", "state"], workloads::memory,
        "Memory of a workload. anonymous: with no file behind it. working_set: all that is accounted to it, page cache included, less file pages that were not used lately.";
    "wattle_workload_network_receive_bytes_total" Counter "bytes" WORKLOAD, workloads::network_receive,
        "Bytes that a workload received while the agent watched: a VM through its tap devices, a container into its network namespace. Absent where the network is the host's or another workload's.";
    "wattle_workload_network_transmit_bytes_total" Counter "bytes" WORKLOAD, workloads::network_transmit,
        "Bytes that a workload sent, likewise.";
    "wattle_workload_block_read_bytes_total" Counter "bytes" WORKLOAD, workloads::block_read,
        "Bytes that a workload read from block devices while the agent watched. Of devices that stand on others only the lowest count.";
    "wattle_workload_block_write_bytes_total" Counter "bytes" WORKLOAD, workloads::block_write,
        "Bytes that a workload wrote to block devices, likewise. cgroup v1 leaves out what is written back later.";
    "wattle_workloads_over_limit_total" Counter - &[], workloads::over_limit,
        "Workloads that found no series of their own because of limits.workloads; their energy is in kind other.";
    "wattle_process_energy_joules_total" Counter "joules" PROCESS, processes::energy,
        "Energy of one of the processes.top largest processes since it became one of them. Absent unless configured.";
    "wattle_process_power_watts" Gauge "watts" PROCESS, processes::power,
        "Mean power of the same processes over the last tick.";
    "wattle_process_rest_energy_joules_total" Counter "joules" &[], processes::rest,
        "Energy of all who ran and were not among the largest processes at the time.";
    "wattle_process_left_energy_joules_total" Counter "joules" &[], processes::left,
        "Energy of processes while they were among the largest that are not any more. For the balance only: with the largest and the rest it adds up to all workloads but kind idle, since the agent was started.";
    "wattle_zone_energy_joules_total" Counter "joules" ZONE, power::zone_energy,
        "Energy that a counter of the hardware showed while the agent watched, over all its turns. Zones overlap: never add them.";
    "wattle_zone_events_total" Counter - &["zone", "socket", "source", "event"], power::zone_events,
        "What a counter of the hardware did other than move on.";
    "wattle_power_model_watts" Gauge "watts" &["component", "socket", "term"], power::model,
        "Power with nobody running (static) and with every CPU busy (full_load), as learnt or, without a sensor, as assumed.";
    "wattle_idle_policy_info" Info - &["policy"], power::idle_policy,
        "Who pays for the static part of the power.";
    "wattle_host_location_info" Info - &["country", "city", "site", "source"], location::info,
        "Where the host stands, and who says so.";
    "wattle_host_latitude_degrees" Gauge "degrees" &[], location::latitude,
        "Where the host stands, north of the equator.";
    "wattle_host_longitude_degrees" Gauge "degrees" &[], location::longitude,
        "Where the host stands, east of Greenwich.";
    "wattle_peer_distance_meters" Gauge "meters" &["peer"], location::distance,
        "How far another host is over the ground.";
    "wattle_peer_light_floor_seconds" Gauge "seconds" &["peer"], location::floor,
        "What light needs to another host in a fibre that lies straight.";
    "wattle_peer_path_stretch_ratio" Gauge "ratio" WAY, location::stretch,
        "How many times longer than it needs to be a path is: the least one-way delay of the last minute by what light needs. Absent where clocks do not tell.";
    "wattle_grid_carbon_intensity_grams_per_kilowatt_hour" Gauge "grams_per_kilowatt_hour" GRID, carbon::intensity,
        "Carbon dioxide, with what other gases count for, of a kilowatt-hour from the grid now. Absent while it is not known.";
    "wattle_grid_carbon_intensity_age_seconds" Gauge "seconds" GRID, carbon::age,
        "How old the newest intensity is by its own date.";
    "wattle_grid_carbon_intensity_forecast_grams_per_kilowatt_hour" Gauge "grams_per_kilowatt_hour" &["zone", "source", "horizon"], carbon::forecast,
        "The intensity that the source expects so far ahead.";
    "wattle_grid_carbon_intensity_forecast_horizon_seconds" Gauge "seconds" GRID, carbon::horizon,
        "How far ahead the forecast reaches.";
    "wattle_grid_carbon_info" Info - &["zone", "source", "accounting", "pue"], carbon::info,
        "Of which power the intensity is (average or marginal), and the factor for what the building adds.";
    "wattle_grid_carbon_data_info" Info - &["zone", "year", "licence", "attribution"], carbon::data,
        "Where the figure of the built-in table was published.";
    "wattle_host_carbon_grams_total" Counter "grams" &["component"], carbon::host,
        "Carbon dioxide of the host's energy while the intensity was known, the building's part included.";
    "wattle_workload_carbon_grams_total" Counter "grams" &["kind", "id", "name", "component"], carbon::workloads,
        "Carbon dioxide of the energy charged to a workload. All workloads and the retired add up to the host.";
    "wattle_retired_carbon_grams_total" Counter "grams" &["component"], carbon::retired,
        "Carbon dioxide of ended workloads whose series have gone. For the balance only.";
    "wattle_host_energy_of_unknown_carbon_joules_total" Counter "joules" &[], carbon::unknown,
        "Energy of the host while the intensity was not known; it is in no carbon counter.";
    "wattle_sensor_up" Gauge - &["sensor"], own::sensor_up,
        "1 if a source answered in the last tick, 0 if not; wattle_sensor_info says why.";
    "wattle_sensor_info" Info - &["sensor", "source", "quality", "reason"], own::sensor_info,
        "Where a source reads, how far its figures can be trusted, and what is odd about it.";
    "wattle_sensor_read_seconds" Gauge "seconds" &["sensor"], own::sensor_read,
        "How long the last reading of a source took.";
    "wattle_host_cpu_seconds_total" Counter "seconds" &["mode"], host::cpu_seconds,
        "CPU time since boot, all CPUs together. guest is part of user, guest_nice of nice.";
    "wattle_host_cpus" Gauge - &[], host::cpus,
        "CPUs that are online.";
    "wattle_host_memory_bytes" Gauge "bytes" &["state"], host::memory,
        "Memory of the host.";
    "wattle_host_network_receive_bytes_total" Counter "bytes" DEVICE, host::receive_bytes,
        "Bytes received.";
    "wattle_host_network_transmit_bytes_total" Counter "bytes" DEVICE, host::transmit_bytes,
        "Bytes sent.";
    "wattle_host_network_receive_packets_total" Counter "packets" DEVICE, host::receive_packets,
        "Packets received.";
    "wattle_host_network_transmit_packets_total" Counter "packets" DEVICE, host::transmit_packets,
        "Packets sent.";
    "wattle_host_network_receive_errors_total" Counter "errors" DEVICE, host::receive_errors,
        "Packets received with an error.";
    "wattle_host_network_transmit_errors_total" Counter "errors" DEVICE, host::transmit_errors,
        "Packets that could not be sent.";
    "wattle_host_network_receive_dropped_total" Counter "dropped" DEVICE, host::receive_dropped,
        "Packets dropped on receipt.";
    "wattle_host_network_transmit_dropped_total" Counter "dropped" DEVICE, host::transmit_dropped,
        "Packets dropped before sending.";
    "wattle_host_pressure_seconds_total" Counter "seconds" &["resource", "stall"], host::pressure,
        "Time in which some or all tasks waited for a resource.";
    "wattle_host_info" Info - &["machine", "model", "kernel", "virtualization", "guest"], host::info,
        "What the machine and its kernel call themselves; vmx or svm where its CPUs can run guests, and whether it is a guest itself. What is not known is empty.";
    "wattle_host_filesystem_size_bytes" Gauge "bytes" FILESYSTEM, host::filesystem_size,
        "Size of a local file system.";
    "wattle_host_filesystem_available_bytes" Gauge "bytes" FILESYSTEM, host::filesystem_available,
        "What ordinary users can still write to a local file system.";
    "wattle_tick_seconds" Histogram "seconds" &[], own::tick_seconds,
        "How long a tick took, from the first reading to the finished snapshot.";
    "wattle_ticks_total" Counter - &[], own::ticks,
        "Ticks since the counters began.";
    "wattle_ticks_missed_total" Counter - &[], own::ticks_missed,
        "Ticks that could not be made in time. No energy is lost by that; it is shared more coarsely.";
    "wattle_state_save_failures_total" Counter - &[], own::save_failures,
        "Ticks after which the counters could not be saved for a restart.";
    "wattle_config_reload_failures_total" Counter - &[], own::reload_failures,
        "Reloads that were refused; the configuration before stayed.";
    "wattle_http_connections_total" Counter - &[], own::http_connections,
        "Connections accepted.";
    "wattle_http_evicted_connections_total" Counter - &[], own::http_evicted,
        "Connections closed to make room for newer ones.";
    "wattle_http_answers_total" Counter - &["code"], own::http_answers,
        "Answers by status.";
    "wattle_build_info" Info - &["version", "arch"], own::build,
        "The agent's version.";
    "process_cpu_seconds_total" Counter "seconds" &[], own::process_cpu,
        "CPU time of the agent.";
    "process_resident_memory_bytes" Gauge "bytes" &[], own::process_resident,
        "Memory of the agent that is in RAM.";
    "process_virtual_memory_bytes" Gauge "bytes" &[], own::process_virtual,
        "Address space of the agent.";
    "process_open_fds" Gauge - &[], own::process_open_fds,
        "Files that the agent has open.";
    "process_max_fds" Gauge - &[], own::process_max_fds,
        "Files that the agent may have open.";
    "process_threads" Gauge - &[], own::process_threads,
        "Threads of the agent.";
    "process_start_time_seconds" Gauge "seconds" &[], own::process_start,
        "When the agent was started, since 1970.";
    "wattle_clock_synchronised" Gauge - &[], latency::synchronised,
        "1 if something keeps this host's clock right, 0 if not. This and all below only where latency is measured or answered.";
    "wattle_clock_error_bound_seconds" Gauge "seconds" &[], latency::error_bound,
        "How wrong this host's clock is at most. Absent where nobody knows.";
    "wattle_clock_source_info" Info - &["source"], latency::clock_source,
        "Who says so: chrony where it answers, else the kernel.";
    "wattle_oneway_delay_seconds" Histogram "seconds" WAY, latency::delay,
        "One-way delays, wire to wire, measured while both clocks were synchronised. Absent while they are not, or contradict what they claim.";
    "wattle_oneway_delay_min_seconds" Gauge "seconds" WAY, latency::delay_min,
        "The least one-way delay of the last minute, likewise. It is wrong by at most wattle_oneway_clock_bound_seconds.";
    "wattle_oneway_queueing_seconds" Histogram "seconds" WAY, latency::queueing,
        "One-way delays above the least of the minute before each. Right with any clocks.";
    "wattle_oneway_jitter_seconds" Gauge "seconds" WAY, latency::jitter,
        "Interarrival jitter (RFC 3550). Right with any clocks.";
    "wattle_oneway_packets_total" Counter - &["peer", "direction", "outcome"], latency::packets,
        "Packets whose fate is known. In direction to and from as far as the peer tells on which way it happened; in round_trip all of them. Late ones are also lost.";
    "wattle_oneway_samples_total" Counter - &["peer", "direction", "quality"], latency::samples,
        "Delays measured between kernels (wire), or with a program's stamp at one end (host), which are left out of all figures once the others come.";
    "wattle_oneway_clock_bound_seconds" Gauge "seconds" PEER, latency::clock_bound,
        "How wrong one-way delays are at most: what both ends say of their clocks, and the timestamps. Absent where that is not known or not true.";
    "wattle_oneway_clock_state" Gauge - &["peer", "state"], latency::clock_state,
        "1 for the state of the two clocks: synchronised, unsynchronised, or inconsistent, if packets show that what they claim cannot be true.";
    "wattle_rtt_seconds" Histogram "seconds" &["peer", "method"], latency::round_trip,
        "Delays there and back, without the time that the peer took to answer. Right with any clocks.";
    "wattle_clock_offset_estimate_seconds" Gauge "seconds" PEER, latency::offset_estimate,
        "How far a host's clock is ahead of most others', by least squares over what this host measured. This host is among them.";
    "wattle_clock_offset_error_seconds" Gauge "seconds" PEER, latency::offset_error,
        "How wrong that estimate may be: half a round trip, since no packet tells how it is divided.";
    "wattle_clock_suspect" Gauge - PEER, latency::suspect,
        "1 if a host's clock is further off than it claims, and most others' are not. Needs three hosts.";
    "wattle_oneway_host_seconds" Histogram "seconds" &["stage"], latency::host_stages,
        "What hosts add to packets, and what is not in the delays: send_queue and wake_up here, peer_turnaround at the far ends.";
    "wattle_oneway_hops" Gauge - WAY, latency::hops,
        "Routers on the way, of the latest packet.";
    "wattle_oneway_hop_changes_total" Counter - WAY, latency::hop_changes,
        "Packets that came over another number of routers than the one before.";
    "wattle_oneway_dscp" Gauge - WAY, latency::dscp,
        "DSCP with which the latest packet arrived; other than latency.dscp if somebody on the way changes it.";
    "wattle_oneway_congestion_experienced_total" Counter - WAY, latency::congested,
        "Packets that arrived with a mark of congestion (ECN).";
    "wattle_oneway_peer_info" Info - &["peer", "zone", "address"], latency::peer_info,
        "What is known of a peer.";
    "wattle_oneway_peers" Gauge - &["state"], latency::peer_counts,
        "Peers: known, measured, capped (left to others, so that there are not too many series), and unresolved (without an address).";
    "wattle_oneway_peers_limit" Gauge - &[], latency::peer_limit,
        "The most peers that this host measures.";
    "wattle_oneway_peer_source_age_seconds" Gauge "seconds" &["source"], latency::source_age,
        "How long ago a source of peers last answered.";
    "wattle_oneway_peer_source_failures_total" Counter - &["source"], latency::source_failures,
        "Times that a source of peers did not answer. Peers stay as they were then.";
    "wattle_oneway_reflected_packets_total" Counter - &[], latency::reflected,
        "Packets of others that were answered.";
    "wattle_oneway_refused_packets_total" Counter - &["reason"], latency::refused,
        "Packets of others that were not answered.";
    "wattle_oneway_server_connections_total" Counter - &["protocol"], servers::connections,
        "Control connections of OWAMP and TWAMP clients. This and the three below only where there is such a server.";
    "wattle_oneway_server_sessions_total" Counter - &["protocol"], servers::sessions,
        "Test sessions that were arranged.";
    "wattle_oneway_server_packets_total" Counter - &["protocol", "outcome"], servers::packets,
        "Test packets of such sessions: received, sent, or rejected as none of the session.";
    "wattle_oneway_server_refusals_total" Counter - &["protocol", "reason"], servers::refusals,
        "Connections and sessions that were refused.";
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Label;

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        for family in FAMILIES {
            assert!(family.name.starts_with("wattle_") || family.name.starts_with("process_"));
            assert!(family.name.ends_with(family.kind.suffix()), "{}", family.name);
            if let Some(unit) = family.unit {
                assert_eq!(
                    format!("{}_{unit}{}", family.stem(), family.kind.suffix()),
                    family.name
                );
            }
            assert!(
                family.help.ends_with('.') && !family.help.contains(['\n', '\\']),
                "{}",
                family.name
            );
        }
    }

    #[test]
    fn the_info_family_has_every_label_that_may_become_known() {
        let (own, details) = INFO.split_at(3);
        assert_eq!(own, WORKLOAD);
        assert!(
            details
                .iter()
                .copied()
                .eq(Label::ALL.iter().map(|label| label.as_str()))
        );
    }

    #[test]
    fn no_family_stands_twice() {
        let mut names: Vec<_> = FAMILIES.iter().map(|family| family.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
