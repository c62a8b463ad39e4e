//! What the agent answers by HTTP.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wattle_daemon::manager::Condition;
use wattle_door::Answer;
use wattle_door::Question;
use wattle_door::Site;
use wattle_door::StatusCode;

use crate::clock::Clock;
use crate::exposition::Encoding;
use crate::exposition::Format;
use crate::exposition::View;
use crate::page;
use crate::published::Board;
use crate::published::Published;
use crate::systems::Systems;

/// A snapshot that is older than this many intervals, and than [`TOO_OLD`], means that something is wrong.
const TOO_MANY_INTERVALS: u32 = 10;
const TOO_OLD: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";

/// The agent's pages.
pub struct Pages {
    /// The latest snapshot.
    pub board: Arc<Board>,
    /// Time, to tell how old that is.
    pub clock: Arc<dyn Clock>,
}

impl Site for Pages {
    fn answer(&self, question: &Question<'_>) -> Answer {
        match question.path {
            "/metrics" => self.metrics(question),
            "/metrics/compat" => self.compat(question),
            "/healthz" => self.health(),
            "/readyz" => self.readiness(),
            "/api/v1/report" => self.view(View::Report, question),
            "/api/v1/history" if question.query == Some("last=minute") => self.view(View::Minute, question),
            "/api/v1/history" => self.view(View::Hour, question),
            "/api/v1/mesh" => self.view(View::Mesh, question),
            "/api/v1/location" => self.view(View::Location, question),
            "/" => page::answer(Encoding::accepted(question.accept_encoding)),
            _ => Answer::not_found(),
        }
    }
}

impl Pages {
    fn metrics(&self, question: &Question<'_>) -> Answer {
        self.exposition(question, Published::body)
    }

    fn compat(&self, question: &Question<'_>) -> Answer {
        match names(question.query.unwrap_or_default()) {
            Ok(systems) => self.exposition(question, |published, format, encoding| {
                published.compat(systems, format, encoding)
            }),
            Err(problem) => Answer::text(StatusCode::BAD_REQUEST, format!("names: {problem}\n")),
        }
    }

    /// What `render` makes of the latest snapshot, as the client likes it best.
    fn exposition(
        &self,
        question: &Question<'_>,
        render: impl FnOnce(&Published, Format, Encoding) -> Option<Bytes>,
    ) -> Answer {
        let Some(published) = self.board.latest() else {
            return not_yet();
        };
        let format = Format::accepted(question.accept);
        let encoding = Encoding::accepted(question.accept_encoding);
        let Some(body) = render(&published, format, encoding) else {
            return defect();
        };
        let answer = Answer::ok(format.content_type(), body).varying("Accept, Accept-Encoding");
        encoding.mark(answer)
    }

    /// A host that measures no others has no mesh.
    fn view(&self, view: View, question: &Question<'_>) -> Answer {
        let Some(published) = self.board.latest() else {
            return not_yet();
        };
        let encoding = Encoding::accepted(question.accept_encoding);
        match published.view(view, encoding) {
            Some(body) => {
                let answer = Answer::ok(JSON, body).varying("Accept-Encoding");
                encoding.mark(answer).tagged(&published.tag())
            }
            None if view == View::Mesh => Answer::not_found(),
            None => defect(),
        }
    }

    /// Well as long as ticks come.
    pub fn condition(&self) -> Condition {
        let Some(published) = self.board.latest() else {
            return Condition::Starting;
        };
        let snapshot = published.snapshot();
        let age = self.clock.steady().saturating_sub(snapshot.host.at);
        if age > TOO_OLD.max(snapshot.agent.interval * TOO_MANY_INTERVALS) {
            return Condition::Ill(format!("the last tick was {} s ago", age.as_secs()));
        }
        Condition::Well
    }

    fn health(&self) -> Answer {
        match self.condition() {
            Condition::Starting => Answer::text(StatusCode::OK, "starting\n"),
            Condition::Well => Answer::text(StatusCode::OK, "ok\n"),
            Condition::Ill(why) => Answer::text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
        }
    }

    /// Ready after the second tick, when there is an interval to speak of.
    fn readiness(&self) -> Answer {
        match self.board.latest() {
            Some(published) if published.snapshot().host.elapsed.is_some() => {
                Answer::text(StatusCode::OK, "ready\n")
            }
            _ => not_yet(),
        }
    }
}

/// The systems that `names=` chooses, all if it is not there. Prometheus repeats it and writes commas as `%2C`.
fn names(query: &str) -> Result<Systems, String> {
    let given = query.split('&').filter_map(|pair| pair.strip_prefix("names="));
    let mut chosen = Systems::NONE;
    for text in given {
        let text = text.replace("%2C", ",").replace("%2c", ",");
        chosen = chosen.iter().chain(text.parse::<Systems>()?.iter()).collect();
    }
    Ok(if chosen.is_empty() { Systems::ALL } else { chosen })
}

fn not_yet() -> Answer {
    Answer::text(
        StatusCode::SERVICE_UNAVAILABLE,
        "not ready: the first ticks are not over\n",
    )
}

fn defect() -> Answer {
    Answer::text(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the snapshot could not be rendered\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::System;

    #[test]
    fn names_choose_systems_and_none_are_all() {
        for (query, expected) in [
            ("", &System::ALL[..]),
            ("x=y", &System::ALL),
            ("names=kepler", &[System::Kepler]),
            ("names=node%2Ckepler&a", &[System::Kepler, System::Node]),
            ("names=node&names=scaphandre", &[System::Scaphandre, System::Node]),
        ] {
            assert!(
                names(query).unwrap().iter().eq(expected.iter().copied()),
                "{query}"
            );
        }
        for bad in ["names=", "names=prometheus", "names=kepler,", "names=%6Bepler"] {
            assert!(names(bad).is_err(), "{bad}");
        }
    }
}
