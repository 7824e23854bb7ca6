//! Reads of the catalogue: one record, a page of records, a search, the change feed. All answered from a view.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use silta_client::catalogue::{
    Change, ChangePage, Channel, ChannelPage, ErrandPage, LocalisedText, Offer, OfferPage, Organisation,
    OrganisationPage, RecordKind, Service, ServiceClassPage, ServicePage, ServicePoint, ServicePointPage,
};
use silta_client::common::{ErrorCode, Refusal};

use super::convert::Converter;
use super::registry::Shape;
use super::search::{self, Narrowing};
use crate::catalogue::search::Search;
use crate::model::{Code, EntityKey, Kind, Lang, State, Stored, View};

/// Records on a page when the caller names no number, and at most (design §4).
pub const DEFAULT_LIMIT: usize = 50;
pub const MAX_LIMIT: usize = 200;
/// A search has at most this many characters.
pub const MAX_QUERY_CHARS: usize = 200;

/// The request of any catalogue operation; which members count depends on its shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    pub code: Option<String>,
    pub query: Option<String>,
    /// What narrows a search.
    pub narrowing: Narrowing,
    /// Texts in this language only.
    pub lang: Option<Lang>,
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Service(Box<Service>),
    Services(ServicePage),
    ServicePoint(Box<ServicePoint>),
    ServicePoints(ServicePointPage),
    Channel(Box<Channel>),
    Channels(ChannelPage),
    Organisation(Box<Organisation>),
    Organisations(OrganisationPage),
    Offers(OfferPage),
    Errands(ErrandPage),
    Classes(ServiceClassPage),
    Changes(ChangePage),
}

/// Answers from a view. `guid` names what PTV holds for an entity.
pub fn read(
    view: &View,
    shape: Shape,
    request: &Read,
    guid: &dyn Fn(&EntityKey) -> Option<String>,
) -> Result<Answer, Refusal> {
    let converter = Converter { view, lang: request.lang, guid };
    match shape {
        Shape::Get(kind) => get(&converter, kind, request),
        Shape::List(kind) => list(&converter, kind, request),
        Shape::Changes => changes(view, request),
        _ => Err(Refusal::new(ErrorCode::UnknownOperation, "not read from a view alone")),
    }
}

/// The active offers of a service.
pub fn offers_of(view: &View, service: &str, lang: Option<Lang>) -> Vec<Offer> {
    let Ok(code) = service.parse() else { return Vec::new() };
    let converter = Converter { view, lang, guid: &|_| None };
    view.offers_of_service(&code).iter().filter_map(|stored| converter.offer(stored)).collect()
}

/// The name of an active service class.
pub fn class_name(view: &View, code: &str, lang: Option<Lang>) -> Option<LocalisedText> {
    let stored = view.active(Kind::Class, &code.parse().ok()?)?;
    Converter { view, lang, guid: &|_| None }.class(stored).map(|class| class.name)
}

fn get(converter: &Converter<'_>, kind: Kind, request: &Read) -> Result<Answer, Refusal> {
    let text = request.code.as_deref().unwrap_or_default();
    if text.is_empty() {
        return Err(Refusal::new(ErrorCode::MissingField, "give the code of the record").at("code"));
    }
    let absent = || Refusal::new(ErrorCode::UnknownCode, "no published record has this code").at("code");
    let code: Code = text.parse().map_err(|_| absent())?;
    let stored = converter.view.active(kind, &code).ok_or_else(absent)?;
    let answer = match kind {
        Kind::Service => converter.service(stored).map(|it| Answer::Service(Box::new(it))),
        Kind::ServicePoint => converter.service_point(stored).map(|it| Answer::ServicePoint(Box::new(it))),
        Kind::Channel => converter.channel(stored).map(|it| Answer::Channel(Box::new(it))),
        Kind::Organisation => converter.organisation(stored).map(|it| Answer::Organisation(Box::new(it))),
        Kind::Offer | Kind::Class | Kind::Errand | Kind::Actor | Kind::Collection => None,
    };
    answer.ok_or_else(absent)
}

fn list(converter: &Converter<'_>, kind: Kind, request: &Read) -> Result<Answer, Refusal> {
    let limit = limit(request.limit)?;
    let after = request.cursor.as_deref().map(read_code_cursor).transpose()?;
    let mut page: Vec<&Arc<Stored>> = converter.view.active_after(kind, after.as_ref()).take(limit + 1).collect();
    let next = if page.len() > limit {
        page.truncate(limit);
        page.last().map(|stored| code_cursor(&stored.entity.key.code))
    } else {
        None
    };
    let stored = page.into_iter();
    Ok(match kind {
        Kind::Service => {
            Answer::Services(ServicePage { items: stored.filter_map(|it| converter.service(it)).collect(), next })
        }
        Kind::ServicePoint => Answer::ServicePoints(ServicePointPage {
            items: stored.filter_map(|it| converter.service_point(it)).collect(),
            next,
        }),
        Kind::Channel => {
            Answer::Channels(ChannelPage { items: stored.filter_map(|it| converter.channel(it)).collect(), next })
        }
        Kind::Organisation => Answer::Organisations(OrganisationPage {
            items: stored.filter_map(|it| converter.organisation(it)).collect(),
            next,
        }),
        Kind::Offer => Answer::Offers(OfferPage { items: stored.filter_map(|it| converter.offer(it)).collect(), next }),
        Kind::Errand => {
            Answer::Errands(ErrandPage { items: stored.filter_map(|it| converter.errand(it)).collect(), next })
        }
        Kind::Actor | Kind::Collection => {
            return Err(Refusal::new(ErrorCode::UnknownOperation, "nobody may list records of this kind"));
        }
        Kind::Class => {
            Answer::Classes(ServiceClassPage { items: stored.filter_map(|it| converter.class(it)).collect(), next })
        }
    })
}

/// Answers `searchServices`, which reads the tenant's index beside the view.
pub async fn find(
    search: &Arc<Search>,
    tenant: &Arc<str>,
    view: Arc<View>,
    request: &Read,
    guid: &(dyn Fn(&EntityKey) -> Option<String> + Sync),
) -> Result<Answer, Refusal> {
    let (found, next) = search::find(search, tenant, Arc::clone(&view), request, limit(request.limit)?).await?;
    let converter = Converter { view: &view, lang: request.lang, guid };
    let items = found.iter().filter_map(|stored| converter.service(stored)).collect();
    Ok(Answer::Services(ServicePage { items, next }))
}

fn changes(view: &View, request: &Read) -> Result<Answer, Refusal> {
    let limit = limit(request.limit)?;
    let after = request.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(0);
    if after > view.sequence() {
        // The feed was set back, as by a restored backup: going on from here would pass changes over in silence.
        let text = "the cursor is ahead of the change feed; read the lists again and begin without a cursor";
        return Err(Refusal::new(ErrorCode::InvalidField, text).at("cursor"));
    }
    let mut items: Vec<Change> =
        view.changes_after(after).filter_map(|stored| change(stored)).take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    // At the end the cursor passes over what is not told, so that it is not looked at again.
    let next = items.last().filter(|_| more).map_or_else(|| view.sequence().max(after), |change| change.sequence);
    Ok(Answer::Changes(ChangePage { items, next: number_cursor(next) }))
}

/// An entity that others may no longer see is a tombstone to them, whatever its state is here. Kinds that nobody can
/// read are not announced.
fn change(stored: &Stored) -> Option<Change> {
    let key = &stored.entity.key;
    Some(Change {
        sequence: stored.sequence,
        kind: match key.kind {
            Kind::Organisation => RecordKind::Organisation,
            Kind::Class => RecordKind::Class,
            Kind::Channel => RecordKind::Channel,
            Kind::ServicePoint => RecordKind::ServicePoint,
            Kind::Service => RecordKind::Service,
            Kind::Offer => RecordKind::Offer,
            Kind::Errand => RecordKind::Errand,
            Kind::Actor | Kind::Collection => return None,
        },
        code: key.code.to_string(),
        revision: stored.revision,
        changed_at: stored.changed_at.to_string(),
        deleted: stored.entity.state != State::Active,
    })
}

/// How long a page may be; [`DEFAULT_LIMIT`] when the caller names no number.
pub(super) fn limit(given: Option<u32>) -> Result<usize, Refusal> {
    match given.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)) {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Refusal::new(ErrorCode::InvalidField, format!("a page has 1–{MAX_LIMIT} records")).at("limit")),
    }
}

fn code_cursor(code: &Code) -> String {
    URL_SAFE_NO_PAD.encode(code.as_str())
}

fn read_code_cursor(cursor: &str) -> Result<Code, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad_cursor())?;
    String::from_utf8(bytes).map_err(|_| bad_cursor())?.parse().map_err(|_| bad_cursor())
}

pub(super) fn number_cursor(number: u64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_string())
}

pub(super) fn read_number_cursor(cursor: &str) -> Result<u64, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad_cursor())?;
    String::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(bad_cursor)
}

pub(super) fn bad_cursor() -> Refusal {
    Refusal::new(ErrorCode::InvalidField, "not a cursor of this operation; begin without one").at("cursor")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use jiff::Timestamp;
    use serde_json::json;
    use silta_client::catalogue::ChangePage;
    use silta_client::common::ErrorCode;

    use super::{Answer, Read, code_cursor, find, number_cursor, read};
    use crate::catalogue::search::Search;
    use crate::catalogue::{import, pat, quality};
    use crate::model::{Kind, Master, Stored, View};
    use crate::operations::registry::Shape;

    fn stored(code: &str, tila: &str, revision: u64, sequence: u64) -> Arc<Stored> {
        let record = json!({
            "laji": "palvelu", "koodi": code, "tila": {"koodi": tila}, "nimi_kieliversiot": {"fi": format!("Nimi {code}")},
        });
        let entity = pat::read(&record).entity.expect("sound");
        Arc::new(Stored { entity, revision, sequence, master: Master("cms".into()), changed_at: Timestamp::UNIX_EPOCH })
    }

    fn page(view: &View, cursor: Option<String>, limit: u32) -> ChangePage {
        let request = Read { cursor, limit: Some(limit), ..Read::default() };
        match read(view, Shape::Changes, &request, &|_| None).expect("a page") {
            Answer::Changes(page) => page,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_change_feed_is_read_to_its_end_and_on_from_there() {
        let first = View::default().with([stored("1", "1", 1, 1), stored("2", "1", 1, 2), stored("3", "2", 1, 3)], 3);
        let view = first.with([stored("1", "1", 2, 4), stored("2", "9", 2, 5)], 5);
        let mut cursor = None;
        let mut seen = Vec::new();
        loop {
            let page = page(&view, cursor, 2);
            cursor = Some(page.next);
            if page.items.is_empty() {
                break;
            }
            seen.extend(page.items.into_iter().map(|change| (change.code, change.revision, change.deleted)));
        }
        // Changed twice: named once. No longer shown, or not yet: a tombstone.
        assert_eq!(seen, [("3".to_owned(), 1, true), ("1".to_owned(), 2, false), ("2".to_owned(), 2, true)]);
        let later = view.with([stored("4", "1", 1, 6)], 6);
        assert_eq!(page(&later, cursor, 2).items.len(), 1);
        assert_eq!(page(&first, Some(number_cursor(3)), 2).next, number_cursor(3));
    }

    #[test]
    fn a_cursor_that_the_feed_has_not_reached_is_refused() {
        let view = View::default().with([stored("1", "1", 1, 1)], 1);
        for cursor in [number_cursor(2), number_cursor(u64::MAX), "!".to_owned(), String::new()] {
            let request = Read { cursor: Some(cursor), ..Read::default() };
            let refusal = read(&view, Shape::Changes, &request, &|_| None).expect_err("refused");
            assert_eq!((refusal.code, refusal.field.as_deref()), (ErrorCode::InvalidField, Some("cursor")));
        }
    }

    #[tokio::test]
    async fn a_search_is_read_page_by_page() {
        let view = Arc::new(View::default().with((1..=5).map(|number| stored(&number.to_string(), "1", 1, number)), 5));
        let search = Arc::new(Search::in_memory());
        let read = async |request: &Read| find(&search, &"turku".into(), Arc::clone(&view), request, &|_| None).await;
        let mut request = Read { query: Some("nimi".into()), limit: Some(2), ..Read::default() };
        let mut codes = Vec::new();
        loop {
            let Ok(Answer::Services(page)) = read(&request).await else { panic!("no page") };
            codes.extend(page.items.into_iter().map(|service| service.code));
            request.cursor = page.next;
            if request.cursor.is_none() {
                break;
            }
        }
        assert_eq!(codes, ["1", "2", "3", "4", "5"]);
        // A cursor of another operation is none of this one's.
        for cursor in [number_cursor(3), code_cursor(&"3".parse().expect("a code")), String::new()] {
            request.cursor = Some(cursor);
            let refusal = read(&request).await.expect_err("refused");
            assert_eq!((refusal.code, refusal.field.as_deref()), (ErrorCode::InvalidField, Some("cursor")));
        }
        for query in [None, Some(String::new()), Some("  ".to_owned())] {
            let refusal = read(&Read { query, ..Read::default() }).await.expect_err("refused");
            assert_eq!((refusal.code, refusal.field.as_deref()), (ErrorCode::MissingField, Some("query")));
        }
    }

    /// Every page of a list of our own sample.
    fn listed(view: &View, kind: Kind) -> Vec<Answer> {
        let (mut pages, mut cursor) = (Vec::new(), None);
        loop {
            let request = Read { cursor, limit: Some(20), ..Read::default() };
            let page = read(view, Shape::List(kind), &request, &|_| None).expect("a page");
            cursor = match &page {
                Answer::Services(page) => page.next.clone(),
                Answer::ServicePoints(page) => page.next.clone(),
                Answer::Offers(page) => page.next.clone(),
                other => panic!("{other:?}"),
            };
            pages.push(page);
            if cursor.is_none() {
                return pages;
            }
        }
    }

    #[test]
    fn seed_a15_services_first_and_places_first_tell_the_same() {
        let sample = include_str!("../../../tests/samples/catalogue/turku.json");
        let records = import::read_document("turku.json", sample).expect("ours").records;
        let (view, refused) = quality::view_of(&records);
        assert!(refused.is_empty());
        let (mut by_service, mut by_place, mut services_of) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for page in listed(&view, Kind::Service) {
            let Answer::Services(page) = page else { panic!("no services") };
            for it in page.items {
                by_service.extend(it.service_points.into_iter().map(|point| (it.code.clone(), point)));
            }
        }
        for page in listed(&view, Kind::Offer) {
            let Answer::Offers(page) = page else { panic!("no offers") };
            services_of.extend(page.items.into_iter().map(|it| (it.code, it.services)));
        }
        for page in listed(&view, Kind::ServicePoint) {
            let Answer::ServicePoints(page) = page else { panic!("no places") };
            for point in page.items {
                let services = point.offers.iter().filter_map(|offer| services_of.get(offer)).flatten();
                by_place.extend(services.map(|service| (service.clone(), point.code.clone())));
            }
        }
        assert!(by_service.len() > 30, "{}", by_service.len());
        assert_eq!(by_service, by_place);
    }
}
