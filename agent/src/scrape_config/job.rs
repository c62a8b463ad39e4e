//! The text of a scrape job.
//!
//! What was typed is written as JSON strings, which are YAML too, so that no name can become markup.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use super::target::Labels;
use super::target::Target;

/// How a target is spoken to. Secrets stand in files of Prometheus' own, never here.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    pub(super) tls: bool,
    pub(super) ca_file: Option<String>,
    pub(super) cert_file: Option<String>,
    pub(super) key_file: Option<String>,
    pub(super) server_name: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password_file: Option<String>,
}

/// Names in DNS, asked for one type of record.
#[derive(Clone, Debug)]
pub(super) struct Dns {
    pub(super) names: Vec<String>,
    pub(super) record: String,
    pub(super) port: u16,
}

/// One entry of `scrape_configs`.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) interval: String,
    pub(super) timeout: String,
    pub(super) access: Access,
    pub(super) targets: Vec<Target>,
    pub(super) files: Vec<String>,
    pub(super) dns: Option<Dns>,
    /// On every target that has none of the same name.
    pub(super) labels: Labels,
}

/// Targets that have the same labels, as both `static_configs` and `file_sd` want them.
#[derive(Debug, Serialize)]
struct Group {
    targets: Vec<String>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    labels: Labels,
}

impl Job {
    /// The job as it stands below `scrape_configs:`.
    pub(super) fn text(&self) -> String {
        let mut text = format!("  - job_name: {}\n", quoted(&self.name));
        put(&mut text, "scrape_interval", &self.interval);
        put(&mut text, "scrape_timeout", &self.timeout);
        self.access.write(&mut text);
        let groups = self.groups();
        if !groups.is_empty() {
            text.push_str("    static_configs:\n");
            text.extend(groups.iter().map(Group::text));
        }
        if !self.files.is_empty() {
            let files = Value::from(self.files.clone());
            let _ = writeln!(text, "    file_sd_configs:\n      - files: {files}");
        }
        if let Some(dns) = &self.dns {
            dns.write(&mut text);
        }
        self.relabel(&mut text);
        text
    }

    /// The targets as a file that `file_sd_configs` reads.
    pub(super) fn list(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(&self.groups())?;
        text.push('\n');
        Ok(text)
    }

    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for target in &self.targets {
            let mut labels = self.labels.clone();
            labels.extend(target.labels.clone());
            match groups.iter_mut().find(|group| group.labels == labels) {
                Some(group) => group.targets.push(target.address.clone()),
                None => groups.push(Group {
                    targets: vec![target.address.clone()],
                    labels,
                }),
            }
        }
        groups
    }

    /// Found targets come without our labels, so these are put on afterwards, where the target has none.
    fn relabel(&self, text: &mut String) {
        let found = !self.files.is_empty() || self.dns.is_some();
        if !found || self.labels.is_empty() {
            return;
        }
        text.push_str("    relabel_configs:\n");
        for (name, value) in &self.labels {
            // A replacement may refer to groups by $; a label's value is meant as it is.
            let value = quoted(&value.replace('$', "$$"));
            let _ = writeln!(
                text,
                "      - {{source_labels: [{name}], regex: \"\", target_label: {name}, replacement: {value}}}"
            );
        }
    }
}

impl Access {
    fn write(&self, text: &mut String) {
        let files = [
            ("ca_file", &self.ca_file),
            ("cert_file", &self.cert_file),
            ("key_file", &self.key_file),
            ("server_name", &self.server_name),
        ];
        if self.tls {
            text.push_str("    scheme: https\n");
        }
        if files.iter().any(|(_, value)| value.is_some()) {
            text.push_str("    tls_config:\n");
        }
        for (key, value) in files {
            if let Some(value) = value {
                let _ = writeln!(text, "      {key}: {}", quoted(value));
            }
        }
        if let (Some(username), Some(file)) = (&self.username, &self.password_file) {
            text.push_str("    basic_auth:\n");
            let _ = writeln!(text, "      username: {}", quoted(username));
            let _ = writeln!(text, "      password_file: {}", quoted(file));
        }
    }
}

impl Dns {
    fn write(&self, text: &mut String) {
        let names = Value::from(self.names.clone());
        let _ = writeln!(text, "    dns_sd_configs:\n      - names: {names}");
        let _ = writeln!(text, "        type: {}", self.record);
        // The records of SRV have ports themselves.
        if self.record != "SRV" {
            let _ = writeln!(text, "        port: {}", self.port);
        }
    }
}

impl Group {
    fn text(&self) -> String {
        let mut text = format!("      - targets: {}\n", Value::from(self.targets.clone()));
        if !self.labels.is_empty() {
            text.push_str("        labels:\n");
        }
        for (name, value) in &self.labels {
            let _ = writeln!(text, "          {name}: {}", quoted(value));
        }
        text
    }
}

fn put(text: &mut String, key: &str, value: &str) {
    let _ = writeln!(text, "    {key}: {value}");
}

fn quoted(text: &str) -> Value {
    Value::from(text)
}
