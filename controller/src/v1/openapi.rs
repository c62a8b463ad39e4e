//! The OpenAPI document (version 3.1), made from the table of routes and the types that go in and out.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::routes::FAULT;
use super::routes::Kind;
use super::routes::ROUTES;
use super::routes::Route;
use crate::config::Role;

/// Where the types stand in the document.
const SCHEMAS: &str = "/components/schemas";

/// The document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = SCHEMAS.into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in &ROUTES {
        let operation = operation(route, &mut generator);
        let path = paths.entry(route.path).or_default();
        path.insert(route.method.to_ascii_lowercase(), operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wattle-controller",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Where the next machine should run, and why. OpenStack Placement's API stands beside it, at / and /placement; \
                            the endpoints of a Kubernetes scheduler extender stand below /extender.",
        },
        "servers": [{"url": "/"}],
        // Nobody is asked where no file of roles is configured, which is for the loopback alone.
        "security": [{"bearer": []}, {}],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.about,
        "description": format!("Needs the role `{}`.", role(route.role)),
        "parameters": parameters(route),
        "responses": responses(route, generator),
    });
    if let Some((shape, required)) = route.takes {
        operation["requestBody"] = json!({
            "required": required,
            "content": {"application/json": {"schema": shape(generator)}},
        });
    }
    operation
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Read => "read",
        Role::Schedule => "schedule",
        Role::Admin => "admin",
    }
}

fn parameters(route: &Route) -> Vec<Value> {
    let open = route.path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
    });
    let query = route.query.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "description": parameter.about,
            "schema": kind(parameter.kind),
        })
    });
    open.chain(query).collect()
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Count(most) => json!({"type": "integer", "minimum": 1, "maximum": most}),
        Kind::Figure => json!({"type": "number", "minimum": 0}),
        Kind::Flag => json!({"type": "boolean"}),
    }
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    match route.gives {
        Some((media, shape)) => {
            let content = json!({media: {"schema": shape(generator)}});
            responses.insert(
                "200".to_owned(),
                json!({"description": "All is well.", "content": content}),
            );
        }
        None => {
            responses.insert("204".to_owned(), json!({"description": "Done."}));
        }
    }
    // Who may not, and who is too many, is told so everywhere.
    for status in route.faults.iter().chain(&[401, 403, 429]) {
        let content = json!({"application/json": {"schema": FAULT(generator)}});
        let description = told(*status);
        responses.insert(
            status.to_string(),
            json!({"description": description, "content": content}),
        );
    }
    Value::Object(responses)
}

fn told(status: u16) -> &'static str {
    match status {
        400 => "What was sent cannot be meant; the fault names the field.",
        401 => "Nobody knows who this is.",
        403 => "Another role is needed.",
        404 => "There is no such thing.",
        409 => "There is no place, the consumer has something else, or others were faster.",
        413 => "The body is too large.",
        415 => "The body is not application/json.",
        429 => "Too many requests; Retry-After says when to come back.",
        _ => "The store does not answer, or too many ask; nothing is known of a change that was under way.",
    }
}
