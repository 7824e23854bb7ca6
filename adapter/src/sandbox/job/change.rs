//! Step f: one service changes at the CMS; the change is seen over X-Road and in PTV, and another sync of everything
//! writes nothing at all.

use serde_json::{Value, json};
use silta_client::catalogue::GetService;

use super::read::encoded;
use super::{Job, many};
use crate::catalogue::Outcome;
use crate::control::Command;
use crate::model::Kind;
use crate::operations::registry::Family;
use crate::sandbox::SandboxError;

/// What the editor adds to the description.
const ADDED: &str = "Tämä lause lisättiin hiekkalaatikossa.";
/// Longer descriptions are not made longer still: PTV takes 5 000 characters.
const LONGEST: usize = 4_500;

impl Job<'_> {
    pub(super) async fn change(&mut self) -> Result<(), SandboxError> {
        self.account.heading("f  An editor changes one service at the CMS");
        let Some((code, guid, record)) = self.changed_record() else {
            self.account.say("There is no service with a Finnish description to change.");
            return self.second_sync().await;
        };
        let verdicts = self.put(&json!({"batch": "one-change", "entities": [record]})).await?;
        match verdicts.first() {
            Some(verdict) if verdict.outcome == Outcome::Updated => {}
            _ => return Err(SandboxError::Failed(format!("the intake did not take the change of service {code}"))),
        }
        let told = |service: &Value| {
            let text = service.pointer("/description/fi").and_then(Value::as_str);
            text.is_some_and(|text| text.ends_with(ADDED))
        };
        let soap = self.caller.soap(&GetService { code: code.clone(), lang: None }).await?;
        let rest = self.caller.rest(Family::Catalogue.word(), &format!("services/{}", encoded(&code))).await?;
        if !told(&soap) || !told(&rest) {
            return Err(SandboxError::Failed(format!("the change of service {code} is not seen over X-Road")));
        }
        self.account
            .say(format_args!("Service {code}: the new text is read over X-Road at once, by SOAP and by REST."));
        let status = self.ptv_idle().await?;
        self.take_ptv_figures(&status);
        match guid {
            Some(guid) => {
                let dump = self.stage.ptv.dump();
                let content = dump.get("entities").and_then(|all| all.get(guid.to_lowercase()));
                if !content.is_some_and(|content| content.to_string().contains(ADDED)) {
                    return Err(SandboxError::Failed(format!("the change of service {code} did not reach PTV")));
                }
                self.account.say("PTV has it too.");
            }
            None => self.account.say("PTV holds no service of this catalogue, so there is nothing to change there."),
        }
        self.second_sync().await
    }

    /// Compares every twin with its entity again. What is equal makes no call.
    async fn second_sync(&mut self) -> Result<(), SandboxError> {
        let before = self.stage.ptv.writes().total();
        let wanted = self.control(Command::PtvSync { tenant: self.stage.place.tenant.to_owned() }).await?;
        let status = self.ptv_idle().await?;
        self.take_ptv_figures(&status);
        let writes = self.stage.ptv.writes().total().saturating_sub(before);
        self.report.ptv.second_sync_writes = writes;
        let wanted =
            wanted.get("wanted").and_then(Value::as_u64).map_or_else(String::new, |n| format!(" of {n} wishes"));
        let writes = usize::try_from(writes).unwrap_or(usize::MAX);
        self.account.say(format_args!("A sync of everything{wanted}: {} to PTV.", many(writes, "write")));
        Ok(())
    }

    /// A service in PTV if there is one, its id there, and its record with a sentence more.
    fn changed_record(&self) -> Option<(String, Option<String>, Value)> {
        let in_ptv = self.in_ptv.iter().map(|(code, id)| (code.clone(), Some(id.clone())));
        let others = self.view.active_after(Kind::Service, None).map(|it| (it.entity.key.code.to_string(), None));
        in_ptv.chain(others).find_map(|(code, id)| {
            let mut record = self.source.records.iter().find(|record| is_service(record, &code))?.clone();
            let text = record.pointer_mut("/kuvaus_kieliversiot/fi")?;
            let described = text.as_str().filter(|it| !it.trim().is_empty() && it.chars().count() < LONGEST)?;
            *text = Value::String(format!("{}\n\n{ADDED}", described.trim_end()));
            Some((code, id, record))
        })
    }
}

fn is_service(record: &Value, code: &str) -> bool {
    let said = match record.get("koodi") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => return false,
    };
    said == code && record.get("laji").and_then(Value::as_str) == Some(Kind::Service.laji())
}
