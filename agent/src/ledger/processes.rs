//! The processes that use most energy, where the operator asks for them.
//!
//! A process is charged the part of its account's energy that its CPU time is of the account's. The largest have a counter each,
//! which counts only while they are among the largest: from the interval in which one enters, until it leaves. What it used before is
//! in the counter of all others, and when it leaves, its count joins those of the ones that left before. So three
//! things always add up to what was charged to all who ran: the largest now, the rest, and the ones that left. No counter ever falls,
//! and none begins with what was used long before, which a rate would take for a burst.
//!
//! To enter, a process must exceed the least of those shown by a quarter, on an average over some ticks; otherwise two of
//! about the same size would take turns, with a new series each time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::report::ProcessReport;
use super::report::ProcessesReport;
use crate::sample::ProcessSample;
use crate::workload::Identity;

/// A process: its number alone would be given to another.
type Key = (u32, u64);

/// What one account was charged in the interval, and for how much CPU time.
#[derive(Clone, Debug)]
pub(super) struct Charged {
    pub(super) workload: Arc<Identity>,
    pub(super) energy_uj: u64,
    pub(super) time_usec: u64,
}

/// An interval, as far as processes are concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    /// Time since boot at the tick before.
    pub(super) uptime_ticks: Option<u64>,
    /// When the interval began, since 1970.
    pub(super) wall: Duration,
    pub(super) at: Duration,
    /// How long one that has ended stays.
    pub(super) keep: Duration,
    /// How many are shown.
    pub(super) most: usize,
    /// What was charged to all who ran.
    pub(super) total_uj: u64,
}

/// The processes known.
#[derive(Debug, Default)]
pub(super) struct Processes {
    known: HashMap<Key, Known>,
    shown: Vec<Shown>,
    rest_uj: u64,
    rest_latest_uj: u64,
    left_uj: u64,
    tick: u64,
}

#[derive(Debug)]
struct Known {
    cpu_usec: u64,
    /// What it used in this interval.
    used_usec: u64,
    latest_uj: u64,
    score: u64,
    account: Option<u64>,
    tick: u64,
}

#[derive(Debug)]
struct Shown {
    key: Key,
    comm: Arc<str>,
    workload: Arc<Identity>,
    energy_uj: u64,
    latest_uj: u64,
    score: u64,
    created: Duration,
    seen_at: Duration,
}

/// Who may enter.
struct Candidate<'s> {
    score: u64,
    sample: &'s ProcessSample,
    workload: Arc<Identity>,
}

impl Processes {
    /// Takes the processes of a tick. `charged` tells of each account; there is none for those that were charged nothing.
    pub(super) fn observe(
        &mut self,
        samples: &[ProcessSample],
        interval: Interval,
        charged: impl Fn(u64) -> Option<Charged>,
    ) {
        self.tick += 1;
        let accounts = self.measure(samples, interval, charged);
        self.charge(samples, &accounts);
        self.age(interval);
        self.choose(samples, interval, &accounts);
        self.settle(interval);
        let tick = self.tick;
        self.known.retain(|_, known| known.tick == tick);
    }

    /// Finds out what each process used, and sums that up by account.
    fn measure(
        &mut self,
        samples: &[ProcessSample],
        interval: Interval,
        charged: impl Fn(u64) -> Option<Charged>,
    ) -> HashMap<u64, (Charged, u64)> {
        let mut accounts = HashMap::new();
        for sample in samples {
            let known = self.known.entry((sample.pid, sample.start_ticks)).or_insert({
                let is_new = interval
                    .uptime_ticks
                    .is_some_and(|uptime| sample.start_ticks >= uptime);
                Known {
                    cpu_usec: if is_new { 0 } else { sample.cpu_usec },
                    used_usec: 0,
                    latest_uj: 0,
                    score: 0,
                    account: None,
                    tick: 0,
                }
            });
            known.used_usec = sample.cpu_usec.saturating_sub(known.cpu_usec);
            known.cpu_usec = known.cpu_usec.max(sample.cpu_usec);
            known.tick = self.tick;
            known.account = sample.account;
            let Some(account) = sample.account.filter(|_| known.used_usec > 0) else {
                continue;
            };
            match accounts.get_mut(&account) {
                Some((_, sum)) => *sum = known.used_usec.saturating_add(*sum),
                None => {
                    if let Some(charged) = charged(account) {
                        accounts.insert(account, (charged, known.used_usec));
                    }
                }
            }
        }
        accounts
    }

    /// Charges each process its part. Where processes tell of more time than their account, which counts finer, they share it.
    fn charge(&mut self, samples: &[ProcessSample], accounts: &HashMap<u64, (Charged, u64)>) {
        for sample in samples {
            let Some(known) = self.known.get_mut(&(sample.pid, sample.start_ticks)) else {
                continue;
            };
            let account = known.account.and_then(|account| accounts.get(&account));
            known.latest_uj = account.map_or(0, |(charged, sum)| {
                part(charged.energy_uj, known.used_usec, charged.time_usec.max(*sum))
            });
            known.score = average(known.score, known.latest_uj);
        }
    }

    /// Lets those shown that have ended go, at last.
    fn age(&mut self, interval: Interval) {
        for shown in &mut self.shown {
            match self.known.get(&shown.key).filter(|known| known.tick == self.tick) {
                Some(known) => {
                    shown.score = known.score;
                    shown.latest_uj = known.latest_uj;
                    shown.seen_at = interval.at;
                }
                None => {
                    shown.score = average(shown.score, 0);
                    shown.latest_uj = 0;
                }
            }
        }
        let left = &mut self.left_uj;
        self.shown.retain(|shown| {
            let stays = interval.at.saturating_sub(shown.seen_at) <= interval.keep;
            *left += if stays { 0 } else { shown.energy_uj };
            stays
        });
    }

    /// Decides who is shown from now on.
    fn choose(
        &mut self,
        samples: &[ProcessSample],
        interval: Interval,
        accounts: &HashMap<u64, (Charged, u64)>,
    ) {
        self.shown
            .sort_by(|one, other| other.score.cmp(&one.score).then(one.key.cmp(&other.key)));
        while self.shown.len() > interval.most {
            self.dismiss_last();
        }
        for candidate in self.candidates(samples, interval.most, accounts) {
            let full = self.shown.len() >= interval.most;
            let bar = self.shown.last().map_or(0, |last| last.score + last.score / 4);
            if full && candidate.score <= bar {
                break;
            }
            if full {
                self.dismiss_last();
            }
            self.enter(candidate, interval);
        }
    }

    /// Those that are not shown and ran, the largest first, and of them as many as could be shown.
    fn candidates<'s>(
        &self,
        samples: &'s [ProcessSample],
        most: usize,
        accounts: &HashMap<u64, (Charged, u64)>,
    ) -> Vec<Candidate<'s>> {
        let mut candidates = Vec::new();
        for sample in samples {
            let key = (sample.pid, sample.start_ticks);
            let Some(known) = self.known.get(&key).filter(|known| known.latest_uj > 0) else {
                continue;
            };
            let charged = known.account.and_then(|account| accounts.get(&account));
            if let Some((charged, _)) = charged
                && !self.shown.iter().any(|shown| shown.key == key)
            {
                candidates.push(Candidate {
                    score: known.score,
                    sample,
                    workload: charged.workload.clone(),
                });
            }
        }
        candidates.sort_by(|one, other| {
            other
                .score
                .cmp(&one.score)
                .then(one.sample.pid.cmp(&other.sample.pid))
        });
        candidates.truncate(most);
        candidates
    }

    fn dismiss_last(&mut self) {
        self.left_uj += self.shown.pop().map_or(0, |shown| shown.energy_uj);
    }

    fn enter(&mut self, candidate: Candidate<'_>, interval: Interval) {
        let key = (candidate.sample.pid, candidate.sample.start_ticks);
        let shown = Shown {
            key,
            comm: candidate.sample.comm.clone(),
            workload: candidate.workload,
            energy_uj: 0,
            latest_uj: self.known.get(&key).map_or(0, |known| known.latest_uj),
            score: candidate.score,
            created: interval.wall,
            seen_at: interval.at,
        };
        let place = self.shown.partition_point(|other| other.score >= shown.score);
        self.shown.insert(place, shown);
    }

    /// Books the interval: on those shown what they used, all else on the rest.
    fn settle(&mut self, interval: Interval) {
        let mut left = interval.total_uj;
        for shown in &mut self.shown {
            shown.latest_uj = shown.latest_uj.min(left);
            shown.energy_uj += shown.latest_uj;
            left -= shown.latest_uj;
        }
        self.rest_uj += left;
        self.rest_latest_uj = left;
    }

    /// What is shown.
    pub(super) fn report(&self) -> ProcessesReport {
        ProcessesReport {
            largest: self.shown.iter().map(Shown::report).collect(),
            rest_uj: self.rest_uj,
            rest_latest_uj: self.rest_latest_uj,
            left_uj: self.left_uj,
        }
    }
}

impl Shown {
    fn report(&self) -> ProcessReport {
        ProcessReport {
            pid: self.key.0,
            comm: self.comm.clone(),
            workload: self.workload.clone(),
            energy_uj: self.energy_uj,
            latest_uj: self.latest_uj,
            created: self.created,
        }
    }
}

/// An average in which one tick weighs an eighth.
fn average(score: u64, latest: u64) -> u64 {
    score - score / 8 + latest / 8
}

fn part(energy_uj: u64, used: u64, of: u64) -> u64 {
    let part = u128::from(energy_uj) * u128::from(used) / u128::from(of.max(1));
    u64::try_from(part).unwrap_or(energy_uj).min(energy_uj)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workload::Kind;

    fn sample(pid: u32, cpu_usec: u64) -> ProcessSample {
        ProcessSample {
            pid,
            start_ticks: 7,
            comm: format!("p{pid}").into(),
            cpu_usec,
            account: Some(u64::from(pid % 2)),
        }
    }

    fn interval(tick: u64, most: usize, total_uj: u64) -> Interval {
        Interval {
            uptime_ticks: Some(100),
            wall: Duration::from_secs(tick),
            at: Duration::from_secs(tick),
            keep: Duration::from_secs(2),
            most,
            total_uj,
        }
    }

    fn charged(energy_uj: u64, time_usec: u64) -> impl Fn(u64) -> Option<Charged> {
        move |_| {
            Some(Charged {
                workload: Identity::permanent(Kind::System),
                energy_uj,
                time_usec,
            })
        }
    }

    fn shown(processes: &Processes) -> Vec<(u32, u64)> {
        let report = processes.report();
        report
            .largest
            .iter()
            .map(|process| (process.pid, process.energy_uj))
            .collect()
    }

    #[test]
    fn the_largest_are_shown_from_when_they_enter_and_the_rest_is_summed() {
        let mut processes = Processes::default();
        let first = [sample(2, 1000), sample(4, 1000), sample(6, 1000)];
        processes.observe(&first, interval(1, 2, 0), charged(0, 0));
        let then = [sample(2, 1600), sample(4, 1300), sample(6, 1100)];
        processes.observe(&then, interval(2, 2, 1200), charged(1000, 1000));
        assert_eq!(shown(&processes), [(2, 600), (4, 300)]);
        assert_eq!(processes.report().rest_uj, 300, "100 of the third, 200 of others");
    }

    #[test]
    fn processes_that_tell_of_more_time_than_their_account_share_it() {
        let mut processes = Processes::default();
        processes.observe(&[sample(2, 0), sample(4, 0)], interval(1, 2, 0), charged(0, 0));
        let then = [sample(2, 20_000), sample(4, 10_000)];
        processes.observe(&then, interval(2, 2, 900), charged(900, 25_000));
        assert_eq!(shown(&processes), [(2, 600), (4, 300)]);
    }

    #[test]
    fn a_little_more_does_not_displace_and_much_more_does() {
        let mut processes = Processes::default();
        let at = |one, other| [sample(2, one), sample(4, other)];
        processes.observe(&at(0, 0), interval(1, 1, 0), charged(0, 0));
        processes.observe(&at(500, 400), interval(2, 1, 1000), charged(1000, 1000));
        for tick in 3..30 {
            processes.observe(
                &at(500 * (tick - 1), 450 + 550 * (tick - 2)),
                interval(tick, 1, 1050),
                charged(1050, 1050),
            );
        }
        assert_eq!(shown(&processes)[0].0, 2);
        let mut last = 0;
        for tick in 30..60 {
            processes.observe(
                &at(20_000, 20_000 + 1000 * (tick - 29)),
                interval(tick, 1, 1000),
                charged(1000, 1000),
            );
            let (pid, energy) = shown(&processes)[0];
            assert!(pid == 2 || energy >= last, "counts from 0 on, upwards");
            last = if pid == 4 { energy } else { 0 };
        }
        assert_eq!(shown(&processes)[0].0, 4);
        assert!(last <= 30_000, "nothing of what it used before it entered");
    }

    #[test]
    fn one_that_ended_stays_a_while_and_joins_those_that_left() {
        let mut processes = Processes::default();
        processes.observe(&[sample(2, 0)], interval(1, 1, 0), charged(0, 0));
        processes.observe(&[sample(2, 1000)], interval(2, 1, 1000), charged(1000, 1000));
        processes.observe(&[], interval(3, 1, 0), charged(0, 0));
        assert_eq!(shown(&processes), [(2, 1000)]);
        processes.observe(&[], interval(5, 1, 0), charged(0, 0));
        assert_eq!(shown(&processes), []);
        assert_eq!(processes.report().left_uj, 1000);
    }

    #[test]
    fn the_number_of_another_process_is_another() {
        let mut processes = Processes::default();
        processes.observe(&[sample(2, 9000)], interval(1, 1, 0), charged(0, 0));
        let mut young = sample(2, 400);
        young.start_ticks = 150;
        processes.observe(&[young], interval(2, 1, 1000), charged(1000, 1000));
        assert_eq!(shown(&processes), [(2, 400)]);
    }

    proptest! {
        #[test]
        fn the_largest_the_rest_and_the_left_add_up_to_all(
            ticks in prop::collection::vec((prop::collection::vec((0_u32..9, 0_u64..5000), 0..12), 0_usize..4, 0_u64..100_000), 1..40),
        ) {
            let mut processes = Processes::default();
            let (mut all, mut used, mut before) = (0, HashMap::<u32, u64>::new(), 0);
            for (tick, (ran, most, energy)) in (1..).zip(ticks) {
                for (pid, more) in &ran {
                    *used.entry(*pid).or_default() += more;
                }
                let samples: Vec<_> = ran.iter().map(|(pid, _)| sample(*pid, used[pid])).collect();
                processes.observe(&samples, interval(tick, most, energy * 2), charged(energy, 4000));
                all += energy * 2;
                let report = processes.report();
                let largest: u64 = report.largest.iter().map(|process| process.energy_uj).sum();
                prop_assert_eq!(largest + report.rest_uj + report.left_uj, all);
                prop_assert!(report.largest.len() <= most);
                prop_assert!(report.rest_uj >= before);
                before = report.rest_uj;
            }
        }
    }
}
