//! What there is behind the door, and which role it needs.

use wattle_door::Head;
use wattle_door::Method;

use crate::config::Role;
use crate::v1;

/// Where Placement's API stands besides the root, as many OpenStack installations have it.
const PREFIX: &str = "/placement";
/// Where the controller's own API stands.
const OWN: &str = "/v1/";
/// Where the extender stands.
const EXTENDER: &str = "/extender";

/// What answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Health,
    Readiness,
    Metrics,
    /// The controller's own API.
    Own,
    /// What a Kubernetes scheduler asks.
    Extender,
    /// With what stands before the API's own path.
    Placement(&'static str),
}

/// Which room, and the path within it.
pub(super) fn room(path: &str) -> (Room, &str) {
    match path {
        "/healthz" => return (Room::Health, ""),
        "/readyz" => return (Room::Readiness, ""),
        "/metrics" => return (Room::Metrics, ""),
        _ => {}
    }
    if path.starts_with(OWN) {
        return (Room::Own, path);
    }
    if let Some(inner) = path.strip_prefix(EXTENDER).filter(|inner| inner.starts_with('/')) {
        return (Room::Extender, inner);
    }
    match path.strip_prefix(PREFIX) {
        Some(inner) if inner.is_empty() || inner.starts_with('/') => (Room::Placement(PREFIX), inner),
        _ => (Room::Placement(""), path),
    }
}

/// The role that a request needs; none: anybody may ask.
pub(super) fn role_for(head: &Head) -> Option<Role> {
    let (room, path) = room(head.path());
    match room {
        Room::Health | Room::Readiness => None,
        // An extender only answers.
        Room::Metrics | Room::Extender => Some(Role::Read),
        Room::Own => Some(v1::role_for(head.method.as_str(), path)),
        // Which versions are spoken is told to everybody, as Placement does.
        Room::Placement(_) if path.trim_end_matches('/').is_empty() => None,
        Room::Placement(_) if [Method::GET, Method::HEAD, Method::OPTIONS].contains(&head.method) => {
            Some(Role::Read)
        }
        Room::Placement(_) if first_part(path) == "allocations" => Some(Role::Schedule),
        Room::Placement(_) => Some(Role::Admin),
    }
}

fn first_part(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// The first parts of paths, by which requests are counted: nothing of a client's choice becomes a label.
const NAMES: [&str; 9] = [
    "resource_providers",
    "resource_classes",
    "traits",
    "allocations",
    "allocation_candidates",
    "usages",
    "reshaper",
    "metrics",
    "healthz",
];

/// The label of a path.
pub(super) fn label(path: &str) -> &'static str {
    let (room, inner) = room(path);
    match room {
        Room::Own => return v1::label(path).unwrap_or("other"),
        Room::Extender => return "extender",
        Room::Health | Room::Readiness | Room::Metrics | Room::Placement(_) => {}
    }
    let first = first_part(if inner.is_empty() { path } else { inner });
    NAMES.into_iter().find(|name| *name == first).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_rooms() {
        for (path, expected) in [
            ("/metrics", (Room::Metrics, "")),
            ("/", (Room::Placement(""), "/")),
            ("/placement", (Room::Placement("/placement"), "")),
            ("/placement/traits", (Room::Placement("/placement"), "/traits")),
            ("/placements", (Room::Placement(""), "/placements")),
            ("/metrics/x", (Room::Placement(""), "/metrics/x")),
            ("/v1/hosts", (Room::Own, "/v1/hosts")),
            ("/v1", (Room::Placement(""), "/v1")),
            ("/extender/pack/filter", (Room::Extender, "/pack/filter")),
            ("/extenders", (Room::Placement(""), "/extenders")),
        ] {
            assert_eq!(room(path), expected, "{path}");
        }
        assert_eq!(label("/placement/allocations/x"), "allocations");
        assert_eq!(label("/secret"), "other");
        assert_eq!(label("/v1/claims/secret"), "/v1/claims/{consumer}");
        assert_eq!(label("/extender/secret/filter"), "extender");
    }
}
