//! Calls to the site's JSON:API: one account, one page at a time, and what each answer means.
//!
//! Nothing that the site says reaches a log or an error, but what it finds wrong with our own question.

use std::time::Duration;

use form_urlencoded::Serializer;
use jiff::Timestamp;
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::document::{Document, Malformed};
use crate::telemetry::safe;
use crate::world::{ClientOptions, World, WorldError};

/// The largest answer: fifty nodes with what they include.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
const MEDIA_TYPE: &str = "application/vnd.api+json";

pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    username: String,
    password: SecretString,
}

/// What is asked of a bundle.
#[derive(Clone, Debug, Default)]
pub(super) struct Question<'a> {
    pub(super) bundle: &'a str,
    /// The path prefix of the language.
    pub(super) prefix: &'a str,
    /// Changed at this second or later.
    pub(super) since: Option<i64>,
    /// Nodes with a greater number, and with none greater than the other.
    pub(super) after: Option<u64>,
    pub(super) up_to: Option<u64>,
    pub(super) offset: usize,
    pub(super) limit: usize,
    pub(super) include: &'a str,
}

/// Why a page was not read. Nothing that follows from it is concluded; each says what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("the site does not answer ({0}). Nothing is lost; it is asked again")]
    Silent(&'static str),
    #[error("the site refuses the account (401). Look at username and password_file, and at its permissions in Drupal")]
    LoginRefused,
    #[error("the site forbids reading {bundle} (403). Give the account the permission to view published content")]
    Forbidden { bundle: String },
    #[error(
        "there is no {bundle} at the site's JSON:API (404). Look at url, the prefixes and the bundles of the mapping"
    )]
    Absent { bundle: String },
    #[error("the site refuses the question for {bundle} (400): {said}. Look at the fields of the mapping")]
    Question { bundle: String, said: String },
    #[error("the site answers {0} to another address. Write the final address in url")]
    Moved(u16),
    #[error("the site answers {0}. Nothing is lost; it is asked again")]
    Broken(u16),
    #[error("an answer of the site for {bundle} cannot be used: {why}. Nothing is lost; it is asked again")]
    Unreadable { bundle: String, why: Malformed },
    #[error("an answer of the site for {bundle} is no JSON:API. Look at url: a page of a front may be in between")]
    NotJsonApi { bundle: String },
    #[error("an answer of the site for {bundle} is larger than {MAX_ANSWER_BYTES} bytes. Make page smaller")]
    TooLarge { bundle: String },
    #[error(
        "the site does not sort {bundle} by drupal_internal__nid. Do not disable or rename that field in JSON:API Extras"
    )]
    Unsorted { bundle: String },
    #[error("the site has more than {0} nodes of the mapped bundles")]
    TooMany(usize),
}

impl Client {
    pub(super) fn new(
        url: &str,
        username: &str,
        password: SecretString,
        timeout: Duration,
        world: &World,
    ) -> Result<Client, WorldError> {
        let options = ClientOptions { total_timeout: timeout, read_timeout: timeout, ..ClientOptions::default() };
        let http = world.http_client(&options)?;
        Ok(Client { http, base: url.trim_end_matches('/').to_owned(), username: username.to_owned(), password })
    }

    /// One page of a bundle's nodes, by their numbers.
    pub(super) async fn page(&self, question: &Question<'_>) -> Result<Document, Failure> {
        let bundle = question.bundle;
        let request = self
            .http
            .get(self.address(question))
            .header(ACCEPT, MEDIA_TYPE)
            .basic_auth(&self.username, Some(self.password.expose_secret()));
        let response = request.send().await.map_err(|error| silent(&error))?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name)?.to_str().ok();
        let essence = header(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
        let date = header(DATE).and_then(http_date);
        let body = read(response, bundle).await?;
        let bundle = || bundle.to_owned();
        match status {
            200 if essence != MEDIA_TYPE => Err(Failure::NotJsonApi { bundle: bundle() }),
            200 => {
                let read = Document::read(&body, question.bundle);
                let mut document = read.map_err(|why| Failure::Unreadable { bundle: bundle(), why })?;
                document.date = date;
                Ok(document)
            }
            300..=399 => Err(Failure::Moved(status)),
            400 => Err(Failure::Question { bundle: bundle(), said: complaint(&body) }),
            401 => Err(Failure::LoginRefused),
            403 => Err(Failure::Forbidden { bundle: bundle() }),
            404 => Err(Failure::Absent { bundle: bundle() }),
            _ => Err(Failure::Broken(status)),
        }
    }

    fn address(&self, question: &Question<'_>) -> String {
        let Question { bundle, prefix, since, after, up_to, offset, limit, include } = *question;
        let mut query = Serializer::new(String::new());
        let conditions = [
            ("since", "changed", ">=", since),
            ("after", "drupal_internal__nid", ">", after.and_then(|number| i64::try_from(number).ok())),
            ("upto", "drupal_internal__nid", "<=", up_to.and_then(|number| i64::try_from(number).ok())),
        ];
        for (name, path, operator, value) in conditions {
            // Times are seconds in a filter, whatever the documents show.
            let Some(value) = value else { continue };
            query.append_pair(&format!("filter[{name}][condition][path]"), path);
            query.append_pair(&format!("filter[{name}][condition][operator]"), operator);
            query.append_pair(&format!("filter[{name}][condition][value]"), &value.to_string());
        }
        query.append_pair("sort", "drupal_internal__nid");
        query.append_pair("page[limit]", &limit.to_string());
        if offset > 0 {
            query.append_pair("page[offset]", &offset.to_string());
        }
        if !include.is_empty() {
            query.append_pair("include", include);
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        format!("{}{prefix}/jsonapi/node/{bundle}?{}", self.base, query.finish())
    }
}

async fn read(mut response: Response, bundle: &str) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silent(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Failure::TooLarge { bundle: bundle.to_owned() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn silent(error: &reqwest::Error) -> Failure {
    Failure::Silent(if error.is_timeout() {
        "not in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the answer was cut off"
    })
}

/// What core finds wrong with a question: it names fields and parameters, which are ours.
fn complaint(body: &[u8]) -> String {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = document.pointer("/errors/0/detail").and_then(Value::as_str).unwrap_or("it does not say why");
    safe(said.trim_end_matches('.')).to_string()
}

/// `Wed, 25 Nov 2026 08:00:00 GMT`
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|time| time.timestamp())
}
