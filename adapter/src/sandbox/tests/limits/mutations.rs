//! What is done to a sound record so that it stands just below, on and above a limit.

use serde_json::{Value, json};

use super::records::{Sort, address, event, group, phone, term, weekly};

/// A change of one record. The record's code goes in, so that texts stay its own.
pub(super) struct Mutation {
    pub(super) sort: Sort,
    pub(super) name: String,
    pub(super) change: Change,
}

pub(super) enum Change {
    /// A value at a path, whose parts are separated by `/`; null takes the member away.
    Put(String, Value),
    /// A text of the record's own: so many characters, of which so many are outside of the basic plane, between blanks.
    Text { path: String, chars: usize, astral: usize, padded: bool },
    /// A web address of so many characters.
    Url(String, usize),
    /// An e-mail address of so many characters, within whatever stands there.
    Email(String, usize),
}

impl Mutation {
    pub(super) fn apply(&self, record: &mut Value, code: &str) {
        match &self.change {
            Change::Put(path, value) => put(record, path, value.clone()),
            Change::Text { path, chars, astral, padded } => {
                let mut text: String = format!("{code} ").chars().take(*chars).collect();
                let length = text.chars().count();
                let astral = (*astral).min(chars.saturating_sub(length));
                text.extend(std::iter::repeat_n('\u{1D54F}', astral));
                text.extend(std::iter::repeat_n('n', chars.saturating_sub(length + astral)));
                put(record, path, if *padded { format!(" \t{text} \n") } else { text }.into());
            }
            Change::Url(path, chars) => {
                let start = "https://www.kunta.example/";
                put(record, path, format!("{start}{}", "u".repeat(chars.saturating_sub(start.len()))).into());
            }
            Change::Email(path, chars) => {
                let end = "@kunta.example";
                put(record, path, format!("{}{end}", "e".repeat(chars.saturating_sub(end.len()))).into());
            }
        }
    }
}

fn put(record: &mut Value, path: &str, value: Value) {
    let mut at = record;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        if let Value::Array(items) = at {
            let index: usize = part.parse().expect("an index");
            while items.len() <= index {
                items.push(json!({}));
            }
            at = &mut items[index];
            if last {
                *at = value;
                return;
            }
            continue;
        }
        if !at.is_object() {
            *at = json!({});
        }
        let members = at.as_object_mut().expect("an object");
        if last {
            if value.is_null() {
                members.remove(part);
            } else {
                members.insert(part.to_owned(), value);
            }
            return;
        }
        at = members.entry(part).or_insert_with(|| json!({}));
    }
}

#[derive(Default)]
struct Table(Vec<Mutation>);

impl Table {
    fn put(&mut self, sorts: &[Sort], path: &str, values: &[Value]) {
        for sort in sorts {
            for value in values {
                let name = format!("{path} = {}", value.to_string().chars().take(120).collect::<String>());
                self.0.push(Mutation { sort: *sort, name, change: Change::Put(path.to_owned(), value.clone()) });
            }
        }
    }

    /// A text around its limits, by itself and in each language where the path has `{}`.
    fn text(&mut self, sorts: &[Sort], path: &str, limits: &[usize]) {
        let langs: &[&str] = if path.contains("{}") { &["fi", "sv", "en"] } else { &[""] };
        for lang in langs {
            let path = path.replace("{}", lang);
            // PTV takes a name once.
            let is_name = path.starts_with("nimi_") || path.starts_with("vaihtoehtoinen_");
            let short: &[&str] = if is_name {
                &["CODE", "* CODE *", " CODE "]
            } else {
                &["abcd", "a b c d", "abcde", "a b c d e", "***", "- - - - - -"]
            };
            self.put(sorts, &path, &[Value::Null, "".into(), "   ".into()]);
            self.put(sorts, &path, &short.iter().map(|text| Value::from(*text)).collect::<Vec<_>>());
            for sort in sorts {
                for limit in limits {
                    let shapes = [
                        (limit - 1, 0, false),
                        (*limit, 0, false),
                        (limit + 1, 0, false),
                        (*limit, 0, true),
                        (limit + 1, 0, true),
                        // So many characters, and one unit of UTF-16 more.
                        (limit - 1, 1, false),
                        (*limit, 1, false),
                        (limit / 2 + 4, limit / 2 - 4, false),
                    ];
                    for (chars, astral, padded) in shapes {
                        let name = format!("{path}: {chars} characters, {astral} astral, padded {padded}");
                        let change = Change::Text { path: path.clone(), chars, astral, padded };
                        self.0.push(Mutation { sort: *sort, name, change });
                    }
                }
            }
        }
    }

    fn url(&mut self, sorts: &[Sort], path: &str) {
        let words = [
            "www.kunta.example",
            "https://kunta",
            "mailto:a@kunta.example",
            "https://a b.example",
            "ftp://kunta.example",
            "https://127.0.0.1/x",
            "https://[::1]:8080/",
            "https://kunta.example:80a/",
            "https://kunta.e/",
            "https://päivä.example",
            "https://kunta.123",
            "https://-kunta.example",
            "https://kunta_x.example",
            "https://a@kunta.example/",
            "http://localhost:80",
            "HTTPS://www.kunta.example",
            "https://",
            "x",
            "https://kunta-.example",
            "https://kunta..example",
            "https://kunta.example.",
        ];
        let mut values: Vec<Value> = words.iter().map(|word| Value::from(*word)).collect();
        values.push(Value::Null);
        for lang in ["fi", "sv"] {
            let path = path.replace("{}", lang);
            self.put(sorts, &path, &values);
            for sort in sorts {
                for chars in [499, 500, 501] {
                    let name = format!("{path}: an address of {chars}");
                    self.0.push(Mutation { sort: *sort, name, change: Change::Url(path.clone(), chars) });
                }
            }
        }
    }

    fn email(&mut self, sorts: &[Sort], path: &str) {
        let words = [
            "a(at)kunta.example",
            "a@kunta",
            "@kunta.example",
            ".a@kunta.example",
            "a.@kunta.example",
            "a..b@kunta.example",
            "ä@kunta.example",
            "a@b@kunta.example",
            "a@localhost",
            "a@127.0.0.1",
            "a b@kunta.example",
            "a@kunta.e",
            "a+b@kunta.example",
            "",
        ];
        self.put(sorts, path, &words.map(Value::from));
        for sort in sorts {
            for chars in [99, 100, 101] {
                let name = format!("{path}: an e-mail address of {chars}");
                self.0.push(Mutation { sort: *sort, name, change: Change::Email(path.to_owned(), chars) });
            }
        }
    }

    fn phones(&mut self, sorts: &[Sort], path: &str) {
        let bare = |number: &str| json!({"numero": number});
        let abroad = |code: &str| json!({"maakoodi": code, "numero": "401234567"});
        let kind = |text: &str| {
            let mut row = phone("401234567");
            row["numerotyyppi"] = json!({"teksti_fi": text});
            row
        };
        let values = [
            bare("02 262 0000"),
            bare("+358 2 262 0000"),
            bare("+9999 1"),
            bare("02-2620000 / 02-2620001"),
            bare("116117"),
            bare("0600 12345"),
            bare("112"),
            bare("02020"),
            bare("soita"),
            bare("0"),
            bare("+358"),
            bare("(02) 262 0000"),
            bare(&"1".repeat(19)),
            bare(&"1".repeat(20)),
            bare(&"1".repeat(21)),
            bare(&format!("0{}", "1".repeat(20))),
            bare(&format!("+358{}", "1".repeat(16))),
            bare(&format!("+358{}", "1".repeat(20))),
            bare(&format!("+358{}", "1".repeat(21))),
            abroad("358"),
            abroad("+358"),
            abroad("9999"),
            abroad("0"),
            abroad("46"),
            kind("Faksi"),
            kind("Tekstiviesti"),
            json!({"numero": "123456", "valtakunnallinen_palvelunumero": true}),
            json!({"numero": "1".repeat(21), "valtakunnallinen_palvelunumero": true}),
            json!({"numero": "401234567", "maksullisuus": "Other"}),
            json!({"numero": "401234567", "maksullisuus": "FreeOfCharge"}),
        ];
        self.put(sorts, path, &values);
        self.text(sorts, &format!("{path}/kuvaus_kieliversiot/fi"), &[150, 300]);
        self.text(sorts, &format!("{path}/maksun_kuvaus_kieliversiot/fi"), &[150, 300]);
    }

    fn hours(&mut self, sorts: &[Sort], path: &str) {
        let day = |opens: &str, closes: &str| {
            let mut row = weekly();
            row["avaamisaika"] = opens.into();
            row["sulkemisaika"] = closes.into();
            row
        };
        let valid = |kind: &str, from: Option<&str>, to: Option<&str>| {
            let mut row = json!({"aukiolotyyppi": kind, "avaamisaika": "08:00", "sulkemisaika": "12:00"});
            let dates = [("voimassaoloAlkamishetki", from), ("voimassaoloPaattymishetki", to)];
            for (member, date) in dates {
                if let Some(date) = date {
                    row[member] = date.into();
                }
            }
            row
        };
        let open = "poikkeus avoinna";
        let shut = "poikkeus suljettu";
        let values = [
            day("08:00", "16:10"),
            day("08:07", "16:00"),
            day("00:00", "00:00"),
            day("16:00", "08:00"),
            day("22:00", "02:00"),
            day("22:05", "02:00"),
            day("08:00", "08:00"),
            day("08:00", "00:00"),
            day("00:00", "08:15"),
            day("8:00", "16:00"),
            day("08:00", "24:00"),
            day("08:00:30", "16:00"),
            json!({"aukiolotyyppi": "erityinen", "viikonpaiva": "1-7", "avaamisaika": "00:00", "sulkemisaika": "00:00"}),
            json!({"aukiolotyyppi": "normaali", "ajanvaraus": true}),
            json!({"aukiolotyyppi": "normaali"}),
            json!({"aukiolotyyppi": "normaali", "kuvaus_kieliversiot": {"fi": "Soita ensin."}}),
            json!({"aukiolotyyppi": "normaali", "viikonpaiva": "6-2", "avaamisaika": "08:00", "sulkemisaika": "12:00"}),
            valid("normaali", Some("2027-01-01"), Some("2027-12-31")),
            valid("normaali", Some("2027-01-01"), Some("2027-01-01")),
            valid("normaali", Some("2027-01-02"), Some("2027-01-01")),
            valid("normaali", Some("2027-01-01"), None),
            valid("normaali", None, Some("2027-01-01")),
            valid(open, Some("2027-12-06"), None),
            valid(open, Some("2027-12-06"), Some("2027-12-06")),
            valid(open, Some("2027-12-06"), Some("2027-12-07")),
            valid(open, Some("2027-12-07"), Some("2027-12-06")),
            valid(open, None, None),
            valid(open, None, Some("2027-12-06")),
            valid(shut, Some("2027-12-06"), None),
            valid(shut, Some("2027-12-24"), Some("2027-12-26")),
            valid(shut, None, None),
            valid(shut, Some("2027-12-26"), Some("2027-12-24")),
            json!({"aukiolotyyppi": shut, "voimassaoloAlkamishetki": "2027-12-06"}),
            json!({"aukiolotyyppi": open, "voimassaoloAlkamishetki": "2027-12-06"}),
            json!({"aukiolotyyppi": open, "voimassaoloAlkamishetki": "2027-12-06", "avaamisaika": "22:00", "sulkemisaika": "02:00"}),
            json!({"aukiolotyyppi": open, "voimassaoloAlkamishetki": "2027-12-06", "voimassaoloPaattymishetki": "2027-12-07",
                "avaamisaika": "22:00", "sulkemisaika": "02:00"}),
            json!({"aukiolotyyppi": open, "voimassaoloAlkamishetki": "2027-12-06", "avaamisaika": "08:00", "sulkemisaika": "08:00"}),
            json!({"aukiolotyyppi": open, "voimassaoloAlkamishetki": "2027-12-06", "avaamisaika": "00:00", "sulkemisaika": "00:00"}),
            json!({"aukiolotyyppi": open, "voimassaoloAlkamishetki": "2027-12-06", "avaamisaika": "08:10", "sulkemisaika": "12:00"}),
        ];
        self.put(sorts, path, &values);
        self.text(sorts, &format!("{path}/kuvaus_kieliversiot/fi"), &[150]);
    }

    fn street(&mut self, sorts: &[Sort], path: &str) {
        let with = |member: &str, value: Value| {
            let mut row = address();
            row[member] = value;
            row
        };
        let named = |street: &str| json!({"katuosoite_fi": street, "katuosoite_sv": street, "katuosoite_en": street, "postinumero": "20100"});
        let long = |name: usize, number: usize| named(&format!("{} 1{}", "k".repeat(name), "b".repeat(number - 1)));
        let values = [
            with("postinumero", "99999".into()),
            with("postinumero", "123".into()),
            with("postinumero", "".into()),
            with("postinumero", "00100".into()),
            with("kunta", json!({"koodi": "999"})),
            with("kunta", json!({"koodi": "91"})),
            with("kunta", json!({})),
            named("Kauppatori"),
            named("3. linja 10"),
            named(""),
            long(99, 5),
            long(100, 5),
            long(101, 5),
            long(10, 29),
            long(10, 30),
            long(10, 31),
            json!({"katuosoite_fi": "Puutarhakatu 1", "postinumero": "20100"}),
            json!({"katuosoite_sv": "Trädgårdsgatan 1", "postinumero": "20100"}),
            json!({"postinumero": "20100"}),
            json!({}),
        ];
        self.put(sorts, path, &values);
    }

    fn post_box(&mut self, sorts: &[Sort], path: &str, more: &Value) {
        let row = |fi: Option<String>, sv: Option<&str>, code: &str| {
            let mut row = more.clone();
            if let Some(fi) = fi {
                row["postilokero_fi"] = fi.into();
            }
            if let Some(sv) = sv {
                row["postilokero_sv"] = sv.into();
            }
            row["postinumero"] = code.into();
            row
        };
        let values = [
            row(Some("PL 1".into()), None, "20100"),
            row(None, Some("PB 1"), "20100"),
            row(Some("PL 1".into()), Some("PB 1"), "99999"),
            row(Some("p".repeat(99)), None, "20100"),
            row(Some("p".repeat(100)), None, "20100"),
            row(Some("p".repeat(101)), None, "20100"),
            row(Some("PL 1".into()), None, ""),
            row(Some("  ".into()), None, "20100"),
        ];
        self.put(sorts, path, &values);
    }

    fn areas(&mut self, sorts: &[Sort], path: &str) {
        let one = |kind: &str, codes: &[&str]| json!({"tyyppi": "LimitedType", "alueet": [{"tyyppi": kind, "koodit": codes}]});
        let values = [
            Value::Null,
            json!({"tyyppi": "Nationwide"}),
            json!({"tyyppi": "NationwideExceptAlandIslands"}),
            json!({"tyyppi": "LimitedType"}),
            json!({"tyyppi": "LimitedType", "alueet": []}),
            one("Municipality", &[]),
            one("Municipality", &["853", "91"]),
            one("Municipality", &["999"]),
            one("Municipality", &["853", "853"]),
            one("Region", &["02"]),
            one("Region", &["2"]),
            one("Region", &["99"]),
            one("BusinessSubRegion", &["89008"]),
            one("BusinessSubRegion", &["1"]),
            one("HospitalDistrict", &["03"]),
            one("HospitalDistrict", &["99"]),
            one("WellbeingServiceCounties", &["03"]),
            one("Province", &["02"]),
        ];
        self.put(sorts, path, &values);
    }

    fn languages(&mut self, sorts: &[Sort]) {
        let values = [
            Value::Null,
            json!([]),
            json!(["fi"]),
            json!(["fi", "xx"]),
            json!(["xx"]),
            json!(["fi", "ru", "ar"]),
            json!(["FI"]),
        ];
        self.put(sorts, "kielet", &values);
    }

    fn link(&mut self, sorts: &[Sort], path: &str) {
        self.url(sorts, &format!("{path}/osoite_kieliversiot/{{}}"));
        self.text(sorts, &format!("{path}/nimi_kieliversiot/fi"), &[100]);
    }
}

/// Everything that is done to one record at a time.
pub(super) fn all() -> Vec<Mutation> {
    use Sort::{Collection, EChannel, Form, Offer, Organisation, Phone, Place, Service, WebPage};
    let mut table = Table::default();
    let named = [Organisation, Service, EChannel, Phone, WebPage, Form, Place, Collection];
    for sort in named {
        let name: &[usize] = if matches!(sort, EChannel | Phone) { &[100, 300] } else { &[100] };
        table.text(&[sort], "nimi_kieliversiot/{}", name);
        table.text(&[sort], "tiivistelma_kieliversiot/{}", &[150]);
        table.text(&[sort], "kuvaus_kieliversiot/{}", &[2_500, 5_000]);
    }
    // Whole language versions, and the summary that equals the name.
    for member in ["nimi_kieliversiot", "tiivistelma_kieliversiot", "kuvaus_kieliversiot"] {
        table.put(
            &named,
            member,
            &[
                json!({}),
                json!({"fi": "Vain CODE"}),
                json!({"sv": "Bara CODE"}),
                json!({"en": "Only CODE"}),
                json!({"fi": "Sama CODE", "sv": "Samma CODE", "en": "Same CODE", "ru": "Другой CODE"}),
            ],
        );
    }
    for lang in ["fi", "sv"] {
        table.put(
            &named,
            &format!("tiivistelma_kieliversiot/{lang}"),
            &["Nimi CODE".into(), "Namn CODE".into(), " Nimi CODE ".into(), "nimi CODE".into()],
        );
    }
    service(&mut table);
    let channels = [EChannel, Phone, WebPage, Form];
    table.languages(&[Service, EChannel, Phone, WebPage, Form, Place]);
    table.areas(&[Service, EChannel, Phone, WebPage, Form, Place], "saatavuusalue");
    table.areas(&[Organisation], "alue");
    table.put(&channels, "organisaatio", &[Value::Null, json!({"koodi": "top"}), json!({"koodi": "none"})]);
    table.url(&[EChannel, Phone, WebPage], "osoite_kieliversiot/{}");
    table.url(&[Form], "tiedostot/0/osoite_kieliversiot/{}");
    table.put(&[Form], "tiedostot/0/tyyppi", &["pdf", "PDF", "DOC", "Excel", "rtf", "odt", "zip", ""].map(Value::from));
    table.put(&[Form], "tiedostot", &[json!([])]);
    table.text(&[Form], "lomaketunniste_kieliversiot/{}", &[100]);
    table.text(&[Form], "toimitusosoite/vastaanottaja_kieliversiot/{}", &[100]);
    table.put(&[Form], "toimitusosoite", &[Value::Null, json!({})]);
    for chars in [4, 5, 149, 150, 151] {
        table.put(&[Form], "toimitusosoite", &[json!({"ohje_kieliversiot": {"fi": "o".repeat(chars)}})]);
    }
    table.street(&[Form], "toimitusosoite");
    table.post_box(&[Form], "toimitusosoite", &json!({}));
    table.put(&[EChannel], "allekirjoitusten_maara", &[Value::Null, 0.into(), 1.into(), 99.into()]);
    table.put(&[EChannel], "allekirjoitus", &[false.into()]);
    table.link(&[EChannel, Form], "liitteet/0");
    table.text(&[EChannel, Form], "liitteet/0/kuvaus_kieliversiot/fi", &[150, 300]);
    for level in ["FullyCompliant", "PartiallyCompliant", "NonCompliant", "Unknown"] {
        for wcag in [Value::Null, "LevelA".into(), "LevelAA".into(), "LevelAAA".into()] {
            for url in [Value::Null, "https://www.kunta.example/seloste".into(), "kunta".into()] {
                table.put(&[EChannel, WebPage], "saavutettavuus_kieliversiot",
                    &[json!({"fi": {"taso": level, "wcag_taso": wcag, "seloste_nimi": "Seloste", "seloste_osoite": url}})]);
            }
        }
    }
    table.text(&[EChannel, WebPage], "saavutettavuus_kieliversiot/fi/seloste_nimi", &[100]);
    table.email(&[EChannel, WebPage, Form], "tukisahkopostit/0");
    table.phones(&[EChannel, WebPage, Form], "tukipuhelimet/0");
    table.phones(&[Phone], "numerot/0");
    table.put(&[Phone], "numerot", &[json!([])]);
    table.hours(&[EChannel, Phone, Offer], "aukioloajat/0");
    table.hours(&[Place], "fyysinenPaikka/aukioloajat/0");
    table.street(&[Place], "fyysinenPaikka/osoitteet/0");
    table.put(&[Place], "fyysinenPaikka/osoitteet", &[json!([]), json!([address(), address()])]);
    table.put(
        &[Place],
        "fyysinenPaikka/leveysaste",
        &[Value::Null, "0".into(), "95".into(), "-60.1".into(), "6711000".into()],
    );
    table.post_box(&[Place], "postiosoite", &json!({}));
    table.street(&[Place], "postiosoite");
    table.phones(&[Place], "puhelinnumerot/0");
    table.email(&[Place], "sahkoposti");
    table.url(&[Place], "lisatiedot/0/kuvaus_kieliversiot/{}");
    table.text(&[Place], "lisatiedot/0/nimi", &[100]);
    organisation(&mut table);
    table.text(&[Offer], "kuvaus_kieliversiot/{}", &[500]);
    table.text(&[Offer], "palvelunsaanninEhdot_kieliversiot/{}", &[460, 500]);
    table.text(&[Offer], "hinnat/0/hinta_kieliversiot/{}", &[500]);
    table.put(&[Offer], "hinnat", &[json!([]), json!([{"hinnoittelutyyppi": "maksuton"}])]);
    table.email(&[Offer], "yhteystiedot/sahkopostit/0/osoite");
    table.phones(&[Offer], "yhteystiedot/puhelinnumerot/0");
    table.link(&[Offer], "yhteystiedot/verkkosivut/0");
    table.put(&[Offer], "palvelukanavat", &[json!([{"koodi": "k0"}]), json!([{"koodi": "k0"}, {"koodi": "k0"}])]);
    table.put(&[Offer], "palvelupiste", &[Value::Null]);
    for member in ["palvelut", "kanavat", "palvelupisteet"] {
        table.put(&[Collection], member, &[json!([]), Value::Null]);
    }
    table.put(&[Collection], "palvelut", &[json!([{"koodi": "s0"}, {"koodi": "s0"}])]);
    table.put(&[Collection], "organisaatio", &[Value::Null, json!({"koodi": "top"}), json!({"koodi": "none"})]);
    table.0
}

fn service(table: &mut Table) {
    let one = [Sort::Service];
    let texts: [(&str, &[usize]); 6] = [
        ("toimintaohje", &[2_500, 5_000]),
        ("kasittelyaika", &[500]),
        ("maaraaika", &[500]),
        ("voimassaolo", &[500]),
        ("maksun_lisatieto", &[500]),
        ("palvelunsaannin_ehdot", &[2_500, 5_000]),
    ];
    for (member, limits) in texts {
        table.text(&one, &format!("{member}_kieliversiot/{{}}"), limits);
    }
    table.text(&one, "vaihtoehtoinen_nimi_kieliversiot/fi/0", &[100]);
    table.text(&one, "avainsanat_kieliversiot/fi/0", &[150]);
    table.text(&one, "avainsanat_kieliversiot/ru/0", &[150]);
    table.text(&one, "lait/0/nimet_kieliversiot/{}", &[100, 500]);
    table.url(&one, "lait/0/linkit_kieliversiot/{}");
    table.put(&one, "lait/0/linkit_kieliversiot", &[json!({}), json!({"sv": "https://www.finlex.example/410"})]);
    table.text(&one, "tuottajat/1/lisatieto_kieliversiot/fi", &[150]);
    table.link(&one, "palveluseteli/linkit/0");
    table.put(
        &one,
        "palveluseteli",
        &[json!({"kaytossa": false}), json!({"kaytossa": true}), json!({"kaytossa": true, "linkit": []})],
    );
    let classes = |codes: &[&str]| codes.iter().map(|code| json!({"koodi": code})).collect::<Value>();
    table.put(
        &one,
        "palveluluokat",
        &[
            classes(&[]),
            classes(&["c0", "c1", "c2", "c3"]),
            classes(&["c0", "c1", "c2", "c3", "c4"]),
            classes(&["main"]),
            classes(&["main", "c0"]),
            classes(&["none"]),
            classes(&["c0", "none"]),
            classes(&["c0", "c0"]),
            classes(&["c0", "c0", "c0", "c0", "c0"]),
        ],
    );
    let known = [818, 1275, 1767, 2499, 2867, 3554, 4705, 4911, 5141, 5541, 5766];
    let terms = |count: usize| known.iter().take(count).map(|number| term(*number)).collect::<Value>();
    table.put(
        &one,
        "asiasanat",
        &[
            terms(0),
            terms(1),
            terms(9),
            terms(10),
            terms(11),
            json!([term(1)]),
            json!(["http://www.yso.fi/onto/yso/p818"]),
            json!(["x"]),
            json!([term(818), term(818)]),
            std::iter::repeat_n(term(818), 11).collect::<Value>(),
        ],
    );
    let groups = |codes: &[&str]| codes.iter().map(|code| group(code)).collect::<Value>();
    table.put(
        &one,
        "kohderyhmat",
        &[
            groups(&[]),
            groups(&["KR1"]),
            groups(&["KR2"]),
            groups(&["KR2", "KR2.3"]),
            groups(&["KR2.3"]),
            groups(&["KR3"]),
            groups(&["KR1.1"]),
            groups(&["KR9"]),
            groups(&["KR1", "KR3.9"]),
            groups(&["KR1", "KR1"]),
            json!(["http://urn.fi/URN:NBN:fi:au:ptvl:v2016"]),
            json!(["KR1"]),
        ],
    );
    table.put(
        &one,
        "elamantilanteet",
        &[json!([]), json!([event("KE1"), event("KE4.2")]), json!([event("KE99")]), json!(["KE1"])],
    );
    table.put(
        &one,
        "toimialat",
        &[
            json!([]),
            json!(["62010"]),
            json!(["http://uri.suomi.fi/codelist/jhs/toimiala_1_20080101/code/ZZ"]),
            json!(["http://www.stat.fi/meta/luokitukset/toimiala/001-2008/G"]),
        ],
    );
    let general = "11a4c51c-07ef-5016-a38a-1d57f8c64470";
    table.put(
        &one,
        "pohjakuvaus_id",
        &[general.into(), general.to_uppercase().into(), "00000000-0000-4000-8000-000000000000".into(), "abc".into()],
    );
    table.put(
        &one,
        "ptv_tyyppi",
        &[Value::Null, "Service".into(), "PermitOrObligation".into(), "ProfessionalQualification".into(), "Muu".into()],
    );
    table.put(&one, "maksullisuus", &[Value::Null, "Chargeable".into(), "FreeOfCharge".into(), "Other".into()]);
    table.put(&one, "rahoitus", &[Value::Null, "PubliclyFunded".into(), "MarketFunded".into(), "Muu".into()]);
    table.put(&one, "vastuuorganisaatio", &[Value::Null, json!({"koodi": "top"}), json!({"koodi": "none"})]);
    table.put(
        &one,
        "muut_vastuuorganisaatiot",
        &[json!([]), json!([{"koodi": "o1"}]), json!([{"koodi": "top"}, {"koodi": "top"}]), json!([{"koodi": "none"}])],
    );
    for kind in ["SelfProducedServices", "ProcuredServices", "Other"] {
        let actors = [json!([]), json!([{"koodi": "o1"}]), json!([{"koodi": "none"}])];
        for who in actors {
            for text in [json!({}), json!({"fi": "Yritys."})] {
                table.put(
                    &one,
                    "tuottajat",
                    &[json!([{"toteutustapa": kind, "toimijat": who, "lisatieto_kieliversiot": text}])],
                );
            }
        }
    }
    table.put(&one, "tuottajat", &[json!([])]);
}

fn organisation(table: &mut Table) {
    let one = [Sort::Organisation];
    table.text(&one, "vaihtoehtoinen_nimi_kieliversiot/{}", &[100]);
    table.put(
        &one,
        "nayttonimi_kieliversiot",
        &[json!({"fi": "Lyhyt CODE"}), json!({"fi": "Nimi CODE"}), json!({"fi": "Muu"}), json!({"sv": "Lyhyt CODE"})],
    );
    table.put(
        &one,
        "tyyppi",
        &["Municipality", "State", "RegionalOrganization", "Organization", "Company", "Muu"].map(Value::from),
    );
    table.put(&one, "kuntakoodi", &["853", "91", "999"].map(Value::from));
    table.put(&one, "ytunnus", &["1234567-1", "1234567", "123456-1", "1234567-12", "0000000-0", ""].map(Value::from));
    table.put(
        &one,
        "oid",
        &[
            "1.2.3.4.5.6.CODE".into(),
            "1.2.3".into(),
            "x".into(),
            format!("1.2.3.4.5.6.{}", "7".repeat(88)).into(),
            format!("1.2.3.4.5.6.{}", "7".repeat(89)).into(),
        ],
    );
    table.email(&one, "sahkopostit/0/osoite");
    table.text(&one, "sahkopostit/0/kuvaus_kieliversiot/{}", &[100]);
    table.phones(&one, "puhelimet/0");
    table.link(&one, "verkkosivut/0");
    table.street(&one, "osoitteet/0");
    table.post_box(&one, "osoitteet/1", &json!({"osoitelaji": "postiosoite"}));
    table.text(&one, "verkkolaskuosoitteet/0/operator", &[110]);
    table.text(&one, "verkkolaskuosoitteet/0/osoite", &[110]);
    table.put(&one, "ylaorganisaatio", &[json!({"koodi": "none"}), json!({"koodi": "o1"})]);
}
