use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;
use wattle_oneway::Timestamp;
use wattle_oneway::stamp::StampSource;
use wattle_oneway::stamp::TrafficClass;

use super::StampedSocket;
use super::WallShift;
use super::send::Envelope;
use crate::clock::Clock;
use crate::clock::SystemClock;

type Socket = StampedSocket<u32>;

fn pair(address: &str) -> Option<(Socket, Socket)> {
    let address: SocketAddr = address.parse().unwrap();
    let bind = || StampedSocket::bind(address, WallShift::default());
    // Where a family is switched off there is nothing to test.
    Some((bind().ok()?, bind().ok()?))
}

fn wall() -> Timestamp {
    Timestamp::from_unix(SystemClock.wall())
}

fn wait(socket: &Socket) {
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::from(2000_u16)).unwrap();
}

fn envelope(to: &Socket) -> Envelope {
    Envelope {
        to: to.local_addr().unwrap(),
        from: None,
        class: TrafficClass::new(46, 1),
    }
}

/// The kernel begins to stamp what comes a moment after somebody has asked for it.
fn warm_up(near: &mut Socket, far: &mut Socket) {
    loop {
        near.send(b"", &envelope(far), 0, wall()).unwrap();
        wait(far);
        let received = far.receive(&SystemClock, &mut []).unwrap();
        wait(near);
        while near.poll_sent().is_some() {}
        if received.is_some_and(|received| received.arrival.stamp.source == StampSource::Kernel) {
            return;
        }
    }
}

#[test]
fn a_packet_comes_with_its_header_and_both_of_its_stamps() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Some((mut near, mut far)) = pair(address) else {
            continue;
        };
        warm_up(&mut near, &mut far);
        let before = wall();
        near.send(b"hello", &envelope(&far), 7, before).unwrap();
        wait(&far);
        let mut buffer = [0; 64];
        let received = far.receive(&SystemClock, &mut buffer).unwrap().unwrap();
        assert_eq!(&buffer[..received.length], b"hello");
        assert_eq!(received.from, near.local_addr().unwrap());
        assert_eq!(received.local.unwrap().ip(), far.local_addr().unwrap().ip());
        assert_eq!(received.arrival.seen.ttl, Some(255));
        assert_eq!(received.arrival.seen.class, Some(TrafficClass::new(46, 1)));
        assert_eq!(received.arrival.stamp.source, StampSource::Kernel);
        wait(&near);
        let (what, left, queued) = near.poll_sent().unwrap();
        assert_eq!((what, left.source), (7, StampSource::Kernel));
        assert_eq!(Some(left.at.nanos_since(before)), queued);
        assert!(queued >= Some(0));
        assert!(received.arrival.stamp.at.since(left.at) >= 0);
        assert!(received.arrival.wall.since(received.arrival.stamp.at) >= 0);
    }
}

#[test]
fn an_answer_leaves_from_the_address_that_was_asked() {
    let (mut near, mut far) = (
        Socket::bind("127.0.0.1:0".parse().unwrap(), WallShift::default()).unwrap(),
        Socket::bind("0.0.0.0:0".parse().unwrap(), WallShift::default()).unwrap(),
    );
    let port = far.local_addr().unwrap().port();
    let asked = SocketAddr::from(([127, 0, 0, 77], port));
    let question = Envelope {
        to: asked,
        ..envelope(&far)
    };
    near.send(b"?", &question, 0, wall()).unwrap();
    wait(&far);
    let mut buffer = [0; 64];
    let received = far.receive(&SystemClock, &mut buffer).unwrap().unwrap();
    let answer = Envelope {
        to: received.from,
        from: received.local,
        class: TrafficClass::default(),
    };
    far.send(b"!", &answer, 0, wall()).unwrap();
    wait(&near);
    while near.poll_sent().is_some() {}
    wait(&near);
    let received = near.receive(&SystemClock, &mut buffer).unwrap().unwrap();
    assert_eq!(received.from, asked);
}

#[test]
fn after_a_packet_that_could_not_be_sent_stamps_still_find_theirs() {
    let (mut near, far) = pair("127.0.0.1:0").unwrap();
    let good = envelope(&far);
    // Refused before the kernel counts it, and after.
    let to_nowhere = Envelope {
        to: "0.0.0.1:9".parse().unwrap(),
        ..good
    };
    let to_broadcast = Envelope {
        to: "255.255.255.255:9".parse().unwrap(),
        ..good
    };
    for (nth, bad) in [to_nowhere, to_broadcast].iter().enumerate() {
        let name = u32::try_from(nth).unwrap();
        near.send(b"good", &good, name, wall()).unwrap();
        let _ = near.send(b"bad", bad, 99, wall());
        let _ = near.send(&[0; 65_530], &good, 99, wall());
        near.send(b"good", &good, 10 + name, wall()).unwrap();
        let mut stamped = Vec::new();
        while stamped.len() < 2 {
            wait(&near);
            stamped.extend(std::iter::from_fn(|| near.poll_sent()).map(|(what, ..)| what));
        }
        stamped.retain(|what| *what != 99);
        assert_eq!(stamped, [name, 10 + name]);
    }
}

#[test]
fn a_shifted_clock_shifts_the_kernels_stamps() {
    let shift = WallShift(5_000_000);
    let wall = Duration::from_secs(1_800_000_000);
    assert_eq!(shift.apply(wall).nanos_since(WallShift(0).apply(wall)), 5_000_000);
}

#[test]
fn a_packet_that_does_not_fit_is_passed_over() {
    let (mut near, mut far) = pair("127.0.0.1:0").unwrap();
    for bytes in [&[0; 100][..], &[0; 10]] {
        near.send(bytes, &envelope(&far), 0, wall()).unwrap();
    }
    wait(&far);
    let received = far.receive(&SystemClock, &mut [0; 64]).unwrap().unwrap();
    assert_eq!(received.length, 10);
}
