//! Tables for people.

use std::io::Write;

/// Writes rows under headings, in columns as wide as they need to be. What could move the cursor is shown as `?`.
pub(super) fn print(headings: &[&str], rows: &[Vec<String>]) -> std::io::Result<()> {
    let text = laid_out(headings, rows);
    std::io::stdout().write_all(text.as_bytes())
}

fn laid_out(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(headings)
        .chain(
            rows.iter()
                .map(|row| row.iter().map(|cell| shown(cell)).collect()),
        )
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().enumerate();
        let line: Vec<_> = cells
            .map(|(column, cell)| format!("{cell:<0$}", width(column)))
            .collect();
        text.extend([line.join("  ").trim_end(), "\n"]);
    }
    text
}

fn shown(cell: &str) -> String {
    let safe = |c: char| if c.is_control() { '?' } else { c };
    cell.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_nothing_moves_the_cursor() {
        let rows = [
            vec!["a".to_owned(), "1".to_owned()],
            vec!["long\u{1b}[2J".to_owned(), String::new()],
        ];
        assert_eq!(
            laid_out(&["HOST", "N"], &rows),
            "HOST      N\na         1\nlong?[2J\n"
        );
    }
}
