//! Tracing and metrics: how the process tells what it does.
//!
//! Log lines go to standard error; docs/logging.md lists the fields. Metrics live in a registry that is a value, so
//! that two adapters in one process (tests) do not mix. Neither ever carries a message text, a token or a person.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The longest value from outside that is written to a log, in characters.
const LONGEST: usize = 256;

/// Why log lines cannot be written. The configuration's fault; do not retry.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log.level: {0}. Expected a level such as \"info\" or directives such as \"info,silta::ptv=debug\"")]
    Level(String),
    #[error("log lines are already being written in this process")]
    Started,
}

/// Starts to write log lines to standard error, as JSON or as text.
pub fn start(json: bool, level: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(level).map_err(|error| TelemetryError::Level(error.to_string()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if json {
        registry.with(lines.json().flatten_event(true).with_current_span(true)).try_init()
    } else {
        registry.with(lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))).try_init()
    };
    started.map_err(|_| TelemetryError::Started)
}

/// The same as text; and what is of the level `beside` goes into another sink, too.
#[cfg(feature = "sandbox")]
pub fn start_beside<W>(level: &str, beside: &str, sink: W) -> Result<(), TelemetryError>
where
    W: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    use tracing_subscriber::Layer as _;
    let filter = |level: &str| EnvFilter::try_new(level).map_err(|error| TelemetryError::Level(error.to_string()));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let others = tracing_subscriber::fmt::layer().with_writer(sink).with_ansi(false);
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter(level)?));
    registry.with(others.with_filter(filter(beside)?)).try_init().map_err(|_| TelemetryError::Started)
}

/// Makes panics tell where they happened and not what they say: a panic's message may quote the data that caused it.
pub fn hush_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "panic");
    }));
}

/// Makes a value from outside safe to print: control, bidirectional and invisible characters become escapes, long
/// values are cut (xroad.md §9.10 SE-09).
pub fn safe(value: &str) -> Safe<'_> {
    Safe(value)
}

/// See [`safe`].
#[derive(Clone, Copy)]
pub struct Safe<'a>(&'a str);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(LONGEST) {
            if is_unsafe(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else if character == '\\' {
                f.write_str("\\\\")?;
            } else {
                f.write_char(character)?;
            }
        }
        if characters.next().is_some() { f.write_str("…") } else { Ok(()) }
    }
}

impl fmt::Debug for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The alarm of letters that wait for a person.
pub const LETTERS_PARKED: &str = "letters_parked";
/// The alarm of a system account by which nothing is sent any more.
pub const LETTERS_STOPPED: &str = "letters_stopped";
/// The alarm of a webhook that has failed for days.
pub const WEBHOOK_GIVEN_UP: &str = "webhook_given_up";
/// The alarm of a message log that cannot be written: every exchange is refused while it lasts.
pub const MESSAGE_LOG: &str = "message log";

/// The process's figures. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    open: Family<Door, Gauge>,
    accepted: Family<Door, Counter>,
    handshakes_failed: Family<HandshakeFailure, Counter>,
    exchanges: Family<Exchange, Counter>,
    seconds: Family<Operation, Histogram, fn() -> Histogram>,
    limits: Family<Limit, Counter>,
    panics: Family<Place, Counter>,
    commits: Family<Outcome, Counter>,
    unreadable: Family<OfTenant, Counter>,
    queues: Family<Queue, Gauge>,
    reloads: Family<Outcome, Counter>,
    alarms: Family<Alarm, Gauge>,
    tenants: Family<State, Gauge>,
    pulls: Family<Pull, Counter>,
    pulled_nodes: Family<Pull, Counter>,
    pull_held: Family<OfTenant, Gauge>,
    removals_held: Family<OfTenant, Gauge>,
    mailboxes_checked: Family<OfTenant, Counter>,
    ptv_looks: Family<Pull, Counter>,
    ptv_drift: Family<Drift, Gauge>,
    ptv_expiring: Family<Expiring, Gauge>,
    ptv_shadow: Family<Drift, Gauge>,
    ptv_coming: Family<OfTenant, Gauge>,
    ptv_contract: Family<OfTenant, Gauge>,
    ptv_contract_looked: Family<OfTenant, Gauge>,
    letters: Family<Letters, Gauge>,
    feed_overdue: Family<OfTenant, Gauge>,
    paper_letters: Family<Pool, Gauge>,
    replies: Family<Pull, Counter>,
    webhooks: Family<Pull, Counter>,
    webhooks_given_up: Family<OfTenant, Gauge>,
}

macro_rules! labels {
    ($($name:ident { $($field:ident),+ })+) => { $(
        #[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
        struct $name { $($field: String),+ }
    )+ };
}

labels! {
    Door { listener }
    HandshakeFailure { listener, reason }
    Exchange { operation, outcome }
    Operation { operation }
    Limit { limit }
    Place { place }
    Outcome { outcome }
    Queue { queue }
    OfTenant { tenant }
    Alarm { alarm }
    State { state }
    Letters { tenant, state }
    Pull { tenant, outcome }
    Drift { tenant, class }
    Pool { tenant, cost_pool }
    Expiring { tenant, months }
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("silta");
        macro_rules! family {
            ($name:literal, $help:literal, $value:expr) => {{
                let family = $value;
                registry.register($name, $help, family.clone());
                family
            }};
        }
        let open = family!("connections_open", "Open connections", Family::default());
        let accepted = family!("connections", "Accepted connections", Family::default());
        let handshakes_failed = family!("handshakes_failed", "TLS handshakes that failed", Family::default());
        let exchanges = family!("exchanges", "Exchanges by operation and outcome", Family::default());
        let seconds = family!(
            "exchange_seconds",
            "Time from header to response",
            Family::<Operation, Histogram, fn() -> Histogram>::new_with_constructor(histogram)
        );
        let limits = family!("limits_hit", "Limits that refused something", Family::default());
        let panics = family!("panics", "Panics that were caught", Family::default());
        let commits = family!("commits", "Commits by outcome", Family::default());
        let queues = family!("queue_length", "Waiting work by queue", Family::default());
        let reloads = family!("reloads", "Reloads of certificates and configuration", Family::default());
        let unreadable =
            family!("records_unreadable", "Stored records that could not be read and were left out", Family::default());
        let letters = family!("letters", "Letters by tenant and state", Family::default());
        let alarms = family!("alarm", "1 while something needs a person at once", Family::default());
        let tenants = family!("tenants", "Tenants that have joined, and those that have published", Family::default());
        let pulls = family!("pulls", "Readings of sites that the catalogue is pulled from", Family::default());
        let pulled_nodes =
            family!("pulled_nodes", "Nodes of such sites that were taken in, refused or withdrawn", Family::default());
        let removals_held =
            family!("ptv_removals_held", "Removals from PTV that the stop-loss holds", Family::default());
        let mailboxes_checked =
            family!("mailboxes_checked", "Recipients whose mailbox was asked about", Family::default());
        let pull_held = family!("pull_held", "Withdrawals of a pull that wait for the operator", Family::default());
        let ptv_looks = family!("ptv_looks", "Looks at what PTV holds, by outcome", Family::default());
        let ptv_drift = family!("ptv_drift", "Twins in PTV that are not as they were sent", Family::default());
        let ptv_expiring =
            family!("ptv_expiring", "Twins in PTV that were not written for so many months", Family::default());
        let ptv_shadow = family!("ptv_shadow", "Objects in both versions of PTV, by how they stand", Family::default());
        let ptv_coming =
            family!("ptv_coming", "Records of which PTV v12 would refuse or lose something", Family::default());
        let ptv_contract = family!(
            "ptv_contract_breaking",
            "Changes of PTV's contract that break what a tenant sends",
            Family::default()
        );
        let ptv_contract_looked =
            family!("ptv_contract_looked", "When PTV's contract was last compared, in Unix seconds", Family::default());
        let paper_letters = family!(
            "viestit_paper_letters",
            "Letters that are known to have gone on paper, by cost pool; an empty one where none is named",
            Family::default()
        );
        let feed_overdue = family!(
            "viestit_feed_overdue",
            "1 while the event feed of a tenant's account was not read for too long",
            Family::default()
        );
        let replies = family!("viestit_replies", "Messages from end users, by what became of them", Family::default());
        let webhooks = family!("viestit_webhooks", "Calls of webhooks: told, failed", Family::default());
        let webhooks_given_up =
            family!("viestit_webhook_given_up", "Webhooks of a tenant that have failed for days", Family::default());
        let inner = Inner {
            registry,
            open,
            accepted,
            handshakes_failed,
            exchanges,
            seconds,
            limits,
            panics,
            commits,
            unreadable,
            queues,
            reloads,
            alarms,
            tenants,
            pulls,
            pulled_nodes,
            pull_held,
            removals_held,
            mailboxes_checked,
            ptv_looks,
            ptv_drift,
            ptv_expiring,
            ptv_shadow,
            ptv_coming,
            ptv_contract,
            ptv_contract_looked,
            letters,
            feed_overdue,
            paper_letters,
            replies,
            webhooks,
            webhooks_given_up,
        };
        let metrics = Self { inner: Arc::new(inner) };
        // There from the start, so that a rule on it can tell silence from quiet.
        metrics.alarm(MESSAGE_LOG, false);
        metrics.alarm(LETTERS_PARKED, false);
        metrics.alarm(LETTERS_STOPPED, false);
        metrics.alarm(WEBHOOK_GIVEN_UP, false);
        metrics
    }

    /// A look at a tenant's PTV is over: `compared` or `failed`.
    pub fn ptv_look(&self, tenant: &str, outcome: &str) {
        let look = Pull { tenant: tenant.to_owned(), outcome: outcome.to_owned() };
        self.inner.ptv_looks.get_or_create(&look).inc();
    }

    /// So many recipients were asked about. Who they were is never told.
    pub fn mailboxes_checked(&self, tenant: &str, count: usize) {
        let of = OfTenant { tenant: tenant.to_owned() };
        self.inner.mailboxes_checked.get_or_create(&of).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// How many twins of a class stand open.
    pub fn ptv_drift(&self, tenant: &str, class: &str, count: usize) {
        let drift = Drift { tenant: tenant.to_owned(), class: class.to_owned() };
        self.inner.ptv_drift.get_or_create(&drift).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How many objects stand so in both versions of PTV's interface.
    pub fn ptv_shadow(&self, tenant: &str, standing: &str, count: u64) {
        let shadow = Drift { tenant: tenant.to_owned(), class: standing.to_owned() };
        self.inner.ptv_shadow.get_or_create(&shadow).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Of how many records PTV v12 would refuse or lose something.
    pub fn ptv_coming(&self, tenant: &str, count: usize) {
        let of = OfTenant { tenant: tenant.to_owned() };
        self.inner.ptv_coming.get_or_create(&of).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How many twins were not written for so many months.
    pub fn ptv_expiring(&self, tenant: &str, months: &str, count: usize) {
        let expiring = Expiring { tenant: tenant.to_owned(), months: months.to_owned() };
        self.inner.ptv_expiring.get_or_create(&expiring).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A connection of a listener, counted as open until the value is dropped.
    pub fn connection(&self, listener: &str) -> OpenConnection {
        let door = Door { listener: listener.to_owned() };
        self.inner.accepted.get_or_create(&door).inc();
        let gauge = self.inner.open.get_or_create_owned(&door);
        gauge.inc();
        OpenConnection { gauge }
    }

    /// How many connections of a listener are open.
    pub fn open_connections(&self, listener: &str) -> i64 {
        self.inner.open.get_or_create(&Door { listener: listener.to_owned() }).get()
    }

    pub fn handshake_failed(&self, listener: &str, reason: &'static str) {
        let labels = HandshakeFailure { listener: listener.to_owned(), reason: reason.to_owned() };
        self.inner.handshakes_failed.get_or_create(&labels).inc();
    }

    pub fn handshakes_failed(&self, listener: &str, reason: &'static str) -> u64 {
        let labels = HandshakeFailure { listener: listener.to_owned(), reason: reason.to_owned() };
        self.inner.handshakes_failed.get_or_create(&labels).get()
    }

    /// One exchange done. `operation` must come from the registry of operations, never from the request.
    pub fn exchange(&self, operation: &str, outcome: &str, took: Duration) {
        let labels = Exchange { operation: operation.to_owned(), outcome: outcome.to_owned() };
        self.inner.exchanges.get_or_create(&labels).inc();
        let labels = Operation { operation: operation.to_owned() };
        self.inner.seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A limit refused something. The name is that of the key under `[limits]`.
    pub fn limit_hit(&self, limit: &'static str) {
        self.inner.limits.get_or_create(&Limit { limit: limit.to_owned() }).inc();
    }

    pub fn limit_hits(&self, limit: &'static str) -> u64 {
        self.inner.limits.get_or_create(&Limit { limit: limit.to_owned() }).get()
    }

    pub fn panic(&self, place: &'static str) {
        self.inner.panics.get_or_create(&Place { place: place.to_owned() }).inc();
    }

    pub fn panics(&self, place: &'static str) -> u64 {
        self.inner.panics.get_or_create(&Place { place: place.to_owned() }).get()
    }

    /// A stored record of a tenant's catalogue cannot be read and is left out of its view.
    pub fn unreadable_record(&self, tenant: &str) {
        self.inner.unreadable.get_or_create(&OfTenant { tenant: tenant.to_owned() }).inc();
    }

    pub fn unreadable_records(&self, tenant: &str) -> u64 {
        self.inner.unreadable.get_or_create(&OfTenant { tenant: tenant.to_owned() }).get()
    }

    pub fn commit(&self, outcome: &'static str) {
        self.inner.commits.get_or_create(&Outcome { outcome: outcome.to_owned() }).inc();
    }

    pub fn queue_length(&self, queue: &'static str, length: usize) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        self.inner.queues.get_or_create(&Queue { queue: queue.to_owned() }).set(length);
    }

    pub fn reload(&self, outcome: &'static str) {
        self.inner.reloads.get_or_create(&Outcome { outcome: outcome.to_owned() }).inc();
    }

    /// How many tenants there are in a state: `joined`, `published`.
    pub fn tenants(&self, state: &'static str, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.inner.tenants.get_or_create(&State { state: state.to_owned() }).set(count);
    }

    /// A reading of a site: `done`, `failed`.
    pub fn pulled(&self, tenant: &str, outcome: &'static str) {
        let labels = Pull { tenant: tenant.to_owned(), outcome: outcome.to_owned() };
        self.inner.pulls.get_or_create(&labels).inc();
    }

    /// Nodes of a site that were `changed`, `refused` or `withdrawn`.
    pub fn pulled_nodes(&self, tenant: &str, outcome: &'static str, count: u64) {
        let labels = Pull { tenant: tenant.to_owned(), outcome: outcome.to_owned() };
        self.inner.pulled_nodes.get_or_create(&labels).inc_by(count);
    }

    /// Withdrawals of a tenant's pull that wait for the operator.
    pub fn removals_held(&self, tenant: &str, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.inner.removals_held.get_or_create(&OfTenant { tenant: tenant.to_owned() }).set(count);
    }

    /// Changes of PTV's contract that break something of a tenant's, and when that was last looked at.
    pub fn ptv_contract(&self, tenant: &str, breaking: usize, looked: Option<i64>) {
        let tenant = OfTenant { tenant: tenant.to_owned() };
        self.inner.ptv_contract.get_or_create(&tenant).set(i64::try_from(breaking).unwrap_or(i64::MAX));
        if let Some(looked) = looked {
            self.inner.ptv_contract_looked.get_or_create(&tenant).set(looked);
        }
    }

    pub fn pull_held(&self, tenant: &str, count: i64) {
        self.inner.pull_held.get_or_create(&OfTenant { tenant: tenant.to_owned() }).set(count);
    }

    /// How many letters of a tenant are in a state.
    pub fn letters(&self, tenant: &str, state: &str, count: u64) {
        let letters = Letters { tenant: tenant.to_owned(), state: state.to_owned() };
        self.inner.letters.get_or_create(&letters).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Whether the event feed of a tenant's account was not read for too long.
    pub fn feed_overdue(&self, tenant: &str, overdue: bool) {
        self.inner.feed_overdue.get_or_create(&OfTenant { tenant: tenant.to_owned() }).set(i64::from(overdue));
    }

    /// Letters of a tenant that went on paper, charged to a cost pool.
    pub fn paper_letters(&self, tenant: &str, cost_pool: &str, count: i64) {
        let pool = Pool { tenant: tenant.to_owned(), cost_pool: cost_pool.to_owned() };
        self.inner.paper_letters.get_or_create(&pool).set(count);
    }

    pub fn paper_letters_of(&self, tenant: &str, cost_pool: &str) -> i64 {
        let pool = Pool { tenant: tenant.to_owned(), cost_pool: cost_pool.to_owned() };
        self.inner.paper_letters.get_or_create(&pool).get()
    }

    pub fn is_feed_overdue(&self, tenant: &str) -> bool {
        self.inner.feed_overdue.get_or_create(&OfTenant { tenant: tenant.to_owned() }).get() != 0
    }

    /// What became of a message from an end user: `received`, `incomplete`, `lost`, `expired`.
    pub fn reply(&self, tenant: &str, outcome: &'static str) {
        let labels = Pull { tenant: tenant.to_owned(), outcome: outcome.to_owned() };
        self.inner.replies.get_or_create(&labels).inc();
    }

    pub fn replies(&self, tenant: &str, outcome: &'static str) -> u64 {
        let labels = Pull { tenant: tenant.to_owned(), outcome: outcome.to_owned() };
        self.inner.replies.get_or_create(&labels).get()
    }

    /// A call of a tenant's webhook: `told`, `failed`.
    pub fn webhook(&self, tenant: &str, outcome: &'static str) {
        let labels = Pull { tenant: tenant.to_owned(), outcome: outcome.to_owned() };
        self.inner.webhooks.get_or_create(&labels).inc();
    }

    /// How many webhooks of a tenant have failed for days.
    pub fn webhooks_given_up(&self, tenant: &str, count: i64) {
        self.inner.webhooks_given_up.get_or_create(&OfTenant { tenant: tenant.to_owned() }).set(count);
    }

    pub fn is_webhook_given_up(&self, tenant: &str) -> bool {
        self.inner.webhooks_given_up.get_or_create(&OfTenant { tenant: tenant.to_owned() }).get() != 0
    }

    /// Raises or ends an alarm.
    pub fn alarm(&self, alarm: &'static str, on: bool) {
        self.inner.alarms.get_or_create(&Alarm { alarm: alarm.to_owned() }).set(i64::from(on));
    }

    pub fn is_alarmed(&self, alarm: &'static str) -> bool {
        self.inner.alarms.get_or_create(&Alarm { alarm: alarm.to_owned() }).get() != 0
    }

    /// All figures in the OpenMetrics text format (`application/openmetrics-text; version=1.0.0; charset=utf-8`).
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail; a metric that cannot be encoded leaves the text without its end mark.
        if let Err(error) = prometheus_client::encoding::text::encode(&mut text, &self.inner.registry) {
            tracing::error!(%error, "metrics cannot be encoded");
        }
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// See [`Metrics::connection`].
#[derive(Debug)]
pub struct OpenConnection {
    gauge: Gauge,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

fn histogram() -> Histogram {
    Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xroad_se_09_values_from_outside_cannot_forge_log_lines() {
        for (value, printed) in [
            ("asiointi-1", "asiointi-1"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("a\u{202e}b\u{2066}c\u{200b}", "a\\u{202e}b\\u{2066}c\\u{200b}"),
            ("\u{85}\u{2028}", "\\u{85}\\u{2028}"),
            ("\\u{a}", "\\\\u{a}"),
            ("Äänekoski", "Äänekoski"),
        ] {
            assert_eq!(safe(value).to_string(), printed);
            assert_eq!(format!("{:?}", safe(value)), printed);
        }
        assert_eq!(safe(&"ä".repeat(300)).to_string().chars().count(), LONGEST + 1);
    }

    #[test]
    fn figures_are_named_and_independent() {
        let (one, other) = (Metrics::new(), Metrics::new());
        let open = one.connection("xroad");
        one.exchange("listServices", "ok", Duration::from_millis(3));
        one.limit_hit("uri");
        one.queue_length("outbox", 7);
        one.commit("ok");
        let text = one.encode();
        for line in [
            "silta_connections_open{listener=\"xroad\"} 1",
            "silta_connections_total{listener=\"xroad\"} 1",
            "silta_exchanges_total{operation=\"listServices\",outcome=\"ok\"} 1",
            "silta_exchange_seconds_count{operation=\"listServices\"} 1",
            "silta_limits_hit_total{limit=\"uri\"} 1",
            "silta_queue_length{queue=\"outbox\"} 7",
            "silta_commits_total{outcome=\"ok\"} 1",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        drop(open);
        assert_eq!(one.open_connections("xroad"), 0);
        assert_eq!(other.limit_hits("uri"), 0);
    }
}
