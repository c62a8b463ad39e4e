//! What is shown: rows from readings, in the order and with the filter that the person wants. Pure.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::VecDeque;

use super::keys::Action;
use super::reading::Network;
use super::reading::Reading;
use super::reading::Workload;

/// So many values are remembered for a sparkline.
const REMEMBERED: usize = 240;
/// Nobody types a longer filter.
const LONGEST_FILTER: usize = 64;

/// The kinds, each with the key that hides and shows it.
pub(super) const KINDS: [(&str, char); 8] = [
    ("vm", 'V'),
    ("container", 'C'),
    ("service", 'S'),
    ("system", 'Y'),
    ("kernel", 'K'),
    ("idle", 'I'),
    ("unattributed", 'U'),
    ("other", 'O'),
];

/// What is shown below the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    #[default]
    Workloads,
    Latency,
    Sensors,
}

/// What workloads are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Watts,
    Energy,
    Cpu,
    Memory,
    Network,
    Name,
}

/// Who a workload is.
pub(super) type Identity = (String, String, String);

/// A workload as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) watts: Option<f64>,
    pub(super) joules: f64,
    /// In hundredths of one CPU.
    pub(super) cpu: Option<f64>,
    pub(super) memory: Option<f64>,
    /// Bytes a second, both ways together.
    pub(super) network: Option<f64>,
    pub(super) alive: bool,
    pub(super) identity: Identity,
}

/// Everything that the view needs.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) reading: Option<Reading>,
    pub(super) tab: Tab,
    pub(super) sort: Sort,
    pub(super) reversed: bool,
    pub(super) filter: String,
    pub(super) typing: bool,
    pub(super) help: bool,
    pub(super) paused: bool,
    pub(super) scroll: usize,
    /// Why there is nothing new.
    pub(super) trouble: Option<String>,
    /// Where the figures come from.
    pub(super) source: String,
    hidden: HashSet<&'static str>,
    history: HashMap<Identity, VecDeque<f64>>,
    host_history: VecDeque<f64>,
    rates: HashMap<Identity, f64>,
}

impl Model {
    /// An empty one of figures from `source`.
    pub(super) fn new(source: String) -> Self {
        Self {
            source,
            ..Self::default()
        }
    }

    /// Takes what a source has read. While paused everything stays as it is.
    pub(super) fn take(&mut self, reading: Reading) {
        self.trouble = None;
        if self.paused {
            return;
        }
        self.rates = self.rates(&reading);
        self.remember(&reading);
        self.reading = Some(reading);
    }

    /// Takes that a source has failed.
    pub(super) fn fail(&mut self, trouble: String) {
        self.trouble = Some(trouble);
    }

    /// Bytes a second since the reading before, of those that are in both.
    fn rates(&self, now: &Reading) -> HashMap<Identity, f64> {
        let Some(before) = &self.reading else {
            return HashMap::new();
        };
        let seconds = now.report.time_epoch_seconds - before.report.time_epoch_seconds;
        if seconds <= 0.0 {
            // The same tick was read again.
            return self.rates.clone();
        }
        let known: HashMap<_, _> = before
            .report
            .workloads
            .iter()
            .filter_map(|workload| Some((identity(workload), bytes(workload.network_bytes?))))
            .collect();
        let rate = |workload: &Workload| {
            let identity = identity(workload);
            let more = bytes(workload.network_bytes?).checked_sub(*known.get(&identity)?)?;
            Some((identity, as_f64(more) / seconds))
        };
        now.report.workloads.iter().filter_map(rate).collect()
    }

    fn remember(&mut self, reading: &Reading) {
        let same = |before: &Reading| {
            before.report.time_epoch_seconds.to_bits() == reading.report.time_epoch_seconds.to_bits()
        };
        if self.reading.as_ref().is_some_and(same) {
            return;
        }
        let mut history = std::mem::take(&mut self.history);
        for workload in &reading.report.workloads {
            let identity = identity(workload);
            let mut values = history.remove(&identity).unwrap_or_default();
            push(&mut values, workload.power_watts.unwrap_or(0.0));
            self.history.insert(identity, values);
        }
        if let Some(watts) = total_watts(reading) {
            push(&mut self.host_history, watts);
        }
    }

    /// The watts of a workload while this program ran.
    pub(super) fn history(&self, identity: &Identity) -> impl DoubleEndedIterator<Item = f64> + '_ {
        self.history.get(identity).into_iter().flatten().copied()
    }

    /// The same of the host.
    pub(super) fn host_history(&self) -> impl DoubleEndedIterator<Item = f64> + '_ {
        self.host_history.iter().copied()
    }

    /// Whether workloads of a kind are left out.
    pub(super) fn is_hidden(&self, kind: &str) -> bool {
        self.hidden.contains(kind)
    }

    /// The workloads that are shown, in order.
    pub(super) fn rows(&self) -> Vec<Row> {
        let workloads = self.reading.iter().flat_map(|reading| &reading.report.workloads);
        let mut rows: Vec<Row> = workloads
            .map(|workload| self.row(workload))
            .filter(|row| !self.is_hidden(&row.kind) && self.matches(row))
            .collect();
        rows.sort_by(|one, other| self.order(one, other));
        rows
    }

    fn row(&self, workload: &Workload) -> Row {
        let identity = identity(workload);
        let memory = ["working_set", "anonymous"]
            .iter()
            .find_map(|state| workload.memory_bytes.get(*state));
        Row {
            kind: workload.kind.clone(),
            name: workload.name.clone(),
            watts: workload.power_watts,
            joules: workload.energy_joules.values().sum(),
            cpu: workload.cpus_used.map(|cpus| cpus * 100.0),
            memory: memory.copied().map(as_f64),
            network: self.rates.get(&identity).copied(),
            alive: workload.alive,
            identity,
        }
    }

    fn matches(&self, row: &Row) -> bool {
        let wanted = self.filter.to_lowercase();
        let (kind, id, _) = &row.identity;
        [&row.name, kind, id]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    }

    /// The largest first, names from A on; what is not known stands last in any case.
    fn order(&self, one: &Row, other: &Row) -> Ordering {
        let figure = |row: &Row| match self.sort {
            Sort::Watts => row.watts,
            Sort::Energy => Some(row.joules),
            Sort::Cpu => row.cpu,
            Sort::Memory => row.memory,
            Sort::Network => row.network,
            Sort::Name => None,
        };
        let turned = |order: Ordering| if self.reversed { order.reverse() } else { order };
        let by_name = || turned_name(one, other, self.sort == Sort::Name && self.reversed);
        match (figure(one), figure(other)) {
            (Some(one), Some(other)) => turned(other.total_cmp(&one)).then_with(by_name),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => by_name(),
        }
    }

    /// Does what the person wants; whether the program goes on.
    pub(super) fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Quit => return false,
            Action::Tab(tab) => (self.tab, self.scroll) = (tab, 0),
            Action::NextTab => {
                let next = match self.tab {
                    Tab::Workloads => Tab::Latency,
                    Tab::Latency => Tab::Sensors,
                    Tab::Sensors => Tab::Workloads,
                };
                (self.tab, self.scroll) = (next, 0);
            }
            Action::Sort(sort) => (self.sort, self.reversed, self.scroll) = (sort, false, 0),
            Action::Reverse => self.reversed = !self.reversed,
            Action::Kind(kind) => {
                if !self.hidden.remove(kind) {
                    self.hidden.insert(kind);
                }
            }
            Action::ShowAll => {
                self.hidden.clear();
                self.filter.clear();
            }
            Action::Help => self.help = !self.help,
            Action::Pause => self.paused = !self.paused,
            Action::Scroll(by) => self.scroll = self.scroll.saturating_add_signed(by),
            Action::Top => self.scroll = 0,
            Action::Bottom => self.scroll = usize::MAX / 2,
            Action::BeginFilter => (self.typing, self.tab) = (true, Tab::Workloads),
            Action::Type(c) if self.filter.chars().count() < LONGEST_FILTER => self.filter.push(c),
            Action::Erase => drop(self.filter.pop()),
            Action::EndFilter => self.typing = false,
            Action::DropFilter => {
                self.typing = false;
                self.filter.clear();
            }
            Action::CloseHelp => self.help = false,
            Action::Type(_) | Action::Suspend => {}
        }
        true
    }
}

fn turned_name(one: &Row, other: &Row, reversed: bool) -> Ordering {
    let key = |row: &Row| (row.name.to_lowercase(), row.identity.clone());
    let order = key(one).cmp(&key(other));
    if reversed { order.reverse() } else { order }
}

/// The power of the host, where any is known.
pub(super) fn total_watts(reading: &Reading) -> Option<f64> {
    let components = reading.report.host.values();
    components
        .filter_map(|component| component.power_watts)
        .reduce(|one, other| one + other)
}

fn push(values: &mut VecDeque<f64>, value: f64) {
    if values.len() == REMEMBERED {
        values.pop_front();
    }
    values.push_back(value);
}

fn identity(workload: &Workload) -> Identity {
    (workload.kind.clone(), workload.id.clone(), workload.name.clone())
}

fn bytes(network: Network) -> u64 {
    network.receive.saturating_add(network.transmit)
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
