//! etcd's leases (`/v3/lease/…`).

use std::time::Duration;

use super::super::error::StoreError;
use super::client::Attempts;
use super::client::Client;
use super::client::Headed;
use super::client::body;
use super::rejection::Failure;
use super::rejection::Rejection;
use super::wire;
use super::wire::Header;
use super::wire::Streamed;

impl Client {
    /// Begins a lease. If an answer is lost there is one that nobody uses, until it ends by itself.
    pub(super) async fn grant(&self, ttl: Duration) -> Result<wire::LeaseAnswer, StoreError> {
        let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
        let request = wire::GrantRequest {
            ttl: seconds.to_string(),
        };
        let answer: wire::LeaseAnswer = self.read("lease/grant", &request).await?;
        if !answer.error.is_empty() {
            return Err(self.garbled(answer.error));
        }
        Ok(answer)
    }

    /// Whether the lease was still there to be prolonged.
    pub(super) async fn renew(&self, lease: i64) -> Result<bool, StoreError> {
        let request = body(&wire::LeaseRequest {
            id: lease.to_string(),
        });
        let request = request.map_err(|failure| self.explain(&failure))?;
        let mut attempts = Attempts::new(self.timeouts().total);
        loop {
            let failure = match self.attempt::<Renewed>("lease/keepalive", &request).await {
                Ok(Renewed(Streamed::Result(answer))) => return Ok(answer.ttl > 0),
                Ok(Renewed(Streamed::Error(error))) => Failure::Rejected(Rejection::from(error)),
                Err(failure) => failure,
            };
            if failure.rejection().is_some_and(Rejection::is_lease_gone) {
                return Ok(false);
            }
            if !failure.is_transient() || !attempts.another().await {
                return Err(self.explain(&failure));
            }
        }
    }

    /// Ends a lease, if it has not ended.
    pub(super) async fn revoke(&self, lease: i64) -> Result<(), StoreError> {
        let request = wire::LeaseRequest {
            id: lease.to_string(),
        };
        let answer = self.persist::<wire::LeaseAnswer>("lease/revoke", &request).await;
        match answer {
            Ok(_) => Ok(()),
            Err(Failure::Rejected(rejection)) if rejection.is_lease_gone() => Ok(()),
            Err(failure) => Err(self.explain(&failure)),
        }
    }

    /// Whether an alarm keeps the cluster from being written to. A user who may not see alarms sees none.
    pub(super) async fn check_alarms(&self) -> Result<(), StoreError> {
        #[derive(serde::Serialize)]
        struct Request {
            action: &'static str,
        }
        let request = Request { action: "GET" };
        let answer = self.persist::<wire::AlarmAnswer>("maintenance/alarm", &request);
        let Ok(answer) = answer.await else {
            return Ok(());
        };
        match answer.alarms.first() {
            None => Ok(()),
            Some(alarm) => Err(StoreError::Unavailable {
                place: self.place_now(),
                reason: format!("etcd's alarm {} is on: see etcdctl alarm list", alarm.alarm),
            }),
        }
    }
}

/// The gateway answers as if this were a stream, of one message.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Renewed(Streamed<wire::LeaseAnswer>);

impl Headed for Renewed {
    fn header(&self) -> Option<&Header> {
        match &self.0 {
            Streamed::Result(answer) => Some(&answer.header),
            Streamed::Error(_) => None,
        }
    }
}

impl Headed for wire::AlarmAnswer {
    /// It has one only when there are alarms.
    fn header(&self) -> Option<&Header> {
        None
    }
}
