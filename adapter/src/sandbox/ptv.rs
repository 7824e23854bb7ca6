//! `silta sandbox --only ptv`: the simulated PTV alone, for whoever writes to PTV's IN-API. What it knows stands in one
//! file; without one it plays the sandbox's municipality.

use std::path::Path;
use std::sync::Arc;

use conformance::ptv::{PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser};
use serde::Deserialize;
use serde_json::{Value, json};

use super::place::TURKU;
use super::{SandboxError, read, samples};

/// The user that stands in the file's place; its password is made anew at each start.
const USER: &str = "api@turku.example";

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct File {
    /// `live-2026` or `source-3.4`.
    profile: Option<String>,
    /// A published service needs a user instruction in each of its languages.
    user_instruction_required: bool,
    /// Any well-formed address of KOKO is a term.
    accept_unlisted_terms: bool,
    /// Minutes that a token lives.
    token_minutes: Option<u32>,
    organizations: Vec<Organization>,
    users: Vec<User>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Organization {
    id: String,
    /// Three digits.
    municipality: String,
    /// By language.
    names: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct User {
    name: String,
    password: String,
    /// The id of its organisation.
    organization: String,
}

/// The running simulator.
pub struct Ptv {
    simulator: PtvSimulator,
    profile: PtvProfile,
    /// Name, password and organisation of each.
    users: Vec<(String, String, String)>,
}

impl Ptv {
    /// Starts it at `port` of the loopback interface; 0 takes a free one. `reference` is a folder with `ptv/codelists`.
    pub async fn start(config: Option<&Path>, reference: Option<&Path>, port: u16) -> Result<Ptv, SandboxError> {
        let file: File = config.map(read).transpose()?.unwrap_or_default();
        let lists = match reference {
            Some(dir) => conformance::ptv::Reference::from_dir(dir).map_err(SandboxError::usage)?,
            None => conformance::ptv::Reference::from_files(samples::CODE_LISTS)
                .map_err(SandboxError::failed("the embedded code lists"))?,
        };
        let profile = match &file.profile {
            Some(word) => word.parse::<PtvProfile>().map_err(SandboxError::usage)?,
            None => PtvProfile::Live2026,
        };
        let mut settings = PtvConfig {
            user_instruction_required: file.user_instruction_required,
            accept_unlisted_terms: file.accept_unlisted_terms,
            port,
            ..PtvConfig::new(profile, Arc::new(lists))
        };
        if let Some(minutes) = file.token_minutes {
            settings.token_lifetime = jiff::SignedDuration::from_mins(i64::from(minutes));
        }
        for one in &file.organizations {
            let names: Vec<(&str, &str)> =
                one.names.iter().map(|(lang, name)| (lang.as_str(), name.as_str())).collect();
            settings.organizations.push(PtvOrganization::municipality(&one.id, &one.municipality, &names));
        }
        if file.organizations.is_empty() {
            let own = PtvOrganization::municipality(TURKU.organisation, TURKU.municipality, &TURKU.names);
            settings.organizations.push(own);
        }
        let mut users: Vec<(String, String, String)> =
            file.users.into_iter().map(|user| (user.name, user.password, user.organization)).collect();
        if users.is_empty() {
            let organization = file.organizations.first().map_or(TURKU.organisation, |one| one.id.as_str());
            users.push((USER.to_owned(), uuid::Uuid::new_v4().simple().to_string(), organization.to_owned()));
        }
        settings.users.extend(users.iter().map(|(name, password, of)| PtvUser::api(name, password, of)));
        // A port that is taken is the caller's to mend.
        let simulator = PtvSimulator::start(settings).await.map_err(SandboxError::usage)?;
        Ok(Ptv { simulator, profile, users })
    }

    /// For people.
    pub fn said(&self) -> String {
        let base = &self.simulator.base_url;
        let mut lines = vec![
            format!(
                "PTV, simulated by the rules of {}: version 11 at {base}/api/v11, version 12 at {base}/api/v12",
                self.profile
            ),
            format!("Login: POST {base}/api/auth/api-login"),
        ];
        let users = self.users.iter();
        lines.extend(users.map(|(name, word, of)| format!("  {name}, password {word}, organisation {of}")));
        lines.push(format!("Who is there: curl {base}/api/v11/Organization"));
        lines.join("\n")
    }

    /// For programs.
    pub fn as_json(&self) -> Value {
        let users: Vec<Value> = self
            .users
            .iter()
            .map(|(name, password, of)| json!({"name": name, "password": password, "organization": of}))
            .collect();
        json!({
            "url": self.simulator.base_url,
            "login": format!("{}/api/auth/api-login", self.simulator.base_url),
            "profile": self.profile.to_string(),
            "users": users,
        })
    }

    pub async fn close(self) {
        self.simulator.stop().await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{File, Ptv};

    async fn post(url: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let mut call = reqwest::Client::new().post(url).json(body);
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        let answer = call.send().await.expect("answered");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn token(ptv: &Ptv) -> String {
        let said = ptv.as_json();
        let user = &said["users"][0];
        let login = json!({"username": user["name"], "password": user["password"]});
        let (status, answer) = post(said["login"].as_str().expect("an address"), None, &login).await;
        assert_eq!(status, 200, "{answer}");
        let found = ["ptvToken", "serviceToken"].into_iter().find_map(|name| answer[name].as_str().map(str::to_owned));
        found.expect("a token")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_runs_alone_and_takes_what_ptv_takes() {
        let ptv = Ptv::start(None, None, 0).await.expect("starts");
        let said = ptv.as_json();
        let token = token(&ptv).await;
        let body = json!({"organizationId": said["users"][0]["organization"], "publishingStatus": "Published",
            "serviceCollectionNames": [{"language": "fi", "value": "Lapsen syntymä"}]});
        let base = format!("{}/api/v11", said["url"].as_str().expect("an address"));
        let (status, made) = post(&format!("{base}/ServiceCollection"), Some(&token), &body).await;
        assert_eq!((status, made["publishingStatus"].as_str()), (200, Some("Published")), "{made}");
        assert!(ptv.said().contains("live-2026") && ptv.said().contains("/api/v12"), "{}", ptv.said());
        ptv.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_file_names_profile_organisations_users_and_the_switches() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ptv.toml");
        let id = "11111111-2222-4333-8444-555555555555";
        std::fs::write(
            &file,
            format!(
                "profile = \"source-3.4\"\nuser-instruction-required = true\naccept-unlisted-terms = true\ntoken-minutes = 60\n\
                 [[organizations]]\nid = \"{id}\"\nmunicipality = \"853\"\nnames = {{ fi = \"Turku\" }}\n\
                 [[users]]\nname = \"a@kunta.example\"\npassword = \"p\"\norganization = \"{id}\"\n"
            ),
        )
        .expect("written");
        let ptv = Ptv::start(Some(&file), None, 0).await.expect("starts");
        let said = ptv.as_json();
        assert_eq!(
            (said["profile"].as_str(), said["users"][0]["name"].as_str()),
            (Some("source-3.4"), Some("a@kunta.example"))
        );
        let token = token(&ptv).await;
        let mut service = json!({
            "type": "Service", "fundingType": "PubliclyFunded", "publishingStatus": "Published", "languages": ["fi"],
            "serviceNames": [{"language": "fi", "type": "Name", "value": "Uimahalli"}],
            "serviceDescriptions": [{"language": "fi", "type": "Summary", "value": "Uimahallin palvelut."},
                {"language": "fi", "type": "Description", "value": "Uimahalli on avoinna."}],
            "areaType": "LimitedType", "areas": [{"type": "Municipality", "areaCodes": ["853"]}],
            "serviceClasses": ["http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P1.1"],
            "ontologyTerms": ["http://www.yso.fi/onto/koko/p1"],
            "targetGroups": ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"],
            "mainResponsibleOrganization": id,
            "serviceProducers": [{"provisionType": "SelfProducedServices", "organizations": [id]}],
        });
        let path = format!("{}/api/v11/Service", said["url"].as_str().expect("an address"));
        let (status, answer) = post(&path, Some(&token), &service).await;
        assert_eq!(status, 400, "{answer}");
        assert_eq!(
            answer.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>()),
            Some(vec!["ServiceDescriptions".to_owned()])
        );
        let texts = service["serviceDescriptions"].as_array_mut().expect("texts");
        texts.push(json!({"language": "fi", "type": "UserInstruction", "value": "Tule paikalle."}));
        let (status, answer) = post(&path, Some(&token), &service).await;
        assert_eq!(status, 200, "{answer}");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<File>("profil = \"x\"").is_err());
    }
}
