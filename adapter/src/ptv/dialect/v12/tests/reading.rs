//! Transport, searches, pages, absences and feeds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use conformance::ptv::{Fault, FaultAction};
use serde_json::json;

use super::super::hierarchy::Tree;
use super::super::{Family, Got, Search, V12Error, changed, codes, missing, since};
use super::{Bench, ORG, SUB, UNKNOWN, term};

fn fault(bench: &Bench, path: &str, times: u32, status: u16, headers: &[(&str, &str)], body: &str) {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let action = FaultAction::Answer { status, headers, body: body.to_owned() };
    bench.sim.inject(Fault { method: None, path_contains: path.to_owned(), times, action });
}

#[tokio::test]
async fn v12_r_01_every_call_has_the_key_and_no_authorization() {
    let bench = Bench::new().await;
    bench.got(Family::Organisation, ORG).await;
    bench.search(&Search::of(Family::Service)).await;
    bench.reader().hierarchy(ORG).await.expect("a tree");
    let calls = bench.calls("");
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.headers.get("x-api-key").map(String::as_str), Some("key-not-for-logs"), "{}", call.path);
        assert_eq!(call.headers.get("accept").map(String::as_str), Some("application/json"));
        assert!(!call.headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn v12_r_02_a_wrong_key_is_no_problem_object_and_not_tried_again() {
    let bench = Bench::new().await;
    bench.sim.v12_revoke_key("key-not-for-logs");
    let error = bench.reader().search(&Search::of(Family::Service)).await.expect_err("refused");
    assert_eq!(error, V12Error::Credentials(401));
    assert_eq!(bench.calls("").len(), 1);
    fault(&bench, "service/search", 1, 403, &[("content-type", "text/html")], "<html>{\"reason\":\"Unknown\"}</html>");
    let error = bench.reader().search(&Search::of(Family::Service)).await.expect_err("refused");
    assert_eq!(error, V12Error::Credentials(403));
    assert!(!error.may_retry() && bench.pauses.lock().expect("free").is_empty());
}

#[tokio::test]
async fn v12_r_03_page_and_size_are_always_sent_and_a_thousand_is_refused_here() {
    let bench = Bench::new().await;
    bench.search(&Search::of(Family::Channel)).await;
    codes::list(&bench.client, "region-codes").await.expect("a list");
    for call in bench.calls("") {
        let names: Vec<&str> = call.query.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"page") && names.contains(&"pageSize"), "{names:?}");
        let size = call.query.iter().find(|(name, _)| name == "pageSize").map(|(_, size)| size.as_str());
        assert_eq!(size, Some("100"));
    }
    let before = bench.calls("").len();
    let search = Search { page_size: 1000, ..Search::of(Family::Service) };
    assert!(matches!(bench.reader().search(&search).await, Err(V12Error::Local(_))));
    assert_eq!(bench.calls("").len(), before, "nothing was sent");
}

#[tokio::test]
async fn v12_r_04_three_pages_of_250_objects() {
    let bench = Bench::new().await;
    for number in 0..250 {
        bench.service(&format!("Palvelu {number}"), &json!({}));
    }
    let found = bench.search(&Search::of(Family::Service)).await;
    assert_eq!(found.objects.len(), 250);
    assert!(!found.moved && !found.unsettled);
    assert_eq!(bench.calls("service/search").len(), 3);
}

#[tokio::test]
async fn v12_r_05_pages_with_the_names_of_v11_are_a_protocol_error() {
    let bench = Bench::new().await;
    bench.service("Palvelu", &json!({}));
    bench.sim.v12_switch(|switches| switches.pages_of_v11 = true);
    let error = bench.reader().search(&Search::of(Family::Service)).await.expect_err("not empty");
    assert!(matches!(error, V12Error::Protocol(_)), "{error}");
}

#[tokio::test]
async fn v12_r_06_content_that_moves_between_pages_is_read_once_more() {
    let bench = Bench::new().await;
    for number in 0..5 {
        bench.service(&format!("Palvelu {number}"), &json!({}));
    }
    bench.sim.v12_move_pages(1);
    let search = Search { page_size: 3, ..Search::of(Family::Service) };
    let found = bench.search(&search).await;
    assert_eq!((found.objects.len(), found.moved, found.unsettled), (5, true, false));
    assert_eq!(bench.calls("service/search").len(), 4);
    bench.sim.v12_move_pages(2);
    let found = bench.search(&search).await;
    assert!(found.moved && found.unsettled, "still moving, and said so");
    assert_eq!(bench.calls("service/search").len(), 8, "and not read for ever");
}

#[tokio::test]
async fn v12_r_07_nothing_is_one_call() {
    let bench = Bench::new().await;
    assert!(bench.search(&Search::of(Family::Service)).await.objects.is_empty());
    assert_eq!(bench.calls("service/search").len(), 1);
}

#[tokio::test]
async fn v12_r_08_09_many_owners_go_in_two_groups_of_repeated_parameters() {
    let bench = Bench::new().await;
    bench.service("Palvelu", &json!({}));
    let mut owners: Vec<String> = (0..20).map(|at| format!("{at:08}-1111-4111-8111-111111111111")).collect();
    owners.extend([ORG.to_owned(), ORG.to_owned()]);
    let found = bench.search(&Search { owners, ..Search::of(Family::Service) }).await;
    assert_eq!(found.objects.len(), 1);
    let calls = bench.calls("service/search");
    let counts: Vec<usize> = calls
        .iter()
        .map(|call| call.query.iter().filter(|(name, _)| name == "organizationContentIds").count())
        .collect();
    assert_eq!(counts, [20, 1]);
    for (name, value) in calls.iter().flat_map(|call| &call.query) {
        assert!(!value.contains(',') && !name.contains('['), "{name}={value}");
    }
}

#[tokio::test]
async fn v12_r_10_two_municipalities_mean_either_when_we_ask() {
    let bench = Bench::new().await;
    bench.service("Palvelu", &json!({}));
    let both = "service/search?page=1&pageSize=100&municipalities=853&municipalities=091";
    let (_, all) = bench.sim.handle_v12("GET", both, Some("key-not-for-logs"), None);
    assert_eq!(all["totalItems"], 0, "the default is both");
    let municipalities = vec!["853".to_owned(), "091".to_owned()];
    let found = bench.search(&Search { municipalities, ..Search::of(Family::Service) }).await;
    assert_eq!(found.objects.len(), 1);
}

#[tokio::test]
async fn v12_r_11_12_wrong_forms_are_refused_here() {
    let bench = Bench::new().await;
    let of = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let base = || Search::of(Family::Service);
    for (search, said) in [
        (Search { municipalities: of(&["91"]), ..base() }, "three digits"),
        (Search { service_classes: of(&["http://uri.suomi.fi/codelist/ptv/x"]), ..base() }, "code expected"),
        (Search { ontology_terms: of(&["p123"]), ..base() }, "URI expected"),
    ] {
        let error = bench.reader().search(&search).await.expect_err("refused");
        assert!(matches!(&error, V12Error::Local(what) if what.contains(said)), "{error}");
    }
    assert!(bench.calls("").is_empty());
    bench.search(&Search { municipalities: of(&["091"]), ontology_terms: vec![term()], ..base() }).await;
}

#[tokio::test]
async fn v12_r_13_14_15_refused_parameters_are_named() {
    let bench = Bench::new().await;
    for (path, name, value, paths) in [
        ("service/search", "showHeader", "true", &["showHeader", "page", "pageSize"][..]),
        ("service/search", "page", "0", &["page", "pageSize"]),
        ("service/search", "pageSize", "101", &["page", "pageSize"]),
        ("service/not-a-uuid", "", "", &["contentId"]),
    ] {
        let query = [(name.to_owned(), value.to_owned())];
        let query = if name.is_empty() { &[][..] } else { &query[..] };
        match bench.client.get(path, query).await {
            Err(V12Error::Refused { errors, request_id }) => {
                let named: Vec<&str> = errors.iter().filter_map(|(path, _)| path.as_deref()).collect();
                assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), paths.iter().copied().collect(), "{path}");
                assert!(request_id.is_some());
            }
            other => panic!("{path} {name}: {other:?}"),
        }
    }
    // The gateway may as well drop what it does not know.
    bench.sim.v12_switch(|switches| switches.unknown_parameters_ignored = true);
    let query = [("page", "1"), ("pageSize", "1"), ("showHeader", "true")];
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert!(bench.client.get("service/search", &query).await.is_ok());
}

#[tokio::test]
async fn v12_r_16_17_18_each_404_has_its_own_meaning() {
    let bench = Bench::new().await;
    assert!(matches!(bench.got(Family::Service, UNKNOWN).await, Got::Absent));
    let archived = bench.service("Palvelu", &json!({}));
    bench.write("PUT", &format!("Service/{archived}"), &json!({ "publishingStatus": "Deleted" }));
    assert!(matches!(bench.got(Family::Service, &archived).await, Got::NotPublished));
    let draft = bench.service("Luonnos", &json!({ "publishingStatus": "Draft" }));
    assert!(matches!(bench.got(Family::Service, &draft).await, Got::NotPublished));
    fault(&bench, "api/v12/service/", 1, 404, &[], "<html>no such page</html>");
    assert!(matches!(bench.got(Family::Service, &draft).await, Got::Unclear));
    assert_eq!(bench.reader().hierarchy(UNKNOWN).await.expect("an answer"), None);
}

#[tokio::test]
async fn v12_r_19_20_trouble_is_waited_out() {
    let bench = Bench::new().await;
    let problem = json!({ "title": "x", "status": 500, "requestId": "req-77" }).to_string();
    fault(&bench, "service/search", 2, 500, &[], &problem);
    bench.search(&Search::of(Family::Service)).await;
    let waited = std::mem::take(&mut *bench.pauses.lock().expect("free"));
    assert!(waited.len() == 2 && waited[1] > waited[0] && waited[0] >= Duration::from_millis(500), "{waited:?}");
    fault(&bench, "service/search", 1, 429, &[("retry-after", "3")], "slow down");
    bench.search(&Search::of(Family::Service)).await;
    let waited = std::mem::take(&mut *bench.pauses.lock().expect("free"));
    assert!(waited.len() == 1 && waited[0] >= Duration::from_secs(3), "{waited:?}");
    fault(&bench, "service/search", 1, 429, &[], "");
    bench.search(&Search::of(Family::Service)).await;
    assert_eq!(std::mem::take(&mut *bench.pauses.lock().expect("free")).len(), 1);
    fault(&bench, "service/search", 99, 500, &[], &problem);
    let error = bench.reader().search(&Search::of(Family::Service)).await.expect_err("for ever");
    assert!(error.to_string().contains("req-77"), "{error}");
    assert_eq!(bench.pauses.lock().expect("free").len(), 3, "and not for ever");
}

#[tokio::test]
async fn v12_r_29_the_channels_of_a_service_are_its_connections() {
    let bench = Bench::new().await;
    let (one, other) = (bench.service("Yksi", &json!({})), bench.service("Kaksi", &json!({})));
    let channel = bench.channel("EChannel", &json!({}));
    bench.connect(&one, &channel);
    let ids = [one.clone(), other.clone()];
    let read = bench.reader().connections(&ids, &mut super::Oddities::default()).await.expect("read");
    assert_eq!(read[&one].keys().collect::<Vec<_>>(), [&channel]);
    assert!(read[&other].is_empty(), "empty, not unknown");
    assert!(bench.reader().connections(&[], &mut super::Oddities::default()).await.expect("read").is_empty());
}

#[tokio::test]
async fn v12_r_37_the_tree_of_organisations() {
    let bench = Bench::new().await;
    let tree = bench.reader().hierarchy(SUB).await.expect("read").expect("a tree");
    assert!(tree.holds(ORG, SUB) && tree.holds(ORG, ORG) && !tree.holds(SUB, ORG) && !tree.holds(ORG, UNKNOWN));
    assert!(tree.cyclic.is_empty());
    let edge = |child: &str, parent: &str| json!({ "childContentId": child, "parentContentId": parent });
    let round = Tree::of(&json!({ "edges": [edge("c", "a"), edge("b", "c"), edge("a", "b"), edge("d", "a")] }));
    assert_eq!(round.cyclic, ["a", "b", "c"].map(str::to_owned).into());
    assert!(!round.holds("root", "d"));
}

#[tokio::test]
async fn v12_r_38_an_incremental_run_overlaps_and_equal_objects_are_no_change() {
    let bench = Bench::new().await;
    let old = bench.service("Vanha", &json!({}));
    let all = bench.search(&Search::of(Family::Service)).await;
    let known: BTreeMap<_, _> = all.objects.into_iter().map(|(id, it)| (id, it.seen.values)).collect();
    bench.hand.advance(Duration::from_hours(2));
    let start = "2026-11-25T10:00:00Z".parse().expect("a time");
    let new = bench.service("Uusi", &json!({}));
    let from = since(start, true);
    assert_eq!(from.to_string(), "2026-11-25T07:00:00Z");
    assert_eq!(since(start, false).to_string(), "2026-11-25T09:50:00Z");
    let found = bench.search(&Search { since: Some(from), ..Search::of(Family::Service) }).await;
    assert!(found.objects.contains_key(&old), "within the overlap");
    assert_eq!(changed(&known, &found), [new.as_str()]);
    let late = Search { since: Some(since(start, false)), ..Search::of(Family::Service) };
    assert_eq!(bench.search(&late).await.objects.len(), 1);
}

#[tokio::test]
async fn v12_r_39_40_removals_are_of_what_we_know_and_connections_are_read_anew() {
    let bench = Bench::new().await;
    let (ours, theirs) = (bench.service("Meidän", &json!({})), bench.service("Heidän", &json!({})));
    let channel = bench.channel("EChannel", &json!({}));
    bench.connect(&ours, &channel);
    let mut oddities = super::Oddities::default();
    let known_pairs: BTreeSet<_> = [(ours.clone(), channel.clone())].into();
    let read = bench.reader().connections(std::slice::from_ref(&ours), &mut oddities).await.expect("read");
    assert!(missing(&known_pairs, &read).is_empty());
    bench.write(
        "PUT",
        &format!("Connection/serviceId/{ours}"),
        &json!({ "deleteAllChannelRelations": true, "channelRelations": [] }),
    );
    let before = "2026-11-25T00:00:00Z".parse().expect("a time");
    let feed = bench.reader().archived(Family::Connection, before, &BTreeSet::new()).await;
    assert!(matches!(feed, Err(V12Error::Local(_))), "its ids say nothing");
    let read = bench.reader().connections(std::slice::from_ref(&ours), &mut oddities).await.expect("read");
    assert_eq!(missing(&known_pairs, &read), known_pairs);
    for id in [&ours, &theirs] {
        bench.write("PUT", &format!("Service/{id}"), &json!({ "publishingStatus": "Deleted" }));
    }
    let known = [ours.clone()].into();
    assert_eq!(bench.reader().archived(Family::Service, before, &known).await.expect("read"), known);
}

#[tokio::test]
async fn v12_r_41_42_code_lists() {
    let bench = Bench::new().await;
    let all = codes::list(&bench.client, "ontology-terms").await.expect("a list");
    let wanted = all.codes.iter().find(|code| code.names.values().any(|name| name.len() > 3)).expect("a named one");
    let name = wanted.names.values().find(|name| name.len() > 3).expect("a name");
    let found = codes::terms(&bench.client, name).await.expect("found");
    assert!(found.iter().any(|code| code.uri == wanted.uri) && found.iter().all(|code| code.valid));
    let asked = bench.calls("ontology-terms").pop().expect("a call");
    assert!(asked.query.contains(&("isValid".to_owned(), "true".to_owned())));
    assert!(found.iter().all(|code| code.uri.as_deref().is_some_and(|uri| uri.contains("/koko/"))));
    // A YSO address goes out as it is and finds nothing: no number is made into another ontology's.
    let yso = "http://www.yso.fi/onto/yso/p10060".to_owned();
    let search = Search { ontology_terms: vec![yso.clone()], ..Search::of(Family::Service) };
    assert!(bench.search(&search).await.objects.is_empty());
    let sent = bench.calls("service/search").pop().expect("a call");
    assert!(sent.query.contains(&("ontologyTerms".to_owned(), yso)));
    let regions = codes::list(&bench.client, "region-codes").await.expect("a list");
    assert!(regions.codes.iter().any(|region| !region.municipalities.is_empty()));
    let classes = codes::list(&bench.client, "service-classes").await.expect("a list");
    let class = classes.codes.first().expect("a class");
    let (code, uri) = (class.code.clone().expect("a code"), class.uri.clone().expect("an address"));
    assert_eq!(classes.same(&code, &uri), Some(true));
    assert_eq!(classes.same(&code, "http://nowhere.example/1"), None);
    let some = codes::some(&bench.client, "service-classes", &[code]).await.expect("a list");
    assert_eq!(some.codes.len(), 1);
}

#[tokio::test]
async fn v12_r_43_a_service_that_is_not_well_is_asked_nothing() {
    let bench = Bench::new().await;
    assert!(bench.client.ready().await);
    bench.sim.v12_switch(|switches| switches.healthy = false);
    assert!(!bench.client.ready().await);
    bench.sim.v12_switch(|switches| switches.healthy = true);
    fault(&bench, "health", 1, 200, &[], "<html>");
    assert!(!bench.client.ready().await, "a page of a gateway is not health");
}
