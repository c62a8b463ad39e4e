//! The small languages of Placement's queries, for whoever else takes them.

use super::call::Call;
use super::call::Request;
use super::fault::Fault;
use super::query;
use super::query::Query;
use super::version::MAX;
use crate::inventory::Wish;

/// The longest name of a class, a trait, a project, a user or a consumer type.
pub(crate) const MAX_NAME: usize = super::body::MAX_NAME;

/// Whether a text could be the name of a class, a trait or a consumer type.
pub(crate) fn is_word(name: &str) -> bool {
    super::body::is_word(name)
}

/// The parameters of a query in order, or what is wrong with it.
pub(crate) fn pairs(query: &str) -> Result<Vec<(String, String)>, String> {
    let query = Query::parse(query).map_err(sentence)?;
    let pairs = query.iter();
    Ok(pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect())
}

/// Decodes a part of a path.
pub(crate) fn decoded(text: &str) -> Result<String, String> {
    query::decoded(text).map_err(sentence)
}

/// Reads `VCPU:2,MEMORY_MB:1024`.
pub(crate) fn resources(text: &str) -> Result<Vec<(String, u64)>, String> {
    query::resources(text).map_err(sentence)
}

/// Reads one value of `required` into a wish.
pub(crate) fn add_required(wish: &mut Wish, text: &str) -> Result<(), String> {
    let (needed, forbidden) = query::traits(text, true, true).map_err(sentence)?;
    wish.required.extend(needed);
    wish.forbidden.extend(forbidden);
    Ok(())
}

/// Reads one value of `member_of` into a wish.
pub(crate) fn add_member_of(wish: &mut Wish, text: &str) -> Result<(), String> {
    let key = "member_of";
    let call = Call {
        request: &Request::default(),
        version: MAX,
        query: Query::one(key, text),
        names: Vec::new(),
    };
    let (needed, forbidden) = query::member_of(&call, key).map_err(sentence)?;
    wish.member_of.extend(needed);
    wish.not_member_of.extend(forbidden);
    Ok(())
}

fn sentence(fault: Fault) -> String {
    fault.detail
}
