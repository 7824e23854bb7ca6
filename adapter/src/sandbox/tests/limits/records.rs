//! Sound records of every kind that PTV holds, from which the entities around the limits are made.

use serde_json::{Value, json};

pub(super) const CLASSES: [&str; 5] = ["P1.1", "P1.5", "P2.1", "P2.3", "P3.4"];

pub(super) fn class_uri(code: &str) -> String {
    format!("http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/{code}")
}

pub(super) fn group(code: &str) -> String {
    format!("http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/{code}")
}

pub(super) fn event(code: &str) -> String {
    format!("http://uri.suomi.fi/codelist/ptv/ptvelti/code/{code}")
}

pub(super) fn term(number: u32) -> String {
    format!("http://www.yso.fi/onto/koko/p{number}")
}

pub(super) fn phone(number: &str) -> Value {
    json!({"maakoodi": "358", "numero": number, "kuvaus_kieliversiot": {"fi": "Neuvonta arkisin."},
        "maksullisuus": "Other", "maksun_kuvaus_kieliversiot": {"fi": "Paikallispuhelumaksu.", "sv": "Lokalsamtalsavgift.",
        "en": "Local rate."}})
}

pub(super) fn address() -> Value {
    json!({"katuosoite_fi": "Puutarhakatu 1", "katuosoite_sv": "Trädgårdsgatan 1", "katuosoite_en": "Puutarhakatu 1",
        "postinumero": "20100", "kunta": {"koodi": "853"}})
}

pub(super) fn weekly() -> Value {
    json!({"aukiolotyyppi": "normaali", "viikonpaiva": "1-5", "avaamisaika": "08:00", "sulkemisaika": "16:00",
        "kuvaus_kieliversiot": {"fi": "Kesällä suljettu."}})
}

fn urls(name: &str) -> Value {
    json!({"fi": format!("https://www.kunta.example/fi/{name}"), "sv": format!("https://www.kunta.example/sv/{name}"),
        "en": format!("https://www.kunta.example/en/{name}")})
}

/// What every kind has.
fn base(laji: &str, code: &str) -> Value {
    json!({
        "laji": laji, "koodi": code,
        "nimi_kieliversiot": {"fi": format!("Nimi {code}"), "sv": format!("Namn {code}"), "en": format!("Name {code}")},
        "tiivistelma_kieliversiot": {"fi": "Mistä on kyse.", "sv": "Vad det gäller.", "en": "What it is about."},
        "kuvaus_kieliversiot": {"fi": "Pitempi kuvaus.", "sv": "En längre text.", "en": "A longer text."},
    })
}

fn with(mut record: Value, more: &Value) -> Value {
    if let (Some(record), Some(more)) = (record.as_object_mut(), more.as_object()) {
        record.extend(more.clone());
    }
    record
}

fn channel(code: &str, kind: &str, more: &Value) -> Value {
    let common = json!({
        "kanavalaji": kind, "organisaatio": {"koodi": "o1"}, "yhteiskayttoinen": true, "kielet": ["fi", "sv", "en"],
        "saatavuusalue": {"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["853"]}]},
    });
    with(with(base("palvelukanava", code), &common), more)
}

/// The kinds of entities that are generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Organisation,
    Service,
    EChannel,
    Phone,
    WebPage,
    Form,
    Place,
    Offer,
    Collection,
}

impl Sort {
    pub(super) const ALL: [Sort; 9] = [
        Sort::Organisation,
        Sort::Service,
        Sort::EChannel,
        Sort::Phone,
        Sort::WebPage,
        Sort::Form,
        Sort::Place,
        Sort::Offer,
        Sort::Collection,
    ];
}

/// A sound record of the sort.
pub(super) fn sound(sort: Sort, code: &str) -> Value {
    match sort {
        Sort::Organisation => with(
            base("organisaatio", code),
            &json!({
                "tyyppi": "Organization", "ylaorganisaatio": {"koodi": "top"}, "ytunnus": "1234567-1",
                "alue": {"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["853"]}]},
                "vaihtoehtoinen_nimi_kieliversiot": {"fi": format!("Lyhyt {code}")},
                "sahkopostit": [{"osoite": "kirjaamo@kunta.example", "kuvaus_kieliversiot": {"fi": "Kirjaamo"}}],
                "puhelimet": [phone("22620000")],
                "osoitteet": [
                    with(address(), &json!({"osoitelaji": "kayntiosoite"})),
                    {"osoitelaji": "postiosoite", "postilokero_fi": "PL 1", "postilokero_sv": "PB 1", "postinumero": "20100"},
                ],
                "verkkolaskuosoitteet": [{"operator": "003721", "osoite": "003712345671"}],
                "verkkosivut": [{"osoite_kieliversiot": urls("org"), "nimi_kieliversiot": {"fi": "Sivut"}}],
            }),
        ),
        Sort::Service => with(
            base("palvelu", code),
            &json!({
                "vaihtoehtoinen_nimi_kieliversiot": {"fi": [format!("Toinen {code}")]},
                "toimintaohje_kieliversiot": {"fi": "Toimi näin.", "sv": "Gör så här.", "en": "Do this."},
                "kasittelyaika_kieliversiot": {"fi": "Kaksi viikkoa."}, "maaraaika_kieliversiot": {"fi": "Hae ajoissa."},
                "voimassaolo_kieliversiot": {"fi": "Viisi vuotta."}, "maksun_lisatieto_kieliversiot": {"fi": "Hinnasto verkossa."},
                "maksullisuus": "Chargeable", "ptv_tyyppi": "Service", "palveluluokat": [{"koodi": "c0"}],
                "asiasanat": [term(818)], "kohderyhmat": [group("KR1"), group("KR2.1")],
                "elamantilanteet": [event("KE1")],
                "toimialat": ["http://uri.suomi.fi/codelist/jhs/toimiala_1_20080101/code/G"],
                "avainsanat_kieliversiot": {"fi": ["sana"]}, "palvelunsaannin_ehdot_kieliversiot": {"fi": "Kaikille avoin."},
                "lait": [{"nimet_kieliversiot": {"fi": "Kuntalaki"}, "linkit_kieliversiot": {"fi": "https://www.finlex.example/410"}}],
                "vastuuorganisaatio": {"koodi": "o1"}, "muut_vastuuorganisaatiot": [{"koodi": "top"}],
                "tuottajat": [{"toteutustapa": "SelfProducedServices", "toimijat": [{"koodi": "o1"}]},
                    {"toteutustapa": "Other", "lisatieto_kieliversiot": {"fi": "Yritys alueelta."}}],
                "palveluseteli": {"kaytossa": true, "linkit": [{"osoite_kieliversiot": urls("seteli"), "nimi_kieliversiot": {"fi": "Seteli"}}]},
                "saatavuusalue": {"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["853"]}]},
                "kielet": ["fi", "sv", "en"],
            }),
        ),
        Sort::EChannel => channel(
            code,
            "sahkoinen",
            &json!({
                "osoite_kieliversiot": urls("e"), "tunnistautuminen": true, "allekirjoitus": true, "allekirjoitusten_maara": 2,
                "tukipuhelimet": [phone("22620000")], "tukisahkopostit": ["tuki@kunta.example"], "aukioloajat": [weekly()],
                "liitteet": [{"nimi_kieliversiot": {"fi": "Ohje"}, "kuvaus_kieliversiot": {"fi": "Ohje hakijalle."},
                    "osoite_kieliversiot": {"fi": "https://www.kunta.example/ohje.pdf"}}],
                "saavutettavuus_kieliversiot": {"fi": {"taso": "PartiallyCompliant", "wcag_taso": "LevelA",
                    "seloste_nimi": "Seloste", "seloste_osoite": "https://www.kunta.example/seloste"}},
            }),
        ),
        Sort::Phone => channel(
            code,
            "puhelin",
            &json!({"numerot": [phone("22620000")], "osoite_kieliversiot": urls("p"), "aukioloajat": [weekly()]}),
        ),
        Sort::WebPage => channel(
            code,
            "verkkosivu",
            &json!({"osoite_kieliversiot": urls("w"), "tukipuhelimet": [phone("22620000")],
                "tukisahkopostit": ["tuki@kunta.example"]}),
        ),
        Sort::Form => channel(
            code,
            "tulostettava_lomake",
            &json!({
                "lomaketunniste_kieliversiot": {"fi": "L1"},
                "tiedostot": [{"tyyppi": "PDF", "osoite_kieliversiot": urls("l.pdf")}],
                "toimitusosoite": with(address(), &json!({"vastaanottaja_kieliversiot": {"fi": "Kirjaamo"}})),
                "tukipuhelimet": [phone("22620000")], "tukisahkopostit": ["tuki@kunta.example"],
                "liitteet": [{"nimi_kieliversiot": {"fi": "Ohje"}, "kuvaus_kieliversiot": {"fi": "Ohje hakijalle."},
                    "osoite_kieliversiot": {"fi": "https://www.kunta.example/ohje.pdf"}}],
            }),
        ),
        Sort::Place => with(
            base("palvelupiste", code),
            &json!({
                "organisaatio": {"koodi": "o1"}, "yhteiskayttoinen": true, "kielet": ["fi", "sv", "en"],
                "fyysinenPaikka": {"osoitteet": [address()], "leveysaste": "60.45", "pituusaste": "22.27",
                    "aukioloajat": [weekly()]},
                "postiosoite": {"postilokero_fi": "PL 1", "postilokero_sv": "PB 1", "postinumero": "20100"},
                "puhelinnumerot": [phone("22620000")], "sahkoposti": "piste@kunta.example",
                "lisatiedot": [{"lisatietotyyppi": {"koodi": "3"}, "nimi": "Sivut",
                    "kuvaus_kieliversiot": {"fi": "https://www.kunta.example/piste"}}],
            }),
        ),
        Sort::Offer => json!({
            "laji": "palvelutarjous", "koodi": code, "palvelut": [{"koodi": "s0"}], "palvelupiste": {"koodi": "p0"},
            "kuvaus_kieliversiot": {"fi": "Palvelua annetaan täällä.", "sv": "Här får du tjänsten."},
            "aukioloajat": [weekly()],
            "hinnat": [{"hinnoittelutyyppi": "maksullinen", "hinta_kieliversiot": {"fi": "10 euroa"}}],
            "yhteystiedot": {"puhelinnumerot": [phone("22620000")], "sahkopostit": [{"osoite": "t@kunta.example"}],
                "verkkosivut": [{"osoite_kieliversiot": urls("t"), "nimi_kieliversiot": {"fi": "Tarjous"}}]},
        }),
        Sort::Collection => with(
            base("palvelukokonaisuus", code),
            &json!({"organisaatio": {"koodi": "o1"}, "palvelut": [{"koodi": "s0"}], "kanavat": [{"koodi": "k0"}],
                "palvelupisteet": [{"koodi": "p0"}]}),
        ),
    }
}

/// What everything stands on: organisations, classes, a service, a channel and a place, in the order of sending.
pub(super) fn ground() -> Vec<Value> {
    let mut all = vec![
        with(base("organisaatio", "top"), &json!({"tyyppi": "Municipality", "kuntakoodi": "853"})),
        sound(Sort::Organisation, "o1"),
    ];
    let mut classes: Vec<(String, String)> =
        CLASSES.iter().enumerate().map(|(index, code)| (format!("c{index}"), class_uri(code))).collect();
    classes.push(("main".into(), class_uri("P1")));
    classes.push(("none".into(), class_uri("P99.9")));
    for (code, uri) in classes {
        all.push(
            json!({"laji": "palveluluokka", "koodi": code, "nimi_kieliversiot": {"fi": code}, "ptv_luokka_uri": uri}),
        );
    }
    all.push(sound(Sort::EChannel, "k0"));
    all.push(sound(Sort::Place, "p0"));
    all.push(sound(Sort::Service, "s0"));
    all
}
