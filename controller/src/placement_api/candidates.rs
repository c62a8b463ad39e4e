//! `GET /allocation_candidates`: reading what is asked for.

use super::call::Call;
use super::candidates_page;
use super::fault::Fault;
use super::fault::code;
use super::query;
use super::reply::Reply;
use crate::inventory::CandidateSearch;
use crate::inventory::Ledger;
use crate::inventory::Refusal;
use crate::inventory::Uuid;
use crate::inventory::Wish;

/// The parameters that a group has, and since when; with a suffix, since 1.25.
const GROUPED: [(u8, &str); 4] = [
    (10, "resources"),
    (17, "required"),
    (21, "member_of"),
    (31, "in_tree"),
];
/// The parameters of the whole request, and since when.
const WHOLE: [(u8, &str); 4] = [
    (16, "limit"),
    (25, "group_policy"),
    (35, "root_required"),
    (36, "same_subtree"),
];

pub(super) fn list(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let search = search(call)?;
    let found = ledger.candidates(&search).map_err(|refusal| match refusal {
        Refusal::NoClass(_) | Refusal::NoTrait(_) => Fault::from(refusal).with_status(400),
        other => other.into(),
    })?;
    let page = candidates_page::page(ledger, call.version, &search, &found);
    Ok(Reply::text(page).modified(call.now()))
}

fn search(call: &Call<'_>) -> Result<CandidateSearch, Fault> {
    for (key, _) in call.query.iter() {
        check_key(call, key)?;
    }
    let limit = limit(call)?;
    let isolate = isolate(call)?;
    let (root_required, root_forbidden) = root_traits(call)?;
    let subtrees = subtrees(call)?;
    let groups = groups(call)?;
    check_groups(call, &groups, &subtrees)?;
    let suffixed = groups.iter().filter(|(suffix, _)| !suffix.is_empty()).count();
    if suffixed > 1 && call.query.get("group_policy").is_none() {
        return Err(Fault::bad(
            "group_policy has to be said where more than one group has a suffix",
        ));
    }
    Ok(CandidateSearch {
        groups,
        root_required,
        root_forbidden,
        isolate,
        limit,
    })
}

/// Splits a key into the parameter and the suffix of its group; `None` if it is none of these.
fn grouped<'k>(call: &Call<'_>, key: &'k str) -> Option<(&'static str, &'k str)> {
    let known = GROUPED.iter().filter(|(since, _)| call.version.has(*since));
    known.map(|(_, name)| *name).find_map(|name| {
        let suffix = key.strip_prefix(name)?;
        is_suffix(call, suffix).then_some((name, suffix))
    })
}

fn is_suffix(call: &Call<'_>, suffix: &str) -> bool {
    let free = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if suffix.is_empty() {
        true
    } else if call.version.has(33) {
        suffix.len() <= 64 && suffix.bytes().all(free)
    } else {
        call.version.has(25) && !suffix.starts_with('0') && suffix.bytes().all(|byte| byte.is_ascii_digit())
    }
}

fn check_key(call: &Call<'_>, key: &str) -> Result<(), Fault> {
    let whole = WHOLE
        .iter()
        .filter(|(since, _)| call.version.has(*since))
        .map(|(_, name)| *name);
    if grouped(call, key).is_some() || whole.clone().any(|name| name == key) {
        return Ok(());
    }
    let groups = GROUPED
        .iter()
        .filter(|(since, _)| call.version.has(*since))
        .map(|(_, name)| *name);
    Err(query::unknown(key, &groups.chain(whole).collect::<Vec<_>>()))
}

fn limit(call: &Call<'_>) -> Result<Option<usize>, Fault> {
    for text in call.query.all("limit") {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if text.is_empty() || !digits || text.starts_with('0') {
            return Err(Fault::bad(format!(
                "limit has to be a whole number of at least 1, not {text:?}"
            )));
        }
    }
    // What does not fit a number is no limit at all.
    let first = call.query.all("limit").next();
    Ok(first.map(|text| text.parse().unwrap_or(usize::MAX)))
}

/// Whether each group is to have a provider of its own. Of several values the first one counts, as with Placement.
fn isolate(call: &Call<'_>) -> Result<bool, Fault> {
    let mut values = call.query.all("group_policy");
    if let Some(wrong) = call
        .query
        .all("group_policy")
        .find(|text| !["none", "isolate"].contains(text))
    {
        return Err(Fault::bad(format!(
            "group_policy is none or isolate, not {wrong:?}"
        )));
    }
    Ok(values.next() == Some("isolate"))
}

/// The suffixes of the groups that have to lie in one subtree. Providers are flat, so that groups do which are granted by
/// one provider, as all have to be.
fn subtrees<'c>(call: &'c Call<'_>) -> Result<Vec<&'c str>, Fault> {
    let values = call.query.all("same_subtree");
    let suffixes: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    if suffixes.contains(&"") {
        let fault = Fault::bad("same_subtree names groups by their suffixes, and one that it names has none");
        return Err(fault.with_code(code::BAD_VALUE));
    }
    Ok(suffixes)
}

fn root_traits(call: &Call<'_>) -> Result<(Vec<String>, Vec<String>), Fault> {
    let Some(text) = query::once(&call.query, "root_required")? else {
        return Ok(Default::default());
    };
    let (required, forbidden) = query::traits(text, true, false)?;
    let required: Vec<_> = required.into_iter().flatten().collect();
    if let Some(both) = required.iter().find(|name| forbidden.contains(name)) {
        let fault = Fault::bad(format!("root_required asks for {both} and forbids it"));
        return Err(fault.with_code(code::BAD_VALUE));
    }
    Ok((required, forbidden))
}

/// The groups, in the order in which their first parameters stand there.
fn groups(call: &Call<'_>) -> Result<Vec<(String, Wish)>, Fault> {
    let mut groups: Vec<(String, Wish)> = Vec::new();
    let keys = call
        .query
        .iter()
        .filter_map(|(key, value)| Some((key, value, grouped(call, key)?)));
    for (key, value, (name, suffix)) in keys {
        let known = groups.iter().position(|(known, _)| known == suffix);
        let index = known.unwrap_or_else(|| {
            groups.push((suffix.to_owned(), Wish::default()));
            groups.len() - 1
        });
        let Some((_, wish)) = groups.get_mut(index) else {
            continue;
        };
        match name {
            "resources" => wish.resources = query::resources(value)?,
            "required" => (wish.required, wish.forbidden) = query::required(call, key)?,
            "member_of" => (wish.member_of, wish.not_member_of) = query::member_of(call, key)?,
            _ => wish.in_tree = Some(tree(key, value)?),
        }
    }
    Ok(groups)
}

fn tree(key: &str, value: &str) -> Result<String, Fault> {
    let uuid = value.trim();
    match Uuid::like(uuid) {
        Some(_) => Ok(uuid.to_owned()),
        None => Err(Fault::bad(format!(
            "{key}: {value:?} is not the UUID of a resource provider"
        ))),
    }
}

fn check_groups(call: &Call<'_>, groups: &[(String, Wish)], subtrees: &[&str]) -> Result<(), Fault> {
    // The codes are as old as the parameter for which they were made.
    let bad = |detail: String, code| {
        let code = if call.version.has(36) {
            code
        } else {
            code::UNDEFINED
        };
        Err(Fault::bad(detail).with_code(code))
    };
    if groups.iter().all(|(_, wish)| wish.resources.is_empty()) {
        let detail = "the query has to say which resources are wanted";
        return bad(detail.to_owned(), code::MISSING_VALUE);
    }
    let idle = |(suffix, wish): &&(String, Wish)| wish.resources.is_empty() && !subtrees.contains(&&**suffix);
    if let Some((suffix, _)) = groups.iter().find(idle) {
        let detail =
            format!("the group {suffix:?} has no resources{suffix}, and same_subtree does not name it");
        return bad(detail, code::BAD_VALUE);
    }
    let is_group = |suffix: &&&str| groups.iter().any(|(known, _)| known == **suffix);
    if let Some(unknown) = subtrees.iter().find(|suffix| !is_group(suffix)) {
        let detail = format!("same_subtree names {unknown:?}, and no group has that suffix");
        return bad(detail, code::BAD_VALUE);
    }
    let torn = |wish: &Wish| {
        let hopeless = |any: &Vec<String>| any.iter().all(|name| wish.forbidden.contains(name));
        wish.required.iter().any(hopeless)
    };
    if let Some((suffix, _)) = groups.iter().find(|(_, wish)| torn(wish)) {
        return Err(Fault::bad(format!(
            "required{suffix} asks for a trait and forbids it"
        )));
    }
    Ok(())
}
