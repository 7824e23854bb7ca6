//! The simulator against the published OpenAPI file, read in place: every answer that the file lists is given and fits,
//! and every rule of the request schemas is kept, neither more nor less.

use std::collections::BTreeSet;

use serde_json::Map;

use super::first::{electronic_v1, multichannel_v1, paper_v1};
use super::*;

/// The published file.
struct Description(Value);

impl Description {
    fn published() -> Option<Self> {
        let shared = std::env::var_os("SILTA_SHARED").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
            std::path::PathBuf::from,
        );
        let file = shared.join("specs/viestit/openapi/messages-api.yaml");
        let Ok(text) = std::fs::read_to_string(&file) else {
            println!("skipped: {} is absent", file.display());
            return None;
        };
        let mut document = yaml::read(&text);
        // Two alternatives of version 1 overlap in the file itself: a confirmed letter is a paper event and a Posti
        // event, a confirmed message has message metadata and verifiable metadata. "One of" cannot hold for them.
        for name in ["Event", "EventMetadata"] {
            let schema = document["components"]["schemas"][name].as_object_mut().expect("a schema");
            let alternatives = schema.remove("oneOf").expect("alternatives");
            schema.insert("anyOf".to_owned(), alternatives);
        }
        // And the metadata of a letter that Posti handed over is missing among the alternatives of all events.
        let metadata = document["components"]["schemas"]["EventMetadata"]["anyOf"].as_array_mut();
        let posti = json!({"$ref": "#/components/schemas/PostiReceiptConfirmedEventMetadata"});
        metadata.expect("alternatives").push(posti);
        Some(Self(document))
    }

    /// Method, path and status of every answer that the file lists.
    fn answers(&self) -> BTreeSet<(String, String, u16)> {
        let paths = self.0["paths"].as_object().expect("paths").iter();
        let operations = paths.flat_map(|(path, item)| {
            item.as_object().expect("operations").iter().map(move |(method, operation)| (method, path, operation))
        });
        let listed = operations.flat_map(|(method, path, operation)| {
            let statuses = operation["responses"].as_object().expect("responses").keys();
            statuses.map(move |status| (method.to_uppercase(), path.clone(), status.parse().expect("a status")))
        });
        listed.collect()
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        &self.0["paths"][path][method.to_lowercase()]
    }

    fn validator(&self, schema: &Value) -> jsonschema::Validator {
        let mut schema = schema.as_object().expect("a schema").clone();
        schema.insert("components".to_owned(), self.0["components"].clone());
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .should_validate_formats(true)
            .build(&Value::Object(schema))
            .expect("a sound schema")
    }

    /// The schema of a JSON request body, with its reference followed.
    fn request(&self, method: &str, path: &str) -> &Value {
        &self.operation(method, path)["requestBody"]["content"]["application/json"]["schema"]
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        pointer.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(schema)
    }

    /// Is that answer one that the file lists, members and all?
    fn judge(&self, method: &str, path: &str, got: &Got) {
        let place = format!("{method} {path} {}: {}", got.status, got.text);
        let response = &self.operation(method, path)["responses"][got.status.to_string()];
        assert!(response.is_object(), "not listed: {place}");
        if response["headers"]["traceId"].is_object() {
            let trace = got.trace_id.as_deref().expect("a trace id");
            assert_eq!(trace.parse::<uuid::Uuid>().map(|id| id.to_string()).as_deref(), Ok(trace), "{place}");
        }
        let content = response["content"].as_object().expect("content");
        if content.is_empty() {
            return;
        }
        let media = content.get(got.kind.split(';').next().unwrap_or_default());
        let media = media.unwrap_or_else(|| panic!("media type {}: {place}", got.kind));
        if got.kind.starts_with("text/plain") {
            assert!(!got.text.is_empty(), "{place}");
            return;
        }
        let mut closed = self.0.clone();
        close(&mut closed["components"]);
        let mut schema = media["schema"].as_object().expect("a schema").clone();
        schema.insert("components".to_owned(), closed["components"].take());
        let validator = Self(json!({"components": schema["components"].clone()})).validator(&Value::Object(schema));
        let problems: Vec<String> =
            validator.iter_errors(&got.json()).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(problems.is_empty(), "{problems:#?}\n{place}");
    }
}

/// Lets no object have members that its schema does not name; an object of alternatives is closed by each of them.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let composed = ["oneOf", "anyOf"].iter().any(|word| members.contains_key(*word));
            if members.get("properties").is_some_and(Value::is_object) && !composed {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// A world whose every answer is judged.
struct Judged<'a> {
    world: &'a World,
    description: &'a Description,
    given: BTreeSet<(String, String, u16)>,
}

impl Judged<'_> {
    async fn call(&mut self, method: &str, path: &str, request: RequestBuilder, status: u16) -> Got {
        let got = self.world.send(request).await;
        assert_eq!(got.status, status, "{method} {path}: {}", got.text);
        self.description.judge(method, path, &got);
        self.given.insert((method.to_owned(), path.to_owned(), status));
        got
    }

    async fn post(&mut self, path: &str, body: &Value, status: u16) -> Got {
        let request = self.world.client.post(self.world.url(path)).bearer_auth(&self.world.token).json(body);
        self.call("POST", path, request, status).await
    }

    async fn get(&mut self, path: &str, target: &str, status: u16) -> Got {
        let request = self.world.client.get(self.world.url(target)).bearer_auth(&self.world.token);
        self.call("GET", path, request, status).await
    }

    async fn get_as(&mut self, token: &str, path: &str, target: &str, status: u16) -> Got {
        let request = self.world.client.get(self.world.url(target)).bearer_auth(token);
        self.call("GET", path, request, status).await
    }

    async fn upload(&mut self, path: &'static str, media_type: &str, size: usize, status: u16) -> Option<String> {
        let part = Part::bytes(vec![b'a'; size]).file_name("paatos.pdf").mime_str(media_type).expect("a media type");
        let mut form = Form::new().part("file", part);
        if path == "/v1/attachments" {
            form = form.text("metadata", json!({"recipientId": AINO}).to_string());
        }
        let request = self.world.client.post(self.world.url(path)).bearer_auth(&self.world.token).multipart(form);
        let got = self.call("POST", path, request, status).await;
        let member = if path == "/v1/files" { "fileId" } else { "attachmentId" };
        (status == 201).then(|| got.json()[member].as_str().expect("an id").to_owned())
    }
}

const UPLOADS: [&str; 3] = ["/v1/files", "/v1/attachments", "/v2/attachments"];

/// Every answer that the file lists, good and refused, of both versions.
#[tokio::test]
async fn every_listed_answer_is_given_and_fits() {
    let Some(description) = Description::published() else { return };
    let mut world = World::new().await;
    world.token = world.log_in(SYSTEM).await;
    let control = world.sim.control.clone();
    let mut judged = Judged { world: &world, description: &description, given: BTreeSet::new() };
    access(&mut judged).await;
    let mut files = Vec::new();
    for path in UPLOADS {
        files.push(judged.upload(path, "application/pdf", 100, 201).await.expect("an id"));
        judged.upload(path, "video/mp4", 100, 415).await;
        control.fault(path, Fault::Status(502), 1);
        judged.upload(path, "application/pdf", 100, 502).await;
        let nothing = Form::new().text("other", "x");
        let request = world.client.post(world.url(path)).bearer_auth(&world.token).multipart(nothing);
        judged.call("POST", path, request, 400).await;
        if path != "/v1/files" {
            judged.upload(path, "application/pdf", MAX_REQUEST_BYTES, 413).await;
        }
    }
    let [file, attachment, pdf] = files.as_slice() else { panic!("three uploads") };
    let with_file = with(electronic_v1("e1"), "/electronic/attachments", json!([{"attachmentId": attachment}]));
    let sends = [
        ("/v1/messages/electronic", with_file),
        ("/v1/messages", multichannel_v1("m1", file)),
        ("/v1/paper-mail-without-id", paper_v1("p1", file)),
        (ELECTRONIC, with(electronic_body("e2"), "/electronic/messageServiceType", json!("Verifiable"))),
        (MULTICHANNEL, with(multichannel_body("m2", pdf), "/recipient/id", json!(WITHOUT_MAILBOX))),
        (PAPER, with(paper_body("p2", pdf), "/paperMail/messageServiceType", json!("Verifiable"))),
    ];
    let mut ids = Vec::new();
    for (path, body) in &sends {
        ids.push(judged.post(path, body, 200).await.id());
        // The description leaves the 409 of the first electronic call out, though its introduction has it for all.
        if *path != "/v1/messages/electronic" {
            judged.post(path, body, 409).await;
        }
        judged.post(path, &without(body.clone(), "/sender"), 400).await;
        let broken = world.client.post(world.url(path)).bearer_auth(&world.token);
        judged.call("POST", path, broken.header("content-type", "application/json").body("{"), 400).await;
        control.fault(path, Fault::Status(502), 1);
        judged.post(path, body, 502).await;
    }
    let unknown = with(electronic_body("e3"), "/recipient/id", json!(WITHOUT_MAILBOX));
    assert_eq!(judged.post(ELECTRONIC, &unknown, 400).await.invalid()[0]["errorCode"], "MAILBOX_NOT_IN_USE");
    let [first, _, letter_v1, verifiable, _, letter] = ids[..] else { panic!("six messages") };
    control.read(first).expect("read");
    control.confirm(verifiable, "Aino Esimerkki").expect("confirmed");
    assert_eq!(control.print_all(), 3);
    let outcome = PostiOutcome::Confirmed { tracking_code: "JJFI0".to_owned(), signature: "A. Esimerkki".to_owned() };
    control.posti(letter, outcome).expect("told");
    after_sending(&mut judged, [first, letter_v1, verifiable]).await;
    without_right(&mut judged, [first, verifiable]).await;
    let missing: Vec<_> = description.answers().difference(&judged.given).cloned().collect();
    assert!(missing.is_empty(), "listed and never given: {missing:#?}");
}

async fn access(judged: &mut Judged<'_>) {
    let world = judged.world;
    let login = json!({"username": SYSTEM, "password": PASSWORD});
    let token = judged.post("/v1/token", &login, 200).await.json()["access_token"].take();
    judged.post("/v1/token", &with(json!({"a": login}), "/a/password", json!("x"))["a"], 400).await;
    let change = json!({"accessToken": token, "currentPassword": PASSWORD, "newPassword": "short"});
    judged.post("/v1/change-password", &change, 400).await;
    world.sim.control.switch(|switches| switches.password_change_drops_tokens = false);
    judged.post("/v1/change-password", &with(json!({"a": change}), "/a/newPassword", json!(PASSWORD))["a"], 200).await;
    let active = "/v1/mailboxes/active";
    judged.post(active, &json!({"endUsers": [{"id": AINO}, {"id": WITHOUT_MAILBOX}]}), 200).await;
    judged.post(active, &json!({"endUsers": []}), 400).await;
}

/// Feeds, look-ups and what end users write.
async fn after_sending(judged: &mut Judged<'_>, [first, letter, verifiable]: [i64; 3]) {
    let world = judged.world;
    let file = DraftFile {
        name: "liite.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        content: bytes::Bytes::from_static(b"%PDF"),
    };
    let owner = Some(Actor { id: AINO.to_owned(), name: "Aino Esimerkki".to_owned() });
    let draft = Draft {
        title: "Kysymys".to_owned(),
        body: "Milloin?".to_owned(),
        files: vec![file],
        owner,
        ..Draft::default()
    };
    let replied = with(electronic_body("r"), "/externalId", json!("replied"));
    let root = judged.post(ELECTRONIC, &replied, 200).await.id();
    let reply = world.sim.control.reply(root, draft.clone()).expect("a reply");
    for path in ["/v1/events", "/v2/events"] {
        let events = judged.get(path, path, 200).await.json();
        assert!(events["events"].as_array().is_some_and(|events| events.len() > 12), "{events}");
        judged.get(path, &asking(path, "continuationToken", "x"), 400).await;
    }
    judged.get("/v1/messages/id", &asking("/v1/messages/id", "externalId", "replied"), 200).await;
    judged.get("/v1/messages/id", "/v1/messages/id", 400).await;
    judged.get("/v1/messages/id", &asking("/v1/messages/id", "externalId", "nobody"), 404).await;
    for path in ["/v1/messages/{id}", "/v2/messages/{id}"] {
        let at = |id: &str| path.replace("{id}", id);
        let found = judged.get(path, &at(&reply.to_string()), 200).await.json();
        assert_eq!(found["electronic"]["thread"]["rootMessageId"], root);
        judged.get(path, &at("x"), 400).await;
        judged.get(path, &at("1"), 404).await;
    }
    let state = "/v1/messages/{id}/state";
    for id in [first, letter, verifiable] {
        judged.get(state, &format!("/v1/messages/{id}/state"), 200).await;
    }
    judged.get(state, "/v1/messages/x/state", 400).await;
    judged.get(state, "/v1/messages/1/state", 404).await;
    let files = world.sim.control.user_messages();
    let id = files[0].files[0].id;
    judged.get("/v1/attachments/{id}", &format!("/v1/attachments/{id}"), 200).await;
    judged.get("/v1/attachments/{id}", "/v1/attachments/x", 400).await;
    judged.get("/v1/attachments/{id}", "/v1/attachments/7b1f0d3e-5a52-4a7e-9b1a-6f3f3c2c0001", 404).await;
}

/// 401 and 403, wherever they are listed.
async fn without_right(judged: &mut Judged<'_>, [first, _]: [i64; 2]) {
    let (world, description) = (judged.world, judged.description);
    let control = &world.sim.control;
    control.switch(|switches| switches.foreign_lookup_forbidden = true);
    let other = world.log_in(OTHER_SYSTEM).await;
    judged.get_as(&other, "/v1/messages/id", &asking("/v1/messages/id", "externalId", "replied"), 403).await;
    judged.get_as(&other, "/v1/messages/{id}/state", &format!("/v1/messages/{first}/state"), 403).await;
    control.switch(|switches| switches.allowed_addresses = Some(Vec::new()));
    judged.get("/v1/events", "/v1/events", 403).await;
    control.switch(|switches| switches.allowed_addresses = None);
    let listed = description.answers().into_iter().filter(|(_, _, status)| *status == 401);
    for (method, path, _) in listed {
        let url = world.url(&path.replace("{id}", "1"));
        let request = if method == "GET" { world.client.get(url) } else { world.client.post(url).json(&json!({})) };
        judged.call(&method, &path, request.bearer_auth("worn-out"), 401).await;
    }
}

/// Bodies changed member by member: the simulator refuses just those that the schema refuses.
#[tokio::test]
async fn every_rule_of_the_request_schemas_is_kept() {
    let Some(description) = Description::published() else { return };
    let world = World::new().await;
    let pdf = world.pdf().await;
    let file = world.first_file().await;
    let own = {
        let texts = json!({"fi": "a", "sv": "b", "en": "c"});
        json!({"title": texts, "content": texts})
    };
    let notice = "/electronic/notifications/customisedNewMessageNotification";
    let second_row = "/paperMail/recipient/address/additionalName";
    let pool = "/paperMail/printingAndEnvelopingService/costPool";
    let question = Draft { title: "a".to_owned(), body: "b".to_owned(), ..Draft::default() };
    let question = world.sim.control.write(SERVICE, question).expect("a message");
    let notified = |body: Value| with(body, "/electronic/notifications", json!({}));
    let full = |body: Value| with(with(with(body, notice, own.clone()), second_row, json!("c/o")), pool, json!("A1"));
    let reply = |body: Value| with(with(body, notice, own.clone()), "/electronic/inReplyToMessageId", json!(question));
    let bodies = [
        (ELECTRONIC, reply(electronic_body("x"))),
        (MULTICHANNEL, full(multichannel_body("x", &pdf))),
        (PAPER, with(with(paper_body("x", &pdf), second_row, json!("c/o")), pool, json!("A1"))),
        ("/v1/messages/electronic", reply(notified(electronic_v1("x")))),
        ("/v1/messages", full(notified(multichannel_v1("x", &file)))),
        ("/v1/paper-mail-without-id", paper_v1("x", &file)),
        ("/v1/mailboxes/active", json!({"endUsers": [{"id": AINO}]})),
    ];
    let (mut taken, mut refused) = (0, 0);
    for (path, good) in bodies {
        let schema = description.request("POST", path);
        let validator = description.validator(schema);
        assert!(validator.is_valid(&good), "{path}");
        let mut changed = Vec::new();
        changes(&description, schema, &good, "", &mut changed);
        for (number, (place, mut body)) in changed.into_iter().enumerate() {
            if body["externalId"] == "x" {
                body["externalId"] = json!(format!("{path} {number}"));
            }
            let got = world.post(path, &body).await;
            let valid = validator.is_valid(&body);
            // A changed key may be one that another path had.
            let was_taken = matches!(got.status, 200 | 409);
            // A sound name of something that is not there is refused for another reason.
            let elsewhere = ["/serviceId", "/attachmentId", "/fileId", "/id", "/inReplyToMessageId"]
                .iter()
                .any(|end| place.ends_with(end));
            assert!(
                was_taken == valid || (valid && elsewhere && got.status == 400),
                "{path}{place}: the schema says {valid}, the simulator {} to {body:.300}: {}",
                got.status,
                got.text
            );
            if was_taken { taken += 1 } else { refused += 1 }
        }
    }
    println!("{taken} changed bodies taken, {refused} refused, as the schemas say");
    assert!(taken > 100 && refused > 400, "{taken} and {refused}");
}

/// `good` with one place changed, in every way that the schema has an opinion about.
fn changes(description: &Description, schema: &Value, good: &Value, at: &str, into: &mut Vec<(String, Value)>) {
    let root = good;
    walk(description, schema, good, at, &mut |place, value| {
        let mut body = root.clone();
        let (parent, name) = place.rsplit_once('/').expect("a place");
        let parent = body.pointer_mut(parent).expect("a parent");
        match (parent, value) {
            (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value)),
            (Value::Object(members), None) => drop(members.remove(name)),
            (Value::Array(items), Some(value)) => items[name.parse::<usize>().expect("a number")] = value,
            _ => return,
        }
        into.push((place.to_owned(), body));
    });
}

fn walk(
    description: &Description,
    schema: &Value,
    value: &Value,
    at: &str,
    change: &mut impl FnMut(&str, Option<Value>),
) {
    let schema = description.resolved(schema);
    if !at.is_empty() {
        change(at, None);
        for other in [Value::Null, json!(7), json!("text"), json!(true), json!([]), json!({}), json!(1.5)] {
            change(at, Some(other));
        }
    }
    let bound = |name: &str| schema[name].as_u64().and_then(|bound| usize::try_from(bound).ok());
    if let Some(values) = schema["enum"].as_array() {
        for word in values.iter().filter_map(Value::as_str) {
            change(at, Some(json!(word)));
            change(at, Some(json!(word.to_lowercase())));
        }
    } else if schema["type"] == "string" {
        let lengths = [
            bound("minLength").map(|min| min - 1),
            bound("minLength"),
            bound("maxLength"),
            bound("maxLength").map(|max| max + 1),
        ];
        for length in lengths.into_iter().flatten() {
            change(at, Some(json!("A".repeat(length))));
        }
    }
    match value {
        Value::Object(members) => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_else(Map::new);
            for (name, member) in members {
                let inner = properties.get(name).unwrap_or_else(|| panic!("{at}/{name} is not in the schema"));
                walk(description, inner, member, &format!("{at}/{name}"), change);
            }
            change(&format!("{at}/laterAddition"), Some(json!(1)));
        }
        Value::Array(items) => {
            let (min, max) = (bound("minItems").unwrap_or(0), bound("maxItems").unwrap_or(0));
            if let Some(first) = items.first() {
                for count in [min.checked_sub(1), Some(min), Some(max), Some(max + 1)].into_iter().flatten() {
                    change(at, Some(Value::Array(vec![first.clone(); count])));
                }
                walk(description, &schema["items"], first, &format!("{at}/0"), change);
            }
        }
        _ => {}
    }
}
