//! The controller's own binary.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::super::client;
use super::super::client::Reply;
use super::super::program::Program;

/// Where `tests/run` says the binary is.
const BINARY: &str = "WATTLE_CONTROLLER_PROGRAM";
pub(super) const MISSING: &str = "needs the controller (cargo build -p wattle-controller)";

pub(super) fn binary() -> PathBuf {
    let beside_this = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug/wattle-controller");
    std::env::var_os(BINARY).map_or_else(beside_this, PathBuf::from)
}

pub(super) fn is_there() -> bool {
    binary().exists()
}

/// A running controller.
pub(super) struct Controller {
    pub(super) program: Program,
    pub(super) address: SocketAddr,
}

impl Controller {
    pub(super) fn start(config: &Path) -> Self {
        let mut command = Command::new(binary());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(config);
        let mut program = Program::start(command);
        let address = program.wait_for_address("listening");
        Self { program, address }
    }

    pub(super) fn send(&self, method: &str, target: &str, body: &str) -> Reply {
        send(self.address, method, target, body)
    }

    pub(super) fn get(&self, target: &str) -> Value {
        let reply = self.send("GET", target, "");
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// The UUID of a provider by its name.
    pub(super) fn uuid(&self, name: &str) -> Option<String> {
        let page = self.get(&format!("/resource_providers?name={name}"));
        let uuid = page["resource_providers"][0]["uuid"].as_str()?;
        Some(uuid.to_owned())
    }

    /// What a provider has, with the generation at which that is so.
    pub(super) fn inventories(&self, name: &str) -> Value {
        let uuid = self.uuid(name).unwrap();
        self.get(&format!("/resource_providers/{uuid}/inventories"))
    }

    pub(super) fn traits(&self, name: &str) -> BTreeSet<String> {
        let uuid = self.uuid(name).unwrap();
        let page = self.get(&format!("/resource_providers/{uuid}/traits"));
        let traits = page["traits"].as_array().unwrap().iter();
        traits.map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// The UUIDs of those who are offered to a client of Placement that wants a processor.
    pub(super) fn offered(&self) -> BTreeSet<String> {
        let page = self.get("/allocation_candidates?resources=VCPU:1");
        let summaries = page["provider_summaries"].as_object().unwrap();
        summaries.keys().cloned().collect()
    }

    /// A series of its metrics.
    pub(super) fn metric(&self, series: &str) -> Option<String> {
        let reply = client::get(self.address, "/metrics");
        let text = reply.text();
        let mut lines = text.lines();
        lines.find_map(|line| Some(line.strip_prefix(series)?.strip_prefix(' ')?.to_owned()))
    }

    pub(super) fn leads(&self) -> bool {
        self.metric("wattle_controller_leader").as_deref() == Some("1")
    }
}

/// One request at the newest microversion.
pub(super) fn send(address: SocketAddr, method: &str, target: &str, body: &str) -> Reply {
    let length = body.len().to_string();
    let mut headers = vec![
        ("OpenStack-API-Version", "placement 1.39"),
        ("Content-Length", length.as_str()),
    ];
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    client::send(address, method, target, &headers, body.as_bytes())
}
