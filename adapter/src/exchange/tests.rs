//! Exchanges from request to answer and log, over a real store and letters that do as they are told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use silta_client::common::Refusal;
use silta_client::messages::AcceptedOrder;
use tokio_util::sync::CancellationToken;

use super::evidence::sha512;
use super::{AccessRule, Door, DoorParts, ExchangeLimits, NoGuids, OperatorFile, OperatorOrder, Tenant, WhoMay};
use crate::catalogue::{Batch, Catalogue};
use crate::config::Operations;
use crate::listen::{Body, Delivered, Delivery, Peer};
use crate::model::Master;
use crate::model::evidence::{Evidence, RecordKind};
use crate::operations::messages::{Accepted, Answer, Answering, Ask, Judged, Letters, SendRequest};
use crate::store::testing::hold_sqlite;
use crate::store::{Commit, Store, StoreConfig, evidence, intake};
use crate::telemetry::Metrics;
use crate::world::{ClockHand, World};

const CLIENT: &str = "FI-TEST/GOV/9999906-0/asiointi";
/// 2026-11-25T12:00:00Z.
const NOON: jiff::Timestamp = jiff::Timestamp::constant(1_795_608_000, 0);
const STRANGER: &str = "FI-TEST/GOV/9999906-0/muu";

/// Accepts every order; the first answers meet rows that are there already.
#[derive(Default)]
struct Desk {
    asked: AtomicUsize,
    conflicts: usize,
    woken: AtomicUsize,
    /// How long it thinks about an order, and how many it came to an end with.
    slow: Duration,
    done: AtomicUsize,
    /// How many it thinks about at the moment, and the most so far.
    thinking: AtomicUsize,
    most: AtomicUsize,
    /// Set back by an hour while it thinks.
    clock: Option<ClockHand>,
}

fn taken() -> crate::store::Statement {
    intake::add("turku", &intake::Batch { batch: "taken".into(), digest: vec![1], verdicts: vec![2], at: 3 })
}

impl Letters for Desk {
    fn accept<'a>(&'a self, _: &'a str, _: &'a str, request: SendRequest) -> Answering<'a, Accepted> {
        Box::pin(async move {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst);
            if !self.slow.is_zero() {
                let thinking = self.thinking.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(thinking, Ordering::SeqCst);
                tokio::time::sleep(self.slow).await;
                self.thinking.fetch_sub(1, Ordering::SeqCst);
            }
            if let Some(clock) = &self.clock {
                clock.set(NOON - jiff::SignedDuration::from_hours(1));
            }
            self.done.fetch_add(1, Ordering::SeqCst);
            let sizes: Vec<String> = request.uploads.iter().map(|upload| upload.content.len().to_string()).collect();
            let id = format!("order-{asked}-{}", sizes.join("-"));
            let answer = AcceptedOrder {
                id,
                accepted_at: "2026-11-25T12:00:00Z".into(),
                sends: Vec::new(),
                warnings: Vec::new(),
            };
            let statements = if asked < self.conflicts { vec![taken()] } else { Vec::new() };
            Ok(Accepted { answer: Answer::Order(answer), statements, evidence: Vec::new() })
        })
    }

    fn judge<'a>(&'a self, _: &'a str, _: &'a str, request: SendRequest) -> Answering<'a, Judged> {
        Box::pin(async move {
            let SendRequest { order, uploads } = request;
            let order_id = format!("{}-{}", order.order_id, uploads.len());
            Ok(Judged { order_id, letters: order.recipients.len(), repeated: false, warnings: Vec::new() })
        })
    }

    fn upload<'a>(&'a self, _: &'a str, _: &'a str, _: Bytes) -> Answering<'a, Accepted> {
        Box::pin(async { Err(Refusal::new(silta_client::common::ErrorCode::TooMany, "full")) })
    }

    fn ask<'a>(&'a self, _: &'a str, _: &'a str, _: &'a Ask) -> Answering<'a, Accepted> {
        Box::pin(async { Err(Refusal::new(silta_client::common::ErrorCode::NotFound, "none")) })
    }

    fn wake(&self, _: &str) {
        self.woken.fetch_add(1, Ordering::SeqCst);
    }
}

struct Bench {
    door: Door,
    store: Store,
    desk: Arc<Desk>,
    metrics: Metrics,
    folder: tempfile::TempDir,
}

async fn bench(conflicts: usize, limits: ExchangeLimits) -> Bench {
    bench_with(Desk { conflicts, ..Desk::default() }, limits).await
}

async fn bench_with(desk: Desk, limits: ExchangeLimits) -> Bench {
    bench_in(World::system(), desk, limits).await
}

async fn bench_in(world: World, desk: Desk, limits: ExchangeLimits) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(StoreConfig::in_folder(folder.path()), &world).await.expect("a store");
    store.commit(Commit::new().with([taken()])).await.expect("committed");
    let catalogue = Catalogue::load(&store, &world, &Metrics::new(), [Arc::from("turku")]).await.expect("loaded");
    let record = serde_json::json!({"laji": "palvelu", "koodi": "101", "nimi_kieliversiot": {"fi": "Uimahalli"}});
    let batch = Batch { id: None, master: Master("cms".into()), records: vec![record].into() };
    catalogue.accept("turku", batch).await.expect("accepted");
    let tenant = Tenant {
        code: "turku".into(),
        provider: "FI-TEST/MUN/1234567-1/palvelut".parse().expect("an identifier"),
        name: "Turun kaupunki".into(),
        municipality: Some("853".into()),
        organisation: None,
        version: "v1".into(),
        public_url: "https://silta.example.fi".into(),
        access: vec![AccessRule {
            client: WhoMay::Client(CLIENT.into()),
            operations: Operations::all(),
            represented: false,
        }],
        pins: BTreeSet::new(),
        unlogged: Operations::None,
        guids: Arc::new(NoGuids),
    };
    let desk = Arc::new(desk);
    let metrics = Metrics::new();
    let door = Door::new(DoorParts {
        store: store.clone(),
        world,
        catalogue,
        letters: Arc::<Desk>::clone(&desk),
        files: None,
        tenants: vec![tenant],
        limits,
        metrics: metrics.clone(),
        pinned: false,
    });
    Bench { door: door.expect("a door"), store, desk, metrics, folder }
}

impl Bench {
    async fn send(&self, request: http::request::Builder, body: impl Into<Bytes>) -> (Response<()>, Bytes) {
        let request: Request<Full<Bytes>> = request.body(Full::new(body.into())).expect("a request");
        let address = "127.0.0.1:1".parse().expect("an address");
        let peer = Peer { pin: None, address, connection: 1, gone: CancellationToken::new() };
        let (parts, body): (_, Body) = self.door.handle(request, &peer).await.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        // What no listener reports would be logged as not delivered, at some time after this.
        if let Some(delivery) = parts.extensions.get::<Delivery>() {
            delivery.report(Delivered::Yes);
        }
        (Response::from_parts(parts, ()), body)
    }

    async fn rest(
        &self,
        method: Method,
        client: &str,
        path: &str,
        media_type: &str,
        body: impl Into<Bytes>,
    ) -> (Response<()>, Bytes) {
        let request = Request::builder().method(method).uri(format!("/turku/{path}"));
        self.send(request.header("X-Road-Client", client).header("Content-Type", media_type), body).await
    }

    async fn log(&self) -> Vec<Evidence> {
        let (writer, last) = evidence::writers(&self.store).await.expect("read").remove(0);
        let records = evidence::page(&self.store, &writer, 0, 1_000).await.expect("read");
        assert!(records.len() as u64 >= last, "what a task logs late may come between the two reads");
        records.iter().map(|it| Evidence::decode(&it.record).expect("a record")).collect()
    }

    /// The newest record of an exchange.
    async fn logged(&self) -> Evidence {
        let mut log = self.log().await.into_iter();
        log.rfind(|it| it.draft.exchange_id.is_some() && it.draft.delivered.is_none()).expect("one")
    }
}

fn multipart(client: &str, file: &[u8]) -> Vec<u8> {
    let client = client.rsplit_once('/').map_or("", |(_, code)| code);
    let envelope = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\" \
         xmlns:i=\"http://x-road.eu/xsd/identifiers\"><s:Header><x:client i:objectType=\"SUBSYSTEM\">\
         <i:xRoadInstance>FI-TEST</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>9999906-0</i:memberCode>\
         <i:subsystemCode>{client}</i:subsystemCode></x:client><x:service i:objectType=\"SERVICE\">\
         <i:xRoadInstance>FI-TEST</i:xRoadInstance><i:memberClass>MUN</i:memberClass><i:memberCode>1234567-1</i:memberCode>\
         <i:subsystemCode>palvelut</i:subsystemCode><i:serviceCode>sendMessage</i:serviceCode>\
         <i:serviceVersion>v1</i:serviceVersion></x:service><x:id>1</x:id><x:protocolVersion>4.0</x:protocolVersion>\
         </s:Header><s:Body><sendMessage xmlns=\"urn:silta:messages:v1\"><orderId>1</orderId><recipients><id>x</id></recipients>\
         <title>t</title><body>b</body><attachments><name>a.pdf</name><mediaType>application/pdf</mediaType><content>\
         <Include xmlns=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:a\"/></content></attachments></sendMessage>\
         </s:Body></s:Envelope>"
    );
    let mut message =
        format!("--xx\r\nContent-Type: text/xml\r\n\r\n{envelope}\r\n--xx\r\nContent-Type: application/pdf\r\n")
            .into_bytes();
    message.extend_from_slice(b"Content-ID: <a>\r\n\r\n");
    message.extend_from_slice(file);
    message.extend_from_slice(b"\r\n--xx--\r\n");
    message
}

impl Bench {
    async fn soap(&self, message: Vec<u8>) -> (Response<()>, String) {
        let request = Request::builder().method(Method::POST).uri("/turku/messages/soap/v1");
        let request = request.header("Content-Type", "multipart/related; type=\"text/xml\"; boundary=xx");
        let (response, body) = self.send(request, message).await;
        (response, String::from_utf8(body.to_vec()).expect("text"))
    }
}

#[tokio::test]
async fn an_order_that_meets_its_double_gets_the_doubles_answer() {
    let file = vec![b'x'; 600_000];
    for (conflicts, expected) in [(0, Some("order-0-600000")), (1, Some("order-1-600000")), (2, None)] {
        let bench = bench(conflicts, ExchangeLimits::default()).await;
        let (response, text) = bench.soap(multipart(CLIENT, &file)).await;
        assert_eq!(response.status(), if expected.is_some() { 200 } else { 500 }, "{text}");
        assert!(text.contains(expected.unwrap_or("unavailable")), "{text}");
        assert_eq!(bench.desk.woken.load(Ordering::SeqCst), usize::from(expected.is_some()));
        if expected.is_some() {
            let logged = bench.logged().await.draft;
            assert_eq!(logged.response_digest, Some(sha512(text.as_bytes())));
            assert_eq!(logged.request_parts.first().map(|it| it.digest.clone()), Some(sha512(&file)));
        }
    }
    let bench = bench(1, ExchangeLimits::default()).await;
    let form = "--xx\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n{\"orderId\":\"1\",\"recipients\":[],\"title\":\"t\",\
                \"body\":\"b\",\"attachments\":[{\"name\":\"a\",\"mediaType\":\"b\",\"part\":\"f\"}]}\r\n--xx\r\n\
                Content-Disposition: form-data; name=\"f\"\r\n\r\nabc\r\n--xx--\r\n";
    let media_type = "multipart/form-data; boundary=xx";
    let (response, body) = bench.rest(Method::POST, CLIENT, "messages/rest/v1/messages", media_type, form).await;
    assert_eq!(response.status(), 202);
    assert!(String::from_utf8_lossy(&body).contains("order-1-3"));
    let logged = bench.logged().await.draft;
    assert_eq!((logged.request_digest, logged.response_digest), (Some(sha512(form.as_bytes())), Some(sha512(&body))));
}

const ORDER: &str = "{\"orderId\": \"1\", \"recipients\": [], \"title\": \"t\", \"body\": \"b\", \"attachments\": []}";

#[tokio::test]
async fn xroad_tr_06_a_handler_slower_than_its_deadline() {
    let limits = ExchangeLimits { deadline: Duration::from_millis(300), ..ExchangeLimits::default() };
    let bench = bench_with(Desk { slow: Duration::from_secs(2), ..Desk::default() }, limits).await;
    let before = Instant::now();
    let (response, text) = bench.soap(multipart(CLIENT, b"file")).await;
    assert_eq!(response.status(), 500, "{text}");
    assert!(text.contains(":Server</faultcode>") && text.contains("timeout"), "{text}");
    let logged = bench.logged().await.draft;
    assert_eq!((logged.fault_code.as_deref(), logged.status), (Some("timeout"), Some(500)));
    let path = "messages/rest/v1/messages";
    let (response, body) = bench.rest(Method::POST, CLIENT, path, "application/json", ORDER).await;
    let text = String::from_utf8_lossy(&body);
    assert_eq!(response.status(), 504, "{text}");
    assert!(text.contains("urn:silta:error:timeout"), "{text}");
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    let logged = bench.logged().await.draft;
    assert_eq!((logged.fault_code.as_deref(), logged.status), (Some("timeout"), Some(504)));
    assert_eq!(bench.metrics.limit_hits("exchange"), 2);
    // The late results: nobody waits for them, nothing of them is committed, nobody is woken for them.
    let records = bench.log().await.len();
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!((bench.desk.asked.load(Ordering::SeqCst), bench.desk.done.load(Ordering::SeqCst)), (2, 0));
    assert_eq!((bench.log().await.len(), bench.desk.woken.load(Ordering::SeqCst)), (records, 0));
}

#[tokio::test]
async fn large_orders_take_turns_and_small_ones_do_not() {
    let limits = ExchangeLimits { large_orders: 1, ..ExchangeLimits::default() };
    for (size, most) in [(600_000, 1), (100, 4)] {
        let bench = bench_with(Desk { slow: Duration::from_millis(400), ..Desk::default() }, limits).await;
        let message = multipart(CLIENT, &vec![b'x'; size]);
        let answers = join_all((0..4).map(|_| bench.soap(message.clone()))).await;
        assert!(answers.iter().all(|(response, _)| response.status() == 200), "{answers:?}");
        assert_eq!(bench.desk.most.load(Ordering::SeqCst), most, "of {size} bytes at once");
    }
    // Who waits, waits within the exchange's deadline.
    let limits = ExchangeLimits { deadline: Duration::from_secs(3), ..limits };
    let bench = bench_with(Desk { slow: Duration::from_secs(2), ..Desk::default() }, limits).await;
    let message = multipart(CLIENT, &vec![b'x'; 600_000]);
    let answers = join_all((0..2).map(|_| bench.soap(message.clone()))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|(response, _)| response.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 500]);
    assert!(answers.iter().any(|(_, text)| text.contains("timeout")), "{answers:?}");
}

/// The commit itself may be what is late; then nobody knows at the deadline, and the log tells it afterwards.
#[tokio::test]
async fn xroad_tr_06_a_commit_slower_than_the_deadline_is_recorded_as_not_delivered() {
    let limits = ExchangeLimits { deadline: Duration::from_millis(300), ..ExchangeLimits::default() };
    let bench = bench(0, limits).await;
    let held = hold_sqlite(bench.folder.path()).await.expect("held");
    let before = Instant::now();
    let path = "messages/rest/v1/messages";
    let (response, body) = bench.rest(Method::POST, CLIENT, path, "application/json", ORDER).await;
    let text = String::from_utf8_lossy(&body);
    assert_eq!(response.status(), 504, "{text}");
    assert!(text.contains("urn:silta:error:timeout"), "{text}");
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    held.release().await.expect("released");
    for _ in 0..100 {
        let last = bench.log().await.pop().map(|it| it.draft);
        if let Some(late) = last.filter(|it| it.kind == RecordKind::NotDelivered) {
            let exchange = bench.logged().await.draft;
            assert_eq!(
                (exchange.status, late.exchange_id, late.delivered),
                (Some(202), exchange.exchange_id, Some(false))
            );
            assert_eq!(bench.desk.woken.load(Ordering::SeqCst), 1, "the order was accepted all the same");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no record: {:?}", bench.log().await);
}

#[tokio::test]
async fn xroad_lo_07_an_exchange_never_ends_before_it_began() {
    assert_eq!(NOON.to_string(), "2026-11-25T12:00:00Z");
    let (world, clock) = World::seeded(7, NOON);
    let desk = Desk { clock: Some(clock), ..Desk::default() };
    let bench = bench_in(world, desk, ExchangeLimits::default()).await;
    let path = "messages/rest/v1/messages";
    let (response, _) = bench.rest(Method::POST, CLIENT, path, "application/json", ORDER).await;
    assert_eq!(response.status(), 202);
    let logged = bench.logged().await.draft;
    assert_eq!(logged.time_in, NOON);
    assert!(logged.time_out >= logged.time_in, "{} {}", logged.time_in, logged.time_out);
}

#[tokio::test]
async fn who_may_not_send_is_refused_and_its_files_are_in_the_log() {
    let bench = bench(0, ExchangeLimits::default()).await;
    let (response, text) = bench.soap(multipart(STRANGER, b"file")).await;
    assert_eq!(response.status(), 500, "{text}");
    assert!(text.contains("not-allowed"), "{text}");
    assert_eq!(bench.desk.asked.load(Ordering::SeqCst), 0);
    let logged = bench.logged().await.draft;
    assert_eq!((logged.client.as_deref(), logged.fault_code.as_deref()), (Some(STRANGER), Some("not-allowed")));
    assert_eq!(logged.request_parts.first().map(|it| it.digest.clone()), Some(sha512(b"file")));
}

#[tokio::test]
async fn limits_that_are_hit_have_their_names() {
    let mut limits = ExchangeLimits::default();
    limits.mime.total = 3;
    limits.rest_body = 20;
    let bench = bench(0, limits).await;
    let (_, text) = bench.soap(multipart(CLIENT, b"file")).await;
    assert!(text.contains("too-large"), "{text}");
    let path = "messages/rest/v1/messages";
    let (response, _) =
        bench.rest(Method::POST, CLIENT, path, "application/json", "{\"orderId\": \"123456789\"}").await;
    assert_eq!(response.status(), 413);
    assert_eq!((bench.metrics.limit_hits("attachments"), bench.metrics.limit_hits("rest_body")), (1, 1));
}

#[tokio::test]
async fn a_head_is_logged_as_it_goes_out_and_a_tag_spares_the_body() {
    let bench = bench(0, ExchangeLimits::default()).await;
    let path = "catalogue/rest/v1/services/101";
    let (whole, body) = bench.rest(Method::GET, CLIENT, path, "", "").await;
    assert_eq!(bench.logged().await.draft.response_digest, Some(sha512(&body)));
    let tag = whole.headers().get("etag").expect("a tag");
    bench.rest(Method::HEAD, CLIENT, path, "", "").await;
    assert_eq!(bench.logged().await.draft.response_digest, Some(sha512(b"")));
    let request = Request::builder().uri(format!("/turku/{path}")).header("X-Road-Client", CLIENT);
    let (same, body) = bench.send(request.header("If-None-Match", tag), "").await;
    assert_eq!((same.status().as_u16(), body.len(), same.headers().get("etag")), (304, 0, Some(tag)));
    for (path, field) in
        [("services/search?q=%20", "q"), ("changes?cursor=OTk5", "cursor"), ("services?limit=0", "limit")]
    {
        let (refused, body) = bench.rest(Method::GET, CLIENT, &format!("catalogue/rest/v1/{path}"), "", "").await;
        let problem: serde_json::Value = serde_json::from_slice(&body).expect("a problem");
        assert_eq!((refused.status().as_u16(), problem["field"].as_str()), (400, Some(field)), "{path}");
    }
}

#[tokio::test]
async fn xroad_so_25_other_methods_on_the_soap_address_are_in_the_log() {
    let bench = bench(0, ExchangeLimits::default()).await;
    let (response, _) = bench.rest(Method::GET, CLIENT, "messages/soap/v1", "", "").await;
    assert_eq!(
        (response.status().as_u16(), response.headers().get("allow").map(http::HeaderValue::as_bytes)),
        (405, Some(&b"POST"[..]))
    );
    let logged = bench.logged().await.draft;
    assert_eq!((logged.status, logged.method.as_deref()), (Some(405), Some("GET")));
}

/// A SOAP request of `searchServices` with these members.
fn search_request(members: &str) -> String {
    let client = CLIENT.rsplit_once('/').map_or("", |(_, code)| code);
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\" \
         xmlns:i=\"http://x-road.eu/xsd/identifiers\"><s:Header><x:client i:objectType=\"SUBSYSTEM\">\
         <i:xRoadInstance>FI-TEST</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>9999906-0</i:memberCode>\
         <i:subsystemCode>{client}</i:subsystemCode></x:client><x:service i:objectType=\"SERVICE\">\
         <i:xRoadInstance>FI-TEST</i:xRoadInstance><i:memberClass>MUN</i:memberClass><i:memberCode>1234567-1</i:memberCode>\
         <i:subsystemCode>palvelut</i:subsystemCode><i:serviceCode>searchServices</i:serviceCode>\
         <i:serviceVersion>v1</i:serviceVersion></x:service><x:id>1</x:id><x:protocolVersion>4.0</x:protocolVersion>\
         </s:Header><s:Body><searchServices xmlns=\"urn:silta:catalogue:v1\">{members}</searchServices></s:Body></s:Envelope>"
    )
}

type Members = &'static [(&'static str, &'static str)];

#[tokio::test]
async fn a_search_is_narrowed_alike_over_rest_and_soap() {
    let bench = bench(0, ExchangeLimits::default()).await;
    // Each as query and as members; what is found, or the member that is refused (REST calls `query` `q`).
    let cases: [(Members, Result<bool, &str>); 15] = [
        (&[("query", "uimahallit")], Ok(true)),
        (&[("query", "uimahallit"), ("lang", "fi")], Ok(true)),
        (&[("query", "kirjasto")], Ok(false)),
        (&[("language", "fi")], Ok(true)),
        (&[("query", "uimahalli"), ("language", "sv")], Ok(false)),
        (&[("query", "uimahalli"), ("class", "1_1")], Ok(false)),
        (&[("query", "uimahalli"), ("targetGroup", "KR1")], Ok(false)),
        (&[("lifeEvent", "KE1")], Ok(false)),
        (&[("municipality", "853")], Ok(false)),
        (&[("channelKind", "servicePoint")], Ok(false)),
        (&[("latitude", "60.4"), ("longitude", "22.3"), ("metres", "1000")], Ok(false)),
        (&[], Err("query")),
        (&[("municipality", "8")], Err("municipality")),
        (&[("channelKind", "fax")], Err("channelKind")),
        (&[("latitude", "60.4"), ("longitude", "22.3"), ("metres", "far")], Err("metres")),
    ];
    for (members, expected) in cases {
        let query: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{}={value}", if *name == "query" { "q" } else { name }))
            .collect();
        let path = format!("catalogue/rest/v1/services/search?{}", query.join("&"));
        let (_, body) = bench.rest(Method::GET, CLIENT, &path, "application/json", "").await;
        let rest: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let elements: String =
            members.iter().flat_map(|(name, value)| ["<", name, ">", value, "</", name, ">"]).collect();
        let request = Request::builder().method(Method::POST).uri("/turku/catalogue/soap/v1");
        let (_, body) = bench.send(request.header("Content-Type", "text/xml"), search_request(&elements)).await;
        let soap = String::from_utf8_lossy(&body);
        match expected {
            Ok(found) => {
                assert_eq!(rest["items"].as_array().map(Vec::len), Some(usize::from(found)), "{members:?}: {rest}");
                assert!(soap.contains("<page"), "{members:?}: {soap}");
                assert_eq!(soap.contains("<code>101</code>"), found, "{members:?}: {soap}");
            }
            Err(field) => {
                let parameter = if field == "query" { "q" } else { field };
                assert_eq!(rest["field"], parameter, "{members:?}: {rest}");
                assert!(soap.contains(&format!("<field>{field}</field>")), "{members:?}: {soap}");
            }
        }
    }
}

/// The contract's members of a search, what the doors read, and how they are called.
#[test]
fn the_contract_names_every_member_that_narrows_a_search() {
    let contract: serde_json::Value =
        serde_json::from_str(include_str!("../../../wsdl/catalogue/v1/openapi.json")).expect("JSON");
    let parameters = &contract["paths"]["/services/search"]["get"]["parameters"];
    let names: Vec<&str> = parameters.as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
    let own = ["q", "lang", "limit", "cursor"].into_iter().chain(crate::operations::search::Narrowing::NAMES);
    assert_eq!(names, own.collect::<Vec<_>>());
    let kinds: Vec<&str> = crate::catalogue::search::ChannelKind::ALL
        .into_iter()
        .map(crate::catalogue::search::ChannelKind::word)
        .collect();
    let listed = contract["components"]["schemas"]["AccessKind"]["enum"].as_array().into_iter().flatten();
    assert_eq!(listed.filter_map(serde_json::Value::as_str).collect::<Vec<_>>(), kinds);
    let metres = &contract["components"]["schemas"]["Metres"]["maximum"];
    assert_eq!(metres.as_f64(), Some(crate::catalogue::search::Near::FARTHEST));
}

fn of_operator(order: &str, files: &[(&str, usize)], check: bool) -> OperatorOrder {
    let files =
        files.iter().map(|(name, size)| OperatorFile { name: (*name).into(), content: vec![b'x'; *size].into() });
    OperatorOrder { person: "irma".into(), order: order.into(), files: files.collect(), check }
}

#[tokio::test]
async fn an_operators_order_is_an_exchange_that_names_the_person() {
    let bench = bench(1, ExchangeLimits::default()).await;
    let order = r#"{"orderId": "1", "recipients": [], "title": "a", "body": "b", "attachments": [
        {"name": "päätös.pdf", "mediaType": "application/pdf", "part": "one.pdf"}]}"#;
    let files = [("two.txt", 3), ("one.pdf", 600_000)];

    let judged = bench.door.order_of_operator("turku", of_operator(order, &files, true)).await;
    assert_eq!((judged.code, judged.content["orderId"].as_str()), (None, Some("1-2")));
    assert!(bench.store.data().join("silta.db").exists());
    let unlogged = bench.log().await.into_iter().filter(|it| it.draft.protocol.is_some()).count();
    assert_eq!((unlogged, bench.desk.asked.load(Ordering::SeqCst)), (0, 0), "a look leaves nothing");

    // The first attempt meets its double. The file that no attachment names comes last, under its own name.
    let accepted = bench.door.order_of_operator("turku", of_operator(order, &files, false)).await;
    assert_eq!((accepted.code, accepted.content["id"].as_str()), (None, Some("order-1-600000-3")));
    assert_eq!(bench.desk.woken.load(Ordering::SeqCst), 1);
    let draft = bench.logged().await.draft;
    assert_eq!(draft.protocol.as_deref(), Some("operator 1"));
    assert_eq!(draft.client.as_deref(), Some("own/operator"));
    assert_eq!(draft.actor.as_deref(), Some("operator/irma"));
    assert_eq!(draft.operation.as_deref(), Some("sendMessage"));
    assert_eq!(draft.request_digest, Some(sha512(order.as_bytes())));
    assert_eq!(draft.request_parts.iter().map(|part| part.size).collect::<Vec<_>>(), [3, 600_000]);
    assert_eq!(draft.status, Some(202));
}

#[tokio::test]
async fn an_operators_order_has_the_rules_and_limits_of_every_other() {
    let bench = bench(0, ExchangeLimits { rest_body: 300, json_depth: 3, ..ExchangeLimits::default() }).await;
    let with = |attachment: &str| {
        format!(r#"{{"orderId": "1", "recipients": [], "title": "a", "body": "b", "attachments": [{attachment}]}}"#)
    };
    let part = with(r#"{"name": "a.pdf", "mediaType": "application/pdf", "part": "a.pdf"}"#);
    for (order, files, code, field) in [
        ("{", &[][..], "malformed", None),
        ("[[[[]]]]", &[], "malformed", None),
        (r#"{"orderID": "1"}"#, &[], "unknown-field", Some("orderID")),
        (&part, &[], "invalid-field", Some("attachments[0].part")),
        (&part, &[("a.pdf", 1), ("a.pdf", 1)], "invalid-field", Some("attachments")),
        (&" ".repeat(301), &[], "too-large", None),
    ] {
        for check in [true, false] {
            let answer = bench.door.order_of_operator("turku", of_operator(order, files, check)).await;
            assert_eq!(answer.code, Some(code), "{order}: {}", answer.content);
            assert_eq!(answer.content["field"].as_str(), field, "{order}");
        }
        let draft = bench.logged().await.draft;
        assert_eq!((draft.fault_code.as_deref(), draft.actor.as_deref()), (Some(code), Some("operator/irma")));
    }
    assert!(bench.metrics.encode().contains(r#"limit="rest_body""#));
    let stranger = bench.door.order_of_operator("naantali", of_operator("{}", &[], false)).await;
    assert_eq!(stranger.code, Some("unknown-operation"));
}
