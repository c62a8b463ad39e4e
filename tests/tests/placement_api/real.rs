//! The real Placement, as a process of the test's own.

use std::io::BufRead;
use std::io::BufReader;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::Stdio;

use tempfile::TempDir;

use super::ask::Answer;
use super::ask::Ask;
use crate::e2e::client;

/// The Python that has it, as `tests/placement/provide` prints it.
const PYTHON: &str = "WATTLE_PLACEMENT";
/// What to do where it is missing.
pub(crate) const MISSING: &str =
    "needs OpenStack Placement (tests/placement/provide target/placement, with python3-venv and pip's index)";

/// It runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Real {
    child: Child,
    /// It ends when this is closed, even if the test is killed.
    _lifeline: ChildStdin,
    address: SocketAddr,
    _dir: TempDir,
}

pub(super) fn python() -> PathBuf {
    let beside_this = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("placement/bin/python");
    std::env::var_os(PYTHON).map_or_else(beside_this, PathBuf::from)
}

impl Real {
    /// Starts an empty one; `None` if it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let has_it = Command::new(python()).args(["-c", "import placement"]).output();
        if !has_it.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let dir = directory();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("placement/serve.py");
        let mut command = Command::new(python());
        command
            .arg(script)
            .arg(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lifeline = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut log = String::new();
        let address = lines.by_ref().find_map(|line| {
            log.extend([&line, "\n"]);
            line.split_once("address=")?.1.trim().parse().ok()
        });
        assert!(address.is_some(), "Placement does not start:\n{log}");
        // It would stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self {
            child,
            _lifeline: lifeline,
            address: address.unwrap(),
            _dir: dir,
        })
    }

    pub(crate) fn ask(&self, ask: &Ask) -> Answer {
        let length = ask.body.len().to_string();
        // Only a service may use the reshaper.
        let mut headers = vec![
            ("X-Auth-Token", "admin"),
            ("X-Roles", "admin,service"),
            ("Content-Length", &length),
        ];
        let optional = [("Content-Type", &ask.content_type), ("Accept", &ask.accept)];
        headers.extend(
            optional
                .iter()
                .filter_map(|(name, value)| Some((*name, value.as_deref()?))),
        );
        if !ask.version.is_empty() {
            headers.push(("OpenStack-API-Version", &ask.version));
        }
        let reply = client::send(self.address, ask.method, &ask.target, &headers, &ask.body);
        Answer {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        }
    }
}

/// In memory where that can be: its database waits for the disk otherwise.
fn directory() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory.or_else(|_| tempfile::tempdir()).unwrap()
}

impl Drop for Real {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
