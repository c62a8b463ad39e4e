//! Sleeping until there is something to do.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::ppoll;
use nix::sys::time::TimeSpec;

/// Sleeps until one of these can be read, or written where that is said, or so long. Which one it was has to be tried out: none
/// of them may block.
///
/// # Errors
///
/// If the kernel cannot wait for them, as when there are too many.
pub fn wait(descriptors: &[(BorrowedFd<'_>, bool)], at_most: Option<Duration>) -> std::io::Result<()> {
    let mut polled: Vec<_> = descriptors
        .iter()
        .map(|(descriptor, writes)| {
            let flags = if *writes {
                PollFlags::POLLOUT
            } else {
                PollFlags::POLLIN
            };
            PollFd::new(*descriptor, flags)
        })
        .collect();
    match ppoll(&mut polled, at_most.map(TimeSpec::from_duration), None) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
