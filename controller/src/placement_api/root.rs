//! `GET /`: which versions are spoken here.

use serde_json::json;

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::version::MAX;
use super::version::MIN;
use crate::inventory::Ledger;

/// The version document.
pub(super) fn show(_: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let version = json!({
        "id": format!("v{MIN}"),
        "min_version": MIN.to_string(),
        "max_version": MAX.to_string(),
        "status": "CURRENT",
        "links": [{"rel": "self", "href": ""}],
    });
    Ok(Reply::page(&json!({ "versions": [version] })).modified(call.now()))
}
