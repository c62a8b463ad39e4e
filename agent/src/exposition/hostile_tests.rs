//! Names of any kind through every renderer, and a strict reader of the text formats.

use std::sync::Arc;

use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricFamily;
use proptest::prelude::*;
use prost::Message;

use super::Format;
use super::Names;
use super::Report;
use super::render;
use crate::ledger::ComponentReport;
use crate::ledger::CpuReport;
use crate::ledger::HostReport;
use crate::ledger::ProcessReport;
use crate::ledger::ProcessesReport;
use crate::ledger::WorkloadReport;
use crate::sensor::Quality;
use crate::snapshot::AgentReport;
use crate::snapshot::Snapshot;
use crate::systems::Systems;
use crate::workload::Details;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::Label;

/// A workload and a process of it. The names are not cleaned first: a renderer must not rely on that.
fn snapshot(names: &[String], memory: Option<u64>) -> Arc<Snapshot> {
    let identity = |(at, name): (usize, &String)| {
        Arc::new(Identity {
            kind: [Kind::Container, Kind::Vm, Kind::Service][at % 3],
            id: format!("{at}{name}"),
            name: name.clone(),
            details: Details::default()
                .with(Label::Image, name)
                .with(Label::Pod, name)
                .with(Label::PodUid, name)
                .with(Label::Platform, ["kubernetes", "opennebula"][at % 2])
                .with(Label::VmId, name),
        })
    };
    let identities: Vec<_> = names.iter().enumerate().map(identity).collect();
    let workload = |identity: &Arc<Identity>| WorkloadReport {
        carbon: Default::default(),
        identity: identity.clone(),
        energy_uj: [7; 3],
        latest_uj: [1; 3],
        cpu_usec: 9,
        latest_cpu_usec: 9,
        memory: wattle_hostfs::memory_stat::Memory {
            anonymous_bytes: memory,
            working_set_bytes: memory,
        },
        bytes: [memory.map(|bytes| [bytes; 2]); 2],
        created: std::time::Duration::ZERO,
        alive: true,
    };
    let process = |identity: &Arc<Identity>| ProcessReport {
        pid: 7,
        comm: identity.name.as_str().into(),
        workload: identity.clone(),
        energy_uj: 7,
        latest_uj: 7,
        created: std::time::Duration::ZERO,
    };
    let host = HostReport {
        elapsed: Some(std::time::Duration::from_secs(1)),
        components: [Some(ComponentReport {
            energy_uj: 7,
            latest_uj: Some(7),
            quality: Quality::Measured,
        }); 3],
        cpu: Some(CpuReport::default()),
        workloads: identities.iter().map(workload).collect(),
        processes: Some(ProcessesReport {
            largest: identities.iter().map(process).collect(),
            ..ProcessesReport::default()
        }),
        ..HostReport::default()
    };
    let agent = AgentReport {
        compat: Systems::ALL,
        ..AgentReport::default()
    };
    Arc::new(Snapshot {
        host,
        agent,
        ..Snapshot::default()
    })
}

/// The labels of one sample: `name{a="b",c="d"} value`, and nothing else.
fn sample(line: &str) -> Option<Vec<(String, String)>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rest = line.trim_start_matches(is_name);
    let mut labels = Vec::new();
    let Some(mut rest) = rest.strip_prefix('{') else {
        return value(rest).map(|()| labels);
    };
    loop {
        let (name, after) = rest.split_once("=\"")?;
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        let (text, after) = quoted(after)?;
        labels.push((name.to_owned(), text));
        rest = match after.strip_prefix(',') {
            Some(after) => after,
            None => return value(after.strip_prefix('}')?).map(|()| labels),
        };
    }
}

/// The text up to the closing quote, without its escapes.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((plain, &text[at + 1..])),
            '\\' => plain.push(match chars.next()?.1 {
                'n' => '\n',
                c @ ('"' | '\\') => c,
                _ => return None,
            }),
            c => plain.push(c),
        }
    }
    None
}

fn value(rest: &str) -> Option<()> {
    let number = rest.strip_prefix(' ')?;
    number.parse::<f64>().ok().map(drop)
}

/// All samples of a body; a line that is none, nor a comment, is a failure.
fn samples(body: &[u8]) -> Vec<(String, Vec<(String, String)>)> {
    let text = std::str::from_utf8(body).unwrap();
    text.strip_suffix('\n')
        .unwrap()
        .split('\n')
        .filter(|line| !line.starts_with("# "))
        .map(|line| {
            let labels = sample(line).unwrap_or_else(|| panic!("{line:?} is no sample"));
            let name = line.split(['{', ' ']).next().unwrap_or_default();
            (name.to_owned(), labels)
        })
        .collect()
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        Just("\n# EOF\n".to_owned()),
        Just("\"} 1\n".to_owned()),
        Just("\\\"".to_owned()),
        Just("\\n\r\0\u{7f}\u{2028}".to_owned()),
        Just("# TYPE x counter".to_owned()),
        Just("x".repeat(10_000)),
        any::<String>(),
    ];
    let name = prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat());
    // The same again: three kinds, and two of each.
    prop::collection::vec(name, 0..4).prop_map(|names| [names.clone(), names].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_name_breaks_a_format_and_each_is_read_back(names in names(), memory: Option<u64>) {
        let snapshot = snapshot(&names, memory);
        let mut shown = Vec::new();
        for format in [Format::Text, Format::OpenMetrics] {
            let body = render(&snapshot, Names::of(&snapshot), format).unwrap();
            let text = std::str::from_utf8(&body).unwrap();
            let ends = text.split('\n').filter(|line| *line == "# EOF").count();
            prop_assert_eq!(ends, usize::from(format == Format::OpenMetrics));
            let samples = samples(&body);
            let mut series = samples.clone();
            series.sort();
            series.dedup();
            prop_assert_eq!(series.len(), samples.len());
            let mut found: Vec<_> = samples
                .iter()
                .filter(|(family, _)| family == "wattle_workload_cpu_seconds_total")
                .map(|(_, labels)| labels[2].1.clone())
                .collect();
            prop_assert_eq!(&found, &names);
            found.clear();
            shown.push(samples.len());
        }
        prop_assert_eq!(shown[0], shown[1]);
        let protobuf = render(&snapshot, Names::of(&snapshot), Format::Protobuf).unwrap();
        let mut rest = &protobuf[..];
        while !rest.is_empty() {
            MetricFamily::decode_length_delimited(&mut rest).unwrap();
        }
        let json = serde_json::to_vec(&Report::new(&snapshot)).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(json["workloads"].as_array().unwrap().len(), names.len());
    }
}
