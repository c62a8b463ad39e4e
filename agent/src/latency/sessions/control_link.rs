//! The TCP connection under a control connection.

use std::collections::VecDeque;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;

/// Octets read at a time.
const PIECE: usize = 16 << 10;

/// A connection that never blocks. Each message is handed to the kernel in one piece and leaves at once: a peer with small
/// writes and Nagle's algorithm costs 40 ms for each of them.
#[derive(Debug)]
pub struct ControlLink {
    stream: TcpStream,
    unwritten: VecDeque<Vec<u8>>,
    /// How much of the first has been written.
    written: usize,
    piece: Box<[u8]>,
}

impl ControlLink {
    /// Over this connection.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            unwritten: VecDeque::new(),
            written: 0,
            piece: vec![0; PIECE].into(),
        })
    }

    /// This end. An IPv4 address inside of IPv6 is shown as IPv4.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr().map(canonical)
    }

    /// The other end, likewise.
    pub fn peer(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr().map(canonical)
    }

    /// What has come: nothing yet, or octets, of which there are none at the end of the stream.
    pub fn read(&mut self) -> io::Result<Option<&[u8]>> {
        match self.stream.read(&mut self.piece) {
            Ok(length) => Ok(self.piece.get(..length)),
            Err(error) if is_for_later(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a message to what is to be written.
    pub fn queue(&mut self, message: Vec<u8>) {
        self.unwritten.push_back(message);
    }

    /// Whether something is still to be written.
    pub fn is_behind(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Writes as much as the peer takes.
    pub fn write(&mut self) -> io::Result<()> {
        while let Some(message) = self.unwritten.front() {
            match self.stream.write(message.get(self.written..).unwrap_or_default()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => self.written += length,
                Err(error) if is_for_later(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
            if self.written >= message.len() {
                self.unwritten.pop_front();
                self.written = 0;
            }
        }
        Ok(())
    }
}

impl AsFd for ControlLink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        v4 @ std::net::IpAddr::V4(_) => SocketAddr::new(v4, address.port()),
        std::net::IpAddr::V6(_) => address,
    }
}
