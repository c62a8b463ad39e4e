//! Lists of targets as Prometheus has them: `file_sd` in JSON or YAML, and the body of `http_sd`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Entry;
use super::MOST;
use super::entry::parse_dscp;

/// Targets with what is said of all of them.
#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// Reads a list. A target's port is that of the reflector, unless the label `latency_port` names another, so that a list of
/// what Prometheus scrapes can serve too. `zone` and `dscp` are labels, and so is `agent: none` for hosts to be pinged; `name` is one where a group has a single target. A target that
/// cannot be meant fails the whole list: half a list would look like hosts that have gone.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    if text.trim().is_empty() {
        return Err("it is empty; a list without targets is []".to_owned());
    }
    let groups: Vec<Group> = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let count: usize = groups.iter().map(|group| group.targets.len()).sum();
    if count > MOST {
        return Err(format!("{count} targets, and at most {MOST} are taken"));
    }
    let mut entries = Vec::with_capacity(count);
    for group in &groups {
        for target in &group.targets {
            entries.push(entry(group, target).map_err(|problem| format!("{target:?}: {problem}"))?);
        }
    }
    Ok(entries)
}

fn entry(group: &Group, target: &str) -> Result<Entry, String> {
    let label = |name: &str| group.labels.get(name).map_or("", String::as_str);
    let name = if group.targets.len() == 1 {
        label("name")
    } else {
        ""
    };
    let mut entry = Entry::new(name, label("zone"), target)?;
    entry.has_agent = label("agent") != "none";
    let dscp = group.labels.get("dscp").map(|dscp| parse_dscp(dscp));
    entry.dscp = dscp.transpose()?;
    if let Some(port) = group.labels.get("latency_port") {
        let port = port
            .parse()
            .map_err(|_| format!("latency_port {port:?} is no port"))?;
        entry.port = Some(port);
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let entries = parse(text).unwrap();
        let show = |entry: &Entry| format!("{}|{}|{}|{:?}", entry.name, entry.zone, entry.host, entry.port);
        entries.iter().map(show).collect()
    }

    #[test]
    fn json_and_yaml_say_the_same() {
        let json = r#"[{"targets": ["hv1:8080", "hv2:8080"], "labels": {"zone": "r1", "latency_port": "862", "team": "x"}},
            {"targets": ["192.0.2.3:863"], "labels": {"name": "hv3"}}]"#;
        let yaml = "- targets: [hv1:8080, hv2:8080]\n  labels: {zone: r1, latency_port: '862'}\n\
            - targets: ['192.0.2.3:863']\n  labels: {name: hv3}\n";
        let expected = [
            "hv1|r1|hv1|Some(862)",
            "hv2|r1|hv2|Some(862)",
            "hv3||192.0.2.3|Some(863)",
        ];
        assert_eq!(shown(json), expected);
        assert_eq!(shown(yaml), expected);
        assert_eq!(shown("[]"), [""; 0]);
    }

    #[test]
    fn half_a_list_is_no_list() {
        for text in [
            "{",
            "3",
            "- targets: [a, 'b:x']",
            "- targets: [a]\n  labels: {latency_port: x}",
            "[{\"targets\": [\"a\"",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let many = format!("- targets: [{}]", "a,".repeat(MOST + 1));
        assert!(parse(&many).is_err());
    }
}
