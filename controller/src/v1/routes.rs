//! What there is: one table, from which requests are routed, roles are asked for and the OpenAPI document is made.

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;

use super::ask::Ask;
use super::claims::ClaimsPage;
use super::events::Happened;
use super::fault::Fault;
use super::fault::FaultPage;
use super::fault::code;
use super::hosts::HostPage;
use super::hosts::HostsPage;
use super::plan::PlanPage;
use super::standing::StandingAsk;
use super::standing::StandingPage;
use super::told::Answer;
use crate::config::Role;
use crate::placement_api::words;

/// Where it all stands.
const PREFIX: &str = "/v1/";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Schedule,
    Simulate,
    Hosts,
    Host,
    Drain,
    Undrain,
    Claims,
    Release,
    Plan,
    Events,
    Document,
}

/// What the text of a parameter has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Anything.
    Text,
    /// A whole number from 1 to this one.
    Count(usize),
    /// A number that is not negative.
    Figure,
    /// `true` or `false`.
    Flag,
}

/// A parameter of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) about: &'static str,
}

type Shape = fn(&mut SchemaGenerator) -> Schema;

/// One thing that can be asked for.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// Parts in braces are open.
    pub(super) path: &'static str,
    pub(super) operation: Operation,
    /// Its name in the document, and in metrics.
    pub(super) id: &'static str,
    pub(super) role: Role,
    pub(super) about: &'static str,
    pub(super) query: &'static [Parameter],
    /// The body, and whether there has to be one.
    pub(super) takes: Option<(Shape, bool)>,
    /// The answer if all is well; none: 204.
    pub(super) gives: Option<(&'static str, Shape)>,
    /// How it can go wrong.
    pub(super) faults: &'static [u16],
}

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({"type": "object"})
}

/// The body of every fault.
pub(super) const FAULT: Shape = shape::<FaultPage>;
const JSON: &str = "application/json";

const fn parameter(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, about }
}

const LIMIT: Parameter = parameter(
    "limit",
    Kind::Count(super::hosts::MOST),
    "How many at most, up to 1000; 100 if nobody says.",
);
const AFTER: Parameter = parameter(
    "after",
    Kind::Text,
    "Begin after this one: `next` of the page before.",
);

/// Everything that there is.
pub(super) static ROUTES: [Route; 11] = [
    Route {
        method: "POST",
        path: "/v1/schedule",
        operation: Operation::Schedule,
        id: "schedule",
        role: Role::Schedule,
        about: "Choose hosts and claim them, all machines or none. Asked again with the same consumers, it says where they are.",
        query: &[],
        takes: Some((shape::<Ask>, true)),
        gives: Some((JSON, shape::<Answer>)),
        faults: &[400, 409, 413, 415, 503],
    },
    Route {
        method: "POST",
        path: "/v1/simulate",
        operation: Operation::Simulate,
        id: "simulate",
        role: Role::Read,
        about: "Say where machines would go, and why, and claim nothing.",
        query: &[],
        takes: Some((shape::<Ask>, true)),
        gives: Some((JSON, shape::<Answer>)),
        faults: &[400, 409, 413, 415, 503],
    },
    Route {
        method: "GET",
        path: "/v1/hosts",
        operation: Operation::Hosts,
        id: "hosts",
        role: Role::Read,
        about: "All hosts by name, page by page: what they have, what is used, how they stand.",
        query: &[LIMIT, AFTER],
        takes: None,
        gives: Some((JSON, shape::<HostsPage>)),
        faults: &[400],
    },
    Route {
        method: "GET",
        path: "/v1/hosts/{host}",
        operation: Operation::Host,
        id: "host",
        role: Role::Read,
        about: "One host, by name or UUID, with every fact, its state and its age.",
        query: &[],
        takes: None,
        gives: Some((JSON, shape::<HostPage>)),
        faults: &[404],
    },
    Route {
        method: "POST",
        path: "/v1/hosts/{host}/drain",
        operation: Operation::Drain,
        id: "drain",
        role: Role::Admin,
        about: "Take no new machines on this host, until it is undrained. What is there stays.",
        query: &[],
        takes: Some((shape::<StandingAsk>, false)),
        gives: Some((JSON, shape::<StandingPage>)),
        faults: &[400, 404, 413, 415, 503],
    },
    Route {
        method: "POST",
        path: "/v1/hosts/{host}/undrain",
        operation: Operation::Undrain,
        id: "undrain",
        role: Role::Admin,
        about: "Take the order to drain back, or that for maintenance.",
        query: &[],
        takes: None,
        gives: Some((JSON, shape::<StandingPage>)),
        faults: &[404, 503],
    },
    Route {
        method: "GET",
        path: "/v1/claims",
        operation: Operation::Claims,
        id: "claims",
        role: Role::Read,
        about: "Who has what on which host, by consumer, page by page.",
        query: &[
            LIMIT,
            AFTER,
            parameter("host", Kind::Text, "Only claims on this host, by name or UUID."),
            parameter("project", Kind::Text, "Only claims of this project."),
        ],
        takes: None,
        gives: Some((JSON, shape::<ClaimsPage>)),
        faults: &[400, 404],
    },
    Route {
        method: "DELETE",
        path: "/v1/claims/{consumer}",
        operation: Operation::Release,
        id: "release",
        role: Role::Schedule,
        about: "Give back all that a consumer has.",
        query: &[],
        takes: None,
        gives: None,
        faults: &[404, 409, 503],
    },
    Route {
        method: "GET",
        path: "/v1/plan",
        operation: Operation::Plan,
        id: "plan",
        role: Role::Read,
        about: "Which machines would be better off elsewhere. A proposal: nothing is moved.",
        query: &super::plan::PARAMETERS,
        takes: None,
        gives: Some((JSON, shape::<PlanPage>)),
        faults: &[400, 503],
    },
    Route {
        method: "GET",
        path: "/v1/events",
        operation: Operation::Events,
        id: "events",
        role: Role::Read,
        about: "What happens, as server-sent events; the data of each is JSON. `Last-Event-ID` resumes where that is still known; \
                else the first event is `gap`.",
        query: &[],
        takes: None,
        gives: Some(("text/event-stream", shape::<Happened>)),
        faults: &[503],
    },
    Route {
        method: "GET",
        path: "/v1/openapi.json",
        operation: Operation::Document,
        id: "openapi",
        role: Role::Read,
        about: "This document.",
        query: &[],
        takes: None,
        gives: Some((JSON, anything)),
        faults: &[],
    },
];

/// The route of a request, and the open parts of its path.
pub(super) fn find(method: &str, path: &str) -> Result<(&'static Route, Vec<String>), Fault> {
    // What may be looked at may be asked for without the body.
    let method = if method == "HEAD" { "GET" } else { method };
    let mut allowed = Vec::new();
    for route in &ROUTES {
        let Some(names) = matched(route.path, path) else {
            continue;
        };
        if route.method == method {
            let names: Result<Vec<_>, _> = names.into_iter().map(words::decoded).collect();
            let names = names.map_err(|problem| Fault::new(400, code::BAD_PARAMETER, problem))?;
            return Ok((route, names));
        }
        allowed.push(route.method);
    }
    if allowed.is_empty() {
        let detail = format!("there is nothing at {path}; GET /v1/openapi.json says what there is");
        return Err(Fault::not_found(detail));
    }
    let allowed = allowed.join(", ");
    let fault = Fault::new(405, code::METHOD, format!("{path} takes {allowed}, not {method}"));
    Err(Fault {
        allow: Some(allowed),
        ..fault
    })
}

/// The open parts of a path that has this pattern.
fn matched<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let (mut expected, mut given) = (pattern.split('/'), path.split('/'));
    let mut names = Vec::new();
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(names),
            (Some(open), Some(part)) if open.starts_with('{') && !part.is_empty() => names.push(part),
            (Some(one), Some(other)) if one == other => {}
            _ => return None,
        }
    }
}

/// The role that a request needs.
pub fn role_for(method: &str, path: &str) -> Role {
    // What is not there may be told to whoever may look.
    find(method, path).map_or(Role::Read, |(route, _)| route.role)
}

/// The label of a path below `/v1/`; none of its parts is a client's choice.
pub fn label(path: &str) -> Option<&'static str> {
    if !path.starts_with(PREFIX) {
        return None;
    }
    let found = ROUTES.iter().find(|route| matched(route.path, path).is_some());
    Some(found.map_or("v1", |route| route.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_route_and_its_open_parts_are_decoded() {
        let (route, names) = find("POST", "/v1/hosts/a%2Fb/drain").unwrap();
        assert_eq!(
            (route.operation, names),
            (Operation::Drain, vec!["a/b".to_owned()])
        );
        assert_eq!(find("HEAD", "/v1/hosts").unwrap().0.operation, Operation::Hosts);
        assert_eq!(find("GET", "/v1/hosts/").unwrap_err().status, 404);
        assert_eq!(find("GET", "/v1/hosts/a/b").unwrap_err().status, 404);
        let wrong = find("PUT", "/v1/schedule").unwrap_err();
        assert_eq!((wrong.status, wrong.allow.as_deref()), (405, Some("POST")));
        assert_eq!(find("GET", "/v1/hosts/%ff").unwrap_err().status, 400);
    }

    #[test]
    fn roles_follow_what_is_done_and_labels_are_the_tables() {
        for (method, path, role) in [
            ("GET", "/v1/claims", Role::Read),
            ("POST", "/v1/simulate", Role::Read),
            ("POST", "/v1/schedule", Role::Schedule),
            ("DELETE", "/v1/claims/x", Role::Schedule),
            ("POST", "/v1/hosts/x/drain", Role::Admin),
            ("POST", "/v1/hosts/x/undrain", Role::Admin),
            ("GET", "/v1/nothing", Role::Read),
        ] {
            assert_eq!(role_for(method, path), role, "{method} {path}");
        }
        assert_eq!(label("/v1/hosts/secret"), Some("/v1/hosts/{host}"));
        assert_eq!(label("/v1/secret"), Some("v1"));
        assert_eq!(label("/traits"), None);
    }

    #[test]
    fn whoever_changes_something_needs_more_than_to_look() {
        for route in &ROUTES {
            let only_looks = route.method == "GET" || route.operation == Operation::Simulate;
            assert_eq!(route.role == Role::Read, only_looks, "{}", route.path);
        }
    }
}
