//! Peers that a name server knows, which then fails.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use nix::sys::signal::Signal;

use super::host::Net;
use super::host::name;
use super::host::within;
use crate::e2e::patience::wait_until;

const SERVICE: &str = "_wattle._udp.example";
const SRV: u16 = 33;
const A: u16 = 1;

/// What the server says: which hosts there are, or nothing.
type Zone = Arc<Mutex<Option<Vec<usize>>>>;

/// A server in a host's namespace, and the file that names it to programs there.
struct Server {
    zone: Zone,
    directory: PathBuf,
}

impl Server {
    fn start(net: &Net, host: usize) -> Self {
        let namespace = net.namespace(host);
        let directory = PathBuf::from("/etc/netns").join(&namespace);
        fs::create_dir_all(&directory).unwrap();
        fs::write(
            directory.join("resolv.conf"),
            "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n",
        )
        .unwrap();
        let zone = Zone::default();
        let sockets = within(&namespace, || {
            (
                UdpSocket::bind("127.0.0.53:53"),
                TcpListener::bind("127.0.0.53:53"),
            )
        });
        let (udp, tcp) = (sockets.0.unwrap(), sockets.1.unwrap());
        let (by_udp, by_tcp) = (zone.clone(), zone.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = udp.recv_from(&mut buffer) {
                let _ = udp.send_to(&answer(&buffer[..length], &by_udp, true), from);
            }
        });
        std::thread::spawn(move || {
            for mut stream in tcp.incoming().map_while(Result::ok) {
                let mut length = [0; 2];
                let mut question = vec![];
                if stream.read_exact(&mut length).is_ok() {
                    question.resize(usize::from(u16::from_be_bytes(length)), 0);
                }
                if stream.read_exact(&mut question).is_ok() {
                    let answer = answer(&question, &by_tcp, false);
                    let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                    let _ = stream.write_all(&[&length[..], &answer].concat());
                }
            }
        });
        Self { zone, directory }
    }

    fn says(&self, hosts: Option<&[usize]>) {
        *self.zone.lock().unwrap() = hosts.map(<[usize]>::to_vec);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
        // Others may have theirs beside it.
        let _ = fs::remove_dir("/etc/netns");
    }
}

/// Over UDP the list of hosts does not fit, so that it is asked for again over TCP.
fn answer(question: &[u8], zone: &Zone, is_udp: bool) -> Vec<u8> {
    let mut at = 12;
    let mut labels = Vec::new();
    while question[at] > 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).into_owned());
        at = end;
    }
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let mut octets = question[..at + 5].to_vec();
    octets[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
    let mut records: Vec<(u16, Vec<u8>)> = Vec::new();
    match (&*zone.lock().unwrap(), kind, labels.join(".")) {
        (None, ..) => octets[3] |= 2,
        (Some(hosts), SRV, asked) if asked == SERVICE => {
            let record = |host: &usize| {
                let label = name(*host);
                let head = [0, 0, 0, 0, 3, 94, u8::try_from(label.len()).unwrap()];
                (SRV, [&head[..], label.as_bytes(), b"\x07example\0"].concat())
            };
            records.extend(hosts.iter().map(record));
        }
        (Some(_), A, asked) => {
            let host = asked.trim_start_matches("hv").trim_end_matches(".example");
            let host: u8 = host.parse().unwrap();
            records.push((A, vec![192, 0, 2, host + 1]));
        }
        _ => {}
    }
    if is_udp && kind == SRV && !records.is_empty() {
        octets[2] |= 2;
        return octets;
    }
    octets[7] = u8::try_from(records.len()).unwrap();
    for (kind, data) in records {
        octets.extend([192, 12]);
        octets.extend(kind.to_be_bytes());
        octets.extend([0, 1, 0, 0, 0, 1]);
        octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        octets.extend(data);
    }
    octets
}

#[test]
fn peers_of_a_service_are_found_and_stay_when_the_name_server_fails() {
    let net = match Net::new("wn", 3) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let server = Server::start(&net, 0);
    // The host itself is in the list too, by another name than its own.
    server.says(Some(&[0, 1]));
    let near = net.agent_alone(0, &["--latency.peers-dns", &format!("{SERVICE},zone=r1")]);
    let _others = [1, 2].map(|host| net.agent_alone(host, &["--latency.reflect", "true"]));
    let [one, two] = [1, 2].map(|host| format!("{}.example", name(host)));
    near.after_more_answers(&[&one], 5);
    let scrape = near.scrape();
    assert_eq!(scrape.whole("wattle_oneway_peers{state=\"known\"}"), 1);
    assert!(
        scrape
            .family("wattle_oneway_peer_info")
            .all(|(labels, _)| labels.contains("zone=\"r1\""))
    );

    server.says(None);
    near.program.signal(Signal::SIGHUP);
    let failures = format!("wattle_oneway_peer_source_failures_total{{source=\"dns/{SERVICE}\"}}");
    wait_until("a failure of the name server", || {
        near.scrape().value(&failures) > Some(0.0)
    });
    near.after_more_answers(&[&one], 5);

    server.says(Some(&[0, 1, 2]));
    near.program.signal(Signal::SIGHUP);
    near.after_more_answers(&[&two], 5);
    near.after_more_answers(&[&one], 1);
    assert_eq!(
        near.scrape().whole("wattle_oneway_peers{state=\"unresolved\"}"),
        0
    );
}
