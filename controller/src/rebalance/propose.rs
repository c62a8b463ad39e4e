//! The proposal.

use std::cmp::Reverse;

use super::empty;
use super::judge::Judged;
use super::site::Site;
use crate::placement::Fleet;
use crate::placement::Group;
use crate::placement::Machine;
use crate::placement::Policy;
use crate::placement::Standing;

/// How many hosts are looked at in all for one proposal: what bounds its time.
const LOOKS: usize = 2_000_000;
/// At least this many machines are looked at, however many hosts there are.
const LEAST: usize = 32;
/// The most machines that are told to be held where they are.
const MOST_HELD: usize = 100;

/// A machine and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Resident {
    /// The consumer.
    pub consumer: String,
    /// Its host, by number in the fleet.
    pub host: usize,
    /// Other hosts on which it has something too; whoever has any stays where it is.
    pub elsewhere: Vec<usize>,
    /// What it has there.
    pub resources: Vec<(String, u64)>,
    /// Whether it has been there for long enough to be moved for gain.
    pub settled: bool,
    /// What it was promised when it was placed; `None`: nobody knows.
    pub promised: Option<Promised>,
}

/// What a machine was promised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promised {
    /// What it asked for, but its resources. Groups have names that no other project's groups have.
    pub machine: Machine,
    /// The groups that it is in.
    pub groups: Vec<Group>,
}

/// What is wanted of a proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Wishes {
    /// What matters.
    pub policy: Policy,
    /// The most moves.
    pub max_moves: usize,
    /// What a move has to gain in score besides what it costs.
    pub min_gain: f64,
    /// The seconds over which a move has to pay.
    pub horizon_seconds: f64,
    /// The joules that it takes to move a mebibyte of memory.
    pub joules_per_mb: f64,
    /// Whether machines may go to another country.
    pub leave_country: bool,
}

/// Why a machine should move.
#[derive(Clone, Debug, PartialEq)]
pub enum Because {
    /// Its host may not keep it: a sentence.
    Leave(String),
    /// Its host does not keep what it was promised: a sentence.
    Promise(String),
    /// It is better off there.
    Better,
    /// It is one of the last on a host that could then sleep.
    Empty,
}

/// One move.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The consumer.
    pub consumer: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// Why.
    pub because: Because,
    /// What it gains in score; 0 for who has to leave.
    pub gain: f64,
    /// What it costs in score: the least gain that was asked for, and the part of the energy that it draws until the horizon that the
    /// move itself takes.
    pub cost: f64,
    /// The watts saved; less than 0: it will draw more. `None`: not known.
    pub watts_saved: Option<f64>,
    /// The grams an hour saved.
    pub grams_per_hour_saved: Option<f64>,
    /// The joules that the move itself takes.
    pub joules: f64,
}

/// A machine that has to leave and has nowhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The consumer.
    pub consumer: String,
    /// Where it is.
    pub host: String,
    /// Why it has to leave.
    pub reason: String,
    /// Which of its promises no other host would keep; `None`: none does, and there is no room.
    pub held: Option<String>,
}

/// A machine that its promises keep where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The consumer.
    pub consumer: String,
    /// Where it is.
    pub host: String,
    /// What stands against moving it.
    pub reason: String,
}

/// Moves, in the order in which they can be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// The moves.
    pub moves: Vec<Move>,
    /// Who has to leave and cannot.
    pub stuck: Vec<Stuck>,
    /// Who would be better off elsewhere, if it had been promised less.
    pub held: Vec<Held>,
    /// How many machines there are.
    pub machines: usize,
    /// How many of them were looked at.
    pub looked_at: usize,
}

/// Proposes moves.
pub fn propose(fleet: Fleet, residents: Vec<Resident>, wishes: &Wishes) -> Proposal {
    let mut site = Site::new(fleet, residents, wishes);
    let mut proposal = Proposal {
        machines: site
            .residents
            .iter()
            .filter(|resident| resident.elsewhere.is_empty())
            .count(),
        ..Proposal::default()
    };
    let looked_at = order(&site);
    proposal.looked_at = looked_at.len();
    let (mut leaving, mut broken, mut better) = (Vec::new(), Vec::new(), Vec::new());
    for resident in looked_at {
        match site.judge(resident) {
            Judged::Leaves { .. } => leaving.push(resident),
            Judged::Broken { .. } if site.residents[resident].settled => broken.push(resident),
            Judged::Held(reason) if proposal.held.len() < MOST_HELD => {
                proposal.held.push(held(&site, resident, reason));
            }
            Judged::Moves(step) if site.residents[resident].settled => {
                better.push((resident, step.gain - step.cost));
            }
            Judged::Broken { .. } | Judged::Held(_) | Judged::Moves(_) | Judged::Stays => {}
        }
    }
    for resident in leaving {
        leave(&mut site, resident, wishes, &mut proposal);
    }
    for resident in broken {
        restore(&mut site, resident, wishes, &mut proposal);
    }
    better.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    for (resident, _) in better {
        if proposal.moves.len() < wishes.max_moves
            && let Judged::Moves(step) = site.judge(resident)
        {
            proposal.moves.push(site.make(resident, step));
        }
    }
    empty::hosts(&mut site, &mut proposal);
    proposal
}

/// Who is looked at, as far as the work is bounded: those on hosts that may not keep them, then those with few neighbours, because
/// their hosts can be emptied.
fn order(site: &Site<'_>) -> Vec<usize> {
    let hosts = site.fleet.hosts();
    let most = (LOOKS / hosts.len().max(1)).max(LEAST);
    let mut counts = vec![0_usize; hosts.len()];
    for resident in &site.residents {
        counts[resident.host] += 1;
    }
    let eligible = |number: &usize| {
        let resident = &site.residents[*number];
        resident.elsewhere.is_empty() && hosts[resident.host].standing != Standing::Silent
    };
    let mut numbers: Vec<_> = (0..site.residents.len()).filter(eligible).collect();
    numbers.sort_by_key(|number| {
        let resident = &site.residents[*number];
        let leaves = hosts[resident.host].standing != Standing::Ready;
        (Reverse(leaves), counts[resident.host], resident.host, *number)
    });
    numbers.truncate(most);
    numbers
}

fn held(site: &Site<'_>, resident: usize, reason: String) -> Held {
    Held {
        consumer: site.residents[resident].consumer.clone(),
        host: site.name(site.residents[resident].host),
        reason,
    }
}

/// Moves a machine to where its promises are kept.
fn restore(site: &mut Site<'_>, resident: usize, wishes: &Wishes, proposal: &mut Proposal) {
    let Judged::Broken { reason, to } = site.judge(resident) else {
        return;
    };
    match to {
        Some(_) if proposal.moves.len() >= wishes.max_moves => {}
        Some(step) => proposal.moves.push(site.make(resident, step)),
        None if proposal.held.len() < MOST_HELD => {
            let reason =
                format!("{reason}, which breaks what it was promised, and no other host keeps all of it");
            proposal.held.push(held(site, resident, reason));
        }
        None => {}
    }
}

fn leave(site: &mut Site<'_>, resident: usize, wishes: &Wishes, proposal: &mut Proposal) {
    let Judged::Leaves { reason, to, held } = site.judge(resident) else {
        // Those who left before it made room for it.
        return;
    };
    match to {
        Some(_) if proposal.moves.len() >= wishes.max_moves => {}
        Some(step) => proposal.moves.push(site.make(resident, step)),
        None => proposal.stuck.push(Stuck {
            consumer: site.residents[resident].consumer.clone(),
            host: site.name(site.residents[resident].host),
            reason,
            held,
        }),
    }
}
