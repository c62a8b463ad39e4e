//! The reference page of all metric families, from their table.

use std::fmt::Write;

use super::FAMILIES;

/// A page in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Metrics of wattle-agent\n\nBase units throughout. This page is printed by `wattle-agent generate metrics`.\n\n\
         | family | type | labels | meaning |\n| --- | --- | --- | --- |\n",
    );
    for family in FAMILIES {
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            family.name,
            family.kind.as_str(),
            labels.join(", "),
            family.help
        );
    }
    page
}
