//! What the agent answers by HTTP.

use std::sync::Arc;
use std::time::Duration;

use wattle_door::Answer;
use wattle_door::Question;
use wattle_door::Site;
use wattle_door::StatusCode;

use crate::clock::Clock;
use crate::exposition::Encoding;
use crate::exposition::Format;
use crate::published::Board;

/// A snapshot that is older than this many intervals, and than [`TOO_OLD`], means that something is wrong.
const TOO_MANY_INTERVALS: u32 = 10;
const TOO_OLD: Duration = Duration::from_secs(30);

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>wattle</title></head><body>\n\
    <h1>wattle-agent</h1>\n<ul>\n<li><a href=\"/metrics\">/metrics</a> for Prometheus</li>\n\
    <li><a href=\"/api/v1/report\">/api/v1/report</a>: the same figures as JSON, with watts</li>\n\
    <li><a href=\"/api/v1/mesh\">/api/v1/mesh</a>: how far other hosts are, if that is measured</li>\n\
    <li><a href=\"/api/v1/location\">/api/v1/location</a>: where the host stands</li>\n\
    <li><a href=\"/healthz\">/healthz</a>, <a href=\"/readyz\">/readyz</a></li>\n</ul>\n</body></html>\n";

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
            "/healthz" => self.health(),
            "/readyz" => self.readiness(),
            "/api/v1/report" => self.report(),
            "/api/v1/mesh" => self.mesh(),
            "/api/v1/location" => self.location(),
            "/" => Answer::ok(HTML, PAGE),
            _ => Answer::not_found(),
        }
    }
}

impl Pages {
    fn metrics(&self, question: &Question<'_>) -> Answer {
        let Some(published) = self.board.latest() else {
            return not_yet();
        };
        let format = Format::accepted(question.accept);
        let encoding = Encoding::accepted(question.accept_encoding);
        let Some(body) = published.body(format, encoding) else {
            return defect();
        };
        let answer = Answer::ok(format.content_type(), body).varying("Accept, Accept-Encoding");
        match encoding {
            Encoding::Identity => answer,
            Encoding::Gzip => answer.encoded("gzip"),
        }
    }

    fn report(&self) -> Answer {
        let Some(published) = self.board.latest() else {
            return not_yet();
        };
        published
            .report()
            .map_or_else(defect, |body| Answer::ok(JSON, body))
    }

    fn mesh(&self) -> Answer {
        let Some(published) = self.board.latest() else {
            return not_yet();
        };
        published
            .mesh()
            .map_or_else(Answer::not_found, |body| Answer::ok(JSON, body))
    }

    /// A host without a configured location stands nowhere that is known.
    fn location(&self) -> Answer {
        let Some(published) = self.board.latest() else {
            return not_yet();
        };
        let snapshot = published.snapshot();
        let situation = snapshot.situation.clone().unwrap_or_default();
        situation
            .json(snapshot.told().filter(|_| snapshot.situation.is_some()))
            .map_or_else(|_| defect(), |body| Answer::ok(JSON, body))
    }

    /// Healthy as long as ticks come.
    fn health(&self) -> Answer {
        let Some(published) = self.board.latest() else {
            return Answer::text(StatusCode::OK, "starting\n");
        };
        let snapshot = published.snapshot();
        let age = self.clock.steady().saturating_sub(snapshot.host.at);
        if age > TOO_OLD.max(snapshot.agent.interval * TOO_MANY_INTERVALS) {
            let text = format!("the last tick was {} s ago\n", age.as_secs());
            return Answer::text(StatusCode::SERVICE_UNAVAILABLE, text);
        }
        Answer::text(StatusCode::OK, "ok\n")
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
