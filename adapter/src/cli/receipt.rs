//! `silta log check-receipt`, `silta log receipt-keys`: receipts of letters, checked offline by anyone, and the keys to
//! check them by.

use std::path::{Path, PathBuf};

use clap::Args;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};
use silta_client::messages::{ReceiptFact, ReceiptStatement};

use super::output::{Output, plain};
use super::{FINE, Failure, PROBLEM, Place};
use crate::control::Command;
use crate::store::CommitmentKey;
use crate::viestit::signing::{self, NotSigned};

/// The largest receipt: a letter's text with some room.
const MOST_BYTES: u64 = 8 << 20;

#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// The receipt as `getReceipt` answered it in JSON, or its member `signed` alone.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The keys that the organisation has published (JSON Web Key Set).
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    keys: Option<PathBuf>,
    /// Or the id of its key.
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct KeysArgs {
    #[command(flatten)]
    place: Place,
    /// Needed when there are several.
    #[arg(long, value_name = "CODE")]
    tenant: Option<String>,
}

/// What a check has found.
#[derive(Debug)]
struct Checked {
    statement: ReceiptStatement,
    /// Id of the key that signed.
    key: String,
    /// Somebody has said that the key is the organisation's.
    is_known: bool,
    /// Each commitment, and whether what the receipt shows opens it.
    opened: Vec<(&'static str, Opened)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Yes,
    No,
    /// The receipt does not say.
    NotShown,
}

impl Opened {
    fn word(self) -> &'static str {
        match self {
            Opened::Yes => "matches the statement",
            Opened::No => "DOES NOT match the statement",
            Opened::NotShown => "not shown in this receipt",
        }
    }
}

impl Checked {
    fn is_good(&self) -> bool {
        self.is_known && self.opened.iter().all(|(_, opened)| *opened != Opened::No)
    }
}

pub(super) fn check(args: &CheckArgs, output: &mut Output) -> Result<u8, Failure> {
    let text = read(&args.file)?;
    let trust = match (&args.keys, &args.key) {
        (Some(file), _) => {
            let keys = serde_json::from_str(&read(file)?);
            let no_keys = |_| Failure::usage(format!("--keys {}: this is no JSON Web Key Set", file.display()));
            Trust::Keys(keys.map_err(no_keys)?)
        }
        (None, Some(id)) => Trust::Key(id.clone()),
        (None, None) => Trust::Nobody,
    };
    let checked = match judge(&text, &trust) {
        Ok(checked) => checked,
        Err(error @ NotSigned::Format) => {
            return Err(Failure::usage(format!("{}: {error}", args.file.display())));
        }
        Err(error) => return Err(Failure::problem(format!("{}: {error}", args.file.display()))),
    };
    if args.json {
        let opened: serde_json::Map<_, _> =
            checked.opened.iter().map(|(what, opened)| ((*what).to_owned(), opened.word().into())).collect();
        output.json(&json!({
            "good": checked.is_good(),
            "key": checked.key,
            "keyKnown": checked.is_known,
            "opened": opened,
            "statement": checked.statement,
        }))?;
    } else {
        show(&checked, output)?;
    }
    Ok(if checked.is_good() { FINE } else { PROBLEM })
}

fn show(checked: &Checked, output: &mut Output) -> Result<(), Failure> {
    let statement = &checked.statement;
    let known = if checked.is_known {
        "which is the organisation's"
    } else {
        "but NOBODY HAS SAID whose that is: give --keys FILE or --key ID"
    };
    output.line(&format!("signature   good, by key {}, {known}", checked.key))?;
    for (what, opened) in &checked.opened {
        output.line(&format!("{what:<11} {}", opened.word()))?;
    }
    let state = format!("{} since {}", statement.state.word(), statement.changed_at);
    for (name, value) in [
        ("issuer", Some(&statement.issuer)),
        ("issued", Some(&statement.issued_at)),
        ("client", Some(&statement.client)),
        ("X-Road id", statement.xroad_id.as_ref()),
        ("order", Some(&statement.order_id)),
        ("letter", Some(&statement.external_id)),
        ("service", statement.service_id.as_ref()),
        ("message id", statement.message_id.as_ref()),
        ("state", Some(&state)),
        ("reason", statement.reason.as_ref()),
        ("erased", statement.content_erased_at.as_ref()),
        ("key erased", statement.key_erased_at.as_ref()),
    ] {
        if let Some(value) = value {
            output.line(&format!("{name:<11} {}", crate::telemetry::safe(value)))?;
        }
    }
    output.line("")?;
    let row = |fact: &ReceiptFact| {
        let status = fact.status.map(|status| status.to_string());
        let details = [&fact.record, &status, &fact.trace_id, &fact.confirmed_by, &fact.signature, &fact.tracking_code];
        let details: Vec<&str> = details.into_iter().flatten().map(String::as_str).collect();
        [fact.at.clone(), fact.source.word().to_owned(), fact.fact.clone(), details.join(" ")].map(plain).into()
    };
    let rows: Vec<_> = statement.facts.iter().map(row).collect();
    output.table(&["time", "source", "fact", ""], &rows)?;
    Ok(())
}

/// Which keys are the organisation's.
enum Trust {
    Keys(JwkSet),
    Key(String),
    Nobody,
}

/// A whole receipt, or the signed text alone.
fn judge(text: &str, trust: &Trust) -> Result<Checked, NotSigned> {
    let text = text.trim();
    let whole: Value = serde_json::from_str(text).unwrap_or_default();
    let signed = whole.get("signed").and_then(Value::as_str).unwrap_or(text);
    let keys = if let Trust::Keys(keys) = trust { Some(keys) } else { None };
    let (said, key) = signing::check(signed, keys)?;
    if matches!(trust, Trust::Key(id) if *id != key) {
        return Err(NotSigned::Stranger(key));
    }
    // What stands beside the signature must be what was signed, to the last member.
    if whole.get("statement").is_some_and(|shown| *shown != said) {
        return Err(NotSigned::Signature);
    }
    let statement: ReceiptStatement = serde_json::from_value(said).map_err(|_| NotSigned::Newer)?;
    let shown = |member: &str| whole.get("opening").and_then(|opening| opening.get(member)).and_then(Value::as_str);
    let own_key = shown("key").and_then(|key| CommitmentKey::from_bytes(&hex::decode(key).ok()?));
    let opened = |what, member, commitment: &Option<String>| {
        let opened = match (shown(member), commitment, &own_key) {
            (None, _, _) => Opened::NotShown,
            (Some(value), Some(commitment), Some(key))
                if hex::encode(key.commit(what, value.as_bytes())) == *commitment =>
            {
                Opened::Yes
            }
            (Some(_), _, _) => Opened::No,
        };
        (what, opened)
    };
    let opened = vec![
        opened("recipient", "recipient", &statement.recipient_commitment),
        opened("content", "content", &statement.content_commitment),
        opened("request", "requestDigest", &statement.request_commitment),
    ];
    Ok(Checked { statement, key, is_known: !matches!(trust, Trust::Nobody), opened })
}

pub(super) async fn keys(args: KeysArgs, output: &mut Output) -> Result<u8, Failure> {
    let answer = args.place.ask(&Command::LogReceiptKeys { tenant: args.tenant }).await?;
    output.json(&answer)?;
    Ok(FINE)
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| failed(&error))?.len();
    if size > MOST_BYTES {
        return Err(failed(&format_args!("larger than {} MiB", MOST_BYTES >> 20)));
    }
    std::fs::read_to_string(file).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write;
    use std::rc::Rc;

    use silta_client::messages::{Receipt, ReceiptOpening};

    use super::*;
    use crate::store::testing::Scratch;
    use crate::viestit::Orders;

    const RECIPIENT: &str = "010594Y9032";
    const CONTENT: &str = r#"{"title":"Päätös"}"#;

    struct Bench {
        folder: tempfile::TempDir,
        scratch: Scratch,
        receipt: Receipt,
        keys: JwkSet,
    }

    impl Bench {
        async fn new() -> Bench {
            let scratch = Scratch::sqlite().await.unwrap();
            let key = [7; 32];
            let commitment =
                |what, text: &str| hex::encode(CommitmentKey::from_bytes(&key).unwrap().commit(what, text.as_bytes()));
            let statement = ReceiptStatement {
                issuer: "turku".into(),
                order_id: "o-1".into(),
                recipient_commitment: Some(commitment("recipient", RECIPIENT)),
                content_commitment: Some(commitment("content", CONTENT)),
                ..ReceiptStatement::default()
            };
            let orders = Orders::new(scratch.store.clone(), scratch.world.clone(), []);
            let signed = orders.sign("turku", &statement).await.unwrap();
            let opening = ReceiptOpening {
                key: hex::encode(key),
                recipient: Some(RECIPIENT.into()),
                content: Some(CONTENT.into()),
                request_digest: None,
            };
            let keys = signing::public_keys(&scratch.store, "turku").await.unwrap();
            let receipt = Receipt { statement, signed, opening: Some(opening) };
            Bench { folder: tempfile::tempdir().unwrap(), scratch, receipt, keys }
        }

        /// Exit code with what was said on standard output, or why it was not checked.
        fn check(&self, content: &str, keys: Option<&JwkSet>) -> Result<(u8, String), (u8, String)> {
            let path = |name: &str, content: String| {
                let path = self.folder.path().join(name);
                std::fs::write(&path, content).unwrap();
                path
            };
            let file = path("receipt.json", content.to_owned());
            let keys = keys.map(|keys| path("keys.json", serde_json::to_string(keys).unwrap()));
            let said = Said::default();
            let mut output = Output::to(Box::new(said.clone()), Box::new(std::io::sink()));
            let code = check(&CheckArgs { file, keys, key: None, json: false }, &mut output);
            code.map(|code| (code, said.text())).map_err(|failure| (failure.code, failure.text))
        }

        fn changed(&self, change: impl FnOnce(&mut Receipt)) -> String {
            let mut receipt = self.receipt.clone();
            change(&mut receipt);
            serde_json::to_string_pretty(&receipt).unwrap()
        }
    }

    #[derive(Clone, Default)]
    struct Said(Rc<RefCell<Vec<u8>>>);

    impl Said {
        fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Said {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_receipt_is_judged_by_itself() {
        let bench = Bench::new().await;
        let (code, said) = bench.check(&bench.changed(|_| {}), Some(&bench.keys)).unwrap();
        assert_eq!(code, FINE, "{said}");
        for line in [
            "which is the organisation's",
            "recipient   matches the statement",
            "content     matches the statement",
            "order       o-1",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        // Anybody can sign: whose the key is, somebody must have said.
        let (code, said) = bench.check(&bench.changed(|_| {}), None).unwrap();
        assert!(code == PROBLEM && said.contains("NOBODY HAS SAID whose that is"), "{said}");
        let id = bench.keys.keys[0].common.key_id.clone().unwrap();
        assert!(said.contains(&id));
        let text = bench.changed(|_| {});
        assert!(judge(&text, &Trust::Key(id)).unwrap().is_good());
        assert!(matches!(judge(&text, &Trust::Key("another".into())), Err(NotSigned::Stranger(_))));
        // The signature alone, and a receipt without its opening, show nothing of whom and what.
        for text in [bench.receipt.signed.clone(), bench.changed(|receipt| receipt.opening = None)] {
            let (code, said) = bench.check(&text, Some(&bench.keys)).unwrap();
            assert!(code == FINE && said.contains("recipient   not shown in this receipt"), "{said}");
            assert!(!said.contains(RECIPIENT));
        }
    }

    #[tokio::test]
    async fn words_of_a_newer_version_are_told_as_such_and_members_beside_the_signature_are_not_taken() {
        let bench = Bench::new().await;
        let mut said = serde_json::to_value(&bench.receipt.statement).unwrap();
        said["state"] = "teleported".into();
        let orders = Orders::new(bench.scratch.store.clone(), bench.scratch.world.clone(), []);
        let signed = orders.sign("turku", &said).await.unwrap();
        for text in [signed.clone(), json!({"statement": said, "signed": signed}).to_string()] {
            let (code, said) = bench.check(&text, Some(&bench.keys)).unwrap_err();
            assert!(code == PROBLEM && said.contains("words that this version does not know"), "{said}");
        }
        let mut doctored = serde_json::to_value(&bench.receipt).unwrap();
        doctored["statement"]["servedAt"] = "2026-03-02T12:00:00Z".into();
        let (code, said) = bench.check(&doctored.to_string(), Some(&bench.keys)).unwrap_err();
        assert!(code == PROBLEM && said.contains("was changed"), "{said}");
    }

    #[tokio::test]
    async fn a_file_beyond_the_limit_is_not_read() {
        let bench = Bench::new().await;
        let (code, said) = bench.check(&"x".repeat((8 << 20) + 1), None).unwrap_err();
        assert!(code == crate::cli::USAGE && said.contains("larger than 8 MiB"), "{said}");
    }

    #[tokio::test]
    async fn what_was_changed_is_found() {
        let bench = Bench::new().await;
        let opening =
            |change: fn(&mut ReceiptOpening)| bench.changed(|receipt| change(receipt.opening.as_mut().unwrap()));
        for (text, line) in [
            (opening(|it| it.recipient = Some("020594X903P".into())), "recipient   DOES NOT match the statement"),
            (opening(|it| it.content = Some("{}".into())), "content     DOES NOT match the statement"),
            (opening(|it| it.key = "00".repeat(32)), "recipient   DOES NOT match the statement"),
            (opening(|it| it.key = "no key".into()), "content     DOES NOT match the statement"),
        ] {
            let (code, said) = bench.check(&text, Some(&bench.keys)).unwrap();
            assert!(code == PROBLEM && said.contains(line), "{line}: {said}");
        }
        let stranger = Bench::new().await;
        for (text, keys, code, words) in [
            (bench.changed(|receipt| receipt.statement.order_id = "o-2".into()), &bench.keys, PROBLEM, "was changed"),
            (
                bench.changed(|receipt| receipt.signed.insert(receipt.signed.len() - 100, 'x')),
                &bench.keys,
                PROBLEM,
                "was changed",
            ),
            (bench.changed(|_| {}), &stranger.keys, PROBLEM, "none of those that were given"),
            ("{}".to_owned(), &bench.keys, crate::cli::USAGE, "is not a receipt's signature"),
            (String::new(), &bench.keys, crate::cli::USAGE, "is not a receipt's signature"),
        ] {
            let (is, said) = bench.check(&text, Some(keys)).unwrap_err();
            assert!(is == code && said.contains(words), "{words}: {said}");
        }
    }
}
