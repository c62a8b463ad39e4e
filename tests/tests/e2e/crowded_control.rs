//! Servers of test sessions, when clients are many, slow, or want too much.

use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Duration;

use tempfile::TempDir;

use super::agent::Agent;
use super::agent::run;
use super::patience::wait_until;

/// Far more than are taken on at once.
const MANY: usize = 400;
const TAKEN_ON: usize = 64;
/// How much more memory a crowd may cost, in KiB: threads with their stacks, and buffers.
const MORE: u64 = 24 << 10;

fn serve(dir: &TempDir) -> (Agent, SocketAddr) {
    let mut agent = Agent::start(dir.path(), &["--latency.owamp.listen=127.0.0.1:0"]);
    let server = agent.program.wait_for_address("arranged");
    (agent, server)
}

fn resident(agent: &Agent) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.program.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap()
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
    stream
}

/// Whether a session can be had.
fn is_served(server: SocketAddr) -> bool {
    let target = server.to_string();
    let arguments = [
        "owping",
        "--protocol",
        "owamp",
        "--direction",
        "to",
        "-c",
        "3",
        "-i",
        "0.01",
        "-L",
        "0.5",
    ];
    run(&[&arguments[..], &[&target]].concat()).status.success()
}

#[test]
fn a_crowd_that_says_nothing_costs_little_and_leaves_room_when_it_goes() {
    let dir = TempDir::new().unwrap();
    let (agent, server) = serve(&dir);
    assert!(is_served(server));
    let before = resident(&agent);
    let mut crowd: Vec<_> = (0..MANY).map(|_| connect(server)).collect();
    let modes = crowd.iter_mut().filter_map(|stream| {
        // Who is sent away is greeted without a mode, or not at all.
        let mut greeting = [0; 64];
        stream.read_exact(&mut greeting).ok()?;
        (greeting[15] != 0).then_some(())
    });
    let taken_on = modes.count();
    assert!((1..=TAKEN_ON).contains(&taken_on), "{taken_on}");
    let during = resident(&agent);
    assert!(during < before + MORE, "{before} KiB, then {during} KiB");
    drop(crowd);
    wait_until("room for others", || is_served(server));
    assert!(agent.program.log().lines().all(|line| !line.contains("panic")));
}

/// A request for as many packets by as long a timetable as can be written, with as much padding (RFC 4656 section 3.5).
fn insatiable() -> [u8; 112] {
    let mut request = [0xff; 112];
    // A session to the server, IPv4, and what must be zero.
    request[..4].copy_from_slice(&[1, 4, 0, 1]);
    request[96..].fill(0);
    request
}

#[test]
fn who_wants_too_much_is_refused_before_it_costs_anything() {
    let dir = TempDir::new().unwrap();
    let (agent, server) = serve(&dir);
    assert!(is_served(server));
    let before = resident(&agent);
    let mut stream = connect(server);
    stream.read_exact(&mut [0; 64]).unwrap();
    // The open mode.
    let mut set_up = [0; 164];
    set_up[3] = 1;
    stream.write_all(&set_up).unwrap();
    stream.read_exact(&mut [0; 48]).unwrap();
    stream.write_all(&insatiable()).unwrap();
    // Its timetable goes on for 64 GiB, of which it reads some, or none.
    let slots = [0; 1 << 16];
    let mut written = 0;
    while written < 64 << 20 {
        match stream.write(&slots) {
            Ok(length) => written += length,
            Err(error) => {
                // It has hung up, or reads no more.
                let ends = [
                    ErrorKind::BrokenPipe,
                    ErrorKind::ConnectionReset,
                    ErrorKind::WouldBlock,
                ];
                assert!(ends.contains(&error.kind()), "{error}");
                break;
            }
        }
    }
    assert!(written < 64 << 20, "it has taken {written} octets of a timetable");
    let after = resident(&agent);
    assert!(after < before + MORE, "{before} KiB, then {after} KiB");
    assert!(is_served(server));
}
