//! The store that several controllers share: etcd 3.4 or later.
//!
//! It is spoken to through the JSON gateway that etcd itself serves beside gRPC, on the same port
//! (<https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/>), so that nothing is needed but HTTP.
//!
//! # Commits whose answer was lost
//!
//! A request that was sent and not answered may have been made, may still be made, or never. To tell, each commit also writes a *marker*: a
//! key of this client's own that no other commit in flight uses, with a value that is never used twice, and it expects the marker to
//! be as its last use left it. So a commit can be sent again without being made twice, and the answer to the second attempt tells:
//!
//! - it was made: so the first one was not, and now never will be, since the marker has moved on;
//! - it was not made, and the marker has this commit's value: the first attempt was made, at the marker's revision;
//! - it was not made, and the marker has not moved: something that was expected does not hold. In the same step the marker is
//!   overwritten, so that an attempt that is still on its way finds it moved and is not made either.
//!
//! Attempts go on, at each endpoint in turn, until [`EtcdTimeouts::total`]; only then is the commit [`Unresolved`](super::StoreError::Unresolved).
//! Markers stand apart from the data, so no watcher sees them, and under a lease of an hour, so none outlives its client for long.

mod client;
mod commit;
mod connect;
mod endpoint;
mod lease;
mod list;
mod login;
mod marker;
mod names;
mod options;
mod rejection;
mod stream;
mod tls;
mod watcher;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use self::client::Client;
pub(crate) use self::connect::Address;
pub(crate) use self::connect::Sender;
use self::marker::Markers;
use self::names::Names;
pub use self::options::Credentials;
pub use self::options::EtcdOptions;
pub use self::options::EtcdTimeouts;
pub use self::options::EtcdTls;
pub(crate) use self::tls::client_config;
use self::wire::Header;
use super::bounds;
use super::error::StoreError;
use super::service::Answer;
use super::service::Grant;
use super::service::Health;
use super::service::LeaseId;
use super::service::Listing;
use super::service::Store;
use super::transaction::Entry;
use super::transaction::Outcome;
use super::transaction::Revision;
use super::transaction::Transaction;
use super::watch::Watch;

/// A store in a cluster of etcd.
///
/// Leases are etcd's own. A watch goes on at another endpoint when one is lost; it ends with
/// [`ListAgain`](super::WatchEnd::ListAgain) when etcd has compacted what would come next.
#[derive(Debug)]
pub struct Etcd {
    client: Arc<Client>,
    names: Names,
    markers: Markers,
}

impl Etcd {
    /// Reads the certificates and checks the endpoints' spelling; connects when something is asked.
    pub fn new(options: &EtcdOptions) -> Result<Self, StoreError> {
        let client = Arc::new(Client::new(options)?);
        let names = Names::new(&options.prefix);
        Ok(Self {
            markers: Markers::new(Arc::clone(&client), names.clone()),
            client,
            names,
        })
    }

    async fn get_checked(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        bounds::check_key(key)?;
        let request = wire::RangeRequest {
            key: wire::encoded(self.names.data(key)),
            ..wire::RangeRequest::default()
        };
        let answer: wire::RangeAnswer = self.client.read("kv/range", &request).await?;
        let first = answer.kvs.first().map(|kv| self.names.entry(kv));
        first.transpose().map_err(|reason| self.client.garbled(reason))
    }

    async fn grant_checked(&self, ttl: Duration) -> Result<Grant, StoreError> {
        bounds::check_ttl(ttl)?;
        let lease = self.client.grant(ttl).await?;
        Ok(Grant {
            id: LeaseId(lease.id),
            ttl: Duration::from_secs(lease.ttl.unsigned_abs()),
        })
    }

    async fn checked(&self) -> Result<Health, StoreError> {
        let request = wire::RangeRequest {
            key: wire::encoded(self.names.root()),
            keys_only: true,
            ..wire::RangeRequest::default()
        };
        let answer: wire::RangeAnswer = self.client.read("kv/range", &request).await?;
        self.client.check_alarms().await?;
        Ok(Health {
            revision: revision(&answer.header),
            place: self.client.place_now(),
        })
    }
}

fn revision(header: &Header) -> Revision {
    Revision(header.revision.unsigned_abs())
}

impl Store for Etcd {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        Box::pin(self.get_checked(key))
    }

    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Listing> {
        Box::pin(async move {
            bounds::check_prefix(prefix)?;
            list::list(&self.client, &self.names, prefix).await
        })
    }

    fn commit_under(&self, transaction: Transaction, lease: Option<LeaseId>) -> Answer<'_, Outcome> {
        Box::pin(async move {
            bounds::check_transaction(&transaction)?;
            commit::commit(&self.client, &self.markers, &self.names, &transaction, lease).await
        })
    }

    fn watch<'a>(&'a self, prefix: &'a str, after: Revision) -> Answer<'a, Watch> {
        Box::pin(async move {
            bounds::check_prefix(prefix)?;
            let client = Arc::clone(&self.client);
            Ok(watcher::watch(client, self.names.clone(), prefix, after))
        })
    }

    fn grant(&self, ttl: Duration) -> Answer<'_, Grant> {
        Box::pin(self.grant_checked(ttl))
    }

    fn renew(&self, lease: LeaseId) -> Answer<'_, ()> {
        Box::pin(async move {
            let renewed = self.client.renew(lease.0).await?;
            renewed.then_some(()).ok_or(StoreError::LeaseGone(lease))
        })
    }

    fn revoke(&self, lease: LeaseId) -> Answer<'_, ()> {
        Box::pin(self.client.revoke(lease.0))
    }

    fn check(&self) -> Answer<'_, Health> {
        Box::pin(self.checked())
    }
}
