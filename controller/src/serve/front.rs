//! From the door to the rooms behind it, and back.

use std::sync::Arc;

use ring::rand::SecureRandom;
use ring::rand::SystemRandom;
use wattle_door::Answer;
use wattle_door::Answering;
use wattle_door::Errand;
use wattle_door::Head;
use wattle_door::Office;
use wattle_door::Reply;
use wattle_door::StatusCode;
use wattle_door::header;
use wattle_door::header::HeaderName;
use wattle_door::header::HeaderValue;

use super::Placement;
use super::access::Access;
use super::access::Denied;
use super::health::Health;
use super::metrics::Metrics;
use super::metrics::OPEN_METRICS;
use super::origin::origin;
use super::route;
use super::route::Room;
use crate::clock;
use crate::placement_api;
use crate::placement_api::MAX_BODY;
use crate::placement_api::Request;
use crate::placement_api::Response;
use crate::v1;
use crate::v1::Api;
use crate::v1::Call;

const API_VERSION: HeaderName = HeaderName::from_static("openstack-api-version");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// What stands behind the door.
pub(super) struct Front {
    service: Arc<Placement>,
    access: Arc<Access>,
    health: Arc<Health>,
    metrics: Metrics,
    api: Arc<Api>,
    random: SystemRandom,
}

impl Front {
    pub(super) fn new(
        service: Arc<Placement>,
        access: Arc<Access>,
        health: Arc<Health>,
        metrics: Metrics,
        api: Arc<Api>,
    ) -> Self {
        Self {
            service,
            access,
            health,
            metrics,
            api,
            random: SystemRandom::new(),
        }
    }

    async fn route(&self, errand: &Errand) -> Reply {
        let head = &errand.head;
        match route::room(head.path()).0 {
            Room::Health => Answer::text(StatusCode::OK, "ok\n").into(),
            Room::Readiness => self.readiness(),
            Room::Metrics => match self.metrics.text(&self.service) {
                Some(text) => Answer::ok(OPEN_METRICS, text).into(),
                None => self.refuse(
                    head,
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the metrics cannot be written",
                ),
            },
            Room::Own => own(self.api.handle(&call(head, &errand.body)).await),
            Room::Extender => self.extender(errand),
            Room::Placement(_) => self.placement(errand).await,
        }
    }

    fn extender(&self, errand: &Errand) -> Reply {
        let head = &errand.head;
        let (_, path) = route::room(head.path());
        match self.api.extend(head.method.as_str(), path, &errand.body) {
            Ok(body) => Answer::ok("application/json", body).into(),
            Err(error) => own(v1::refused(error.status(), &error.to_string())),
        }
    }

    /// Ready while the store answers and the ledger hears of its changes.
    fn readiness(&self) -> Reply {
        let text = match (self.health.is_store_up(), self.health.is_ledger_current()) {
            (true, true) => return Answer::text(StatusCode::OK, "ready\n").into(),
            (false, _) => "not ready: the store does not answer\n",
            (true, false) => "not ready: the ledger is being read from the store\n",
        };
        Answer::text(StatusCode::SERVICE_UNAVAILABLE, text).into()
    }

    async fn placement(&self, errand: &Errand) -> Reply {
        let Some(random) = self.random() else {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Answer::text(status, "this host has no random numbers to offer\n").into();
        };
        let carried = Carried::of(&errand.head);
        let request = carried.request(&errand.head, &errand.body, random);
        reply(self.service.handle(&request).await)
    }

    fn random(&self) -> Option<u128> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes).ok()?;
        Some(u128::from_ne_bytes(bytes))
    }
}

impl Office for Front {
    fn receive(&self, head: &Head) -> Result<usize, Box<Reply>> {
        let denied = route::role_for(head).map_or(Ok(()), |role| self.access.check(head, role));
        match denied {
            Ok(()) => Ok(MAX_BODY),
            Err(Denied::Unknown) => {
                let sentence = "a token is needed: Authorization: Bearer TOKEN, or X-Auth-Token: TOKEN";
                let challenge = HeaderValue::from_static("Bearer realm=\"wattle\"");
                let reply = self.refuse(head, StatusCode::UNAUTHORIZED, sentence);
                Err(Box::new(reply.with(header::WWW_AUTHENTICATE, challenge)))
            }
            Err(Denied::NotAllowed) => {
                let sentence = "this token is not allowed to do that: another role is needed";
                Err(Box::new(self.refuse(head, StatusCode::FORBIDDEN, sentence)))
            }
        }
    }

    fn answer(self: Arc<Self>, errand: Errand) -> Answering {
        Box::pin(async move {
            let begun = clock::steady();
            let reply = self.route(&errand).await;
            let took = clock::steady().saturating_sub(begun);
            let label = route::label(errand.head.path());
            self.metrics.answered(label, reply.status().as_u16(), took);
            reply
        })
    }

    fn refuse(&self, head: &Head, status: StatusCode, sentence: &'static str) -> Reply {
        self.metrics.refused(route::label(head.path()), status.as_u16());
        if let Room::Own | Room::Extender = route::room(head.path()).0 {
            return own(v1::refused(status.as_u16(), sentence));
        }
        let carried = Carried::of(head);
        let request = carried.request(head, &[], self.random().unwrap_or_default());
        reply(placement_api::refused(&request, status.as_u16(), sentence))
    }
}

/// A request to the controller's own API.
fn call<'r>(head: &'r Head, body: &'r [u8]) -> Call<'r> {
    let header = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    Call {
        method: head.method.as_str(),
        path: head.path(),
        query: head.query().unwrap_or_default(),
        content_type: header(header::CONTENT_TYPE),
        last_event: header(LAST_EVENT),
        body,
        now: clock::wall().as_secs(),
    }
}

/// Its answer as the door sends it.
fn own(response: v1::Response) -> Reply {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media = response.content_type;
    let reply = match response.body {
        v1::Body::Whole(body) => Reply::new(status, body),
        v1::Body::Flowing(pieces) => Reply::flowing(media.unwrap_or_default(), pieces),
    };
    let media = media.map(|media| (header::CONTENT_TYPE, HeaderValue::from_static(media)));
    let allow = response
        .allow
        .and_then(|allow| Some((header::ALLOW, HeaderValue::try_from(allow).ok()?)));
    let headers = media.into_iter().chain(allow);
    headers.fold(reply, |reply, (name, value)| reply.with(name, value))
}

/// The headers that the API looks at, each joined to one, and where the client thinks it is.
struct Carried {
    api_version: Option<String>,
    content_type: Option<String>,
    accept: Option<String>,
    origin: String,
}

impl Carried {
    fn of(head: &Head) -> Self {
        let header = |name| head.header(&name).map(std::borrow::Cow::into_owned);
        Self {
            api_version: header(API_VERSION),
            content_type: header(header::CONTENT_TYPE),
            accept: header(header::ACCEPT),
            origin: origin(head),
        }
    }

    fn request<'r>(&'r self, head: &'r Head, body: &'r [u8], random: u128) -> Request<'r> {
        let (room, path) = route::room(head.path());
        let prefix = match room {
            Room::Placement(prefix) => prefix,
            _ => "",
        };
        Request {
            method: head.method.as_str(),
            path,
            prefix,
            origin: &self.origin,
            query: head.query().unwrap_or_default(),
            api_version: self.api_version.as_deref(),
            content_type: self.content_type.as_deref(),
            accept: self.accept.as_deref(),
            body,
            now: clock::wall().as_secs(),
            random,
        }
    }
}

/// The API's answer as the door sends it. A header that cannot be sent is left out.
fn reply(response: Response) -> Reply {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers.iter();
    let headers = headers.filter_map(|(name, value)| Some((*name, HeaderValue::try_from(value).ok()?)));
    let headers: Vec<_> = headers.collect();
    headers
        .into_iter()
        .fold(Reply::new(status, response.body), |reply, (name, value)| {
            reply.with(HeaderName::from_static(name), value)
        })
}
