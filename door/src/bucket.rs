//! How often the door answers, for all clients together.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket, kept as the moment at which it would be full again.
#[derive(Debug)]
pub(super) struct Bucket {
    interval: Duration,
    depth: Duration,
    full_at: Option<Instant>,
}

impl Bucket {
    /// One request per `interval`, and up to `burst` at once after a quiet time.
    pub(super) fn new(interval: Duration, burst: u32) -> Self {
        Self {
            interval,
            depth: interval.saturating_mul(burst),
            full_at: None,
        }
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        let Some(next) = full_at.checked_add(self.interval) else {
            return false;
        };
        let enough = next.saturating_duration_since(now) <= self.depth;
        if enough {
            self.full_at = Some(next);
        }
        enough
    }
}

/// A duration as Go writes one: `1s`, `1m30s`, `1.5h`, `250ms`, or `0`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (count, after) = rest.split_at(digits);
        let end = after
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .unwrap_or(after.len());
        let (name, next) = after.split_at(end);
        let seconds = count.parse::<f64>().ok()? * unit(name)?;
        whole = whole.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = next;
    }
    (!text.is_empty()).then_some(whole)
}

fn unit(name: &str) -> Option<f64> {
    match name {
        "ns" => Some(1e-9),
        "us" | "\u{b5}s" | "\u{3bc}s" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_let_through_and_then_one_request_per_interval() {
        let start = Instant::now();
        let mut bucket = Bucket::new(SECOND, 3);
        let taken = |bucket: &mut Bucket, now| (0..5).filter(|_| bucket.take(now)).count();
        assert_eq!(taken(&mut bucket, start), 3);
        assert_eq!(taken(&mut bucket, start + SECOND / 2), 0);
        assert_eq!(taken(&mut bucket, start + SECOND), 1);
        assert_eq!(taken(&mut bucket, start + 100 * SECOND), 3);
    }

    #[test]
    fn a_duration_is_read_as_go_writes_it() {
        let table = [
            ("0", Some(Duration::ZERO)),
            ("1s", Some(SECOND)),
            ("1m30s", Some(90 * SECOND)),
            ("1.5h", Some(5400 * SECOND)),
            ("250ms", Some(SECOND / 4)),
            ("\u{b5}s", None),
            ("", None),
            ("5", None),
            ("1 s", None),
            ("-1s", None),
            ("1d", None),
            ("1e3s", None),
            ("1..2s", None),
            ("999999999999999999999h", None),
        ];
        for (text, wanted) in table {
            assert_eq!(duration(text), wanted, "{text:?}");
        }
    }
}
