//! Calls that find an endpoint that answers.

use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio::time::sleep;

use super::super::error::StoreError;
use super::connect::Address;
use super::connect::Sender;
use super::endpoint::Call;
use super::endpoint::Endpoint;
use super::login::Login;
use super::options::EtcdOptions;
use super::options::EtcdTimeouts;
use super::rejection::Failure;
use super::tls;
use super::wire;
use super::wire::Header;

/// All endpoints, of which one is preferred until it fails.
#[derive(Debug)]
pub(super) struct Client {
    endpoints: Vec<Endpoint>,
    preferred: AtomicUsize,
    timeouts: EtcdTimeouts,
    login: Option<Login>,
    cluster: OnceLock<u64>,
    place: String,
}

/// An answer that says which cluster gave it.
pub(super) trait Headed {
    fn header(&self) -> Option<&Header>;
}

impl Client {
    pub(super) fn new(options: &EtcdOptions) -> Result<Self, StoreError> {
        let place = format!("etcd at {}", options.endpoints.join(", "));
        let broken = |reason: String| StoreError::Broken {
            place: place.clone(),
            reason,
        };
        let tls = options.tls.as_ref().map(tls::client_config);
        let tls = tls.transpose().map_err(broken)?;
        let mut endpoints = Vec::new();
        for url in &options.endpoints {
            let address = Address::parse(url, tls.as_ref()).map_err(broken)?;
            endpoints.push(Endpoint::new(address, options.timeouts));
        }
        if endpoints.is_empty() {
            return Err(broken("there is no endpoint".to_owned()));
        }
        Ok(Self {
            endpoints,
            preferred: AtomicUsize::new(0),
            timeouts: options.timeouts,
            login: options.credentials.clone().map(Login::new),
            cluster: OnceLock::new(),
            place,
        })
    }

    pub(super) fn timeouts(&self) -> EtcdTimeouts {
        self.timeouts
    }

    /// The endpoint that is asked next.
    pub(super) fn place_now(&self) -> String {
        let (_, endpoint) = self.endpoint();
        endpoint.map_or_else(|| self.place.clone(), |endpoint| endpoint.place().to_owned())
    }

    /// A call that may be made twice without harm: goes on until it is answered or the time is up.
    pub(super) async fn read<A>(&self, path: &str, request: &impl Serialize) -> Result<A, StoreError>
    where
        A: DeserializeOwned + Headed,
    {
        match self.persist(path, request).await {
            Ok(answer) => Ok(answer),
            Err(failure) => Err(self.explain(&failure)),
        }
    }

    /// The same, with etcd's own words where it refuses.
    pub(super) async fn persist<A>(&self, path: &str, request: &impl Serialize) -> Result<A, Failure>
    where
        A: DeserializeOwned + Headed,
    {
        let body = body(request)?;
        let mut attempts = Attempts::new(self.timeouts.total);
        loop {
            let failure = match self.attempt(path, &body).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !failure.is_transient() || !attempts.another().await {
                return Err(failure);
            }
        }
    }

    /// One call of the preferred endpoint. After a failure another is preferred.
    pub(super) async fn attempt<A>(&self, path: &str, body: &Bytes) -> Result<A, Failure>
    where
        A: DeserializeOwned + Headed,
    {
        let answer: A = parsed(&self.answered(path, body).await?)?;
        if let Some(header) = answer.header() {
            self.check_cluster(header)?;
        }
        Ok(answer)
    }

    async fn answered(&self, path: &str, body: &Bytes) -> Result<Bytes, Failure> {
        let (number, endpoint) = self.endpoint();
        let endpoint = endpoint.ok_or_else(|| Failure::Unsent("there is no endpoint".to_owned()))?;
        let mut result = self.logged_in(endpoint, path, body).await;
        if self.should_log_in_again(&result) {
            result = self.logged_in(endpoint, path, body).await;
        }
        if result.as_ref().is_err_and(Failure::is_transient) {
            self.prefer_another(number);
        }
        result
    }

    /// Opens a stream at the preferred endpoint.
    pub(super) async fn stream(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<(Incoming, Sender), Failure> {
        let (number, endpoint) = self.endpoint();
        let endpoint = endpoint.ok_or_else(|| Failure::Unsent("there is no endpoint".to_owned()))?;
        let call = Call {
            path,
            body: body(request)?,
            token: self.token(endpoint).await?,
        };
        let result = endpoint.stream(&call).await;
        if result.is_err() {
            self.prefer_another(number);
        }
        result
    }

    /// The token may be why something was refused: the next call asks for another.
    pub(super) fn log_in_again(&self) {
        if let Some(login) = &self.login {
            login.forget();
        }
    }

    /// The endpoint that a stream came from has failed.
    pub(super) fn prefer_any_other(&self) {
        self.prefer_another(self.preferred.load(Ordering::Relaxed));
    }

    async fn logged_in(&self, endpoint: &Endpoint, path: &str, body: &Bytes) -> Result<Bytes, Failure> {
        let call = Call {
            path,
            body: body.clone(),
            token: self.token(endpoint).await?,
        };
        endpoint.call(&call).await
    }

    async fn token(&self, endpoint: &Endpoint) -> Result<Option<hyper::header::HeaderValue>, Failure> {
        match &self.login {
            Some(login) => login.token(endpoint).await,
            None => Ok(None),
        }
    }

    fn should_log_in_again(&self, result: &Result<Bytes, Failure>) -> bool {
        let refused = result.as_ref().err().and_then(Failure::rejection);
        match (&self.login, refused) {
            (Some(login), Some(rejection)) if rejection.wants_login() => {
                login.forget();
                true
            }
            _ => false,
        }
    }

    fn endpoint(&self) -> (usize, Option<&Endpoint>) {
        let number = self.preferred.load(Ordering::Relaxed);
        (number, self.endpoints.get(number % self.endpoints.len()))
    }

    fn prefer_another(&self, than: usize) {
        let order = Ordering::Relaxed;
        // If it fails another task has moved on already.
        let _ = self
            .preferred
            .compare_exchange(than, than.wrapping_add(1), order, order);
    }

    /// Endpoints of two clusters would be two stores that know nothing of each other.
    pub(super) fn check_cluster(&self, header: &Header) -> Result<(), Failure> {
        let first = *self.cluster.get_or_init(|| header.cluster_id);
        if header.cluster_id == first {
            return Ok(());
        }
        Err(Failure::Rejected(super::rejection::Rejection::other_cluster(
            first,
            header.cluster_id,
        )))
    }

    pub(super) fn explain(&self, failure: &Failure) -> StoreError {
        let (place, reason) = (self.place.clone(), failure.to_string());
        let temporary = failure
            .rejection()
            .is_none_or(|rejection| rejection.is_transient() || rejection.is_about_space());
        if temporary {
            StoreError::Unavailable { place, reason }
        } else {
            StoreError::Broken { place, reason }
        }
    }

    pub(super) fn unresolved(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Unresolved {
            place: self.place.clone(),
            reason: reason.into(),
        }
    }

    pub(super) fn garbled(&self, reason: String) -> StoreError {
        StoreError::Broken {
            place: self.place.clone(),
            reason,
        }
    }
}

pub(super) fn body(request: &impl Serialize) -> Result<Bytes, Failure> {
    let body = serde_json::to_vec(request).map_err(|error| Failure::Unsent(error.to_string()))?;
    Ok(body.into())
}

/// An answer that is not understood was given all the same.
fn parsed<A: DeserializeOwned>(body: &[u8]) -> Result<A, Failure> {
    serde_json::from_slice(body)
        .map_err(|error| Failure::Unanswered(format!("the answer is not understood: {error}")))
}

/// How often something is tried, and how fast.
#[derive(Debug)]
pub(super) struct Attempts {
    end: Instant,
    pause: Duration,
}

impl Attempts {
    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_millis(500);

    pub(super) fn new(total: Duration) -> Self {
        Self {
            end: Instant::now() + total,
            pause: Self::FIRST,
        }
    }

    /// Waits before another attempt; `false`: there is no time for one.
    pub(super) async fn another(&mut self) -> bool {
        if Instant::now() + self.pause >= self.end {
            return false;
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Self::LONGEST);
        true
    }
}

impl Headed for wire::RangeAnswer {
    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }
}

impl Headed for wire::TxnAnswer {
    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }
}

impl Headed for wire::LeaseAnswer {
    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }
}
