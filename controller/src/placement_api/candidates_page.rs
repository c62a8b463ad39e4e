//! `GET /allocation_candidates`: the answer.
//!
//! With ten thousand hosts this is a page of several megabytes, so it is written as text. Names of classes and traits are
//! capitals, digits and underscores, UUIDs and suffixes have nothing in them that JSON would have to escape either.

use std::fmt::Write;

use super::version::Version;
use crate::inventory::CandidateSearch;
use crate::inventory::Candidates;
use crate::inventory::Ledger;
use crate::inventory::Provider;

/// The page for these candidates.
pub(super) fn page(
    ledger: &Ledger,
    version: Version,
    search: &CandidateSearch,
    found: &Candidates<'_>,
) -> String {
    let wanted = wanted(ledger, found);
    let mut page = String::with_capacity(64 + found.providers.len() * 512);
    page.push_str("{\"allocation_requests\":[");
    for (index, provider) in found.providers.iter().enumerate() {
        comma(&mut page, index);
        request(&mut page, version, search, provider, &wanted);
    }
    page.push_str("],\"provider_summaries\":{");
    for (index, provider) in found.providers.iter().enumerate() {
        comma(&mut page, index);
        summary(&mut page, ledger, version, found, provider);
    }
    page.push_str("}}");
    page
}

fn comma(page: &mut String, index: usize) {
    if index > 0 {
        page.push(',');
    }
}

/// Writing to a string does not fail.
macro_rules! put {
    ($page:expr, $($what:tt)+) => {{
        let _ = write!($page, $($what)+);
    }};
}

/// The resources, which are the same for each flat provider.
fn wanted(ledger: &Ledger, found: &Candidates<'_>) -> String {
    let mut wanted = String::new();
    for (index, (class, amount)) in found.resources.iter().enumerate() {
        comma(&mut wanted, index);
        put!(wanted, "\"{}\":{amount}", ledger.class_name(*class));
    }
    wanted
}

fn request(page: &mut String, version: Version, search: &CandidateSearch, provider: &Provider, wanted: &str) {
    let uuid = provider.uuid();
    if !version.has(12) {
        put!(
            page,
            "{{\"allocations\":[{{\"resource_provider\":{{\"uuid\":\"{uuid}\"}},\"resources\":{{{wanted}}}}}]}}"
        );
        return;
    }
    put!(
        page,
        "{{\"allocations\":{{\"{uuid}\":{{\"resources\":{{{wanted}}}}}}}"
    );
    if version.has(34) {
        page.push_str(",\"mappings\":{");
        for (index, (suffix, _)) in search.groups.iter().enumerate() {
            comma(page, index);
            put!(page, "\"{suffix}\":[\"{uuid}\"]");
        }
        page.push('}');
    }
    page.push('}');
}

fn summary(
    page: &mut String,
    ledger: &Ledger,
    version: Version,
    found: &Candidates<'_>,
    provider: &Provider,
) {
    put!(page, "\"{}\":{{\"resources\":{{", provider.uuid());
    let asked = |class| found.resources.iter().any(|(wanted, _)| *wanted == class);
    let shown = provider
        .stocks()
        .iter()
        .filter(|(class, _)| version.has(27) || asked(*class));
    for (index, (class, stock)) in shown.enumerate() {
        comma(page, index);
        let (capacity, used) = (stock.inventory.capacity(), stock.used);
        put!(
            page,
            "\"{}\":{{\"capacity\":{capacity},\"used\":{used}}}",
            ledger.class_name(*class)
        );
    }
    page.push('}');
    if version.has(17) {
        page.push_str(",\"traits\":[");
        for (index, word) in provider.traits().iter().enumerate() {
            comma(page, index);
            put!(page, "\"{}\"", ledger.trait_name(*word));
        }
        page.push(']');
    }
    if version.has(29) {
        let (parent, root) = (provider.parent(), provider.root());
        match parent {
            Some(parent) => put!(page, ",\"parent_provider_uuid\":\"{parent}\""),
            None => page.push_str(",\"parent_provider_uuid\":null"),
        }
        put!(page, ",\"root_provider_uuid\":\"{root}\"");
    }
    page.push('}');
}
