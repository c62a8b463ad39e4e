//! `GET /v1/claims`, `DELETE /v1/claims/{consumer}`

use std::collections::BTreeMap;
use std::collections::BinaryHeap;

use schemars::JsonSchema;
use serde::Serialize;

use super::api::Api;
use super::api::failed;
use super::call::Call;
use super::call::Response;
use super::fault::Fault;
use super::fault::code;
use super::hosts;
use super::read;
use crate::inventory::Ledger;
use crate::inventory::Promises;
use crate::inventory::Refusal;
use crate::inventory::Uuid;

/// Claims by consumer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ClaimsPage {
    /// The claims.
    claims: Vec<ClaimTold>,
    /// Where the next page begins: `after` of the next request; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What a consumer has.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Claim")]
struct ClaimTold {
    /// The consumer.
    consumer: String,
    /// Whose it is.
    project: String,
    /// Who made it.
    user: String,
    /// What it is.
    kind: Option<String>,
    /// How much of each resource class, by host.
    hosts: BTreeMap<String, BTreeMap<String, u32>>,
    /// What it was promised when it was placed; absent for who came through Placement's API, of whom nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    promises: Option<Promises>,
}

impl Api {
    /// A page of claims.
    pub(super) fn claims(&self, call: &Call<'_>) -> Result<Response, Fault> {
        let parameters = read::parameters(call, &["limit", "after", "host", "project"])?;
        let limit = parameters.number("limit", hosts::USUAL, hosts::MOST)?;
        let after = parameters.get("after").unwrap_or_default();
        let project = parameters.get("project");
        let ledger = self.parts.service.ledger();
        let host = parameters.get("host");
        let host = host.map(|name| hosts::named(&ledger, name)).transpose()?;
        let found = match (host, project) {
            (Some(host), _) => {
                let all = host.allocations().map(|(id, _)| id);
                let theirs = |id: &&str| project.is_none_or(|name| is_of(&ledger, id, name));
                first(all.filter(theirs), after, limit)
            }
            (None, Some(project)) => first(ledger.consumers_of(project), after, limit),
            (None, None) => first(ledger.consumers().map(|(id, _)| id), after, limit),
        };
        let next = found.get(limit).and_then(|_| found.get(limit - 1));
        let next = next.map(|id| (*id).to_owned());
        let claims = found.into_iter().take(limit);
        Ok(Response::page(&ClaimsPage {
            claims: claims.filter_map(|id| told(&ledger, id)).collect(),
            next,
        }))
    }

    /// Gives back all that a consumer has.
    pub(super) async fn release(&self, call: &Call<'_>, consumer: &str) -> Result<Response, Fault> {
        let canonical = Uuid::like(consumer).map(|uuid| uuid.to_string());
        let released = self.parts.service.change(|ledger| {
            let id = canonical
                .as_deref()
                .filter(|_| ledger.consumer(consumer).is_none());
            ledger.plan_release(id.unwrap_or(consumer), call.now)
        });
        let refused = |refusal: Refusal| match refusal {
            Refusal::NoAllocations(_) => Fault::not_found(format!(
                "consumer {consumer} has no claims; GET /v1/claims shows them"
            )),
            other => Fault::new(409, code::REFUSED, other.to_string()),
        };
        released.await.map_err(|error| failed(error, refused))?;
        Ok(Response::empty())
    }
}

fn is_of(ledger: &Ledger, id: &str, project: &str) -> bool {
    ledger
        .consumer(id)
        .is_some_and(|consumer| consumer.project() == project)
}

/// The first ids after one, in order: as many as a page has, and one more to know whether there is another page.
fn first<'l>(all: impl Iterator<Item = &'l str>, after: &str, limit: usize) -> Vec<&'l str> {
    let mut least = BinaryHeap::with_capacity(limit + 2);
    for id in all.filter(|id| *id > after) {
        if least.len() <= limit {
            least.push(id);
        } else if let Some(mut greatest) = least.peek_mut()
            && id < *greatest
        {
            *greatest = id;
        }
    }
    least.into_sorted_vec()
}

/// What a consumer has; `None`: nothing.
fn told(ledger: &Ledger, id: &str) -> Option<ClaimTold> {
    let consumer = ledger.consumer(id)?;
    let hosts: BTreeMap<_, _> = ledger
        .allocations_of(id)
        .map(|host| {
            let taken = host.taken_by(id).iter();
            let taken = taken.map(|(class, amount)| (ledger.class_name(*class).to_owned(), *amount));
            (host.name().to_owned(), taken.collect())
        })
        .collect();
    (!hosts.is_empty()).then(|| ClaimTold {
        consumer: id.to_owned(),
        project: consumer.project().to_owned(),
        user: consumer.user().to_owned(),
        kind: consumer.kind().map(str::to_owned),
        hosts,
        promises: consumer.promises().cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn a_page_has_the_least_after_the_one_before_and_tells_of_another() {
        let all = ["d", "a", "c", "e", "b"];
        assert_eq!(first(all.into_iter(), "", 2), ["a", "b", "c"]);
        assert_eq!(first(all.into_iter(), "b", 2), ["c", "d", "e"]);
        assert_eq!(first(all.into_iter(), "d", 2), ["e"]);
        assert!(first(all.into_iter(), "e", 2).is_empty());
    }
}
