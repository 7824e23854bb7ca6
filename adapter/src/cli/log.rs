//! `silta log …`: the message log.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::output::{Output, cell, plain};
use super::{FINE, Failure, PROBLEM, Place, receipt};
use crate::control::{Command, reads};

#[derive(Debug, Subcommand)]
pub(super) enum LogCommand {
    /// Read the whole log and recompute it. Exit code 1 when a record was changed, moved or cut off.
    #[command(after_help = "Example: silta log verify --data silta-data")]
    Verify(VerifyArgs),
    /// Check a receipt: its signature, and whom and what it is about. Nothing but the file is needed.
    #[command(after_help = "Example: silta log check-receipt receipt.json --keys turku-keys.json")]
    CheckReceipt(receipt::CheckArgs),
    /// The public keys that sign a tenant's receipts, to be published (JSON Web Key Set).
    #[command(after_help = "Example: silta log receipt-keys --tenant turku --data silta-data > turku-keys.json")]
    ReceiptKeys(receipt::KeysArgs),
}

#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: LogCommand, output: &mut Output) -> Result<u8, Failure> {
    let args = match command {
        LogCommand::Verify(args) => args,
        LogCommand::CheckReceipt(args) => return receipt::check(&args, output),
        LogCommand::ReceiptKeys(args) => return receipt::keys(args, output).await,
    };
    let found = args.place.find()?;
    let report = if let Some(report) = found.ask(&Command::LogVerify {}).await? {
        report
    } else {
        let store = found.store().await?;
        let report = reads::log_verify(&store).await;
        store.close().await;
        report?
    };
    let clean = report.get("clean").and_then(Value::as_bool) == Some(true);
    if args.json {
        output.json(&report)?;
    } else {
        let writers = report.get("writers").and_then(Value::as_array).cloned().unwrap_or_default();
        let rows: Vec<_> = writers
            .iter()
            .map(|writer| ["writer", "records", "head", "chain"].map(|member| plain(cell(writer, member))).into())
            .collect();
        output.table(&["writer", "records", "head", "chain"], &rows)?;
        let [records, verified, problems, anchored] =
            ["records", "verified", "problems", "anchored"].map(|member| cell(&report, member));
        output.line(&format!("{verified} of {records} records verified, {anchored} anchored heads compared"))?;
        if !clean {
            let first = cell(&report, "firstProblem");
            output.line(&format!("{problems} problems; the first: {}", crate::telemetry::safe(&first)))?;
        }
    }
    Ok(if clean { FINE } else { PROBLEM })
}
