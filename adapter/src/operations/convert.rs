//! Entities to contract types. Only what others may see: no owner, no master, no note.

use std::collections::BTreeSet;

use silta_client::catalogue as contract;

use crate::model::blocks::{
    self, Address, Area, AreaKind, ChargeType, Email, Hours, HoursKind, Phone, PhoneKind, Point, Price, Term, WebPage,
};
use crate::model::channel::{Accessibility, AccessibilityLevel};
use crate::model::organisation::OrganisationKind;
use crate::model::place::PICTURE;
use crate::model::projection;
use crate::model::service::{Funding, Provision, ServiceKind};
use crate::model::{ChannelDetail, Code, EntityKey, Kind, Lang, Localised, ServicePoint, State, Stored, View, actor};

pub(super) struct Converter<'a> {
    pub(super) view: &'a View,
    pub(super) lang: Option<Lang>,
    pub(super) guid: &'a dyn Fn(&EntityKey) -> Option<String>,
}

impl Converter<'_> {
    pub(super) fn service(&self, stored: &Stored) -> Option<contract::Service> {
        let it = stored.entity.service()?;
        let offers = self.view.offers_of_service(&stored.entity.key.code);
        let mut channels = BTreeSet::new();
        let mut points = BTreeSet::new();
        for offer in offers.iter().filter_map(|offer| offer.entity.offer()) {
            // Only what others may ask for: a code that answers "unknown" helps nobody.
            channels
                .extend(offer.channels.iter().filter(|code| self.shows(Kind::Channel, code)).map(ToString::to_string));
            let point = offer.service_point.iter().filter(|code| self.shows(Kind::ServicePoint, code));
            points.extend(point.map(ToString::to_string));
        }
        Some(contract::Service {
            code: code(stored),
            state: state(stored),
            revision: stored.revision,
            changed_at: stored.changed_at.to_string(),
            ptv_id: self.ptv_id(stored),
            name: self.text(&it.name),
            alternative_names: self.words(&it.alternative_names),
            summary: self.optional(&it.summary),
            description: self.optional(&it.description),
            user_instruction: self.optional(&it.user_instruction),
            requirements: self.optional(&it.requirements),
            processing_time: self.optional(&it.processing_time),
            deadline: self.optional(&it.deadline),
            validity: self.optional(&it.validity),
            charge_type: it.charge.map(charge),
            charge_text: self.optional(&it.charge_text),
            kind: it.kind.map(|kind| match kind {
                ServiceKind::Service => contract::ServiceKind::Service,
                ServiceKind::PermitOrObligation => contract::ServiceKind::PermitOrObligation,
                ServiceKind::ProfessionalQualification => contract::ServiceKind::ProfessionalQualification,
            }),
            statutory: it.statutory,
            funding: match it.funding {
                Funding::PubliclyFunded => contract::Funding::PubliclyFunded,
                Funding::MarketFunded => contract::Funding::MarketFunded,
            },
            classes: codes(&it.classes),
            terms: it.terms.clone(),
            keywords: self.words(&it.keywords),
            target_groups: it.target_groups.clone(),
            life_events: it.life_events.clone(),
            industrial_classes: it.industries.clone(),
            laws: it
                .laws
                .iter()
                .map(|law| contract::Law { name: self.text(&law.name), url: self.optional(&law.url) })
                .collect(),
            general_description: it.general_description.clone(),
            languages: it.languages.clone(),
            area: it.area.as_ref().map(area),
            responsible_organisation: it.responsible.as_ref().map(ToString::to_string),
            other_responsible_organisations: codes(&actor::other_responsible(it, self.view)),
            producers: actor::producers(&stored.entity.key.code, it, self.view)
                .iter()
                .map(|producer| contract::Producer {
                    kind: match producer.kind {
                        Provision::SelfProducedServices => contract::ProvisionKind::SelfProducedServices,
                        Provision::ProcuredServices => contract::ProvisionKind::ProcuredServices,
                        Provision::Other => contract::ProvisionKind::Other,
                    },
                    organisations: codes(&producer.organisations),
                    description: self.optional(&producer.text),
                })
                .collect(),
            voucher: it
                .voucher
                .as_ref()
                .map(|voucher| contract::Voucher { in_use: voucher.in_use, links: self.pages(&voucher.links) }),
            parent: it.parent.as_ref().filter(|code| self.shows(Kind::Service, code)).map(ToString::to_string),
            types: it
                .types
                .iter()
                .map(|(code, name)| contract::Term { code: Some(code.to_string()), name: self.optional(name) })
                .collect(),
            web_pages: self.pages_with(&it.page, &it.web_pages),
            information: self.optional(&it.information),
            availability: self.optional(&it.availability),
            offers: offers.iter().map(|offer| code(offer)).collect(),
            channels: channels.into_iter().collect(),
            service_points: points.into_iter().collect(),
        })
    }

    pub(super) fn service_point(&self, stored: &Stored) -> Option<contract::ServicePoint> {
        let it = stored.entity.service_point()?;
        Some(contract::ServicePoint {
            code: code(stored),
            state: state(stored),
            revision: stored.revision,
            changed_at: stored.changed_at.to_string(),
            ptv_id: self.ptv_id(stored),
            name: self.text(&it.name),
            summary: self.optional(&it.summary),
            description: self.optional(&it.description),
            organisation: it.organisation.as_ref().map(ToString::to_string),
            addresses: self.addresses_of(it),
            phones: self.phones(&it.phones),
            emails: it.emails.iter().map(|address| email(address)).collect(),
            web_pages: self.pages(&it.web_pages),
            hours: self.hours(&it.hours),
            languages: it.languages.clone(),
            area: it.area.as_ref().map(area),
            shared: it.shared.unwrap_or_default(),
            districts: self.terms(&it.districts),
            accessibility: self.terms(&it.accessibility),
            pictures: pictures(it),
            oid: it.oid.clone(),
            registry_id: it.registry_id.clone(),
            offers: self.view.offers_of_point(&stored.entity.key.code).iter().map(|offer| code(offer)).collect(),
        })
    }

    pub(super) fn channel(&self, stored: &Stored) -> Option<contract::Channel> {
        let it = stored.entity.channel()?;
        let mut channel = contract::Channel {
            code: code(stored),
            state: state(stored),
            revision: stored.revision,
            changed_at: stored.changed_at.to_string(),
            ptv_id: self.ptv_id(stored),
            name: self.text(&it.name),
            summary: self.optional(&it.summary),
            description: self.optional(&it.description),
            organisation: it.organisation.as_ref().map(ToString::to_string),
            languages: it.languages.clone(),
            area: it.area.as_ref().map(area),
            shared: it.shared.unwrap_or_default(),
            hours: self.hours(&it.hours),
            support_phones: self.phones(&it.support_phones),
            support_emails: it.support_emails.iter().map(|address| email(address)).collect(),
            attachments: it
                .attachments
                .iter()
                .map(|file| contract::Attachment {
                    name: self.optional(&file.name),
                    description: self.optional(&file.description),
                    url: self.text(&file.url),
                })
                .collect(),
            services: self.shown(Kind::Service, &it.services),
            ..contract::Channel::default()
        };
        match &it.detail {
            ChannelDetail::EChannel { url, authentication, signatures, accessibility } => {
                channel.kind = contract::ChannelKind::EChannel;
                channel.url = self.optional(url);
                channel.requires_authentication = Some(*authentication);
                channel.signatures = *signatures;
                channel.accessibility = self.accessibility(accessibility);
            }
            ChannelDetail::Phone { numbers, url } => {
                channel.kind = contract::ChannelKind::Phone;
                channel.phones = self.phones(numbers);
                channel.url = self.optional(url);
            }
            ChannelDetail::WebPage { url, accessibility } => {
                channel.kind = contract::ChannelKind::WebPage;
                channel.url = self.optional(url);
                channel.accessibility = self.accessibility(accessibility);
            }
            ChannelDetail::PrintableForm { identifier, files, delivery } => {
                channel.kind = contract::ChannelKind::PrintableForm;
                channel.form_identifier = self.optional(identifier);
                channel.delivery = delivery.as_ref().map(|delivery| contract::Delivery {
                    receiver: self.optional(&delivery.receiver),
                    address: (delivery.address != Address::default())
                        .then(|| self.address(contract::AddressKind::Postal, &delivery.address, None)),
                    instruction: self.optional(&delivery.instruction),
                });
                channel.files = files
                    .iter()
                    .map(|file| contract::FormFile { kind: file.kind.clone(), url: self.text(&file.url) })
                    .collect();
            }
        }
        Some(channel)
    }

    pub(super) fn organisation(&self, stored: &Stored) -> Option<contract::Organisation> {
        let it = stored.entity.organisation()?;
        let visiting = it.visiting_address.iter().map(|given| (contract::AddressKind::Visiting, given));
        let postal = it.postal_address.iter().map(|given| (contract::AddressKind::Postal, given));
        Some(contract::Organisation {
            code: code(stored),
            state: state(stored),
            revision: stored.revision,
            changed_at: stored.changed_at.to_string(),
            ptv_id: self.ptv_id(stored),
            kind: match it.kind {
                OrganisationKind::State => contract::OrganisationKind::State,
                OrganisationKind::Municipality => contract::OrganisationKind::Municipality,
                OrganisationKind::RegionalOrganization => contract::OrganisationKind::RegionalOrganization,
                OrganisationKind::Organization => contract::OrganisationKind::Organization,
                OrganisationKind::Company => contract::OrganisationKind::Company,
            },
            name: self.text(&it.name),
            alternative_name: self.optional(&it.alternative_name),
            display_name: self.optional(&it.display_name),
            summary: self.optional(&it.summary),
            description: self.optional(&it.description),
            municipality: it.municipality.clone(),
            business_id: it.business_id.clone(),
            oid: it.oid.clone(),
            parent: it.parent.as_ref().map(ToString::to_string),
            addresses: visiting.chain(postal).map(|(kind, given)| self.address(kind, given, None)).collect(),
            phones: self.phones(&it.phones),
            emails: Self::emails(&it.emails),
            web_pages: self.pages(&it.web_pages),
            invoicing: it
                .invoicing
                .iter()
                .map(|(operator, address)| contract::Invoicing { operator: operator.clone(), address: address.clone() })
                .collect(),
            area: it.area.as_ref().map(area),
        })
    }

    pub(super) fn offer(&self, stored: &Stored) -> Option<contract::Offer> {
        let it = stored.entity.offer()?;
        Some(contract::Offer {
            code: code(stored),
            state: state(stored),
            revision: stored.revision,
            changed_at: stored.changed_at.to_string(),
            ptv_id: self.ptv_id(stored),
            name: self.text(&it.name),
            description: self.optional(&it.description),
            requirements: self.optional(&it.terms),
            services: codes(&it.services),
            service_point: it
                .service_point
                .as_ref()
                .filter(|code| self.shows(Kind::ServicePoint, code))
                .map(ToString::to_string),
            channels: self.shown(Kind::Channel, &it.channels),
            hours: self.hours(&it.hours),
            prices: it.prices.iter().map(|price| self.price(price)).collect(),
            phones: self.phones(&it.phones),
            emails: Self::emails(&it.emails),
            web_pages: self.pages(&it.web_pages),
            addresses: it
                .addresses
                .iter()
                .map(|given| self.address(contract::AddressKind::Visiting, given, None))
                .collect(),
            target_groups: it.target_groups.clone(),
            municipalities: it.municipalities.clone(),
        })
    }

    pub(super) fn class(&self, stored: &Stored) -> Option<contract::ServiceClass> {
        let it = stored.entity.class()?;
        Some(contract::ServiceClass {
            code: code(stored),
            state: state(stored),
            revision: stored.revision,
            changed_at: stored.changed_at.to_string(),
            ptv_id: None,
            name: self.text(&it.name),
            parent: it.parent.as_ref().map(ToString::to_string),
            ptv_uri: it.ptv_uri.clone(),
        })
    }

    /// The place itself with its point, then what else it is reached by. Where invoices go stays in the tenant.
    fn addresses_of(&self, it: &ServicePoint) -> Vec<contract::Address> {
        let place = it.addresses.iter().map(|given| (contract::AddressKind::Location, given, it.point.as_ref()));
        let visiting = it.visiting_address.iter().map(|given| (contract::AddressKind::Visiting, given, None));
        let postal = it.postal_address.iter().map(|given| (contract::AddressKind::Postal, given, None));
        place.chain(visiting).chain(postal).map(|(kind, given, point)| self.address(kind, given, point)).collect()
    }

    fn terms(&self, terms: &[Term]) -> Vec<contract::Term> {
        terms.iter().map(|term| contract::Term { code: term.code.clone(), name: self.optional(&term.name) }).collect()
    }

    /// Those that others may ask for.
    pub(super) fn shown(&self, kind: Kind, codes: &[Code]) -> Vec<String> {
        codes.iter().filter(|code| self.shows(kind, code)).map(ToString::to_string).collect()
    }

    pub(super) fn shows(&self, kind: Kind, code: &Code) -> bool {
        self.view.active(kind, code).is_some()
    }

    fn ptv_id(&self, stored: &Stored) -> Option<String> {
        (self.guid)(&stored.entity.key).or_else(|| stored.entity.ptv_id.clone())
    }

    pub(super) fn text(&self, text: &Localised) -> contract::LocalisedText {
        let get = |lang: Lang| {
            let wanted = self.lang.is_none_or(|only| only == lang);
            text.get(lang).filter(|_| wanted).map(str::to_owned)
        };
        contract::LocalisedText {
            fi: get(Lang::Fi),
            sv: get(Lang::Sv),
            en: get(Lang::En),
            se: get(Lang::Se),
            smn: get(Lang::Smn),
            sms: get(Lang::Sms),
        }
    }

    /// Left out when nothing remains in the languages asked for.
    pub(super) fn optional(&self, text: &Localised) -> Option<contract::LocalisedText> {
        let text = self.text(text);
        (text != contract::LocalisedText::default()).then_some(text)
    }

    pub(super) fn words(&self, words: &[blocks::Keyword]) -> Vec<contract::LocalisedText> {
        words
            .iter()
            .filter(|(lang, _)| self.lang.is_none_or(|only| only == *lang))
            .map(|(lang, word)| self.text(&[(*lang, word.clone())].into_iter().collect()))
            .collect()
    }

    pub(super) fn pages(&self, pages: &[WebPage]) -> Vec<contract::WebPage> {
        pages
            .iter()
            .filter_map(|page| {
                Some(contract::WebPage { url: self.optional(&page.url)?, name: self.optional(&page.name) })
            })
            .collect()
    }

    fn pages_with(&self, own: &Localised, pages: &[WebPage]) -> Vec<contract::WebPage> {
        let own = self.optional(own).map(|url| contract::WebPage { url, name: None });
        own.into_iter().chain(self.pages(pages)).collect()
    }

    pub(super) fn emails(emails: &[Email]) -> Vec<contract::Email> {
        emails.iter().map(|given| email(&given.address)).collect()
    }

    pub(super) fn phones(&self, phones: &[Phone]) -> Vec<contract::Phone> {
        phones
            .iter()
            .map(|phone| contract::Phone {
                kind: match phone.kind {
                    PhoneKind::Phone => contract::PhoneKind::Phone,
                    PhoneKind::Fax => contract::PhoneKind::Fax,
                    PhoneKind::Sms => contract::PhoneKind::Sms,
                },
                country_code: phone.country.clone(),
                number: phone.number.clone(),
                description: self.optional(&phone.description),
                charge_type: phone.charge.map(charge),
                charge_text: self.optional(&phone.charge_text),
            })
            .collect()
    }

    /// A post office box stands where the street would.
    pub(super) fn address(
        &self,
        kind: contract::AddressKind,
        given: &Address,
        point: Option<&Point>,
    ) -> contract::Address {
        let street = if given.street.is_empty() { &given.post_box } else { &given.street };
        let degrees = |text: &str| text.trim().parse().ok();
        let metres = point
            .and_then(|point| Some((degrees(&point.latitude)?, degrees(&point.longitude)?)))
            .and_then(|(latitude, longitude)| projection::to_tm35fin(latitude, longitude));
        contract::Address {
            kind,
            street: self.optional(street),
            number: None,
            postal_code: given.postal_code.clone(),
            post_office: self.optional(&given.post_office),
            municipality: given.municipality.clone(),
            municipality_name: self.optional(&given.municipality_name),
            latitude: point.map(|point| point.latitude.clone()),
            longitude: point.map(|point| point.longitude.clone()),
            northing: metres.map(|(northing, _)| northing.to_string()),
            easting: metres.map(|(_, easting)| easting.to_string()),
        }
    }

    fn hours(&self, rows: &[Hours]) -> Vec<contract::OpeningHours> {
        let clock = |time: jiff::civil::Time| time.strftime("%H:%M").to_string();
        rows.iter()
            .map(|row| contract::OpeningHours {
                kind: match row.kind {
                    HoursKind::Normal => contract::HoursKind::Normal,
                    HoursKind::NormalExtra => contract::HoursKind::NormalExtra,
                    HoursKind::Special => contract::HoursKind::Special,
                    HoursKind::ExceptionOpen => contract::HoursKind::ExceptionOpen,
                    HoursKind::ExceptionClosed => contract::HoursKind::ExceptionClosed,
                },
                first_day: row.days.map(|(first, _)| first),
                last_day: row.days.map(|(_, last)| last),
                opens: row.opens.map(clock),
                closes: row.closes.map(clock),
                valid_from: row.valid_from.map(|day| day.to_string()),
                valid_to: row.valid_to.map(|day| day.to_string()),
                description: self.optional(&row.text),
                by_appointment: row.by_appointment,
            })
            .collect()
    }

    fn price(&self, price: &Price) -> contract::Price {
        contract::Price {
            kind: (!price.kind.is_empty()).then(|| price.kind.clone()),
            description: self.optional(&price.text),
            amount: self.optional(&price.amount),
        }
    }

    /// The contract has one block for all languages: the level is that of the first, statements stand by language.
    fn accessibility(
        &self,
        versions: &std::collections::BTreeMap<Lang, Accessibility>,
    ) -> Option<contract::Accessibility> {
        let first = versions.values().next()?;
        let texts = |of: fn(&Accessibility) -> Option<&String>| -> Localised {
            versions.iter().filter_map(|(lang, version)| Some((*lang, of(version)?.clone()))).collect()
        };
        Some(contract::Accessibility {
            level: match first.level {
                AccessibilityLevel::FullyCompliant => contract::AccessibilityLevel::FullyCompliant,
                AccessibilityLevel::PartiallyCompliant => contract::AccessibilityLevel::PartiallyCompliant,
                AccessibilityLevel::NonCompliant => contract::AccessibilityLevel::NonCompliant,
                AccessibilityLevel::Unknown => contract::AccessibilityLevel::Unknown,
            },
            wcag: first.wcag.clone(),
            statement_name: self.optional(&texts(|version| version.statement_name.as_ref())),
            statement_url: self.optional(&texts(|version| version.statement_url.as_ref())),
        })
    }
}

pub(super) fn code(stored: &Stored) -> String {
    stored.entity.key.code.to_string()
}

pub(super) fn codes(codes: &[Code]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

pub(super) fn state(stored: &Stored) -> contract::RecordState {
    match stored.entity.state {
        State::Active => contract::RecordState::Active,
        State::Draft => contract::RecordState::Draft,
        State::Hidden => contract::RecordState::Hidden,
        State::Archived => contract::RecordState::Archived,
        State::Deleted => contract::RecordState::Deleted,
    }
}

fn charge(charge: ChargeType) -> contract::ChargeType {
    match charge {
        ChargeType::Chargeable => contract::ChargeType::Chargeable,
        ChargeType::FreeOfCharge => contract::ChargeType::FreeOfCharge,
        ChargeType::Other => contract::ChargeType::Other,
    }
}

/// Pictures stand among the extra information, each with its address in the name.
fn pictures(point: &ServicePoint) -> Vec<String> {
    let pictures = point.notes.iter().filter(|note| note.kind == PICTURE && !note.name.is_empty());
    pictures.map(|note| note.name.clone()).collect()
}

fn email(address: &str) -> contract::Email {
    contract::Email { address: address.to_owned(), language: None }
}

fn area(given: &Area) -> contract::Area {
    let (kind, regions) = match given {
        Area::Nationwide => (contract::AreaKind::Nationwide, &[][..]),
        Area::NationwideExceptAlandIslands => (contract::AreaKind::NationwideExceptAlandIslands, &[][..]),
        Area::Limited(areas) => (contract::AreaKind::LimitedType, areas.as_slice()),
    };
    let regions = regions
        .iter()
        .map(|region| contract::Region {
            kind: match region.kind {
                AreaKind::Municipality => contract::RegionKind::Municipality,
                AreaKind::Region => contract::RegionKind::Region,
                AreaKind::BusinessSubRegion => contract::RegionKind::BusinessSubRegion,
                AreaKind::HospitalDistrict => contract::RegionKind::HospitalDistrict,
                AreaKind::WellbeingServiceCounties => contract::RegionKind::WellbeingServiceCounties,
            },
            codes: region.codes.clone(),
        })
        .collect();
    contract::Area { kind, regions }
}
