//! Changes of switches in the words of a file or an order. What is left out stays as it is.

use std::net::IpAddr;

use jiff::SignedDuration;
use serde::Deserialize;

use super::order::End;
use crate::viestit::config::{ForeignService, KeyScope, LengthUnit, PostiEnd, PrintingHouse, Switches};

/// Changes of switches, with the words of a file: what is left out stays as it is.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SwitchOrder {
    allowed_addresses: Option<Vec<IpAddr>>,
    token_life_seconds: Option<u32>,
    bearer_only: Option<bool>,
    fresh_token_wait_seconds: Option<u32>,
    password_change_pause_seconds: Option<u32>,
    password_change_drops_tokens: Option<bool>,
    length_unit: Option<Unit>,
    foreign_service_forbidden: Option<bool>,
    key_scope: Option<Scope>,
    foreign_lookup_forbidden: Option<bool>,
    paper_conflict_has_id: Option<bool>,
    upload_reuse: Option<bool>,
    event_page: Option<usize>,
    sender_left_out: Option<bool>,
    echo_input: Option<bool>,
    events_twice: Option<bool>,
    unknown_events: Option<bool>,
    printing: Option<Printing>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Unit {
    Utf16,
    CodePoints,
    Bytes,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Scope {
    System,
    Service,
    Everybody,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Printing {
    print_after_seconds: u32,
    posti_after_seconds: u32,
    #[serde(default)]
    ends: Vec<End>,
}

impl SwitchOrder {
    /// Makes the changes.
    pub fn apply(self, to: &mut Switches) {
        let seconds = |count: u32| SignedDuration::from_secs(i64::from(count));
        put(&mut to.token_life, self.token_life_seconds.map(seconds));
        put(&mut to.bearer_only, self.bearer_only);
        put(&mut to.fresh_token_wait, self.fresh_token_wait_seconds.map(seconds));
        put(&mut to.password_change_drops_tokens, self.password_change_drops_tokens);
        put(&mut to.foreign_lookup_forbidden, self.foreign_lookup_forbidden);
        put(&mut to.paper_conflict_has_id, self.paper_conflict_has_id);
        put(&mut to.upload_reuse, self.upload_reuse);
        put(&mut to.event_page, self.event_page);
        put(&mut to.sender_left_out, self.sender_left_out);
        put(&mut to.echo_input, self.echo_input);
        put(&mut to.events_twice, self.events_twice);
        put(&mut to.unknown_events, self.unknown_events);
        to.allowed_addresses = self.allowed_addresses.or(to.allowed_addresses.take());
        to.password_change_pause = self.password_change_pause_seconds.map(seconds).or(to.password_change_pause);
        let foreign = |forbidden| if forbidden { ForeignService::Forbidden } else { ForeignService::BadRequest };
        put(&mut to.foreign_service, self.foreign_service_forbidden.map(foreign));
        let unit = self.length_unit.map(|unit| match unit {
            Unit::Utf16 => LengthUnit::Utf16,
            Unit::CodePoints => LengthUnit::CodePoints,
            Unit::Bytes => LengthUnit::Bytes,
        });
        put(&mut to.length_unit, unit);
        let scope = self.key_scope.map(|scope| match scope {
            Scope::System => KeyScope::System,
            Scope::Service => KeyScope::Service,
            Scope::Everybody => KeyScope::Everybody,
        });
        put(&mut to.key_scope, scope);
        if let Some(printing) = self.printing {
            let ends = printing.ends.into_iter().map(|end| match end {
                End::Confirmed => PostiEnd::Confirmed,
                End::Returned => PostiEnd::Returned,
                End::Unresolved => PostiEnd::Unresolved,
            });
            to.printing = Some(PrintingHouse {
                print_after: seconds(printing.print_after_seconds),
                posti_after: seconds(printing.posti_after_seconds),
                ends: ends.collect(),
            });
        }
    }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
