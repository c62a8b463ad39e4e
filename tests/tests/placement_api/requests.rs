//! Random requests: mostly such as succeed, with every microversion.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use wattle_controller::inventory::Consumer;
use wattle_controller::inventory::Ledger;
use wattle_controller::inventory::Provider;
use wattle_tests::fakehost::Random;

use super::ask::Ask;
use super::world;
use super::world::CLASSES;
use super::world::TRAITS;

type Maker = fn(&mut Random, &Ledger, u8) -> Ask;

/// How often, since which microversion 1.n, what is asked.
const MAKERS: &[(u64, u8, Maker)] = &[
    (8, 0, make_provider),
    (3, 0, rename_provider),
    (2, 0, delete_provider),
    (6, 0, list_providers),
    (9, 0, set_inventories),
    (4, 0, add_inventory),
    (5, 0, update_inventory),
    (3, 0, delete_inventory),
    (1, 5, clear_inventories),
    (7, 6, set_traits),
    (1, 6, clear_traits),
    (5, 6, trait_word),
    (2, 6, list_traits),
    (5, 2, class_word),
    (6, 1, set_aggregates),
    (20, 0, claim),
    (8, 0, claim_many),
    (5, 0, release),
    (3, 9, usages),
    (16, 10, candidates),
    (4, 0, look),
    (4, 30, reshape),
];

/// A request that the generator comes upon.
pub(crate) fn next(random: &mut Random, ledger: &Ledger) -> Ask {
    let minor = match random.below(4) {
        0 => 39,
        1 => *random.pick(&[12, 19, 28, 34, 38]),
        _ => u8::try_from(random.below(40)).unwrap(),
    };
    let all: u64 = MAKERS.iter().map(|(weight, ..)| weight).sum();
    let mut left = random.below(all);
    let chosen = MAKERS.iter().find(|(weight, ..)| {
        let here = left < *weight;
        left = left.saturating_sub(*weight);
        here
    });
    let (_, since, maker) = chosen.unwrap();
    // Too old a version says little, but it has to say the same.
    let minor = if random.percent(95) {
        minor.max(*since)
    } else {
        minor
    };
    let mut ask = maker(random, ledger, minor);
    if random.percent(2) {
        spoil(random, &mut ask);
    }
    ask
}

/// Makes something wrong that is wrong for everybody.
fn spoil(random: &mut Random, ask: &mut Ask) {
    match random.below(5) {
        0 => ask.content_type = Some("text/plain".to_owned()),
        1 => ask.body = b"{\"a\":".to_vec(),
        2 => ask.accept = Some("text/plain".to_owned()),
        3 => ask.method = random.pick::<&str>(&["PATCH", "POST", "DELETE"]),
        _ => ask.version = "placement 1.99".to_owned(),
    }
    // Deleting by accident what was only to be read is fine; a body that nobody announced is not sent.
    if ask.content_type.is_none() {
        ask.body.clear();
    }
}

fn any_provider(random: &mut Random) -> String {
    world::provider(random.below(world::PROVIDERS))
}

/// A provider that is there, mostly.
fn provider(random: &mut Random, ledger: &Ledger) -> String {
    let known: Vec<_> = ledger.providers().map(|known| known.uuid().to_string()).collect();
    if known.is_empty() || random.percent(3) {
        any_provider(random)
    } else {
        random.pick(&known).clone()
    }
}

/// Its generation, mostly.
fn generation(random: &mut Random, ledger: &Ledger, uuid: &str) -> u64 {
    let known = ledger.provider(uuid).map_or(0, Provider::generation);
    if random.percent(5) { known + 1 } else { known }
}

fn make_provider(random: &mut Random, _: &Ledger, minor: u8) -> Ask {
    let number = random.below(world::PROVIDERS);
    let name = if random.percent(95) { number } else { number + 1 };
    let body = json!({"name": format!("host {name}"), "uuid": world::provider(number)});
    Ask::new(minor, "POST", "/resource_providers").json(&body)
}

fn rename_provider(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let name = format!("host {}", random.below(world::PROVIDERS * 2));
    let target = format!("/resource_providers/{}", provider(random, ledger));
    Ask::new(minor, "PUT", target).json(&json!({ "name": name }))
}

fn delete_provider(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    Ask::new(
        minor,
        "DELETE",
        format!("/resource_providers/{}", provider(random, ledger)),
    )
}

fn inventory(random: &mut Random) -> Value {
    let mut inventory = json!({"total": 8 + random.below(60)});
    let mut maybe = |name: &str, choices: &[Value]| {
        if random.percent(25) {
            inventory[name] = random.pick(choices).clone();
        }
    };
    maybe("reserved", &[json!(0), json!(2), json!(8), json!(200)]);
    maybe("min_unit", &[json!(1), json!(2)]);
    maybe("max_unit", &[json!(4), json!(16), json!(2_147_483_647)]);
    maybe("step_size", &[json!(1), json!(2), json!(3)]);
    maybe(
        "allocation_ratio",
        &[json!(0.5), json!(1.1), json!(16.0), json!(1), json!(0.33)],
    );
    if random.percent(2) {
        let (name, value) = random
            .pick(&[
                ("total", json!(0)),
                ("colour", json!(1)),
                ("step_size", json!("a")),
                ("reserved", json!(-1)),
            ])
            .clone();
        inventory[name] = value;
    }
    inventory
}

fn some_inventories(random: &mut Random, chance: u64) -> Value {
    let classes = random.some(&CLASSES, chance);
    let all: Map<_, _> = classes
        .into_iter()
        .map(|class| (class.to_owned(), inventory(random)))
        .collect();
    all.into()
}

fn set_inventories(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let uuid = provider(random, ledger);
    let generation = generation(random, ledger, &uuid);
    let body =
        json!({"resource_provider_generation": generation, "inventories": some_inventories(random, 75)});
    Ask::new(minor, "PUT", format!("/resource_providers/{uuid}/inventories")).json(&body)
}

fn add_inventory(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let uuid = provider(random, ledger);
    let mut body = inventory(random);
    body["resource_class"] = (*random.pick(&CLASSES)).into();
    Ask::new(minor, "POST", format!("/resource_providers/{uuid}/inventories")).json(&body)
}

fn update_inventory(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let (uuid, class) = (provider(random, ledger), *random.pick(&CLASSES));
    let mut body = inventory(random);
    body["resource_provider_generation"] = generation(random, ledger, &uuid).into();
    Ask::new(
        minor,
        "PUT",
        format!("/resource_providers/{uuid}/inventories/{class}"),
    )
    .json(&body)
}

fn delete_inventory(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let (uuid, class) = (provider(random, ledger), random.pick(&CLASSES));
    Ask::new(
        minor,
        "DELETE",
        format!("/resource_providers/{uuid}/inventories/{class}"),
    )
}

fn clear_inventories(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    Ask::new(
        minor,
        "DELETE",
        format!("/resource_providers/{}/inventories", provider(random, ledger)),
    )
}

fn set_traits(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let uuid = provider(random, ledger);
    let traits = random.some(&TRAITS, 50);
    let body = json!({"resource_provider_generation": generation(random, ledger, &uuid), "traits": traits});
    Ask::new(minor, "PUT", format!("/resource_providers/{uuid}/traits")).json(&body)
}

fn clear_traits(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    Ask::new(
        minor,
        "DELETE",
        format!("/resource_providers/{}/traits", provider(random, ledger)),
    )
}

fn trait_word(random: &mut Random, _: &Ledger, minor: u8) -> Ask {
    let method = random.pick(&["PUT", "PUT", "PUT", "GET", "DELETE"]);
    Ask::new(minor, method, format!("/traits/{}", random.pick(&TRAITS)))
}

fn list_traits(random: &mut Random, _: &Ledger, minor: u8) -> Ask {
    let queries = [
        "?name=startswith:CUSTOM_",
        "?name=in:CUSTOM_QUIET,HW_CPU_X86_VMX,NOPE",
        "?associated=true",
        "?associated=False&name=startswith:CUSTOM",
        "?associated=perhaps",
        "?name=CUSTOM",
        "?colour=red",
    ];
    Ask::new(minor, "GET", format!("/traits{}", random.pick(&queries)))
}

fn class_word(random: &mut Random, _: &Ledger, minor: u8) -> Ask {
    let class = random.pick(&CLASSES);
    let target = format!("/resource_classes/{class}");
    match random.below(8) {
        0 => Ask::new(minor, "GET", target),
        1 => Ask::new(minor, "DELETE", target),
        2 => Ask::new(minor, "POST", "/resource_classes").json(&json!({ "name": class })),
        3 => Ask::new(minor.min(6), "PUT", target).json(&json!({"name": random.pick(&CLASSES)})),
        _ => Ask::new(minor.max(7), "PUT", target),
    }
}

fn set_aggregates(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let uuid = provider(random, ledger);
    let all: Vec<_> = (0..world::AGGREGATES).map(world::aggregate).collect();
    let aggregates = random.some(&all, 40);
    let target = format!("/resource_providers/{uuid}/aggregates");
    if minor < 19 {
        return Ask::new(minor, "PUT", target).json(&json!(aggregates));
    }
    let generation = generation(random, ledger, &uuid);
    let body = json!({"aggregates": aggregates, "resource_provider_generation": generation});
    Ask::new(minor, "PUT", target).json(&body)
}

fn amounts(random: &mut Random, chance: u64) -> Value {
    let mut classes = random.some(&CLASSES, chance);
    if classes.is_empty() {
        classes.push("VCPU");
    }
    let all: Map<_, _> = classes
        .into_iter()
        .map(|class| (class.to_owned(), (1 + random.below(9)).into()))
        .collect();
    all.into()
}

/// What one consumer asks for; providers that are not there are left to a case of their own.
fn wanted(random: &mut Random, ledger: &Ledger, minor: u8, may_be_empty: bool) -> Value {
    let known: Vec<_> = ledger.providers().map(|known| known.uuid().to_string()).collect();
    let count = if may_be_empty && random.percent(20) {
        0
    } else {
        1 + random.below(2)
    };
    let count = if known.is_empty() { 0 } else { count };
    let chosen: Vec<_> = (0..count).map(|_| random.pick(&known).clone()).collect();
    if minor < 12 {
        let all = chosen
            .iter()
            .map(|uuid| json!({"resource_provider": {"uuid": uuid}, "resources": amounts(random, 25)}));
        return all.collect();
    }
    let all: Map<_, _> = chosen
        .into_iter()
        .map(|uuid| (uuid, json!({"resources": amounts(random, 25)})))
        .collect();
    all.into()
}

fn claim_of(random: &mut Random, ledger: &Ledger, minor: u8, id: &str, may_be_empty: bool) -> Value {
    let mut body = json!({"allocations": wanted(random, ledger, minor, may_be_empty)});
    if minor >= 8 {
        body["project_id"] = (*random.pick(&world::PROJECTS)).into();
        body["user_id"] = (*random.pick(&world::USERS)).into();
    }
    if minor >= 28 {
        let known = ledger.consumer(id).map(Consumer::generation);
        let told = if random.percent(5) { Some(7) } else { known };
        body["consumer_generation"] = told.into();
    }
    if minor >= 34 && random.percent(30) {
        body["mappings"] = json!({"": [world::provider(0)]});
    }
    if minor >= 38 {
        body["consumer_type"] = (*random.pick(&world::KINDS)).into();
    }
    body
}

fn claim(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let id = world::consumer(random.below(world::CONSUMERS));
    let body = claim_of(random, ledger, minor, &id, minor >= 28);
    Ask::new(minor, "PUT", format!("/allocations/{id}")).json(&body)
}

fn claims(random: &mut Random, ledger: &Ledger, minor: u8) -> Value {
    let count = 1 + random.below(3);
    let ids: Vec<_> = (0..count)
        .map(|_| world::consumer(random.below(world::CONSUMERS)))
        .collect();
    let all: Map<_, _> = ids
        .into_iter()
        .map(|id| (id.clone(), claim_of(random, ledger, minor, &id, true)))
        .collect();
    all.into()
}

fn claim_many(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let body = claims(random, ledger, minor.max(12));
    Ask::new(minor.max(12), "POST", "/allocations").json(&body)
}

fn release(random: &mut Random, _: &Ledger, minor: u8) -> Ask {
    Ask::new(
        minor,
        "DELETE",
        format!("/allocations/{}", world::consumer(random.below(world::CONSUMERS))),
    )
}

fn usages(random: &mut Random, _: &Ledger, minor: u8) -> Ask {
    let mut target = format!("/usages?project_id={}", random.pick(&world::PROJECTS));
    if random.percent(40) {
        target.push_str("&user_id=u1");
    }
    if random.percent(if minor >= 38 { 60 } else { 5 }) {
        target.push_str("&consumer_type=");
        let kinds = ["all", "unknown", "INSTANCE", "NOPE", "allinone", "lower"];
        target.push_str(random.pick::<&str>(&kinds));
    }
    Ask::new(minor, "GET", target)
}

/// A part of a query that both searches know.
fn filters(random: &mut Random, minor: u8, required: u8, member_of: u8) -> String {
    let mut query = String::new();
    let any_trait = |random: &mut Random| {
        let name = if random.percent(97) {
            random.pick(&TRAITS)
        } else {
            &"CUSTOM_NOPE"
        };
        let not = if minor >= 22 && random.percent(30) {
            "!"
        } else {
            ""
        };
        format!("{not}{name}")
    };
    if minor >= required && random.percent(40) {
        query.push_str(&format!("&required={}", any_trait(random)));
        if random.percent(30) {
            query.push_str(&format!(",{}", any_trait(random)));
        }
        if minor >= 39 && random.percent(40) {
            query.push_str(&format!(
                "&required=in:{},{}",
                random.pick(&TRAITS),
                random.pick(&TRAITS)
            ));
        }
    }
    let any = |random: &mut Random| world::aggregate(random.below(world::AGGREGATES + 1));
    if minor >= member_of && random.percent(35) {
        let not = if minor >= 32 && random.percent(30) {
            "!"
        } else {
            ""
        };
        query.push_str(&format!("&member_of={not}{}", any(random)));
        if minor >= 24 && random.percent(40) {
            query.push_str(&format!("&member_of=in:{},{}", any(random), any(random)));
        }
    }
    query
}

fn resources(random: &mut Random) -> String {
    let mut classes = random.some(&CLASSES, 30);
    if classes.is_empty() {
        classes.push("VCPU");
    }
    let all: Vec<_> = classes
        .iter()
        .map(|class| format!("{class}:{}", 1 + random.below(12)))
        .collect();
    all.join(",")
}

fn list_providers(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let mut query = filters(random, minor, 18, 3);
    if minor >= 4 && random.percent(50) {
        query.push_str(&format!("&resources={}", resources(random)));
    }
    if random.percent(20) {
        query.push_str(&format!("&name=host+{}", random.below(world::PROVIDERS)));
    }
    if random.percent(15) {
        query.push_str(&format!("&uuid={}", provider(random, ledger)));
    }
    if random.percent(15) {
        query.push_str(&format!("&in_tree={}", provider(random, ledger)));
    }
    Ask::new(
        minor,
        "GET",
        format!("/resource_providers?{}", query.trim_start_matches('&')),
    )
}

const POLICIES: [&str; 4] = [
    "",
    "&group_policy=none",
    "&group_policy=none",
    "&group_policy=isolate",
];

/// Groups with suffixes.
fn groups(random: &mut Random) -> String {
    let mut query = format!("&resources1={}", resources(random));
    if random.percent(40) {
        let (resources, name) = (resources(random), random.pick(&TRAITS));
        query.push_str(&format!("&resources2={resources}&required2={name}"));
    }
    query.push_str(random.pick::<&str>(&POLICIES));
    query
}

/// Groups in one subtree, of which one wants nothing but to be there.
fn subtrees(random: &mut Random) -> String {
    let named = random.pick::<&str>(&["_A,_B", "_B", "_B&same_subtree=_A", "_A,_C", "_A,%20_B", "_A,"]);
    let wanted = match random.below(4) {
        0 => format!(
            "member_of_B={}",
            world::aggregate(random.below(world::AGGREGATES))
        ),
        1 => format!("required_B=!{}", random.pick(&TRAITS)),
        2 => format!("in_tree_B={}", world::provider(random.below(world::PROVIDERS))),
        _ => format!("required_B={}", random.pick(&TRAITS)),
    };
    let policy = random.pick::<&str>(&POLICIES);
    format!(
        "&resources_A={}&{wanted}&same_subtree={named}{policy}",
        resources(random)
    )
}

fn candidates(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let mut query = format!("resources={}", resources(random));
    query.push_str(&filters(random, minor, 17, 21));
    if minor >= 31 && random.percent(10) {
        query.push_str(&format!("&in_tree={}", provider(random, ledger)));
    }
    if minor >= 35 && random.percent(15) {
        query.push_str(&format!("&root_required={}", random.pick(&TRAITS)));
    }
    if minor >= 25 && random.percent(20) {
        query.push_str(&groups(random));
    }
    if minor >= 36 && random.percent(20) {
        query.push_str(&subtrees(random));
    }
    Ask::new(minor, "GET", format!("/allocation_candidates?{query}"))
}

fn look(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let own = format!("/resource_providers/{}", provider(random, ledger));
    let one = format!("{own}/inventories/{}", random.pick(&CLASSES));
    let consumer = format!("/allocations/{}", world::consumer(random.below(world::CONSUMERS)));
    let rooms = [
        "",
        "/inventories",
        "/usages",
        "/aggregates",
        "/traits",
        "/allocations",
    ];
    let mut targets: Vec<_> = rooms.map(|room| format!("{own}{room}")).to_vec();
    targets.extend([one, consumer, "/resource_classes".to_owned()]);
    Ask::new(minor, "GET", random.pick(&targets).clone())
}

fn reshape(random: &mut Random, ledger: &Ledger, minor: u8) -> Ask {
    let known: Vec<_> = ledger.providers().map(|known| known.uuid().to_string()).collect();
    let mut inventories = Map::new();
    for uuid in random.some(&known, 15) {
        let generation = generation(random, ledger, &uuid);
        // More reserved than there is would be taken by Placement here, though nowhere else.
        let mut all = some_inventories(random, 90);
        for inventory in all.as_object_mut().unwrap().values_mut() {
            inventory.as_object_mut().unwrap().remove("reserved");
        }
        inventories.insert(
            uuid,
            json!({"resource_provider_generation": generation, "inventories": all}),
        );
    }
    let allocations = if random.percent(50) {
        claims(random, ledger, minor)
    } else {
        json!({})
    };
    let body = json!({"inventories": inventories, "allocations": allocations});
    Ask::new(minor, "POST", "/reshaper").json(&body)
}
