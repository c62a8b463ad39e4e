//! Messages on standard error as systemd's journal reads them: each line begins with its priority, sd-daemon(3).

use std::io;
use std::io::Write;
use std::os::fd::AsFd;

use nix::sys::stat::fstat;
use tracing_subscriber::fmt::MakeWriter;

/// Whether standard error is connected to the journal: `JOURNAL_STREAM` has its device and inode, systemd.exec(5). The
/// variable alone does not tell, since a shell in between may have sent standard error elsewhere.
pub(crate) fn is_listening() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else {
        return false;
    };
    fstat(io::stderr().as_fd())
        .is_ok_and(|stat| stream.to_str() == Some(&*format!("{}:{}", stat.st_dev, stat.st_ino)))
}

/// syslog(3) has eight.
pub(crate) fn priority(level: tracing::Level) -> u8 {
    match level {
        tracing::Level::ERROR => 3,
        tracing::Level::WARN => 4,
        tracing::Level::INFO => 6,
        _ => 7,
    }
}

/// Makes a writer for each message.
pub(crate) struct Journal;

/// One message. The formatter writes it in one piece.
pub(crate) struct Message(u8);

impl<'w> MakeWriter<'w> for Journal {
    type Writer = Message;

    fn make_writer(&'w self) -> Message {
        Message(priority(tracing::Level::INFO))
    }

    fn make_writer_for(&'w self, meta: &tracing::Metadata<'_>) -> Message {
        Message(priority(*meta.level()))
    }
}

impl Write for Message {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&prefixed(self.0, text))?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every line of the text with its priority, so that none that came in with a name passes for a message of its own.
pub(crate) fn prefixed(priority: u8, text: &[u8]) -> Vec<u8> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .flat_map(|line| [format!("<{priority}>").as_bytes(), line, b"\n"].concat())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_the_priority_of_the_message() {
        for (text, expected) in [
            ("a b=1\n", "<4>a b=1\n"),
            ("a", "<4>a\n"),
            ("a\n<0>b\n", "<4>a\n<4><0>b\n"),
        ] {
            assert_eq!(prefixed(4, text.as_bytes()), expected.as_bytes());
        }
    }
}
