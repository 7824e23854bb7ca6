//! What one mapping collects while it goes: findings, languages left out, whether the entity is withheld.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::profile;
use super::super::rules;
use super::{Context, Extent, Mapped};
use crate::model::blocks::AreaKind;
use crate::model::{Code, EntityKey, Finding, Kind, Lang, Localised};

pub(super) struct Sheet<'s, 'c> {
    pub(super) context: &'s Context<'c>,
    pub(super) extent: Extent,
    findings: Vec<Finding>,
    available: BTreeSet<Lang>,
    left_out: BTreeSet<Lang>,
    withheld: bool,
    waits_for: Vec<EntityKey>,
    lacks: Vec<EntityKey>,
}

impl<'s, 'c> Sheet<'s, 'c> {
    pub(super) fn new(context: &'s Context<'c>, extent: Extent) -> Sheet<'s, 'c> {
        Sheet {
            context,
            extent,
            findings: Vec::new(),
            available: BTreeSet::new(),
            left_out: BTreeSet::new(),
            withheld: false,
            waits_for: Vec::new(),
            lacks: Vec::new(),
        }
    }

    pub(super) fn close(self, body: Map<String, Value>) -> Mapped {
        let everything = self.extent == Extent::Everything;
        let withheld = self.withheld || !self.languages().contains(&Lang::Fi);
        let languages = self.languages();
        let send = self.waits_for.is_empty() && (everything || !withheld);
        Mapped {
            body: send.then_some(Value::Object(body)),
            languages,
            findings: self.findings,
            withheld,
            waits_for: self.waits_for,
            lacks: self.lacks,
        }
    }

    /// The languages that go into the body.
    pub(super) fn languages(&self) -> Vec<Lang> {
        match self.extent {
            Extent::Sound => self.available.difference(&self.left_out).copied().collect(),
            Extent::Everything => self.available.iter().copied().collect(),
        }
    }

    /// Names, summaries and descriptions: what makes a language version (pat.md §6.2). Call before `languages`.
    pub(super) fn check_versions(&mut self, versions: &Versions<'_>) {
        self.available =
            [versions.name, versions.summary, versions.description].iter().flat_map(|text| text.languages()).collect();
        for lang in self.available.clone() {
            let mut wrong = Vec::new();
            required(&mut wrong, "nimi_kieliversiot", lang, versions.name, (1, versions.max_name), "Q01");
            required(
                &mut wrong,
                "tiivistelma_kieliversiot",
                lang,
                versions.summary,
                (profile::MIN_TEXT, profile::SUMMARY),
                "Q02",
            );
            if versions.description_required || versions.description.get(lang).is_some() {
                let limits = (profile::MIN_TEXT, self.context.profile.long_text());
                required(&mut wrong, "kuvaus_kieliversiot", lang, versions.description, limits, "Q03");
            }
            let repeats = versions.name.get(lang).is_some() && versions.name.get(lang) == versions.summary.get(lang);
            if repeats && !versions.may_repeat_name {
                wrong.push(
                    Finding::error(
                        format!("tiivistelma_kieliversiot.{lang}"),
                        "Q02",
                        [
                            "Tiivistelmä ei saa olla sama kuin nimi. Kerro enemmän.".into(),
                            "Sammanfattningen får inte vara densamma som namnet. Berätta mer.".into(),
                            "The summary must not equal the name. Tell more.".into(),
                        ],
                    )
                    .in_language(lang),
                );
            }
            if !wrong.is_empty() {
                self.left_out.insert(lang);
                self.findings.append(&mut wrong);
            }
        }
        self.miss_main_languages();
    }

    /// Names alone, where PTV asks for no other text: a language with a text and without a name is left out.
    pub(super) fn check_names(&mut self, name: &Localised, texts: &[&Localised]) {
        self.available = [name].iter().chain(texts).flat_map(|text| text.languages()).collect();
        for lang in self.available.clone() {
            let mut wrong = Vec::new();
            required(&mut wrong, "nimi_kieliversiot", lang, name, (1, profile::NAME), "Q01");
            if !wrong.is_empty() {
                self.left_out.insert(lang);
                self.findings.append(&mut wrong);
            }
        }
        self.miss_main_languages();
    }

    fn miss_main_languages(&mut self) {
        for lang in [Lang::Fi, Lang::Sv] {
            if !self.available.contains(&lang) {
                let rule = if lang == Lang::Fi { "Q01" } else { "Q05" };
                let mut finding = rules::missing("nimi_kieliversiot", lang, rule);
                if lang == Lang::Sv {
                    finding.level = crate::model::Level::Warning;
                }
                self.findings.push(finding);
            }
        }
    }

    /// Takes the languages from elsewhere: a connection has those of its service.
    pub(super) fn adopt_languages(&mut self, languages: &[Lang]) {
        self.available = languages.iter().copied().collect();
    }

    /// Leaves a language out for a reason that is not in its texts.
    pub(super) fn leave_out(&mut self, finding: Finding) {
        if let Some(lang) = finding.lang {
            self.left_out.insert(lang);
        }
        self.findings.push(finding);
    }

    /// Another record must be in PTV, or readable, first.
    pub(super) fn wait_for(&mut self, key: EntityKey) {
        self.waits_for.push(key);
    }

    /// A member that PTV does not have yet: the body stands without it.
    pub(super) fn lacks(&mut self, key: EntityKey) {
        self.lacks.push(key);
    }

    /// Keeps the whole entity from PTV.
    pub(super) fn withhold(&mut self, field: &str, rule: &'static str, texts: [&str; 3]) {
        self.withheld = true;
        self.findings.push(Finding::error(field, rule, texts.map(str::to_owned)));
    }

    pub(super) fn warn(&mut self, mut finding: Finding) {
        finding.level = crate::model::Level::Warning;
        self.findings.push(finding);
    }

    /// An optional text in the languages of the body: what breaks a rule is left out with a warning.
    pub(super) fn optional(&mut self, field: &str, text: &Localised, min: usize, max: usize) -> Localised {
        let languages = self.languages();
        let mut kept = Localised::default();
        for (lang, value) in text.iter() {
            let short = (min > 1).then(|| rules::too_short(field, lang, value, "too-short")).flatten();
            let wrong = rules::too_long(field, lang, value, max, "too-long").or(short);
            let sound = wrong.is_none() && languages.contains(&lang);
            if let Some(finding) = wrong {
                self.warn(finding);
            }
            if sound || self.extent == Extent::Everything {
                kept.set(lang, value);
            }
        }
        kept
    }

    /// Web addresses in the languages of the body.
    pub(super) fn urls(&mut self, field: &str, text: &Localised) -> Localised {
        let languages = self.languages();
        let mut kept = Localised::default();
        for (lang, value) in text.iter() {
            let url = rules::with_scheme(value);
            let sound = rules::is_url(&url);
            if !sound {
                self.warn(rules::bad_url(field, lang));
            }
            if (sound && languages.contains(&lang)) || self.extent == Extent::Everything {
                kept.set(lang, url);
            }
        }
        kept
    }

    /// A text that every language of the body must have, such as the address of an e-channel.
    pub(super) fn demand(&mut self, field: &str, text: &Localised) {
        for lang in self.languages() {
            if text.get(lang).is_none() {
                self.leave_out(rules::missing(field, lang, "required"));
            }
        }
    }

    pub(super) fn check_area(&mut self, kind: AreaKind, codes: &[String]) {
        let reference = self.context.reference;
        let known = match kind {
            AreaKind::Municipality => Some(&reference.municipalities),
            AreaKind::Region => Some(&reference.regions),
            AreaKind::BusinessSubRegion => Some(&reference.business_sub_regions),
            AreaKind::HospitalDistrict => Some(&reference.hospital_districts),
            // No list of these is published with the source; PTV's own answer decides.
            AreaKind::WellbeingServiceCounties => None,
        };
        let allowed = kind != AreaKind::WellbeingServiceCounties || self.context.profile.wellbeing_counties();
        if !allowed || codes.is_empty() || known.is_some_and(|known| codes.iter().any(|code| !known.contains(code))) {
            self.withhold(
                "saatavuusalue.alueet",
                "area",
                [
                    "Aluekoodia ei ole PTV:n luettelossa. Tarkista koodi ja alueen tyyppi.",
                    "Områdeskoden finns inte i SDL:s lista. Kontrollera koden och områdets typ.",
                    "The area code is not in PTV's list. Check the code and the kind of area.",
                ],
            );
        }
    }

    /// The operator holds it back.
    pub(super) fn check_held(&mut self, key: &EntityKey) {
        if self.context.view.is_held(key) {
            self.withheld = true;
            self.findings.push(held());
        }
    }

    /// A name that another entity of the organisation has taken (ptv-in-api.md §3.0.5).
    pub(super) fn check_duplicate(&mut self, key: &EntityKey) {
        if let Some(other) = self.context.duplicates.get(key) {
            self.withheld = true;
            let code = &other.code;
            self.findings.push(Finding::error(
                "nimi_kieliversiot",
                "Q21",
                [
                    format!("Organisaatiolla on jo samanniminen kohde (koodi {code}). Muuta nimeä."),
                    format!("Organisationen har redan en post med samma namn (kod {code}). Ändra namnet."),
                    format!("The organisation already has one of this name (code {code}). Change the name."),
                ],
            ));
        }
    }

    /// The GUID of an organisation: the tenant's own for none and for the top of its tree.
    pub(super) fn organisation(&mut self, code: Option<&Code>) -> String {
        let Some(code) = code else { return self.context.organisation.to_owned() };
        let key = EntityKey { kind: Kind::Organisation, code: code.clone() };
        match self.context.view.active(Kind::Organisation, code).and_then(|stored| stored.entity.organisation()) {
            Some(organisation) if organisation.parent.is_none() => self.context.organisation.to_owned(),
            Some(_) => (self.context.guid)(&key).unwrap_or_else(|| {
                self.waits_for.push(key);
                String::new()
            }),
            None => {
                self.withhold(
                    "vastuuorganisaatio",
                    "unknown-reference",
                    [
                        "Organisaatiota ei ole tai sitä ei ole julkaistu. Lähetä organisaatio ensin.",
                        "Organisationen finns inte eller är inte publicerad. Skicka den först.",
                        "No such organisation, or it is not published. Send it first.",
                    ],
                );
                String::new()
            }
        }
    }

    /// PTV publishes an item only in the languages of its organisation (Q12).
    pub(super) fn check_organisation_languages(&mut self, code: Option<&Code>) {
        let described = code.and_then(|code| self.context.view.active(Kind::Organisation, code));
        let known: Vec<Lang> = match described.and_then(|stored| stored.entity.organisation()) {
            Some(it) => it.summary.languages().filter(|lang| it.name.get(*lang).is_some()).collect(),
            None => self.context.organisation_languages.to_vec(),
        };
        for lang in self.languages() {
            if !known.contains(&lang) {
                self.leave_out(
                    Finding::error(
                        format!("nimi_kieliversiot.{lang}"),
                        "Q12",
                        [
                            "Organisaatiota ei ole julkaistu tällä kielellä. Lisää organisaatiolle kieliversio.".into(),
                            "Organisationen är inte publicerad på detta språk. Lägg till en språkversion.".into(),
                            "The organisation is not published in this language. Add the language to it.".into(),
                        ],
                    )
                    .in_language(lang),
                );
            }
        }
    }
}

/// The texts that make a language version.
pub(super) struct Versions<'a> {
    pub(super) name: &'a Localised,
    pub(super) max_name: usize,
    pub(super) summary: &'a Localised,
    pub(super) description: &'a Localised,
    pub(super) description_required: bool,
    /// PTV takes a summary that equals the name: it asks for another one of services and channels only (§3.0.7).
    pub(super) may_repeat_name: bool,
}

fn required(
    wrong: &mut Vec<Finding>,
    field: &str,
    lang: Lang,
    text: &Localised,
    (min, max): (usize, usize),
    rule: &'static str,
) {
    match text.get(lang) {
        None => wrong.push(rules::missing(field, lang, rule)),
        Some(value) => {
            wrong.extend(rules::too_long(field, lang, value, max, rule));
            if min > 1 {
                wrong.extend(rules::too_short(field, lang, value, rule));
            }
        }
    }
}

/// Languages of service (`languages`): the record's own that PTV knows, else those of the body.
pub(super) fn service_languages(own: &[String], sheet: &mut Sheet<'_, '_>) -> Vec<String> {
    let unknown = own.iter().any(|code| !sheet.context.reference.languages.contains(code));
    if unknown {
        sheet.warn(Finding::warning(
            "kielet",
            "unknown-language",
            [
                "PTV ei tunne kaikkia kielikoodeja; tuntemattomat jätetään pois. Tarkista koodit.".into(),
                "SDL känner inte till alla språkkoder; de okända utelämnas. Kontrollera koderna.".into(),
                "PTV does not know every language code; the unknown are left out. Check the codes.".into(),
            ],
        ));
    }
    let kept: Vec<String> = match sheet.extent {
        Extent::Everything => own.to_vec(),
        Extent::Sound => own.iter().filter(|code| sheet.context.reference.languages.contains(*code)).cloned().collect(),
    };
    if kept.is_empty() { sheet.languages().iter().map(|lang| lang.code().to_owned()).collect() } else { kept }
}

/// What is said of a record that the operator holds back: PTV keeps what it has.
pub(in crate::ptv) fn held() -> Finding {
    Finding::error(
        "tila",
        "held",
        [
            "Ylläpito pidättää kohteen: PTV:hen ei lähetetä mitään. Vapauta se: silta catalogue own … --release."
                .into(),
            "Posten hålls inne av driften: inget skickas till SDL. Släpp den: silta catalogue own … --release.".into(),
            "The operator holds the record back: nothing goes to PTV. Let it go: silta catalogue own … --release."
                .into(),
        ],
    )
}
