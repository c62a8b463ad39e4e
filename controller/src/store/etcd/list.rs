//! Listings, page by page at one revision.

use super::super::error::StoreError;
use super::super::service::Listing;
use super::super::transaction::Entry;
use super::super::transaction::Revision;
use super::client::Attempts;
use super::client::Client;
use super::names;
use super::names::Names;
use super::rejection::Failure;
use super::wire;

/// Entries that are asked for at once: of the usual size they are about a megabyte.
const PAGE: usize = 500;
/// A page with one value each of the largest size is well below what is taken as an answer.
const SMALLEST_PAGE: usize = 8;

/// All keys under a prefix.
pub(super) async fn list(client: &Client, names: &Names, prefix: &str) -> Result<Listing, StoreError> {
    let mut attempts = Attempts::new(client.timeouts().total);
    loop {
        match Pages::new(names, prefix).collect(client).await {
            Ok(listing) => return Ok(listing),
            // Compacted between two pages: from the beginning, then.
            Err(End::Failed(Failure::Rejected(rejection))) if rejection.is_compacted() => {
                if !attempts.another().await {
                    return Err(client.explain(&Failure::Unanswered(rejection.to_string())));
                }
            }
            Err(End::Failed(failure)) => return Err(client.explain(&failure)),
            Err(End::Garbled(reason)) => return Err(client.garbled(reason)),
        }
    }
}

enum End {
    Failed(Failure),
    Garbled(String),
}

struct Pages<'a> {
    names: &'a Names,
    next: Vec<u8>,
    end: Vec<u8>,
    size: usize,
    revision: Option<i64>,
    entries: Vec<Entry>,
}

impl<'a> Pages<'a> {
    fn new(names: &'a Names, prefix: &str) -> Self {
        let first = names.data(prefix);
        Self {
            names,
            end: names::range_end(&first),
            next: first.into_bytes(),
            size: PAGE,
            revision: None,
            entries: Vec::new(),
        }
    }

    async fn collect(mut self, client: &Client) -> Result<Listing, End> {
        loop {
            let answer: wire::RangeAnswer = match client.persist("kv/range", &self.request()).await {
                Ok(answer) => answer,
                Err(Failure::Rejected(rejection)) if rejection.is_too_long() && self.size > SMALLEST_PAGE => {
                    self.size /= 2;
                    continue;
                }
                Err(failure) => return Err(End::Failed(failure)),
            };
            let revision = *self.revision.get_or_insert(answer.header.revision);
            if !self.take(&answer).map_err(End::Garbled)? {
                return Ok(Listing {
                    entries: self.entries,
                    revision: Revision(revision.unsigned_abs()),
                });
            }
        }
    }

    /// The first page is of now, and the others of the same revision.
    fn request(&self) -> wire::RangeRequest {
        wire::RangeRequest {
            key: wire::encoded(&self.next),
            range_end: wire::encoded(&self.end),
            limit: self.size.to_string(),
            revision: self
                .revision
                .map_or_else(String::new, |revision| revision.to_string()),
            keys_only: false,
        }
    }

    /// Whether there is another page.
    fn take(&mut self, answer: &wire::RangeAnswer) -> Result<bool, String> {
        for kv in &answer.kvs {
            self.entries.push(self.names.entry(kv)?);
        }
        let Some(last) = self.entries.last() else {
            return Ok(false);
        };
        // The key right behind the last one.
        self.next = self.names.data(&last.key).into_bytes();
        self.next.push(0);
        Ok(answer.more)
    }
}
