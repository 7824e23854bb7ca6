//! Step a: the CMS pushes its catalogue to the intake, in batches, and reads the verdicts.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Job, many};
use crate::catalogue::{Outcome, Verdict, pat};
use crate::model::{Kind, Master, Stored, View};
use crate::sandbox::SandboxError;

/// Records in a batch.
const BATCH: usize = 500;
/// Refused records that are listed one by one.
const LISTED: usize = 10;

#[derive(Deserialize)]
struct Answer {
    verdicts: Vec<Verdict>,
}

impl Job<'_> {
    pub(super) async fn push(&mut self) -> Result<(), SandboxError> {
        let records = &self.source.records;
        self.account.heading("a  The CMS pushes its catalogue: PUT /intake/v1/…/entities, JSON with PAT field names");
        self.account.say(format_args!(
            "{}: {} in the format {}.",
            self.source.catalogue_said,
            many(records.len(), "record"),
            self.source.format.word()
        ));
        let mut verdicts = Vec::with_capacity(records.len());
        for (number, batch) in (1..).zip(records.chunks(BATCH)) {
            let id = format!("first-load-{number}");
            verdicts.extend(self.put(&json!({"batch": id, "entities": batch})).await?);
        }
        if verdicts.len() != records.len() {
            let text =
                format!("the intake gave {} for {}", many(verdicts.len(), "verdict"), many(records.len(), "record"));
            return Err(SandboxError::Failed(text));
        }
        self.count(&verdicts);
        self.list_refused(&verdicts);
        self.view = view(records, &verdicts);
        Ok(())
    }

    /// Puts one batch and gives the verdicts, one for each record.
    pub(super) async fn put(&self, batch: &Value) -> Result<Vec<Verdict>, SandboxError> {
        let failed = "the intake";
        let http = self.stage.world.http_client(&crate::world::ClientOptions::default());
        let response = http
            .map_err(SandboxError::failed(failed))?
            .put(format!("{}/entities", self.stage.intake_url()))
            .bearer_auth(&self.stage.cms_key)
            .json(batch)
            .send()
            .await
            .map_err(|error| SandboxError::Failed(format!("{failed}: {}", error.without_url())))?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| SandboxError::failed(failed)(error.without_url()))?;
        // 422: every record of the batch was refused. That is a verdict too.
        if status != 200 && status != 422 {
            let problem = serde_json::from_slice::<Value>(&body).unwrap_or_default();
            let said = problem.get("detail").and_then(Value::as_str).unwrap_or("no reason given");
            return Err(SandboxError::Failed(format!("{failed}: status {status}: {said}")));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(SandboxError::failed(failed))?;
        Ok(answer.verdicts)
    }

    fn count(&mut self, verdicts: &[Verdict]) {
        let stored = |laji: &str| {
            let of = verdicts.iter().filter(|it| it.outcome != Outcome::Refused && it.laji.as_deref() == Some(laji));
            of.count()
        };
        let imported = &mut self.report.imported;
        imported.services = stored(Kind::Service.laji());
        imported.service_points = stored(Kind::ServicePoint.laji());
        imported.channels = stored(Kind::Channel.laji()) + imported.service_points;
        imported.offers = stored(Kind::Offer.laji());
        imported.organisations = stored(Kind::Organisation.laji());
        imported.refused = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Refused).count();
        self.account.say(format_args!(
            "Stored: {}, {} ({} of them service points), {}, {}, {}, {}.",
            many(imported.services, "service"),
            many(imported.channels, "channel"),
            imported.service_points,
            many(imported.offers, "offer"),
            many(imported.organisations, "organisation"),
            many(stored(Kind::Class.laji()), "service class"),
            many(stored(Kind::Errand.laji()), "errand"),
        ));
    }

    fn list_refused(&self, verdicts: &[Verdict]) {
        let refused: Vec<&Verdict> = verdicts.iter().filter(|it| it.outcome == Outcome::Refused).collect();
        if refused.is_empty() {
            self.account.say("Nothing was refused.");
            return;
        }
        self.account.say(format_args!("Refused, each with field and reason for the editor: {}.", refused.len()));
        for verdict in refused.iter().take(LISTED) {
            let code = verdict.koodi.as_deref().unwrap_or("(no code)");
            let laji = verdict.laji.as_deref().unwrap_or("record");
            let said = verdict.findings.first().map_or_else(String::new, |it| format!("{}: {}", it.field, it.en));
            self.account.say(format_args!("  {laji} {code}: {said}"));
        }
        if refused.len() > LISTED {
            self.account.say(format_args!("  … and {} more.", refused.len() - LISTED));
        }
    }
}

/// The accepted records as a view: what examples are chosen from and what is offered to the throw-away PTV.
fn view(records: &[Value], verdicts: &[Verdict]) -> View {
    let accepted = records.iter().zip(verdicts).filter(|(_, verdict)| verdict.outcome != Outcome::Refused);
    let entities = accepted.filter_map(|(record, _)| pat::read(record).entity);
    let stored = entities.zip(1..).map(|(entity, sequence)| {
        Arc::new(Stored {
            entity,
            revision: 1,
            sequence,
            master: Master("cms".into()),
            changed_at: jiff::Timestamp::UNIX_EPOCH,
        })
    });
    View::default().with(stored.collect::<Vec<_>>(), u64::try_from(records.len()).unwrap_or(u64::MAX))
}
