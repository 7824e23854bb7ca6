//! Field tables of the shared parts: texts, phones, addresses, hours, web pages (ptv-in-api §4).

use super::Rule::{
    ItemMax, ItemMeaningful, ItemOneOf, Language, Matches, Max, Meaningful, OneOf, Required, RequiredIf, RequiredWhen,
    StreetComplete, Time, UniqueLanguage,
};
use super::Shape::{Date, Flag, List, Object, Text, Texts};
use super::{Field, Rule, field, when};
use crate::ptv::formats;
use crate::ptv::profile::Limit;

const L100: Limit = Limit(100, 100);
const L150: Limit = Limit(150, 150);
const L500: Limit = Limit(500, 500);
/// Notes that grew in the live service.
const NOTE: Limit = Limit(150, 300);

const LANGUAGE: Field = field("language", Text, &[Required, Language]);
const URL: Field = field("url", Text, &[Required, Matches(formats::url), Max(L500)]);

pub(crate) const LANGUAGE_ITEM: &[Field] = &[field("value", Text, &[Required]), LANGUAGE];
pub(crate) const LOCALIZED: &[Field] = &[LANGUAGE, field("value", Text, &[Required]), field("type", Text, &[Required])];
pub(crate) const NAME_TYPE: &[Field] = &[LANGUAGE, field("type", Text, &[Required])];
pub(crate) const AREA: &[Field] = &[field("type", Text, &[Required]), field("areaCodes", Texts, &[Required])];
pub(crate) const EMAIL_ITEM: &[Field] =
    &[field("value", Text, &[Required, Max(L100)]), LANGUAGE, field("description", Text, &[Max(L100)])];
pub(crate) const WEB_PAGE: &[Field] = &[URL, field("value", Text, &[Max(L100)]), LANGUAGE];
pub(crate) const LAW: &[Field] = &[
    field("names", List(LANGUAGE_ITEM), &[UniqueLanguage, ItemMax(L500)]),
    field("webPages", List(WEB_PAGE), &[Required, UniqueLanguage]),
];
pub(crate) const PRODUCER: &[Field] = &[
    field("provisionType", Text, &[Required]),
    field("organizations", super::Shape::Guids, &[RequiredIf("provisionType", "SelfProducedServices")]),
    field("additionalInformation", List(LANGUAGE_ITEM), &[ItemMeaningful, UniqueLanguage, ItemMax(L150)]),
];
pub(crate) const VOUCHER: &[Field] = &[
    field("value", Text, &[]),
    LANGUAGE,
    field("url", Text, &[Matches(formats::url), Max(L500)]),
    field("additionalInformation", Text, &[Max(NOTE)]),
];
pub(crate) const ATTACHMENT: &[Field] =
    &[field("name", Text, &[Max(L100)]), field("description", Text, &[Meaningful, Max(NOTE)]), URL, LANGUAGE];
pub(crate) const ACCESSIBILITY: &[Field] = &[
    field(
        "accessibilityClassificationLevel",
        Text,
        &[Required, OneOf(&["FullyCompliant", "PartiallyCompliant", "NonCompliant", "Unknown"])],
    ),
    field("wcagLevel", Text, &[OneOf(&["LevelA", "LevelAA", "LevelAAA"])]),
    field("accessibilityStatementWebPageName", Text, &[Max(L100)]),
    field("accessibilityStatementWebPage", Text, &[Matches(formats::url), Max(L500)]),
    LANGUAGE,
];
pub(crate) const INVOICING: &[Field] = &[
    field("operatorCode", Text, &[Max(Limit(110, 110))]),
    field("electronicInvoicingAddress", Text, &[Max(Limit(110, 110))]),
    field("additionalInformation", List(LANGUAGE_ITEM), &[ItemMax(L150), ItemMeaningful, UniqueLanguage]),
];

const PREFIX: Field =
    field("prefixNumber", Text, &[RequiredWhen(when::no_service_number), Matches(formats::dial_prefix)]);
const SERVICE_NUMBER: Field = field("isFinnishServiceNumber", Flag, &[]);
const NUMBER: Field = field("number", Text, &[Required, Matches(formats::phone_number)]);
const PHONE_INFORMATION: Field = field("additionalInformation", Text, &[Meaningful, Max(NOTE)]);
const CHARGE_TYPE: Field = field("serviceChargeType", Text, &[]);
const CHARGE_DESCRIPTION: Field =
    field("chargeDescription", Text, &[RequiredIf("serviceChargeType", "Other"), Meaningful, Max(NOTE)]);

pub(crate) const FAX: &[Field] = &[PREFIX, SERVICE_NUMBER, NUMBER, LANGUAGE];
pub(crate) const PHONE: &[Field] =
    &[PHONE_INFORMATION, CHARGE_TYPE, CHARGE_DESCRIPTION, PREFIX, SERVICE_NUMBER, NUMBER, LANGUAGE];
pub(crate) const TYPED_PHONE: &[Field] = &[
    field("type", Text, &[Required, OneOf(&["Phone", "Sms", "Fax"])]),
    PHONE_INFORMATION,
    CHARGE_TYPE,
    CHARGE_DESCRIPTION,
    PREFIX,
    SERVICE_NUMBER,
    NUMBER,
    LANGUAGE,
];
pub(crate) const CHARGE_TYPES: Rule = ItemOneOf("serviceChargeType", &["Chargeable", "FreeOfCharge", "Other"]);

const DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const OPENING: &[Field] = &[
    field("dayFrom", Text, &[OneOf(DAYS)]),
    field("dayTo", Text, &[OneOf(DAYS)]),
    field("from", Text, &[Required, Time]),
    field("to", Text, &[Required, Time]),
];
pub(crate) const HOURS: &[Field] = &[
    field("serviceHourType", Text, &[Required]),
    field("validFrom", Date, &[]),
    field("validTo", Date, &[]),
    field("isClosed", Flag, &[]),
    field("validForNow", Flag, &[]),
    field("isAlwaysOpen", Flag, &[]),
    field("isReservation", Flag, &[]),
    field("additionalInformation", List(LANGUAGE_ITEM), &[ItemMax(L150)]),
    field("openingHour", List(OPENING), &[]),
];
pub(crate) const HOUR_TYPES: Rule = ItemOneOf("serviceHourType", &["DaysOfTheWeek", "Exceptional", "OverMidnight"]);

const POSTAL_CODE: Field = field("postalCode", Text, &[Required, Matches(formats::postal_code)]);
const MUNICIPALITY: Field = field("municipality", Text, &[Matches(formats::municipality)]);
const ADDRESS_INFORMATION: Field =
    field("additionalInformation", List(LANGUAGE_ITEM), &[ItemMeaningful, ItemMax(L150), UniqueLanguage]);
const STREET_RULES: &[Rule] = &[StreetComplete, UniqueLanguage, ItemMax(L100), Required];
const STREET_NUMBER: Field = field("streetNumber", Text, &[Max(Limit(30, 30))]);
const STREET: &[Field] = &[
    field("street", List(LANGUAGE_ITEM), STREET_RULES),
    STREET_NUMBER,
    POSTAL_CODE,
    MUNICIPALITY,
    ADDRESS_INFORMATION,
    field("latitude", Text, &[Matches(formats::coordinate)]),
    field("longitude", Text, &[Matches(formats::coordinate)]),
];
const DELIVERY_STREET: &[Field] = &[
    field("street", List(LANGUAGE_ITEM), &[UniqueLanguage, ItemMax(L100), Required]),
    STREET_NUMBER,
    POSTAL_CODE,
    MUNICIPALITY,
    ADDRESS_INFORMATION,
];
const BOX: &[Field] = &[
    field("postOfficeBox", List(LANGUAGE_ITEM), &[ItemMax(L100), UniqueLanguage, Required]),
    POSTAL_CODE,
    MUNICIPALITY,
    ADDRESS_INFORMATION,
];
const OTHER: &[Field] = &[
    field("latitude", Text, &[Required, Matches(formats::coordinate)]),
    field("longitude", Text, &[Required, Matches(formats::coordinate)]),
    field("postalCode", Text, &[Matches(formats::postal_code)]),
    field("additionalInformation", List(LANGUAGE_ITEM), &[Required, ItemMeaningful, ItemMax(L150), UniqueLanguage]),
];
const BOX_ADDRESS: Field = field("postOfficeBoxAddress", Object(BOX), &[RequiredIf("subType", "PostOfficeBox")]);
const STREET_ADDRESS: Field =
    field("streetAddress", Object(STREET), &[RequiredIf("subType", "Street"), RequiredIf("subType", "Single")]);
const OTHER_ADDRESS: Field = field("otherAddress", Object(OTHER), &[RequiredIf("subType", "Other")]);
const ABROAD: Field = field(
    "locationAbroad",
    List(LANGUAGE_ITEM),
    &[ItemMeaningful, ItemMax(L500), UniqueLanguage, RequiredIf("subType", "Abroad")],
);
const COUNTRY: Field = field("country", Text, &[Matches(formats::country)]);

pub(crate) const LOCATION_ADDRESS: &[Field] = &[
    field("type", Text, &[Required, OneOf(&["Location", "Postal"])]),
    field("subType", Text, &[Required, OneOf(&["Single", "Street", "PostOfficeBox", "Abroad", "Other"])]),
    BOX_ADDRESS,
    STREET_ADDRESS,
    OTHER_ADDRESS,
    ABROAD,
    COUNTRY,
];
pub(crate) const CONTACT_ADDRESS: &[Field] = &[
    field("type", Text, &[Required, OneOf(&["Postal"])]),
    field("subType", Text, &[Required, OneOf(&["Street", "PostOfficeBox", "Abroad"])]),
    BOX_ADDRESS,
    STREET_ADDRESS,
    ABROAD,
    COUNTRY,
];
pub(crate) const ORGANIZATION_ADDRESS: &[Field] = &[
    field("type", Text, &[Required, OneOf(&["Visiting", "Postal"])]),
    field("subType", Text, &[Required, OneOf(&["Street", "PostOfficeBox", "Foreign", "Other"])]),
    BOX_ADDRESS,
    STREET_ADDRESS,
    OTHER_ADDRESS,
    field(
        "foreignAddress",
        List(LANGUAGE_ITEM),
        &[RequiredIf("subType", "Foreign"), ItemMeaningful, ItemMax(L500), UniqueLanguage],
    ),
    COUNTRY,
];
pub(crate) const DELIVERY_ADDRESS: &[Field] = &[
    field("subType", Text, &[Required, OneOf(&["Street", "PostOfficeBox", "NoAddress"])]),
    BOX_ADDRESS,
    field("streetAddress", Object(DELIVERY_STREET), &[RequiredIf("subType", "Street")]),
    field(
        "deliveryAddressInText",
        List(LANGUAGE_ITEM),
        &[ItemMeaningful, ItemMax(L150), UniqueLanguage, RequiredIf("subType", "NoAddress")],
    ),
    field("formReceiver", List(LANGUAGE_ITEM), &[UniqueLanguage, ItemMax(L100)]),
];
