//! The one table that is printed.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::samples::Samples;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    machine: String,
    host: String,
    rows: Vec<Row>,
    #[serde(skip)]
    group: String,
}

/// One figure with what it is judged by.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    group: String,
    what: String,
    unit: Unit,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    value: f64,
    /// The value divided by that of the bare loop beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    times_bare: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<bool>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Seconds,
    Bytes,
}

impl Row {
    fn new(what: &str, unit: Unit, value: f64) -> Self {
        Self {
            group: String::new(),
            what: what.to_owned(),
            unit,
            min: None,
            value,
            times_bare: None,
            budget: None,
            kept: None,
        }
    }

    /// CPU time, measured many times.
    pub(crate) fn cpu(what: &str, samples: &Samples) -> Self {
        Self {
            min: Some(samples.min().as_secs_f64()),
            ..Self::single(what, samples.median())
        }
    }

    pub(crate) fn single(what: &str, value: Duration) -> Self {
        Self::new(what, Unit::Seconds, value.as_secs_f64())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no memory has more bytes than a float has digits"
    )]
    pub(crate) fn bytes(what: &str, value: u64) -> Self {
        Self::new(what, Unit::Bytes, value as f64)
    }

    pub(crate) fn beside(self, bare: &Samples) -> Self {
        let times_bare = Some(self.value / bare.median().as_secs_f64());
        Self { times_bare, ..self }
    }

    pub(crate) fn at_most_times(self, budget: f64) -> Self {
        let kept = self.times_bare.map(|ratio| ratio <= budget);
        Self {
            budget: Some(budget),
            kept,
            ..self
        }
    }

    pub(crate) fn at_most(self, budget: Duration) -> Self {
        self.judged(budget.as_secs_f64())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no memory has more bytes than a float has digits"
    )]
    pub(crate) fn at_most_bytes(self, budget: u64) -> Self {
        self.judged(budget as f64)
    }

    fn judged(self, budget: f64) -> Self {
        Self {
            kept: Some(self.value <= budget),
            budget: Some(budget),
            ..self
        }
    }

    fn budget_text(&self) -> String {
        let Some(budget) = self.budget else {
            return String::new();
        };
        let budget = match self.times_bare {
            Some(_) => format!("{budget:.1} x"),
            None => self.unit.show(budget),
        };
        let verdict = if self.kept == Some(true) { "kept" } else { "MISSED" };
        format!("{budget} {verdict}")
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Bytes => format!("{:.1} MiB", value / 1_048_576.0),
            Self::Seconds if value >= 1e-3 => format!("{:.2} ms", value * 1e3),
            Self::Seconds if value >= 1e-6 => format!("{:.1} us", value * 1e6),
            Self::Seconds => format!("{:.0} ns", value * 1e9),
        }
    }
}

impl Table {
    pub(crate) fn new(machine: String, host: String) -> Self {
        Self {
            machine,
            host,
            rows: Vec::new(),
            group: String::new(),
        }
    }

    /// Rows that follow belong here.
    pub(crate) fn group(&mut self, name: &str) {
        name.clone_into(&mut self.group);
    }

    pub(crate) fn add(&mut self, row: Row) {
        let group = self.group.clone();
        self.rows.push(Row { group, ..row });
    }

    pub(crate) fn write_json(&self, out: &mut impl Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        Ok(writeln!(out)?)
    }

    pub(crate) fn write_text(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "machine: {}\nhost:    {}", self.machine, self.host)?;
        let mut group = "";
        for row in &self.rows {
            if row.group != group {
                group = &row.group;
                writeln!(
                    out,
                    "\n{group:<72}{:>10}{:>11}{:>9}  budget",
                    "min", "median", "x bare"
                )?;
            }
            let min = row.min.map_or_else(String::new, |min| row.unit.show(min));
            let ratio = row
                .times_bare
                .map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let line = format!(
                "  {:<70}{min:>10}{:>11}{ratio:>9}  {}",
                row.what,
                row.unit.show(row.value),
                row.budget_text()
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_shown_in_a_unit_that_fits() {
        for (unit, value, text) in [
            (Unit::Seconds, 0.00163, "1.63 ms"),
            (Unit::Seconds, 12.3e-6, "12.3 us"),
            (Unit::Seconds, 40e-9, "40 ns"),
            (Unit::Bytes, 12_582_912.0, "12.0 MiB"),
        ] {
            assert_eq!(unit.show(value), text);
        }
    }

    #[test]
    fn a_missed_budget_is_marked_beside_the_figure() {
        let mut bare = Samples::default();
        bare.push(Duration::from_millis(2));
        let mut tick = Samples::default();
        tick.push(Duration::from_millis(4));
        let mut table = Table::new("m".to_owned(), "h".to_owned());
        table.group("tick");
        table.add(Row::cpu("agent", &tick).beside(&bare).at_most_times(1.5));
        table.add(Row::bytes("memory", 1 << 20).at_most_bytes(2 << 20));
        let mut text = Vec::new();
        table.write_text(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let agent = text.lines().find(|line| line.contains("agent")).unwrap();
        assert!(agent.ends_with("4.00 ms     2.00  1.5 x MISSED"), "{agent}");
        assert!(text.contains("2.0 MiB kept"), "{text}");
    }
}
