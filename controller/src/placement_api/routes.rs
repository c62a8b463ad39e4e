//! Which handler answers what, since which microversion.

use super::aggregates;
use super::allocations;
use super::call::Call;
use super::call::Request;
use super::candidates;
use super::classes;
use super::fault::Fault;
use super::inventories;
use super::providers;
use super::query::Query;
use super::query::decoded;
use super::reply::Reply;
use super::reshaper;
use super::root;
use super::traits;
use super::usages;
use super::version::Version;
use crate::inventory::Ledger;

/// The longest body that is read, in bytes.
pub const MAX_BODY: usize = 4 << 20;
/// The longest path and the longest query, in bytes.
const MAX_TARGET: usize = 64 << 10;

type Handler = fn(&Ledger, &Call<'_>) -> Result<Reply, Fault>;

/// What a handler wants of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Bare,
    /// To be allowed to answer with JSON.
    Read,
    /// A body of JSON.
    Write,
}

/// One method of one path.
struct Endpoint {
    method: &'static str,
    /// The minor microversion with which it came.
    since: u8,
    kind: Kind,
    handler: Handler,
}

/// One path.
struct Route {
    /// `*` is an open part.
    pattern: &'static [&'static str],
    endpoints: &'static [Endpoint],
}

macro_rules! routes {
    ($([$($part:literal)*] => $($method:ident $since:literal $kind:ident $handler:path),+;)+) => {
        &[$(Route {
            pattern: &[$($part),*],
            endpoints: &[$(Endpoint {
                method: stringify!($method),
                since: $since,
                kind: Kind::$kind,
                handler: $handler,
            }),+],
        }),+]
    };
}

/// The table: path, method, since which microversion 1.n, what it wants, who answers.
const ROUTES: &[Route] = routes! {
    [] => GET 0 Bare root::show;
    ["resource_classes"] => GET 2 Read classes::list, POST 2 Write classes::create;
    ["resource_classes" "*"] => GET 2 Read classes::show, PUT 2 Write classes::put, DELETE 2 Bare classes::delete;
    ["resource_providers"] => GET 0 Read providers::list, POST 0 Write providers::create;
    ["resource_providers" "*"] =>
        GET 0 Read providers::show, DELETE 0 Bare providers::delete, PUT 0 Write providers::update;
    ["resource_providers" "*" "inventories"] =>
        GET 0 Read inventories::list, POST 0 Write inventories::create,
        PUT 0 Write inventories::set, DELETE 5 Bare inventories::clear;
    ["resource_providers" "*" "inventories" "*"] =>
        GET 0 Read inventories::show, PUT 0 Write inventories::update, DELETE 0 Bare inventories::delete;
    ["resource_providers" "*" "usages"] => GET 0 Read usages::of_provider;
    ["resource_providers" "*" "aggregates"] => GET 1 Read aggregates::show, PUT 1 Write aggregates::set;
    ["resource_providers" "*" "allocations"] => GET 0 Read allocations::of_provider;
    ["resource_providers" "*" "traits"] =>
        GET 6 Read traits::of_provider, PUT 6 Write traits::set, DELETE 6 Bare traits::clear;
    ["allocations"] => POST 13 Write allocations::set_many;
    ["allocations" "*"] =>
        GET 0 Read allocations::of_consumer, PUT 0 Write allocations::set, DELETE 0 Bare allocations::delete;
    ["allocation_candidates"] => GET 10 Read candidates::list;
    ["traits"] => GET 6 Read traits::list;
    ["traits" "*"] => GET 6 Bare traits::show, PUT 6 Bare traits::put, DELETE 6 Bare traits::delete;
    ["usages"] => GET 9 Read usages::of_project;
    ["reshaper"] => POST 30 Write reshaper::reshape;
};

/// Answers a request, or says what has to be committed before the answer holds.
pub(super) fn answer(ledger: &Ledger, request: &Request<'_>, version: Version) -> Result<Reply, Fault> {
    check_size(request)?;
    if !request.body.is_empty() && request.content_type.is_none_or(str::is_empty) {
        return Err(Fault::bad("a body needs a Content-Type header: application/json"));
    }
    let path = decoded(request.path)?;
    let (route, names) = route(&path)?;
    let endpoint = route
        .endpoints
        .iter()
        .find(|endpoint| endpoint.method == request.method);
    let Some(endpoint) = endpoint else {
        return Err(no_method(route));
    };
    if !version.has(endpoint.since) {
        return Err(too_old(route, endpoint, version));
    }
    // Renaming a class needs a body; making one, from 1.7 on, does not.
    let bodiless = route.pattern == ["resource_classes", "*"] && version.has(7);
    match endpoint.kind {
        Kind::Read => check_accept(request.accept)?,
        Kind::Write if !bodiless => check_content_type(request.content_type)?,
        Kind::Write | Kind::Bare => (),
    }
    let query = Query::parse(request.query)?;
    let call = Call {
        request,
        version,
        query,
        names,
    };
    (endpoint.handler)(ledger, &call)
}

fn check_size(request: &Request<'_>) -> Result<(), Fault> {
    if request.body.len() > MAX_BODY {
        let size = request.body.len();
        return Err(Fault::new(
            413,
            format!("the body has {size} bytes, and {MAX_BODY} is the most"),
        ));
    }
    if request.path.len().max(request.query.len()) > MAX_TARGET {
        return Err(Fault::bad(format!(
            "path and query may have {MAX_TARGET} bytes each"
        )));
    }
    Ok(())
}

fn route(path: &str) -> Result<(&'static Route, Vec<String>), Fault> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let parts: Vec<&str> = if inner.is_empty() {
        Vec::new()
    } else {
        inner.split('/').collect()
    };
    let fits = |route: &&Route| {
        let each = route.pattern.iter().zip(&parts);
        let open = |pattern: &str, part: &str| pattern == "*" && !part.is_empty();
        route.pattern.len() == parts.len()
            && each
                .into_iter()
                .all(|(pattern, part)| pattern == part || open(pattern, part))
    };
    let route = ROUTES
        .iter()
        .find(fits)
        .ok_or_else(|| Fault::not_found("there is nothing at this path"))?;
    let open = route
        .pattern
        .iter()
        .zip(parts)
        .filter(|(pattern, _)| **pattern == "*");
    Ok((route, open.map(|(_, part)| part.to_owned()).collect()))
}

fn no_method(route: &Route) -> Fault {
    let methods: Vec<_> = route.endpoints.iter().map(|endpoint| endpoint.method).collect();
    let allow = methods.join(", ");
    Fault {
        allow: Some(allow.clone()),
        ..Fault::new(
            405,
            format!("this path does not know that method; it knows {allow}"),
        )
    }
}

/// What came later is not there, but for one method on a path that was there before.
fn too_old(route: &Route, endpoint: &Endpoint, version: Version) -> Fault {
    let since = endpoint.since;
    let older = route.endpoints.iter().any(|other| other.since < since);
    let detail = format!("this is known from microversion 1.{since} on, and {version} is spoken");
    Fault::new(if older { 405 } else { 404 }, detail)
}

fn check_content_type(header: Option<&str>) -> Result<(), Fault> {
    let media = header
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Fault::new(
        415,
        format!("a body of type {media:?} is not understood: use application/json"),
    ))
}

/// Refuses who does not take JSON (RFC 9110, section 12.5.1): the most exact range that names it decides.
fn check_accept(header: Option<&str>) -> Result<(), Fault> {
    let Some(header) = header.filter(|header| !header.trim().is_empty()) else {
        return Ok(());
    };
    let quality = |range: &str| {
        let named = header.split(',').find_map(|part| {
            let mut parts = part.split(';').map(str::trim);
            let media = parts.next().filter(|media| media.eq_ignore_ascii_case(range))?;
            let weight = parts.find_map(|parameter| parameter.strip_prefix("q="));
            Some((
                media,
                weight
                    .and_then(|weight| weight.parse::<f32>().ok())
                    .unwrap_or(1.0),
            ))
        });
        named.map(|(_, weight)| weight)
    };
    let weight = ["application/json", "application/*", "*/*"]
        .into_iter()
        .find_map(quality);
    if weight.is_some_and(|weight| weight > 0.0) {
        return Ok(());
    }
    Err(Fault::new(
        406,
        format!("answers are application/json, which Accept: {header} does not take"),
    ))
}
