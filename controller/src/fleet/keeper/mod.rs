//! Providers follow their hosts: whoever leads among the controllers makes them, changes them, and hides those of hosts that take
//! nothing new, so that clients of Placement's API are not offered them either.

mod bundle;
mod holds;
mod mark;
mod merge;
mod says;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::SecureRandom;
use ring::rand::SystemRandom;
use tokio::sync::watch;

use self::bundle::Bundle;
use self::holds::Holds;
use self::mark::Mark;
use self::mark::Why;
use super::board::Board;
use super::board::Picture;
use super::stats::Stats;
use crate::clock;
use crate::config;
use crate::inventory::Ledger;
use crate::inventory::Plan;
use crate::inventory::Refusal;
use crate::inventory::Shape;
use crate::inventory::Uuid;
use crate::placement_api::ChangeError;
use crate::placement_api::Service;
use crate::placement_api::Shared;
use crate::store::Change;
use crate::store::Election;
use crate::store::Leadership;
use crate::store::Store;
use crate::store::StoreError;

/// Whoever holds it does the work.
const OFFICE: &str = "elections/fleet";
/// How long the office stays empty after a leader died.
const TERM: Duration = Duration::from_secs(10);
/// Without news the providers are looked at so often.
const LOOK: Duration = Duration::from_secs(10);
/// A look at a large fleet is followed by a rest of so many times its length.
const REST: u32 = 9;
/// So many hosts are looked at while the ledger is held.
const TOGETHER: usize = 64;
/// After the store failed.
const PAUSE: Duration = Duration::from_secs(2);

/// What it takes to look after providers.
pub(super) struct Keeper {
    pub(super) settings: config::Fleet,
    pub(super) board: Arc<Board>,
    pub(super) service: Arc<Service<Shared>>,
    pub(super) store: Arc<dyn Store>,
    pub(super) stats: Arc<Stats>,
    /// What others read of the leader.
    pub(super) name: String,
    /// When to end, and that it has ended.
    pub(super) phase: Arc<watch::Sender<Phase>>,
}

/// How far the end of the work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Working,
    Ending,
    Ended,
}

/// What is known while one leads.
struct Term {
    leadership: Leadership,
    marks: BTreeMap<String, Mark>,
    holds: Holds,
    /// Said already, and not said again as long as it is so.
    complaints: BTreeMap<String, String>,
}

/// A host, and all that decides what becomes of its provider.
struct Host<'n> {
    name: &'n str,
    says: Option<Shape>,
    before: Option<Mark>,
    hold: Option<Why>,
}

/// Why nothing is done for a host.
#[derive(Debug, thiserror::Error)]
enum Undone {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("another controller leads now")]
    NotLeading,
    #[error("this host has no random numbers to offer")]
    NoRandom,
}

impl Keeper {
    /// Works until it is told to end; then the office is free for another controller.
    pub(super) async fn run(self) {
        let mut phase = self.phase.subscribe();
        tokio::select! {
            // The sender is this one's own.
            _ = phase.wait_for(|phase| *phase == Phase::Ending) => {}
            () = self.work() => {}
        }
        // The leadership is dropped by now, and its lease is being given back.
        let _ = tokio::time::timeout(PAUSE, self.vacated()).await;
        self.phase.send_replace(Phase::Ended);
    }

    /// Waits until this controller does not hold the office.
    async fn vacated(&self) {
        while let Ok(Some(entry)) = self.store.get(OFFICE).await {
            if entry.value != self.name.as_bytes() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn work(&self) {
        let election = Election::new(Arc::clone(&self.store), OFFICE, self.name.clone(), TERM);
        loop {
            match election.campaign().await {
                Ok(leadership) => {
                    tracing::info!("this controller looks after the providers");
                    self.stats.leads(true);
                    self.lead(leadership).await;
                    self.stats.leads(false);
                }
                Err(error) => {
                    tracing::error!(%error, "no controller can be chosen to look after the providers");
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Works until the office is lost or the store fails.
    async fn lead(&self, leadership: Leadership) {
        let marks = match self.marks().await {
            Ok(marks) => marks,
            Err(error) => return tracing::warn!(%error, "what was written on providers cannot be read"),
        };
        let mut term = Term {
            leadership,
            marks,
            holds: Holds::new(&self.settings, clock::steady()),
            complaints: BTreeMap::new(),
        };
        let mut seen = 0;
        loop {
            tokio::select! {
                () = term.leadership.lost() => return tracing::warn!("this controller leads no more"),
                () = self.board.newer_than(&mut seen) => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            let begun = clock::steady();
            if let Err(error) = self.round(&mut term).await {
                return tracing::warn!(error, "the providers cannot be looked after now");
            }
            let took = clock::steady().saturating_sub(begun);
            tokio::time::sleep((took * REST).min(LOOK)).await;
        }
    }

    async fn marks(&self) -> Result<BTreeMap<String, Mark>, StoreError> {
        let listing = self.store.list(mark::PREFIX).await?;
        let read = |entry: &crate::store::Entry| {
            let read = mark::read(&entry.value);
            let key = &entry.key;
            let read = read.inspect_err(|reason| {
                tracing::error!(
                    key,
                    reason,
                    "this mark cannot be read: its provider is left alone"
                );
            });
            read.ok()
        };
        Ok(listing.entries.iter().filter_map(read).collect())
    }

    /// Looks at every host once. An error is one of the store.
    async fn round(&self, term: &mut Term) -> Result<(), String> {
        let picture = self.board.picture();
        let why = term.holds.decide(&picture, &term.marks, clock::steady());
        let names: BTreeSet<&String> = picture.hosts.keys().chain(term.marks.keys()).collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        let mut left = names.as_slice();
        while let Some(name) = left.first() {
            let hosts = left.iter().take(TOGETHER).map(|name| Host {
                name,
                says: self.said(&picture, name),
                before: term.marks.get(name).cloned(),
                hold: why.get(name).copied(),
            });
            let settled = match self.settle(term, &hosts.collect::<Vec<_>>()).await {
                Ok(settled) => settled.max(1),
                Err(ChangeError::Store(error)) => return Err(error.to_string()),
                Err(ChangeError::Refused(Undone::NotLeading)) => return Err(Undone::NotLeading.to_string()),
                Err(error) => {
                    self.complain(term, name, error.to_string());
                    1
                }
            };
            left = left.get(settled..).unwrap_or_default();
        }
        Ok(())
    }

    fn said(&self, picture: &Picture, name: &str) -> Option<Shape> {
        let says = picture.hosts.get(name).filter(|known| known.facts.age.is_some());
        says.map(|known| says::says(name, known, &self.settings))
    }

    fn complain(&self, term: &mut Term, name: &str, problem: String) {
        self.stats.settled(false);
        if term.complaints.get(name) != Some(&problem) {
            tracing::error!(host = name, problem, "its provider is not as it should be");
            term.complaints.insert(name.to_owned(), problem);
        }
    }

    /// Settles the first of some hosts together, and says how many. An error is about the first one.
    async fn settle(
        &self,
        term: &mut Term,
        hosts: &[Host<'_>],
    ) -> Result<usize, ChangeError<Undone, StoreError>> {
        let plan = |ledger: &Ledger| {
            if !term.leadership.is_held() {
                return Err(Undone::NotLeading);
            }
            let (mut bundle, mut afters) = (Bundle::default(), Vec::new());
            for host in hosts {
                let plan = match self.plan_with_mark(ledger, host) {
                    Ok(plan) => plan,
                    Err(error) if afters.is_empty() => return Err(error),
                    // It comes first the next time.
                    Err(_) => break,
                };
                if !bundle.add(plan.transaction) {
                    break;
                }
                afters.push(plan.answer);
            }
            Ok(Plan {
                transaction: bundle.finish(|| term.leadership.fence()),
                answer: afters,
            })
        };
        let afters = self.service.change(plan).await?;
        let settled = afters.len();
        for (host, after) in hosts.iter().zip(afters) {
            term.complaints.remove(host.name);
            if after != host.before {
                self.stats.settled(true);
                tell(host.name, host.before.as_ref(), after.as_ref());
                match after {
                    Some(after) => drop(term.marks.insert(host.name.to_owned(), after)),
                    None => drop(term.marks.remove(host.name)),
                }
            }
        }
        Ok(settled)
    }

    fn plan_with_mark(&self, ledger: &Ledger, host: &Host<'_>) -> Result<Plan<Option<Mark>>, Undone> {
        let (name, before) = (host.name, host.before.as_ref());
        let mut plan = self.plan(ledger, name, before, host.says.as_ref(), host.hold)?;
        if plan.answer.as_ref() != before {
            plan.transaction.changes.push(Change {
                key: mark::key(name),
                value: plan.answer.as_ref().map(|after| mark::write(name, after)),
            });
        }
        Ok(plan)
    }

    /// What is to be written, and the mark that goes with it.
    fn plan(
        &self,
        ledger: &Ledger,
        name: &str,
        before: Option<&Mark>,
        says: Option<&Shape>,
        hold: Option<Why>,
    ) -> Result<Plan<Option<Mark>>, Undone> {
        let nothing = |mark: Option<&Mark>| Plan {
            transaction: crate::store::Transaction::default(),
            answer: mark.cloned(),
        };
        let now = clock::wall().as_secs();
        let providers = &self.settings.providers;
        let stands = match before {
            Some(mark) => ledger.provider(&mark.provider.to_string()).ok(),
            None => ledger.provider_named(name),
        };
        let mark = match (stands, before) {
            // Somebody deleted it, and it is not made again for as long as its host is asked.
            (None, Some(mark)) => return Ok(nothing(says.is_some().then_some(mark))),
            (None, None) => {
                let Some(says) = says.filter(|says| providers.register && !says.inventories.is_empty())
                else {
                    return Ok(nothing(None));
                };
                return self.plan_new(ledger, name, says, hold, now);
            }
            (Some(_), Some(mark)) => mark.clone(),
            (Some(stands), None) => Mark::new(stands.uuid(), providers.adopt && says.is_some()),
        };
        let Some(stands) = stands else {
            return Ok(nothing(before));
        };
        // Of others' providers only orders are carried out.
        let hold = hold.filter(|why| mark.own || matches!(why, Why::Draining | Why::Maintenance));
        let says = says.filter(|_| providers.register);
        let (shape, after) = merge::settle(&ledger.shape(stands), &mark, says, hold);
        let plan = ledger.plan_reshape_provider(mark.provider, &shape, now)?;
        let needed = after.own || after.held.is_some();
        Ok(Plan {
            transaction: plan.transaction,
            answer: needed.then_some(after),
        })
    }

    fn plan_new(
        &self,
        ledger: &Ledger,
        name: &str,
        says: &Shape,
        hold: Option<Why>,
        now: u64,
    ) -> Result<Plan<Option<Mark>>, Undone> {
        let mut bits = [0; 16];
        SystemRandom::new()
            .fill(&mut bits)
            .map_err(|_| Undone::NoRandom)?;
        let uuid = Uuid::from_random(u128::from_ne_bytes(bits));
        let (shape, mark) = merge::begin(&Mark::new(uuid, true), says, hold);
        let plan = ledger.plan_create_shaped(uuid, name, &shape, now)?;
        Ok(Plan {
            transaction: plan.transaction,
            answer: Some(mark),
        })
    }
}

fn tell(name: &str, before: Option<&Mark>, after: Option<&Mark>) {
    let why = |mark: Option<&Mark>| mark.and_then(|mark| mark.held.as_ref()).map(|held| held.why);
    match (before, why(before), why(after)) {
        (None, _, None) => tracing::info!(host = name, "it is a provider now"),
        (_, before, Some(why)) if before != Some(why) => {
            tracing::info!(host = name, ?why, "it is reserved, and offered to nobody");
        }
        (_, Some(_), None) => tracing::info!(host = name, "it is offered again"),
        _ => tracing::debug!(host = name, "its provider follows it"),
    }
}
