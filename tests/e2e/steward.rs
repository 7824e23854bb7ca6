//! What a data steward does at the operator's door: finds a record, looks at it, takes it over, and changes it.

use http::Method;
use serde_json::{Value, json};
use silta::control::{Command, call};

use super::own;
use crate::harness::{Call, Case, TENANT, TestAdapter, services_call};

async fn ask(adapter: &TestAdapter, command: &Command) -> Value {
    call(&adapter.socket, command).await.expect("answered")
}

fn find(words: &str, kind: Option<&str>) -> Command {
    Command::CatalogueFind { tenant: TENANT.into(), words: words.into(), kind: kind.map(Into::into), limit: 20 }
}

fn codes(answer: &Value) -> Vec<(String, String)> {
    let records = answer["records"].as_array().expect("a list").iter();
    let text = |record: &Value, member: &str| record[member].as_str().expect("text").to_owned();
    records.map(|record| (text(record, "kind"), text(record, "code"))).collect()
}

async fn read(case: &Case<'_>, call: Call) -> Value {
    let answer = case.rest(call).await;
    serde_json::from_str(&answer.text()).expect("JSON")
}

fn changes_after(cursor: Option<&str>) -> Call {
    let query = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    Call::new(Method::GET, "catalogue", &format!("/changes?limit=200{query}"))
}

#[test]
fn seed_b18_a_stewards_edit_reaches_the_change_feed() {
    own(
        |_| {},
        async |case| {
            let adapter = case.adapter;
            let (kind, code) = ("service".to_owned(), "101".to_owned());
            // The feed is read to its end first.
            let mut cursor: Option<String> = None;
            loop {
                let page = read(case, changes_after(cursor.as_deref())).await;
                cursor = Some(page["next"].as_str().expect("a cursor").to_owned());
                if page["items"].as_array().is_none_or(Vec::is_empty) {
                    break;
                }
            }
            let found = codes(&ask(adapter, &find("varhaiskasvatuksessa", None)).await);
            assert_eq!(found.first(), Some(&(kind.clone(), code.clone())), "{found:?}");
            let classes = codes(&ask(adapter, &find("kasvatus ja koulutus", Some("palveluluokka"))).await);
            assert_eq!(classes, [("class".to_owned(), "1_10".to_owned())]);
            assert_eq!(codes(&ask(adapter, &find("xyzzy", None)).await), []);

            let show = Command::CatalogueShow { tenant: TENANT.into(), kind: kind.clone(), code: code.clone() };
            let shown = ask(adapter, &show).await;
            assert_eq!((&shown["state"], &shown["master"]), (&json!("active"), &json!("cms")));
            let mut record = shown["record"].clone();
            record["nimi_kieliversiot"]["fi"] = "Varhaiskasvatus Turussa".into();
            let edit = |record: &Value| Command::CatalogueImport {
                tenant: TENANT.into(),
                master: "steward".into(),
                batch: None,
                records: vec![record.clone()],
            };
            // Another's record is not the steward's to change; taken over by an act, it is.
            let refused = ask(adapter, &edit(&record)).await;
            assert_eq!(refused["verdicts"][0]["findings"][0]["rule"], "other-master");
            let to = "steward".to_owned();
            ask(adapter, &Command::CatalogueMaster { tenant: TENANT.into(), kind, code, to }).await;
            let accepted = ask(adapter, &edit(&record)).await;
            assert_eq!(accepted["verdicts"][0]["outcome"], "updated");

            let page = read(case, changes_after(cursor.as_deref())).await;
            let items = page["items"].as_array().expect("a list");
            let [change] = items.as_slice() else { panic!("one change: {page:#}") };
            assert_eq!(
                (&change["kind"], &change["code"], &change["deleted"]),
                (&json!("service"), &json!("101"), &json!(false))
            );
            let service = read(case, services_call("/101")).await;
            assert_eq!(service["name"]["fi"], "Varhaiskasvatus Turussa");
            let shown = ask(adapter, &show).await;
            assert_eq!((&shown["master"], &shown["record"]), (&json!("steward"), &record));
            let own = |owner: Option<&str>, held| Command::CatalogueOwn {
                tenant: TENANT.into(),
                kind: "service".into(),
                code: "101".into(),
                owner: owner.map(Into::into),
                deputy: None,
                held,
            };
            ask(adapter, &own(Some("Päätoimitus <toimitus@turku.example>"), Some(true))).await;
            // A push of the master leaves it, and another process would see it.
            ask(adapter, &edit(&record)).await;
            let said = ask(adapter, &own(None, None)).await;
            let owner = json!({"actor": null, "name": "Päätoimitus", "email": "toimitus@turku.example"});
            assert_eq!(said, json!({"owner": owner, "deputy": null, "held": true}));
            assert_eq!(ask(adapter, &show).await["own"], said);
            let acts = adapter.acts("own").await;
            assert_eq!(acts, ["owner set, held back from PTV"], "nobody is named");

            let absent = Command::CatalogueShow { tenant: TENANT.into(), kind: "palvelu".into(), code: "0".into() };
            assert!(call(&adapter.socket, &absent).await.expect_err("absent").to_string().contains("no service"));
        },
    );
}
