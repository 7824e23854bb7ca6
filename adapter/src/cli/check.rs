//! `silta check`: the configuration, with a line number for everything that is wrong.
//!
//! Opens no socket and changes nothing; what only the living systems can tell is `silta doctor`'s.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::config::check::{Complaint, Severity, check};
use crate::config::mapping::Mapping;
use crate::config::{Config, ConfigError, Tenant};
use crate::intake::pull::unknown_fields;

/// Checks a configuration file without starting anything.
///
/// Example: silta check --config silta.toml --json
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Report as JSON on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command and returns its exit code: 0 fine (warnings may be shown), 2 the configuration is wrong.
/// The report goes to `out`, everything else to `err`.
pub fn run(args: &CheckArgs, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let loaded = match Config::load(&args.config) {
        Ok(loaded) => loaded,
        Err(error) if args.json => {
            let report = json!({"ok": false, "complaints": [unread(&error)]});
            writeln!(out, "{report:#}")?;
            return Ok(2);
        }
        Err(error) => {
            writeln!(err, "{error}")?;
            return Ok(2);
        }
    };
    let mut complaints = check(&loaded);
    complaints.extend(loaded.config.tenants.iter().flat_map(mapped_to_nothing));
    let errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error).count();
    if args.json {
        writeln!(out, "{:#}", json!({"ok": errors == 0, "complaints": complaints}))?;
    } else {
        for complaint in &complaints {
            writeln!(out, "{complaint}")?;
        }
        let tenants = loaded.config.tenants.len();
        let warnings = complaints.len() - errors;
        writeln!(out, "{}: {tenants} tenants, {errors} errors, {warnings} warnings", args.config.display())?;
    }
    Ok(if errors == 0 { 0 } else { 2 })
}

/// Fields of a tenant's mapping that PAT does not have. What else is wrong with a mapping, the check of the file has said.
fn mapped_to_nothing(tenant: &Tenant) -> Vec<Complaint> {
    let Some(path) = tenant.drupal.as_ref().map(|drupal| &drupal.mapping) else { return Vec::new() };
    let problems = Mapping::load(path).map(|mapping| unknown_fields(&mapping)).unwrap_or_default();
    let complaint = |it: crate::config::mapping::Problem| Complaint {
        severity: Severity::Error,
        file: path.clone(),
        line: it.line,
        key: it.key,
        text: it.text,
        act: it.act,
    };
    problems.into_iter().map(complaint).collect()
}

/// An error that kept the file from being read at all, in the form of a complaint.
fn unread(error: &ConfigError) -> serde_json::Value {
    match error {
        ConfigError::Unreadable { path, source } => json!({
            "severity": "error", "file": path, "line": 0, "key": "", "text": format!("cannot be read: {source}"),
            "act": "Give the path of a readable file with --config",
        }),
        ConfigError::Wrong { path, line, key, expected, act } => json!({
            "severity": "error", "file": path, "line": line, "key": key, "text": expected, "act": act,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_on(text: &str, json: bool) -> (u8, String, String) {
        let folder = tempfile::tempdir().expect("folder");
        let config = folder.path().join("silta.toml");
        std::fs::write(&config, text).expect("written");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(&CheckArgs { config, json }, &mut out, &mut err).expect("written");
        (code, String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text"))
    }

    #[test]
    fn reports_by_exit_code_line_and_json() {
        let (code, out, err) = run_on("[xroad]\nplaintext = 'loopback'\n", false);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.ends_with("silta.toml: 0 tenants, 0 errors, 0 warnings\n"), "{out}");

        let (code, out, _) = run_on("[xroad]\nplaintext = 'refused'\n", false);
        assert_eq!(code, 2);
        assert!(out.contains("silta.toml:1: error: xroad.listen: there is no certificate"), "{out}");

        let (code, out, err) = run_on("[xroad]\nplaintxt = 'loopback'\n", true);
        let report: serde_json::Value = serde_json::from_str(&out).expect("json only");
        assert_eq!((code, err.as_str()), (2, ""));
        assert_eq!(report["complaints"][0]["line"], 2);
        assert_eq!(report["complaints"][0]["key"], "xroad.plaintxt");

        let (code, out, err) = run_on("[xroad]\nplaintxt = 'loopback'\n", false);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.contains("silta.toml:2: xroad.plaintxt: unknown key"), "{err}");
    }
}
