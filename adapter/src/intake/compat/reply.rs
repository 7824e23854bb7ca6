//! The reply message of the platform's paths (pat.md §9.3), and the HTTP status that says the same (§9.4).

use serde::Serialize;
use serde_json::Value;

use crate::catalogue::{Outcome, Verdict};
use crate::model::{Kind, Stored};
use crate::ptv::reason::text_of;
use crate::ptv::twins::ARCHIVED;
use crate::store::mirrors::Mirror;
use crate::store::twins::Twin;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Reply {
    #[serde(skip)]
    status: u16,
    tulos: &'static str,
    laji: Option<String>,
    koodi: Option<String>,
    versio: Option<Value>,
    muutospvm: Option<String>,
    ptv: Ptv,
    virheet: Vec<Complaint>,
    seuranta_id: String,
}

/// How the record stands in PTV.
#[allow(clippy::struct_field_names)] // The names of the reply message.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Ptv {
    /// `never_sent`, `stale`, `failed`, `conflict`, `in_sync`, `archived` (pat.md §4.18).
    pub(super) tila: &'static str,
    pub(super) ptv_id: Option<String>,
    /// What the platform would have answered by now: 200 done, 202 queued, 409 a person must look, 422 held back.
    http: Option<u16>,
    julkaisutila: Option<String>,
    /// Why it is not there, in the words of PTV's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    syy: Option<String>,
}

impl Ptv {
    pub(super) fn of(twin: Option<&Twin>, mirror: Option<&Mirror>) -> Ptv {
        let guid = twin.and_then(|twin| twin.guid.clone());
        let archived = twin.is_some_and(|twin| twin.status == ARCHIVED);
        let (tila, http) = match mirror.map(|mirror| (mirror.state.as_str(), mirror.last_error.is_some())) {
            Some(("parked", _)) => ("conflict", Some(409)),
            Some(("waiting", true)) => ("failed", Some(202)),
            Some(("waiting", false)) => ("stale", Some(202)),
            // Our own rules keep it, or its newest revision, from PTV.
            Some(("done", true)) => (if guid.is_none() { "never_sent" } else { "stale" }, Some(422)),
            // Nobody wanted it there, or there was nothing to send.
            _ if guid.is_none() => ("never_sent", None),
            _ if archived => ("archived", Some(200)),
            _ => ("in_sync", Some(200)),
        };
        let julkaisutila = twin.map(|twin| twin.status.clone());
        Ptv {
            tila,
            ptv_id: guid,
            http,
            julkaisutila,
            syy: mirror.and_then(|mirror| mirror.last_error.as_deref().map(text_of)),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct Complaint {
    kentta: String,
    kieli: Option<String>,
    tunniste: String,
    viesti_fi: String,
    viesti_sv: String,
    viesti_en: String,
}

impl Reply {
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// To a record that was to be written. `version` is the source's own, given back as it came.
    pub(super) fn to_write(
        verdict: &Verdict,
        stored: Option<&Stored>,
        version: Option<Value>,
        ptv: Ptv,
        tracking: String,
    ) -> Reply {
        let complaints: Vec<Complaint> = verdict
            .findings
            .iter()
            .map(|finding| Complaint {
                kentta: finding.field.clone(),
                kieli: finding.lang.clone(),
                tunniste: finding.rule.clone(),
                viesti_fi: finding.fi.clone(),
                viesti_sv: finding.sv.clone(),
                viesti_en: finding.en.clone(),
            })
            .collect();
        let has = |rules: &[&str]| complaints.iter().any(|complaint| rules.contains(&complaint.tunniste.as_str()));
        let (tulos, status) = match verdict.outcome {
            Outcome::Refused if has(&["unknown-code"]) => ("VIRHE", 404),
            Outcome::Refused if has(&["code-taken", "other-master"]) => ("VIRHE", 409),
            Outcome::Refused => ("VIRHE", 422),
            _ if complaints.is_empty() => ("OK", 200),
            _ => ("VAROITUS", 200),
        };
        let versio = version.or_else(|| verdict.revision.map(Into::into));
        Reply {
            status,
            tulos,
            laji: verdict.laji.clone(),
            koodi: verdict.koodi.clone(),
            versio,
            muutospvm: stored.map(changed_on),
            ptv,
            virheet: complaints,
            seuranta_id: tracking,
        }
    }

    pub(super) fn to_mark(stored: &Stored, ptv: Ptv, tracking: String) -> Reply {
        let key = &stored.entity.key;
        let version = stored.entity.source.as_ref().and_then(|source| source.version);
        Reply {
            status: 202,
            tulos: "OK",
            laji: Some(key.kind.laji().to_owned()),
            koodi: Some(key.code.to_string()),
            versio: Some(version.unwrap_or(stored.revision).into()),
            muutospvm: Some(changed_on(stored)),
            ptv,
            virheet: Vec::new(),
            seuranta_id: tracking,
        }
    }

    /// The code is given back in the path only: it is the caller's text.
    pub(super) fn unknown_code(kind: Kind, code: &str, tracking: String) -> Reply {
        let known: Option<crate::model::Code> = code.parse().ok();
        let complaint = Complaint {
            kentta: "koodi".into(),
            kieli: None,
            tunniste: "unknown-code".into(),
            viesti_fi: "Koodilla ei ole tämän lajin kohdetta. Tallenna se ensin.".into(),
            viesti_sv: "Det finns ingen post av det här slaget med koden. Spara den först.".into(),
            viesti_en: "No record of this kind has the code. Save it first.".into(),
        };
        Reply {
            status: 404,
            tulos: "VIRHE",
            laji: Some(kind.laji().to_owned()),
            koodi: known.map(|code| code.to_string()),
            versio: None,
            muutospvm: None,
            ptv: Ptv { tila: "never_sent", ..Ptv::default() },
            virheet: vec![complaint],
            seuranta_id: tracking,
        }
    }
}

fn changed_on(stored: &Stored) -> String {
    let zone = super::turku::finland();
    stored.entity.changed.unwrap_or_else(|| stored.changed_at.to_zoned(zone).date()).to_string()
}
