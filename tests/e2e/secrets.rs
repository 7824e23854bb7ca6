//! A whole run with letters on every way, a reply, refusals and a look by the operator: nothing of a person, no password
//! and no key is in anything that it wrote (viestit.md §4.3).

use bytes::Bytes;
use conformance::viestit::{Actor, Draft, DraftFile};
use http::Method;
use serde_json::{Value, json};
use silta::control::{Command, call};

use super::letters::{addressed, state_after, wait_for, with_print};
use super::own;
use super::xroad::rest::order_json;
use crate::harness::{Call, Case, INTAKE_KEY, RECIPIENT, Search, VIESTIT, lines_about, messages_call, order};

const ON_PAPER: &str = "030594W903B";
/// What no place but a sealed one may hold.
const SECRETS: [&str; 12] = [
    RECIPIENT,
    ON_PAPER,
    "010594G9032",
    VIESTIT.1,
    INTAKE_KEY,
    "MERKKIOTSIKKO",
    "MERKKITEKSTI",
    "MERKKIVASTAUS",
    "MERKKITIEDOSTO",
    "Aino Esimerkki",
    "Esimerkkikatu 2",
    "Merkkisyy",
];

#[test]
fn viestit_priv_01_a_whole_run_leaves_nothing_personal_in_clear() {
    own(with_print, async |case| {
        let mut said = Vec::new();
        letters(case, &mut said).await;
        let socket = case.adapter.data().join("silta.sock");
        for command in
            [Command::Status {}, Command::Messages { tenant: None, after: None, limit: 100 }, Command::LogVerify {}]
        {
            said.push(("the operator's answers", call(&socket, &command).await.expect("answered").to_string()));
        }
        said.push(("the metrics", case.adapter.metrics().await));
        said.push(("the log lines", lines_about("").join("\n")));
        assert!(said.iter().all(|(_, text)| !text.is_empty()));
        let tokens = case.adapter.viestit.control.tokens();
        assert!(!tokens.is_empty());
        let secrets = SECRETS.iter().map(|secret| ("a secret of this run", (*secret).to_owned()));
        let mut search = Search::of(secrets.chain(tokens.into_iter().map(|token| ("a token", token))));
        for (what, text) in &said {
            search.text(what, text.as_bytes());
        }
        search.folder(&case.adapter.data());
        search.tables(&case.adapter.store_config()).await;
        search.end();
    });
}

async fn letters(case: &Case<'_>, said: &mut Vec<(&'static str, String)>) {
    let content = std::fs::read(crate::tidy::root().join("tests/samples/letters/decision.pdf")).expect("the sample");
    let file = json!([{"name": "MERKKITIEDOSTO.pdf", "mediaType": "application/pdf", "content": base64(&content)}]);
    let marked = |file: &Value| {
        let order = order();
        let mut message = order_json(&order.order_id, file);
        message["title"] = json!("MERKKIOTSIKKO");
        message["body"] = json!("MERKKITEKSTI");
        message
    };
    let mut electronic = marked(&file);
    electronic["replyAllowed"] = json!(true);
    let mut either = marked(&file);
    either["recipients"] = json!([addressed(Some(RECIPIENT)), addressed(Some(ON_PAPER))]);
    either["channel"] = json!("electronic-or-paper");
    either["paper"] = json!({"createAddressPage": true});
    let mut paper = marked(&file);
    paper["recipients"] = json!([addressed(None)]);
    paper["channel"] = json!("paper");
    paper["paper"] = json!({"createAddressPage": true});
    paper["paperReason"] = json!("Merkkisyy");
    let mut wrong = marked(&json!([]));
    wrong["recipients"] = json!([{"id": "010594G9032"}]);

    let mut ids = Vec::new();
    for message in [electronic, either, paper] {
        let answer = case.rest(messages_call(message.to_string())).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        ids.push(json_of(&answer.body)["id"].as_str().expect("an id").to_owned());
    }
    let refused = case.rest(messages_call(wrong.to_string())).await;
    assert_eq!(refused.status, 400);
    said.push(("a refusal", refused.text()));
    state_after(case, &ids[0], "delivered").await;
    let letter = case.letter(&ids[0]).await;
    let draft = Draft {
        title: "MERKKIVASTAUS".to_owned(),
        body: "MERKKIVASTAUS".to_owned(),
        files: vec![DraftFile {
            name: "MERKKITIEDOSTO.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            content: Bytes::from(content),
        }],
        owner: Some(Actor { id: RECIPIENT.to_owned(), name: "Aino Esimerkki".to_owned() }),
        representative: None,
    };
    case.adapter.viestit.control.reply(letter.message_id, draft).expect("a reply");
    let replies = async || json_of(&case.rest(Call::new(Method::GET, "messages", "/replies")).await.body);
    wait_for(async || !replies().await["items"].as_array().expect("a list").is_empty()).await;
    for id in &ids {
        let status = case.rest(Call::new(Method::GET, "messages", &format!("/messages/{id}"))).await;
        said.push(("a status", status.text()));
    }
}

fn base64(content: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(content)
}

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("JSON")
}
