//! What a server has to know or to refuse before it looks at anything.

use super::super::ask::Ask;
use super::super::both::Both;
use super::super::real::MISSING;
use super::HOSTS;
use super::named;
use super::walk;
use crate::e2e::skip::note;

/// Methods, paths, versions and types that a server has to know or to refuse.
#[test]
fn doors_open_and_stay_shut_alike() {
    let Some(both) = Both::start() else {
        return note(
            "all::placement_api::conformance::doors::doors_open_and_stay_shut_alike",
            MISSING,
        );
    };
    walk(&both, HOSTS);
    let paths = [
        "/",
        "/nope",
        "/traits/",
        "/resource_providers/",
        "/resource_providers/{p1}/",
        "/resource_providers/{p1}/nope",
        "/resource_providers//inventories",
        "/resource_providers/{p1}/inventories/VCPU/x",
        "/resource_providers/%7b",
        "/allocations",
        "/reshaper",
        "/usages",
        "/allocation_candidates",
    ];
    for path in paths {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"] {
            both.ask("doors", &Ask::new(39, method, named(path)));
        }
    }
    for version in [
        "",
        "placement latest",
        "placement 1.40",
        "placement 2.1",
        "placement x",
        "placement 1.5.1",
        "compute 1.2",
        "placement 1.3, placement 1.4",
        "Placement 1.07",
        "placement LATEST",
        "placement",
        "1.4",
    ] {
        let version = version.to_owned();
        both.ask(
            "versions",
            &Ask {
                version,
                ..Ask::new(0, "GET", "/resource_providers")
            },
        );
    }
    for accept in [
        "*/*",
        "application/*",
        "text/html",
        "text/html, */*;q=0.1",
        "application/json;q=0",
        "",
    ] {
        let accept = Some(accept.to_owned());
        both.ask(
            "accept",
            &Ask {
                accept,
                ..Ask::new(39, "GET", "/resource_providers")
            },
        );
    }
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/jsonx",
    ] {
        let content_type = Some(kind.to_owned());
        let ask = Ask::new(39, "POST", "/resource_classes").text(r#"{"name": "CUSTOM_DOOR"}"#);
        both.ask("types", &Ask { content_type, ..ask });
    }
    let bare = Ask {
        content_type: None,
        ..Ask::new(39, "POST", "/resource_classes").text("{}")
    };
    both.ask("no type", &bare);
}
