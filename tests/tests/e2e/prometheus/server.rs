//! A Prometheus of the test's own.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::super::client;
use super::super::client::Reply;
use super::super::exposition::Exposition;
use super::super::patience::wait_until;
use super::super::program::Program;

pub(crate) const MISSING: &str = "needs prometheus (apt-get install prometheus)";
/// What it counts when it throws a sample away.
const DROPPED: [&str; 4] = [
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_target_scrapes_sample_out_of_order_total",
    "prometheus_target_scrapes_sample_out_of_bounds_total",
    "prometheus_target_scrapes_exceeded_sample_limit_total",
];

pub(crate) fn is_there() -> bool {
    Command::new("prometheus").arg("--version").output().is_ok()
}

/// It runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    program: Program,
    pub(crate) address: SocketAddr,
    _dir: TempDir,
}

impl Server {
    /// Starts it with a job for each of `targets`.
    pub(crate) fn start(targets: &[(&str, SocketAddr)], more: &[&str]) -> Self {
        let mut config =
            String::from("global: {scrape_interval: 500ms, scrape_timeout: 500ms}\nscrape_configs:\n");
        for (job, address) in targets {
            writeln!(
                config,
                "- {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]}}"
            )
            .unwrap();
        }
        Self::configured(&config, more)
    }

    /// Starts it with a configuration.
    pub(crate) fn configured(config: &str, more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("prometheus.yml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new("prometheus");
        command.arg("--config.file").arg(file);
        command.arg("--storage.tsdb.path").arg(dir.path().join("data"));
        command.args(["--web.listen-address", "127.0.0.1:0"]).args(more);
        let mut program = Program::start(command);
        let address = program.wait_for_address("\"Listening on\"");
        let server = Self {
            program,
            address,
            _dir: dir,
        };
        wait_until("Prometheus", || server.get("/-/ready").status == 200);
        server
    }

    fn get(&self, path: &str) -> Reply {
        client::get(self.address, path)
    }

    /// The data of an answer of its API.
    pub(crate) fn api(&self, path: &str) -> Value {
        let reply = self.get(path);
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// The value of a query that gives one series, or none yet.
    pub(crate) fn value(&self, query: &str) -> Option<f64> {
        let data = self.api(&format!("/api/v1/query?query={}", escaped(query)));
        let result = data["result"].as_array().unwrap();
        assert!(result.len() <= 1, "{query}: {data}");
        result.first()?["value"][1].as_str()?.parse().ok()
    }

    /// All series that a query gives.
    pub(crate) fn rows(&self, query: &str) -> Vec<Value> {
        let data = self.api(&format!("/api/v1/query?query={}", escaped(query)));
        data["result"].as_array().unwrap().clone()
    }

    /// The whole answer to a query for each second of the last `seconds`, its errors included.
    pub(crate) fn over_time(&self, query: &str, now: f64, seconds: u32) -> Value {
        let start = now - f64::from(seconds);
        let path = format!(
            "/api/v1/query_range?query={}&start={start:.3}&end={now:.3}&step=1",
            escaped(query)
        );
        serde_json::from_slice(&self.get(&path).body).unwrap()
    }

    /// What a job said of a family.
    pub(crate) fn metadata(&self, job: &str, name: &str) -> Value {
        let target = escaped(&format!("{{job=\"{job}\"}}"));
        let path = format!("/api/v1/targets/metadata?metric={name}&match_target={target}");
        self.api(&path)[0].clone()
    }

    pub(crate) fn assert_nothing_dropped(&self) {
        let own = Exposition::parse(&self.get("/metrics").text());
        for name in DROPPED {
            assert_eq!(own.get(name), Some("0"), "{name}");
        }
        let log = self.program.log();
        assert!(
            !log.contains("level=warn") && !log.contains("level=error"),
            "{log}"
        );
    }
}

/// Percent-encodes whatever might need it (RFC 3986, section 2.1).
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").unwrap();
        }
        escaped
    })
}
