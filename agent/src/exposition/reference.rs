//! The reference page of all metric families, from their table.

use std::fmt::Write;

use super::FAMILIES;
use super::Family;
use super::compat;
use crate::systems::System;

/// A page in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Metrics of wattle-agent\n\nBase units throughout. This page is printed by `wattle-agent generate metrics`.\n",
    );
    table(&mut page, FAMILIES);
    page.push_str(
        "\n## Names of other systems\n\nOff by default (`compat`), and at `/metrics/compat` in any case. [compat.md](compat.md) says what differs from the originals.\n",
    );
    for system in System::ALL {
        let _ = writeln!(page, "\n### {}", system.as_str());
        table(&mut page, compat::families(system));
    }
    page
}

fn table<const MOST: usize>(page: &mut String, families: &[Family<MOST>]) {
    page.push_str("\n| family | type | labels | meaning |\n| --- | --- | --- | --- |\n");
    for family in families {
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
}
