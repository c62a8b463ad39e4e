use core::time::Duration;
use std::collections::VecDeque;

/// Packets sent within this part of the waiting time share a deadline, the one of the last of them.
const STEPS: u32 = 16;
/// More are not kept even while the waiting time changes.
const MOST: usize = 2 * STEPS as usize;

/// When which packets are given up, for any number of packets in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    batches: VecDeque<Batch>,
}

#[derive(Clone, Debug)]
struct Batch {
    /// When its first packet was sent.
    opened: Duration,
    /// When its last packet was sent.
    sent: Duration,
    /// The number after its last packet.
    end: u64,
}

impl Deadlines {
    /// All packets before `end` that no batch holds yet were sent by now.
    pub(super) fn note(&mut self, end: u64, now: Duration, wait: Duration) {
        let full = self.batches.len() >= MOST;
        match self.batches.back_mut() {
            Some(last) if full || now < last.opened.saturating_add(wait / STEPS) => {
                last.sent = last.sent.max(now);
                last.end = end;
            }
            _ => self.batches.push_back(Batch {
                opened: now,
                sent: now,
                end,
            }),
        }
    }

    /// The number before which all packets are overdue now, if there are such.
    pub(super) fn pop_due(&mut self, now: Duration, wait: Duration) -> Option<u64> {
        if self.next_due(wait)? > now {
            return None;
        }
        self.batches.pop_front().map(|batch| batch.end)
    }

    /// Forgets the batches of packets whose fate is known: all before this number.
    pub(super) fn settled(&mut self, settled: u64) {
        while self.batches.front().is_some_and(|first| first.end <= settled) {
            self.batches.pop_front();
        }
    }

    /// When the next batch is overdue.
    pub(super) fn next_due(&self, wait: Duration) -> Option<Duration> {
        Some(self.batches.front()?.sent.saturating_add(wait))
    }

    pub(super) fn clear(&mut self) {
        self.batches.clear();
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.batches.capacity() * size_of::<Batch>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(16);

    #[test]
    fn a_batch_is_due_when_its_last_packet_is() {
        let mut deadlines = Deadlines::default();
        for n in 0..10 {
            deadlines.note(n + 1, Duration::from_millis(300 * n), WAIT);
        }
        assert_eq!(deadlines.next_due(WAIT), Some(Duration::from_millis(16_900)));
        assert_eq!(deadlines.pop_due(Duration::from_millis(16_899), WAIT), None);
        assert_eq!(deadlines.pop_due(Duration::from_millis(16_900), WAIT), Some(4));
    }

    #[test]
    fn a_fast_sender_does_not_put_its_deadline_off_for_ever() {
        let mut deadlines = Deadlines::default();
        for n in 0..100_000 {
            let now = Duration::from_millis(n);
            deadlines.note(n + 1, now, WAIT);
            while deadlines.pop_due(now, WAIT).is_some() {}
            assert!(deadlines.batches.len() <= STEPS as usize + 2);
        }
        let oldest = deadlines.batches.front().unwrap();
        assert!(oldest.opened >= Duration::from_secs(100) - WAIT - WAIT / STEPS);
    }

    #[test]
    fn a_waiting_time_that_shrinks_takes_no_more_memory() {
        let mut deadlines = Deadlines::default();
        for n in 0..1000 {
            deadlines.note(n + 1, Duration::from_secs(n), WAIT / (1 + n as u32));
        }
        assert!(deadlines.batches.len() <= MOST);
    }
}
