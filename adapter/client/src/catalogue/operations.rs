//! Requests, answers and pages of the catalogue. What an operation does is not known here.

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::blocks::Language;
use super::errand::Errand;
use super::records::{AccessKind, Change, Channel, Offer, Organisation, ServiceClass, ServicePoint};
use super::service::Service;
use super::{Error, NAMESPACE};
use crate::common::messages;

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ServicePage {
    /// In order of code; search answers by relevance.
    #[yaserde(prefix = "c")]
    pub items: Vec<Service>,
    /// Cursor of the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub next: Option<String>,
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ServicePointPage {
    /// In order of code; search answers by relevance.
    #[yaserde(prefix = "c")]
    pub items: Vec<ServicePoint>,
    /// Cursor of the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub next: Option<String>,
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ChannelPage {
    /// In order of code; search answers by relevance.
    #[yaserde(prefix = "c")]
    pub items: Vec<Channel>,
    /// Cursor of the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub next: Option<String>,
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct OrganisationPage {
    /// In order of code; search answers by relevance.
    #[yaserde(prefix = "c")]
    pub items: Vec<Organisation>,
    /// Cursor of the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub next: Option<String>,
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct OfferPage {
    /// In order of code; search answers by relevance.
    #[yaserde(prefix = "c")]
    pub items: Vec<Offer>,
    /// Cursor of the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub next: Option<String>,
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ErrandPage {
    /// In order of code; search answers by relevance.
    #[yaserde(prefix = "c")]
    pub items: Vec<Errand>,
    /// Cursor of the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub next: Option<String>,
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ServiceClassPage {
    /// In order of code; search answers by relevance.
    #[yaserde(prefix = "c")]
    pub items: Vec<ServiceClass>,
    /// Cursor of the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub next: Option<String>,
}

/// A page of the change feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ChangePage {
    /// Oldest first.
    #[yaserde(prefix = "c")]
    pub items: Vec<Change>,
    /// Where to go on, now or later. No items: nothing has changed since.
    #[yaserde(prefix = "c")]
    pub next: String,
}

/// Request of `getService` (palvelun tiedot).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getService")]
pub struct GetService {
    #[yaserde(prefix = "c")]
    pub code: String,
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
}

/// Answer of `getService`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getServiceResponse")]
pub struct GetServiceResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub service: Option<Service>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listServices` (palvelujen luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listServices")]
pub struct ListServices {
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listServices`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listServicesResponse")]
pub struct ListServicesResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ServicePage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `searchServices` (palvelujen haku).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "searchServices")]
pub struct SearchServices {
    /// May be left out when another member narrows the search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub query: Option<String>,
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
    /// Only services of this class and its subclasses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub class: Option<String>,
    /// Only services for this target group and those below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "targetGroup")]
    pub target_group: Option<String>,
    /// Only services for this life event and those below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "lifeEvent")]
    pub life_event: Option<String>,
    /// Only services that are available in this municipality or given there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub municipality: Option<String>,
    /// Only services that are reached this way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "channelKind")]
    pub channel_kind: Option<AccessKind>,
    /// Only services that are given in this language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub language: Option<String>,
    /// Only services with a service point near this point; longitude and metres belong to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub latitude: Option<String>,
    /// Longitude of that point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub longitude: Option<String>,
    /// How far from that point at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub metres: Option<u32>,
}

/// Answer of `searchServices`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "searchServicesResponse")]
pub struct SearchServicesResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ServicePage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listServicePoints` (palvelupisteiden luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listServicePoints")]
pub struct ListServicePoints {
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listServicePoints`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listServicePointsResponse")]
pub struct ListServicePointsResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ServicePointPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `getServicePoint` (palvelupisteen tiedot).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getServicePoint")]
pub struct GetServicePoint {
    #[yaserde(prefix = "c")]
    pub code: String,
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
}

/// Answer of `getServicePoint`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getServicePointResponse")]
pub struct GetServicePointResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "servicePoint")]
    pub service_point: Option<ServicePoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `getChannel` (palvelukanavan tiedot).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getChannel")]
pub struct GetChannel {
    #[yaserde(prefix = "c")]
    pub code: String,
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
}

/// Answer of `getChannel`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getChannelResponse")]
pub struct GetChannelResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub channel: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listChannels` (palvelukanavien luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listChannels")]
pub struct ListChannels {
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listChannels`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listChannelsResponse")]
pub struct ListChannelsResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ChannelPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `getOrganisation` (organisaation tiedot).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getOrganisation")]
pub struct GetOrganisation {
    #[yaserde(prefix = "c")]
    pub code: String,
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
}

/// Answer of `getOrganisation`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "getOrganisationResponse")]
pub struct GetOrganisationResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub organisation: Option<Organisation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listOrganisations` (organisaatioiden luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listOrganisations")]
pub struct ListOrganisations {
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listOrganisations`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listOrganisationsResponse")]
pub struct ListOrganisationsResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<OrganisationPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listOffers` (palvelutarjousten luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listOffers")]
pub struct ListOffers {
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listOffers`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listOffersResponse")]
pub struct ListOffersResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<OfferPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listErrands` (asiointien luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listErrands")]
pub struct ListErrands {
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listErrands`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listErrandsResponse")]
pub struct ListErrandsResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ErrandPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listClasses` (palveluluokkien luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listClasses")]
pub struct ListClasses {
    /// Only texts in this language; all languages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub lang: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listClasses`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listClassesResponse")]
pub struct ListClassesResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ServiceClassPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listChanges` (muuttuneet tiedot).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listChanges")]
pub struct ListChanges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listChanges`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" }, rename = "listChangesResponse")]
pub struct ListChangesResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ChangePage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

messages! {
    NAMESPACE;
    GetService = "getService" => GetServiceResponse = "getServiceResponse" { service: Service },
    ListServices = "listServices" => ListServicesResponse = "listServicesResponse" { page: ServicePage },
    SearchServices = "searchServices" => SearchServicesResponse = "searchServicesResponse" { page: ServicePage },
    ListServicePoints = "listServicePoints" => ListServicePointsResponse = "listServicePointsResponse" { page: ServicePointPage },
    GetServicePoint = "getServicePoint" => GetServicePointResponse = "getServicePointResponse" { service_point: ServicePoint },
    GetChannel = "getChannel" => GetChannelResponse = "getChannelResponse" { channel: Channel },
    ListChannels = "listChannels" => ListChannelsResponse = "listChannelsResponse" { page: ChannelPage },
    GetOrganisation = "getOrganisation" => GetOrganisationResponse = "getOrganisationResponse" { organisation: Organisation },
    ListOrganisations = "listOrganisations" => ListOrganisationsResponse = "listOrganisationsResponse" { page: OrganisationPage },
    ListOffers = "listOffers" => ListOffersResponse = "listOffersResponse" { page: OfferPage },
    ListErrands = "listErrands" => ListErrandsResponse = "listErrandsResponse" { page: ErrandPage },
    ListClasses = "listClasses" => ListClassesResponse = "listClassesResponse" { page: ServiceClassPage },
    ListChanges = "listChanges" => ListChangesResponse = "listChangesResponse" { page: ChangePage },
}
