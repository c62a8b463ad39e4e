//! Messages of a stream, one JSON object to a line.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use super::connect::Sender;
use super::rejection::Failure;
use super::rejection::Rejection;
use super::wire::Streamed;

/// The longest message; etcd divides answers to a watch at its `--max-request-bytes`, 1.5 MiB if not set.
const MAX_LINE: usize = 16 << 20;

pub(super) struct Stream {
    body: Incoming,
    /// The connection ends with it.
    _sender: Sender,
    buffer: Vec<u8>,
    /// Up to here there is no line's end.
    searched: usize,
}

impl Stream {
    pub(super) fn new(body: Incoming, sender: Sender) -> Self {
        Self {
            body,
            _sender: sender,
            buffer: Vec::new(),
            searched: 0,
        }
    }

    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        loop {
            if let Some(message) = self.take_line()? {
                return message;
            }
            let frame = match self.body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(Failure::Unanswered(error.to_string())),
                None => return Err(Failure::Unanswered("the stream has ended".to_owned())),
            };
            if let Some(data) = frame.data_ref() {
                self.buffer.extend_from_slice(data);
            }
        }
    }

    fn take_line<T: DeserializeOwned>(&mut self) -> Result<Option<Result<T, Failure>>, Failure> {
        let rest = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            if self.buffer.len() > MAX_LINE {
                return Err(Failure::Rejected(Rejection::too_long()));
            }
            return Ok(None);
        };
        let line: Vec<u8> = self.buffer.drain(..=self.searched + end).collect();
        self.searched = 0;
        if line.trim_ascii().is_empty() {
            return self.take_line();
        }
        Ok(Some(match serde_json::from_slice(&line) {
            Ok(Streamed::Result(message)) => Ok(message),
            Ok(Streamed::Error(error)) => Err(Failure::Rejected(error.into())),
            Err(error) => Err(Failure::Unanswered(format!(
                "a message is not understood: {error}"
            ))),
        }))
    }
}
