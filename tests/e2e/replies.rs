//! Events of letters and replies of end users, from Suomi.fi Messages to the agency, by both protocols.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use conformance::ca::CertificateSpec;
use conformance::security_server::{Answer, Door, TlsTweaks};
use conformance::viestit::{Actor, Draft, DraftFile};
use http::Method;
use serde_json::{Value, json};

use super::letters::wait_for;
use super::own;
use super::xroad::rest::order_json;
use crate::harness::{
    COLLEAGUE, CONSUMER, Call, Case, RECIPIENT, VIESTIT, child_text, envelope, header, messages_call, order,
};

const TITLE: &str = "Kysymys päätöksestä";
const TEXT: &str = "Milloin <i>maksu</i> tulee? <script>alert('x')</script>";

fn question(content: &[u8]) -> Draft {
    let content = Bytes::copy_from_slice(content);
    Draft {
        title: TITLE.to_owned(),
        body: TEXT.to_owned(),
        files: vec![DraftFile { name: "lasku.pdf".into(), media_type: "application/pdf".into(), content }],
        owner: Some(Actor { id: RECIPIENT.to_owned(), name: "Aino Esimerkki".to_owned() }),
        representative: None,
    }
}

/// Orders a letter that may be answered; gives our id of the order.
async fn ordered(case: &Case<'_>) -> String {
    let mut message = order_json(&order().order_id, &json!([]));
    message["replyAllowed"] = json!(true);
    let answer = case.rest(messages_call(message.to_string())).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    serde_json::from_slice::<Value>(&answer.body).expect("JSON")["id"].as_str().expect("an id").to_owned()
}

async fn fetched(case: &Case<'_>, client: &str, method: Method, path: &str) -> Value {
    let call = Call::new(method, "messages", path).without("X-Road-Client").with("X-Road-Client", client);
    let answer = case.rest(call).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).expect("JSON")
}

fn problem(answer: &Answer, status: u16) -> Value {
    Case::problem(answer, status);
    serde_json::from_slice(&answer.body).expect("JSON")
}

pub(super) fn request(client: &str, name: &str, members: &str) -> String {
    let body = format!("<c:{name} xmlns:c=\"urn:silta:messages:v1\">{members}</c:{name}>");
    envelope(&header(client, name), &body)
}

#[test]
fn viestit_rpl_13_a_reply_with_its_file_reaches_its_client_by_both_protocols_and_nobody_else() {
    own(
        |_| {},
        async |case| {
            let id = ordered(case).await;
            let letter = case.letter(&id).await;
            let content = b"%PDF-1.7 lasku".to_vec();
            let sent = case.adapter.viestit.control.reply(letter.message_id, question(&content)).expect("a reply");
            wait_for(async || {
                !fetched(case, CONSUMER, Method::GET, "/replies").await["items"].as_array().expect("a list").is_empty()
            })
            .await;
            let page = fetched(case, CONSUMER, Method::GET, "/replies").await;
            let head = &page["items"][0];
            let reply = head["id"].as_str().expect("an id").to_owned();
            assert_eq!(head["messageId"], sent.to_string());
            assert_eq!((&head["inReplyTo"]["id"], &head["inReplyTo"]["recipientNumber"]), (&json!(id), &json!(1)));

            let whole = fetched(case, CONSUMER, Method::GET, &format!("/replies/{reply}")).await;
            assert_eq!((&whole["title"], &whole["body"]), (&json!(TITLE), &json!(TEXT)));
            assert_eq!(whole["sender"], json!({"id": RECIPIENT, "name": "Aino Esimerkki"}));
            assert_eq!(whole["attachments"][0]["content"], STANDARD.encode(&content));

            let question = request(CONSUMER, "getReply", &format!("<c:id>{reply}</c:id>"));
            let answer = case.soap("messages", question.clone()).await;
            let soap = case.accepted(question.as_bytes(), &answer).await;
            assert_eq!(child_text(&soap, "title").as_deref(), Some(TITLE));
            assert_eq!(child_text(&soap, "body").as_deref(), Some(TEXT));
            assert_eq!(child_text(&soap, "content"), Some(STANDARD.encode(&content)));
            assert_eq!(child_text(&soap, "createdAt").map(Value::from).as_ref(), Some(&whole["createdAt"]));

            // Another client learns nothing, whether the reply is there or not.
            let theirs = fetched(case, COLLEAGUE, Method::GET, "/replies").await;
            assert_eq!(theirs["items"], json!([]));
            let mut told = Vec::new();
            for id in [reply.as_str(), "01952f3a-0000-7000-8000-000000000001"] {
                for (method, path) in
                    [(Method::GET, format!("/replies/{id}")), (Method::POST, format!("/replies/{id}/ack"))]
                {
                    let call = Call::new(method, "messages", &path);
                    let call = call.without("X-Road-Client").with("X-Road-Client", COLLEAGUE);
                    let mut problem = problem(&case.rest(call).await, 404);
                    problem["instance"] = Value::Null;
                    told.push(problem);
                }
            }
            assert!(told.iter().all(|one| *one == told[0]), "{told:?}");

            // XR-10: acknowledged by SOAP and again by REST.
            let question = request(CONSUMER, "acknowledgeReply", &format!("<c:id>{reply}</c:id>"));
            let answer = case.soap("messages", question.clone()).await;
            let soap = case.accepted(question.as_bytes(), &answer).await;
            let again = fetched(case, CONSUMER, Method::POST, &format!("/replies/{reply}/ack")).await;
            assert_eq!(child_text(&soap, "acknowledgedAt").map(Value::from).as_ref(), Some(&again["acknowledgedAt"]));
            assert_eq!(fetched(case, CONSUMER, Method::GET, "/replies").await["items"], json!([]));
            let report = case.adapter.verify_log().await;
            assert_eq!(report["clean"], true, "{report}");
        },
    );
}

#[test]
fn what_posti_tells_of_a_letter_is_told_to_its_sender_alone() {
    own(
        |_| {},
        async |case| {
            let id = ordered(case).await;
            let control = &case.adapter.viestit.control;
            let letter = case.letter(&id).await;
            let tell = |kind: &str| {
                let metadata = json!({"messageId": letter.message_id, "serviceId": VIESTIT.2});
                let metadata = metadata.as_object().expect("an object").clone();
                control.push_event(VIESTIT.0, kind, jiff::Timestamp::now(), metadata).expect("told");
            };
            let events = async || fetched(case, CONSUMER, Method::GET, "/events").await;
            let states = async || {
                let page = events().await;
                let items = page["items"].as_array().expect("a list").clone();
                let of_ours = items.into_iter().filter(|event| event["id"] == id);
                of_ours.map(|event| event["state"].as_str().expect("a state").to_owned()).collect::<Vec<_>>()
            };
            wait_for(async || states().await.len() == 2).await;
            // As if the mailbox had not been in use: only Posti's words are new.
            for (kind, state) in [("Posti: unresolved", "unresolved"), ("Posti: returned to sender", "returned")] {
                tell(kind);
                wait_for(async || states().await.last().map(String::as_str) == Some(state)).await;
            }
            let page = events().await;
            let next = page["next"].as_str().expect("a cursor").to_owned();
            assert_eq!(
                fetched(case, CONSUMER, Method::GET, &format!("/events?cursor={next}")).await["items"],
                json!([])
            );
            assert_eq!(page["items"].as_array().expect("a list").last().expect("an event")["channel"], "paper");
            assert_eq!(fetched(case, COLLEAGUE, Method::GET, "/events").await["items"], json!([]));

            // The same by SOAP, page by page.
            let mut seen = Vec::new();
            let mut cursor = String::new();
            loop {
                let members = format!("<c:limit>1</c:limit>{cursor}");
                let question = request(CONSUMER, "listMessageEvents", &members);
                let answer = case.soap("messages", question.clone()).await;
                let soap = case.accepted(question.as_bytes(), &answer).await;
                let Some(state) = child_text(&soap, "state") else { break };
                seen.push(state);
                cursor = format!("<c:cursor>{}</c:cursor>", child_text(&soap, "next").expect("a cursor"));
            }
            assert_eq!(seen, states().await);
        },
    );
}

#[test]
fn viestit_xr_11_an_unknown_member_or_parameter_is_refused_by_its_name() {
    own(
        |_| {},
        async |case| {
            let mut message = order_json(&order().order_id, &json!([]));
            message["prioriteetti"] = json!("high");
            let told = problem(&case.rest(messages_call(message.to_string())).await, 400);
            assert_eq!(
                (&told["type"], &told["field"]),
                (&json!("urn:silta:error:unknown-field"), &json!("prioriteetti"))
            );
            for path in ["/events?since=1", "/replies?lang=fi", "/messages/1?x=2"] {
                let told = problem(&case.rest(Call::new(Method::GET, "messages", path)).await, 400);
                assert_eq!(told["type"], "urn:silta:error:unknown-field", "{path}");
            }
            let question = request(CONSUMER, "listReplies", "<c:since>1</c:since>");
            let answer = case.soap("messages", question.clone()).await;
            let (code, field) = case.business_error(question.as_bytes(), &answer).await;
            assert_eq!((code.as_str(), field.as_deref()), ("unknown-field", Some("since")));
        },
    );
}

/// What a caller may see of a request that cannot be read: a code, never our insides.
fn shows_no_insides(answer: &Answer) {
    let text = answer.text();
    for inside in ["panicked", "adapter/src", ".rs:", "backtrace", "serde", "sqlx"] {
        assert!(!text.contains(inside), "{inside}: {text}");
    }
}

#[test]
fn viestit_xr_09_broken_json_and_xml_are_refused_without_our_insides() {
    own(
        |_| {},
        async |case| {
            for body in ["{\"orderId\": ", "", "[1, 2", "\u{0}", "{\"orderId\": \"a\"} trailing"] {
                let answer = case.rest(messages_call(body.to_owned())).await;
                Case::problem(&answer, 400);
                shows_no_insides(&answer);
            }
            let whole = request(CONSUMER, "getReply", "<c:id>1</c:id>");
            for broken in ["<soap:", "", &whole[..whole.len() - 40], &whole.replace("<c:id>", "<c:id")] {
                let answer = case.soap("messages", broken.to_owned()).await;
                assert_eq!(answer.status, 500);
                assert!(answer.text().contains("Fault"), "{}", answer.text());
                shows_no_insides(&answer);
            }
            // What can be read is answered with the header that it came with, wrong as its content may be.
            let question = request(CONSUMER, "getReply", "<c:id>1</c:id><c:attachment>first</c:attachment>");
            let answer = case.soap("messages", question.clone()).await;
            let (code, field) = case.business_error(question.as_bytes(), &answer).await;
            assert_eq!((code.as_str(), field.as_deref()), ("invalid-field", Some("attachment")));
            assert!(answer.text().contains("asiointi"), "the client header comes back");
            shows_no_insides(&answer);
        },
    );
}

#[test]
fn viestit_xr_03_a_client_header_from_outside_of_the_security_server_is_not_heard() {
    own(
        |_| {},
        async |case| {
            let id = ordered(case).await;
            let call = || Call::new(Method::GET, "messages", &format!("/messages/{id}"));
            assert_eq!(case.rest(call()).await.status, 200);
            let today = "2026-01-01".parse().expect("a date");
            let stranger = CertificateSpec::internal("ss9.example.fi", &["localhost"], today).issue();
            let stranger = stranger.expect("a certificate");
            for shown in [None, Some(&stranger)] {
                let door = Door::new(shown, TlsTweaks::default()).expect("a door");
                let answer = door.send(call().raw(&case.adapter.url)).await;
                assert!(answer.is_err(), "whoever shows no pinned certificate gets no connection");
            }
        },
    );
}
