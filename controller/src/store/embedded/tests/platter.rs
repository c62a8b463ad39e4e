//! A disk in memory that forgets what was not synchronised, tears what it was writing, and fails on demand.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;

use redb::Builder;
use redb::Database;
use redb::StorageBackend;

use super::super::super::transaction::Revision;
use super::super::open::Open;
use super::super::open::OpenError;
use super::super::open::opened;
use super::super::tables;
use super::CACHE;

/// What a disk writes at once, or not at all.
const SECTOR: usize = 512;

/// What happens at an operation that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It fails, and so do the next ones, this many. What was written can still be synchronised.
    Full(u64),
    /// The synchronisation at or behind it fails, once.
    Unconfirmed,
    /// The power goes.
    Crash,
}

#[derive(Clone, Debug)]
enum Pending {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug, Default)]
struct State {
    /// What survives.
    durable: Vec<u8>,
    /// What is read.
    current: Vec<u8>,
    pending: Vec<Pending>,
    operations: u64,
    fault: Option<(u64, Fault)>,
    gone: bool,
    sync_failed: bool,
}

/// The same disk, however often it is cloned and opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Platter(Arc<Mutex<State>>);

impl Platter {
    /// With an empty store on it.
    pub(super) fn formatted() -> Self {
        let platter = Self::default();
        let database = Builder::new()
            .set_cache_size(CACHE)
            .create_with_backend(platter.clone());
        tables::initialise(&database.unwrap()).unwrap();
        platter.sync_data().unwrap();
        platter.state().operations = 0;
        platter
    }

    fn holding(content: Vec<u8>) -> Self {
        let platter = Self::default();
        platter.state().durable.clone_from(&content);
        platter.state().current = content;
        platter
    }

    pub(super) fn operations(&self) -> u64 {
        self.state().operations
    }

    pub(super) fn fail(&self, at: u64, fault: Fault) {
        self.state().fault = Some((at, fault));
    }

    /// Another disk, with what this one has after a loss of power: all that was synchronised, and of the rest an arbitrary choice of sectors.
    pub(super) fn after_power_loss(&self, seed: u64) -> Self {
        let state = self.state();
        let mut content = state.durable.clone();
        let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut chance = || {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            bits & 4 == 0
        };
        for pending in &state.pending {
            match pending {
                Pending::Length(length) => content.resize(*length, 0),
                Pending::Write(start, data) => {
                    for (number, sector) in data.chunks(SECTOR).enumerate() {
                        if chance() {
                            overwrite(&mut content, start + number * SECTOR, sector);
                        }
                    }
                }
            }
        }
        drop(state);
        Self::holding(content)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

fn overwrite(content: &mut Vec<u8>, start: usize, data: &[u8]) {
    let end = start + data.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[start..end].copy_from_slice(data);
}

impl State {
    /// Counts an operation; an error if it fails.
    fn operate(&mut self, is_sync: bool) -> io::Result<()> {
        self.operations += 1;
        if self.gone {
            return Err(io::Error::other("the power is gone"));
        }
        match self.fault {
            Some((at, Fault::Crash)) if self.operations >= at => {
                self.gone = true;
                Err(io::Error::other("the power is gone"))
            }
            Some((at, Fault::Full(times))) if !is_sync && (at..at + times).contains(&self.operations) => {
                Err(io::ErrorKind::StorageFull.into())
            }
            Some((at, Fault::Unconfirmed)) if self.operations >= at && is_sync => {
                self.fault = None;
                self.sync_failed = true;
                Err(io::Error::other("Input/output error"))
            }
            _ => Ok(()),
        }
    }

    fn make(&mut self, pending: Pending) {
        match &pending {
            Pending::Write(start, data) => overwrite(&mut self.current, *start, data),
            Pending::Length(length) => self.current.resize(*length, 0),
        }
        self.pending.push(pending);
    }
}

impl StorageBackend for Platter {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.gone {
            return Err(io::Error::other("the power is gone"));
        }
        let start = usize::try_from(offset).unwrap();
        let data = state.current.get(start..start + out.len());
        out.copy_from_slice(data.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.operate(false)?;
        state.make(Pending::Length(usize::try_from(len).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.operate(true)?;
        state.pending.clear();
        state.durable = state.current.clone();
        Ok(())
    }

    /// What fails is written in part.
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let start = usize::try_from(offset).unwrap();
        let allowed = state.operate(false);
        let written = if allowed.is_ok() {
            data.len()
        } else {
            data.len() / 2
        };
        if allowed.is_ok() || !matches!(state.fault, Some((_, Fault::Full(_)))) {
            state.make(Pending::Write(start, data[..written].to_vec()));
        }
        allowed
    }
}

impl Open for Platter {
    fn open(&mut self) -> Result<(Database, Revision), OpenError> {
        opened(self.clone(), CACHE)
    }

    fn confirm(&mut self) -> io::Result<()> {
        if self.state().sync_failed {
            return Err(io::Error::other("not confirmed"));
        }
        self.sync_data()
    }
}
