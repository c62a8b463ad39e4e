//! Who may ask.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use hyper::header::HeaderValue;
use ring::error::Unspecified;
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use super::Tally;
use super::credentials::Credentials;
use super::tally::Event;
use super::users::Users;

/// Password checks at the same time. One takes a CPU for a tenth of a second by design.
const TURNS: usize = 2;
/// Requests that wait for their check, and those being checked.
const PLACES: usize = 16;
/// Pairs that are known to be right.
const KNOWN: usize = 64;

/// What is made of a request's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Admitted,
    Refused,
    Busy,
}

/// A keyed hash of a name and a password: the memory of what was right holds nothing that could be tried out elsewhere.
type Tag = [u8; 32];

/// The users of one web configuration. A new configuration has a new guard, which remembers nothing.
pub(super) struct Guard {
    users: BTreeMap<String, String>,
    decoy: String,
    key: hmac::Key,
    known: Mutex<VecDeque<Tag>>,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Guard {
    /// Fails if the system has no randomness to give.
    pub(super) fn new(users: Users) -> Result<Self, Unspecified> {
        // An unknown name takes as long as the dearest known one.
        let decoy = format!("$2b${:02}${}", users.dearest(), ".".repeat(53));
        Ok(Self {
            users: users.into_hashes(),
            decoy,
            key: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())?,
            known: Mutex::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            turns: Arc::new(Semaphore::new(TURNS)),
        })
    }

    /// Judges the value of an `Authorization` header.
    pub(super) async fn judge(&self, given: Option<&HeaderValue>, tally: &Tally) -> Verdict {
        let Some(credentials) = given.and_then(Credentials::from_header) else {
            return Verdict::Refused;
        };
        let tag = self.tag(&credentials);
        if self.known().contains(&tag) {
            return Verdict::Admitted;
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Verdict::Busy;
        };
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else {
            return Verdict::Busy;
        };
        // Somebody with the same pair may have been before this one in the queue.
        if self.known().contains(&tag) {
            return Verdict::Admitted;
        }
        tally.count(Event::PasswordChecked);
        if !self.check(credentials, [place, turn]).await {
            return Verdict::Refused;
        }
        self.remember(tag);
        Verdict::Admitted
    }

    /// Off the runtime's thread, which has other clients to serve. `held` is given back when the check is over,
    /// which it may be only after the client has gone.
    async fn check(&self, credentials: Credentials, held: [OwnedSemaphorePermit; 2]) -> bool {
        let name = std::str::from_utf8(&credentials.user).ok();
        let user = name.and_then(|name| self.users.get(name));
        let is_user = user.is_some();
        let hash = user.unwrap_or(&self.decoy).clone();
        let check = tokio::task::spawn_blocking(move || {
            let _held = held;
            bcrypt::verify(&credentials.password, &hash).unwrap_or(false)
        });
        check.await.unwrap_or(false) && is_user
    }

    fn tag(&self, credentials: &Credentials) -> Tag {
        let mut context = hmac::Context::with_key(&self.key);
        // The length keeps one pair from being read as another.
        context.update(&(credentials.user.len() as u64).to_be_bytes());
        context.update(&credentials.user);
        context.update(&credentials.password);
        let mut tag = Tag::default();
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    fn remember(&self, tag: Tag) {
        let mut known = self.known();
        if known.len() >= KNOWN {
            known.pop_front();
        }
        known.push_back(tag);
    }

    fn known(&self) -> MutexGuard<'_, VecDeque<Tag>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cheapest cost there is: what is tested is who is let in, and how often a password is checked.
    const COST: u32 = 4;
    const ALICE: &str = "Basic YWxpY2U6d29uZGVybGFuZA==";
    const ALICE_WRONG: &str = "Basic YWxpY2U6bG9va2luZ2dsYXNz";
    const BOB: &str = "Basic Ym9iOndvbmRlcmxhbmQ=";

    fn guard() -> Guard {
        let hash = bcrypt::hash("wonderland", COST).unwrap();
        let users = serde_yaml::from_str::<Users>(&format!("alice: {hash}")).unwrap();
        Guard::new(users).unwrap()
    }

    async fn judge(guard: &Guard, tally: &Tally, header: &'static str) -> Verdict {
        guard.judge(Some(&HeaderValue::from_static(header)), tally).await
    }

    fn checked(tally: &Tally) -> u64 {
        tally.snapshot().passwords_checked
    }

    #[tokio::test]
    async fn a_right_password_is_checked_once_and_a_wrong_one_each_time() {
        let (guard, tally) = (guard(), Tally::default());
        for _ in 0..3 {
            assert_eq!(judge(&guard, &tally, ALICE).await, Verdict::Admitted);
        }
        assert_eq!(checked(&tally), 1);
        for _ in 0..3 {
            assert_eq!(judge(&guard, &tally, ALICE_WRONG).await, Verdict::Refused);
        }
        assert_eq!(checked(&tally), 4);
    }

    #[tokio::test]
    async fn an_unknown_user_costs_a_check_and_no_credentials_cost_none() {
        let (guard, tally) = (guard(), Tally::default());
        assert_eq!(guard.judge(None, &tally).await, Verdict::Refused);
        assert_eq!(checked(&tally), 0);
        assert_eq!(judge(&guard, &tally, BOB).await, Verdict::Refused);
        assert_eq!(checked(&tally), 1);
    }

    #[test]
    fn the_decoy_is_a_hash_of_the_same_cost() {
        let parts: bcrypt::HashParts = guard().decoy.parse().unwrap();
        assert_eq!(parts.get_cost(), COST);
    }

    #[tokio::test]
    async fn beyond_the_places_in_the_queue_a_request_is_sent_away() {
        let (guard, tally) = (guard(), Tally::default());
        let held = Arc::clone(&guard.places)
            .try_acquire_many_owned(PLACES as u32)
            .unwrap();
        assert_eq!(judge(&guard, &tally, ALICE).await, Verdict::Busy);
        drop(held);
        assert_eq!(judge(&guard, &tally, ALICE).await, Verdict::Admitted);
    }

    #[tokio::test]
    async fn the_places_are_free_again_when_the_checks_are_over() {
        let (guard, tally) = (guard(), Tally::default());
        for _ in 0..=PLACES {
            judge(&guard, &tally, BOB).await;
        }
        assert_eq!(guard.places.available_permits(), PLACES);
        assert_eq!(guard.turns.available_permits(), TURNS);
    }

    #[test]
    fn no_more_pairs_are_remembered_than_the_bound() {
        let guard = guard();
        for number in 0..=KNOWN {
            guard.remember([u8::try_from(number).unwrap(); 32]);
        }
        assert_eq!(guard.known().len(), KNOWN);
        assert!(!guard.known().contains(&[0; 32]));
    }
}
