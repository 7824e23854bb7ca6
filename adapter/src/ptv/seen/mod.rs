//! What PTV holds of one entity, in a form that no dialect owns: v11 reads, v12 reads and the bodies that we sent all
//! decode into [`Seen`], so that any two of them can be compared.
//!
//! **Shape.** A [`Seen`] has its frame (kind, GUIDs in lower case, owner, language versions, status, time of change) and
//! its [`Values`]: for each [`Path`] that the source tells, and there for each language or none, a set of *lines*. A line
//! is one comparable value as a person would read it: a text, a code, a whole phone number, one opening. So lists have no
//! order, and a scalar is a set of one line. Lines with parts are made by the types of [`lines`] only.
//!
//! **Told or not.** A path that a source does not tell (`isVisibleForAll` in a v11 read, requirements that we did not send,
//! WCAG levels in v12) is absent from its values, and is not compared. A path that is told and empty has an entry without
//! lines ([`Values::tell`]): we asked PTV to empty it, or PTV says that it holds nothing. [`differences`] looks at paths
//! that both sides tell.
//!
//! **Canonical words.** Enumerations keep v11's words (`FreeOfCharge`, `PermitOrObligation`, `DaysOfTheWeek`, area types as
//! in the bodies of v11); a dialect with other words maps them. Classes, target groups and life events are codes (`P10.1`,
//! `KR1.2`), without groups that stand above another one of the list, since PTV adds those itself; terms and industrial
//! classes are the newest addresses. What a general description brings is subtracted from a read. Times are `HH:mm`, days
//! single, dates without time. Texts are [`lines::text`]: without emphasis, bullets and runs of white space. Details that
//! PTV completes by itself (coordinates, the municipality of an address) are *details* of a line and compared only where
//! the first side names them ([`Values::detail`]).
//!
//! **Connections** are values by the GUID of the other end; `None` where the source does not tell them (a v12 service, a
//! body of ours: [`sent_connections`] reads the set of a service). Those of the accessibility register are nobody's to
//! write and are left out.
//!
//! Reads nothing, writes nothing, and judges nothing.

mod decode;
mod differences;
pub mod lines;
mod v11;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use self::differences::{Difference, connection_differences, differences};
pub use self::v11::{read, sent, sent_connections};
use crate::model::Lang;

/// What kind of thing it is in PTV; a service point is a [`SeenKind::ServiceLocation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeenKind {
    Organisation,
    Service,
    EChannel,
    Phone,
    WebPage,
    PrintableForm,
    ServiceLocation,
    Collection,
}

/// The status of the version that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenStatus {
    Draft,
    Published,
    /// Somebody edits it in PTV's own pages.
    Modified,
    /// Archived; v11 calls it Deleted.
    Archived,
}

/// One entity as one source tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub kind: SeenKind,
    /// None in what we send.
    pub guid: Option<String>,
    /// PTV shows only ours, and only to us.
    pub source_id: Option<String>,
    /// The organisation that answers for it; the parent of an organisation. None when the source names none.
    pub owner: Option<String>,
    /// Its language versions.
    pub languages: BTreeSet<Lang>,
    pub status: SeenStatus,
    /// When PTV last changed that version.
    pub modified: Option<Timestamp>,
    pub values: Values,
    /// By the other end's GUID; none where the source does not tell.
    pub connections: Option<BTreeMap<String, Values>>,
}

/// What is compared of an entity or of a connection: sets of lines by path and language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    pub(super) told: BTreeMap<Path, BTreeMap<Option<Lang>, BTreeSet<String>>>,
    /// Of a line of a path: name → value.
    pub(super) details: BTreeMap<(Path, String), BTreeMap<&'static str, String>>,
}

impl Values {
    /// The source tells this path; it may be empty.
    pub fn tell(&mut self, path: Path) {
        self.told.entry(path).or_default();
    }

    /// Adds a line. A blank one is nothing, but tells the path.
    pub fn put(&mut self, path: Path, lang: Option<Lang>, line: impl Into<String>) {
        let line = line.into();
        let langs = self.told.entry(path).or_default();
        if !line.trim().is_empty() {
            langs.entry(lang).or_default().insert(line);
        }
    }

    /// Adds what PTV completes by itself where it is not given, such as the coordinates of an address.
    pub fn detail(&mut self, path: Path, line: &str, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.details.entry((path, line.to_owned())).or_default().insert(name, value);
        }
    }

    /// The source does not tell this path after all.
    pub fn forget(&mut self, path: Path) {
        self.told.remove(&path);
        self.details.retain(|(of, _), _| *of != path);
    }

    pub fn is_told(&self, path: Path) -> bool {
        self.told.contains_key(&path)
    }

    /// The lines of a path in a language, or of one without languages.
    pub fn lines(&self, path: Path, lang: Option<Lang>) -> impl Iterator<Item = &str> {
        self.told.get(&path).and_then(|langs| langs.get(&lang)).into_iter().flatten().map(String::as_str)
    }
}

macro_rules! paths {
    ($($(#[$meta:meta])* $name:ident = $word:literal;)+) => {
        /// What can differ. The word is what people and JSON see.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Path {
            $($(#[$meta])* $name,)+
        }

        impl Path {
            pub const ALL: &[Path] = &[$(Path::$name),+];

            pub fn word(self) -> &'static str {
                match self {
                    $(Path::$name => $word,)+
                }
            }
        }
    };
}

paths! {
    /// Per language.
    Name = "name";
    /// Per language.
    AlternativeName = "alternativeName";
    /// Per language: `Name` or `AlternativeName`.
    DisplayName = "displayName";
    /// Per language.
    Summary = "summary";
    /// Per language; of a connection too.
    Description = "description";
    /// Per language.
    UserInstruction = "userInstruction";
    /// Per language.
    Requirements = "requirements";
    /// Per language.
    ProcessingTime = "processingTime";
    /// Per language.
    Deadline = "deadline";
    /// Per language.
    ValidityTime = "validityTime";
    /// `Chargeable`, `FreeOfCharge` or `Other`; of a connection too.
    ChargeType = "chargeType";
    /// Per language; of a connection too.
    ChargeText = "chargeText";
    /// `Service`, `PermitOrObligation` or `ProfessionalQualification`.
    ServiceType = "serviceType";
    Funding = "funding";
    GeneralDescription = "generalDescription";
    ServiceClasses = "serviceClasses";
    OntologyTerms = "ontologyTerms";
    TargetGroups = "targetGroups";
    LifeEvents = "lifeEvents";
    IndustrialClasses = "industrialClasses";
    /// Per language.
    Keywords = "keywords";
    /// [`lines::Area`].
    Area = "area";
    /// Codes of the languages in which it is served.
    Languages = "languages";
    /// The GUID of the owner; of an organisation its parent's.
    Owner = "owner";
    OtherResponsible = "otherResponsible";
    /// [`lines::Producer`].
    Producers = "producers";
    VouchersInUse = "vouchersInUse";
    /// Per language: [`lines::Link`].
    Vouchers = "vouchers";
    /// Per language: name and address of each law, [`lines::Link`].
    Laws = "laws";
    /// The web address of a channel, per language.
    Url = "url";
    /// `true` or `false`.
    Authentication = "authentication";
    /// How many signatures; `0` when none is needed.
    Signatures = "signatures";
    /// The level, per language.
    Accessibility = "accessibility";
    /// WCAG level and statement, per language; v12 does not have it.
    AccessibilityStatement = "accessibilityStatement";
    /// Per language: [`lines::Link`].
    Attachments = "attachments";
    /// Per language.
    Emails = "emails";
    /// Per language: [`lines::Phone`].
    Phones = "phones";
    /// Per language: [`lines::Phone`].
    Faxes = "faxes";
    /// Per language.
    SupportEmails = "supportEmails";
    /// Per language: [`lines::Phone`].
    SupportPhones = "supportPhones";
    /// Per language: [`lines::Link`].
    WebPages = "webPages";
    /// [`lines::Opening`].
    Hours = "hours";
    /// [`lines::Address`].
    Addresses = "addresses";
    /// [`lines::Address`] with its receiver.
    DeliveryAddresses = "deliveryAddresses";
    /// Per language.
    FormIdentifier = "formIdentifier";
    /// Type and address of each file, per language.
    Files = "files";
    OrganisationType = "organisationType";
    Municipality = "municipality";
    BusinessId = "businessId";
    Oid = "oid";
    Invoicing = "invoicing";
    /// May other organisations connect their services: `true` or `false`.
    Shared = "shared";
    /// Members of a collection, by GUID.
    Services = "services";
    /// Members of a collection, by GUID.
    Channels = "channels";
}

#[cfg(test)]
mod tests;
