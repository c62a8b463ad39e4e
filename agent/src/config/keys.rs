//! Every setting, once.

use std::path::PathBuf;
use std::str::FromStr;

use wattle_attribution::IdlePolicy;

use super::Settings;
use super::carbon_keys::CARBON;
use super::join::count;
use super::join::join;
use super::location_keys::LOCATION;
use super::value::word;
use crate::workload::Nesting;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The flag is `--name`; in YAML the dots are levels.
    pub name: &'static str,
    /// What stands for the value in `--help`.
    pub value: &'static str,
    /// What it decides, for people.
    pub help: &'static str,
    /// May be given several times, and is a list in YAML.
    pub repeatable: bool,
    /// Takes effect at a reload, without a restart.
    pub reloads: bool,
    /// Takes a value from a flag. A repeated flag adds.
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
    /// The value as YAML; nothing where none is set and there is no default.
    pub show: fn(&Settings) -> Option<String>,
}

const TABLES: &[&[Key]] = &[AGENT, LOCATION, CARBON];

/// All settings, in the order in which they are shown.
pub const KEYS: &[Key] = &join::<{ count(TABLES) }>(TABLES);

const AGENT: &[Key] = &[
    Key {
        name: "listen",
        value: "ADDR:PORT",
        help: "Address to serve /metrics on; can be repeated. The default is every address, [::]:8080, or 0.0.0.0:8080 where IPv6 is off.",
        repeatable: true,
        reloads: false,
        set: |settings, text| {
            settings.listen.0.push(text.to_owned());
            Ok(())
        },
        show: |settings| list(&settings.listen.0),
    },
    Key {
        name: "interval",
        value: "TIME",
        help: "Time between two ticks, 100ms to 1m. Scrapes do not change it. Below 1s, power readings can leak what other programs compute; keep /metrics private then.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.interval, text),
        show: |settings| Some(settings.interval.to_string()),
    },
    Key {
        name: "state-dir",
        value: "DIR",
        help: "Where counters are kept over restarts. Without a directory that can be written, they begin at 0 with each start.",
        repeatable: false,
        reloads: false,
        set: |settings, text| path(&mut settings.state_dir, text),
        show: |settings| Some(settings.state_dir.display().to_string()),
    },
    Key {
        name: "path.procfs",
        value: "DIR",
        help: "Where procfs is mounted; in a container, where the host's is.",
        repeatable: false,
        reloads: false,
        set: |settings, text| path(&mut settings.path.procfs, text),
        show: |settings| Some(settings.path.procfs.display().to_string()),
    },
    Key {
        name: "path.sysfs",
        value: "DIR",
        help: "Where sysfs is mounted.",
        repeatable: false,
        reloads: false,
        set: |settings, text| path(&mut settings.path.sysfs, text),
        show: |settings| Some(settings.path.sysfs.display().to_string()),
    },
    Key {
        name: "path.cgroup",
        value: "DIR",
        help: "The directory of the cgroup hierarchies: v2 itself, or the one that holds cpuacct, memory and the others of v1.",
        repeatable: false,
        reloads: false,
        set: |settings, text| path(&mut settings.path.cgroup, text),
        show: |settings| Some(settings.path.cgroup.display().to_string()),
    },
    Key {
        name: "path.rootfs",
        value: "DIR",
        help: "What stands before the mount points of file systems.",
        repeatable: false,
        reloads: false,
        set: |settings, text| path(&mut settings.path.rootfs, text),
        show: |settings| Some(settings.path.rootfs.display().to_string()),
    },
    Key {
        name: "web.config.file",
        value: "FILE",
        help: "TLS, client certificates and passwords, in the format of the Prometheus exporter toolkit. A reload reads it again.",
        repeatable: false,
        reloads: false,
        set: |settings, text| {
            settings.web.config.file = Some(PathBuf::from(text));
            Ok(())
        },
        show: |settings| {
            settings
                .web
                .config
                .file
                .as_ref()
                .map(|file| file.display().to_string())
        },
    },
    Key {
        name: "log.level",
        value: "LEVEL",
        help: "The least severe message that is written: error, warn, info or debug.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.log.level, text),
        show: |settings| Some(settings.log.level.to_string()),
    },
    Key {
        name: "log.format",
        value: "FORMAT",
        help: "text for people, json for machines: one object a line.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.log.format, text),
        show: |settings| Some(settings.log.format.to_string()),
    },
    Key {
        name: "power.idle-policy",
        value: "POLICY",
        help: "Who pays for the power that is there with nobody running: host (it stays with the workload of kind idle), usage (whoever ran), reservation (whoever reserved CPUs by a quota; the rest stays with the host).",
        repeatable: false,
        reloads: true,
        set: |settings, text| {
            let policies = [IdlePolicy::Host, IdlePolicy::Usage, IdlePolicy::Reservation];
            settings.power.idle_policy = word(text, &policies.map(|policy| (policy.as_str(), policy)))?;
            Ok(())
        },
        show: |settings| Some(settings.power.idle_policy.as_str().to_owned()),
    },
    Key {
        name: "power.estimate.idle-watts-per-core",
        value: "WATTS",
        help: "Power of one idle physical core, for hosts whose processor does not count its energy. The default comes from a small table of processors.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse_some(&mut settings.power.estimate.idle_watts_per_core, text),
        show: |settings| {
            settings
                .power
                .estimate
                .idle_watts_per_core
                .map(|watts| watts.to_string())
        },
    },
    Key {
        name: "power.estimate.full-load-watts-per-core",
        value: "WATTS",
        help: "Power of one busy physical core, likewise.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse_some(&mut settings.power.estimate.full_load_watts_per_core, text),
        show: |settings| {
            settings
                .power
                .estimate
                .full_load_watts_per_core
                .map(|watts| watts.to_string())
        },
    },
    Key {
        name: "latency.listen",
        value: "ADDR:PORT",
        help: "UDP address at which packets of other hosts are answered (STAMP, RFC 8762). It is only open if there are peers, or with latency.reflect.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.latency.listen, text),
        show: |settings| Some(settings.latency.listen.to_string()),
    },
    Key {
        name: "latency.reflect",
        value: "BOOL",
        help: "true: packets of other hosts are answered though this one has no peers itself.",
        repeatable: false,
        reloads: true,
        set: |settings, text| {
            settings.latency.reflect = word(text, &[("true", true), ("false", false)])?;
            Ok(())
        },
        show: |settings| Some(settings.latency.reflect.to_string()),
    },
    Key {
        name: "latency.allow",
        value: "NETWORK",
        help: "Network whose hosts are answered and served, such as 192.0.2.0/24; can be repeated. Without any, everybody is. An answer is never longer than its question, and there are bounds on their rate.",
        repeatable: true,
        reloads: false,
        set: |settings, text| {
            settings.latency.allow.push(text.to_owned());
            Ok(())
        },
        show: |settings| list(&settings.latency.allow),
    },
    Key {
        name: "latency.name",
        value: "NAME",
        help: "Name of this host among the peers. All hosts may have one list, in which each finds itself by this name. The default is the host's name.",
        repeatable: false,
        reloads: false,
        set: |settings, text| {
            settings.latency.name = Some(text.to_owned());
            Ok(())
        },
        show: |settings| settings.latency.name.as_ref().map(|name| format!("{name:?}")),
    },
    Key {
        name: "latency.peers",
        value: "PEER",
        help: "Another host, [NAME=]HOST[:PORT][,zone=ZONE]; can be repeated. One without an agent, marked by ,agent=none, is pinged.",
        repeatable: true,
        reloads: true,
        set: |settings, text| {
            settings.latency.peers.push(text.to_owned());
            Ok(())
        },
        show: |settings| list(&settings.latency.peers),
    },
    Key {
        name: "latency.peers-file",
        value: "FILE",
        help: "File with peers in Prometheus' file_sd format, JSON or YAML, read again when it changes. The labels name, zone, agent (none) and latency_port are used; without the last, a target's port is that of its reflector.",
        repeatable: false,
        reloads: true,
        set: |settings, text| {
            settings.latency.peers_file = Some(PathBuf::from(text));
            Ok(())
        },
        show: |settings| {
            settings
                .latency
                .peers_file
                .as_ref()
                .map(|file| file.display().to_string())
        },
    },
    Key {
        name: "latency.peers-url",
        value: "URL",
        help: "Where to ask for peers by Prometheus' HTTP service discovery, over http; asked every minute. The same labels are used.",
        repeatable: false,
        reloads: true,
        set: |settings, text| {
            settings.latency.peers_url = Some(text.to_owned());
            Ok(())
        },
        show: |settings| settings.latency.peers_url.clone(),
    },
    Key {
        name: "latency.peers-dns",
        value: "NAME",
        help: "Name whose addresses (A and AAAA) are one peer each, NAME[:PORT][,zone=ZONE], or a service such as _wattle._udp.example.net, whose records (SRV) name host and port of each peer; can be repeated. Asked every minute; while there is no answer, peers stay as they were.",
        repeatable: true,
        reloads: true,
        set: |settings, text| {
            settings.latency.peers_dns.push(text.to_owned());
            Ok(())
        },
        show: |settings| list(&settings.latency.peers_dns),
    },
    Key {
        name: "latency.max-peers",
        value: "COUNT",
        help: "The most peers that this host measures, 1 to 1000. If there are more, each host takes a part of them by a plan that all agree on: every two zones measure each other. One peer has about 160 series.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.latency.max_peers, text),
        show: |settings| Some(settings.latency.max_peers.to_string()),
    },
    Key {
        name: "latency.interval",
        value: "TIME",
        help: "Mean time between two packets to a peer, 100ms to 1m. The gaps are random, so that nothing periodic hides between them.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.latency.interval, text),
        show: |settings| Some(settings.latency.interval.to_string()),
    },
    Key {
        name: "latency.source-ports",
        value: "COUNT",
        help: "From how many UDP ports each peer is asked in turn, 1 to 16, so that packets take all of several equal paths (ECMP). It takes no more packets and gives no more series; /api/v1/mesh tells the paths apart.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.latency.source_ports, text),
        show: |settings| Some(settings.latency.source_ports.to_string()),
    },
    Key {
        name: "latency.dscp",
        value: "DSCP",
        help: "Differentiated services code point of packets, 0 to 63.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.latency.dscp, text),
        show: |settings| Some(settings.latency.dscp.to_string()),
    },
    Key {
        name: "latency.key-file",
        value: "FILE",
        help: "File whose first line is the key with which packets are signed (HMAC-SHA-256), the same on all hosts. A key in a second line is accepted too: to change keys, add the new one there on all hosts, then exchange the lines, then take the old one away, with a reload after each. Unsigned packets are still answered.",
        repeatable: false,
        reloads: true,
        set: |settings, text| {
            settings.latency.key_file = Some(PathBuf::from(text));
            Ok(())
        },
        show: |settings| {
            settings
                .latency
                .key_file
                .as_ref()
                .map(|file| file.display().to_string())
        },
    },
    Key {
        name: "latency.owamp.listen",
        value: "ADDR:PORT",
        help: "TCP address of a server for OWAMP clients, such as :861, which is OWAMP's port; can be repeated. Without any there is none. Whoever is in latency.allow is served, within latency.servers.",
        repeatable: true,
        reloads: false,
        set: |settings, text| {
            settings.latency.owamp.listen.push(text.parse()?);
            Ok(())
        },
        show: |settings| {
            let all = settings.latency.owamp.listen.iter().map(ToString::to_string);
            list(&all.collect::<Vec<_>>())
        },
    },
    Key {
        name: "latency.twamp.listen",
        value: "ADDR:PORT",
        help: "TCP address of a server for TWAMP clients, such as :862, which is TWAMP's port; can be repeated. Without any there is none. Whoever is in latency.allow is served, within latency.servers.",
        repeatable: true,
        reloads: false,
        set: |settings, text| {
            settings.latency.twamp.listen.push(text.parse()?);
            Ok(())
        },
        show: |settings| {
            let all = settings.latency.twamp.listen.iter().map(ToString::to_string);
            list(&all.collect::<Vec<_>>())
        },
    },
    Key {
        name: "latency.servers.pass-phrase-file",
        value: "FILE",
        help: "File with a pass-phrase in each line, name:pass-phrase, for the modes authenticated, encrypted and mixed. Others must not be able to read it.",
        repeatable: false,
        reloads: false,
        set: |settings, text| {
            settings.latency.servers.pass_phrase_file = Some(PathBuf::from(text));
            Ok(())
        },
        show: |settings| {
            let file = settings.latency.servers.pass_phrase_file.as_ref();
            file.map(|file| file.display().to_string())
        },
    },
    Key {
        name: "latency.servers.require-pass-phrase",
        value: "BOOL",
        help: "true: clients without a pass-phrase are sent away.",
        repeatable: false,
        reloads: false,
        set: |settings, text| {
            settings.latency.servers.require_pass_phrase = word(text, &[("true", true), ("false", false)])?;
            Ok(())
        },
        show: |settings| Some(settings.latency.servers.require_pass_phrase.to_string()),
    },
    Key {
        name: "latency.servers.ports",
        value: "FIRST-LAST",
        help: "UDP ports of test sessions; a firewall has to let them in.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.latency.servers.ports, text),
        show: |settings| Some(settings.latency.servers.ports.to_string()),
    },
    Key {
        name: "latency.servers.sessions",
        value: "COUNT",
        help: "Sessions that one client, an IPv4 address or an IPv6 /64, may have at a time, 1 to 100000.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.latency.servers.sessions, text),
        show: |settings| Some(settings.latency.servers.sessions.to_string()),
    },
    Key {
        name: "latency.servers.packets-per-second",
        value: "COUNT",
        help: "Packets a second of one session, 1 to 100000.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.latency.servers.packets_per_second, text),
        show: |settings| Some(settings.latency.servers.packets_per_second.to_string()),
    },
    Key {
        name: "latency.servers.bits-per-second",
        value: "BITS",
        help: "Bits a second of all OWAMP sessions of one client, with IP and UDP headers. A TWAMP session answers with no more than it gets.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.latency.servers.bits_per_second, text),
        show: |settings| Some(settings.latency.servers.bits_per_second.to_string()),
    },
    Key {
        name: "latency.servers.duration",
        value: "TIME",
        help: "The longest session, up to 24h.",
        repeatable: false,
        reloads: false,
        set: |settings, text| parse(&mut settings.latency.servers.duration, text),
        show: |settings| Some(settings.latency.servers.duration.to_string()),
    },
    Key {
        name: "workload.nesting",
        value: "WHO",
        help: "Who pays where one workload runs inside another, as Docker in an LXC container: outermost (it pays once for all, and its info names those inside) or innermost (each for itself; those around it for the rest).",
        repeatable: false,
        reloads: false,
        set: |settings, text| {
            settings.workload.nesting = word(text, &Nesting::ALL)?;
            Ok(())
        },
        show: |settings| Some(settings.workload.nesting.as_str().to_owned()),
    },
    Key {
        name: "workload.sockets",
        value: "FILE",
        help: "Socket of a container engine's daemon, as the agent sees it, to ask about new containers of which the disk does not tell name or image; can be repeated. One called unix.socket is spoken to as LXD or Incus, any other as Docker or podman. Whoever may use such a socket is root, so the agent must be; asking is never waited for.",
        repeatable: true,
        reloads: false,
        set: |settings, text| settings.workload.sockets.add(text),
        show: |settings| {
            let sockets = &settings.workload.sockets.0;
            list(
                &sockets
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect::<Vec<_>>(),
            )
        },
    },
    Key {
        name: "limits.workloads",
        value: "COUNT",
        help: "Workloads with series of their own, 1 to 100000. All others are summed as the workload of kind other, so sums still hold.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.limits.workloads, text),
        show: |settings| Some(settings.limits.workloads.to_string()),
    },
    Key {
        name: "limits.keep-ended",
        value: "TIME",
        help: "How long an ended workload keeps its series, 0s to 24h: longer than the slowest scrape, so that its last joules are seen.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.limits.keep_ended, text),
        show: |settings| Some(settings.limits.keep_ended.to_string()),
    },
    Key {
        name: "processes.top",
        value: "COUNT",
        help: "How many processes have series of their own, with number and name: those that use most energy; all others are summed. 0 to 1000; 0 reads no processes, otherwise a tick costs with the number of processes.",
        repeatable: false,
        reloads: true,
        set: |settings, text| parse(&mut settings.processes.top, text),
        show: |settings| Some(settings.processes.top.to_string()),
    },
];

pub(super) fn parse<T: FromStr<Err = String>>(value: &mut T, text: &str) -> Result<(), String> {
    *value = text.parse()?;
    Ok(())
}

pub(super) fn parse_some<T: FromStr<Err = String>>(value: &mut Option<T>, text: &str) -> Result<(), String> {
    *value = Some(text.parse()?);
    Ok(())
}

fn path(value: &mut PathBuf, text: &str) -> Result<(), String> {
    *value = PathBuf::from(text);
    Ok(())
}

fn list(values: &[String]) -> Option<String> {
    let quoted: Vec<_> = values.iter().map(|value| format!("{value:?}")).collect();
    (!quoted.is_empty()).then(|| format!("[{}]", quoted.join(", ")))
}
