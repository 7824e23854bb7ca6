//! The rows of the field sheet: what stands in PTV's bodies (ptv-in-api.md §3, §4), and what it is made of.

use super::Body;
use super::row::{Need, Row, block, row};
use crate::ptv::profile::{self, Profile};

/// The rows of a body; those of a block stand below the names that the block has here.
pub(super) fn rows(body: Body) -> &'static [Row] {
    match body {
        Body::Organisation => ORGANISATION,
        Body::Service => SERVICE,
        Body::EChannel => E_CHANNEL,
        Body::Phone => PHONE_CHANNEL,
        Body::WebPage => WEB_PAGE_CHANNEL,
        Body::PrintableForm => PRINTABLE_FORM,
        Body::ServiceLocation => SERVICE_LOCATION,
        Body::Connections => CONNECTIONS,
        Body::Collection => COLLECTION,
    }
}

const SOURCE_ID: Row = row("sourceId", "koodi").need(Need::Always).max(100).v12("externalId");
const STATUS: Row = row("publishingStatus", "tila").need(Need::Always).v12("–");
const LANGUAGES: Row = row("languages", "kielet").need(Need::Always).v12("serviceLanguages");
const SHARED: Row = row("isVisibleForAll", "yhteiskayttoinen").v12("allowedConnectionType");
const OWNER: Row = row("organizationId", "organisaatio").need(Need::Always).v12("organizationContentId");
const AREA_TYPE: Row = row("areaType", "saatavuusalue.tyyppi").v12("area.areaType");
const AREAS: Row = block("areas", "saatavuusalue.alueet", AREA).v12("area");

const AREA: &[Row] = &[
    row("type", "tyyppi").need(Need::Always).v12("–"),
    row("areaCodes", "koodit").need(Need::Always).v12("municipalities, regions, wellbeingServicesCounties"),
];

const STREET: &[Row] = &[
    row("street", "katuosoite").need(Need::Always).max(100).v12("streetName"),
    row("streetNumber", "katuosoite").max(30).v12("addressDetail"),
    row("postalCode", "postinumero").need(Need::Always).v12("postalCode"),
    row("municipality", "kunta.koodi").v12("–"),
];
const POST_BOX: &[Row] = &[
    row("postOfficeBox", "postilokero").need(Need::Always).max(100).v12("postOfficeBox"),
    row("postalCode", "postinumero").need(Need::Always).v12("postalCode"),
];
/// An address with its kind; what stands above the street is ours to set.
const ADDRESS: &[Row] = &[
    row("type", "osoitelaji").need(Need::Always).v12("–"),
    row("subType", "osoitelaji").need(Need::Always).v12("–"),
    row("country", "osoitelaji").v12("–"),
    block("streetAddress", "", STREET).v12("streetAddresses"),
    block("postOfficeBoxAddress", "", POST_BOX).v12("postOfficeBoxAddresses"),
];

const FAX: &[Row] = &[
    row("language", "").need(Need::Always).v12("languageVersions"),
    row("prefixNumber", "maakoodi").v12("dialCode"),
    row("number", "numero").need(Need::Always).max(20).v12("number"),
];
const PHONE: &[Row] = &[
    row("language", "").need(Need::Always).v12("languageVersions"),
    row("prefixNumber", "maakoodi").v12("dialCode"),
    row("number", "numero").need(Need::Always).max(20).v12("number"),
    row("isFinnishServiceNumber", "valtakunnallinen_palvelunumero").v12("DomesticPhone"),
    row("serviceChargeType", "maksullisuus").v12("chargeType"),
    row("chargeDescription", "maksun_kuvaus_kieliversiot").by(Profile::phone_text).v12("chargeDescription"),
    row("additionalInformation", "kuvaus_kieliversiot").by(Profile::phone_text).v12("additionalInformation"),
];

const HOURS: &[Row] = &[
    row("serviceHourType", "aukiolotyyppi").need(Need::Always).v12("type"),
    row("validFrom", "voimassaoloAlkamishetki").v12("fromDate"),
    row("validTo", "voimassaoloPaattymishetki").v12("toDate"),
    row("validForNow", "voimassaoloAlkamishetki").v12("–"),
    row("isClosed", "aukiolotyyppi").v12("openingStatus"),
    row("isAlwaysOpen", "avaamisaika").v12("ContinuousAlwaysValidServiceHour"),
    row("isReservation", "ajanvaraus").v12("openingStatus"),
    row("additionalInformation", "kuvaus_kieliversiot").max(profile::HOURS_TEXT).v12("additionalInformation"),
    row("openingHour.dayFrom", "viikonpaiva").v12("weeklyHours"),
    row("openingHour.dayTo", "viikonpaiva").v12("weeklyHours"),
    row("openingHour.from", "avaamisaika").need(Need::Always).v12("start"),
    row("openingHour.to", "sulkemisaika").need(Need::Always).v12("end"),
];

const WEB_PAGE: &[Row] = &[
    row("language", "").need(Need::Always).v12("languageVersions"),
    row("url", "osoite_kieliversiot").need(Need::Always).max(profile::URL).v12("url"),
    row("value", "nimi_kieliversiot").max(profile::NAME).v12("name"),
];

const ACCESSIBILITY: &[Row] = &[
    row("language", "").need(Need::Always).v12("languageVersions"),
    row("accessibilityClassificationLevel", "taso").need(Need::Always).v12("accessibilityClassificationLevel"),
    row("wcagLevel", "wcag_taso").v12("–"),
    row("accessibilityStatementWebPageName", "seloste_nimi").max(profile::NAME).v12("–"),
    row("accessibilityStatementWebPage", "seloste_osoite").max(profile::URL).v12("–"),
];

const ATTACHMENTS: &[Row] = &[
    row("language", "").need(Need::Always).v12("languageVersions"),
    row("name", "nimi_kieliversiot").max(profile::NAME).v12("name"),
    row("description", "kuvaus_kieliversiot").by(Profile::phone_text).v12("additionalInformation"),
    row("url", "osoite_kieliversiot").need(Need::Always).max(profile::URL).v12("url"),
];

const ORGANISATION: &[Row] = &[
    SOURCE_ID,
    STATUS,
    row("organizationNames", "nimi_kieliversiot").sort("Name").need(Need::EachLanguage).max(profile::NAME).v12("name"),
    row("organizationNames", "vaihtoehtoinen_nimi_kieliversiot")
        .sort("AlternativeName")
        .max(profile::NAME)
        .v12("alternativeName"),
    row("displayNameType", "nayttonimi_kieliversiot").need(Need::EachLanguage).v12("isAlternativeNamePrimary"),
    row("organizationDescriptions", "tiivistelma_kieliversiot")
        .sort("Summary")
        .need(Need::EachLanguage)
        .max(profile::SUMMARY)
        .v12("summary"),
    row("organizationDescriptions", "kuvaus_kieliversiot")
        .sort("Description")
        .by(Profile::long_text)
        .v12("description"),
    row("organizationType", "tyyppi").need(Need::Always).v12("organizationType"),
    row("municipality", "kuntakoodi").need(Need::When("organizationType = Municipality")).v12("area.municipalities"),
    row("businessCode", "ytunnus").v12("businessId"),
    row("oid", "oid").max(profile::NAME).v12("oid"),
    row("parentOrganizationId", "ylaorganisaatio").need(Need::Always).v12("parentOrganizationContentId"),
    row("areaType", "alue.tyyppi").v12("area.areaType"),
    row("subAreaType", "alue.alueet.tyyppi").need(Need::When("areaType = LimitedType")).v12("–"),
    row("areas", "alue.alueet.koodit").need(Need::When("areaType = LimitedType")).v12("area"),
    row("emails.language", "sahkopostit").v12("languageVersions"),
    row("emails.value", "sahkopostit.osoite").max(profile::NAME).v12("contactEmails.email"),
    row("emails.description", "sahkopostit.kuvaus_kieliversiot")
        .max(profile::NAME)
        .v12("contactEmails.additionalInformation"),
    block("phoneNumbers", "puhelimet", PHONE).v12("contactPhoneNumbers"),
    block("webPages", "verkkosivut", WEB_PAGE).v12("contactWebPages"),
    block("addresses", "osoitteet", ADDRESS).v12("location, contactAddresses"),
    row("electronicInvoicings.operatorCode", "verkkolaskuosoitteet.operator")
        .max(110)
        .v12("eInvoiceAddresses.intermediatorCode"),
    row("electronicInvoicings.electronicInvoicingAddress", "verkkolaskuosoitteet.osoite")
        .max(110)
        .v12("eInvoiceAddresses.address"),
];

const SERVICE: &[Row] = &[
    SOURCE_ID,
    STATUS,
    row("generalDescriptionId", "pohjakuvaus_id").v12("generalDescriptionContentId"),
    row("type", "ptv_tyyppi").need(Need::When("no generalDescriptionId")).v12("serviceType"),
    row("serviceNames", "nimi_kieliversiot").sort("Name").need(Need::EachLanguage).max(profile::NAME).v12("name"),
    row("serviceNames", "vaihtoehtoinen_nimi_kieliversiot")
        .sort("AlternativeName")
        .max(profile::NAME)
        .v12("alternativeName"),
    row("serviceDescriptions", "tiivistelma_kieliversiot")
        .sort("Summary")
        .need(Need::EachLanguage)
        .max(profile::SUMMARY)
        .v12("summary"),
    row("serviceDescriptions", "kuvaus_kieliversiot")
        .sort("Description")
        .need(Need::EachLanguage)
        .by(Profile::long_text)
        .v12("description"),
    row("serviceDescriptions", "toimintaohje_kieliversiot")
        .sort("UserInstruction")
        .by(Profile::long_text)
        .v12("userInstructions"),
    row("serviceDescriptions", "kasittelyaika_kieliversiot")
        .sort("ProcessingTime")
        .max(profile::SHORT_TEXT)
        .v12("processingTimeAdditionalInformation"),
    row("serviceDescriptions", "maaraaika_kieliversiot")
        .sort("DeadLine")
        .max(profile::SHORT_TEXT)
        .v12("deadlineAdditionalInformation"),
    row("serviceDescriptions", "voimassaolo_kieliversiot")
        .sort("ValidityTime")
        .max(profile::SHORT_TEXT)
        .v12("validityTimeAdditionalInformation"),
    row("serviceDescriptions", "maksun_lisatieto_kieliversiot")
        .sort("ChargeTypeAdditionalInfo")
        .max(profile::SHORT_TEXT)
        .v12("chargeTypeAdditionalInformation"),
    row("serviceChargeType", "maksullisuus").v12("chargeType"),
    row("fundingType", "rahoitus").need(Need::Always).v12("fundingType"),
    AREA_TYPE.need(Need::Always),
    AREAS,
    LANGUAGES,
    row("serviceClasses", "palveluluokat")
        .need(Need::When("no generalDescriptionId"))
        .items(profile::MAX_CLASSES)
        .v12("serviceClasses"),
    row("ontologyTerms", "asiasanat")
        .need(Need::When("no generalDescriptionId"))
        .items(profile::MAX_TERMS)
        .v12("ontologyTerms"),
    row("targetGroups", "kohderyhmat").need(Need::When("no generalDescriptionId")).v12("targetGroups"),
    row("lifeEvents", "elamantilanteet").v12("lifeEvents"),
    row("industrialClasses", "toimialat").v12("industrialClasses"),
    row("legislation.names", "lait.nimet_kieliversiot").max(profile::SHORT_TEXT).v12("legislationLinks.name"),
    row("legislation.webPages.language", "lait.linkit_kieliversiot").need(Need::Always).v12("languageVersions"),
    row("legislation.webPages.url", "lait.linkit_kieliversiot")
        .need(Need::Always)
        .max(profile::URL)
        .v12("legislationLinks.url"),
    row("legislation.webPages.value", "lait.nimet_kieliversiot").max(profile::NAME).v12("legislationLinks.name"),
    row("keywords", "avainsanat_kieliversiot").max(profile::KEYWORD).v12("freelyAssignedKeywords"),
    row("requirements", "palvelunsaannin_ehdot_kieliversiot").by(Profile::long_text).v12("conditions"),
    row("mainResponsibleOrganization", "vastuuorganisaatio").need(Need::Always).v12("organizationContentId"),
    row("otherResponsibleOrganizations", "muut_vastuuorganisaatiot").v12("otherResponsibleOrganizations"),
    row("serviceProducers.provisionType", "tuottajat.toteutustapa").need(Need::Always).v12("producers"),
    row("serviceProducers.organizations", "tuottajat.toimijat").v12("producers.organizations"),
    row("serviceProducers.additionalInformation", "tuottajat.lisatieto_kieliversiot")
        .max(profile::PRODUCER_TEXT)
        .v12("producers.other.name"),
    row("serviceVouchersInUse", "palveluseteli.kaytossa").v12("voucher.voucherType"),
    row("serviceVouchers.language", "palveluseteli.linkit").need(Need::Always).v12("languageVersions"),
    row("serviceVouchers.value", "palveluseteli.linkit.nimi_kieliversiot").max(profile::NAME).v12("voucher.urls.name"),
    row("serviceVouchers.url", "palveluseteli.linkit.osoite_kieliversiot").max(profile::URL).v12("voucher.urls.url"),
];

const CHANNEL_SUMMARY: Row = row("serviceChannelDescriptions", "tiivistelma_kieliversiot")
    .sort("Summary")
    .need(Need::EachLanguage)
    .max(profile::SUMMARY)
    .v12("summary");
const CHANNEL_DESCRIPTION: Row = row("serviceChannelDescriptions", "kuvaus_kieliversiot")
    .sort("Description")
    .need(Need::EachLanguage)
    .by(Profile::long_text)
    .v12("description");
const SUPPORT_EMAIL_LANGUAGE: Row =
    row("supportEmails.language", "tukisahkopostit").need(Need::Always).v12("languageVersions");
const SUPPORT_EMAIL: Row = row("supportEmails.value", "tukisahkopostit").max(profile::NAME).v12("supportEmails.email");
const SUPPORT_PHONES: Row = block("supportPhones", "tukipuhelimet", PHONE).v12("supportPhoneNumbers");
const PAGE: Row = row("webPage", "osoite_kieliversiot").max(profile::URL).v12("webAddress.url");
const CHANNEL_HOURS: Row = block("serviceHours", "aukioloajat", HOURS).v12("serviceHours");
const CHANNEL_ACCESSIBILITY: Row = block("accessibilityClassification", "saavutettavuus_kieliversiot", ACCESSIBILITY)
    .need(Need::EachLanguage)
    .v12("–");
const CHANNEL_ATTACHMENTS: Row = block("attachments", "liitteet", ATTACHMENTS).v12("attachmentLinks");

const E_CHANNEL: &[Row] = &[
    SOURCE_ID,
    STATUS,
    OWNER,
    LANGUAGES,
    SHARED,
    AREA_TYPE,
    AREAS,
    CHANNEL_SUMMARY,
    CHANNEL_DESCRIPTION,
    row("serviceChannelNames", "nimi_kieliversiot").need(Need::EachLanguage).by(Profile::channel_name).v12("name"),
    PAGE.need(Need::EachLanguage),
    row("requiresAuthentication", "tunnistautuminen").v12("electronicIdentification"),
    row("requiresSignature", "allekirjoitus").v12("electronicSignature.type"),
    row("signatureQuantity", "allekirjoitusten_maara")
        .need(Need::When("requiresSignature"))
        .v12("electronicSignature.numberOfRequiredSignatures"),
    CHANNEL_ACCESSIBILITY,
    CHANNEL_HOURS,
    SUPPORT_EMAIL_LANGUAGE,
    SUPPORT_EMAIL,
    SUPPORT_PHONES,
    CHANNEL_ATTACHMENTS,
];

const PHONE_CHANNEL: &[Row] = &[
    SOURCE_ID,
    STATUS,
    OWNER,
    LANGUAGES,
    SHARED,
    AREA_TYPE,
    AREAS,
    CHANNEL_SUMMARY,
    CHANNEL_DESCRIPTION,
    row("serviceChannelNames", "nimi_kieliversiot").need(Need::EachLanguage).by(Profile::channel_name).v12("name"),
    block("phoneNumbers", "numerot", PHONE).need(Need::EachLanguage).v12("phoneNumbers"),
    row("phoneNumbers.type", "numerot.numerotyyppi").need(Need::Always).v12("phoneNumbers.type"),
    PAGE,
    CHANNEL_HOURS,
];

const WEB_PAGE_CHANNEL: &[Row] = &[
    SOURCE_ID,
    STATUS,
    OWNER,
    LANGUAGES,
    SHARED,
    AREA_TYPE,
    AREAS,
    CHANNEL_SUMMARY,
    CHANNEL_DESCRIPTION,
    row("serviceChannelNames", "nimi_kieliversiot").need(Need::EachLanguage).max(profile::NAME).v12("name"),
    PAGE.need(Need::EachLanguage),
    CHANNEL_ACCESSIBILITY,
    SUPPORT_EMAIL_LANGUAGE,
    SUPPORT_EMAIL,
    SUPPORT_PHONES,
];

const PRINTABLE_FORM: &[Row] = &[
    SOURCE_ID,
    STATUS,
    OWNER,
    LANGUAGES,
    SHARED,
    AREA_TYPE,
    AREAS,
    CHANNEL_SUMMARY,
    CHANNEL_DESCRIPTION,
    row("serviceChannelNames", "nimi_kieliversiot").need(Need::EachLanguage).max(profile::NAME).v12("name"),
    row("formIdentifier", "lomaketunniste_kieliversiot").max(profile::NAME).v12("formIdentifier"),
    row("channelUrls", "tiedostot.osoite_kieliversiot").need(Need::EachLanguage).max(profile::URL).v12("formFiles.url"),
    row("deliveryAddresses.subType", "toimitusosoite").need(Need::Always).v12("deliveryAddressType"),
    block("deliveryAddresses.streetAddress", "toimitusosoite", STREET).v12("deliveryAddresses"),
    block("deliveryAddresses.postOfficeBoxAddress", "toimitusosoite", POST_BOX).v12("deliveryAddresses"),
    row("deliveryAddresses.deliveryAddressInText", "toimitusosoite.ohje_kieliversiot")
        .max(150)
        .v12("deliveryInformation"),
    row("deliveryAddresses.formReceiver", "toimitusosoite.vastaanottaja_kieliversiot")
        .max(profile::NAME)
        .v12("recipient"),
    CHANNEL_ATTACHMENTS,
    SUPPORT_EMAIL_LANGUAGE,
    SUPPORT_EMAIL,
    SUPPORT_PHONES,
];

const SERVICE_LOCATION: &[Row] = &[
    SOURCE_ID,
    STATUS,
    OWNER,
    LANGUAGES,
    SHARED,
    AREA_TYPE,
    AREAS,
    CHANNEL_SUMMARY,
    CHANNEL_DESCRIPTION,
    row("serviceChannelNames", "nimi_kieliversiot")
        .sort("Name")
        .need(Need::EachLanguage)
        .max(profile::NAME)
        .v12("name"),
    row("displayNameType", "nimi_kieliversiot").v12("isAlternativeNamePrimary"),
    block("serviceHours", "fyysinenPaikka.aukioloajat", HOURS).v12("serviceHours"),
    block("addresses", "fyysinenPaikka.osoitteet", ADDRESS).need(Need::EachLanguage).v12("location, contactAddresses"),
    row("emails.language", "sahkoposti").need(Need::Always).v12("languageVersions"),
    row("emails.value", "sahkoposti").v12("contactEmails.email"),
    block("phoneNumbers", "puhelinnumerot", PHONE).v12("contactPhoneNumbers"),
    block("faxNumbers", "puhelinnumerot", FAX).v12("contactFaxNumbers"),
    row("addresses.streetAddress.latitude", "fyysinenPaikka.leveysaste").v12("coordinates.northing"),
    row("addresses.streetAddress.longitude", "fyysinenPaikka.pituusaste").v12("coordinates.easting"),
    row("webPages.language", "lisatiedot").need(Need::Always).v12("languageVersions"),
    row("webPages.url", "lisatiedot.kuvaus_kieliversiot")
        .need(Need::Always)
        .max(profile::URL)
        .v12("contactWebPages.url"),
    row("webPages.value", "lisatiedot.nimi_kieliversiot").max(profile::NAME).v12("contactWebPages.name"),
];

const CONNECTIONS: &[Row] = &[
    row("channelRelations.serviceChannelId", "palvelukanavat").need(Need::Always).v12("channelContentId"),
    row("channelRelations.description", "kuvaus_kieliversiot")
        .sort("Description")
        .max(profile::SHORT_TEXT)
        .v12("description"),
    row("channelRelations.description", "hinnat.hinta_kieliversiot")
        .sort("ChargeTypeAdditionalInfo")
        .max(profile::SHORT_TEXT)
        .v12("chargeTypeAdditionalInformation"),
    row("channelRelations.serviceChargeType", "hinnat").v12("chargeType"),
    block("channelRelations.serviceHours", "aukioloajat", HOURS).v12("serviceHours"),
    row("channelRelations.contactDetails.emails.language", "yhteystiedot.sahkopostit")
        .need(Need::Always)
        .v12("languageVersions"),
    row("channelRelations.contactDetails.emails.value", "yhteystiedot.sahkopostit.osoite").v12("contactEmails.email"),
    block("channelRelations.contactDetails.phoneNumbers", "yhteystiedot.puhelinnumerot", PHONE)
        .v12("contactPhoneNumbers"),
    block("channelRelations.contactDetails.faxNumbers", "yhteystiedot.puhelinnumerot", FAX).v12("contactFaxNumbers"),
    block("channelRelations.contactDetails.webPages", "yhteystiedot.verkkosivut", WEB_PAGE).v12("contactWebPages"),
];

const COLLECTION: &[Row] = &[
    SOURCE_ID,
    STATUS,
    OWNER,
    row("serviceCollectionNames", "nimi_kieliversiot").need(Need::EachLanguage).max(profile::NAME).v12("name"),
    row("serviceCollectionDescriptions", "tiivistelma_kieliversiot")
        .sort("Summary")
        .max(profile::SUMMARY)
        .v12("summary"),
    row("serviceCollectionDescriptions", "kuvaus_kieliversiot")
        .sort("Description")
        .by(Profile::long_text)
        .v12("description"),
    row("services", "palvelut").v12("items"),
    row("serviceChannels", "kanavat").v12("items"),
    row("serviceChannels", "palvelupisteet").v12("items"),
];
