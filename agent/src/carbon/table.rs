//! A yearly average by country, for whoever has nothing better.

use super::About;
use super::Intensity;

/// The table, with its source and licence at its head.
const YEARLY: &str = include_str!("yearly.csv");

/// A country's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// ISO 3166-1's two letters.
    pub country: &'static str,
    /// The average.
    pub intensity: Intensity,
    /// Whose figure it is.
    pub about: About,
}

/// The row of a country, by its two or three letters of ISO 3166-1.
pub fn yearly(country: &str) -> Option<Row> {
    let lines = YEARLY.lines().filter(|line| !line.starts_with('#'));
    let mut rows = lines.filter_map(|line| {
        let mut fields = line.split(',');
        Some([fields.next()?, fields.next()?, fields.next()?, fields.next()?])
    });
    let [country, _, year, grams] =
        rows.find(|[two, three, ..]| [two, three].iter().any(|code| code.eq_ignore_ascii_case(country)))?;
    Some(Row {
        country,
        intensity: Intensity::from_grams(grams.parse().ok()?)?,
        about: About {
            year,
            licence: "CC-BY-4.0",
            attribution: "Our World in Data, from Ember and the Energy Institute",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_by_either_code_and_says_whose_figure_it_is() {
        let sweden = yearly("se").unwrap();
        assert_eq!(yearly("SWE"), Some(sweden));
        assert_eq!((sweden.country, sweden.about.year), ("SE", "2023"));
        assert_eq!(sweden.intensity.grams(), 40.695);
        for unknown in ["", "XX", "Sweden", "#", "S"] {
            assert_eq!(yearly(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_table_is_whole_and_names_its_licence() {
        let (head, rows): (Vec<_>, Vec<_>) = YEARLY.lines().partition(|line| line.starts_with('#'));
        assert!(head.iter().any(|line| line.contains("licence: CC-BY-4.0")));
        assert!(head.iter().any(|line| line.contains("source: Our World in Data")));
        for row in &rows {
            let country = row.split(',').next().unwrap();
            assert!(country.len() == 2 && yearly(country).is_some(), "{row}");
        }
        assert!(rows.len() > 200);
    }
}
