//! Somebody else reads our packets.

use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::agent::Agent;
use super::agent::run;
use super::patience::wait_until;
use super::program::Program;

/// Begins to capture what goes over loopback to and from one TCP port, and all UDP; returns when it does.
fn capture(file: &Path, port: u16) -> Program {
    let filter = format!("udp or tcp port {port}");
    let mut command = Command::new("dumpcap");
    command.args(["-q", "-i", "lo", "-f", &filter, "-w"]).arg(file);
    let capture = Program::start(command);
    // The name of the file is told when it has begun.
    capture.wait_for_log("File:");
    capture
}

/// How many packets of the capture fit this filter.
fn count(file: &Path, decode: &[String], filter: &str) -> usize {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-Y", filter]);
    for rule in decode {
        command.args(["-d", rule]);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .split(|octet| *octet == b'\n')
        .filter(|line| !line.is_empty())
        .count()
}

/// Runs owping against a server of its protocol, and captures until the last message has been seen.
fn captured(dir: &TempDir, protocol: &str) -> Option<(std::path::PathBuf, u16, serde_json::Value)> {
    let listen = format!("--latency.{protocol}.listen=127.0.0.1:0");
    let mut agent = Agent::start(dir.path(), &[listen]);
    let server = agent.program.wait_for_address("arranged");
    let file = dir.path().join("capture");
    let child = capture(&file, server.port());
    let target = server.to_string();
    let arguments = [
        "owping",
        "--json",
        "--protocol",
        protocol,
        "-c",
        "10",
        "-i",
        "0.01",
        "-L",
        "0.5",
        &target,
    ];
    let output = run(&arguments);
    wait_until("the end of the connection in the capture", || {
        count(&file, &[], "tcp.flags.fin == 1 || tcp.flags.reset == 1") > 0
    });
    end(child);
    Some((
        file,
        server.port(),
        serde_json::from_slice(&output.stdout).unwrap(),
    ))
}

fn end(mut capture: Program) {
    capture.signal(Signal::SIGINT);
    capture.wait();
}

fn can_capture() -> bool {
    let there = |program| Command::new(program).arg("--version").output().is_ok();
    super::skip::is_root() && there("tshark") && there("dumpcap")
}

#[test]
fn tshark_understands_every_message_and_packet_of_twamp() {
    if !can_capture() {
        skip!("it needs root, tshark and dumpcap");
    }
    let dir = TempDir::new().unwrap();
    let (file, port, _) = captured(&dir, "twamp").unwrap();
    let decode = [format!("tcp.port=={port},twamp.control")];
    assert_eq!(
        count(&file, &decode, "_ws.malformed && (twamp.control || twamp.test)"),
        0
    );
    // Greeting, set-up, start, request, accept, start, acknowledgement, stop.
    assert_eq!(count(&file, &decode, "twamp.control"), 8);
    assert_eq!(count(&file, &decode, "twamp.test"), 20);
}

#[test]
fn tshark_understands_every_packet_of_owamp() {
    if !can_capture() {
        skip!("it needs root, tshark and dumpcap");
    }
    let dir = TempDir::new().unwrap();
    let (file, _, report) = captured(&dir, "owamp").unwrap();
    for direction in report["directions"].as_array().unwrap() {
        let port = direction["to"].as_str().unwrap().rsplit(':').next().unwrap();
        let decode = [format!("udp.port=={port},owamp.test")];
        assert_eq!(count(&file, &decode, "_ws.malformed && owamp.test"), 0);
        assert_eq!(count(&file, &decode, "owamp.test"), 10, "{direction}");
    }
}

/// It knows STAMP as what that is compatible with (RFC 8762 section 4.6), and takes the TLVs for its padding.
#[test]
fn tshark_understands_every_packet_of_stamp() {
    if !can_capture() {
        skip!("it needs root, tshark and dumpcap");
    }
    let dir = TempDir::new().unwrap();
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let listen = format!("--latency.listen={address}");
    let _agent = Agent::start(dir.path(), &["--latency.reflect=true", &listen]);
    let file = dir.path().join("capture");
    let child = capture(&file, address.port());
    let arguments = [
        "owping",
        "--json",
        "--protocol",
        "stamp",
        "-c",
        "10",
        "-i",
        "0.05",
        "-L",
        "5",
    ];
    let output = run(&[&arguments[..], &[&address.to_string()]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // On a busy machine some are not sent, since their time has passed.
    let sent: usize = serde_json::from_value(report["round_trip"]["sent"].clone()).unwrap();
    assert!(sent > 0);
    let port = address.port();
    let decode = [format!("udp.port=={port},twamp.test")];
    let ours = format!("udp.port == {port}");
    wait_until("all packets in the capture", || {
        count(&file, &decode, &ours) == 2 * sent
    });
    end(child);
    assert_eq!(count(&file, &decode, &format!("_ws.malformed && {ours}")), 0);
    assert_eq!(count(&file, &decode, "twamp.test"), 2 * sent);
    // What it reads in them is what they have.
    let numbered = format!("twamp.test.seq_number < {sent} && {ours}");
    assert_eq!(count(&file, &decode, &numbered), 2 * sent);
}
