//! stamp-suite, a STAMP of its own making, as sender and as reflector.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::Answering;
use super::free_address;
use super::provided;
use crate::e2e::agent::Agent;
use crate::e2e::agent::run;
use crate::e2e::exposition::Exposition;
use crate::e2e::patience::wait_for;
use crate::e2e::patience::wait_until;
use crate::e2e::program::Program;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const COUNT: u64 = 20;

fn program() -> Option<String> {
    provided("WATTLE_STAMP_SUITE")
}

/// What its sender says about a reflector, after so many packets.
fn ask(program: &str, reflector: SocketAddr, more: &[&str]) -> Value {
    ask_patiently(program, reflector, 10, more)
}

/// The same, waiting for so many seconds for replies.
fn ask_patiently(program: &str, reflector: SocketAddr, patience: u8, more: &[&str]) -> Value {
    let remote = [reflector.ip().to_string(), reflector.port().to_string()];
    let own = free_address().port().to_string();
    let [count, patience] = [COUNT.to_string(), patience.to_string()];
    let output = Command::new(program)
        .args(["--remote-addr", &remote[0], "--remote-port", &remote[1]])
        .args(["--local-addr", "127.0.0.1", "--local-port", &own])
        .args(["--count", &count, "--send-delay", "10ms", "--timeout", &patience])
        .args(["--output-format", "json"])
        .args(more)
        .output()
        .unwrap();
    let [told, log] = [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets));
    assert!(output.status.success(), "{told}{log}");
    serde_json::from_str(&told).unwrap()
}

fn assert_all_came_back(report: &Value) {
    assert_eq!(
        (&report["packets_sent"], &report["packets_received"]),
        (&COUNT.into(), &COUNT.into()),
        "{report:#}"
    );
    let quickest = report["min_rtt_ms"].as_f64().unwrap();
    assert!((0.0..1000.0).contains(&quickest), "{report:#}");
}

#[test]
fn its_sender_has_all_it_asks_of_our_reflector_answered() {
    let Some(program) = program() else {
        skip!("stamp-suite is not there: see tests/peers/provide");
    };
    let answering = Answering::start(&[]);
    for clock in ["NTP", "PTP"] {
        assert_all_came_back(&ask(&program, answering.reflector, &["--clock-source", clock]));
    }
    let wishes = [
        "--timestamp-info",
        "--direct-measurement",
        "--location",
        "--follow-up-telemetry",
        "--cos",
        "--extra-padding=64",
    ];
    let report = ask(&program, answering.reflector, &wishes);
    assert_all_came_back(&report);
    let found = &report["measurements"];
    let lists = &found["tlv_validation"];
    assert_eq!(lists["observed_tlvs"], wishes.len() as u64 * COUNT);
    for wrong in ["unrecognized", "malformed", "integrity_failed"] {
        assert_eq!(lists["flags"][wrong], 0, "{lists:#}");
    }
    let counted = &found["direct_measurement"];
    assert_eq!(counted["latest_transmit"]["reflector_rx"], COUNT);
    assert_eq!(
        (&counted["forward_missing"], &counted["reverse_missing"]),
        (&0.into(), &0.into())
    );
    // In each but the first it can stand when an earlier reply left.
    let told = found["follow_up"]["observations"].as_u64().unwrap();
    let unknown = found["follow_up"]["unavailable"].as_u64().unwrap();
    assert!(told == COUNT && unknown < COUNT / 2, "{found:#}");
}

#[test]
fn its_sender_and_our_reflector_sign_alike() {
    let Some(program) = program() else {
        skip!("stamp-suite is not there: see tests/peers/provide");
    };
    let dir = TempDir::new().unwrap();
    let file = key_file(&dir, KEY);
    let answering = Answering::start(&[&format!("--latency.key-file={}", file.display())]);
    let key = hexadecimal(KEY);
    let signed = ["--auth-mode=A", "--hmac-key", &key];
    assert_all_came_back(&ask(&program, answering.reflector, &signed));
    let with_list = [&signed[..], &["--direct-measurement", "--follow-up-telemetry"]].concat();
    let report = ask(&program, answering.reflector, &with_list);
    assert_all_came_back(&report);
    let lists = &report["measurements"]["tlv_validation"];
    assert_eq!(lists["hmac"]["verified"], COUNT, "{lists:#}");
    assert_eq!(lists["flags"]["integrity_failed"], 0, "{lists:#}");
    let other = ["--auth-mode=A", "--hmac-key", "00000000000000000000000000000000"];
    let refused = ask_patiently(&program, answering.reflector, 1, &other);
    assert_eq!(refused["packets_received"], 0, "{refused:#}");
    let counted = "wattle_oneway_refused_packets_total{reason=\"wrong_hmac\"}";
    wait_until("they are counted", || {
        answering.agent.scrape().whole(counted) == COUNT
    });
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|octet| format!("{octet:02x}")).collect()
}

fn key_file(dir: &TempDir, content: &str) -> PathBuf {
    let file = dir.path().join("key");
    std::fs::write(&file, content).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    file
}

/// Its reflector.
struct Theirs {
    _program: Program,
    address: SocketAddr,
}

impl Theirs {
    fn start(program: &str, more: &[&str]) -> Self {
        let address = free_address();
        let port = address.port().to_string();
        let mut command = Command::new(program);
        command.args([
            "--is-reflector",
            "--local-addr",
            "127.0.0.1",
            "--local-port",
            &port,
            "-v",
        ]);
        let started = Program::start({
            command.args(more);
            command
        });
        started.wait_for_log("listening on");
        Self {
            _program: started,
            address,
        }
    }

    fn owping(&self, more: &[&str]) -> Value {
        let target = self.address.to_string();
        let count = COUNT.to_string();
        let mut arguments = vec![
            "owping",
            "--json",
            "--protocol",
            "stamp",
            "-c",
            &count,
            "-i",
            "0.05",
            "-L",
            "5",
        ];
        arguments.extend(more);
        arguments.push(&target);
        let output = run(&arguments);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn owping_measures_to_its_reflector_and_back() {
    let Some(program) = program() else {
        skip!("stamp-suite is not there: see tests/peers/provide");
    };
    for more in [&[][..], &["--stateful-reflector"]] {
        let report = Theirs::start(&program, more).owping(&[]);
        assert_arrived(&report);
    }
    let dir = TempDir::new().unwrap();
    let pass_phrases = key_file(&dir, &format!("jan:{KEY}\n"));
    let theirs = Theirs::start(&program, &["--auth-mode=A", "--hmac-key", &hexadecimal(KEY)]);
    assert_arrived(&theirs.owping(&signed(&pass_phrases.display().to_string())));
}

#[test]
fn the_mesh_measures_a_peer_that_has_its_reflector() {
    let Some(program) = program() else {
        skip!("stamp-suite is not there: see tests/peers/provide");
    };
    let theirs = Theirs::start(&program, &["--stateful-reflector"]);
    let peer = format!("--latency.peers=theirs={}", theirs.address);
    let dir = TempDir::new().unwrap();
    let listen = format!("--latency.listen={}", free_address());
    let agent = Agent::start(dir.path(), &[&peer, &listen, "--latency.interval=100ms"]);
    let packets = |scrape: &Exposition, outcome| {
        let labels = format!("{{peer=\"theirs\",direction=\"round_trip\",outcome=\"{outcome}\"}}");
        scrape.whole(&format!("wattle_oneway_packets_total{labels}"))
    };
    let scrape = wait_for("its answers", || {
        let scrape = agent.scrape();
        (packets(&scrape, "received") >= COUNT).then_some(scrape)
    });
    assert_eq!(packets(&scrape, "lost"), 0);
    for direction in ["to", "from"] {
        let series =
            format!("wattle_oneway_queueing_seconds_count{{peer=\"theirs\",direction=\"{direction}\"}}");
        assert!(scrape.whole(&series) >= COUNT / 2, "{series}");
    }
    // It claims nothing about its clock that could be believed.
    let state = "wattle_oneway_clock_state{peer=\"theirs\",state=\"unsynchronised\"}";
    assert_eq!(scrape.whole(state), 1);
}

fn signed(pass_phrases: &str) -> [&str; 6] {
    [
        "--mode",
        "authenticated",
        "--key-id",
        "jan",
        "--pass-phrase-file",
        pass_phrases,
    ]
}

fn assert_arrived(report: &Value) {
    for direction in report["directions"].as_array().unwrap() {
        assert_eq!(direction["lost"], 0, "{report:#}");
        assert!(direction["delay"]["median"].is_f64(), "{report:#}");
    }
    assert_eq!(report["round_trip"]["lost"], 0, "{report:#}");
}
