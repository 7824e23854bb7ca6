//! xroad.md §9.5: REST.

use bytes::Bytes;
use conformance::security_server::RawBody;
use http::Method;
use serde_json::{Value, json};

use super::{own, shared};
use crate::harness::{
    CONSUMER, Call, Case, RECIPIENT, SERVICE, lines_about, messages_call, order, services_call, sha512,
};

#[test]
fn xroad_re_01_paths_below_the_base_are_routed_and_queries_are_raw() {
    shared(async |case| {
        let one = case.rest(services_call("/101")).await;
        assert_eq!(json_of(&one)["name"]["fi"], SERVICE.1);
        let found = case.rest(services_call("/search?q=varhais%6Basvatus&lang=fi")).await;
        assert_eq!(json_of(&found)["items"][0]["code"], SERVICE.0);
        let page = case.rest(services_call("?limit=2")).await;
        assert_eq!(json_of(&page)["items"].as_array().expect("items").len(), 2);
        // The same through both security servers.
        let seen = case.consume_rest(Method::GET, "catalogue", "/services/101", &[], "").await;
        assert_eq!(seen.body, one.body);
    });
}

#[test]
fn xroad_re_02_both_ids_are_logged() {
    shared(async |case| {
        let call = services_call("/101");
        let (id, request_id) = (call.header("x-road-id"), call.header("x-road-request-id"));
        assert_eq!(case.rest(call).await.status, 200);
        let exchanges = case.adapter.exchanges_of(&id).await;
        assert_eq!(exchanges.len(), 1);
        assert_eq!(exchanges[0].draft.request_id.as_deref(), Some(request_id.as_str()));
        assert_eq!(exchanges[0].draft.path.as_deref(), Some("/turku/catalogue/rest/v1/services/101"));
    });
}

#[test]
fn xroad_re_03_without_client_it_is_400() {
    shared(async |case| {
        let answer = case.rest(services_call("").without("X-Road-Client")).await;
        let (problem, _) = case.logged_problem(&answer, 400).await;
        assert_eq!(problem.code, "malformed");
    });
}

#[test]
fn xroad_re_04_two_clients_are_400() {
    shared(async |case| {
        for second in [CONSUMER, "FI-TEST/COM/1234567-1/vieras"] {
            let answer = case.rest(services_call("").with("x-road-client", second)).await;
            case.logged_problem(&answer, 400).await;
        }
    });
}

#[test]
fn xroad_re_05_a_forged_service_header_decides_nothing() {
    shared(async |case| {
        let forged = services_call("/101").with("X-Road-Service", "FI-TEST/GOV/9999906-0/muu/messages");
        let forged = forged.with("X-Road-Error", "Server.ServerProxy.IOError");
        let id = forged.header("x-road-id");
        let answer = case.rest(forged).await;
        assert_eq!(json_of(&answer)["code"], SERVICE.0);
        let record = case.adapter.exchanges_of(&id).await.remove(0);
        assert_eq!(record.draft.operation.as_deref(), Some("getService"));
        assert!(!lines_about("ForgedService").is_empty(), "logged as an anomaly");
    });
}

/// The harness holds every answer's headers against the rule; here are all kinds of answers.
#[test]
fn xroad_re_06_no_answer_has_headers_of_security_servers() {
    shared(async |case| {
        let calls = [services_call("/101"), services_call("/none"), services_call("/%2e%2e"), messages_call("{")];
        for call in calls {
            let answer = case.rest(call).await;
            for name in ["connection", "keep-alive", "te", "trailer", "upgrade", "proxy-authenticate", "server"] {
                assert_eq!(answer.header(name), None, "{name}");
            }
        }
    });
}

#[test]
fn xroad_re_07_errors_pass_the_security_servers_as_problems() {
    shared(async |case| {
        for (target, status, code) in [
            ("/services/no-such-code", 404, "unknown-code"),
            ("/nothing", 404, "unknown-operation"),
            ("/services?limit=0", 400, "invalid-field"),
            ("/services?limit=many", 400, "invalid-field"),
            ("/services?lang=xx", 400, "invalid-field"),
            ("/services?cursor=%21", 400, "invalid-field"),
            ("/services?other=1", 400, "unknown-field"),
            ("/services/search", 400, "missing-field"),
        ] {
            let direct = case.rest(Call::new(Method::GET, "catalogue", target)).await;
            let (problem, _) = case.logged_problem(&direct, status).await;
            assert_eq!(problem.code, code, "{target}");
            let seen = case.consume_rest(Method::GET, "catalogue", target, &[], "").await;
            assert_eq!(Case::problem(&seen, status).code, code, "{target}");
        }
    });
}

#[test]
fn xroad_re_07_a_failing_store_is_a_problem_of_5xx() {
    own(
        |_| {},
        async |case| {
            let folder = tempfile::tempdir().expect("a folder");
            let scratch =
                silta::store::testing::Scratch::open(folder, case.adapter.store_config()).await.expect("open");
            scratch.tamper("ALTER TABLE evidence RENAME TO evidence_gone").await.expect("broken");
            let seen = case.consume_rest(Method::GET, "catalogue", "/services/101", &[], "").await;
            assert_eq!(Case::problem(&seen, 503).code, "unavailable");
            scratch.tamper("ALTER TABLE evidence_gone RENAME TO evidence").await.expect("mended");
            scratch.store.close().await;
        },
    );
}

#[test]
fn xroad_re_08_there_are_no_redirects() {
    shared(async |case| {
        for target in ["/", "/services/", "", "/services/101/"] {
            let answer = case.rest(Call::new(Method::GET, "catalogue", target)).await;
            assert!(!answer.status.is_redirection() && answer.status.is_client_error(), "{target}: {}", answer.status);
        }
    });
}

/// No operation of v1 is a DELETE, with or without a body.
#[test]
fn xroad_re_09_nothing_depends_on_bodies_of_delete() {
    shared(async |case| {
        for (family, target, status) in [
            ("catalogue", "/services/101", 405),
            ("messages", "/messages", 405),
            // Cancelling: what is asked for stands in the path alone.
            ("messages", "/messages/1", 404),
            ("messages", "/bulletins/1", 404),
        ] {
            let mut call = Call::new(Method::DELETE, family, target);
            let bare = case.rest(call.clone()).await;
            call.body = RawBody::Sized(Bytes::from_static(b"{\"id\": 1}"));
            let with_body = case.rest(call).await;
            for answer in [bare, with_body] {
                case.logged_problem(&answer, status).await;
                let allowed = answer.header("allow").unwrap_or_default();
                assert!(!allowed.contains("DELETE") && (status != 405 || !allowed.is_empty()), "{target}: {allowed}");
            }
        }
    });
}

#[test]
fn xroad_re_10_an_empty_post_is_refused_by_rule() {
    shared(async |case| {
        let empty = messages_call("").without("content-type");
        let (problem, _) = case.logged_problem(&case.rest(empty).await, 415).await;
        assert_eq!(problem.code, "unsupported-media-type");
        let (problem, _) = case.logged_problem(&case.rest(messages_call("")).await, 400).await;
        assert_eq!(problem.code, "malformed");
    });
}

#[test]
fn xroad_re_11_head_options_and_trace() {
    shared(async |case| {
        let get = case.rest(services_call("/101")).await;
        let mut head = services_call("/101");
        head.method = Method::HEAD;
        let head = case.rest(head).await;
        assert_eq!((head.status, head.body.len()), (get.status, 0));
        for name in ["content-type", "etag", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{name}");
        }
        let mut options = services_call("/101");
        options.method = Method::OPTIONS;
        let options = case.rest(options).await;
        assert_eq!((options.status.as_u16(), options.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
        let mut trace = services_call("/101").with("x-secret", "re-11-secret");
        trace.method = Method::TRACE;
        let trace = case.rest(trace).await;
        Case::problem(&trace, 405);
        assert!(!trace.text().contains("re-11-secret"));
    });
}

#[test]
fn xroad_re_12_answers_are_not_compressed() {
    shared(async |case| {
        // Every call of the harness says `Accept-Encoding: gzip,deflate`.
        let answer = case.rest(services_call("?limit=200")).await;
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(json_of(&answer)["items"].as_array().expect("items").len(), 58);
    });
}

#[test]
fn xroad_re_13_a_body_beyond_the_limit_is_refused_before_it_is_read() {
    shared(async |case| {
        for media_type in ["application/json", "multipart/form-data; boundary=x", "application/octet-stream"] {
            let expected = if media_type == "application/octet-stream" { 415 } else { 413 };
            let id = format!("re-13-{expected}-{}", media_type.len());
            let headers = [("content-type", media_type), ("x-road-id", id.as_str())];
            let body = vec![b' '; 50 << 20];
            let answer = case.consume_rest(Method::POST, "messages", "/messages", &headers, body).await;
            Case::problem(&answer, expected);
            let evidence = case.adapter.exchanges_of(&id).await.remove(0);
            assert_eq!(evidence.draft.request_digest, None, "not read as a whole");
        }
        // Binary content below it is taken as it is.
        let content = crate::harness::pdf(9 << 20);
        let order = order();
        let form = form(
            &order_json(&order.order_id, &json!([{"name": "a.pdf", "mediaType": "application/pdf", "part": "f"}])),
            &[("f", &content)],
        );
        let mut call =
            messages_call("").without("content-type").with("content-type", "multipart/form-data; boundary=xx");
        call.body = RawBody::Chunked(form.chunks(100_000).map(Bytes::copy_from_slice).collect());
        let answer = case.rest(call).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let id = case.adapter.order(CONSUMER, &order.order_id).await.expect("accepted");
        assert!(case.letter(&id).await.files[0].content == content);
    });
}

#[test]
fn xroad_re_14_paths_with_two_readings_are_refused() {
    shared(async |case| {
        for target in [
            "/services/a%2Fb",
            "/services/%2e%2e/101",
            "/services/../services/101",
            "//services/101",
            "/services//101",
            "/services/a%5cb",
            "/services/a%00b",
            "/services;x=1/101",
            "/services/%252e%252e",
            "/services/%ff",
        ] {
            let answer = case.rest(Call::new(Method::GET, "catalogue", target)).await;
            assert_eq!(Case::problem(&answer, 400).code, "malformed", "{target}");
        }
    });
}

#[test]
fn xroad_re_15_a_parameter_given_twice_is_refused_everywhere() {
    shared(async |case| {
        for target in [
            "/services?limit=1&limit=1",
            "/services/101?lang=fi&lang=sv",
            "/services/search?q=a&q=a",
            "/changes?cursor=&cursor=",
        ] {
            let answer = case.rest(Call::new(Method::GET, "catalogue", target)).await;
            let (problem, _) = case.logged_problem(&answer, 400).await;
            assert_eq!(problem.code, "invalid-field", "{target}");
        }
    });
}

/// Some security servers fail a path whose decoded form no strict URI reader takes. Codes that we publish must not be so.
#[test]
fn xroad_re_16_published_codes_fit_into_paths() {
    shared(async |case| {
        for (list, one) in [("/services", 58), ("/channels", 40), ("/service-points", 32), ("/organisations", 4)] {
            let answer = case.rest(Call::new(Method::GET, "catalogue", &format!("{list}?limit=200"))).await;
            let items = json_of(&answer)["items"].as_array().expect("items").clone();
            assert_eq!(items.len(), one, "{list}");
            for item in items {
                let code = item["code"].as_str().expect("a code");
                assert!(
                    !code.contains([' ', '"', '<', '>', '{', '}', '|', '\\', '^', '`', '[', ']', '%', '?', '#']),
                    "{code}"
                );
            }
        }
    });
    for family in ["catalogue", "messages"] {
        let path = crate::tidy::root().join("wsdl").join(family).join("v1/openapi.json");
        let document: Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
        for (path, item) in document["paths"].as_object().expect("paths") {
            for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
                let name =
                    parameter["schema"]["$ref"].as_str().and_then(|it| it.rsplit('/').next()).unwrap_or_default();
                if parameter["in"] == "path" && document["components"]["schemas"][name]["pattern"].is_null() {
                    println!(
                        "warning: wsdl/{family}/v1/openapi.json: {path}: {name} permits characters that some security servers refuse"
                    );
                }
            }
        }
    }
}

#[test]
fn xroad_re_17_a_caller_that_takes_no_json_is_told() {
    shared(async |case| {
        for accept in [
            "application/xml",
            "text/xml, text/*;q=0.5",
            "application/json;q=0",
            "application/*; Q=0.0, application/xml",
        ] {
            let answer = case.rest(services_call("/101").with("Accept", accept)).await;
            let (problem, _) = case.logged_problem(&answer, 406).await;
            assert_eq!(problem.code, "not-acceptable", "{accept}");
        }
        for accept in ["*/*", "application/xml, application/json;q=0.1", "application/*", "*/*;q=0, application/json"] {
            assert_eq!(case.rest(services_call("/101").with("Accept", accept)).await.status, 200, "{accept}");
        }
    });
}

/// The harness refuses any header value that is not ASCII; here are the answers whose content or request is not.
#[test]
fn xroad_re_18_header_values_are_ascii() {
    shared(async |case| {
        let found = case.rest(services_call("/search?q=%C3%A4iti&lang=fi")).await;
        assert_eq!(found.status, 200);
        let missing = case.rest(services_call("/%C3%A4%C3%B6")).await;
        Case::problem(&missing, 404);
        for answer in [found, missing] {
            assert!(answer.headers.values().all(|value| value.as_bytes().is_ascii()));
        }
    });
}

#[test]
fn xroad_re_19_headers_stay_small() {
    shared(async |case| {
        let long = "a".repeat(4000);
        for call in [
            services_call("/101"),
            services_call(&format!("/{}", "x".repeat(100))),
            services_call(&format!("?{long}=1")),
        ] {
            let answer = case.rest(call).await;
            let size: usize = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
            assert!(size < 1024, "{size}");
        }
    });
}

#[test]
fn xroad_re_20_cookies_are_ignored_and_not_logged() {
    shared(async |case| {
        let plain = case.rest(services_call("/101")).await;
        let answer = case.rest(services_call("/101").with("Cookie", "JSESSIONID=re-20-cookie")).await;
        assert_eq!(answer.body, plain.body);
        assert_eq!(lines_about("re-20-cookie"), Vec::<String>::new());
        assert!(!lines_about("Cookie").is_empty(), "noted without its value");
    });
}

#[test]
fn xroad_re_21_user_and_issue_are_optional_single_and_bounded() {
    shared(async |case| {
        assert_eq!(case.rest(services_call("/101")).await.status, 200);
        for name in ["X-Road-UserId", "X-Road-Issue"] {
            let once = services_call("/101").with(name, "re-21-claim");
            let id = once.header("x-road-id");
            assert_eq!(case.rest(once.clone()).await.status, 200);
            let record = case.adapter.exchanges_of(&id).await.remove(0);
            let digest = if name == "X-Road-Issue" { record.draft.issue_digest } else { record.draft.user_digest };
            assert!(digest.is_some(), "{name} as a keyed digest");
            case.logged_problem(&case.rest(once.with(name, "re-21-claim")).await, 400).await;
            let long = services_call("/101").with(name, &"u".repeat(300));
            case.logged_problem(&case.rest(long).await, 400).await;
        }
        assert_eq!(lines_about("re-21-claim"), Vec::<String>::new());
        assert_eq!(lines_about(&"u".repeat(256)), Vec::<String>::new());
    });
}

#[test]
fn a_read_again_is_answered_with_304() {
    shared(async |case| {
        let first = case.rest(services_call("/101")).await;
        let tag = first.header("etag").expect("an ETag").to_owned();
        let again = case.rest(services_call("/101").with("If-None-Match", &tag)).await;
        assert_eq!((again.status.as_u16(), again.header("etag")), (304, Some(tag.as_str())));
        assert_eq!(sha512(&first.body), sha512(&case.rest(services_call("/101")).await.body));
    });
}

#[test]
fn the_catalogue_is_read_as_linked_data_and_on_a_map() {
    shared(async |case| {
        let asked = |accept: &str| services_call("/101").with("Accept", accept);
        let linked = case.rest(asked("application/ld+json")).await;
        assert_eq!(linked.header("content-type"), Some("application/ld+json"));
        let graph = json_of(&linked);
        let nodes = graph["@graph"].as_array().expect("nodes");
        let service = nodes.iter().find(|node| node["@type"] == "cpsv:PublicService").expect("the service");
        assert_eq!(service["dct:identifier"], SERVICE.0);
        let authority = &service["cv:hasCompetentAuthority"][0]["@id"];
        assert!(nodes.iter().any(|node| node["@id"] == *authority), "whole: {graph}");
        // Each form has a tag of its own, so that no cache mixes them.
        let plain = case.rest(asked("application/json")).await;
        assert_ne!(linked.header("etag"), plain.header("etag"));
        assert_eq!((linked.header("vary"), plain.header("vary")), (Some("accept"), Some("accept")));
        let again = asked("application/ld+json").with("If-None-Match", linked.header("etag").expect("an ETag"));
        assert_eq!(case.rest(again).await.status, 304);
        // The same through both security servers.
        let accept = [("Accept", "application/ld+json")];
        let seen = case.consume_rest(Method::GET, "catalogue", "/services/101", &accept, "").await;
        assert_eq!(seen.body, linked.body);
        let map = case.rest(asked("application/geo+json")).await;
        let (problem, _) = case.logged_problem(&map, 406).await;
        assert_eq!(problem.code, "not-acceptable");
        let text = String::from_utf8_lossy(&map.body);
        assert!(text.contains("application/ld+json"), "{text}");
    });
}

/// An order as JSON.
pub(crate) fn order_json(order_id: &str, attachments: &Value) -> Value {
    json!({
        "orderId": order_id,
        "recipients": [{"id": RECIPIENT}],
        "title": "Päätös",
        "body": "Päätös on tehty.",
        "attachments": attachments,
    })
}

/// A form with the order and files, boundary `xx`.
pub(crate) fn form(message: &Value, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = format!(
        "--xx\r\nContent-Disposition: form-data; name=\"message\"\r\nContent-Type: application/json\r\n\r\n{message}"
    )
    .into_bytes();
    for (name, content) in files {
        let head = format!(
            "\r\n--xx\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}.pdf\"\r\n\
             Content-Type: application/pdf\r\n\r\n"
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(content);
    }
    out.extend_from_slice(b"\r\n--xx--\r\n");
    out
}

fn json_of(answer: &conformance::security_server::Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("JSON")
}
