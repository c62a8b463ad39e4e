//! What of measuring latency works on this machine, for `doctor`.

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;
use surge_ping::ICMP;
use wattle_oneway::Timestamp;
use wattle_oneway::stamp::StampSource;
use wattle_oneway::stamp::TrafficClass;

use super::clock_state;
use super::icmp;
use super::report::sensor;
use super::socket::Envelope;
use super::socket::StampedSocket;
use super::socket::WallShift;
use crate::clock::Clock;
use crate::config::Settings;
use crate::sensor::SensorState;

/// Packets until the kernel, which begins to stamp a moment after it was asked, must have stamped one.
const TRIES: usize = 50;
const PATIENCE: u16 = 20;

/// Looks once, if anything would be measured or answered.
pub fn examine(settings: &Settings, clock: &dyn Clock) -> Vec<SensorState> {
    if !settings.latency.is_on() {
        return Vec::new();
    }
    let listen: Vec<SocketAddr> = super::start::addresses(&settings.latency.listen.0);
    let bound: Result<Vec<_>, String> = listen.iter().map(|address| bind(*address)).collect();
    let in_use = "give another port with --latency.listen, or the agent CAP_NET_BIND_SERVICE; if it is in use, an agent is running";
    let stamps = delivered(clock);
    let reading = clock_state::by_kernel();
    let unsynchronised = reading.bound.is_none().then_some("nothing keeps the clock right");
    let mut sensors = vec![
        sensor("latency", "udp", bound.err().as_deref(), in_use),
        sensor(
            "latency/stamps",
            "so_timestamping",
            stamps.err(),
            "delays will have this host's own in them",
        ),
        sensor(
            "latency/clock",
            "adjtimex",
            unsynchronised,
            "run chronyd; without it there are no absolute one-way delays",
        ),
    ];
    if settings
        .latency
        .peers
        .iter()
        .any(|peer| peer.contains("agent=none"))
    {
        let allowed = icmp::is_allowed_now(ICMP::V4);
        sensors.push(sensor(
            "latency/icmp",
            "icmp",
            allowed.err().as_deref(),
            icmp::ADVICE,
        ));
    }
    sensors
}

fn bind(address: SocketAddr) -> Result<(), String> {
    StampedSocket::<()>::bind(address, WallShift::default())
        .map(drop)
        .map_err(|error| format!("{address}/udp: {error}"))
}

/// Sends packets to itself until both of one's stamps are the kernel's.
fn delivered(clock: &dyn Clock) -> Result<(), &'static str> {
    let failed = |_| "no socket could be opened";
    let mut socket =
        StampedSocket::bind((Ipv4Addr::LOCALHOST, 0).into(), WallShift::default()).map_err(failed)?;
    let to = socket.local_addr().map_err(failed)?;
    let envelope = Envelope {
        to,
        from: None,
        class: TrafficClass::default(),
    };
    let (mut sent, mut received) = (false, false);
    for _ in 0..TRIES {
        let wall = Timestamp::from_unix(clock.wall());
        // One that is not sent has no stamps either.
        let _ = socket.send(&[], &envelope, (), wall);
        let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, PollTimeout::from(PATIENCE));
        sent |= socket.poll_sent().is_some();
        while let Ok(Some(packet)) = socket.receive(clock, &mut [0; 8]) {
            received |= packet.arrival.stamp.source == StampSource::Kernel;
        }
        if sent && received {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(match (sent, received) {
        (false, false) => "the kernel stamps no packets",
        (false, true) => "the kernel does not stamp what is sent",
        _ => "the kernel does not stamp what comes",
    })
}
