//! Receipts over both protocols, checked by another library than the one that signs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};
use silta::config::{IntakeKey, KeyDigest};
use silta::control::{Command, call};

use super::letters::state_after;
use super::own;
use super::own::{get, json_of, post};
use super::replies::request;
use super::xroad::rest::{form, order_json};
use crate::harness::{COLLEAGUE, CONSUMER, Call, Case, RECIPIENT, TENANT, child_text, order, sha512};

const CASES_KEY: &str = "e2e-cases-key";

#[test]
fn viestit_xr_07_the_receipt_is_the_same_by_both_protocols_and_bears_a_signature() {
    own(
        |_| {},
        async |case| {
            let order = order();
            let message = order.soap();
            let id = case.ordered(&order, message.as_bytes(), &case.soap("messages", message.clone()).await).await;
            let letter = case.letter(&id).await;
            state_after(case, &id, "delivered").await;
            case.adapter.viestit.control.read(letter.message_id).expect("read");
            state_after(case, &id, "read").await;

            let path = format!("/messages/{id}/receipt");
            let receipt = fetched(case, &path).await;
            let statement = &receipt["statement"];
            assert_eq!(statement["issuer"], TENANT);
            assert_eq!((&statement["client"], &statement["orderId"]), (&json!(CONSUMER), &json!(order.order_id)));
            let xroad_id = child_text(&message, "xrd:id").or_else(|| child_text(&message, "id")).expect("an id");
            assert_eq!(statement["xroadId"], xroad_id);
            // The X-Road request hash.
            opens(&receipt, "request", &hex::encode(sha512(message.as_bytes())));
            assert!(statement["service"].as_str().expect("a service").ends_with("/sendMessage/v1"), "{statement}");
            assert_eq!(statement["externalId"], letter.external_id);
            assert_eq!(statement["messageId"], letter.message_id.to_string());
            assert_eq!((&statement["state"], &statement["channel"]), (&json!("read"), &json!("electronic")));
            let facts: Vec<String> = statement["facts"].as_array().expect("facts").iter().map(word).collect();
            for fact in [
                "message-log accepted",
                "message-log submitted",
                "answer answered",
                "event Electronic message created",
                "message-log read",
                "event Electronic message read",
            ] {
                assert!(facts.iter().any(|known| known == fact), "{fact} is missing: {facts:?}");
            }
            // What was signed is what stands beside it, by the key that the operator publishes.
            let socket = case.adapter.data().join("silta.sock");
            let keys = call(&socket, &Command::LogReceiptKeys { tenant: None }).await.expect("keys");
            assert_eq!(signed(&receipt, &keys), *statement);
            opens(&receipt, "recipient", RECIPIENT);
            opens(&receipt, "content", receipt["opening"]["content"].as_str().expect("content"));
            let content: Value =
                serde_json::from_str(receipt["opening"]["content"].as_str().expect("content")).expect("JSON");
            assert_eq!(content["title"], "Päätös");

            let question =
                request(CONSUMER, "getReceipt", &format!("<c:id>{id}</c:id><c:recipientNumber>1</c:recipientNumber>"));
            let answer = case.soap("messages", question.clone()).await;
            let soap = case.accepted(question.as_bytes(), &answer).await;
            let by_soap = json!({ "signed": child_text(&soap, "signed") });
            let mut theirs = signed(&by_soap, &keys);
            theirs["issuedAt"] = statement["issuedAt"].clone();
            assert_eq!(theirs, *statement);
            assert_eq!(child_text(&soap, "key").map(Value::from).as_ref(), Some(&receipt["opening"]["key"]));

            // Nobody else gets one, and what there is not is told as what is another's.
            for (client, path) in [
                (COLLEAGUE, path.as_str()),
                (CONSUMER, &format!("{path}?recipientNumber=2")),
                (CONSUMER, "/messages/x/receipt"),
            ] {
                let call = Call::new(Method::GET, "messages", path);
                let answer = case.rest(call.without("X-Road-Client").with("X-Road-Client", client)).await;
                assert_eq!(Case::problem(&answer, 404).code, "not-found", "{client} {path}");
            }
        },
    );
}

#[test]
fn a_receipt_is_of_one_letter_and_of_an_own_system_too() {
    own(
        |config| {
            config.tenants[0].intake_keys.push(IntakeKey {
                system: "cases".to_owned(),
                sha256: Some(KeyDigest::of(CASES_KEY.as_bytes())),
                letters: true,
                ..IntakeKey::default()
            });
        },
        async |case| {
            let mut order = order_json("own-1", &json!([]));
            order["recipients"] = json!([{"id": RECIPIENT}, {"id": "020594X903P"}]);
            let accepted = post(case, CASES_KEY, form(&order, &[])).await;
            assert_eq!(accepted.status, 202, "{}", accepted.text());
            let id = json_of(&accepted)["id"].as_str().expect("an id").to_owned();
            let unnamed = get(case, Some(CASES_KEY), &format!("/messages/{id}/receipt")).await;
            assert_eq!(unnamed.status, 400, "{}", unnamed.text());
            let problem: Value = serde_json::from_slice(&unnamed.body).expect("JSON");
            assert_eq!(problem["field"], "recipientNumber", "{problem}");
            assert!(problem["detail"].as_str().expect("text").contains("2 letters"), "{problem}");
            let receipt =
                json_of(&get(case, Some(CASES_KEY), &format!("/messages/{id}/receipt?recipientNumber=2")).await);
            assert_eq!(receipt["statement"]["client"], "own/cases");
            opens(&receipt, "recipient", "020594X903P");
        },
    );
}

async fn fetched(case: &Case<'_>, path: &str) -> Value {
    let answer = case.rest(Call::new(Method::GET, "messages", path)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("JSON")
}

fn word(fact: &Value) -> String {
    format!("{} {}", fact["source"].as_str().expect("a source"), fact["fact"].as_str().expect("a fact"))
}

/// What a receipt's signature is under, as RFC 7515 and RFC 7518 §3.4 have it.
fn signed(receipt: &Value, keys: &Value) -> Value {
    let text = receipt["signed"].as_str().expect("a signature");
    let [header, payload, signature] = text.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let head: Value = serde_json::from_slice(&decoded(header)).expect("a header");
    assert_eq!((&head["alg"], &head["typ"]), (&json!("ES256"), &json!("silta-receipt+jws")));
    let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == head["kid"]).expect("its key");
    let number =
        |member: &str| BigNum::from_slice(&decoded(key[member].as_str().expect("a coordinate"))).expect("a number");
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("the curve");
    let key =
        EcKey::from_public_key_affine_coordinates(&group, number("x").as_ref(), number("y").as_ref()).expect("a key");
    let signature = decoded(signature);
    let half = |range: &[u8]| -> BigNum { BigNum::from_slice(range).expect("a number") };
    let signature =
        EcdsaSig::from_private_components(half(&signature[..32]), half(&signature[32..])).expect("two numbers");
    let digest = sha256(format!("{header}.{payload}").as_bytes());
    assert!(signature.verify(&digest, &key).expect("judged"), "the signature is not by this key");
    serde_json::from_slice(&decoded(payload)).expect("a statement")
}

/// The receipt's own key makes the commitment of this value (docs/evidence.md).
fn opens(receipt: &Value, what: &str, value: &str) {
    let key = hex::decode(receipt["opening"]["key"].as_str().expect("a key")).expect("hexadecimal");
    let key = PKey::hmac(&key).expect("a key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("a signer");
    signer.update(format!("{what}\0{value}").as_bytes()).expect("fed");
    let commitment = hex::encode(signer.sign_to_vec().expect("signed"));
    assert_eq!(receipt["statement"][format!("{what}Commitment")], commitment);
    let member = if what == "request" { "requestDigest" } else { what };
    assert_eq!(receipt["opening"][member], value);
}
