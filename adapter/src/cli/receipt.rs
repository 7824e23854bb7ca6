//! `silta log check-receipt`, `silta log receipt-keys`: receipts of letters, checked offline by anyone, and the keys to
//! check them by.

use std::path::{Path, PathBuf};

use clap::Args;
use jsonwebtoken::jwk::JwkSet;
use serde_json::json;
use silta_client::messages::{Receipt, ReceiptOpening, ReceiptStatement};

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
    /// The keys that the organisation has published. Without them the key's id is shown, to be compared.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
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
    key: String,
    /// The key is one of those that were given.
    key_known: bool,
    /// Each commitment with what opens it, and whether it does.
    recipient: Opened,
    content: Opened,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Yes,
    /// The log holds another one.
    No,
    /// The receipt does not say.
    NotShown,
}

impl Opened {
    fn word(self) -> &'static str {
        match self {
            Opened::Yes => "matches the log",
            Opened::No => "DOES NOT match the log",
            Opened::NotShown => "not shown in this receipt",
        }
    }
}

pub(super) fn check(args: &CheckArgs, output: &mut Output) -> Result<u8, Failure> {
    let text = read(&args.file)?;
    let keys = match &args.keys {
        Some(file) => Some(
            serde_json::from_str::<JwkSet>(&read(file)?)
                .map_err(|_| Failure::usage(format!("--keys {}: this is no JSON Web Key Set", file.display())))?,
        ),
        None => None,
    };
    let checked = match judge(&text, keys.as_ref()) {
        Ok(checked) => checked,
        Err(error @ NotSigned::Format) => {
            return Err(Failure::usage(format!("{}: {error}", args.file.display())));
        }
        Err(error) => return Err(Failure::problem(format!("{}: {error}", args.file.display()))),
    };
    let good = checked.recipient != Opened::No && checked.content != Opened::No;
    if args.json {
        output.json(&json!({
            "good": good,
            "key": checked.key,
            "keyKnown": checked.key_known,
            "recipient": checked.recipient.word(),
            "content": checked.content.word(),
            "statement": checked.statement,
        }))?;
    } else {
        show(&checked, output)?;
    }
    Ok(if good { FINE } else { PROBLEM })
}

fn show(checked: &Checked, output: &mut Output) -> Result<(), Failure> {
    let statement = &checked.statement;
    let known =
        if checked.key_known { "one of the keys given" } else { "compare it with what the organisation publishes" };
    output.line(&format!("signature   good, by key {} ({known})", checked.key))?;
    output.line(&format!("recipient   {}", checked.recipient.word()))?;
    output.line(&format!("content     {}", checked.content.word()))?;
    for (name, value) in [
        ("issuer", Some(&statement.issuer)),
        ("issued", Some(&statement.issued_at)),
        ("client", Some(&statement.client)),
        ("X-Road id", statement.xroad_id.as_ref()),
        ("order", Some(&statement.order_id)),
        ("letter", Some(&statement.external_id)),
        ("message id", statement.message_id.as_ref()),
    ] {
        if let Some(value) = value {
            output.line(&format!("{name:<11} {}", crate::telemetry::safe(value)))?;
        }
    }
    output.line(&format!(
        "state       {} since {}",
        statement.state.word(),
        crate::telemetry::safe(&statement.changed_at)
    ))?;
    output.line("")?;
    let rows: Vec<_> = statement
        .facts
        .iter()
        .map(|fact| {
            let status = fact.status.map(|status| status.to_string());
            let details = [
                fact.record.clone(),
                status,
                fact.trace_id.clone(),
                fact.confirmed_by.clone(),
                fact.tracking_code.clone(),
            ];
            let details = details.into_iter().flatten().collect::<Vec<_>>().join(" ");
            [fact.at.clone(), fact.source.word().to_owned(), fact.fact.clone(), details].map(plain).into()
        })
        .collect();
    output.table(&["time", "source", "fact", ""], &rows)?;
    Ok(())
}

/// A whole receipt, or the signed text alone.
fn judge(text: &str, keys: Option<&JwkSet>) -> Result<Checked, NotSigned> {
    let text = text.trim();
    let (signed, shown, opening) = match serde_json::from_str::<Receipt>(text) {
        Ok(receipt) => (receipt.signed, Some(receipt.statement), receipt.opening),
        Err(_) => (text.to_owned(), None, None),
    };
    let (statement, key) = signing::check::<ReceiptStatement>(&signed, keys)?;
    // What stands beside the signature must be what was signed.
    if shown.is_some_and(|shown| shown != statement) {
        return Err(NotSigned::Signature);
    }
    let opened = |purpose, commitment: &Option<String>, value: fn(&ReceiptOpening) -> Option<&String>| {
        let (Some(opening), Some(commitment)) = (&opening, commitment) else { return Opened::NotShown };
        let Some(value) = value(opening) else { return Opened::NotShown };
        let key = hex::decode(&opening.key).ok().and_then(|key| CommitmentKey::from_bytes(&key));
        let matches = key.is_some_and(|key| hex::encode(key.commit(purpose, value.as_bytes())) == *commitment);
        if matches { Opened::Yes } else { Opened::No }
    };
    let recipient = opened("recipient", &statement.recipient_commitment, |opening| opening.recipient.as_ref());
    let content = opened("content", &statement.content_commitment, |opening| opening.content.as_ref());
    Ok(Checked { statement, key, key_known: keys.is_some(), recipient, content })
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

    use super::*;
    use crate::store::testing::Scratch;
    use crate::viestit::Orders;

    const RECIPIENT: &str = "010594Y9032";
    const CONTENT: &str = r#"{"title":"Päätös"}"#;

    struct Bench {
        folder: tempfile::TempDir,
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
            };
            let keys = signing::public_keys(&scratch.store, "turku").await.unwrap();
            let receipt = Receipt { statement, signed, opening: Some(opening) };
            Bench { folder: tempfile::tempdir().unwrap(), receipt, keys }
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
            let code = check(&CheckArgs { file, keys, json: false }, &mut output);
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
        for line in
            ["one of the keys given", "recipient   matches the log", "content     matches the log", "order       o-1"]
        {
            assert!(said.contains(line), "{line}: {said}");
        }
        let (code, said) = bench.check(&bench.changed(|_| {}), None).unwrap();
        assert!(code == FINE && said.contains("compare it with what the organisation publishes"), "{said}");
        // The signature alone, and a receipt without its opening, show nothing of whom and what.
        for text in [bench.receipt.signed.clone(), bench.changed(|receipt| receipt.opening = None)] {
            let (code, said) = bench.check(&text, Some(&bench.keys)).unwrap();
            assert!(code == FINE && said.contains("recipient   not shown in this receipt"), "{said}");
            assert!(!said.contains(RECIPIENT));
        }
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
            (opening(|it| it.recipient = Some("020594X903P".into())), "recipient   DOES NOT match the log"),
            (opening(|it| it.content = Some("{}".into())), "content     DOES NOT match the log"),
            (opening(|it| it.key = "00".repeat(32)), "recipient   DOES NOT match the log"),
            (opening(|it| it.key = "no key".into()), "content     DOES NOT match the log"),
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
