//! The same for many machines: thought out beside the ledger, which others need meanwhile.

use std::collections::HashMap;

use super::Order;
use super::ScheduleError;
use super::Scheduled;
use super::call;
use super::company::complete;
use super::fleet::KnownHosts;
use super::fleet::fleet_of;
use super::schedule;
use crate::inventory::Ledger;
use crate::placement::Answer;
use crate::placement_api::ChangeError;
use crate::placement_api::ClaimStore;
use crate::placement_api::Service;

/// How often it is thought about anew beside the ledger, because a chosen host has changed; then with the ledger held.
const ATTEMPTS: usize = 3;

/// The generations of providers by name.
type Generations = HashMap<String, u64>;

/// Finds places for many machines and claims them, all or none. Thinking may take long; the ledger is free while it does.
pub async fn schedule_many<S: ClaimStore>(
    service: &Service<S>,
    known: &KnownHosts,
    order: &Order,
    now: u64,
) -> Result<Scheduled, ChangeError<ScheduleError, S::Error>> {
    for _ in 0..ATTEMPTS {
        let (fleet, generations, (request, seen)) = {
            let ledger = service.ledger();
            if let Some(hosts) = call::held(&ledger, &order.request).map_err(ChangeError::Refused)? {
                return Ok(Scheduled::Held(hosts));
            }
            let company = complete(&ledger, order).map_err(ChangeError::Refused)?;
            (fleet_of(&ledger, known), generations(&ledger), company)
        };
        let answer = crate::placement::decide(&fleet, &order.policy, &request)
            .map_err(|fault| ChangeError::Refused(fault.into()))?;
        let claimed = service.change(|ledger| {
            if let Some(hosts) = call::held(ledger, &order.request).map_err(Some)? {
                return Ok(call::nothing(Scheduled::Held(hosts)));
            }
            let company = complete(ledger, order).map_err(Some)?;
            if has_changed(ledger, &generations, &answer) || company.1 != seen {
                return Err(None);
            }
            call::claims(ledger, order, (&request, answer.clone()), now).map_err(Some)
        });
        match claimed.await {
            Err(ChangeError::Refused(None)) => {}
            Err(ChangeError::Refused(Some(error))) => return Err(ChangeError::Refused(error)),
            Err(ChangeError::Contended) => return Err(ChangeError::Contended),
            Err(ChangeError::Store(trouble)) => return Err(ChangeError::Store(trouble)),
            Ok(scheduled) => return Ok(scheduled),
        }
    }
    schedule(service, known, order, now).await
}

fn generations(ledger: &Ledger) -> Generations {
    let providers = ledger.providers();
    providers
        .map(|provider| (provider.name().to_owned(), provider.generation()))
        .collect()
}

/// Whether a chosen host is not as it was when it was chosen.
fn has_changed(ledger: &Ledger, before: &Generations, answer: &Answer) -> bool {
    let chosen = answer
        .decisions
        .iter()
        .filter_map(|decision| decision.chosen.as_ref());
    let mut hosts = chosen.map(|chosen| &*chosen.host);
    hosts.any(|host| {
        let now = ledger
            .provider_named(host)
            .map(crate::inventory::Provider::generation);
        now.as_ref() != before.get(host)
    })
}
