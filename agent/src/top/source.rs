//! Where readings come from: an agent's API, or this program's own sampling.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use super::command::Options;
use super::units::printable;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::collect::Collector;
use crate::exposition::Report;
use crate::fetch;
use crate::fetch::Client;
use crate::fetch::FetchError;
use crate::fetch::Request;
use crate::fetch::Url;
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::run::Assumed;
use crate::snapshot::Snapshot;

/// Descriptors that own sampling may keep open.
const FILES: usize = 512;
/// An agent answers from what it has already: one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// Somewhere to read.
pub(super) enum Source {
    Api(Box<Api>),
    Own(Box<Own>),
}

impl Source {
    /// The agent that is asked for; or this program itself, if none was named and none runs.
    pub(super) fn open(options: &Options) -> anyhow::Result<Self> {
        if options.sample {
            return Ok(Self::Own(Box::new(Own::new(options))));
        }
        let api = Api::new(options)?;
        let nobody = options.url.is_none() && matches!(api.get("/readyz"), Err(FetchError::Connect { .. }));
        Ok(if nobody {
            Self::Own(Box::new(Own::new(options)))
        } else {
            Self::Api(Box::new(api))
        })
    }

    /// What it is, for people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Api(api) => api.url.to_string(),
            Self::Own(_) => "no agent: own sampling, nothing is kept".to_owned(),
        }
    }

    /// Whether the first reading lacks what only a second can tell.
    pub(super) fn needs_two(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Reads once: an object with `source`, `report` and, where there are peers, `mesh`.
    pub(super) fn read(&mut self) -> anyhow::Result<Value> {
        let (report, mesh) = match self {
            Self::Api(api) => (api.report()?, api.mesh()?),
            Self::Own(own) => (own.report()?, None),
        };
        let mut reading = json!({ "source": self.name(), "report": report });
        if let (Some(mesh), Some(object)) = (mesh, reading.as_object_mut()) {
            object.insert("mesh".to_owned(), mesh);
        }
        Ok(reading)
    }
}

/// An agent's API.
pub(super) struct Api {
    url: Url,
    client: Client,
    runtime: tokio::runtime::Runtime,
    authorization: Option<String>,
}

impl Api {
    fn new(options: &Options) -> anyhow::Result<Self> {
        Ok(Self {
            url: options.address()?,
            client: Client::new(options.authorities.as_deref())?.with_timeout(PATIENCE),
            runtime: fetch::runtime()?,
            authorization: options.authorization()?,
        })
    }

    fn get(&self, path: &str) -> Result<fetch::Reply, FetchError> {
        // The base was checked, and these paths are fine.
        let url = self.url.join(path).unwrap_or_else(|_| self.url.clone());
        let mut request = Request::get(url);
        let secret = self.authorization.clone();
        request.secret = secret.map(|value| ("authorization".into(), value));
        self.runtime.block_on(self.client.fetch(request))
    }

    /// The answer's status and body, with what is wrong in words.
    fn ask(&self, path: &str) -> anyhow::Result<fetch::Reply> {
        self.get(path).map_err(|error| match error {
            FetchError::Timeout => anyhow::anyhow!("{}: no answer within {} s", self.url, PATIENCE.as_secs()),
            error @ FetchError::Connect { .. } => error.into(),
            error => anyhow::Error::from(error).context(self.url.to_string()),
        })
    }

    fn report(&self) -> anyhow::Result<Value> {
        let reply = self.ask("/api/v1/report")?;
        match reply.status {
            200 => serde_json::from_slice(&reply.body)
                .with_context(|| format!("{}: the answer is no report of an agent", self.url)),
            401 => anyhow::bail!(
                "{}: user or password are wrong or missing: --user, --password-file",
                self.url
            ),
            503 => anyhow::bail!("{}: the agent has only just started", self.url),
            status => anyhow::bail!("{}: answers with status {status}: is it an agent?", self.url),
        }
    }

    fn mesh(&self) -> anyhow::Result<Option<Value>> {
        let reply = self.ask("/api/v1/mesh")?;
        let known = (reply.status == 200).then(|| serde_json::from_slice(&reply.body));
        known
            .transpose()
            .with_context(|| format!("{}: the answer is no mesh of an agent", self.url))
    }
}

/// The agent's own collector and ledger, in this process. Nothing is written anywhere.
pub(super) struct Own {
    collector: Collector,
    ledger: Ledger,
    machine: Arc<Machine>,
}

impl Own {
    fn new(options: &Options) -> Self {
        let settings = &options.settings;
        let mut collector = Collector::new(&settings.roots(), FILES).with_nesting(settings.workload.nesting);
        collector.set_rules(&Arc::new(settings.workloads.clone()));
        let ledger_settings = Assumed::for_host(&collector).ledger_settings(settings);
        Self {
            ledger: Ledger::new(ledger_settings, SystemClock.wall()),
            machine: Arc::new(Machine::read(&settings.roots(), collector.topology())),
            collector,
        }
    }

    fn report(&mut self) -> anyhow::Result<Value> {
        let host = self.ledger.advance(self.collector.collect(&SystemClock));
        let snapshot = Snapshot {
            host,
            machine: self.machine.clone(),
            ..Snapshot::default()
        };
        Ok(serde_json::to_value(Report::new(&snapshot))?)
    }
}

/// What went wrong, in a line that is safe to show.
pub(super) fn told(error: &anyhow::Error) -> String {
    printable(&format!("{error:#}"))
}
