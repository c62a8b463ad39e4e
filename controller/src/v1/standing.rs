//! `POST /v1/hosts/{host}/drain`, `POST /v1/hosts/{host}/undrain`

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::api::Api;
use super::api::store;
use super::call::Call;
use super::call::Response;
use super::fault::Fault;
use super::hosts;
use super::read;
use crate::fleet::standing::Order;
use crate::fleet::standing::Wanted;

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// Why a host is to take no new machines.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StandingAsk")]
pub(super) struct StandingAsk {
    /// For people: up to 500 characters.
    reason: Option<String>,
    /// Who orders it: up to 500 characters.
    by: Option<String>,
    /// Whether somebody works on the host, which its standing then says: `maintenance` rather than `draining`.
    #[serde(default)]
    maintenance: bool,
}

/// How a host stands by order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "StandingPage")]
pub(super) struct StandingPage {
    /// The host.
    host: String,
    /// `draining`, `maintenance`, or `ready` where no order stands any more: whether its agent answers is told by the host's page.
    standing: &'static str,
    /// How many consumers it still has.
    consumers: usize,
}

impl Api {
    /// Takes no new machines on a host.
    pub(super) async fn drain(&self, call: &Call<'_>, name: &str) -> Result<Response, Fault> {
        let ask = if call.body.is_empty() {
            StandingAsk::default()
        } else {
            read::body::<StandingAsk>(call)?
        };
        for (field, text) in [("reason", &ask.reason), ("by", &ask.by)] {
            let long = text.as_ref().map_or(0, |text| text.chars().count());
            if long > LONGEST {
                let problem = format!("has {long} characters, and {LONGEST} is the most");
                return Err(Fault::field(field, problem));
            }
        }
        let (host, consumers) = self.there(name)?;
        let standing = if ask.maintenance {
            Wanted::Maintenance
        } else {
            Wanted::Draining
        };
        let order = Order {
            standing,
            since: call.now,
            reason: ask.reason,
            by: ask.by,
        };
        let set = self.parts.fleet.orders.set(&host, &order).await;
        set.map_err(|error| store(&error))?;
        tracing::info!(host, standing = standing.standing().as_str(), "ordered");
        Ok(Response::page(&StandingPage {
            host,
            standing: standing.standing().as_str(),
            consumers,
        }))
    }

    /// Takes the order back.
    pub(super) async fn undrain(&self, name: &str) -> Result<Response, Fault> {
        let (host, consumers) = match self.there(name) {
            Ok(there) => there,
            // An order may have outlived its host.
            Err(_) if self.parts.fleet.board.picture().orders.contains_key(name) => (name.to_owned(), 0),
            Err(fault) => return Err(fault),
        };
        let cleared = self.parts.fleet.orders.clear(&host).await;
        let order = cleared.map_err(|error| store(&error))?;
        if order.is_some() {
            tracing::info!(host, "the order is taken back");
        }
        Ok(Response::page(&StandingPage {
            host,
            standing: "ready",
            consumers,
        }))
    }

    /// The host's name for people, and how many consumers it has.
    fn there(&self, name: &str) -> Result<(String, usize), Fault> {
        let ledger = self.parts.service.ledger();
        let provider = hosts::named(&ledger, name)?;
        Ok((provider.name().to_owned(), provider.allocations().count()))
    }
}
