//! One tenant's part of the configuration. Plain values with defaults, so that tests and the sandbox build them in code.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xroad::id::{ClientId, IdError};

use super::ptv_versions::{PtvV12, PtvVersion};
use super::values::{KeyDigest, Period, PinSource, SecretFile, TimeOfDay};
use super::viestit::Viestit;

/// An organisation served (kunta, kuntayhtymä, hyvinvointialue …).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// The first segment of every path of the tenant.
    pub code: String,
    pub name: String,
    /// What sort of organisation it is, for statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TenantKind>,
    pub xroad: XRoadAddress,
    /// Put before REST service codes (`turku` gives `turku-catalogue`) when tenants share a subsystem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_code_prefix: Option<String>,
    /// The certificates of the security servers that may call.
    #[serde(default)]
    pub pins: Vec<PinSource>,
    /// Three digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    #[serde(default = "languages")]
    pub languages: Vec<String>,
    /// The code of the tenant's own organisation in its catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// What a withdrawal does to the offers that stand on it.
    #[serde(default)]
    pub withdrawal: Withdrawal,
    #[serde(default)]
    pub intake_keys: Vec<IntakeKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compat_readers: Vec<CompatReader>,
    /// A file with the tenant's own names for PAT's fields, on the paths of older systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compat_field_map: Option<PathBuf>,
    /// A Drupal site whose content is pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drupal: Option<Drupal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ptv: Option<Ptv>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viestit: Option<Viestit>,
    /// Operations whose values are no business of the log.
    #[serde(default, skip_serializing_if = "Operations::is_none")]
    pub unlogged: Operations,
    /// Who may call what. Nothing is allowed that no rule allows.
    #[serde(default)]
    pub access: Vec<AccessRule>,
}

/// What becomes of a withdrawal that would leave active offers without ground (pat.md §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Withdrawal {
    /// It is refused, and the offers are named.
    #[default]
    Refuse,
    /// The offers are hidden with it.
    Cascade,
}

/// The sorts of organisations that such statistics tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantKind {
    /// A municipality.
    Kunta,
    /// A municipality that calls itself a city.
    Kaupunki,
    /// A joint authority of municipalities.
    Kuntayhtyma,
    /// A hospital district, as it was until 2023.
    Sairaanhoitopiiri,
    /// A wellbeing services county.
    Hyvinvointialue,
    /// A municipal enterprise.
    Liikelaitos,
    /// An organisation that provides information technology for others.
    IctOrganisaatio,
    /// A company; it cannot send letters.
    Yritys,
    /// An association; it cannot send letters.
    Yhdistys,
}

impl TenantKind {
    pub fn word(self) -> &'static str {
        match self {
            TenantKind::Kunta => "kunta",
            TenantKind::Kaupunki => "kaupunki",
            TenantKind::Kuntayhtyma => "kuntayhtyma",
            TenantKind::Sairaanhoitopiiri => "sairaanhoitopiiri",
            TenantKind::Hyvinvointialue => "hyvinvointialue",
            TenantKind::Liikelaitos => "liikelaitos",
            TenantKind::IctOrganisaatio => "ictorganisaatio",
            TenantKind::Yritys => "yritys",
            TenantKind::Yhdistys => "yhdistys",
        }
    }

    /// Suomi.fi Messages is for authorities.
    pub fn may_send_letters(self) -> bool {
        !matches!(self, TenantKind::Yritys | TenantKind::Yhdistys)
    }
}

/// The subsystem that offers the tenant's services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XRoadAddress {
    pub instance: String,
    pub member_class: String,
    pub member_code: String,
    pub subsystem: String,
}

impl XRoadAddress {
    pub fn client_id(&self) -> Result<ClientId, IdError> {
        ClientId::new(&*self.instance, &*self.member_class, &*self.member_code, Some(self.subsystem.clone()))
    }
}

/// A system of the tenant's own that may write, known by its bearer key or by the certificate that it connects with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeKey {
    pub system: String,
    /// The master's name that its entities get; the system's own name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<String>,
    /// Exactly one of the three says how it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<SecretFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<KeyDigest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PinSource>,
    /// It may send letters through `/own/v1/{tenant}/`.
    #[serde(default)]
    pub letters: bool,
}

impl IntakeKey {
    pub fn master(&self) -> &str {
        self.master.as_deref().unwrap_or(&self.system)
    }

    /// The key's digest, from the file where a file holds the key.
    pub fn digest(&self) -> std::io::Result<Option<KeyDigest>> {
        use secrecy::ExposeSecret;
        match &self.key_file {
            Some(file) => Ok(Some(KeyDigest::of(file.read()?.expose_secret().as_bytes()))),
            None => Ok(self.sha256),
        }
    }
}

/// A client of the read interface of Turku's store, known by the key that it signs its requests with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompatReader {
    /// What it calls itself in `X-TURKU-SP`.
    pub name: String,
    pub key_file: SecretFile,
}

/// A Drupal site that the catalogue is pulled from, over its JSON:API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drupal {
    /// The site's address; `/jsonapi` is added to it, after the prefix of a language.
    pub url: String,
    pub username: String,
    pub password_file: SecretFile,
    /// Which bundle becomes what, and where each field stands.
    pub mapping: PathBuf,
    /// The master's name that its records get.
    #[serde(default = "drupal_master")]
    pub master: String,
    /// How often what has changed is asked for.
    #[serde(default = "drupal_interval")]
    pub interval: Period,
    /// How often everything is read and compared: the only way to learn of what was deleted.
    #[serde(default = "drupal_full_interval")]
    pub full_interval: Period,
    /// How far before the newest change seen a reading begins.
    #[serde(default = "drupal_overlap")]
    pub overlap: Period,
    /// Nodes of one page; core gives at most 50.
    #[serde(default = "drupal_page")]
    pub page: usize,
    /// The time for one page.
    #[serde(default = "drupal_timeout")]
    pub timeout: Period,
    /// The share of a bundle's records, in percent, that may vanish at once without being asked.
    #[serde(default = "drupal_vanish")]
    pub vanish_percent: u32,
}

impl Default for Drupal {
    fn default() -> Self {
        Self {
            url: String::new(),
            username: String::new(),
            password_file: SecretFile::default(),
            mapping: PathBuf::new(),
            master: drupal_master(),
            interval: drupal_interval(),
            full_interval: drupal_full_interval(),
            overlap: drupal_overlap(),
            page: drupal_page(),
            timeout: drupal_timeout(),
            vanish_percent: drupal_vanish(),
        }
    }
}

/// The tenant's account in PTV's IN-API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ptv {
    /// The service's address; the IN-API's path (`/api/v11`) is added to it.
    pub url: String,
    /// Where the token is fetched.
    pub login_url: String,
    pub username: String,
    pub password_file: SecretFile,
    /// The main organisation's GUID; anything outside of its tree stops the tenant.
    pub organisation_id: String,
    /// The rule profile of the installation: `live-2026` or `source-3.4`.
    #[serde(default = "profile")]
    pub profile: String,
    /// A folder with general descriptions and code lists for use without the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_dir: Option<PathBuf>,
    #[serde(default)]
    pub policy: PtvPolicy,
    #[serde(default)]
    pub content: PtvContent,
    #[serde(default)]
    pub user_instruction: PtvUserInstruction,
    #[serde(default = "ptv_pace")]
    pub pace_per_second: u32,
    #[serde(default)]
    pub apply: PtvApply,
    /// How large a part of a kind of twins, in percent, is archived or emptied unasked.
    #[serde(default = "ptv_stop_loss")]
    pub stop_loss_percent: u32,
    /// When PTV is compared with what was sent, each night.
    #[serde(default)]
    pub reconcile_at: TimeOfDay,
    #[serde(default)]
    pub on_edit: PtvOnEdit,
    /// Write again, without a word from its owner, what PTV would archive for its age.
    #[serde(default)]
    pub touch_before_expiry: bool,
    /// The version that is asked what PTV holds.
    #[serde(default)]
    pub read: PtvVersion,
    /// The version that is written through; final after the first write of version 12.
    #[serde(default)]
    pub write: PtvVersion,
    /// Both versions are read and compared, each night.
    #[serde(default)]
    pub shadow: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v12: Option<PtvV12>,
    /// Compare PTV's contract with ours each day.
    #[serde(default = "yes")]
    pub contract_watch: bool,
}

fn yes() -> bool {
    true
}

/// Who decides that a change is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PtvApply {
    /// Every change is sent by itself.
    #[default]
    Automatic,
    /// Changes wait until a person asks for them.
    Asked,
}

/// What becomes of content that somebody edited in PTV's own pages, with `policy = "repair"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PtvOnEdit {
    /// The catalogue is sent again.
    #[default]
    CmsWins,
    /// PTV's version stays until a person says otherwise.
    PtvWins,
    /// Nothing is sent until a person has chosen.
    Ask,
}

/// Which services go to PTV (pat.md §6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PtvContent {
    #[default]
    All,
    /// Services that are marked statutory or build on a general description.
    Statutory,
}

/// What becomes of a service without a user instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PtvUserInstruction {
    /// It is sent, with a warning.
    #[default]
    Warn,
    /// A language without one is left out.
    Required,
}

/// What becomes of a difference between the catalogue and PTV that we did not make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PtvPolicy {
    /// Write it back to what the catalogue says.
    #[default]
    Repair,
    /// Show it and leave it.
    Report,
    /// Call nothing.
    Off,
}

/// One rule of access: who, what, on whose behalf.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRule {
    /// `instance/class/code[/subsystem]` in the REST text form, or `*`.
    pub client: String,
    #[serde(default)]
    pub operations: Operations,
    /// The caller must act for somebody, proven by a token.
    #[serde(default)]
    pub represented: bool,
}

impl AccessRule {
    /// Does the rule speak of this client? A rule without subsystem speaks of that member itself only.
    pub fn is_for(&self, client: &ClientId) -> bool {
        self.client == "*" || self.client.parse::<ClientId>().is_ok_and(|named| named == *client)
    }
}

/// The operations of a rule: `"*"` or a list of service codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Operations {
    /// Written `"*"`.
    All(Star),
    Only(Vec<String>),
    /// No operation: what a rule that names none allows.
    #[default]
    None,
}

/// The text `*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Star {
    #[default]
    #[serde(rename = "*")]
    Star,
}

impl Operations {
    pub fn all() -> Self {
        Self::All(Star::Star)
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    pub fn allows(&self, operation: &str) -> bool {
        match self {
            Self::All(_) => true,
            Self::Only(list) => list.iter().any(|allowed| allowed == operation || allowed == "*"),
            Self::None => false,
        }
    }
}

impl<'de> Deserialize<'de> for Operations {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OperationsVisitor)
    }
}

struct OperationsVisitor;

impl<'de> serde::de::Visitor<'de> for OperationsVisitor {
    type Value = Operations;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"*\" or a list of operations")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Operations, E> {
        if text == "*" { Ok(Operations::all()) } else { Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)) }
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Operations, A::Error> {
        let mut operations = Vec::new();
        while let Some(operation) = list.next_element()? {
            operations.push(operation);
        }
        Ok(Operations::Only(operations))
    }
}

impl Default for SecretFile {
    fn default() -> Self {
        Self(PathBuf::new())
    }
}

impl Tenant {
    /// Every path that the tenant names, to be taken from the file's folder.
    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut paths: Vec<&mut PathBuf> = Vec::new();
        paths.extend(self.pins.iter_mut().filter_map(path_of));
        for key in &mut self.intake_keys {
            paths.extend(key.key_file.as_mut().map(|file| &mut file.0));
            paths.extend(key.certificate.as_mut().and_then(path_of));
        }
        paths.extend(self.compat_field_map.as_mut());
        paths.extend(self.compat_readers.iter_mut().map(|reader| &mut reader.key_file.0));
        if let Some(drupal) = &mut self.drupal {
            paths.extend([&mut drupal.password_file.0, &mut drupal.mapping]);
        }
        if let Some(ptv) = &mut self.ptv {
            paths.push(&mut ptv.password_file.0);
            paths.extend(ptv.reference_dir.as_mut());
            paths.extend(ptv.v12.as_mut().map(|v12| &mut v12.key_file.0));
        }
        if let Some(viestit) = &mut self.viestit {
            paths.push(&mut viestit.password_file.0);
            paths.extend(viestit.print.as_mut().map(|print| &mut print.password_file.0));
            paths.extend(viestit.webhooks.iter_mut().map(|hook| &mut hook.secret_file.0));
        }
        paths
    }

    /// The REST service code of a family (`catalogue`, `messages`, `tokens`).
    pub fn service_code(&self, family: &str) -> String {
        match &self.service_code_prefix {
            Some(prefix) => format!("{prefix}-{family}"),
            None => family.to_owned(),
        }
    }

    /// What `xrd:version` the tenant's SOAP services carry (design §4).
    pub fn soap_version(&self) -> String {
        match &self.service_code_prefix {
            Some(prefix) => format!("v1-{prefix}"),
            None => "v1".to_owned(),
        }
    }
}

fn path_of(pin: &mut PinSource) -> Option<&mut PathBuf> {
    match pin {
        PinSource::Certificate(path) => Some(path),
        PinSource::Digest(_) => None,
    }
}

fn languages() -> Vec<String> {
    ["fi", "sv", "en"].map(str::to_owned).to_vec()
}

fn profile() -> String {
    "live-2026".to_owned()
}

fn ptv_stop_loss() -> u32 {
    5
}

fn ptv_pace() -> u32 {
    5
}

fn drupal_master() -> String {
    "drupal".to_owned()
}

fn drupal_interval() -> Period {
    Period(Duration::from_mins(1))
}

fn drupal_full_interval() -> Period {
    Period(Duration::from_hours(24))
}

fn drupal_overlap() -> Period {
    Period(Duration::from_mins(5))
}

fn drupal_page() -> usize {
    50
}

fn drupal_timeout() -> Period {
    Period(Duration::from_mins(1))
}

fn drupal_vanish() -> u32 {
    10
}
