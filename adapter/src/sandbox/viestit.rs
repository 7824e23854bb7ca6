//! `silta sandbox --only viestit`: the simulated Suomi.fi Viestit alone, for whoever sends letters by its REST interface.
//! What it knows stands in one file; without one it has a system account and the sandbox's persons.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use conformance::viestit::{Person, ShiftedClock, SwitchOrder, SystemAccount, ViestitConfig, ViestitSimulator};
use serde::Deserialize;
use serde_json::{Value, json};

use super::place::TURKU;
use super::stage::DataDir;
use super::{SandboxError, read, samples};
use crate::world::World;

/// The system account that stands in the file's place; its password is made anew at each start.
const USER: &str = "turku_sandbox_system";

/// What the file says.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct File {
    systems: Vec<System>,
    persons: Vec<OnePerson>,
    switches: SwitchOrder,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct System {
    name: String,
    /// A file with nothing but the password in it; relative to the file that names it.
    password_file: PathBuf,
    services: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OnePerson {
    id: String,
    name: String,
    #[serde(default = "in_use")]
    mailbox: bool,
}

fn in_use() -> bool {
    true
}

/// The running simulator.
pub struct Viestit {
    simulator: ViestitSimulator,
    /// Name, password file and services of each.
    systems: Vec<(String, PathBuf, Vec<String>)>,
    persons: Vec<Person>,
    data: DataDir,
}

impl Viestit {
    /// Starts it at `port` of the loopback interface; 0 takes a free one. The password that it makes is kept in `data`.
    pub async fn start(config: Option<&Path>, data: Option<&Path>, port: u16) -> Result<Viestit, SandboxError> {
        let file: File = config.map(read).transpose()?.unwrap_or_default();
        let data = DataDir::open(data)?;
        let beside = config.and_then(Path::parent).unwrap_or(Path::new("."));
        let mut settings = ViestitConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            clock: Arc::new(ShiftedClock::default()),
            ..ViestitConfig::default()
        };
        let mut systems = Vec::with_capacity(file.systems.len().max(1));
        for system in file.systems {
            let path = beside.join(&system.password_file);
            let password = std::fs::read_to_string(&path)
                .map_err(|error| SandboxError::Usage(format!("{}: {error}", path.display())))?;
            systems.push((system.name.clone(), path, system.services.clone()));
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            settings.systems.push(SystemAccount { user_name: system.name, password, services: system.services });
        }
        if settings.systems.is_empty() {
            let password = hex::encode(World::system().random::<24>().map_err(SandboxError::failed("a secret"))?);
            let services = vec![TURKU.viestit_service()];
            systems.push((USER.to_owned(), data.secret("viestit-password", &password)?, services.clone()));
            settings.systems.push(SystemAccount { user_name: USER.to_owned(), password, services });
        }
        let given = file.persons.into_iter();
        settings.persons = given.map(|it| Person { id: it.id, name: it.name, mailbox: it.mailbox }).collect();
        if settings.persons.is_empty() {
            settings.persons = samples::persons();
        }
        file.switches.apply(&mut settings.switches);
        let persons = settings.persons.clone();
        // A port that is taken is the caller's to mend.
        let simulator = ViestitSimulator::start(settings).await.map_err(SandboxError::usage)?;
        Ok(Viestit { simulator, systems, persons, data })
    }

    /// For people.
    pub fn said(&self) -> String {
        let base = &self.simulator.base_url;
        let removed = if self.data.is_temporary() { ", removed at exit (--data DIR keeps it)" } else { "" };
        let mut lines = vec![format!("Suomi.fi Viestit, simulated: {base}/v2 and {base}/v1")];
        for (name, password, services) in &self.systems {
            let services = services.join(", ");
            lines.push(format!(
                "System account {name}, services {services}, password in {}{removed}",
                password.display()
            ));
        }
        lines.push("Test persons:".to_owned());
        lines.extend(self.persons.iter().map(|person| {
            let mailbox = if person.mailbox { "mailbox in use" } else { "no mailbox: letters go to print" };
            format!("  {} {}, {mailbox}", person.id, person.name)
        }));
        lines.push(format!("Read, confirm, reply, print: {base}/inbox in a browser"));
        lines.push(format!("The same by script: POST {base}/control, and GET {base}/control shows everything"));
        lines.join("\n")
    }

    /// For programs.
    pub fn as_json(&self) -> Value {
        let base = &self.simulator.base_url;
        let systems: Vec<Value> = self
            .systems
            .iter()
            .map(|(name, password, services)| json!({"name": name, "passwordFile": password, "services": services}))
            .collect();
        let persons: Vec<Value> = self
            .persons
            .iter()
            .map(|person| json!({"id": person.id, "name": person.name, "mailbox": person.mailbox}))
            .collect();
        json!({
            "url": base,
            "inbox": format!("{base}/inbox"),
            "control": format!("{base}/control"),
            "systems": systems,
            "persons": persons,
        })
    }

    pub async fn close(self) {
        self.simulator.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{File, Viestit};

    async fn post(url: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let mut call = reqwest::Client::new().post(url).json(body);
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        let answer = call.send().await.expect("answered");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn token(base: &str, name: &Value, password: &str) -> (u16, String) {
        let (status, answer) =
            post(&format!("{base}/v1/token"), None, &json!({"username": name, "password": password})).await;
        (status, answer["access_token"].as_str().unwrap_or_default().to_owned())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_runs_alone_and_says_how_to_send_and_to_reply() {
        let viestit = Viestit::start(None, None, 0).await.expect("starts");
        let said = viestit.as_json();
        let base = said["url"].as_str().expect("an address").to_owned();
        let system = &said["systems"][0];
        let file = system["passwordFile"].as_str().expect("a file").to_owned();
        let password = std::fs::read_to_string(&file).expect("there");
        let (status, token) = token(&base, &system["name"], &password).await;
        assert_eq!(status, 200);
        let person = &said["persons"][0];
        let letter = json!({
            "externalId": "a-1", "recipient": {"id": person["id"]}, "sender": {"serviceId": system["services"][0]},
            "electronic": {
                "title": "Päätös", "body": "Päätös on tehty.", "bodyFormat": "Text", "attachments": [],
                "messageServiceType": "Normal", "replyAllowedBy": "Anyone", "visibility": "Normal",
                "notifications": {"senderDetailsInNotifications": "None",
                    "unreadMessageNotification": {"reminder": "No reminders"}},
            },
        });
        let (status, sent) = post(&format!("{base}/v2/messages/electronic"), Some(&token), &letter).await;
        assert_eq!(status, 200, "{sent}");
        let answer =
            json!({"act": "reply", "messageId": sent["messageId"], "draft": {"title": "Kysymys", "body": "?"}});
        let (status, answered) = post(said["control"].as_str().expect("an address"), None, &answer).await;
        assert_eq!(status, 200, "{answered}");
        let page = reqwest::get(said["inbox"].as_str().expect("an address")).await.expect("answered");
        assert!(page.text().await.expect("a page").contains(person["name"].as_str().expect("a name")));
        let text = viestit.said();
        assert!(text.contains("/inbox in a browser") && text.contains(&file) && !text.contains(&password), "{text}");
        viestit.close().await;
        assert!(!std::path::Path::new(&file).exists(), "removed at exit");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_file_names_systems_persons_and_switches() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("password"), "not-a-real-password\n").expect("written");
        let file = folder.path().join("viestit.toml");
        std::fs::write(
            &file,
            "[[systems]]\nname = \"esimerkki_system\"\npassword-file = \"password\"\nservices = [\"esimerkki_service\"]\n\
             [[persons]]\nid = \"010594Y9032\"\nname = \"Aino Esimerkki\"\nmailbox = false\n\
             [switches]\ntoken-life-seconds = 0\nprinting = { print-after-seconds = 5, posti-after-seconds = 5 }\n",
        )
        .expect("written");
        let viestit = Viestit::start(Some(&file), None, 0).await.expect("starts");
        let said = viestit.as_json();
        assert_eq!(said["persons"], json!([{"id": "010594Y9032", "name": "Aino Esimerkki", "mailbox": false}]));
        let base = said["url"].as_str().expect("an address").to_owned();
        let (status, token) = token(&base, &json!("esimerkki_system"), "not-a-real-password").await;
        assert_eq!(status, 200);
        let ids = json!({"endUsers": [{"id": "010594Y9032"}]});
        let (status, _) = post(&format!("{base}/v1/mailboxes/active"), Some(&token), &ids).await;
        assert_eq!(status, 401, "the token of the switches is dead at once");
        viestit.close().await;
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<File>("person = []").is_err());
        assert!(toml::from_str::<File>("[switches]\nbearer = true").is_err());
    }
}
