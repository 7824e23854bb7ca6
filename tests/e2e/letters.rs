//! Letters from an agency to the mailbox, whole: each way of sending files, repeats, other clients, an outage of
//! Viestit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use conformance::security_server::{Answer, RawBody};
use conformance::viestit::Fault;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

use super::own;
use super::xroad::rest::{form, order_json};
use crate::harness::{
    COLLEAGUE, CONSUMER, Call, Case, Multipart, Order, TENANT, child_text, envelope, header, messages_call, order, pdf,
    replaced,
};

const PDF: &str = "application/pdf";
const ELECTRONIC: &str = "/v2/messages/electronic";

#[test]
fn viestit_xr_08_every_way_of_sending_a_file_brings_the_same_bytes() {
    own(
        |_| {},
        async |case| {
            let content =
                std::fs::read(crate::tidy::root().join("tests/samples/letters/decision.pdf")).expect("the sample");
            let large = pdf(2 << 20);
            for content in [&content, &large] {
                let mut ids = Vec::new();

                let mtom = order().with_xop("päätös.pdf", PDF, "cid:file%40example.fi");
                let message = Multipart::mtom(mtom.soap()).file("file@example.fi", content.clone());
                ids.push(case.ordered(&mtom, message.first(), &case.multipart(&message).await).await);

                let swa = order().with_swa("päätös.pdf", PDF, "cid:file@example.fi");
                let headers =
                    "content-type:application/pdf\nContent-ID: <file@example.fi>\nContent-Transfer-Encoding: base64";
                let message = Multipart::swa(swa.soap()).part(headers, STANDARD.encode(content));
                ids.push(case.ordered(&swa, message.first(), &case.multipart(&message).await).await);

                let inline = order().with_inline("päätös.pdf", PDF, content);
                let message = inline.soap();
                let answer = case.soap("messages", message.clone()).await;
                ids.push(case.ordered(&inline, message.as_bytes(), &answer).await);

                let multipart = order();
                let by_part = json!([{"name": "päätös.pdf", "mediaType": PDF, "part": "file"}]);
                let mut call =
                    messages_call("").without("content-type").with("content-type", "multipart/form-data; boundary=xx");
                call.body =
                    RawBody::Sized(form(&order_json(&multipart.order_id, &by_part), &[("file", content)]).into());
                ids.push(accepted(case, &multipart, &case.rest(call).await).await);

                // And REST inline, through both security servers; it is for small files only.
                let inline = order();
                let by_content = json!([{"name": "päätös.pdf", "mediaType": PDF, "content": STANDARD.encode(content)}]);
                let body = order_json(&inline.order_id, &by_content).to_string();
                let headers = [("content-type", "application/json")];
                let answer = case.consume_rest(Method::POST, "messages", "/messages", &headers, body).await;
                if content.len() <= 256 * 1024 {
                    ids.push(accepted(case, &inline, &answer).await);
                } else {
                    assert_eq!(Case::problem(&answer, 413).code, "too-large");
                    case.nothing_ordered(&inline).await;
                }

                for id in &ids {
                    let letter = case.letter(id).await;
                    assert_eq!(letter.files.len(), 1);
                    assert!(letter.files[0].content == *content, "other bytes at Viestit");
                    assert_eq!(
                        (letter.files[0].name.as_str(), letter.files[0].media_type.as_str()),
                        ("päätös.pdf", PDF)
                    );
                    assert_eq!(letter.electronic.expect("electronic").title, "Päätös");
                }
            }
            let report = case.adapter.verify_log().await;
            assert_eq!(report["clean"], true, "{report}");
        },
    );
}

#[test]
fn viestit_xr_04_another_client_does_not_see_the_order() {
    own(
        |_| {},
        async |case| {
            let order = order();
            let message = order.soap();
            let id = case.ordered(&order, message.as_bytes(), &case.soap("messages", message.clone()).await).await;
            // By SOAP and REST: not found, as if it had never been; for its sender it is there.
            let question = status_request(COLLEAGUE, &id);
            let answer = case.soap("messages", question.clone()).await;
            assert_eq!(case.business_error(question.as_bytes(), &answer).await.0, "not-found");
            let call = Call::new(Method::GET, "messages", &format!("/messages/{id}"));
            let of_colleague = call.clone().without("X-Road-Client").with("X-Road-Client", COLLEAGUE);
            assert_eq!(Case::problem(&case.rest(of_colleague).await, 404).code, "not-found");
            assert_eq!(case.rest(call).await.status, 200);
            // The same orderId of another client is another order.
            let theirs = Order { client: COLLEAGUE.to_owned(), ..order.clone() };
            let message = theirs.soap();
            let other = case.ordered(&theirs, message.as_bytes(), &case.soap("messages", message.clone()).await).await;
            assert_ne!(id, other);
            let (mine, theirs) = (case.letter(&id).await, case.letter(&other).await);
            assert_ne!(mine.message_id, theirs.message_id);
        },
    );
}

#[test]
fn viestit_xr_05_soap_and_rest_tell_the_same_state() {
    own(
        |_| {},
        async |case| {
            let order = order();
            let message = order.soap();
            let id = case.ordered(&order, message.as_bytes(), &case.soap("messages", message.clone()).await).await;
            let letter = case.letter(&id).await;
            let rest = state_after(case, &id, "delivered").await;
            assert_eq!((&rest["id"], &rest["orderId"]), (&json!(id), &json!(order.order_id)));
            assert_eq!(rest["sends"][0]["messageId"], letter.message_id.to_string());
            let question = status_request(CONSUMER, &id);
            let answer = case.soap("messages", question.clone()).await;
            let soap = case.accepted(question.as_bytes(), &answer).await;
            for name in ["orderId", "acceptedAt"] {
                assert_eq!(child_text(&soap, name).map(Value::from).as_ref(), Some(&rest[name]), "{name}");
            }
            for name in ["state", "messageId", "channel", "changedAt"] {
                assert_eq!(child_text(&soap, name).map(Value::from).as_ref(), Some(&rest["sends"][0][name]), "{name}");
            }
            // The recipient opens it.
            case.adapter.viestit.control.read(letter.message_id).expect("read");
            state_after(case, &id, "read").await;
        },
    );
}

#[test]
fn viestit_xr_06_an_outage_of_viestit_delays_letters_and_loses_none() {
    own(
        |_| {},
        async |case| {
            let control = &case.adapter.viestit.control;
            control.fault(ELECTRONIC, Fault::Status(503), usize::MAX);
            let mut ids = Vec::new();
            for number in 0..3 {
                let order = order().with_inline("a.pdf", PDF, &pdf(100 + number));
                let message = order.soap();
                let answer = case.soap("messages", message.clone()).await;
                ids.push(case.ordered(&order, message.as_bytes(), &answer).await);
            }
            wait_for(async || control.call_count(ELECTRONIC) > 0).await;
            for id in &ids {
                let state = state_of(case, id).await;
                assert!(
                    ["accepted", "submitting"].contains(&state["sends"][0]["state"].as_str().expect("a state")),
                    "{state}"
                );
            }
            assert!(control.messages().is_empty());
            control.clear_faults();
            for id in &ids {
                state_after(case, id, "delivered").await;
            }
            // Each once, whatever was tried in between.
            let mut sent: Vec<String> = control.messages().into_iter().map(|letter| letter.external_id).collect();
            sent.sort();
            let mut expected: Vec<String> = ids.iter().map(|id| format!("{TENANT}:{id}:1")).collect();
            expected.sort();
            assert_eq!(sent, expected);
        },
    );
}

#[test]
fn a_repeated_order_is_the_same_order() {
    own(
        |_| {},
        async |case| {
            let order = order().with_inline("a.pdf", PDF, &pdf(300));
            let message = order.soap();
            let first = case.soap("messages", message.clone()).await;
            let id = case.ordered(&order, message.as_bytes(), &first).await;
            case.letter(&id).await;
            // The same content, by another message, in the other protocol, and several at once.
            let again = order.soap();
            let answer = case.soap("messages", again.clone()).await;
            let document = case.accepted(again.as_bytes(), &answer).await;
            for name in ["acceptedAt", "state"] {
                assert_eq!(child_text(&document, name), child_text(&first.text(), name), "{name}");
            }
            assert!(document.contains(&id));
            let attachments = json!([{"name": "a.pdf", "mediaType": PDF, "content": STANDARD.encode(pdf(300))}]);
            let json = order_json(&order.order_id, &attachments);
            let answers =
                futures_util::future::join_all((0..8).map(|_| case.rest(messages_call(json.to_string())))).await;
            for answer in answers {
                assert_eq!(accepted(case, &order, &answer).await, id);
            }
            // Other content under the same id is refused.
            let other = replaced(&order.soap(), "Päätös on tehty.", "Päätös on peruttu.");
            let answer = case.soap("messages", other.clone()).await;
            let (code, field) = case.business_error(other.as_bytes(), &answer).await;
            assert_eq!((code.as_str(), field.as_deref()), ("order-conflict", Some("orderId")));
            let other = replaced(&json.to_string(), "Päätös on tehty.", "Päätös on peruttu.");
            assert_eq!(Case::problem(&case.rest(messages_call(other)).await, 409).code, "order-conflict");
            state_after(case, &id, "delivered").await;
            let external_id = format!("{TENANT}:{id}:1");
            let sent = case.adapter.viestit.control.messages();
            assert_eq!(sent.iter().filter(|letter| letter.external_id == external_id).count(), 1);
            assert_eq!(sent.len(), 1);
        },
    );
}

/// Orders with the same id that arrive at the same moment are one order.
#[test]
fn a_race_of_equal_orders_is_one_order() {
    own(
        |_| {},
        async |case| {
            let order = order();
            let body = order_json(&order.order_id, &json!([])).to_string();
            let calls = (0..16).map(|_| case.rest(messages_call(Bytes::from(body.clone()))));
            let answers = futures_util::future::join_all(calls).await;
            let id = case.adapter.order(CONSUMER, &order.order_id).await.expect("accepted");
            for answer in answers {
                match answer.status.as_u16() {
                    202 => assert_eq!(serde_json::from_slice::<Value>(&answer.body).expect("JSON")["id"], id),
                    _ => assert_eq!(Case::problem(&answer, 503).code, "unavailable", "asked to try again"),
                }
            }
            case.letter(&id).await;
            assert_eq!(case.adapter.viestit.control.messages().len(), 1);
        },
    );
}

/// The id in a REST answer that accepts an order, as the store has it.
async fn accepted(case: &Case<'_>, order: &Order, answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = case.adapter.order(&order.client, &order.order_id).await.expect("an accepted order");
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).expect("JSON")["id"], id);
    id
}

fn status_request(client: &str, id: &str) -> String {
    let body = format!("<c:getMessageStatus xmlns:c=\"urn:silta:messages:v1\"><c:id>{id}</c:id></c:getMessageStatus>");
    envelope(&header(client, "getMessageStatus"), &body)
}

async fn state_of(case: &Case<'_>, id: &str) -> Value {
    let answer = case.rest(Call::new(Method::GET, "messages", &format!("/messages/{id}"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// Waits until the one letter of an order is in this state.
pub(super) async fn state_after(case: &Case<'_>, id: &str, state: &str) -> Value {
    wait_for(async || state_of(case, id).await["sends"][0]["state"] == state).await;
    state_of(case, id).await
}

pub(super) async fn wait_for(reached: impl AsyncFn() -> bool) {
    for _ in 0..600 {
        if reached().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not reached in 30 s");
}

/// A tenant without an account in Viestit refuses for good: repeating does not help.
#[test]
fn without_an_account_no_letter_is_accepted_and_the_refusal_lasts() {
    own(
        |config| config.tenants[0].viestit = None,
        async |case| {
            let order = order();
            let answer = case.soap("messages", order.soap()).await;
            case.refused(&order, &answer, "Client").await;
            assert!(answer.text().contains("not-allowed"), "{}", answer.text());
            let answer = case.rest(messages_call(order_json(&order.order_id, &json!([])).to_string())).await;
            assert_eq!(Case::problem(&answer, 403).code, "not-allowed");
            assert!(answer.headers.get("retry-after").is_none());
            case.nothing_ordered(&order).await;
        },
    );
}

/// The print account of the tenant, its password in a file beside the other one.
pub(super) fn with_print(config: &mut silta::config::Config) {
    let viestit = config.tenants[0].viestit.as_mut().expect("an account");
    let password_file = viestit.password_file.path().with_file_name("print-password");
    std::fs::write(&password_file, "q7Zx").expect("written");
    viestit.print = Some(silta::config::ViestitPrint {
        username: "turku1".to_owned(),
        password_file: silta::config::SecretFile(password_file),
        contact_email: "tulostus@turku.example".to_owned(),
        return_address: silta::config::PostalAddress {
            name: "Turun kaupunki".to_owned(),
            street_address: "Esimerkkikatu 1".to_owned(),
            zip_code: "20101".to_owned(),
            city: "Turku".to_owned(),
            country_code: "FI".to_owned(),
            ..silta::config::PostalAddress::default()
        },
        address_zone: [15, 35, 110, 80],
        ..silta::config::ViestitPrint::default()
    });
}

pub(super) fn addressed(id: Option<&str>) -> Value {
    let address = json!({
        "name": "Aino Esimerkki", "streetAddress": "Esimerkkikatu 2", "zipCode": "20100", "city": "Turku",
        "countryCode": "Suomi"
    });
    match id {
        Some(id) => json!({"id": id, "address": address}),
        None => json!({"address": address}),
    }
}

fn uploaded_call(content: &[u8]) -> Call {
    let mut call =
        Call::new(Method::POST, "messages", "/uploads").with("content-type", "multipart/form-data; boundary=xx");
    call.body = RawBody::Sized(form(&json!({"part": "file"}), &[("file", content)]).into());
    call
}

#[test]
fn viestit_mul_04_letters_go_to_the_mailbox_or_on_paper_and_the_channel_is_told() {
    own(with_print, async |case| {
        let content =
            std::fs::read(crate::tidy::root().join("tests/samples/letters/decision.pdf")).expect("the sample");
        let answer = case.rest(uploaded_call(&content)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let upload = serde_json::from_slice::<Value>(&answer.body).expect("JSON")["id"].clone();
        let file = json!([{"name": "päätös.pdf", "mediaType": PDF, "upload": upload}]);

        // To whoever has a mailbox there, to the other on paper.
        let both = order();
        let mut message = order_json(&both.order_id, &file);
        message["recipients"] = json!([addressed(Some(crate::harness::RECIPIENT)), addressed(Some("030594W903B"))]);
        message["channel"] = json!("electronic-or-paper");
        message["paper"] = json!({"createAddressPage": true, "costPool": "POOL1"});
        let id = accepted(case, &both, &case.rest(messages_call(message.to_string())).await).await;
        wait_for(async || {
            let sends = state_of(case, &id).await["sends"].clone();
            sends[0]["channel"] == "electronic" && sends[1]["channel"] == "paper"
        })
        .await;
        let sends = state_of(case, &id).await["sends"].clone();
        assert_eq!((&sends[0]["state"], &sends[1]["state"]), (&json!("delivered"), &json!("submitted")));

        // On paper, to an address alone; and it ends in printing.
        let paper = order();
        let mut message = order_json(&paper.order_id, &file);
        message["recipients"] = json!([addressed(None)]);
        message["channel"] = json!("paper");
        message["paper"] = json!({"createAddressPage": true});
        let answer = case.rest(messages_call(message.to_string())).await;
        assert_eq!(Case::problem(&answer, 400).code, "missing-field");
        let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(
            (&told["findings"][0]["field"], told["findings"][0]["fi"].is_string()),
            (&json!("paperReason"), true)
        );
        message["paperReason"] = json!("Vastaanottajalla ei ole tunnusta.");
        let id = accepted(case, &paper, &case.rest(messages_call(message.to_string())).await).await;
        let letter = case.letter(&id).await;
        assert_eq!(letter.paper.as_ref().expect("paper").recipient.country_code, "FI");
        case.adapter.viestit.control.print(letter.message_id).expect("printed");
        let state = state_after(case, &id, "sent-to-print").await;
        assert_eq!(state["sends"][0]["channel"], "paper");
        let report = case.adapter.verify_log().await;
        assert_eq!(report["clean"], true, "{report}");
    });
}

#[test]
fn a_bulletin_is_cancelled_whole_before_it_is_sent() {
    own(
        |_| {},
        async |case| {
            let mut ids = Vec::new();
            for _ in 0..2 {
                let order = order();
                let mut message = order_json(&order.order_id, &json!([]));
                message["bulletinId"] = json!("b-1");
                message["notBefore"] = json!("2199-01-01T00:00:00Z");
                ids.push(accepted(case, &order, &case.rest(messages_call(message.to_string())).await).await);
            }
            let one = Call::new(Method::DELETE, "messages", &format!("/messages/{}?recipientNumber=1", ids[0]));
            let answer = case.rest(one).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert_eq!(told["sends"][0]["result"], "cancelled");
            let whole = Call::new(Method::DELETE, "messages", "/bulletins/b-1");
            let answer = case.rest(whole).await;
            let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert_eq!((&told["cancelled"], &told["tooLate"], &told["more"]), (&json!(2), &json!(0), &json!(false)));
            let answer = case.rest(Call::new(Method::GET, "messages", "/bulletins/b-1")).await;
            let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert_eq!(told["states"], json!([{"state": "cancelled", "letters": 2}]));
            // By SOAP the same, and not by another client.
            let body = "<c:cancelBulletin xmlns:c=\"urn:silta:messages:v1\"><c:bulletinId>b-1</c:bulletinId></c:cancelBulletin>";
            for (client, expected) in [(CONSUMER, None), (COLLEAGUE, Some("not-found"))] {
                let question = envelope(&header(client, "cancelBulletin"), body);
                let answer = case.soap("messages", question.clone()).await;
                match expected {
                    None => {
                        let document = case.accepted(question.as_bytes(), &answer).await;
                        assert_eq!(child_text(&document, "cancelled").as_deref(), Some("2"));
                    }
                    Some(code) => assert_eq!(case.business_error(question.as_bytes(), &answer).await.0, code),
                }
            }
            assert!(case.adapter.viestit.control.messages().is_empty());
        },
    );
}
