//! chrony's tracking report, by its command protocol, version 6 (candm.h of chrony): one datagram each way.

use std::io;
use std::net::Ipv4Addr;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::ClockReading;
use super::Witness;

const VERSION: u8 = 6;
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
/// The command `REQ_TRACKING`, and the reply `RPY_TRACKING`.
const TRACKING: (u16, u16) = (33, 5);
/// A request is padded to the size of its reply, so that the server is no amplifier.
const REQUEST_LEN: usize = 104;
/// Header of a reply, and the report behind it.
const HEADER: usize = 28;
const REPORT: usize = 76;
/// `LEAP_Unsynchronised`.
const LEAP_UNSYNCHRONISED: u16 = 3;
/// Longer is no answer worth waiting for.
const PATIENCE: Duration = Duration::from_millis(500);
/// Where chronyd listens.
const SOCKET: &str = "/run/chrony/chronyd.sock";
const PORT: u16 = 323;

/// What chrony says about the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracking {
    /// Whether anything keeps the clock right.
    pub synchronised: bool,
    /// How wrong it is at most, now, in seconds.
    pub bound: f64,
    /// How much that grows each second until chrony has news.
    pub growth: f64,
}

impl Tracking {
    /// What it amounts to so long after.
    pub fn after(&self, age: Duration) -> ClockReading {
        let bound = self.bound + self.growth * age.as_secs_f64();
        ClockReading {
            witness: Witness::Chrony,
            bound: Duration::try_from_secs_f64(bound)
                .ok()
                .filter(|_| self.synchronised),
        }
    }
}

/// A request with this number.
pub fn request(number: u32) -> [u8; REQUEST_LEN] {
    let mut bytes = [0; REQUEST_LEN];
    bytes[0] = VERSION;
    bytes[1] = REQUEST;
    bytes[4..6].copy_from_slice(&TRACKING.0.to_be_bytes());
    bytes[8..12].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// Reads the reply to the request with this number. Nothing if it is none.
pub fn parse(bytes: &[u8], number: u32) -> Option<Tracking> {
    let header = bytes.first_chunk::<HEADER>()?;
    let report = bytes.get(HEADER..)?.first_chunk::<REPORT>()?;
    let short = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let echoed = u32::from_be_bytes([header[16], header[17], header[18], header[19]]);
    let right = header[..2] == [VERSION, REPLY] && (short(4), short(6)) == TRACKING && short(8) == 0;
    if !right || echoed != number {
        return None;
    }
    let word = |at: usize| u32::from_be_bytes([report[at], report[at + 1], report[at + 2], report[at + 3]]);
    let [correction, skew, residual] = [40, 60, 56].map(|at| float(word(at)));
    let [root_delay, root_dispersion] = [64, 68].map(|at| float(word(at)));
    let (reference, stratum, leap) = (word(0), word(24) >> 16, (word(24) & 0xffff) as u16);
    let bound = correction.abs() + root_dispersion + root_delay / 2.0;
    Some(Tracking {
        synchronised: reference != 0 && stratum < 16 && leap != LEAP_UNSYNCHRONISED,
        bound,
        growth: (skew.abs() + residual.abs()) / 1e6,
    })
}

/// chrony's own floating point: 7 bits of exponent and 25 of coefficient, both signed (util.c of chrony).
fn float(word: u32) -> f64 {
    let exponent = word.cast_signed() >> 25;
    let coefficient = (word << 7).cast_signed() >> 7;
    f64::from(coefficient) * 2_f64.powi(exponent - 25)
}

/// Asks chronyd: by its socket, which needs its user or root, else by its port on this host.
pub(super) fn ask(dir: &Path, number: u32) -> Option<Tracking> {
    let mut reply = [0; 512];
    let length = by_socket(dir, number, &mut reply)
        .or_else(|_| by_port(number, &mut reply))
        .ok()?;
    parse(reply.get(..length)?, number)
}

fn by_socket(dir: &Path, number: u32, reply: &mut [u8]) -> io::Result<usize> {
    if !Path::new(SOCKET).exists() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let own = Own(dir.join(format!("chrony-{}.sock", std::process::id())));
    // Left behind by a process that had the same number.
    let _ = std::fs::remove_file(&own.0);
    let socket = UnixDatagram::bind(&own.0)?;
    socket.connect(SOCKET)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.send(&request(number))?;
    socket.recv(reply)
}

fn by_port(number: u32, reply: &mut [u8]) -> io::Result<usize> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, PORT))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(&request(number))?;
    socket.recv(reply)
}

/// A socket's name in the file system, removed when it is done with.
struct Own(PathBuf);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(number: u32, edit: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let mut bytes = vec![0; HEADER + REPORT];
        bytes[..2].copy_from_slice(&[6, 2]);
        bytes[4..8].copy_from_slice(&[0, 33, 0, 5]);
        bytes[16..20].copy_from_slice(&number.to_be_bytes());
        let report = &mut bytes[HEADER..];
        report[..4].copy_from_slice(&[192, 0, 2, 1]);
        report[24..28].copy_from_slice(&[0, 3, 0, 0]);
        for (at, word) in [
            (40, coded(-0.25, -2)),
            (64, coded(0.25, -2)),
            (68, coded(0.25, -4)),
            (60, coded(0.25, 2)),
        ] {
            report[at..at + 4].copy_from_slice(&word.to_be_bytes());
        }
        edit(report);
        bytes
    }

    /// `fraction` × 2^`exponent`, as chrony writes it.
    fn coded(fraction: f64, exponent: i32) -> u32 {
        let coefficient = (fraction * f64::from(1 << 25)) as i32;
        (exponent << 25 | coefficient & 0x01ff_ffff).cast_unsigned()
    }

    #[test]
    fn the_bound_is_the_offset_and_the_roots_dispersion_and_half_its_delay() {
        let tracking = parse(&reply(9, |_| {}), 9).unwrap();
        // |-0.25 × 2^-2| + 0.5 × 2^-5 + 0.5 × 2^-3 / 2
        assert_eq!(tracking.bound, 0.0625 + 0.015_625 + 0.031_25);
        assert_eq!(tracking.growth, 1e-6);
        assert!(tracking.synchronised);
        let later = tracking.after(Duration::from_secs(1000)).bound.unwrap();
        assert_eq!(later.as_micros(), 110_375);
    }

    #[test]
    fn a_clock_that_follows_nobody_is_not_synchronised() {
        for edit in [
            |report: &mut [u8]| report[27] = 3,
            |report: &mut [u8]| report[25] = 16,
            |report: &mut [u8]| report[..4].fill(0),
        ] {
            let tracking = parse(&reply(9, edit), 9).unwrap();
            assert!(!tracking.synchronised && tracking.after(PATIENCE).bound.is_none());
        }
    }

    #[test]
    fn what_is_no_reply_to_this_request_is_not_taken() {
        let right = reply(9, |_| {});
        assert!(parse(&right, 8).is_none());
        assert!(parse(&right[..right.len() - 1], 9).is_none());
        for at in [0, 1, 5, 7, 9] {
            let mut wrong = right.clone();
            wrong[at] ^= 0x40;
            assert!(parse(&wrong, 9).is_none(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(bytes: Vec<u8>, number: u32) {
            let mut framed = reply(number, |_| {});
            let end = framed.len().min(HEADER + bytes.len());
            framed[HEADER..end].copy_from_slice(&bytes[..end - HEADER]);
            if let Some(tracking) = parse(&framed, number) {
                tracking.after(Duration::MAX);
            }
            parse(&bytes, number);
        }
    }
}
