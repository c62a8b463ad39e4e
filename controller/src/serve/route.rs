//! What there is behind the door, and which role it needs.

use wattle_door::Head;
use wattle_door::Method;

use crate::config::Role;

/// Where Placement's API stands besides the root, as many OpenStack installations have it.
const PREFIX: &str = "/placement";

/// What answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Health,
    Readiness,
    Metrics,
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
        Room::Metrics => Some(Role::Read),
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
    let (_, inner) = room(path);
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
        ] {
            assert_eq!(room(path), expected, "{path}");
        }
        assert_eq!(label("/placement/allocations/x"), "allocations");
        assert_eq!(label("/secret"), "other");
    }
}
