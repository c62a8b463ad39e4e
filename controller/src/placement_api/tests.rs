//! The API as a whole: what no client may bring about.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_assert;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;
use tokio::runtime::Builder;

use super::InMemory;
use super::MAX_BODY;
use super::Request;
use super::Response;
use super::Service;
use super::seam::ClaimStore;
use crate::inventory::Uuid;
use crate::store::Entry;
use crate::store::Outcome;
use crate::store::Transaction;

const HOST: &str = "11111111-0000-4000-8000-000000000001";

/// Two services can share a store.
impl ClaimStore for Arc<InMemory> {
    type Error = std::convert::Infallible;

    fn commit(&self, transaction: &Transaction) -> impl Future<Output = Result<Outcome, Self::Error>> + Send {
        InMemory::commit(self, transaction)
    }

    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, Self::Error>> + Send {
        InMemory::get(self, key)
    }

    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<Entry>, Self::Error>> + Send {
        InMemory::list(self, prefix)
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

fn request<'r>(
    method: &'r str,
    path: &'r str,
    query: &'r str,
    version: &'r str,
    body: &'r [u8],
) -> Request<'r> {
    Request {
        method,
        path,
        prefix: "/placement",
        origin: "https://wattle.example",
        query,
        api_version: Some(version),
        content_type: Some("application/json"),
        accept: None,
        body,
        now: 0,
        random: 7,
    }
}

async fn ask<S: ClaimStore>(service: &Service<S>, method: &str, path: &str, body: &Value) -> Response {
    let body = body.to_string();
    let response = service
        .handle(&request(method, path, "", "placement 1.39", body.as_bytes()))
        .await;
    assert_ne!(
        response.status,
        500,
        "{}",
        String::from_utf8_lossy(&response.body)
    );
    response
}

async fn with_host<S: ClaimStore>(service: &Service<S>, total: u32) {
    let made = ask(
        service,
        "POST",
        "/resource_providers",
        &json!({"name": "one", "uuid": HOST}),
    )
    .await;
    assert_eq!(
        made.header("location"),
        Some(format!("https://wattle.example/placement/resource_providers/{HOST}").as_str())
    );
    let body = json!({"resource_provider_generation": 0, "inventories": {"VCPU": {"total": total}}});
    let set = ask(
        service,
        "PUT",
        &format!("/resource_providers/{HOST}/inventories"),
        &body,
    )
    .await;
    assert_eq!(set.status, 200);
}

fn claim() -> Value {
    json!({"allocations": {HOST: {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u",
        "consumer_generation": null, "consumer_type": "INSTANCE"})
}

#[test]
fn a_hundred_clients_of_two_services_get_exactly_what_there_is() {
    let store = Arc::new(InMemory::default());
    let first = block_on(Service::open(Arc::clone(&store))).unwrap();
    block_on(with_host(&first, 10));
    // Neither is told what the other does: each finds out by being refused.
    let services = [first, block_on(Service::open(store)).unwrap()];
    let claim_one = |number: u128, service: &Service<Arc<InMemory>>| {
        let path = format!("/allocations/{}", Uuid::from_bits(number));
        block_on(ask(service, "PUT", &path, &claim())).status
    };
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let clients = services.iter().cycle().zip(0..100);
        let running: Vec<_> = clients
            .map(|(service, number)| scope.spawn(move || claim_one(number, service)))
            .collect();
        running.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| [204, 409].contains(status)));
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 10);
}

#[test]
fn a_name_that_another_service_gave_away_is_known_in_the_end() {
    block_on(async {
        let store = Arc::new(InMemory::default());
        let (first, second) = (
            Service::open(Arc::clone(&store)).await.unwrap(),
            Service::open(store).await.unwrap(),
        );
        with_host(&first, 1).await;
        let again = ask(&second, "POST", "/resource_providers", &json!({"name": "one"})).await;
        let body: Value = serde_json::from_slice(&again.body).unwrap();
        assert_eq!(body["errors"][0]["code"], "placement.duplicate_name");
        assert_eq!(second.ledger().providers().count(), 1);
    });
}

#[test]
fn a_service_that_starts_again_knows_everything() {
    block_on(async {
        let store = Arc::new(InMemory::default());
        let first = Service::open(Arc::clone(&store)).await.unwrap();
        with_host(&first, 4).await;
        let consumer = Uuid::from_bits(5);
        ask(&first, "PUT", &format!("/allocations/{consumer}"), &claim()).await;
        let second = Service::open(store).await.unwrap();
        for path in [
            format!("/allocations/{consumer}"),
            format!("/resource_providers/{HOST}/usages"),
        ] {
            let pages = (
                ask(&first, "GET", &path, &Value::Null).await,
                ask(&second, "GET", &path, &Value::Null).await,
            );
            assert_eq!(pages.0.body, pages.1.body);
        }
    });
}

#[test]
fn what_is_not_made_yet_is_refused_with_a_sentence() {
    block_on(async {
        let service = Service::open(InMemory::default()).await.unwrap();
        with_host(&service, 4).await;
        let child = json!({"name": "child", "parent_provider_uuid": HOST});
        let sharing = json!({"traits": ["MISC_SHARES_VIA_AGGREGATE"], "resource_provider_generation": 1});
        for response in [
            ask(&service, "POST", "/resource_providers", &child).await,
            ask(
                &service,
                "PUT",
                &format!("/resource_providers/{HOST}/traits"),
                &sharing,
            )
            .await,
        ] {
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!(response.status, 400);
            assert!(
                body["errors"][0]["detail"]
                    .as_str()
                    .unwrap()
                    .contains("not supported here"),
                "{body}"
            );
        }
    });
}

#[test]
fn groups_in_one_subtree_are_granted_by_one_flat_provider() {
    block_on(async {
        let service = Service::open(InMemory::default()).await.unwrap();
        with_host(&service, 4).await;
        let path = format!("/resource_providers/{HOST}/traits");
        let traits = json!({"traits": ["HW_CPU_X86_VMX"], "resource_provider_generation": 1});
        ask(&service, "PUT", &path, &traits).await;
        let (missing, bad) = ("placement.query.missing_value", "placement.query.bad_value");
        for (query, expected) in [
            ("resources_A=VCPU:1&same_subtree=_A", Ok(1)),
            (
                "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&same_subtree=_A,_B&group_policy=none",
                Ok(1),
            ),
            (
                "resources_A=VCPU:1&required_B=HW_CPU_X86_AVX2&same_subtree=_A,_B&group_policy=none",
                Ok(0),
            ),
            (
                "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&same_subtree=_A,_B&group_policy=isolate",
                Ok(0),
            ),
            (
                "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&in_tree_B=11111111-0000-4000-8000-000000000009\
                &same_subtree=_A,_B&group_policy=none",
                Ok(0),
            ),
            (
                "resources_A=VCPU:1&required_B=!HW_CPU_X86_AVX2&same_subtree=_A,_B&group_policy=none",
                Ok(0),
            ),
            (
                "resources_A=VCPU:3&resources_B=VCPU:2&same_subtree=_A,_B&group_policy=none",
                Ok(0),
            ),
            (
                "resources_A=VCPU:3&resources_B=VCPU:1&same_subtree=_A&same_subtree=_B&group_policy=none",
                Ok(1),
            ),
            (
                "resources_A=VCPU:1&resources_B=VCPU:1&group_policy=none&group_policy=isolate",
                Ok(1),
            ),
            (
                "resources_A=VCPU:1&required_B=HW_CPU_X86_VMX&group_policy=none",
                Err(bad),
            ),
            ("resources_A=VCPU:1&same_subtree=_A,_B", Err(bad)),
            ("resources_A=VCPU:1&same_subtree=_A,", Err(bad)),
            ("required_A=HW_CPU_X86_VMX&same_subtree=_A", Err(missing)),
        ] {
            let asked = request("GET", "/allocation_candidates", query, "placement 1.39", b"");
            let body: Value = serde_json::from_slice(&service.handle(&asked).await.body).unwrap();
            match expected {
                Ok(count) => assert_eq!(
                    body["allocation_requests"].as_array().unwrap().len(),
                    count,
                    "{query}"
                ),
                Err(code) => assert_eq!(body["errors"][0]["code"], code, "{query}"),
            }
        }
    });
}

#[test]
fn clients_find_the_words_that_they_look_for_in_a_conflict() {
    block_on(async {
        let service = Service::open(InMemory::default()).await.unwrap();
        with_host(&service, 4).await;
        let (consumer, own) = (Uuid::from_bits(5), format!("/resource_providers/{HOST}"));
        let allocations = format!("/allocations/{consumer}");
        ask(&service, "PUT", &allocations, &claim()).await;
        let empty = |generation: u64| json!({"inventories": {}, "resource_provider_generation": generation});
        let inventories = format!("{own}/inventories");
        let in_use = format!("Inventory for VCPU on resource provider {HOST} in use");
        let (name, generation) = (
            "Conflicting resource provider name:",
            "resource provider generation conflict",
        );
        for (method, path, body, words) in [
            ("PUT", inventories.as_str(), empty(2), in_use.as_str()),
            ("DELETE", &format!("{inventories}/VCPU"), Value::Null, &in_use),
            ("PUT", &inventories, empty(1), generation),
            ("POST", "/resource_providers", json!({"name": "one"}), name),
            ("PUT", &allocations, claim(), "consumer generation conflict"),
        ] {
            let response = ask(&service, method, path, &body).await;
            let fault: Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!(response.status, 409, "{method} {path}");
            assert!(
                fault["errors"][0]["detail"].as_str().unwrap().contains(words),
                "{fault}"
            );
        }
        // Who makes a provider that another has just made takes that one, unless it is told that only the name is the same.
        let same = json!({"name": "other", "uuid": HOST});
        let again = ask(&service, "POST", "/resource_providers", &same).await;
        assert_eq!(again.status, 409);
        assert!(!String::from_utf8(again.body).unwrap().contains(name));
    });
}

#[test]
fn aggregates_are_told_in_the_order_in_which_they_were_sent() {
    block_on(async {
        let service = Service::open(InMemory::default()).await.unwrap();
        with_host(&service, 4).await;
        let sent = json!([Uuid::from_bits(2), Uuid::from_bits(1)]);
        let body = json!({"aggregates": sent, "resource_provider_generation": 1});
        let path = format!("/resource_providers/{HOST}/aggregates");
        let set = ask(&service, "PUT", &path, &body).await;
        let body: Value = serde_json::from_slice(&set.body).unwrap();
        assert_eq!(body["aggregates"], sent);
    });
}

#[test]
fn any_thread_can_handle_a_request() {
    fn is_send(future: impl Future<Output = Response> + Send) {
        drop(future);
    }
    let service = block_on(Service::open(InMemory::default())).unwrap();
    is_send(service.handle(&request("GET", "/", "", "placement 1.0", b"")));
}

#[test]
fn a_body_has_bounds_in_length_and_depth() {
    block_on(async {
        let service = Service::open(InMemory::default()).await.unwrap();
        let long = vec![b' '; MAX_BODY + 1];
        let deep = [b'['; 100_000];
        for (body, status) in [(&long[..], 413), (&deep[..], 400)] {
            let response = service
                .handle(&request("POST", "/allocations", "", "placement 1.39", body))
                .await;
            assert_eq!(response.status, status);
        }
    });
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_answer_without_form(
        method in prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", ""]),
        path in prop::sample::select(vec![
            "/resource_providers", "/resource_providers/11111111-0000-4000-8000-000000000001/inventories",
            "/resource_providers/11111111-0000-4000-8000-000000000001/inventories/VCPU",
            "/resource_providers/11111111-0000-4000-8000-000000000001/traits",
            "/resource_providers/11111111-0000-4000-8000-000000000001/aggregates",
            "/allocations", "/allocations/22222222-0000-4000-8000-000000000001", "/reshaper", "/traits", "/usages",
            "/allocation_candidates", "/resource_classes", "/%ff", "/%2f%00", "",
        ]),
        query in "[a-z_0-9]{0,12}=[A-Za-z!:,=&%0-9+-]{0,30}",
        version in "(placement )?1?\\.?[0-9]{0,3}|placement latest",
        body in vec(any::<u8>(), 0..200),
    ) {
        block_on(async {
            let service = Service::open(InMemory::default()).await.unwrap();
            with_host(&service, 4).await;
            let response = service.handle(&request(method, path, &query, &version, &body)).await;
            let formed = response.body.is_empty() || serde_json::from_slice::<Value>(&response.body).is_ok();
            prop_assert!(formed);
            prop_assert!((200..500).contains(&response.status));
            Ok(())
        })?;
    }

    #[test]
    fn no_json_makes_it_panic_or_half_change_anything(
        place in prop::sample::select(vec!["total", "reserved", "step_size", "allocation_ratio", "resource_provider_generation", "x"]),
        value in prop::sample::select(vec![
            json!(null), json!(-1), json!(0), json!(1.5), json!(1e308), json!(-1e308), json!(u64::MAX), json!(i64::MIN),
            json!([]), json!({}), json!("1"), json!(true), json!([[[[1]]]]),
        ]),
    ) {
        block_on(async {
            let service = Service::open(InMemory::default()).await.unwrap();
            with_host(&service, 4).await;
            let mut body = json!({"resource_provider_generation": 1, "total": 4});
            body[place] = value;
            let path = format!("/resource_providers/{HOST}/inventories/VCPU");
            let response = ask(&service, "PUT", &path, &body).await;
            let known = service.ledger().provider(HOST).unwrap().generation();
            prop_assert!(known == 1 + u64::from(response.status == 200));
            Ok(())
        })?;
    }
}
