//! A request, and what a handler sees of it.

use super::query::Query;
use super::version::Version;
use crate::inventory::Uuid;

/// A request, as a transport hands it over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'r> {
    /// The method, in capitals.
    pub method: &'r str,
    /// The path below the prefix, percent-encoded as it came.
    pub path: &'r str,
    /// What stands before the path where the API does not begin at the root, such as `/placement`; it stands before every
    /// link in an answer.
    pub prefix: &'r str,
    /// What stands before that in a `Location`, such as `https://wattle.example:8778`. Where it is empty, a `Location` is a path.
    pub origin: &'r str,
    /// The query, percent-encoded as it came, without the question mark.
    pub query: &'r str,
    /// The header `OpenStack-API-Version`; several of them joined by commas.
    pub api_version: Option<&'r str>,
    /// The header `Content-Type`.
    pub content_type: Option<&'r str>,
    /// The header `Accept`.
    pub accept: Option<&'r str>,
    /// The body.
    pub body: &'r [u8],
    /// The time, in seconds since 1970.
    pub now: u64,
    /// Random bits that no other request has.
    pub random: u128,
}

impl Request<'_> {
    /// The id under which the answer can be found in logs.
    pub(super) fn id(&self) -> String {
        format!("req-{}", self.uuid(1))
    }

    /// A UUID of this request's own.
    fn uuid(&self, number: u32) -> Uuid {
        Uuid::from_random(self.random.rotate_left(number * 8))
    }

    /// The UUID for a provider whose maker named none.
    pub(super) fn new_provider(&self) -> Uuid {
        self.uuid(0)
    }
}

/// What a handler sees of a request.
#[derive(Debug)]
pub(super) struct Call<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) version: Version,
    pub(super) query: Query,
    /// The parts of the path that its pattern leaves open.
    pub(super) names: Vec<String>,
}

impl Call<'_> {
    /// The first open part of the path.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// The second one.
    pub(super) fn second_name(&self) -> &str {
        self.names.get(1).map_or("", String::as_str)
    }

    pub(super) fn now(&self) -> u64 {
        self.request.now
    }
}
