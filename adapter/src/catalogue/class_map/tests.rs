//! One tenant publishes its class map, another adopts it, on both databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::{FROM_FILE, MapError, csv_of, entries_of};
use crate::catalogue::{Batch, Catalogue, Outcome};
use crate::model::evidence::{Evidence as EvidenceRecord, RecordKind};
use crate::model::{Kind, Master};
use crate::store::testing::Scratch;
use crate::store::{class_maps, evidence};
use crate::telemetry::Metrics;

const LIBRARIES: &str = "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P25.1";
const RIGHTS_BETWEEN: &str = "http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P7.13";
const RIGHTS: &str = "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P7.12";

async fn catalogue(scratch: &Scratch) -> Catalogue {
    let codes = ["turku", "naantali"].map(Arc::from);
    let own = Catalogue::load(&scratch.store, &scratch.world, &Metrics::new(), codes).await.expect("loads");
    let newer = Arc::new(BTreeMap::from([(RIGHTS_BETWEEN.to_owned(), RIGHTS.to_owned())]));
    for tenant in ["turku", "naantali"] {
        own.set_class_addresses(tenant, Arc::clone(&newer));
        own.load_maps(tenant).await.expect("maps");
    }
    own
}

async fn push(catalogue: &Catalogue, tenant: &str, classes: &[(&str, &str, Option<&str>)]) {
    let records = classes.iter().map(|(code, name, address)| {
        let mut record = json!({"laji": "palveluluokka", "koodi": code, "nimi_kieliversiot": {"fi": name, "sv": format!("sv {name}")}});
        if let (Some(address), Some(members)) = (address, record.as_object_mut()) {
            members.insert("ptv_luokka_uri".into(), json!(address));
        }
        record
    });
    let batch = Batch { id: None, master: Master("cms".into()), records: records.collect() };
    let verdicts = catalogue.accept(tenant, batch).await.expect("accepted");
    assert!(verdicts.iter().all(|verdict| verdict.outcome != Outcome::Refused), "{verdicts:?}");
}

fn class_of(catalogue: &Catalogue, tenant: &str, code: &str) -> Option<String> {
    catalogue.view(tenant)?.ptv_class(&code.parse().expect("a code")).map(str::to_owned)
}

/// What the log says of a tenant's acts: subject and outcome.
async fn acts(scratch: &Scratch, tenant: &str) -> Vec<(String, String)> {
    let mut acts = Vec::new();
    for (writer, _) in evidence::writers(&scratch.store).await.expect("read") {
        for stored in evidence::page(&scratch.store, &writer, 0, 512).await.expect("read") {
            let draft = EvidenceRecord::decode(&stored.record).expect("a record").draft;
            if draft.tenant == tenant && draft.kind == RecordKind::Act {
                acts.push((draft.subject.unwrap_or_default(), draft.outcome.unwrap_or_default()));
            }
        }
    }
    acts
}

async fn on_both(test: impl AsyncFn(&mut Scratch)) {
    test(&mut Scratch::sqlite().await.expect("a store")).await;
    match Scratch::postgres().await.expect("a server") {
        Some(mut scratch) => test(&mut scratch).await,
        None => println!("skipped: no PostgreSQL on this machine"),
    }
}

#[tokio::test]
async fn seed_a35_one_tenant_s_class_map_serves_another_which_changes_by_its_own_act_only() {
    on_both(async |scratch| {
        let own = catalogue(scratch).await;
        let turku = [
            ("1_1", "Kirjastot", Some(LIBRARIES)),
            ("1_2", "Tekijänoikeus", Some(RIGHTS_BETWEEN)),
            ("1_9", "Muu", None),
        ];
        push(&own, "turku", &turku).await;
        let naantali = [
            ("5_5", "kirjastot", None),
            ("1_2", "Museot", None),
            ("7_7", "Tekijänoikeus", None),
            ("8_8", "Satamat", None),
        ];
        push(&own, "naantali", &naantali).await;
        assert_eq!(class_of(&own, "naantali", "5_5"), None);
        assert!(matches!(own.publish_map("naantali", "luokat").await, Err(MapError::Nothing(_))));
        assert!(matches!(own.adopt_map("naantali", "turku", "luokat").await, Err(MapError::Unknown { .. })));
        assert!(matches!(own.publish_map("turku", "Ei Käy").await, Err(MapError::Name)));

        let published = own.publish_map("turku", "luokat").await.expect("published");
        assert_eq!((published.revision, published.entries, published.unchanged), (1, 2, false));
        let again = own.publish_map("turku", "luokat").await.expect("published");
        assert!(again.unchanged && again.revision == 1);
        assert!(matches!(own.adopt_map("turku", "turku", "luokat").await, Err(MapError::Own)));

        let effect = own.adopt_map("naantali", "turku", "luokat").await.expect("adopted");
        assert_eq!((effect.revision, effect.entries, effect.own), (1, 2, 0));
        assert_eq!(effect.mapped, ["5_5", "7_7"]);
        // Their 1_2 is another class than ours: a code alone says nothing.
        assert_eq!((effect.other_name, effect.unmapped), (vec!["1_2".to_owned()], vec!["8_8".to_owned()]));
        assert_eq!(class_of(&own, "naantali", "5_5").as_deref(), Some(LIBRARIES));
        // The old address of the published map is the present one for the adopter.
        assert_eq!(class_of(&own, "naantali", "7_7").as_deref(), Some(RIGHTS));

        // What the publisher does later reaches nobody by itself, not even over a restart.
        push(&own, "turku", &[("1_1", "Kirjastot", Some(RIGHTS))]).await;
        assert_eq!(own.publish_map("turku", "luokat").await.expect("published").revision, 2);
        push(&own, "naantali", &[("9_9", "Lisää", None)]).await;
        assert_eq!(class_of(&own, "naantali", "5_5").as_deref(), Some(LIBRARIES));
        drop(own);
        scratch.reopen().await.expect("opens");
        let own = catalogue(scratch).await;
        assert_eq!(class_of(&own, "naantali", "5_5").as_deref(), Some(LIBRARIES));
        let listed = class_maps::list(&scratch.store).await.expect("read");
        assert_eq!(
            listed.iter().map(|it| (it.owner.as_str(), it.name.as_str(), it.revision)).collect::<Vec<_>>(),
            [("turku", "luokat", 2)]
        );
        own.adopt_map("naantali", "turku", "luokat").await.expect("adopted");
        assert_eq!(class_of(&own, "naantali", "5_5").as_deref(), Some(RIGHTS));

        // Its own word comes first; and what was adopted can be given up.
        push(&own, "naantali", &[("5_5", "kirjastot", Some(LIBRARIES))]).await;
        assert_eq!(class_of(&own, "naantali", "5_5").as_deref(), Some(LIBRARIES));
        own.drop_map("naantali", "turku", "luokat").await.expect("given up");
        assert_eq!(class_of(&own, "naantali", "7_7"), None);
        assert!(matches!(own.drop_map("naantali", "turku", "luokat").await, Err(MapError::NotAdopted(_))));
        let act = |outcome: &str| ("class-map/turku/luokat".to_owned(), outcome.to_owned());
        let published = [act("published revision 1, 2 entries"), act("published revision 2, 2 entries")];
        assert_eq!(acts(scratch, "turku").await, published);
        let adopted = [act("adopted revision 1, 2 entries"), act("adopted revision 2, 2 entries"), act("given up")];
        assert_eq!(acts(scratch, "naantali").await, adopted);
    })
    .await;
}

#[tokio::test]
async fn a_map_travels_as_a_table_between_installations() {
    let scratch = Scratch::sqlite().await.expect("a store");
    let own = catalogue(&scratch).await;
    push(&own, "turku", &[("1_1", "Kirjastot; \"arkistot\"", Some(LIBRARIES))]).await;
    let table = csv_of(&own.own_map("turku").expect("a map"));
    assert_eq!(table.lines().next(), Some("code,name_fi,name_sv,name_en,ptv_class,ptv_address"));
    assert!(table.contains("P25.1"), "{table}");
    let lines = entries_of(table.as_bytes()).expect("read back");
    assert_eq!(lines, own.own_map("turku").expect("a map"));
    push(&own, "naantali", &[("4_4", "kirjastot; \"ARKISTOT\"", None)]).await;
    let effect = own.adopt_map_of_file("naantali", "maakunta", &lines).await.expect("adopted");
    assert_eq!((effect.revision, effect.mapped), (1, vec!["4_4".to_owned()]));
    assert_eq!(own.adopt_map_of_file("naantali", "maakunta", &lines).await.expect("adopted").revision, 2);
    own.drop_map("naantali", FROM_FILE, "maakunta").await.expect("given up");
    assert!(own.view("naantali").expect("a view").active(Kind::Class, &"4_4".parse().expect("a code")).is_some());
    for (table, line) in [
        ("", 1),
        ("code,name_fi\n1,x\n", 1),
        ("code,name_fi,ptv_address\n", 1),
        (&*format!("code,name_fi,ptv_address\n1_1,,{LIBRARIES}\n"), 2),
        ("code,name_fi,ptv_address\n1_1,Kirjastot,P25.1\n", 2),
    ] {
        assert_eq!(entries_of(table.as_bytes()).expect_err("refused").line, line, "{table:?}");
    }
}
