//! Sending, and what the error queue says about it.

use std::io;
use std::io::IoSlice;
use std::net::SocketAddr;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::ControlMessage;
use nix::sys::socket::ControlMessageOwned;
use nix::sys::socket::MsgFlags;
use nix::sys::socket::SockaddrStorage;
use nix::sys::socket::recvmsg;
use nix::sys::socket::sendmsg;
use wattle_oneway::Timestamp;
use wattle_oneway::stamp::Stamp;
use wattle_oneway::stamp::TrafficClass;

use super::Local;
use super::StampedSocket;
use super::options;
use super::stamps;

/// The origin of an entry of the error queue that is a stamp (`SO_EE_ORIGIN_TIMESTAMPING`, linux/errqueue.h).
const TIMESTAMPING: u8 = 4;
/// Entries read at a time; more wait for the next time.
const ENTRIES: usize = 256;

/// Where a packet goes and how.
#[derive(Clone, Copy, Debug)]
pub struct Envelope {
    /// To whom.
    pub to: SocketAddr,
    /// From which of this host's addresses; by the routes if nothing is said.
    pub from: Option<Local>,
    /// DSCP and ECN.
    pub class: TrafficClass,
}

impl<T: Clone> StampedSocket<T> {
    /// Sends a packet. Its stamp comes later from [`StampedSocket::poll_sent`], under the name `what`. `wall` is this agent's
    /// time right before.
    pub fn send(&mut self, bytes: &[u8], envelope: &Envelope, what: T, wall: Timestamp) -> io::Result<()> {
        let octet = envelope.class.octet();
        let wide = i32::from(octet);
        let class = match envelope.to {
            SocketAddr::V4(_) => ControlMessage::Ipv4Tos(&octet),
            SocketAddr::V6(_) => ControlMessage::Ipv6TClass(&wide),
        };
        let (v4, v6);
        let mut controls = vec![class];
        match envelope.from {
            Some(Local::V4(info)) => {
                v4 = info;
                controls.push(ControlMessage::Ipv4PacketInfo(&v4));
            }
            Some(Local::V6(info)) => {
                v6 = info;
                controls.push(ControlMessage::Ipv6PacketInfo(&v6));
            }
            None => {}
        }
        let to = SockaddrStorage::from(envelope.to);
        let slices = [IoSlice::new(bytes)];
        match sendmsg(self.raw(), &slices, &controls, MsgFlags::MSG_DONTWAIT, Some(&to)) {
            Ok(_) => {
                self.sent.push(what, wall);
                Ok(())
            }
            Err(error) => {
                // Whether the kernel has counted it depends on how far it came.
                self.resynchronise();
                Err(error.into())
            }
        }
    }

    /// The transmit stamp of an earlier packet, and for how many nanoseconds the kernel had the packet before it left. The card's stamp, where
    /// there is one, comes after the kernel's, and without that.
    pub fn poll_sent(&mut self) -> Option<(T, Stamp, Option<i64>)> {
        if let Some(stamped) = self.sent.take() {
            return Some(stamped);
        }
        self.read_errors();
        self.sent.take()
    }

    fn resynchronise(&mut self) {
        if self.sent.is_on() {
            self.read_errors();
            let on = options::number_anew(&self.fd).is_ok();
            self.sent.begin_anew(on);
        }
    }

    /// Empties the error queue. It has nothing but stamps, and the errors that a kernel puts there unasked.
    fn read_errors(&mut self) {
        for _ in 0..ENTRIES {
            match self.read_error() {
                Ok(Some((number, stamp))) if !self.sent.stamp(number, stamp) => {
                    let on = options::number_anew(&self.fd).is_ok();
                    self.sent.begin_anew(on);
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return,
            }
        }
    }

    fn read_error(&mut self) -> nix::Result<Option<(u32, Stamp)>> {
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let raw = self.raw();
        let message = recvmsg::<SockaddrStorage>(raw, &mut [], Some(&mut self.control), flags)?;
        let (mut number, mut stamp) = (None, None);
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::ScmTimestampsns(times) => {
                    stamp = stamps::of_departure(&times, self.shift);
                }
                ControlMessageOwned::Ipv4RecvErr(error, _) | ControlMessageOwned::Ipv6RecvErr(error, _) => {
                    number = is_stamp(&error).then_some(error.ee_data);
                }
                _ => {}
            }
        }
        Ok(number.zip(stamp))
    }
}

fn is_stamp(error: &libc::sock_extended_err) -> bool {
    error.ee_origin == TIMESTAMPING && error.ee_errno == Errno::ENOMSG as u32
}
