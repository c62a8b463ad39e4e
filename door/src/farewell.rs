//! The end of a connection.

use std::io;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// The most that is read, and thrown away, from a peer that still sends after its last answer.
const SPILL: usize = 64 << 10;
const PIECE: usize = 4 << 10;

/// Closes this side and waits, no longer than `limit`, for the peer to close its own.
///
/// A socket that is closed with bytes unread resets the connection, and the peer may lose the answer that told it
/// why (RFC 9112, section 9.6).
pub(super) async fn farewell<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, limit: Duration) {
    // A peer that has gone already, or goes too slowly, is let go.
    let _ = timeout(limit, spill(&mut stream)).await;
}

async fn spill<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut piece = vec![0; PIECE];
    let mut spilt = 0;
    while spilt < SPILL {
        match stream.read(&mut piece).await? {
            0 => break,
            count => spilt += count,
        }
    }
    Ok(())
}
