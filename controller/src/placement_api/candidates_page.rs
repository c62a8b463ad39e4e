//! `GET /allocation_candidates`: the answer.
//!
//! With ten thousand hosts this is a page of several megabytes, so it is written as text. Names of classes and traits are
//! capitals, digits and underscores, UUIDs and suffixes have nothing in them that JSON would have to escape either.

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

/// Appends several texts.
fn put(page: &mut String, texts: &[&str]) {
    for text in texts {
        page.push_str(text);
    }
}

/// Appends a number, without the formatter.
fn put_number(page: &mut String, number: i64) {
    let (mut digits, mut first, mut rest) = ([b'0'; 20], 20, number.unsigned_abs());
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        page.push('-');
    }
    page.push_str(std::str::from_utf8(&digits[first..]).unwrap_or_default());
}

/// The resources, which are the same for each flat provider.
fn wanted(ledger: &Ledger, found: &Candidates<'_>) -> String {
    let mut wanted = String::new();
    for (index, (class, amount)) in found.resources.iter().enumerate() {
        comma(&mut wanted, index);
        put(
            &mut wanted,
            &["\"", ledger.class_name(*class), "\":", &amount.to_string()],
        );
    }
    wanted
}

fn request(page: &mut String, version: Version, search: &CandidateSearch, provider: &Provider, wanted: &str) {
    let uuid = provider.uuid().text();
    let uuid = uuid.as_str();
    if !version.has(12) {
        let start = "{\"allocations\":[{\"resource_provider\":{\"uuid\":\"";
        put(page, &[start, uuid, "\"},\"resources\":{", wanted, "}}]}"]);
        return;
    }
    put(
        page,
        &["{\"allocations\":{\"", uuid, "\":{\"resources\":{", wanted, "}}}"],
    );
    if version.has(34) {
        page.push_str(",\"mappings\":{");
        for (index, (suffix, _)) in search.groups.iter().enumerate() {
            comma(page, index);
            put(page, &["\"", suffix, "\":[\"", uuid, "\"]"]);
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
    put(
        page,
        &["\"", provider.uuid().text().as_str(), "\":{\"resources\":{"],
    );
    let asked = |class| found.resources.iter().any(|(wanted, _)| *wanted == class);
    let shown = provider
        .stocks()
        .iter()
        .filter(|(class, _)| version.has(27) || asked(*class));
    for (index, (class, stock)) in shown.enumerate() {
        comma(page, index);
        put(page, &["\"", ledger.class_name(*class), "\":{\"capacity\":"]);
        put_number(page, stock.inventory.capacity());
        page.push_str(",\"used\":");
        put_number(page, i64::try_from(stock.used).unwrap_or(i64::MAX));
        page.push('}');
    }
    page.push('}');
    if version.has(17) {
        page.push_str(",\"traits\":[");
        for (index, word) in provider.traits().iter().enumerate() {
            comma(page, index);
            put(page, &["\"", ledger.trait_name(*word), "\""]);
        }
        page.push(']');
    }
    if version.has(29) {
        match provider.parent() {
            Some(parent) => put(
                page,
                &[",\"parent_provider_uuid\":\"", parent.text().as_str(), "\""],
            ),
            None => page.push_str(",\"parent_provider_uuid\":null"),
        }
        put(
            page,
            &[
                ",\"root_provider_uuid\":\"",
                provider.root().text().as_str(),
                "\"",
            ],
        );
    }
    page.push('}');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::put_number;

    proptest! {
        #[test]
        fn numbers_are_written_as_everybody_writes_them(number in any::<i64>()) {
            let mut page = String::new();
            put_number(&mut page, number);
            prop_assert_eq!(page, number.to_string());
        }
    }
}
