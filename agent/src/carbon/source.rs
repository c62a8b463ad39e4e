//! What each source says when it is looked at.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::Grid;
use super::Step;
use super::Steps;
use super::Trouble;
use super::providers::Answer;
use super::providers::Inquiry;
use super::providers::Session;
use super::table;
use super::trace::Trace;
use crate::config::Carbon;
use crate::config::CarbonSource;
use crate::config::TraceMode;
use crate::fetch;
use crate::fetch::Client;

/// The longest recording that is read.
const LARGEST: u64 = 64 << 20;
/// Steps of the past that are kept, for a tick that comes late.
const KEPT: usize = 64;

/// What can be said without asking anybody: everything, for sources on this machine. `country` is where the host stands, `start` when
/// the agent was started. Nothing where no source is configured.
pub(super) fn at_once(settings: &Carbon, country: Option<&str>, start: Duration) -> Option<Grid> {
    let unknown = |trouble| Grid::unknown(settings, trouble);
    Some(match settings.source {
        CarbonSource::Off => return None,
        CarbonSource::Static => match settings.intensity {
            Some(grams) => Grid {
                steps: Steps::always(grams.0),
                trouble: None,
                ..unknown(Trouble::NoValue)
            },
            None => unknown(Trouble::NoValue),
        },
        CarbonSource::Table => of_table(settings, country).unwrap_or_else(unknown),
        CarbonSource::File => of_file(settings, start).unwrap_or_else(unknown),
        CarbonSource::Http | CarbonSource::Prometheus => unknown(Trouble::Waiting),
    })
}

fn of_table(settings: &Carbon, country: Option<&str>) -> Result<Grid, Trouble> {
    let country = settings.zone.as_deref().or(country);
    let country = country
        .filter(|country| !country.is_empty())
        .ok_or(Trouble::WhichCountry)?;
    let row = table::yearly(country).ok_or(Trouble::NoCountry)?;
    Ok(Grid {
        zone: row.country.to_owned(),
        steps: Steps::always(row.intensity),
        about: row.about,
        trouble: None,
        ..Grid::unknown(settings, Trouble::Waiting)
    })
}

/// A recording is its own forecast.
pub(super) fn of_file(settings: &Carbon, start: Duration) -> Result<Grid, Trouble> {
    let file = &settings.file;
    let trace = Trace::parse(&read(file.path.as_deref().ok_or(Trouble::NoFile)?)?)?;
    let steps = match file.mode {
        TraceMode::Realtime => trace.realtime(settings.max_age.0),
        TraceMode::Replay => {
            let start = file.start.map_or(start, |moment| moment.0);
            trace.replay(start, file.offset.0, file.speed.0)
        }
    };
    Ok(Grid {
        forecast: steps.clone(),
        steps,
        trouble: None,
        ..Grid::unknown(settings, Trouble::Waiting)
    })
}

fn read(path: &Path) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|opened| opened.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|_| Trouble::NoFile)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Trouble::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| Trouble::NoTrace)
}

/// What is known after an answer: the past as it was, from now on the new value, until it is too old.
pub(super) fn renewed(grid: &Grid, answer: Answer, wall: Duration, max_age: Duration) -> Grid {
    let past = grid.steps.list().iter().filter(|step| step.from < wall);
    let mut steps: Vec<Step> = past.copied().collect();
    steps.drain(..steps.len().saturating_sub(KEPT));
    let dated = answer.dated.unwrap_or(wall).min(wall);
    let end = dated.saturating_add(max_age);
    let fresh = end > wall;
    steps.push(Step {
        from: wall,
        intensity: fresh.then_some(answer.now),
    });
    if fresh {
        steps.push(Step {
            from: end,
            intensity: None,
        });
    }
    let forecast = answer.forecast.into_iter().map(|(from, intensity)| Step {
        from,
        intensity: Some(intensity),
    });
    Grid {
        steps: Steps::new(steps),
        dated: Some(dated),
        forecast: Steps::new(forecast.collect()),
        trouble: (!fresh).then_some(Trouble::Stale),
        ..grid.clone()
    }
}

/// Looks once and waits for the answer, for whoever wants to know whether a configuration works.
pub fn look(settings: &Carbon, country: Option<&str>, wall: Duration) -> Option<Grid> {
    let grid = at_once(settings, country, wall)?;
    if grid.trouble != Some(Trouble::Waiting) {
        return Some(grid);
    }
    let asked = || {
        let client = Client::new(settings.ca_file.as_deref()).map_err(|error| Trouble::from(&error))?;
        let runtime = fetch::runtime().map_err(|_| Trouble::Unreachable)?;
        let inquiry = Inquiry {
            client: &client,
            settings,
            wall,
        };
        let answer = runtime.block_on(inquiry.ask(&mut Session::default()));
        answer.map_err(|failure| failure.trouble)
    };
    Some(match asked() {
        Ok(answer) => renewed(&grid, answer, wall, settings.max_age.0),
        Err(trouble) => Grid::unknown(settings, trouble),
    })
}
