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
use crate::exposition::View;
use crate::page;
use crate::published::Board;

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
        let Some(published) = self.board.latest() else {
            return not_yet();
        };
        let format = Format::accepted(question.accept);
        let encoding = Encoding::accepted(question.accept_encoding);
        let Some(body) = published.body(format, encoding) else {
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
