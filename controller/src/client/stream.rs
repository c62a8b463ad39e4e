//! Server-sent events as they come.

use anyhow::bail;
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// No event is longer.
const LONGEST: usize = 1 << 20;

/// Events as they come.
#[derive(Debug)]
pub(super) struct Stream {
    body: Incoming,
    rest: Vec<u8>,
}

impl Stream {
    pub(super) fn of(body: Incoming) -> Self {
        Self {
            body,
            rest: Vec::new(),
        }
    }

    /// The id and the data of the next event; `None` at the end.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<(String, String)>> {
        loop {
            while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.rest.drain(..end + 2).collect();
                if let Some(event) = read(&String::from_utf8_lossy(&block)) {
                    return Ok(Some(event));
                }
            }
            if self.rest.len() > LONGEST {
                bail!("an event without end; is that a controller?");
            }
            match self.body.frame().await {
                Some(frame) => self
                    .rest
                    .extend(frame?.data_ref().map(|data| &data[..]).unwrap_or_default()),
                None => return Ok(None),
            }
        }
    }
}

/// An event; `None` for a sign of life.
fn read(block: &str) -> Option<(String, String)> {
    let field = |name: &str| {
        let found = block.lines().find_map(|line| line.strip_prefix(name));
        found.map(|value| value.trim_start_matches([':', ' ']).to_owned())
    };
    Some((field("id").unwrap_or_default(), field("data")?))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn an_event_has_an_id_and_data_and_a_sign_of_life_has_none() {
        let event = read("id: a-1\nevent: back\ndata: {\"host\":\"h\"}\n\n");
        assert_eq!(event, Some(("a-1".to_owned(), "{\"host\":\"h\"}".to_owned())));
        assert_eq!(read(":\n\n"), None);
        assert_eq!(read("retry: 2000\n\n"), None);
    }
}
