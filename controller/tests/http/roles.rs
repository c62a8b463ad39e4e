//! Who may do what.

use std::ffi::OsStr;

use serde_json::Value;

use crate::client;
use crate::served::Controller;
use crate::served::command;

/// SHA-256 of `reader`, `scheduler` and `admin`.
const ROLES: &str = "\
tokens:
- {name: one, role: read, sha256: 3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30}
- {name: two, role: schedule, sha256: a02ba163f3a02db22fdd14b310119f1a4c2f9e4a773a573f757904dd5433d4dd}
- {name: three, role: admin, sha256: 8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918}
";

#[test]
fn each_role_may_do_what_it_is_for_and_nobody_else_anything() {
    let dir = tempfile::tempdir().unwrap();
    let (roles, store) = (dir.path().join("roles.yaml"), dir.path().join("store"));
    std::fs::write(&roles, ROLES).unwrap();
    let flags = [
        "--auth.file".as_ref(),
        roles.as_os_str(),
        "--store.file".as_ref(),
        store.as_os_str(),
    ];
    let controller = Controller::start(&flags as &[&OsStr]);
    let consumer = "/allocations/22222222-0000-4000-8000-000000000001";
    let table = [
        ("GET", "/", [200, 200, 200, 200]),
        ("GET", "/healthz", [200, 200, 200, 200]),
        ("GET", "/metrics", [401, 200, 200, 200]),
        ("GET", "/traits", [401, 200, 200, 200]),
        ("DELETE", consumer, [401, 403, 404, 404]),
        ("DELETE", "/placement/allocations/x", [401, 403, 404, 404]),
        ("PUT", "/traits/CUSTOM_X", [401, 403, 403, 201]),
        ("POST", "/reshaper", [401, 403, 403, 415]),
        ("BREW", "/allocations", [401, 403, 405, 405]),
        ("GET", "/v1/hosts", [401, 200, 200, 200]),
        ("GET", "/v1/claims", [401, 200, 200, 200]),
        ("GET", "/v1/plan", [401, 200, 200, 200]),
        ("GET", "/v1/openapi.json", [401, 200, 200, 200]),
        ("GET", "/v1/nothing", [401, 404, 404, 404]),
        ("POST", "/v1/simulate", [401, 415, 415, 415]),
        ("POST", "/v1/schedule", [401, 403, 415, 415]),
        (
            "DELETE",
            "/v1/claims/22222222-0000-4000-8000-000000000001",
            [401, 403, 404, 404],
        ),
        ("POST", "/v1/hosts/one/drain", [401, 403, 403, 404]),
        ("POST", "/v1/hosts/one/undrain", [401, 403, 403, 404]),
        ("POST", "/extender/filter", [401, 400, 400, 400]),
    ];
    for (method, target, statuses) in table {
        for (token, status) in ["nobody", "reader", "scheduler", "admin"].iter().zip(statuses) {
            for header in ["Authorization", "X-Auth-Token"] {
                if (method, header) == ("PUT", "X-Auth-Token") {
                    continue;
                }
                let value = match header {
                    "Authorization" => format!("Bearer {token}"),
                    _ => (*token).to_owned(),
                };
                let headers = [
                    (header, value.as_str()),
                    ("OpenStack-API-Version", "placement 1.39"),
                ];
                let reply = client::ask(controller.address, method, target, &headers);
                assert_eq!(
                    reply.status,
                    status,
                    "{method} {target} by {token}: {}",
                    reply.text()
                );
                if [401, 403].contains(&status) {
                    let said: Value = serde_json::from_slice(&reply.body).unwrap();
                    assert_eq!(said["errors"][0]["status"], status);
                }
                assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
            }
        }
    }
    assert!(!controller.program.log().contains("scheduler"));
}

#[test]
fn what_would_be_open_to_everybody_does_not_start() {
    for (flags, code, said) in [
        (&["--listen", "0.0.0.0:0"] as &[&str], 1, "auth.file"),
        (
            &["--config", "/nonexistent/x.yaml"],
            78,
            "/nonexistent/x.yaml: No such file",
        ),
    ] {
        let output = command().arg("serve").args(flags).output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
}
