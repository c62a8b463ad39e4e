//! The loop that asks one Prometheus for the facts of all hosts.

mod pages;
mod query;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use self::pages::Page;
use self::pages::Pages;
use self::query::Api;
use self::query::QueryError;
use super::board::Board;
use super::names::Names;
use super::report::Source;
use super::roll::Roll;
use super::roll::Witness;
use super::stats::Stats;
use crate::clock;
use crate::config;
use crate::facts::Reading;
use crate::facts::Web;
use crate::facts::family_names;

/// Every agent has one series of it.
const EVERYBODY: &str = "wattle_ticks_total";
/// Whom Prometheus has not known for so long is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// Asks Prometheus for ever.
pub(super) struct Prometheus {
    api: Api,
    selector: String,
    host_label: String,
    names: Names,
    board: Arc<Board>,
    stats: Arc<Stats>,
    roll: Roll,
    /// When the page of each host that was taken in last was scraped, by Prometheus' clock.
    scraped: BTreeMap<String, f64>,
    /// Said already, and not said again as long as it is so.
    complaint: Option<String>,
    interval: Duration,
    patience: Duration,
}

impl Prometheus {
    pub(super) fn new(
        settings: &config::Fleet,
        prometheus: &config::Prometheus,
        web: Web,
        board: Arc<Board>,
        stats: Arc<Stats>,
    ) -> anyhow::Result<Self> {
        let selector = match prometheus.selector.trim() {
            "" => String::new(),
            selector => format!("{{{selector}}}"),
        };
        Ok(Self {
            api: Api::new(&prometheus.url, web)?,
            selector,
            host_label: prometheus.host_label.clone(),
            names: Names::new(settings),
            board,
            stats,
            roll: Roll::new(settings),
            scraped: BTreeMap::new(),
            complaint: None,
            interval: settings.interval.0,
            patience: settings.timeout.0,
        })
    }

    /// Never ends.
    pub(super) async fn run(mut self) {
        let pace = (self.interval / 5).clamp(Duration::from_millis(200), Duration::from_secs(5));
        let mut ticks = tokio::time::interval(pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut due = Duration::ZERO;
        loop {
            ticks.tick().await;
            if clock::steady() >= due {
                due = clock::steady() + self.interval;
                self.round().await;
            }
            self.publish();
        }
    }

    /// Of a round in which any query fails nothing is taken in: half a page would make facts missing that are only old.
    async fn round(&mut self) {
        let begun = clock::steady();
        let pages = self.ask().await;
        let took = clock::steady().saturating_sub(begun);
        self.stats.asked(Source::Prometheus, pages.is_ok(), took);
        match pages {
            Ok(pages) => {
                self.complaint = None;
                self.take_in(pages, begun);
            }
            Err(error) => {
                let names: Vec<String> = self.roll.names().map(str::to_owned).collect();
                for name in names {
                    self.roll.failed(&name, &error);
                }
                if self.complaint.as_ref() != Some(&error) {
                    tracing::warn!(error, "Prometheus tells nothing of the fleet");
                    self.complaint = Some(error);
                }
            }
        }
        self.roll.forget(FORGOTTEN, clock::steady());
        let roll = &self.roll;
        let known: BTreeSet<&str> = roll.names().collect();
        self.scraped.retain(|name, _| known.contains(name.as_str()));
    }

    async fn ask(&self) -> Result<BTreeMap<String, Page>, String> {
        let stamps = format!("timestamp({EVERYBODY}{})", self.selector);
        let stamps = self.query(&stamps, None).await?;
        // All at the same moment, by its own clock.
        let at = stamps.first().map(|series| series.value.0);
        let mut pages = Pages::begin(&self.host_label, stamps);
        for family in family_names() {
            let query = format!("{family}{}", self.selector);
            pages.add(family, self.query(&query, at).await?);
        }
        Ok(pages.finish())
    }

    async fn query(&self, query: &str, at: Option<f64>) -> Result<Vec<query::Series>, String> {
        let answer = tokio::time::timeout(self.patience, self.api.query(query, at)).await;
        let answer = answer.map_err(|_| format!("{query}: no answer within {:?}", self.patience))?;
        answer.map_err(|error: QueryError| error.to_string())
    }

    fn take_in(&mut self, pages: BTreeMap<String, Page>, now: Duration) {
        let mut heard = BTreeSet::new();
        for (label, page) in pages {
            let written = page.labels.get("host").map(String::as_str);
            let name = self.names.of(&label, written);
            let witness = Witness {
                source: Source::Prometheus,
                target: label,
                labels: page.labels.clone(),
            };
            self.roll.add(&name, witness, now);
            if let Err(error) = self.take_page(&name, &page, now) {
                self.roll.failed(&name, &error);
            }
            heard.insert(name);
        }
        let gone: Vec<String> = self
            .roll
            .names()
            .filter(|name| !heard.contains(*name))
            .map(str::to_owned)
            .collect();
        for name in gone {
            self.roll
                .failed(&name, "Prometheus has nothing new of it: does its scrape fail?");
        }
    }

    fn take_page(&mut self, name: &str, page: &Page, now: Duration) -> Result<(), String> {
        if let Some(rival) = &page.rival {
            let target = &page.target;
            return Err(format!(
                "both {target} and {rival} tell of it: name one in fleet.prometheus.selector"
            ));
        }
        // The same page twice would say that nothing was done between them.
        if self.scraped.get(name) == Some(&page.scraped) {
            return Ok(());
        }
        let reading = Reading::of(&page.text).map_err(|error| error.to_string())?;
        let age = Duration::try_from_secs_f64(page.age).unwrap_or(Duration::MAX);
        self.roll.heard(name, now.saturating_sub(age), reading);
        self.scraped.insert(name.to_owned(), page.scraped);
        Ok(())
    }

    fn publish(&self) {
        let (hosts, reports) = self.roll.picture(clock::steady());
        self.board.publish_with(hosts, reports);
    }
}
