//! The client and the servers of test sessions, with each other.

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::agent::Agent;
use super::agent::run;
use super::patience::wait_until;

/// An agent with one server.
struct Served {
    agent: Agent,
    server: SocketAddr,
    pass_phrases: PathBuf,
    _dir: TempDir,
}

fn serve(protocol: &str, more: &[&str]) -> Served {
    let dir = TempDir::new().unwrap();
    let pass_phrases = dir.path().join("pass-phrases");
    std::fs::write(&pass_phrases, "jan:open sesame\n").unwrap();
    std::fs::set_permissions(&pass_phrases, PermissionsExt::from_mode(0o600)).unwrap();
    let listen = format!("--latency.{protocol}.listen=127.0.0.1:0");
    let keys = format!("--latency.servers.pass-phrase-file={}", pass_phrases.display());
    let arguments: Vec<&str> = [listen.as_str(), keys.as_str()]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let mut agent = Agent::start(dir.path(), &arguments);
    let server = agent.program.wait_for_address("arranged");
    Served {
        agent,
        server,
        pass_phrases,
        _dir: dir,
    }
}

impl Served {
    fn owping(&self, protocol: &str, mode: &str, more: &[&str]) -> Output {
        let (file, target) = (self.pass_phrases.display().to_string(), self.server.to_string());
        let mut arguments = vec![
            "owping",
            "--json",
            "--protocol",
            protocol,
            "--mode",
            mode,
            "-c",
            "10",
            "-i",
            "0.01",
        ];
        arguments.extend(["-L", "2", "--key-id", "jan", "--pass-phrase-file", &file]);
        arguments.extend(more);
        arguments.push(&target);
        run(&arguments)
    }

    fn refusals(&self, protocol: &str, reason: &str) -> bool {
        let text = self.agent.get("/metrics").text();
        let name =
            format!("wattle_oneway_server_refusals_total{{protocol=\"{protocol}\",reason=\"{reason}\"}} ");
        let value = text.lines().find_map(|line| line.strip_prefix(&name));
        value.is_some_and(|value| value != "0")
    }
}

fn report(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_all_arrived(report: &Value) {
    for (place, name) in ["forward", "reverse"].into_iter().enumerate() {
        let direction = &report["directions"][place];
        assert_eq!(direction["direction"], name);
        assert_eq!(
            (&direction["lost"], &direction["sent"]),
            (&0.into(), &10.into()),
            "{direction}"
        );
        assert_eq!(direction["hops"], serde_json::json!([0, 0]));
        assert!(direction["delay"]["median"].is_f64(), "{direction}");
    }
}

#[test]
fn every_packet_of_owamp_arrives_in_every_mode() {
    let served = serve("owamp", &[]);
    for mode in ["open", "authenticated", "encrypted"] {
        assert_all_arrived(&report(&served.owping("owamp", mode, &["-s", "100"])));
    }
}

#[test]
fn every_packet_of_twamp_comes_back_in_every_mode() {
    let served = serve("twamp", &[]);
    for mode in ["open", "authenticated", "encrypted", "mixed"] {
        let report = report(&served.owping("twamp", mode, &["-D", "EF"]));
        assert_all_arrived(&report);
        assert_eq!(report["round_trip"]["lost"], 0);
    }
}

#[test]
fn a_client_that_asks_for_too_much_is_refused_and_told_so() {
    let served = serve("owamp", &["--latency.servers.sessions=1"]);
    let both = served.owping("owamp", "open", &[]);
    assert_eq!(both.status.code(), Some(1));
    let told = String::from_utf8_lossy(&both.stderr).into_owned();
    assert!(told.contains("refused the session to here"), "{told}");
    // What was refused takes no place.
    let one = report(&served.owping("owamp", "open", &["--direction", "to"]));
    assert_eq!(one["directions"][0]["lost"], 0);
    wait_until("it is counted", || served.refusals("owamp", "sessions"));
}

#[test]
fn a_client_without_the_pass_phrase_is_sent_away() {
    let served = serve("twamp", &["--latency.servers.require-pass-phrase=true"]);
    assert_eq!(served.owping("twamp", "open", &[]).status.code(), Some(1));
    std::fs::write(&served.pass_phrases, "jan:something else\n").unwrap();
    assert_eq!(served.owping("twamp", "encrypted", &[]).status.code(), Some(1));
    wait_until("it is counted", || served.refusals("twamp", "key"));
}

#[test]
fn garbage_ends_its_own_connection_and_no_other() {
    let served = serve("owamp", &[]);
    let mut garbage = TcpStream::connect(served.server).unwrap();
    garbage.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    garbage.write_all(&[0xa5; 4096]).unwrap();
    // The greeting, and perhaps a refusal, and then the end: by a reset if not all of it was read.
    let _ = garbage.read_to_end(&mut Vec::new());
    wait_until("it is counted", || served.refusals("owamp", "garbage"));
    assert_all_arrived(&report(&served.owping("owamp", "open", &[])));
}

#[test]
fn messages_may_come_octet_by_octet() {
    let served = serve("owamp", &[]);
    let mut stream = TcpStream::connect(served.server).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.read_exact(&mut [0; 64]).unwrap();
    // The open mode, and nothing else.
    let mut set_up = [0; 164];
    set_up[3] = 1;
    for octet in set_up {
        stream.write_all(&[octet]).unwrap();
    }
    let mut start = [0; 48];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(start[15], 0, "{start:?}");
}

#[test]
fn the_reflector_of_the_mesh_answers_too() {
    let dir = TempDir::new().unwrap();
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let _agent = Agent::start(
        dir.path(),
        &["--latency.reflect=true", "--latency.listen", &address],
    );
    let arguments = ["owping", "--json", "-c", "10", "-i", "0.05", "-L", "5", &address];
    let report = report(&run(&arguments));
    for direction in report["directions"].as_array().unwrap() {
        // On a busy machine some are not sent, since their time has passed.
        assert_eq!(direction["lost"], 0, "{direction}");
        assert!(direction["delay"]["median"].is_f64(), "{direction}");
    }
    assert_eq!(report["protocol"], "stamp");
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    for arguments in [
        vec!["owping", "-D", "99", "host"],
        vec!["owping"],
        vec!["owping", "--mode", "encrypted", "host"],
    ] {
        assert_eq!(run(&arguments).status.code(), Some(2), "{arguments:?}");
    }
}
