//! The same once, as lines for scripts.

use std::fmt::Write;

use super::model::Model;
use super::model::Row;
use super::model::total_watts;
use super::units::or_unknown;
use super::units::printable;

/// The titles of the columns.
const TITLES: [&str; 7] = ["KIND", "NAME", "WATTS", "JOULES", "CPU%", "MEMORY", "ID"];

/// A line for the host, a line of titles, and a line for each workload. Figures have no units and `-` is unknown; columns are
/// aligned and parted by two spaces or more.
pub(super) fn text(model: &Model) -> String {
    let mut text = String::new();
    if let Some(reading) = &model.reading {
        let machine = &reading.report.machine.name;
        let _ = write!(
            text,
            "# {} {} W",
            printable(machine),
            number(total_watts(reading))
        );
        for (name, component) in &reading.report.host {
            let _ = write!(
                text,
                ", {name} {} W {}",
                number(component.power_watts),
                component.quality
            );
        }
        let _ = writeln!(text, ", {}", printable(&model.source));
    }
    let rows: Vec<[String; 7]> = model.rows().iter().map(cells).collect();
    let titles = TITLES.map(str::to_owned);
    let all = || std::iter::once(&titles).chain(&rows);
    let widths: [usize; 7] = std::array::from_fn(|column| {
        let widths = all().map(|row| super::canvas::columns(&row[column]));
        widths.max().unwrap_or(0)
    });
    for row in all() {
        line(&mut text, row, widths);
    }
    text
}

fn line(text: &mut String, row: &[String; 7], widths: [usize; 7]) {
    let mut line = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        let gap = if index == 0 { "" } else { "  " };
        let space = " ".repeat(width.saturating_sub(super::canvas::columns(cell)));
        let left = !(2..6).contains(&index);
        line.push_str(gap);
        line.extend(if left {
            [cell.as_str(), space.as_str()]
        } else {
            [space.as_str(), cell]
        });
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

fn cells(row: &Row) -> [String; 7] {
    [
        printable(&row.kind),
        printable(&row.name),
        number(row.watts),
        number(Some(row.joules)),
        or_unknown(row.cpu, |cpu| format!("{cpu:.1}")),
        or_unknown(row.memory, |bytes| format!("{bytes:.0}")),
        printable(&row.identity.1),
    ]
}

fn number(value: Option<f64>) -> String {
    or_unknown(value, |value| format!("{value:.3}"))
}
