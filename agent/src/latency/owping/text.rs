//! The report for people, in the manner of owping.

use std::fmt::Write;
use std::time::Duration;

use super::report::Delay;
use super::report::DirectionReport;
use super::report::Report;
use super::report::RoundTripReport;

/// To the nearest millisecond.
const ROUNDING: f64 = 0.0005;

/// The whole text.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for direction in &report.directions {
        // Writing to a string does not fail.
        let _ = render_direction(&mut text, direction);
    }
    if let Some(round_trip) = &report.round_trip {
        let _ = render_round_trip(&mut text, round_trip);
    }
    text
}

fn render_direction(text: &mut String, direction: &DirectionReport) -> std::fmt::Result {
    let (from, to) = (bracketed(&direction.from), bracketed(&direction.to));
    writeln!(text, "\n--- owping statistics from {from} to {to} ---")?;
    if let Some(sid) = &direction.sid {
        writeln!(text, "SID:\t{sid}")?;
    }
    for (name, time) in [("first", direction.first), ("last", direction.last)] {
        if let Some(time) = time {
            writeln!(
                text,
                "{name}:\t{}",
                date(Duration::from_secs_f64(time.max(0.0) + ROUNDING))
            )?;
        }
    }
    let share = percent(direction.lost, direction.sent);
    let (sent, lost, duplicates) = (direction.sent, direction.lost, direction.duplicates);
    writeln!(
        text,
        "{sent} sent, {lost} lost ({share}), {duplicates} duplicates"
    )?;
    if direction.unsent > 0 {
        writeln!(text, "{} not sent, for this host was late", direction.unsent)?;
    }
    let unit = Unit::of(&direction.delay);
    let worth = match direction.error {
        Some(error) => format!("(err={})", Unit::for_seconds(error).show(Some(error))),
        None => "(unsync)".to_owned(),
    };
    writeln!(text, "one-way delay {}, {worth}", spread(&direction.delay, unit))?;
    writeln!(text, "one-way jitter = {} (P95-P50)", unit.show(direction.jitter))?;
    render_percentiles(text, &direction.delay, unit)?;
    render_hops(text, direction.hops)?;
    render_order(text, &direction.n_reordering)?;
    render_clocks(text, direction)
}

fn render_percentiles(text: &mut String, delay: &Delay, unit: Unit) -> std::fmt::Result {
    if !delay.percentiles.is_empty() {
        writeln!(text, "Percentiles:")?;
    }
    let mut percentiles: Vec<_> = delay.percentiles.iter().collect();
    percentiles.sort_by(|(one, _), (other, _)| number(one).total_cmp(&number(other)));
    for (name, value) in percentiles {
        writeln!(text, "\t{name}: {}", unit.show(*value))?;
    }
    Ok(())
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_default()
}

fn render_hops(text: &mut String, hops: Option<(u8, u8)>) -> std::fmt::Result {
    match hops {
        None => Ok(()),
        Some((least, most)) if least == most => writeln!(text, "hops = {least} (consistently)"),
        Some((least, most)) => writeln!(text, "hops takes values from {least} to {most}"),
    }
}

fn render_order(text: &mut String, shares: &[f64]) -> std::fmt::Result {
    for (nth, share) in (1..).zip(shares) {
        writeln!(text, "{nth}-reordering = {:.6}%", share * 100.0)?;
    }
    match shares.len() {
        0 => writeln!(text, "no reordering"),
        8.. => Ok(()),
        degrees => writeln!(text, "no {}-reordering", degrees + 1),
    }
}

/// What cannot be true is said.
fn render_clocks(text: &mut String, direction: &DirectionReport) -> std::fmt::Result {
    if let Some(difference) = direction.clock_difference {
        let apart = Unit::for_seconds(difference).show(Some(difference.abs()));
        return writeln!(
            text,
            "all packets were dropped for impossible times: the clocks are about {apart} apart"
        );
    }
    let Some(least) = direction
        .delay
        .min
        .filter(|least| *least + direction.error.unwrap_or_default() < 0.0)
    else {
        return Ok(());
    };
    let apart = Unit::for_seconds(least).show(Some(least.abs()));
    let lie = if direction.synchronised {
        ", although both claim to be right"
    } else {
        ""
    };
    writeln!(text, "negative delay: the clocks are at least {apart} apart{lie}")
}

fn render_round_trip(text: &mut String, trips: &RoundTripReport) -> std::fmt::Result {
    let unit = Unit::of(&trips.delay);
    writeln!(text, "\n--- round trip ---")?;
    let (sent, lost) = (trips.sent, trips.lost);
    writeln!(text, "{sent} sent, {lost} lost ({})", percent(lost, sent))?;
    if trips.lost_somewhere > 0 {
        writeln!(
            text,
            "{} of them lost nobody knows which way",
            trips.lost_somewhere
        )?;
    }
    let seen = if trips.is_wire {
        ", from kernel to kernel"
    } else {
        ""
    };
    writeln!(text, "round-trip time {}{seen}", spread(&trips.delay, unit))?;
    writeln!(text, "two-way jitter = {} (P95-P50)", unit.show(trips.jitter))?;
    if let Some((least, most)) = trips.turnaround {
        let unit = Unit::for_seconds(most);
        let (least, most) = (unit.bare(Some(least)), unit.show(Some(most)));
        writeln!(text, "reflector processing time min/max = {least}/{most}")?;
    }
    Ok(())
}

fn spread(delay: &Delay, unit: Unit) -> String {
    let [least, middle] = [delay.min, delay.median].map(|value| unit.bare(value));
    format!("min/median/max = {least}/{middle}/{}", unit.show(delay.max))
}

fn percent(part: u64, whole: u64) -> String {
    let share = if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    };
    format!("{:.3}%", share * 100.0)
}

/// `1.2.3.4:5` as `[1.2.3.4]:5`.
fn bracketed(address: &str) -> String {
    match address.rsplit_once(':') {
        Some((host, port)) if !address.starts_with('[') => format!("[{host}]:{port}"),
        _ => address.to_owned(),
    }
}

/// In what a time is shown.
#[derive(Clone, Copy)]
struct Unit {
    name: &'static str,
    in_a_second: f64,
}

impl Unit {
    fn of(delay: &Delay) -> Self {
        let typical = delay.median.or(delay.min).unwrap_or_default();
        Self::for_seconds(typical)
    }

    fn for_seconds(seconds: f64) -> Self {
        let (name, in_a_second) = match seconds.abs() {
            less if less < 1e-3 => ("us", 1e6),
            less if less < 1.0 => ("ms", 1e3),
            _ => ("s", 1.0),
        };
        Self { name, in_a_second }
    }

    fn show(self, seconds: Option<f64>) -> String {
        format!("{} {}", self.bare(seconds), self.name)
    }

    /// Three digits, as many of them behind the point as are left. Lost packets have an infinite delay.
    fn bare(self, seconds: Option<f64>) -> String {
        let Some(seconds) = seconds else {
            return "inf".to_owned();
        };
        let value = seconds * self.in_a_second;
        match value.abs() {
            less if less >= 100.0 => format!("{value:.0}"),
            less if less >= 10.0 => format!("{value:.1}"),
            _ => format!("{value:.2}"),
        }
    }
}

/// Date and time in UTC, to the millisecond (RFC 3339 without the zone, as owping writes it). After Howard Hinnant's
/// `civil_from_days`.
fn date(since_1970: Duration) -> String {
    let (days, second) = (since_1970.as_secs() / 86_400, since_1970.as_secs() % 86_400);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let millis = since_1970.subsec_millis();
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{millis:03}",
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (second, text) in [
            (0, "1970-01-01T00:00:00.000"),
            (951_782_400, "2000-02-29T00:00:00.000"),
            (1_795_223_905, "2026-11-21T01:18:25.000"),
            (4_107_542_399, "2100-02-28T23:59:59.000"),
            (4_107_542_400, "2100-03-01T00:00:00.000"),
        ] {
            assert_eq!(date(Duration::from_secs(second)), text);
        }
    }

    fn direction() -> DirectionReport {
        DirectionReport {
            direction: "forward",
            from: "10.99.0.1:9489".to_owned(),
            to: "[2001:db8::1]:9231".to_owned(),
            sid: Some("0a630002eeab6fe031ddd2ae84722488".to_owned()),
            first: Some(1_795_223_905.156),
            last: Some(1_795_223_905.415),
            sent: 20,
            unsent: 0,
            lost: 0,
            duplicates: 0,
            synchronised: true,
            error: Some(80.1e-6),
            delay: Delay {
                min: Some(24.8e-6),
                median: Some(61e-6),
                max: Some(97.3e-6),
                percentiles: [("99", Some(98e-6)), ("9.5", Some(30e-6))]
                    .map(|(name, value)| (name.to_owned(), value))
                    .into(),
            },
            jitter: Some(36e-6),
            interarrival_jitter: 20e-6,
            hops: Some((0, 0)),
            reordered: 0,
            n_reordering: Vec::new(),
            clock_difference: None,
        }
    }

    fn text(change: impl FnOnce(&mut DirectionReport)) -> String {
        let mut direction = direction();
        change(&mut direction);
        let mut text = String::new();
        render_direction(&mut text, &direction).unwrap();
        text
    }

    #[test]
    fn a_direction_reads_as_owpings() {
        let expected = "
--- owping statistics from [10.99.0.1]:9489 to [2001:db8::1]:9231 ---
SID:\t0a630002eeab6fe031ddd2ae84722488
first:\t2026-11-21T01:18:25.156
last:\t2026-11-21T01:18:25.415
20 sent, 0 lost (0.000%), 0 duplicates
one-way delay min/median/max = 24.8/61.0/97.3 us, (err=80.1 us)
one-way jitter = 36.0 us (P95-P50)
Percentiles:
\t9.5: 30.0 us
\t99: 98.0 us
hops = 0 (consistently)
no reordering
";
        assert_eq!(text(|_| ()), expected);
    }

    #[test]
    fn what_is_not_known_is_not_shown_as_if_it_were() {
        let unsynchronised = text(|direction| (direction.synchronised, direction.error) = (false, None));
        assert!(unsynchronised.contains("us, (unsync)\n"), "{unsynchronised}");
        let lossy = text(|direction| (direction.jitter, direction.lost) = (None, 2));
        assert!(
            lossy.contains("20 sent, 2 lost (10.000%)") && lossy.contains("jitter = inf us"),
            "{lossy}"
        );
        let lying = text(|direction| direction.delay.min = Some(-4.95e-3));
        assert!(
            lying.contains("at least 4.95 ms apart, although both claim to be right"),
            "{lying}"
        );
        let reordered = text(|direction| direction.n_reordering = vec![0.07006369, 0.01]);
        assert!(reordered.contains("1-reordering = 7.006369%") && reordered.contains("no 3-reordering"));
    }
}
