//! Errands to contract types.

use silta_client::catalogue as contract;

use super::convert::{Converter, code, codes, state};
use crate::model::errand::{ErrandChannel, ErrandChannelKind, ErrandKind};
use crate::model::{Code, Kind, Stored};

impl Converter<'_> {
    pub(super) fn errand(&self, stored: &Stored) -> Option<contract::Errand> {
        let it = stored.entity.errand()?;
        Some(contract::Errand {
            code: code(stored),
            state: state(stored),
            revision: stored.revision,
            changed_at: stored.changed_at.to_string(),
            kind: kind(it.kind),
            name: self.text(&it.name),
            alternative_names: self.words(&it.alternative_names),
            description: self.optional(&it.description),
            user_instruction: self.optional(&it.user_instruction),
            processing_time: self.optional(&it.processing_time),
            validity: self.optional(&it.validity),
            costs: self.optional(&it.costs),
            information: self.optional(&it.information),
            services: codes(&it.services),
            responsible_organisation: it.responsible.as_ref().map(ToString::to_string),
            target_groups: it.target_groups.clone(),
            life_events: it.life_events.clone(),
            languages: it.languages.clone(),
            web_pages: self.pages(&it.web_pages),
            channels: it.channels.iter().map(|channel| self.errand_channel(channel)).collect(),
        })
    }

    fn errand_channel(&self, it: &ErrandChannel) -> contract::ErrandChannel {
        // Only what others may ask for, as in an offer.
        let shown = |kind: Kind, code: &Option<Code>| {
            code.as_ref().filter(|code| self.shows(kind, code)).map(ToString::to_string)
        };
        contract::ErrandChannel {
            kind: channel_kind(it.kind),
            channel: shown(Kind::Channel, &it.channel),
            service_point: shown(Kind::ServicePoint, &it.service_point),
            name: self.optional(&it.name),
            description: self.optional(&it.description),
            requirements: self.optional(&it.requirements),
            user_instruction: self.optional(&it.user_instruction),
            availability: self.optional(&it.availability),
            languages: it.languages.clone(),
            web_pages: self.pages(&it.web_pages),
            phones: self.phones(&it.phones),
            emails: Self::emails(&it.emails),
            address: it.address.as_ref().map(|given| {
                let kind = if it.kind == ErrandChannelKind::Mail {
                    contract::AddressKind::Postal
                } else {
                    contract::AddressKind::Visiting
                };
                self.address(kind, given, None)
            }),
            requires_authentication: it.flags.requires_authentication,
            electronic_processing: it.flags.electronic_processing,
            electronic_decision: it.flags.electronic_decision,
            payment_enabled: it.flags.payment_enabled,
            saved_to_customer_folder: it.flags.saved_to_customer_folder,
            for_personal_customers: it.flags.for_personal_customers,
            for_corporate_customers: it.flags.for_corporate_customers,
        }
    }
}

fn kind(kind: ErrandKind) -> contract::ErrandKind {
    match kind {
        ErrandKind::Application => contract::ErrandKind::Application,
        ErrandKind::Notice => contract::ErrandKind::Notice,
        ErrandKind::Permission => contract::ErrandKind::Permission,
        ErrandKind::Appointment => contract::ErrandKind::Appointment,
        ErrandKind::Order => contract::ErrandKind::Order,
        ErrandKind::Enrolment => contract::ErrandKind::Enrolment,
        ErrandKind::Advice => contract::ErrandKind::Advice,
        ErrandKind::InformationService => contract::ErrandKind::InformationService,
        ErrandKind::Communication => contract::ErrandKind::Communication,
        ErrandKind::Ecommerce => contract::ErrandKind::Ecommerce,
        ErrandKind::Other => contract::ErrandKind::Other,
    }
}

fn channel_kind(kind: ErrandChannelKind) -> contract::ErrandChannelKind {
    match kind {
        ErrandChannelKind::WebPage => contract::ErrandChannelKind::WebPage,
        ErrandChannelKind::EService => contract::ErrandChannelKind::EService,
        ErrandChannelKind::Telephone => contract::ErrandChannelKind::Telephone,
        ErrandChannelKind::Email => contract::ErrandChannelKind::Email,
        ErrandChannelKind::PrintableForm => contract::ErrandChannelKind::PrintableForm,
        ErrandChannelKind::Chat => contract::ErrandChannelKind::Chat,
        ErrandChannelKind::Local => contract::ErrandChannelKind::Local,
        ErrandChannelKind::Mail => contract::ErrandChannelKind::Mail,
    }
}
