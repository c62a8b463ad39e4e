//! `POST /v1/schedule`, `POST /v1/simulate`

use std::sync::Arc;

use super::api::Api;
use super::api::failed;
use super::ask::Ask;
use super::call::Call;
use super::call::Response;
use super::fault::Fault;
use super::fault::code;
use super::order;
use super::read;
use super::told::Answer;
use super::told::Outcome;
use crate::inventory::Refusal;
use crate::placement;
use crate::schedule;
use crate::schedule::Order;
use crate::schedule::ScheduleError;
use crate::schedule::Scheduled;

/// What became of a decision, in metrics.
mod outcome {
    pub(super) const PLACED: &str = "placed";
    pub(super) const HELD: &str = "held";
    pub(super) const NO_PLACE: &str = "no_place";
    pub(super) const SIMULATED: &str = "simulated";
    pub(super) const SIMULATED_NO_PLACE: &str = "simulated_no_place";
    pub(super) const REFUSED: &str = "refused";
    pub(super) const FAILED: &str = "failed";
}

impl Api {
    /// Chooses and claims.
    pub(super) async fn schedule(self: &Arc<Self>, call: &Call<'_>) -> Result<Response, Fault> {
        let (ask, order) = self.understood(call)?;
        let begun = (self.parts.clock)();
        let scheduled = self.claimed(order.clone(), call.now).await;
        let seconds = (self.parts.clock)().saturating_sub(begun).as_secs_f64();
        let policy = order.policy.name.as_str();
        let told = scheduled.map(|scheduled| match scheduled {
            Scheduled::Placed(answer) => {
                self.count(outcome::PLACED, policy, seconds, Some(&answer));
                self.predicted(&answer);
                Answer::of(Outcome::Placed, policy, &answer)
            }
            Scheduled::Held(hosts) => {
                self.count(outcome::HELD, policy, seconds, None);
                let consumers = order.request.machines.iter().map(|machine| machine.id.as_str());
                Answer::held(policy, consumers.zip(hosts))
            }
        });
        let told =
            told.map_err(|error| failed(error, |reason| self.unplaced(&ask, policy, seconds, &reason)));
        if told
            .as_ref()
            .is_err_and(|fault| fault.status == 503 || fault.code == code::CONTENDED)
        {
            self.count(outcome::FAILED, policy, seconds, None);
        }
        Ok(Response::page(&told?))
    }

    /// Many machines are placed on a thread for such work, so that other requests go on meanwhile.
    async fn claimed(
        self: &Arc<Self>,
        order: Order,
        now: u64,
    ) -> Result<Scheduled, crate::placement_api::ChangeError<ScheduleError, crate::store::StoreError>> {
        let known = self.parts.fleet.board.latest();
        if order.request.machines.len() == 1 {
            return schedule::schedule(&*self.parts.service, &known, &order, now).await;
        }
        let Ok(_turn) = self.heavy.acquire().await else {
            return Err(crate::placement_api::ChangeError::Contended);
        };
        let (api, runtime) = (Arc::clone(self), tokio::runtime::Handle::current());
        let work =
            move || runtime.block_on(schedule::schedule_many(&*api.parts.service, &known, &order, now));
        match tokio::task::spawn_blocking(work).await {
            Ok(scheduled) => scheduled,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    fn unplaced(&self, ask: &Ask, policy: &str, seconds: f64, reason: &ScheduleError) -> Fault {
        match reason {
            ScheduleError::NoPlace(count, answer) => {
                self.count(outcome::NO_PLACE, policy, seconds, Some(answer));
                let all = answer.decisions.len();
                let detail = format!(
                    "there is no place for {count} of {all} machines, and nothing was claimed; answer.machines says which \
                     rule refused which host"
                );
                Fault {
                    answer: Some(Box::new(Answer::of(Outcome::NoPlace, policy, answer))),
                    ..Fault::new(409, code::NO_PLACE, detail)
                }
            }
            ScheduleError::Request(fault) => {
                self.count(outcome::REFUSED, policy, seconds, None);
                order::located(ask, fault)
            }
            ScheduleError::Other(_) => {
                self.count(outcome::REFUSED, policy, seconds, None);
                Fault::new(409, code::CONSUMER_EXISTS, reason.to_string())
            }
            ScheduleError::Refused(refusal @ Refusal::GroupDiffers { .. }) => {
                self.count(outcome::REFUSED, policy, seconds, None);
                Fault::new(409, code::GROUP_DIFFERS, refusal.to_string())
            }
            ScheduleError::Refused(refusal) => {
                self.count(outcome::REFUSED, policy, seconds, None);
                Fault::new(409, code::REFUSED, refusal.to_string())
            }
        }
    }

    /// Chooses, and claims nothing.
    pub(super) async fn simulate(self: &Arc<Self>, call: &Call<'_>) -> Result<Response, Fault> {
        let (ask, order) = self.understood(call)?;
        let policy = order.policy.name.clone();
        let begun = (self.parts.clock)();
        let answer = self.thought(order).await;
        let seconds = (self.parts.clock)().saturating_sub(begun).as_secs_f64();
        let answer = answer.map_err(|error| self.unplaced(&ask, &policy, seconds, &error))?;
        let (outcome, counted) = if answer.is_complete() {
            (Outcome::Simulated, outcome::SIMULATED)
        } else {
            (Outcome::NoPlace, outcome::SIMULATED_NO_PLACE)
        };
        self.count(counted, &policy, seconds, Some(&answer));
        Ok(Response::page(&Answer::of(outcome, &policy, &answer)))
    }

    async fn thought(self: &Arc<Self>, order: Order) -> Result<placement::Answer, ScheduleError> {
        let known = self.parts.fleet.board.latest();
        let (fleet, request) = {
            // The ledger is given back before anybody begins to think.
            let ledger = self.parts.service.ledger();
            let (request, _) = schedule::complete(&ledger, &order)?;
            (schedule::fleet_of(&ledger, &known), request.into_owned())
        };
        let alone = request.machines.len() == 1;
        let decide = move || placement::decide(&fleet, &order.policy, &request);
        if alone {
            return Ok(decide()?);
        }
        let _turn = self.heavy.acquire().await;
        match tokio::task::spawn_blocking(decide).await {
            Ok(answer) => Ok(answer?),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// What was predicted is compared with what comes.
    fn predicted(&self, answer: &placement::Answer) {
        let fleet = &self.parts.fleet;
        let (known, now) = (fleet.board.latest(), (self.parts.clock)());
        for chosen in answer
            .decisions
            .iter()
            .filter_map(|decision| decision.chosen.as_ref())
        {
            fleet
                .forecasts
                .placed(&known, &chosen.host, chosen.watts().unwrap_or(f64::NAN), now);
        }
    }

    fn understood(&self, call: &Call<'_>) -> Result<(Ask, Order), Fault> {
        let ask: Ask = read::body(call)?;
        let order = order::order(&ask, &self.policies.load(), &self.parts.service.ledger())?;
        Ok((ask, order))
    }

    fn count(&self, outcome: &'static str, policy: &str, seconds: f64, answer: Option<&placement::Answer>) {
        self.counters.decided(outcome, policy, seconds);
        let decisions = answer.iter().flat_map(|answer| &answer.decisions);
        for (rule, hosts) in decisions.flat_map(|decision| &decision.refusals) {
            self.counters.refused(rule, *hosts);
        }
    }
}
