//! Letters that an operator sends from the command line, as its whole way goes: file, socket, acceptance, Suomi.fi Messages.

use std::ffi::OsString;
use std::fs;

use serde_json::{Value, json};
use silta::model::evidence::RecordKind;

use super::own;
use super::xroad::rest::order_json;
use crate::harness::{Case, RECIPIENT, Said, TENANT, lines_about, pdf};

#[test]
fn an_operator_sends_a_letter_from_a_file_as_every_other_order_is_sent() {
    own(
        |_| {},
        async |case| {
            let folder = tempfile::tempdir().expect("a folder");
            let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
            // The largest file that a letter may have; the order's other file has a name of its own there.
            let (large, small) = (pdf(10_000_000), pdf(300 << 10));
            fs::write(path("suuri.pdf"), &large).expect("written");
            fs::write(path("pieni.pdf"), &small).expect("written");
            let named = json!([{"name": "päätös.pdf", "mediaType": "application/pdf", "part": "pieni.pdf"}]);
            fs::write(path("order.json"), order_json("op-1", &named).to_string()).expect("written");
            let given = [path("suuri.pdf"), path("pieni.pdf")];
            let files = ["--attachment", &given[0], "--attachment", &given[1]];
            let sent = async |order: &str, more: &[&str]| {
                let order = path(order);
                let args = [&["send", order.as_str(), "--tenant", TENANT], &files[..], more].concat();
                messages(case, &args).await
            };

            let (code, said, _) = sent("order.json", &["--check", "--json"]).await;
            assert_eq!((code, &parsed(&said)["sound"]["letters"]), (0, &json!(1)), "{said}");
            assert!(case.adapter.order("own/operator", "op-1").await.is_none(), "a look accepts nothing");

            let (code, said, complaint) = sent("order.json", &["--wait", "60", "--json"]).await;
            let answer = parsed(&said);
            assert_eq!((code, complaint.as_str()), (0, ""), "{said}");
            assert_eq!((&answer["orderId"], &answer["repeated"]), (&json!("op-1"), &json!(false)));
            assert_eq!(answer["states"].as_object().map(serde_json::Map::len), Some(1), "{said}");
            let id = answer["accepted"]["id"].as_str().expect("an id").to_owned();
            let letter = case.letter(&id).await;
            let names: Vec<&str> = letter.files.iter().map(|file| file.name.as_str()).collect();
            assert_eq!(names, ["päätös.pdf", "suuri.pdf"]);
            assert!(letter.files[0].content == small && letter.files[1].content == large, "other bytes at Viestit");

            // What has happened to it, for support and without anybody's name; by the letter's id as by the order's.
            let (code, said, _) = messages(case, &["show", &id, "--json"]).await;
            let shown = parsed(&said);
            let calls = shown["letters"][0]["course"].as_array().expect("a course").iter();
            let traced = calls.filter(|step| step["source"] == "answer").all(|step| step["traceId"].is_string());
            assert!(code == 0 && traced && said.contains("\"answer\"") && !said.contains(RECIPIENT), "{said}");
            assert_eq!(shown["letters"][0]["recipient"], 1, "as contracts count");
            let letter_id = shown["letters"][0]["id"].as_str().expect("an id");
            let (_, said, _) = messages(case, &["show", letter_id]).await;
            assert!(said.contains(&id) && said.contains("accepted") && said.contains("operator/"), "{said}");

            // Again is the same; other content under the id is refused.
            let (code, said, _) = sent("order.json", &[]).await;
            assert!(code == 0 && said.contains(&id) && said.contains("nothing is sent a second time"), "{said}");
            let mut other = order_json("op-1", &named);
            other["title"] = json!("Toinen");
            fs::write(path("other.json"), other.to_string()).expect("written");
            for more in [&["--check"][..], &[]] {
                let (code, said, _) = sent("other.json", more).await;
                assert!(code == 1 && said.contains("orderId  order-conflict"), "{said}");
            }

            // Everything that is wrong is told at once, in the operator's language, without what was given.
            other["recipients"] = json!([{"id": RECIPIENT}, {"id": "010594G9032"}]);
            other["title"] = json!("");
            fs::write(path("wrong.json"), other.to_string()).expect("written");
            let (code, said, complaint) = sent("wrong.json", &["--lang", "fi"]).await;
            assert!(code == 1 && said.contains("refused: 2 things are wrong"), "{said}");
            assert!(said.contains("recipients[1].id") && said.contains("title"), "{said}");
            assert!(!format!("{said}{complaint}").contains("010594G9032"), "{said}");
            let (_, swedish, _) = sent("wrong.json", &["--lang", "sv"]).await;
            assert_ne!(said, swedish);

            let (code, _, complaint) = messages(case, &["send", &path("none.json"), "--tenant", TENANT]).await;
            assert!(code == 2 && complaint.contains("none.json"), "{complaint}");
            let (code, _, complaint) = messages(case, &["send", &path("order.json"), "--tenant", "naantali"]).await;
            assert!(code == 2 && complaint.contains("naantali"), "{complaint}");

            let evidence = case.adapter.evidence().await;
            let ours = evidence.iter().map(|record| &record.draft);
            let ours: Vec<_> = ours.filter(|draft| draft.client.as_deref() == Some("own/operator")).collect();
            for (kind, count) in [(RecordKind::LetterAccepted, 1), (RecordKind::Exchange, 5)] {
                let of: Vec<_> = ours.iter().filter(|draft| draft.kind == kind).collect();
                assert_eq!(of.len(), count, "{kind:?}");
                assert!(of.iter().all(|draft| draft.actor.as_deref().is_some_and(|it| it.starts_with("operator/"))));
            }
            let lines = lines_about("").join("\n");
            assert!(!lines.contains(RECIPIENT) && !lines.contains("010594G9032"), "a log line holds an identity code");
        },
    );
}

/// `silta messages …` of the adapter: exit code, standard output, standard error.
async fn messages(case: &Case<'_>, args: &[&str]) -> (u8, String, String) {
    let data = case.adapter.data().to_str().expect("text").to_owned();
    let args = [&["silta", "messages"], args, &["--data", &data]].concat().into_iter().map(OsString::from);
    let (out, err) = (Said::default(), Said::default());
    let code = silta::cli::ask(args, Box::new(out.clone()), Box::new(err.clone())).await;
    (code, out.text(), err.text())
}

fn parsed(said: &str) -> Value {
    serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"))
}
