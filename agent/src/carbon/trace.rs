//! Recordings of an intensity, as tables of text.

use std::time::Duration;

use super::Intensity;
use super::Step;
use super::Steps;
use super::Trouble;
use crate::moment;

/// Five-minute values of nearly three years.
pub(super) const MOST_ROWS: usize = 300_000;
/// How long the last row holds if there is no other to tell.
const USUAL: Duration = Duration::from_secs(3600);

/// Moments with the intensity from then on, in the order of time. Moments count from 1970, or from wherever the recording likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace(Vec<(Duration, Intensity)>);

impl Trace {
    /// Reads either form: rows of `seconds,grams` without a header, or a header that names at least `timestamp` and
    /// `carbon_intensity_avg`. Rows that say nothing are left out; too many of the others is no recording.
    pub(super) fn parse(text: &str) -> Result<Self, Trouble> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().ok_or(Trouble::NoTrace)?;
        let header: Vec<&str> = first.split(',').map(unquoted).collect();
        let column = |name: &str| header.iter().position(|field| field.eq_ignore_ascii_case(name));
        let (columns, rest) = match (column("timestamp"), column("carbon_intensity_avg")) {
            (Some(time), Some(value)) => ((time, value), None),
            _ => ((0, 1), Some(first)),
        };
        let (mut rows, mut strange) = (Vec::new(), 0_usize);
        for line in rest.into_iter().chain(lines) {
            match row(line, columns) {
                Some(row) => rows.push(row),
                None => strange += 1,
            }
            if rows.len() > MOST_ROWS {
                return Err(Trouble::TooLong);
            }
        }
        if rows.is_empty() || strange > rows.len() {
            return Err(Trouble::NoTrace);
        }
        rows.sort_by_key(|(at, _)| *at);
        Ok(Self(rows))
    }

    /// The recording as it was: its moments count from 1970. No row holds for longer than `max_age`.
    pub(super) fn realtime(&self, max_age: Duration) -> Steps {
        let mut steps = Vec::new();
        for (index, &(from, intensity)) in self.0.iter().enumerate() {
            steps.push(Step {
                from,
                intensity: Some(intensity),
            });
            let end = from.saturating_add(max_age);
            if self.0.get(index + 1).is_none_or(|(next, _)| end < *next) {
                steps.push(Step {
                    from: end,
                    intensity: None,
                });
            }
        }
        Steps::new(steps)
    }

    /// The recording played from `offset` behind its first row, beginning at `start`, so many times as fast.
    pub(super) fn replay(&self, start: Duration, offset: Duration, speed: f64) -> Steps {
        let Some(begin) = self.0.first().map(|(at, _)| *at + offset) else {
            return Steps::default();
        };
        let mut steps = Vec::new();
        for step in self.steps() {
            if step.from <= begin {
                // Of those before the beginning the last is in force.
                steps.clear();
            }
            let ahead = step.from.saturating_sub(begin);
            let ahead = Duration::try_from_secs_f64(ahead.as_secs_f64() / speed).unwrap_or(Duration::MAX);
            // What would be after the end of time is never reached.
            let from = start.saturating_add(ahead);
            steps.push(Step { from, ..step });
        }
        Steps::new(steps)
    }

    /// The last row holds for as long as the one before it did.
    fn steps(&self) -> impl Iterator<Item = Step> {
        let last = self.0.last().map(|(at, _)| *at).unwrap_or_default();
        let before = self.0.iter().rev().map(|(at, _)| *at).find(|at| *at < last);
        let length = before.map_or(USUAL, |before| last - before);
        let end = Step {
            from: last.saturating_add(length),
            intensity: None,
        };
        let rows = self.0.iter().map(|&(from, intensity)| Step {
            from,
            intensity: Some(intensity),
        });
        rows.chain([end])
    }
}

fn row(line: &str, (time, value): (usize, usize)) -> Option<(Duration, Intensity)> {
    let mut at = None;
    let mut grams = None;
    for (index, field) in line.split(',').map(unquoted).enumerate() {
        if index == time {
            at = when(field);
        }
        if index == value {
            grams = field.parse().ok().and_then(Intensity::from_grams);
        }
    }
    at.zip(grams)
}

fn unquoted(field: &str) -> &str {
    field.trim().trim_matches('"')
}

/// Seconds, or a date; what is beyond the year 5138 in seconds is milliseconds.
fn when(field: &str) -> Option<Duration> {
    let Ok(number) = field.parse::<f64>() else {
        return moment::rfc3339(field);
    };
    let seconds = if number > 1e11 { number / 1e3 } else { number };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(steps: &Steps) -> Vec<(f64, Option<f64>)> {
        let list = steps.list().iter();
        list.map(|step| (step.from.as_secs_f64(), step.intensity.map(Intensity::grams)))
            .collect()
    }

    const COLUMNS: &str = "timestamp,zone_datetime,status,zone_name,carbon_intensity_avg,unit,fossilFuelPercentage\n\
        2022-07-15T00:00:00+00:00,2022-07-14T17:00:00-07:00,ok,\"US-CAL-CISO\",250.5,gCO2eq/kWh,47.1\n\
        2022-07-15T01:00:00+00:00,2022-07-14T18:00:00-07:00,error,US-CAL-CISO,,gCO2eq/kWh,\n\
        2022-07-15T02:00:00+00:00,2022-07-14T19:00:00-07:00,ok,US-CAL-CISO,300,gCO2eq/kWh,50\n";

    #[test]
    fn both_forms_are_read() {
        let plain = Trace::parse("0,100\n180,200.5\n\n360,50\n").unwrap();
        assert_eq!(
            seen(&plain.realtime(Duration::from_secs(200))),
            [
                (0.0, Some(100.0)),
                (180.0, Some(200.5)),
                (360.0, Some(50.0)),
                (560.0, None)
            ]
        );
        let columns = Trace::parse(COLUMNS).unwrap();
        let begin = 1_657_843_200.0;
        assert_eq!(
            seen(&columns.realtime(Duration::from_secs(5000))),
            [
                (begin, Some(250.5)),
                (begin + 5000.0, None),
                (begin + 7200.0, Some(300.0)),
                (begin + 12_200.0, None)
            ]
        );
        assert_eq!(
            seen(&Trace::parse("1657843200000,7").unwrap().realtime(USUAL)),
            [(begin, Some(7.0)), (begin + 3600.0, None)]
        );
    }

    #[test]
    fn a_recording_is_played_from_where_and_as_fast_as_asked() {
        let trace = Trace::parse("1000,1\n1180,2\n1360,3\n").unwrap();
        let replay =
            |offset, speed| seen(&trace.replay(Duration::from_secs(50), Duration::from_secs(offset), speed));
        assert_eq!(
            replay(0, 1.0),
            [
                (50.0, Some(1.0)),
                (230.0, Some(2.0)),
                (410.0, Some(3.0)),
                (590.0, None)
            ]
        );
        assert_eq!(
            replay(200, 10.0),
            [(50.0, Some(2.0)), (66.0, Some(3.0)), (84.0, None)]
        );
        assert_eq!(replay(99_999, 1.0), [(50.0, None)]);
    }

    #[test]
    fn what_is_no_recording_is_refused() {
        for text in [
            "",
            "\n\n",
            "hello",
            "a,b\nc,d\n",
            "1,-5",
            "1;2\n3;4",
            "timestamp,carbon_intensity_avg\n",
        ] {
            assert_eq!(Trace::parse(text), Err(Trouble::NoTrace), "{text:?}");
        }
        let long = "1,2\n".repeat(MOST_ROWS + 1);
        assert_eq!(Trace::parse(&long), Err(Trouble::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "([0-9.,:TZ\\n-]|\\PC){0,200}", speed in 1e-6..1e6) {
            if let Ok(trace) = Trace::parse(&text) {
                let _ = (trace.realtime(USUAL), trace.replay(Duration::MAX, Duration::ZERO, speed));
            }
        }
    }
}
