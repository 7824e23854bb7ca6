//! docs/ptv.md shows a change on its way to PTV, and this keeps it true: the commands run against an adapter and a
//! simulated PTV, and what they say is held against the block between the marks.
//!
//! `UPDATE_TRANSCRIPT=1 cargo test -p e2e walk` writes the block anew.

use serde_json::{Value, json};
use silta::control::{Command, call};

use crate::applied;
use crate::harness::{Said, TENANT, Victim, run};

const OPEN: &str = "<!-- walk -->\n";
const CLOSE: &str = "<!-- /walk -->";
const NAME: &str = "the_manual_shows_a_change_on_its_way_to_ptv";
/// What the walk is about: one service that is given at one place.
const SERVICE: &str = "101";
const POINT: &str = "501";
const OFFER: &str = "901";

#[test]
fn the_manual_shows_a_change_on_its_way_to_ptv() {
    if Victim::is_here() {
        return;
    }
    run(async {
        let sim = applied::ptv().await;
        let ground = applied::ground(&sim, |ptv| ptv.pace_per_second = 5).await;
        let mut victim = Victim::start(&ground, module_path!(), NAME).await;
        let mut records = records();
        applied::push(&victim, &records).await;
        let socket = ground.data().join("silta.sock");
        let asked = Command::PtvApply { tenant: TENANT.into(), steps: None, allow_removals: false };
        call(&socket, &asked).await.expect("asked");
        applied::settle(&ground).await;

        let data = ground.data();
        let mut told = String::new();
        told.push_str(&said(&data, "ptv plan").await);
        told.push_str("\nThe day nursery is open until six from now on. The CMS pushes the place anew:\n\n");
        let point = records.iter_mut().find(|it| it["koodi"] == POINT).expect("the place");
        point["fyysinenPaikka"]["aukioloajat"][0]["sulkemisaika"] = json!("18:00:00");
        applied::push(&victim, std::slice::from_ref(point)).await;
        told.push_str(
            "$ curl -X PUT …/intake/v1/turku/entities -H 'Authorization: Bearer …' \\\n       \
             -H 'Content-Type: application/json' -d @place-501.json\n\n",
        );
        for command in ["ptv plan --out plan.json", "ptv apply --plan plan.json", "ptv plan", "ptv drift"] {
            told.push_str(&said(&data, command).await);
            told.push('\n');
        }
        call(&socket, &Command::Shutdown {}).await.expect("told to stop");
        assert!(victim.ended_well());
        ground.end().await;
        sim.stop().await;

        let path = crate::tidy::root().join("docs/ptv.md");
        let page = std::fs::read_to_string(&path).expect("docs/ptv.md");
        let (before, rest) = page.split_once(OPEN).expect("the mark that opens");
        let (shown, after) = rest.split_once(CLOSE).expect("the mark that closes");
        let block = format!("```text\n{}\n```\n", told.trim());
        if std::env::var_os("UPDATE_TRANSCRIPT").is_some() {
            std::fs::write(&path, format!("{before}{OPEN}{block}{CLOSE}{after}")).expect("written");
            return;
        }
        assert_eq!(shown, block, "docs/ptv.md: run with UPDATE_TRANSCRIPT=1 and read what changed");
    });
}

/// A command as it is typed, and what it says. Files lie beside the data.
async fn said(data: &std::path::Path, command: &str) -> String {
    let folder = data.parent().expect("a folder");
    let words = command.split(' ').map(|word| match word {
        "plan.json" => folder.join(word).into_os_string(),
        other => other.into(),
    });
    let place = ["--data".into(), data.into(), "--tenant".into(), TENANT.into()];
    let args = std::iter::once("silta".into()).chain(words).chain(place);
    let (out, err) = (Said::default(), Said::default());
    silta::cli::ask(args, Box::new(out.clone()), Box::new(err.clone())).await;
    assert_eq!(err.text(), "", "{command}");
    format!("$ silta {command} --data silta-data --tenant {TENANT}\n{}", out.text())
}

fn records() -> Vec<Value> {
    let kept = |record: &Value| match record["laji"].as_str() {
        Some("organisaatio" | "palveluluokka") => true,
        Some("palvelu") => record["koodi"] == SERVICE,
        Some("palvelupiste") => record["koodi"] == POINT,
        Some("palvelutarjous") => record["koodi"] == OFFER,
        _ => false,
    };
    applied::sample().into_iter().filter(kept).collect()
}
