//! The served controller beside the one in this process, which is beside the real Placement: nothing is lost on the way.

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use wattle_tests::fakehost::Random;

use super::ask::Answer;
use super::ask::Ask;
use super::meaning::Meaning;
use super::ours::Ours;
use super::requests;
use super::world;
use crate::e2e::client;
use crate::e2e::program::Program;
use crate::e2e::skip::note;

/// Where `tests/run` says the binary is.
const BINARY: &str = "WATTLE_CONTROLLER_PROGRAM";
const OPERATIONS: u64 = 600;

/// A controller with a store of its own.
struct Served {
    _program: Program,
    address: SocketAddr,
    _dir: TempDir,
}

pub(super) fn binary() -> PathBuf {
    let beside_this = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug/wattle-controller");
    std::env::var_os(BINARY).map_or_else(beside_this, PathBuf::from)
}

impl Served {
    fn start() -> Option<Self> {
        let binary = binary();
        if !binary.exists() {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--store.file"])
            .arg(dir.path().join("store"));
        let mut program = Program::start(command);
        let address = program.wait_for_address("listening");
        Some(Self {
            _program: program,
            address,
            _dir: dir,
        })
    }

    fn ask(&self, ask: &Ask) -> Answer {
        let length = ask.body.len().to_string();
        let mut headers = vec![("X-Auth-Token", "admin"), ("Content-Length", length.as_str())];
        let optional = [("Content-Type", &ask.content_type), ("Accept", &ask.accept)];
        headers.extend(
            optional
                .iter()
                .filter_map(|(name, value)| Some((*name, value.as_deref()?))),
        );
        if !ask.version.is_empty() {
            headers.push(("OpenStack-API-Version", &ask.version));
        }
        let mut reply = client::send(self.address, ask.method, &ask.target, &headers, &ask.body);
        // What the API says nothing of, the door does not let anybody keep.
        let keep = |name: &str, value: &str| (name, value) != ("cache-control", "no-store");
        reply.headers.retain(|(name, value)| keep(name, value));
        Answer {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        }
    }
}

#[test]
fn random_requests_mean_the_same_over_http_as_in_process() {
    let Some(served) = Served::start() else {
        return note(
            "all::placement_api::served::random_requests_mean_the_same_over_http_as_in_process",
            "needs the controller (cargo build -p wattle-controller)",
        );
    };
    let ours = Ours::start();
    let mut random = Random::new(1);
    let compare = |when: &str, ask: &Ask| {
        let (here, there) = (Meaning::of(&ours.ask(ask)), Meaning::of(&served.ask(ask)));
        assert_eq!(here, there, "{when}: {ask:?}");
        here.status
    };
    let mut done = 0;
    for count in 0..OPERATIONS {
        let ask = requests::next(&mut random, &ours.service().ledger());
        done += u64::from(compare(&format!("request {count}"), &ask) < 300);
    }
    for target in world::targets(&ours.service().ledger()) {
        compare("in the end", &Ask::new(39, "GET", target));
    }
    assert!(
        done * 5 > OPERATIONS * 2,
        "only {done} succeeded: the test says little"
    );
}
