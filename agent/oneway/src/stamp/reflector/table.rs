//! The sessions of a stateful reflector: bounded, and not to be emptied by a flood.
//!
//! Whoever is new is a newcomer, and newcomers only push out newcomers. A session that has gone on for a while is
//! established, and leaves only by silence: a flood of invented addresses cannot reach it. A right HMAC establishes at once,
//! and at the cost of an open session if need be.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::stamp::Mode;

use super::Limits;
use super::session::Rank;
use super::session::Session;
use super::session::SessionKey;

/// Packets, and time, after which a newcomer is taken for real.
const PROBATION: (u32, Duration) = (3, Duration::from_secs(1));
/// Recency is noted no more often than this.
const RESOLUTION: Duration = Duration::from_secs(1);

/// Where a session is kept: good until it is forgotten, which its epoch tells.
pub(super) type Place = usize;

#[derive(Debug, Default)]
pub(super) struct Table {
    /// Forgotten sessions stand here until their place is used again.
    sessions: Vec<Session>,
    free: Vec<Place>,
    places: HashMap<SessionKey, Place>,
    /// Least recently heard first, newcomers before the others.
    recency: BTreeSet<(Rank, Duration, SessionKey)>,
    newcomers: usize,
    /// Established open sessions by address.
    open_of: HashMap<IpAddr, usize>,
    pub(super) begun: u64,
    pub(super) evicted: u64,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn established(&self) -> usize {
        self.places.len() - self.newcomers
    }

    pub(super) fn find(&self, key: &SessionKey) -> Option<Place> {
        self.places.get(key).copied()
    }

    pub(super) fn get(&self, place: Place) -> Option<&Session> {
        self.sessions.get(place)
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Session> {
        self.sessions.get_mut(place)
    }

    /// Begins a session.
    pub(super) fn begin(&mut self, now: Duration, key: SessionKey, epoch: u32, limits: &Limits) -> Place {
        self.make_room(key.mode, limits);
        let rank = match key.mode {
            Mode::Authenticated => Rank::Authenticated,
            Mode::Unauthenticated => Rank::Newcomer,
        };
        self.recency.insert((rank, now, key));
        self.newcomers += usize::from(rank == Rank::Newcomer);
        let session = Session::new(now, rank, epoch.wrapping_add(self.begun as u32));
        self.begun += 1;
        let place = self.free.pop().unwrap_or(self.sessions.len());
        match self.sessions.get_mut(place) {
            Some(forgotten) => *forgotten = session,
            None => self.sessions.push(session),
        }
        self.places.insert(key, place);
        place
    }

    /// Notes that a session was heard, and establishes it if it is time.
    pub(super) fn refresh(&mut self, now: Duration, key: SessionKey, place: Place, limits: &Limits) {
        let Some(session) = self.sessions.get(place) else {
            return;
        };
        let (rank, touched) = (session.rank, session.touched);
        let lasts = session.received >= PROBATION.0 && now.saturating_sub(session.begun) >= PROBATION.1;
        let establish = rank == Rank::Newcomer && lasts && self.may_establish(key, limits);
        if !establish && now.saturating_sub(touched) < RESOLUTION {
            return;
        }
        let new_rank = if establish { Rank::Open } else { rank };
        if let Some(session) = self.sessions.get_mut(place) {
            (session.rank, session.touched) = (new_rank, now);
        }
        self.recency.remove(&(rank, touched, key));
        self.recency.insert((new_rank, now, key));
        if establish {
            self.newcomers -= 1;
            *self.open_of.entry(key.peer.ip()).or_default() += 1;
        }
    }

    fn may_establish(&self, key: SessionKey, limits: &Limits) -> bool {
        let of_address = self.open_of.get(&key.peer.ip()).copied().unwrap_or_default();
        self.established() < limits.sessions && of_address < limits.sessions_per_address
    }

    /// Pushes somebody out if there is no room for another of this mode.
    fn make_room(&mut self, mode: Mode, limits: &Limits) {
        let full = match mode {
            Mode::Unauthenticated => self.newcomers >= limits.newcomers.max(1),
            Mode::Authenticated => self.established() >= limits.sessions.max(1),
        };
        if !full {
            return;
        }
        let lowest = match mode {
            Mode::Unauthenticated => Rank::Newcomer,
            Mode::Authenticated => Rank::Open,
        };
        let first = (lowest, Duration::ZERO, SessionKey::LEAST);
        if let Some((_, _, key)) = self.recency.range(first..).next().copied() {
            self.remove(key);
            self.evicted += 1;
        }
    }

    fn remove(&mut self, key: SessionKey) {
        let Some(place) = self.places.remove(&key) else {
            return;
        };
        self.free.push(place);
        let Some(session) = self.sessions.get_mut(place) else {
            return;
        };
        session.rounds = None;
        self.recency.remove(&(session.rank, session.touched, key));
        match session.rank {
            Rank::Newcomer => self.newcomers -= 1,
            Rank::Open => self.close_open(key.peer.ip()),
            Rank::Authenticated => {}
        }
    }

    fn close_open(&mut self, ip: IpAddr) {
        let Some(count) = self.open_of.get_mut(&ip) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.open_of.remove(&ip);
        }
    }

    /// The session that is silent for longest, of each rank.
    fn stalest(&self) -> impl Iterator<Item = (Duration, SessionKey)> {
        [Rank::Newcomer, Rank::Open, Rank::Authenticated]
            .into_iter()
            .filter_map(|rank| {
                let first = (rank, Duration::ZERO, SessionKey::LEAST);
                let (found, touched, key) = self.recency.range(first..).next()?;
                (*found == rank).then_some((*touched, *key))
            })
    }

    /// When the next session will have been silent for too long.
    pub(super) fn next_expiry(&self, limits: &Limits) -> Option<Duration> {
        self.stalest()
            .map(|(touched, _)| touched.saturating_add(limits.expiry))
            .min()
    }

    /// Forgets the sessions that have been silent for too long.
    pub(super) fn expire(&mut self, now: Duration, limits: &Limits) {
        while self.next_expiry(limits).is_some_and(|at| at <= now) {
            let Some((_, key)) = self.stalest().min() else {
                return;
            };
            self.remove(key);
        }
    }
}
