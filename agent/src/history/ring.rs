//! Steps in the order of time, bounded, and shared between all who look.

use std::sync::Arc;
use std::time::Duration;

use super::filling::Filling;
use super::filling::Power;
use super::step::STEP;
use super::step::Step;
use crate::ledger::HostReport;

/// Steps that are shown: an hour.
pub const STEPS: usize = 720;
/// Steps that are kept in one piece.
pub const CHUNK: usize = 60;
/// The most pieces: an hour, and the piece that is being filled.
pub const CHUNKS: usize = STEPS / CHUNK + 1;

/// The steps that are over: a value. Pieces that are full are shared with the values before and after.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The oldest first; all but the last are full.
    chunks: [Option<Arc<[Step]>>; CHUNKS],
    /// When the last step ended, since 1970.
    end: Duration,
    /// Steps that have ended since the agent's start.
    ended: u64,
}

impl History {
    /// The last steps, up to `most` and up to an hour, the oldest first.
    pub fn steps(&self, most: usize) -> impl Iterator<Item = &Step> {
        let chunks = || self.chunks.iter().flatten();
        let kept: usize = chunks().map(|chunk| chunk.len()).sum();
        chunks()
            .flat_map(|chunk| chunk.iter())
            .skip(kept.saturating_sub(most.min(STEPS)))
    }

    /// When the last step ended, since 1970.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// How many steps have ended since the agent's start, also those that are not kept any more.
    pub fn ended(&self) -> u64 {
        self.ended
    }

    fn push(&mut self, step: Step) {
        self.ended += 1;
        let place = self.chunks.iter().take_while(|chunk| chunk.is_some()).count();
        let filling = self.chunks[..place]
            .last_mut()
            .and_then(Option::as_mut)
            .filter(|chunk| chunk.len() < CHUNK);
        if let Some(chunk) = filling {
            *chunk = chunk.iter().copied().chain([step]).collect();
        } else {
            if place == CHUNKS {
                self.chunks.rotate_left(1);
            }
            self.chunks[place.min(CHUNKS - 1)] = Some(Arc::new([step]));
        }
    }
}

/// Makes a history of the reports of ticks.
#[derive(Debug, Default)]
pub struct Recorder {
    history: Arc<History>,
    filling: Filling,
    /// How much of the step that is being filled is over.
    into: Duration,
    /// The tick before, on the steady clock and on people's.
    before: Option<[Duration; 2]>,
}

impl Recorder {
    /// What is known up to the last whole step.
    pub fn history(&self) -> Arc<History> {
        self.history.clone()
    }

    /// Adds a tick. Steps end with the fifth seconds of people's clock as it was at the first tick.
    pub fn record(&mut self, host: &HostReport) {
        let Some(passed) = self.passed(host) else {
            self.into = Duration::new(host.wall.as_secs() % STEP.as_secs(), host.wall.subsec_nanos());
            return;
        };
        let elapsed = host.elapsed.filter(|elapsed| !elapsed.is_zero());
        let known = elapsed.unwrap_or_default().min(passed);
        self.pass(passed - known, None, host.wall.saturating_sub(known));
        let power = elapsed.map(|elapsed| Power::of(host, elapsed));
        self.pass(known, power.as_ref(), host.wall);
    }

    /// How much time there was since the tick before. Where people's clock has gone on for longer, the machine slept, or was paused.
    fn passed(&mut self, host: &HostReport) -> Option<Duration> {
        let [steady, wall] = self.before.replace([host.at, host.wall])?;
        let (steady, wall) = (host.at.saturating_sub(steady), host.wall.saturating_sub(wall));
        let passed = if wall > steady + STEP { wall } else { steady };
        // What is older than all that is kept has no place.
        Some(passed.min(STEP * (CHUNKS * CHUNK) as u32))
    }

    /// Goes on by `time`, which ends at `wall`.
    fn pass(&mut self, mut time: Duration, power: Option<&Power>, wall: Duration) {
        while !time.is_zero() {
            let part = time.min(STEP - self.into);
            if let Some(power) = power {
                self.filling.add(power, part);
            }
            time -= part;
            self.into += part;
            if self.into == STEP {
                let history = Arc::make_mut(&mut self.history);
                history.push(self.filling.step());
                history.end = wall.saturating_sub(time);
                self.filling = Filling::default();
                self.into = Duration::ZERO;
            }
        }
    }
}
