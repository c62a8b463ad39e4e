//! Who is let in: keys first, then loops, then rates.

use core::hash::Hasher;
use core::net::IpAddr;
use core::time::Duration;
use std::hash::DefaultHasher;

use crate::stamp::KeyStore;
use crate::stamp::Mode;
use crate::stamp::Request;
use crate::stamp::keys::Key;
use crate::stamp::keys::KeyRing;
use crate::stamp::packet;

use super::Access;
use super::Policy;
use super::Refusal;
use super::rate::Bucket;
use super::session::Rank;
use super::session::Session;
use super::session::SessionKey;

/// Buckets for addresses without a session. Two addresses may share one.
const BUCKETS: usize = 1024;

/// In which mode a packet came, and whose keys it has.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) mode: Mode,
    pub(super) keys: Option<&'a KeyRing>,
    /// The key that an authenticated request was signed with.
    pub(super) maker: Option<&'a Key>,
}

/// Verifies the HMAC where there must be one, before anything else is believed (RFC 8762 section 4.4).
pub(super) fn identify<'a>(
    access: Access,
    store: &'a KeyStore,
    from: IpAddr,
    bytes: &[u8],
) -> Result<Identity<'a>, Refusal> {
    let must = match access {
        Access::Open => false,
        Access::Either => store.has_peer(from) || packet::looks_authenticated(bytes),
        Access::Authenticated => true,
    };
    let mode = if must {
        Mode::Authenticated
    } else {
        Mode::Unauthenticated
    };
    let Some(request) = Request::parse(bytes, mode) else {
        let open = Request::parse(bytes, Mode::Unauthenticated).is_some();
        return Err(if open {
            Refusal::Unauthenticated
        } else {
            Refusal::Short
        });
    };
    let keys = store.of(from, request.ssid);
    if !must {
        return Ok(Identity {
            mode,
            keys,
            maker: None,
        });
    }
    let keys = keys.ok_or(Refusal::NoKey)?;
    let (text, tag) = packet::signed(bytes).ok_or(Refusal::Short)?;
    let Some(maker) = keys.maker(&[text], tag) else {
        let signed = packet::looks_authenticated(bytes);
        return Err(if signed {
            Refusal::WrongHmac
        } else {
            Refusal::Unauthenticated
        });
    };
    Ok(Identity {
        mode,
        keys: Some(keys),
        maker: Some(maker),
    })
}

/// The rate limits of those who have no bucket of their own.
#[derive(Debug)]
pub(super) struct Gate {
    sources: Box<[Bucket]>,
    newcomers: Bucket,
    seed: u64,
}

impl Gate {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            sources: vec![Bucket::default(); BUCKETS].into(),
            newcomers: Bucket::default(),
            seed,
        }
    }

    /// Established sessions are counted each by itself, so that no flood of others can use up what is theirs.
    pub(super) fn admit(
        &mut self,
        now: Duration,
        session: Option<&mut Session>,
        key: &SessionKey,
        policy: &Policy,
    ) -> Result<(), Refusal> {
        let limits = &policy.limits;
        let passes = |passed: bool, reason| if passed { Ok(()) } else { Err(reason) };
        if let Some(session) = session.filter(|session| session.rank != Rank::Newcomer) {
            return passes(session.bucket.take(now, limits.per_source), Refusal::TooFast);
        }
        let place = self.place(key.peer.ip());
        let source = self.sources.get_mut(place).ok_or(Refusal::TooFast)?;
        passes(source.take(now, limits.per_source), Refusal::TooFast)?;
        if key.mode == Mode::Authenticated || !policy.stateful {
            return Ok(());
        }
        passes(self.newcomers.take(now, limits.all_newcomers), Refusal::Crowded)
    }

    /// An IPv6 host has a whole /64 to send from.
    fn place(&self, ip: IpAddr) -> usize {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        match ip {
            IpAddr::V4(ip) => hasher.write_u32(ip.to_bits()),
            IpAddr::V6(ip) => hasher.write_u64((ip.to_bits() >> 64) as u64),
        }
        hasher.finish() as usize % BUCKETS
    }
}
