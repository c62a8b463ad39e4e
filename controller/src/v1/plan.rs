//! `GET /v1/plan`

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use schemars::JsonSchema;
use serde::Serialize;

use super::api::Api;
use super::call::Call;
use super::call::Response;
use super::fault::Fault;
use super::fault::code;
use super::order;
use super::read;
use super::read::Parameters;
use super::routes::Kind;
use super::routes::Parameter;
use crate::placement::Fleet;
use crate::rebalance::Because;
use crate::rebalance::Held;
use crate::rebalance::Memory;
use crate::rebalance::Move;
use crate::rebalance::Proposal;
use crate::rebalance::Resident;
use crate::rebalance::Stuck;
use crate::rebalance::Wishes;
use crate::rebalance::propose;
use crate::schedule;
use crate::schedule::fleet_of;

/// The most moves that a plan may have.
const MOST_MOVES: usize = 100;

/// What may be asked of a plan.
pub(super) const PARAMETERS: [Parameter; 8] = [
    Parameter {
        name: "policy",
        kind: Kind::Text,
        about: "The policy; `balanced` if nobody says.",
    },
    Parameter {
        name: "max_moves",
        kind: Kind::Count(MOST_MOVES),
        about: "The most moves, up to 100; 10 if nobody says.",
    },
    Parameter {
        name: "min_gain",
        kind: Kind::Figure,
        about: "What a move has to gain in score besides what it costs; 0.05 if nobody says.",
    },
    Parameter {
        name: "hold_seconds",
        kind: Kind::Figure,
        about: "How long a move has to be wanted without a break before it is ready; 60 if nobody says.",
    },
    Parameter {
        name: "cooldown_seconds",
        kind: Kind::Figure,
        about: "How long a machine stays where it has come before it is moved for gain; 600 if nobody says.",
    },
    Parameter {
        name: "horizon_seconds",
        kind: Kind::Figure,
        about: "The time in which a move has to pay; 3600 if nobody says.",
    },
    Parameter {
        name: "joules_per_mb",
        kind: Kind::Figure,
        about: "The joules that it takes to move a mebibyte of memory; 0.5 if nobody says.",
    },
    Parameter {
        name: "leave_country",
        kind: Kind::Flag,
        about: "Whether machines may go to another country; no if nobody says.",
    },
];

/// Which moves have been wanted for how long.
#[derive(Debug, Default)]
pub(super) struct Planning(Mutex<Memory>);

/// Moves, in the order in which they can be made. Nothing is moved by asking.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PlanPage {
    /// The policy.
    policy: String,
    /// The moves.
    moves: Vec<MoveTold>,
    /// Who has to leave its host and has nowhere to go.
    stuck: Vec<StuckTold>,
    /// Whom its promises hold where it is, although another host would suit it better, or keep what is broken: 100 at most.
    held: Vec<HeldTold>,
    /// The watts that all moves together save; null if one is not known.
    watts_saved: Option<f64>,
    /// The grams an hour.
    grams_per_hour_saved: Option<f64>,
    /// How many machines there are.
    machines: usize,
    /// How many of them were looked at.
    looked_at: usize,
    /// What the ledger does not know, and who moves has to.
    beware: &'static str,
}

/// One move.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Move")]
struct MoveTold {
    /// The consumer.
    consumer: String,
    /// From which host.
    from: String,
    /// To which.
    to: String,
    /// `leave`: its host may not keep it. `promise`: its host does not keep what it was promised. `better`: it is better off there. `empty`: its host could then sleep.
    because: &'static str,
    /// A sentence.
    reason: String,
    /// Whether it has been wanted for as long as was asked for.
    ready: bool,
    /// Since when it has been wanted without a break, in seconds since 1970; 0: always.
    wanted_since: u64,
    /// What it gains in score; 0 for who has to leave.
    gain: f64,
    /// What it costs in score.
    cost: f64,
    /// The watts saved, as predicted; less than 0: it will draw more; null: not known.
    watts_saved: Option<f64>,
    /// The grams an hour.
    grams_per_hour_saved: Option<f64>,
    /// The joules that the move itself takes.
    joules: f64,
}

/// A machine that has to leave and has nowhere to go.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Stuck")]
struct StuckTold {
    /// The consumer.
    consumer: String,
    /// Where it is.
    host: String,
    /// Why it has to leave.
    reason: String,
    /// Which of its promises other hosts would not keep; absent: none, there is no room.
    #[serde(skip_serializing_if = "Option::is_none")]
    promises: Option<String>,
}

/// A machine that its promises hold where it is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Held")]
struct HeldTold {
    /// The consumer.
    consumer: String,
    /// Where it is.
    host: String,
    /// What stands against moving it.
    reason: String,
}

const BEWARE: &str = "Machines that came through Placement's API are in no group and were promised nothing that the ledger knows: check them \
                      before moving. Live migration of containers is not dependable: stop, copy, start.";

impl Api {
    /// Proposes moves.
    pub(super) async fn plan(self: &Arc<Self>, call: &Call<'_>) -> Result<Response, Fault> {
        let parameters = read::parameters(call, &PARAMETERS.map(|parameter| parameter.name))?;
        let wishes = self.wishes(&parameters)?;
        let hold = parameters.figure("hold_seconds", 60.0)?;
        let cooldown = parameters.figure("cooldown_seconds", 600.0)?;
        let (fleet, residents) = self.now_there(call.now, cooldown);
        let busy = || Fault::new(503, code::BUSY, "other plans are being made: try again");
        let _turn = self.heavy.try_acquire().map_err(|_| busy())?;
        let policy = wishes.policy.name.clone();
        let work = tokio::task::spawn_blocking(move || propose(fleet, residents, &wishes));
        let proposal = match work.await {
            Ok(proposal) => proposal,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let mut memory = self.planning.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = memory.since(&proposal, &policy, call.now);
        drop(memory);
        let ready = |since: u64| call.now.saturating_sub(since) as f64 >= hold;
        let page = page(
            policy,
            proposal,
            since.into_iter().map(|since| (since, ready(since))),
        );
        Ok(Response::page(&page))
    }

    fn wishes(&self, parameters: &Parameters) -> Result<Wishes, Fault> {
        let name = parameters.get("policy").unwrap_or("balanced");
        Ok(Wishes {
            policy: order::named(name, &self.policies.load())?,
            max_moves: parameters.number("max_moves", 10, MOST_MOVES)?,
            min_gain: parameters.figure("min_gain", 0.05)?,
            horizon_seconds: parameters.figure("horizon_seconds", 3600.0)?,
            joules_per_mb: parameters.figure("joules_per_mb", 0.5)?,
            leave_country: parameters.flag("leave_country")?,
        })
    }

    /// The fleet and who is where.
    fn now_there(&self, now: u64, cooldown: f64) -> (Fleet, Vec<Resident>) {
        let known = self.parts.fleet.board.latest();
        let ledger = self.parts.service.ledger();
        let fleet = fleet_of(&ledger, &known);
        let people = self.parts.news.residents();
        let settled = |consumer: &str| now.saturating_sub(people.since(consumer)) as f64 >= cooldown;
        let residents = schedule::residents(&ledger, &fleet, settled);
        (fleet, residents)
    }
}

fn page(policy: String, proposal: Proposal, since: impl Iterator<Item = (u64, bool)>) -> PlanPage {
    let saved = |of: fn(&Move) -> Option<f64>| {
        let all = proposal.moves.iter().map(of);
        all.reduce(|one, other| Some(one? + other?)).unwrap_or(Some(0.0))
    };
    PlanPage {
        watts_saved: saved(|step| step.watts_saved),
        grams_per_hour_saved: saved(|step| step.grams_per_hour_saved),
        policy,
        stuck: proposal.stuck.into_iter().map(stuck).collect(),
        held: proposal.held.into_iter().map(held).collect(),
        machines: proposal.machines,
        looked_at: proposal.looked_at,
        moves: proposal.moves.into_iter().zip(since).map(told).collect(),
        beware: BEWARE,
    }
}

fn stuck(stuck: Stuck) -> StuckTold {
    StuckTold {
        consumer: stuck.consumer,
        host: stuck.host,
        reason: stuck.reason,
        promises: stuck.held,
    }
}

fn held(held: Held) -> HeldTold {
    HeldTold {
        consumer: held.consumer,
        host: held.host,
        reason: held.reason,
    }
}

fn told((step, (wanted_since, ready)): (Move, (u64, bool))) -> MoveTold {
    let (because, reason) = match &step.because {
        Because::Leave(reason) => ("leave", format!("{} may not keep it: {reason}", step.from)),
        Because::Promise(reason) => (
            "promise",
            format!("{} does not keep what it was promised: {reason}", step.from),
        ),
        Because::Better => {
            let reason = format!(
                "{} suits it better by {:.3}, and the move costs {:.3}",
                step.to, step.gain, step.cost
            );
            ("better", reason)
        }
        Because::Empty => ("empty", format!("{} could then sleep", step.from)),
    };
    MoveTold {
        because,
        reason,
        ready,
        wanted_since,
        consumer: step.consumer,
        from: step.from,
        to: step.to,
        gain: step.gain,
        cost: step.cost,
        watts_saved: step.watts_saved,
        grams_per_hour_saved: step.grams_per_hour_saved,
        joules: step.joules,
    }
}
