//! Events, to whoever listens: server-sent events (WHATWG HTML, section 9.2).

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::mpsc;

/// How many events are kept for those who come back.
const KEPT: usize = 1024;
/// How many events a listener may be behind before it is dropped. All that is kept fits, so that nobody is dropped for coming back.
const BEHIND: usize = KEPT + 256;
/// The most listeners.
const LISTENERS: usize = 64;

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[schemars(rename = "Event")]
pub(crate) enum Event {
    /// A consumer has a claim, or another one than before.
    Claim {
        /// The consumer.
        consumer: String,
        /// Where.
        hosts: Vec<String>,
        /// Where it was before.
        from: Vec<String>,
        /// Whose it is.
        project: Option<String>,
    },
    /// A consumer has nothing any more.
    Release {
        /// The consumer.
        consumer: String,
        /// Where it was.
        from: Vec<String>,
    },
    /// A host takes new machines again, or takes none any more.
    Standing {
        /// The host.
        host: String,
        /// What it is now: `ready`, `draining`, `maintenance` or `silent`.
        standing: &'static str,
        /// What it was.
        before: &'static str,
    },
    /// The agent of a host does not answer any more.
    Silent {
        /// The host.
        host: String,
    },
    /// The agent of a host answers again.
    Back {
        /// The host.
        host: String,
    },
    /// Events are missing here: look at hosts and claims anew.
    Gap,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "claim",
            Self::Release { .. } => "release",
            Self::Standing { .. } => "standing",
            Self::Silent { .. } => "silent",
            Self::Back { .. } => "back",
            Self::Gap => "gap",
        }
    }
}

/// Events, to whoever listens. One who does not keep up is dropped, and finds what is missing by its last event's id.
#[derive(Debug)]
pub struct Hub {
    /// Tells this process's events from those of an earlier one.
    epoch: u64,
    state: Mutex<State>,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the last event.
    last: u64,
    kept: VecDeque<(u64, Bytes)>,
    listeners: Vec<mpsc::Sender<Bytes>>,
    closed: bool,
}

/// There are as many listeners as there may be, or the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Hub {
    /// Without listeners. `epoch` is a number that no earlier process had.
    pub fn new(epoch: u64) -> Self {
        Self {
            epoch,
            state: Mutex::default(),
            dropped: AtomicU64::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left whole events behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody.
    pub(crate) fn publish(&self, event: &Event) {
        let mut state = self.state();
        state.last += 1;
        let frame = self.frame(state.last, event);
        if state.kept.len() == KEPT {
            state.kept.pop_front();
        }
        let number = state.last;
        state.kept.push_back((number, frame.clone()));
        self.send(&mut state, &frame);
    }

    /// A sign of life, by which those who have gone are noticed.
    pub fn beat(&self) {
        self.send(&mut self.state(), &Bytes::from_static(b":\n\n"));
    }

    fn send(&self, state: &mut State, frame: &Bytes) {
        state
            .listeners
            .retain(|listener| match listener.try_send(frame.clone()) {
                Ok(()) => true,
                Err(mpsc::error::TrySendError::Closed(_)) => false,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                    false
                }
            });
    }

    /// Listens from now on, or from what came after the event with this id, where that is still known.
    pub(crate) fn listen(&self, last: Option<&str>) -> Result<mpsc::Receiver<Bytes>, Full> {
        let mut state = self.state();
        state.listeners.retain(|listener| !listener.is_closed());
        if state.closed || state.listeners.len() >= LISTENERS {
            return Err(Full);
        }
        let (sender, receiver) = mpsc::channel(BEHIND);
        let mut first = vec![Bytes::from_static(b"retry: 2000\n\n")];
        first.extend(last.map(|last| self.missed(&state, last)).into_iter().flatten());
        for frame in first {
            // There is room for all that is kept.
            let _ = sender.try_send(frame);
        }
        state.listeners.push(sender);
        Ok(receiver)
    }

    fn missed(&self, state: &State, last: &str) -> Vec<Bytes> {
        let number = last
            .split_once('-')
            .and_then(|(epoch, number)| Some((u64::from_str_radix(epoch, 16).ok()?, number.parse().ok()?)))
            .filter(|(epoch, number)| *epoch == self.epoch && *number <= state.last)
            .map(|(_, number): (u64, u64)| number);
        let oldest = state.kept.front().map_or(state.last + 1, |(number, _)| *number);
        match number {
            Some(number) if number + 1 >= oldest => {
                let after = state.kept.iter().filter(|(known, _)| *known > number);
                after.map(|(_, frame)| frame.clone()).collect()
            }
            _ => vec![self.frame(state.last, &Event::Gap)],
        }
    }

    fn frame(&self, number: u64, event: &Event) -> Bytes {
        // Names and numbers: there is nothing that JSON could not hold, and JSON has no line ends.
        let data = serde_json::to_string(event).unwrap_or_default();
        let mut frame = String::with_capacity(data.len() + 64);
        let _ = write!(
            frame,
            "id: {:x}-{number}\nevent: {}\ndata: {data}\n\n",
            self.epoch,
            event.name()
        );
        frame.into()
    }

    /// Ends all streams; nobody can listen any more.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.listeners.clear();
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.state().listeners.len()
    }

    /// How many listeners were dropped because they did not keep up.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(number: usize) -> Event {
        Event::Silent {
            host: format!("h{number}"),
        }
    }

    /// All frames that are there, as text.
    fn heard(receiver: &mut mpsc::Receiver<Bytes>) -> String {
        let mut text = String::new();
        while let Ok(frame) = receiver.try_recv() {
            text.push_str(std::str::from_utf8(&frame).unwrap());
        }
        text
    }

    #[test]
    fn who_comes_back_hears_what_it_missed_and_no_more() {
        let hub = Hub::new(0xab);
        hub.publish(&silent(1));
        let mut first = hub.listen(None).unwrap();
        hub.publish(&silent(2));
        let text = heard(&mut first);
        assert!(text.ends_with("id: ab-2\nevent: silent\ndata: {\"event\":\"silent\",\"host\":\"h2\"}\n\n"));
        assert!(!text.contains("h1"));
        hub.publish(&silent(3));
        let again = heard(&mut hub.listen(Some("ab-1")).unwrap());
        assert!(
            again.contains("h2") && again.contains("h3") && !again.contains("h1") && !again.contains("gap")
        );
        assert_eq!(heard(&mut hub.listen(Some("ab-3")).unwrap()), "retry: 2000\n\n");
    }

    #[test]
    fn who_missed_what_is_no_longer_known_is_told_of_a_gap() {
        let hub = Hub::new(1);
        for number in 0..KEPT + 2 {
            hub.publish(&silent(number));
        }
        for id in [
            "1-1",
            "2-1026",
            "1-99999",
            "x",
            "",
            "1-",
            "-1",
            "1-18446744073709551616",
        ] {
            let text = heard(&mut hub.listen(Some(id)).unwrap());
            assert!(
                text.contains("event: gap") && !text.contains("silent"),
                "{id}: {text}"
            );
        }
        let text = heard(&mut hub.listen(Some("1-2")).unwrap());
        assert_eq!(text.matches("event: silent").count(), KEPT);
    }

    #[test]
    fn who_does_not_keep_up_is_dropped_and_the_others_are_not() {
        let hub = Hub::new(1);
        let (mut slow, mut quick) = (hub.listen(None).unwrap(), hub.listen(None).unwrap());
        for number in 0..2 * BEHIND {
            hub.publish(&silent(number));
            heard(&mut quick);
        }
        assert_eq!((hub.listeners(), hub.dropped()), (1, 1));
        let text = heard(&mut slow);
        assert_eq!(text.matches("event: silent").count(), BEHIND - 1);
        assert!(slow.is_closed());
        drop(quick);
        hub.beat();
        assert_eq!((hub.listeners(), hub.dropped()), (0, 1));
    }

    #[test]
    fn there_are_only_so_many_listeners_and_none_after_the_end() {
        let hub = Hub::new(1);
        let all: Vec<_> = (0..LISTENERS).map(|_| hub.listen(None).unwrap()).collect();
        assert_eq!(hub.listen(None).unwrap_err(), Full);
        drop(all);
        assert!(hub.listen(None).is_ok());
        hub.close();
        assert_eq!(hub.listen(None).unwrap_err(), Full);
    }
}
