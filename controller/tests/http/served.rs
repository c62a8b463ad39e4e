//! A controller that runs beside the test.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::client;
use crate::client::Reply;
use crate::program::Program;

pub(crate) const HOST: &str = "11111111-0000-4000-8000-000000000001";

/// A controller that runs beside the test.
#[derive(Debug)]
pub(crate) struct Controller {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

impl Controller {
    pub(crate) fn start(arguments: &[impl AsRef<OsStr>]) -> Self {
        let mut command = command();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut program = Program::start(command);
        let address = program.wait_for_address("listening");
        Self { program, address }
    }

    /// With a store in one file of this directory.
    pub(crate) fn embedded(dir: &TempDir) -> Self {
        let file = dir.path().join("store");
        Self::start(&[OsStr::new("--store.file"), file.as_os_str()])
    }

    /// With what is in this etcd.
    pub(crate) fn over(etcd: &crate::etcd::Server) -> Self {
        Self::start(&["--etcd", &etcd.url()])
    }

    pub(crate) fn send(&self, method: &str, target: &str, body: &Value) -> Reply {
        send(self.address, method, target, body)
    }

    pub(crate) fn get(&self, target: &str) -> Value {
        let reply = self.send("GET", target, &Value::Null);
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// A host with so many processors.
    pub(crate) fn add_host(&self, processors: u32) {
        let host = json!({"name": "one", "uuid": HOST});
        assert_eq!(self.send("POST", "/resource_providers", &host).status, 200);
        let inventories =
            json!({"resource_provider_generation": 0, "inventories": {"VCPU": {"total": processors}}});
        let target = format!("/resource_providers/{HOST}/inventories");
        assert_eq!(self.send("PUT", &target, &inventories).status, 200);
    }

    /// How many processors of the host are used.
    pub(crate) fn used(&self) -> u64 {
        let page = self.get(&format!("/resource_providers/{HOST}/usages"));
        page["usages"]["VCPU"].as_u64().unwrap()
    }
}

/// One request at the newest microversion, with the token that clients of Placement send where nobody checks it.
pub(crate) fn send(address: SocketAddr, method: &str, target: &str, body: &Value) -> Reply {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let length = body.len().to_string();
    let mut headers = vec![
        ("X-Auth-Token", "admin"),
        ("OpenStack-API-Version", "placement 1.39"),
        ("Content-Length", length.as_str()),
    ];
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    client::send(address, method, target, &headers, body.as_bytes())
}

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wattle-controller"))
}

pub(crate) fn consumer(number: usize) -> String {
    format!("22222222-0000-4000-8000-{number:012x}")
}

/// One processor of the host.
pub(crate) fn claim() -> Value {
    json!({"allocations": {HOST: {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u",
        "consumer_generation": null, "consumer_type": "INSTANCE"})
}
