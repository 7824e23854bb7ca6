//! Field tables of the writable bodies (ptv-in-api §3). One table serves POST and PUT; the rules know which it is.

use super::Rule::{
    AreaType, Future, HasType, HasTypeOnPost, ItemAreaType, ItemMatches, ItemMax, ItemMaxFor, ItemMeaningful,
    ItemOneOf, Matches, MatchesDisplayNames, Max, OneOf, OneOfOnPost, Required, RequiredIf, RequiredOnPost,
    RequiredWhen, TextsMatch, UniqueLanguage, UniqueTyped, UrisMatch,
};
use super::Shape::{Date, Flag, Guids, List, Object, Text, Texts};
use super::parts::{
    ACCESSIBILITY, AREA, ATTACHMENT, CHARGE_TYPES, CONTACT_ADDRESS, DELIVERY_ADDRESS, EMAIL_ITEM, FAX, HOUR_TYPES,
    HOURS, INVOICING, LANGUAGE_ITEM, LAW, LOCALIZED, LOCATION_ADDRESS, NAME_TYPE, ORGANIZATION_ADDRESS, PHONE,
    PRODUCER, TYPED_PHONE, VOUCHER, WEB_PAGE,
};
use super::{Field, Rule, field, when};
use crate::ptv::formats;
use crate::ptv::profile::Limit;
use crate::ptv::store::Kind;

const L100: Limit = Limit(100, 100);
const L500: Limit = Limit(500, 500);
const SUMMARY: Limit = Limit(150, 150);
const RICH: Limit = Limit(2500, 5000);

const NAME_TYPES: Rule = ItemOneOf("type", &["Name", "AlternativeName"]);
const AREA_TYPES: &[&str] = &["Nationwide", "NationwideExceptAlandIslands", "LimitedType"];

const SOURCE_ID: Field = field("sourceId", Text, &[Matches(formats::source_id)]);
const STATUS: Field = field(
    "publishingStatus",
    Text,
    &[Required, OneOfOnPost(&["Draft", "Published"]), OneOf(&["Draft", "Published", "Deleted", "Modified"])],
);
const PHONE_STATUS: Field =
    field("publishingStatus", Text, &[Required, OneOf(&["Draft", "Published", "Deleted", "Modified"])]);
const VALID_FROM: Field = field("validFrom", Date, &[Future]);
const VALID_TO: Field = field("validTo", Date, &[Future]);
const AREAS: Field = field("areas", List(AREA), &[RequiredIf("areaType", "LimitedType"), ItemAreaType]);

/// The fields of a body of this kind.
pub(crate) fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Organization => ORGANIZATION,
        Kind::Service => SERVICE,
        Kind::EChannel => E_CHANNEL,
        Kind::Phone => PHONE_CHANNEL,
        Kind::ServiceLocation => SERVICE_LOCATION,
        Kind::PrintableForm => PRINTABLE_FORM,
        Kind::WebPage => WEB_PAGE_CHANNEL,
        Kind::ServiceCollection => COLLECTION,
    }
}

const SERVICE: &[Field] = &[
    SOURCE_ID,
    field("generalDescriptionId", Text, &[Matches(formats::guid)]),
    field(
        "type",
        Text,
        &[
            RequiredWhen(when::no_general_description_on_post),
            RequiredWhen(when::detaching),
            OneOf(&["Service", "PermitOrObligation", "ProfessionalQualification"]),
        ],
    ),
    field("fundingType", Text, &[RequiredOnPost, OneOf(&["PubliclyFunded", "MarketFunded"])]),
    field(
        "serviceNames",
        List(LOCALIZED),
        &[
            RequiredWhen(when::no_general_description_on_post),
            HasTypeOnPost("Name"),
            NAME_TYPES,
            ItemMax(L100),
            UniqueTyped,
        ],
    ),
    field("serviceChargeType", Text, &[OneOf(&["Chargeable", "FreeOfCharge"])]),
    field("areaType", Text, &[RequiredOnPost, OneOf(AREA_TYPES)]),
    AREAS,
    field(
        "serviceDescriptions",
        List(LOCALIZED),
        &[
            RequiredOnPost,
            ItemOneOf(
                "type",
                &[
                    "Description",
                    "Summary",
                    "UserInstruction",
                    "ValidityTime",
                    "ProcessingTime",
                    "DeadLine",
                    "ChargeTypeAdditionalInfo",
                    "ServiceType",
                ],
            ),
            HasType("Summary"),
            ItemMaxFor("Description", RICH),
            ItemMaxFor("UserInstruction", RICH),
            ItemMaxFor("Summary", SUMMARY),
            ItemMaxFor("ProcessingTime", L500),
            ItemMaxFor("DeadLine", L500),
            ItemMaxFor("ChargeTypeAdditionalInfo", L500),
            ItemMaxFor("ValidityTime", L500),
            ItemMaxFor("ServiceType", L500),
            ItemMeaningful,
            UniqueTyped,
        ],
    ),
    field("languages", Texts, &[RequiredOnPost, TextsMatch(formats::language_list_item)]),
    field(
        "serviceClasses",
        Texts,
        &[RequiredWhen(when::published_without_general_description), UrisMatch(formats::service_class)],
    ),
    field(
        "ontologyTerms",
        Texts,
        &[RequiredWhen(when::published_without_general_description), TextsMatch(formats::ontology_term)],
    ),
    field(
        "targetGroups",
        Texts,
        &[RequiredWhen(when::published_without_general_description), UrisMatch(formats::target_group)],
    ),
    field("lifeEvents", Texts, &[UrisMatch(formats::life_event)]),
    field("industrialClasses", Texts, &[UrisMatch(formats::industrial_class)]),
    field("legislation", List(LAW), &[]),
    field("keywords", List(LANGUAGE_ITEM), &[ItemMax(Limit(150, 150))]),
    field("requirements", List(LANGUAGE_ITEM), &[ItemMeaningful, UniqueLanguage, ItemMax(RICH)]),
    field("mainResponsibleOrganization", Text, &[RequiredOnPost, Matches(formats::guid)]),
    field("otherResponsibleOrganizations", Guids, &[]),
    field(
        "serviceProducers",
        List(PRODUCER),
        &[RequiredOnPost, ItemOneOf("provisionType", &["SelfProducedServices", "ProcuredServices", "Other"])],
    ),
    field("serviceVouchersInUse", Flag, &[]),
    field("serviceVouchers", List(VOUCHER), &[]),
    field("serviceChannels", Texts, &[TextsMatch(formats::guid)]),
    STATUS,
    VALID_FROM,
    VALID_TO,
    field("deleteAllLifeEvents", Flag, &[]),
    field("deleteAllIndustrialClasses", Flag, &[]),
    field("deleteAllLaws", Flag, &[]),
    field("deleteAllKeywords", Flag, &[]),
    field("deleteServiceChargeType", Flag, &[]),
    field("deleteGeneralDescriptionId", Flag, &[]),
    field("deleteAllServiceVouchers", Flag, &[]),
];

const ORGANIZATION_ID: Field = field("organizationId", Text, &[RequiredOnPost, Matches(formats::guid)]);
const CHANNEL_NAMES: Field =
    field("serviceChannelNames", List(LANGUAGE_ITEM), &[RequiredOnPost, ItemMax(L100), UniqueLanguage]);
/// Names that grew in the live service.
const LONG_CHANNEL_NAMES: Field =
    field("serviceChannelNames", List(LANGUAGE_ITEM), &[RequiredOnPost, ItemMax(Limit(100, 300)), UniqueLanguage]);
const CHANNEL_DESCRIPTIONS: Field = field(
    "serviceChannelDescriptions",
    List(LOCALIZED),
    &[
        RequiredOnPost,
        HasTypeOnPost("Summary"),
        HasTypeOnPost("Description"),
        ItemMeaningful,
        ItemOneOf("type", &["Description", "Summary"]),
        ItemMaxFor("Summary", SUMMARY),
        ItemMaxFor("Description", RICH),
        UniqueTyped,
    ],
);
const AREA_TYPE: Field = field("areaType", Text, &[OneOf(AREA_TYPES)]);
const CHANNEL_LANGUAGES: Field = field("languages", Texts, &[RequiredOnPost, TextsMatch(formats::language_list_item)]);
const SUPPORT_EMAILS: Field =
    field("supportEmails", List(LANGUAGE_ITEM), &[ItemMatches(formats::email), ItemMax(L100)]);
const SUPPORT_PHONES: Field = field("supportPhones", List(PHONE), &[CHARGE_TYPES]);
const VISIBLE: Field = field("isVisibleForAll", Flag, &[]);
const SERVICES: Field = field("services", Texts, &[TextsMatch(formats::guid)]);
const SERVICE_HOURS: Field = field("serviceHours", List(HOURS), &[HOUR_TYPES]);
const REQUIRED_WEB_PAGE: Field =
    field("webPage", List(LANGUAGE_ITEM), &[RequiredOnPost, ItemMatches(formats::url), ItemMax(L500), UniqueLanguage]);
const ACCESSIBILITY_LIST: Field =
    field("accessibilityClassification", List(ACCESSIBILITY), &[RequiredOnPost, UniqueLanguage]);
const ATTACHMENTS: Field = field("attachments", List(ATTACHMENT), &[]);

const E_CHANNEL: &[Field] = &[
    SOURCE_ID,
    ORGANIZATION_ID,
    LONG_CHANNEL_NAMES,
    CHANNEL_DESCRIPTIONS,
    AREA_TYPE,
    AREAS,
    field("signatureQuantity", Text, &[RequiredWhen(when::signed), Matches(formats::signature_quantity)]),
    field("requiresSignature", Flag, &[]),
    field("requiresAuthentication", Flag, &[]),
    REQUIRED_WEB_PAGE,
    ATTACHMENTS,
    SUPPORT_PHONES,
    SUPPORT_EMAILS,
    CHANNEL_LANGUAGES,
    SERVICE_HOURS,
    ACCESSIBILITY_LIST,
    STATUS,
    VISIBLE,
    SERVICES,
    VALID_FROM,
    VALID_TO,
    field("deleteAllAttachments", Flag, &[]),
    field("deleteAllServiceHours", Flag, &[]),
    field("deleteAllSupportEmails", Flag, &[]),
    field("deleteAllSupportPhones", Flag, &[]),
];

const WEB_PAGE_CHANNEL: &[Field] = &[
    SOURCE_ID,
    ORGANIZATION_ID,
    CHANNEL_NAMES,
    CHANNEL_DESCRIPTIONS,
    AREA_TYPE,
    AREAS,
    REQUIRED_WEB_PAGE,
    SUPPORT_PHONES,
    SUPPORT_EMAILS,
    CHANNEL_LANGUAGES,
    ACCESSIBILITY_LIST,
    STATUS,
    VISIBLE,
    SERVICES,
    VALID_FROM,
    VALID_TO,
    field("deleteAllSupportEmails", Flag, &[]),
    field("deleteAllSupportPhones", Flag, &[]),
];

const PHONE_CHANNEL: &[Field] = &[
    SOURCE_ID,
    ORGANIZATION_ID,
    LONG_CHANNEL_NAMES,
    CHANNEL_DESCRIPTIONS,
    AREA_TYPE,
    AREAS,
    field("phoneNumbers", List(TYPED_PHONE), &[CHARGE_TYPES]),
    field("webPage", List(LANGUAGE_ITEM), &[ItemMatches(formats::url), ItemMax(L500), UniqueLanguage]),
    SUPPORT_EMAILS,
    CHANNEL_LANGUAGES,
    SERVICE_HOURS,
    PHONE_STATUS,
    VISIBLE,
    SERVICES,
    VALID_FROM,
    VALID_TO,
    field("deleteAllWebPages", Flag, &[]),
    field("deleteAllServiceHours", Flag, &[]),
];

const PRINTABLE_FORM: &[Field] = &[
    SOURCE_ID,
    ORGANIZATION_ID,
    CHANNEL_NAMES,
    CHANNEL_DESCRIPTIONS,
    AREA_TYPE,
    AREAS,
    field("formIdentifier", List(LANGUAGE_ITEM), &[UniqueLanguage, ItemMax(L100)]),
    field("deliveryAddresses", List(DELIVERY_ADDRESS), &[]),
    field(
        "channelUrls",
        List(LOCALIZED),
        &[
            RequiredOnPost,
            ItemOneOf("type", &["PDF", "DOC", "Excel", "rtf", "odt"]),
            ItemMatches(formats::url),
            ItemMax(L500),
        ],
    ),
    SUPPORT_PHONES,
    ATTACHMENTS,
    SUPPORT_EMAILS,
    CHANNEL_LANGUAGES,
    STATUS,
    VISIBLE,
    SERVICES,
    VALID_FROM,
    VALID_TO,
    field("deleteAllDeliveryAddresses", Flag, &[]),
    field("deleteAllChannelUrls", Flag, &[]),
    field("deleteAllAttachments", Flag, &[]),
    field("deleteAllFormIdentifiers", Flag, &[]),
    field("deleteAllSupportEmails", Flag, &[]),
    field("deleteAllSupportPhones", Flag, &[]),
];

const SERVICE_LOCATION: &[Field] = &[
    SOURCE_ID,
    field("oid", Text, &[Matches(formats::source_id)]),
    ORGANIZATION_ID,
    field(
        "serviceChannelNames",
        List(LOCALIZED),
        &[RequiredOnPost, HasTypeOnPost("Name"), MatchesDisplayNames, ItemMax(L100), UniqueTyped, NAME_TYPES],
    ),
    field("displayNameType", List(NAME_TYPE), &[RequiredOnPost, NAME_TYPES]),
    CHANNEL_DESCRIPTIONS,
    AREA_TYPE,
    AREAS,
    field("phoneNumbers", List(PHONE), &[CHARGE_TYPES]),
    field("faxNumbers", List(FAX), &[]),
    field("emails", List(LANGUAGE_ITEM), &[ItemMatches(formats::email)]),
    CHANNEL_LANGUAGES,
    field("webPages", List(WEB_PAGE), &[]),
    field("addresses", List(LOCATION_ADDRESS), &[RequiredOnPost]),
    SERVICE_HOURS,
    STATUS,
    VISIBLE,
    SERVICES,
    VALID_FROM,
    VALID_TO,
    field("deleteAllEmails", Flag, &[]),
    field("deleteAllPhoneNumbers", Flag, &[]),
    field("deleteAllFaxNumbers", Flag, &[]),
    field("deleteAllWebPages", Flag, &[]),
    field("deleteAllServiceHours", Flag, &[]),
    field("deleteOid", Flag, &[]),
];

const ORGANIZATION: &[Field] = &[
    SOURCE_ID,
    field("oid", Text, &[Matches(formats::organization_oid), Max(L100)]),
    field("municipality", Text, &[RequiredIf("organizationType", "Municipality"), Matches(formats::municipality)]),
    field(
        "organizationType",
        Text,
        &[RequiredOnPost, OneOf(&["State", "Municipality", "RegionalOrganization", "Organization", "Company"])],
    ),
    field("businessCode", Text, &[Matches(formats::business_code)]),
    field(
        "organizationNames",
        List(LOCALIZED),
        &[RequiredOnPost, HasType("Name"), MatchesDisplayNames, NAME_TYPES, UniqueTyped],
    ),
    field("displayNameType", List(NAME_TYPE), &[RequiredOnPost, NAME_TYPES]),
    field(
        "areaType",
        Text,
        &[
            RequiredIf("organizationType", "State"),
            RequiredIf("organizationType", "RegionalOrganization"),
            RequiredIf("organizationType", "Organization"),
            RequiredIf("organizationType", "Company"),
            OneOf(AREA_TYPES),
        ],
    ),
    field("subAreaType", Text, &[RequiredIf("areaType", "LimitedType"), AreaType]),
    field("areas", Texts, &[RequiredIf("areaType", "LimitedType")]),
    field(
        "organizationDescriptions",
        List(LOCALIZED),
        &[
            RequiredOnPost,
            ItemOneOf("type", &["Description", "Summary"]),
            ItemMaxFor("Description", RICH),
            ItemMaxFor("Summary", SUMMARY),
            ItemMeaningful,
            UniqueTyped,
        ],
    ),
    field("emails", List(EMAIL_ITEM), &[ItemMatches(formats::email)]),
    field("phoneNumbers", List(PHONE), &[CHARGE_TYPES]),
    field("addresses", List(ORGANIZATION_ADDRESS), &[]),
    field("webPages", List(WEB_PAGE), &[]),
    field("electronicInvoicings", List(INVOICING), &[]),
    STATUS,
    field("parentOrganizationId", Text, &[Matches(formats::guid)]),
    VALID_FROM,
    VALID_TO,
    field("deleteAllEmails", Flag, &[]),
    field("deleteAllPhones", Flag, &[]),
    field("deleteAllWebPages", Flag, &[]),
    field("deleteAllAddresses", Flag, &[]),
    field("deleteAllElectronicInvoicings", Flag, &[]),
];

const COLLECTION: &[Field] = &[
    SOURCE_ID,
    field("organizationId", Text, &[RequiredOnPost, Matches(formats::guid)]),
    field("serviceCollectionNames", List(LANGUAGE_ITEM), &[RequiredOnPost, ItemMax(L100), UniqueLanguage]),
    field(
        "serviceCollectionDescriptions",
        List(LOCALIZED),
        &[
            ItemOneOf("type", &["Summary", "Description"]),
            ItemMaxFor("Summary", SUMMARY),
            ItemMaxFor("Description", RICH),
            ItemMeaningful,
            UniqueTyped,
        ],
    ),
    field("services", Texts, &[TextsMatch(formats::guid)]),
    field("serviceChannels", Texts, &[TextsMatch(formats::guid)]),
    STATUS,
    field("deleteAllServices", Flag, &[]),
    field("deleteAllChannels", Flag, &[]),
];

const CONTACT: &[Field] = &[
    field("emails", List(LANGUAGE_ITEM), &[ItemMatches(formats::email)]),
    field("phoneNumbers", List(PHONE), &[CHARGE_TYPES]),
    field("faxNumbers", List(FAX), &[]),
    field("webPages", List(WEB_PAGE), &[]),
    field("addresses", List(CONTACT_ADDRESS), &[]),
    field("deleteAllEmails", Flag, &[]),
    field("deleteAllPhones", Flag, &[]),
    field("deleteAllFaxNumbers", Flag, &[]),
    field("deleteAllWebPages", Flag, &[]),
    field("deleteAllAddresses", Flag, &[]),
];
const CONNECTION_CHARGE: Field = field("serviceChargeType", Text, &[OneOf(&["Chargeable", "FreeOfCharge", "Other"])]);
const CONNECTION_DESCRIPTION: Field = field(
    "description",
    List(LOCALIZED),
    &[
        ItemMeaningful,
        ItemOneOf("type", &["Description", "ChargeTypeAdditionalInfo"]),
        ItemMaxFor("Description", L500),
        ItemMaxFor("ChargeTypeAdditionalInfo", L500),
    ],
);
const CONTACT_DETAILS: Field = field("contactDetails", Object(CONTACT), &[]);
const DELETE_CHARGE: Field = field("deleteServiceChargeType", Flag, &[]);
const DELETE_DESCRIPTIONS: Field = field("deleteAllDescriptions", Flag, &[]);
const DELETE_HOURS: Field = field("deleteAllServiceHours", Flag, &[]);

const RELATION_BY_ID: &[Field] = &[
    field("serviceChannelId", Text, &[Required, Matches(formats::guid)]),
    CONNECTION_CHARGE,
    CONNECTION_DESCRIPTION,
    SERVICE_HOURS,
    CONTACT_DETAILS,
    DELETE_CHARGE,
    DELETE_DESCRIPTIONS,
    DELETE_HOURS,
];
const RELATION_BY_SOURCE: &[Field] = &[
    field("serviceChannelSourceId", Text, &[Required, Matches(formats::source_id)]),
    CONNECTION_CHARGE,
    CONNECTION_DESCRIPTION,
    SERVICE_HOURS,
    CONTACT_DETAILS,
    DELETE_CHARGE,
    DELETE_DESCRIPTIONS,
    DELETE_HOURS,
];
pub(crate) const CONNECTIONS_BY_ID: &[Field] =
    &[field("deleteAllChannelRelations", Flag, &[]), field("channelRelations", List(RELATION_BY_ID), &[])];
pub(crate) const CONNECTIONS_BY_SOURCE: &[Field] =
    &[field("deleteAllChannelRelations", Flag, &[]), field("channelRelations", List(RELATION_BY_SOURCE), &[])];
pub(crate) const NEW_CONNECTION: &[Field] = &[
    field("serviceId", Text, &[Required, Matches(formats::guid)]),
    field("serviceChannelId", Text, &[Required, Matches(formats::guid)]),
    CONNECTION_CHARGE,
    CONNECTION_DESCRIPTION,
    SERVICE_HOURS,
    CONTACT_DETAILS,
];
pub(crate) const NEW_CONNECTION_BY_SOURCE: &[Field] = &[
    field("serviceSourceId", Text, &[Required, Matches(formats::source_id)]),
    field("serviceChannelSourceId", Text, &[Required, Matches(formats::source_id)]),
    CONNECTION_CHARGE,
    CONNECTION_DESCRIPTION,
    SERVICE_HOURS,
    CONTACT_DETAILS,
];
