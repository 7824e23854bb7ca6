//! States, trees, withdrawals and what a source may do to its records.

use std::sync::Arc;

use serde_json::{Value, json};

use super::kinds::record;
use super::{batch, open, outcomes};
use crate::catalogue::{Catalogue, Outcome, Verdict};
use crate::config::Withdrawal;
use crate::model::{EntityKey, Kind, State, Stored};
use crate::store::entities;

fn with_state(mut record: Value, tila: &str) -> Value {
    record["tila"] = json!({ "koodi": tila });
    record
}

fn from(mut record: Value, id: &str, version: u64) -> Value {
    record["lahde"] = json!({"jarjestelma": "cms", "id": id, "versio": version});
    record
}

fn rules(verdict: &Verdict) -> Vec<String> {
    verdict.findings.iter().map(|finding| format!("{} {}", finding.level, finding.rule)).collect()
}

async fn push(catalogue: &Catalogue, records: Vec<Value>) -> Vec<Verdict> {
    let checked = catalogue.check("turku", &batch("cms", records.clone())).expect("checked");
    let verdicts = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    assert_eq!(checked, verdicts, "a check says what a push does");
    verdicts
}

async fn push_one(catalogue: &Catalogue, record: Value) -> Verdict {
    push(catalogue, vec![record]).await.remove(0)
}

fn stored(catalogue: &Catalogue, kind: Kind, code: &str) -> Arc<Stored> {
    let key = EntityKey { kind, code: code.parse().expect("a code") };
    Arc::clone(catalogue.view("turku").expect("a view").find(&key).expect("stored"))
}

/// pat.md §6.1.
#[tokio::test]
async fn states_follow_one_another_as_the_life_cycle_says() {
    let states = ["1", "2", "3", "4", "9"];
    for first in states {
        for then in states {
            let folder = tempfile::tempdir().expect("a folder");
            let (_store, catalogue) = open(folder.path()).await;
            let record = record("palvelu", "1", json!({}));
            let created = push_one(&catalogue, with_state(record.clone(), first)).await;
            assert_eq!((created.outcome, rules(&created)), (Outcome::Created, vec![]), "{first}");
            let verdict = push_one(&catalogue, with_state(record, then)).await;
            let expected = match (first, then) {
                _ if first == then => (Outcome::Unchanged, vec![]),
                ("9", "2" | "3" | "4") => (Outcome::Refused, vec!["error state-step".to_owned()]),
                ("1", "2") => (Outcome::Updated, vec!["warning back-to-draft".to_owned()]),
                _ => (Outcome::Updated, vec![]),
            };
            assert_eq!((verdict.outcome, rules(&verdict)), expected, "{first} then {then}");
        }
    }
}

/// B17: a store with history. A withdrawn code is not free: its record comes back under it, and its revisions go on.
#[tokio::test]
async fn seed_b17_every_revision_is_kept_and_a_withdrawn_code_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, catalogue) = open(folder.path()).await;
    let named = |name: &str| record("palvelu", "1", json!({"nimi_kieliversiot": {"fi": name}}));
    push_one(&catalogue, named("Uimahalli")).await;
    push_one(&catalogue, named("Uimahallit")).await;
    // Kind and code are enough to withdraw.
    let short = json!({"laji": "palvelu", "koodi": "1", "tila": {"koodi": "9"}});
    let withdrawn = push_one(&catalogue, short.clone()).await;
    assert_eq!((withdrawn.outcome, rules(&withdrawn)), (Outcome::Updated, vec![]));
    assert_eq!(push_one(&catalogue, short.clone()).await.outcome, Outcome::Unchanged);
    let kept = stored(&catalogue, Kind::Service, "1");
    assert_eq!((kept.entity.state, kept.revision), (State::Deleted, 3));
    assert_eq!(kept.entity.name().any(), "Uimahallit");
    let revived = push_one(&catalogue, named("Uimahalli")).await;
    assert_eq!((revived.outcome, revived.revision), (Outcome::Updated, Some(4)));

    let history = entities::revisions(&store, "turku", "service", "1", 10).await.expect("read");
    let told: Vec<_> = history.iter().map(|it| (it.revision, it.state.as_str(), it.changed_by.as_str())).collect();
    assert_eq!(told, [(4, "active", "cms"), (3, "deleted", "cms"), (2, "active", "cms"), (1, "active", "cms")]);
    assert!(history.iter().zip(history.iter().skip(1)).all(|(newer, older)| newer.changed_at >= older.changed_at));
    let second = entities::revision(&store, "turku", "service", "1", 2).await.expect("read").expect("kept");
    assert!(String::from_utf8_lossy(&second.body).contains("Uimahallit"));
    // Nothing is there to withdraw under another code.
    let nothing = push_one(&catalogue, json!({"laji": "palvelu", "koodi": "2", "tila": {"koodi": "9"}})).await;
    assert_eq!((nothing.outcome, rules(&nothing)), (Outcome::Refused, vec!["error required".to_owned()]));
}

fn place_with_offers() -> Vec<Value> {
    let offer = |code: &str, point: &str| {
        record("palvelutarjous", code, json!({"palvelut": [{"koodi": "11"}], "palvelupiste": {"koodi": point}}))
    };
    vec![
        record("palvelu", "11", json!({})),
        record("palvelupiste", "740", json!({})),
        record("palvelupiste", "741", json!({})),
        offer("90", "740"),
        offer("91", "740"),
        offer("92", "741"),
    ]
}

/// pat.md §7, “Integrity”.
#[tokio::test]
async fn a_withdrawal_that_would_orphan_offers_is_refused_or_takes_them_along() {
    for setting in [Withdrawal::Refuse, Withdrawal::Cascade] {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, catalogue) = open(folder.path()).await;
        catalogue.set_withdrawal("turku", setting);
        push(&catalogue, place_with_offers()).await;
        let before = catalogue.view("turku").expect("a view").sequence();
        let verdict = push_one(&catalogue, with_state(record("palvelupiste", "740", json!({})), "9")).await;
        let offers = ["90", "91"].map(|code| stored(&catalogue, Kind::Offer, code));
        if setting == Withdrawal::Refuse {
            assert_eq!((verdict.outcome, rules(&verdict)), (Outcome::Refused, vec!["error orphans-offers".to_owned()]));
            assert!(verdict.findings[0].en.contains("90, 91"), "{}", verdict.findings[0].en);
            assert!(offers.iter().all(|offer| offer.entity.is_active()));
            // Offers that leave in the same batch are no obstacle, wherever they stand in it.
            let mut all = vec![with_state(record("palvelupiste", "740", json!({})), "9")];
            all.push(json!({"laji": "palvelutarjous", "koodi": "90", "tila": {"koodi": "9"}}));
            let elsewhere = json!({"palvelut": [{"koodi": "11"}], "palvelupiste": {"koodi": "741"}});
            all.push(record("palvelutarjous", "91", elsewhere));
            let verdicts = push(&catalogue, all).await;
            assert_eq!(outcomes(&verdicts), [Outcome::Updated; 3], "{verdicts:?}");
        } else {
            assert_eq!(
                (verdict.outcome, rules(&verdict)),
                (Outcome::Updated, vec!["warning offers-withdrawn".to_owned()])
            );
            for offer in &offers {
                assert_eq!((offer.entity.state, offer.revision), (State::Hidden, 2));
            }
            let view = catalogue.view("turku").expect("a view");
            assert_eq!(view.changes_after(before).count(), 3, "the feed tells all of it");
            // What is stored says the same as what is shown.
            let loaded = super::reload(&store).await;
            let loaded = loaded.view("turku").expect("a view");
            for offer in &offers {
                assert_eq!(loaded.find(&offer.entity.key).map(|it| &it.entity), Some(&offer.entity));
            }
        }
        assert!(stored(&catalogue, Kind::Offer, "92").entity.is_active());
    }
}

#[tokio::test]
async fn services_and_channels_hold_only_the_offers_that_have_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let page = |code: &str| {
        let more = json!({"kanavalaji": "verkkosivu", "osoite_kieliversiot": {"fi": "https://www.example.fi"}});
        record("palvelukanava", code, more)
    };
    let records = vec![
        record("palvelu", "11", json!({})),
        record("palvelu", "12", json!({})),
        page("21"),
        page("22"),
        record(
            "palvelutarjous",
            "90",
            json!({"palvelut": [{"koodi": "11"}, {"koodi": "12"}], "palvelukanavat": [{"koodi": "21"}, {"koodi": "22"}]}),
        ),
    ];
    push(&catalogue, records).await;
    for (first, last) in
        [(record("palvelu", "11", json!({})), record("palvelu", "12", json!({}))), (page("21"), page("22"))]
    {
        assert_eq!(push_one(&catalogue, with_state(first, "3")).await.outcome, Outcome::Updated);
        let refused = push_one(&catalogue, with_state(last, "4")).await;
        assert_eq!(rules(&refused), ["error orphans-offers"]);
    }
}

#[tokio::test]
async fn offers_of_another_master_are_not_taken_along() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    catalogue.set_withdrawal("turku", Withdrawal::Cascade);
    let mut records = place_with_offers();
    let offers = records.split_off(3);
    push(&catalogue, records).await;
    catalogue.accept("turku", batch("other", offers)).await.expect("accepted");
    let verdict = push_one(&catalogue, with_state(record("palvelupiste", "740", json!({})), "9")).await;
    assert_eq!((verdict.outcome, rules(&verdict)), (Outcome::Refused, vec!["error orphans-offers".to_owned()]));
}

#[tokio::test]
async fn an_offer_of_nothing_or_nowhere_is_a_draft() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let service = record("palvelu", "11", json!({}));
    for (code, more) in [("1", json!({})), ("2", json!({"palvelut": [{"koodi": "11"}]}))] {
        let verdicts = push(&catalogue, vec![service.clone(), record("palvelutarjous", code, more)]).await;
        assert_eq!(verdicts[1].outcome, Outcome::Created);
        assert!(rules(&verdicts[1]).iter().all(|rule| rule == "warning incomplete"));
        assert_eq!(stored(&catalogue, Kind::Offer, code).entity.state, State::Draft);
    }
}

#[tokio::test]
async fn trees_have_no_cycle_and_organisations_five_levels() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let organisation = |code: &str, parent: Option<&str>| {
        let parent = parent.map(|code| json!({ "koodi": code }));
        record("organisaatio", code, json!({"tyyppi": "Organization", "ylaorganisaatio": parent}))
    };
    let chain = |codes: &[&str]| -> Vec<Value> {
        let parents = std::iter::once(None).chain(codes.iter().map(|code| Some(*code)));
        codes.iter().zip(parents).map(|(code, parent)| organisation(code, parent)).collect()
    };
    // Five, in any order; the sixth is one too many.
    let mut five = chain(&["1", "2", "3", "4", "5"]);
    five.reverse();
    assert_eq!(outcomes(&push(&catalogue, five).await), [Outcome::Created; 5]);
    assert_eq!(rules(&push_one(&catalogue, organisation("6", Some("5"))).await), ["error too-deep"]);
    // A tree that is hung below another counts with what it has below.
    push(&catalogue, chain(&["a", "b", "c"])).await;
    assert_eq!(rules(&push_one(&catalogue, organisation("a", Some("3"))).await), ["error too-deep"]);
    assert_eq!(push_one(&catalogue, organisation("a", Some("2"))).await.outcome, Outcome::Updated);
    // Cycles: with itself, with what is stored, within one batch.
    assert_eq!(rules(&push_one(&catalogue, organisation("x", Some("x"))).await)[0], "error parent-cycle");
    assert_eq!(rules(&push_one(&catalogue, organisation("1", Some("5"))).await), ["error parent-cycle"]);
    let service = |code: &str, parent: &str| record("palvelu", code, json!({"ylapalvelu": {"koodi": parent}}));
    let verdicts =
        push(&catalogue, vec![service("1", "2"), service("2", "3"), service("3", "1"), service("4", "1")]).await;
    let refused: Vec<_> = verdicts.iter().map(|verdict| rules(verdict).first().cloned()).collect();
    let cycle = Some("error parent-cycle".to_owned());
    assert_eq!(refused[..3], [cycle.clone(), cycle.clone(), cycle.clone()]);
    assert_eq!(verdicts[3].outcome, Outcome::Created, "its own place is no part of the cycle");
    let class = |code: &str, parent: &str| record("palveluluokka", code, json!({"ylatason_koodi": parent}));
    let verdicts = push(&catalogue, vec![class("1_1", "1_2"), class("1_2", "1_1")]).await;
    assert_eq!(outcomes(&verdicts), [Outcome::Refused; 2]);
}

/// Build 6: an older revision pushed late, and the same one twice.
#[tokio::test]
async fn an_older_revision_that_comes_late_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let named = |name: &str, version| {
        from(record("palvelu", "1", json!({"nimi_kieliversiot": {"fi": name}})), "node/1", version)
    };
    push_one(&catalogue, named("Uimahalli", 12)).await;
    // Saved again with nothing changed: the version counts all the same, or the one between would win.
    assert_eq!(push_one(&catalogue, named("Uimahalli", 14)).await.outcome, Outcome::Updated);
    let late = push_one(&catalogue, named("Uimala", 13)).await;
    assert_eq!((late.outcome, rules(&late)), (Outcome::Refused, vec!["error older-revision".to_owned()]));
    assert_eq!(late.findings[0].field, "lahde.versio");
    for (text, part) in [
        (&late.findings[0].fi, "versio 13"),
        (&late.findings[0].sv, "version 13"),
        (&late.findings[0].en, "version 13"),
    ] {
        assert!(text.contains(part) && text.contains("14"), "{text}");
    }
    assert_eq!(push_one(&catalogue, named("Uimahalli", 14)).await.outcome, Outcome::Unchanged);
    let twice = push_one(&catalogue, named("Uimala", 14)).await;
    assert_eq!((twice.outcome, rules(&twice)), (Outcome::Updated, vec!["warning same-version".to_owned()]));
    // A withdrawal that comes late is as late.
    let gone = |version: u64| json!({"laji": "palvelu", "koodi": "1", "tila": {"koodi": "9"}, "lahde": {"jarjestelma": "cms", "id": "node/1", "versio": version}});
    assert_eq!(rules(&push_one(&catalogue, gone(13)).await), ["error older-revision"]);
    assert_eq!(push_one(&catalogue, gone(15)).await.outcome, Outcome::Updated);
    assert_eq!(
        rules(&push_one(&catalogue, named("Uimala", 14)).await),
        ["error older-revision"],
        "nor does it come back by an old one"
    );
}

/// Build 6: a code used for two records of the source; a record that the source gives another code; a rename.
#[tokio::test]
async fn a_code_is_one_record_of_the_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let service = |code: &str, name: &str| record("palvelu", code, json!({"nimi_kieliversiot": {"fi": name}}));
    push_one(&catalogue, from(service("1", "Uimahalli"), "node/1", 1)).await;
    let reused = push_one(&catalogue, from(service("1", "Kirjasto"), "node/2", 1)).await;
    assert_eq!((reused.outcome, rules(&reused)), (Outcome::Refused, vec!["error code-reused".to_owned()]));
    // Another code for the same record: kept, and told.
    let moved = push_one(&catalogue, from(service("2", "Uimahalli"), "node/1", 2)).await;
    assert_eq!((moved.outcome, rules(&moved)), (Outcome::Created, vec!["warning source-moved".to_owned()]));
    assert!(moved.findings[0].fi.contains("koodilla 1"), "{}", moved.findings[0].fi);
    // After the withdrawal the code may be another's.
    push_one(&catalogue, with_state(from(service("1", "Uimahalli"), "node/1", 3), "9")).await;
    assert_eq!(rules(&push_one(&catalogue, from(service("2", "Uimahallit"), "node/1", 4)).await), Vec::<String>::new());
    let taken = push_one(&catalogue, from(service("1", "Kirjasto"), "node/2", 1)).await;
    assert_eq!((taken.outcome, rules(&taken)), (Outcome::Updated, vec!["warning code-reused".to_owned()]));
    // A rename is a change like any other: same code, next revision.
    let renamed = push_one(&catalogue, from(service("1", "Pääkirjasto"), "node/2", 2)).await;
    assert_eq!((renamed.outcome, renamed.revision, rules(&renamed)), (Outcome::Updated, Some(4), vec![]));
    let mut other = service("1", "Pääkirjasto");
    other["lahde"] = json!({"jarjestelma": "uusi-cms", "id": "77", "versio": 1});
    assert_eq!(rules(&push_one(&catalogue, other).await), ["warning source-changed"]);
}

/// What another process committed in between is not passed over.
#[tokio::test]
async fn a_view_takes_in_what_another_writer_committed_in_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, one) = open(folder.path()).await;
    let two = super::reload(&store).await;
    push_one(&one, record("palvelu", "1", json!({}))).await;
    push_one(&two, record("palvelu", "2", json!({}))).await;
    let view = two.view("turku").expect("a view");
    assert_eq!((view.sequence(), view.all(Kind::Service).count()), (2, 2));
}

/// Design §1: a change of master is an act with evidence.
#[tokio::test]
async fn a_change_of_master_is_an_act_and_the_old_one_is_refused() {
    use crate::catalogue::MasterChange;
    use crate::model::Master;

    let folder = tempfile::tempdir().expect("a folder");
    let (store, catalogue) = open(folder.path()).await;
    push_one(&catalogue, record("palvelu", "1", json!({}))).await;
    let key = EntityKey { kind: Kind::Service, code: "1".parse().expect("a code") };
    let to = Master("drupal".into());
    let changed = catalogue.change_master("turku", &key, &to).await.expect("carried out");
    assert_eq!(changed, MasterChange::Changed { from: Master("cms".into()), revision: 2 });
    let again = catalogue.change_master("turku", &key, &to).await.expect("carried out");
    assert_eq!(again, MasterChange::Same);
    let unknown = EntityKey { kind: Kind::Service, code: "2".parse().expect("a code") };
    assert_eq!(catalogue.change_master("turku", &unknown, &to).await.expect("looked up"), MasterChange::Unknown);

    let before = stored(&catalogue, Kind::Service, "1");
    assert_eq!((&before.master, before.revision), (&to, 2));
    let refused = push_one(&catalogue, record("palvelu", "1", json!({}))).await;
    assert!(refused.findings[0].en.contains("System drupal is the master"), "{:?}", refused.findings);
    let taken =
        catalogue.accept("turku", batch("drupal", vec![record("palvelu", "1", json!({"kielet": ["fi"]}))])).await;
    assert_eq!(outcomes(&taken.expect("accepted")), [Outcome::Updated]);
    let history = catalogue.history("turku", &key).await.expect("read");
    let told: Vec<_> = history.iter().map(|it| (it.revision, it.master.as_str(), it.changed_by.as_str())).collect();
    assert_eq!(told, [(3, "drupal", "drupal"), (2, "drupal", "system"), (1, "cms", "cms")]);
    // The message log has it, and a restart knows it.
    let acts = super::acts(&store).await;
    assert_eq!(acts, [("service/1".to_owned(), "from cms to drupal".to_owned())]);
    assert_eq!(super::reload(&store).await.view("turku").expect("a view").master(&key), Some(&to));
}
