//! What is printed when the job is done: the addresses, and four commands to paste into another terminal. What they
//! send lies in files of the data directory: an identity code has no place on a command line.

use std::fmt;
use std::path::{Path, PathBuf};

use silta_client::catalogue::{GetService, ListServices};
use silta_client::common;
use silta_client::messages::Attachment;
use xroad::id::{ClientId, ServiceId};
use xroad::soap::write::{self, RequestHeader};

use super::job::order;
use super::place::{CONSUMER, Place};
use super::{SandboxError, Stage, samples};
use crate::operations::registry::{Family, VERSION};

/// Addresses and commands; its text is what is printed.
pub struct Commands {
    addresses: Vec<(&'static str, String)>,
    commands: [Command; 4],
}

struct Command {
    what: &'static str,
    silta: String,
    curl: String,
}

impl Commands {
    /// Writes the files that the commands send. `letter` is the id of an order, `service` the code of a service.
    pub fn prepare(stage: &Stage, letter: Option<&str>, service: Option<&str>) -> Result<Commands, SandboxError> {
        let folder = stage.data().join("try");
        let file = |name: &str, content: &[u8]| -> Result<PathBuf, SandboxError> {
            let path = folder.join(name);
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&path, content))
                .map_err(|error| SandboxError::Failed(format!("{}: {error}", path.display())))?;
            Ok(path)
        };
        let pdf = file("paatos.pdf", samples::DECISION)?;
        let letter_file = file("order.json", &letter_to_try()?)?;
        let read = read_to_try(service)?;
        let envelope = file("read.xml", &read.envelope)?;

        let silta = std::env::current_exe().map_err(SandboxError::failed("the path of this program"))?;
        let silta = quoted(&silta.to_string_lossy());
        let server = stage.consumer.url();
        let provider = Place::provider()?.to_rest();
        let call = format!("{silta} xroad call --server {server} --client {CONSUMER} --service {provider}");
        let client = format!("curl -H 'X-Road-Client: {CONSUMER}'");
        let [catalogue, messages] = [Family::Catalogue, Family::Messages].map(Family::word);
        let order_part = quoted(&format!("message=<{};type=application/json", letter_file.display()));
        let file_part = quoted(&format!("file=@{};type=application/pdf", pdf.display()));
        let (pdf, letter_file, envelope) = (path(&pdf), path(&letter_file), path(&envelope));
        let data = path(stage.data());
        let (status, status_path) = match letter {
            Some(id) => (format!("{silta} messages status {id} --data {data}"), format!("messages/{id}")),
            None => (format!("{silta} messages list --data {data}"), "messages/ID".to_owned()),
        };
        Ok(Commands {
            addresses: addresses(stage),
            commands: [
                Command {
                    what: "Read a service by REST",
                    silta: format!("{call}/{catalogue} {}", quoted(&read.path)),
                    curl: format!("{client} {}", quoted(&format!("{server}/r1/{provider}/{catalogue}/{}", read.path))),
                },
                Command {
                    what: "Read the same by SOAP",
                    silta: format!("{call}/{}/{VERSION}{}", read.operation, read.body),
                    curl: format!(
                        "curl -H 'Content-Type: text/xml; charset=UTF-8' -H 'SOAPAction: \"\"' \
                         --data-binary @{envelope} {server}/"
                    ),
                },
                Command {
                    what: "Send a letter with a PDF",
                    silta: format!("{call}/{messages} messages --body-file {letter_file} --file file={pdf}"),
                    curl: format!("{client} -F {order_part} -F {file_part} {server}/r1/{provider}/{messages}/messages"),
                },
                Command {
                    what: "See how far the first letter has come",
                    silta: status,
                    curl: format!("{client} {server}/r1/{provider}/{messages}/{status_path}"),
                },
            ],
        })
    }

    /// The four commands alone, as they are pasted.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.commands.iter().map(|command| command.silta.as_str())
    }
}

impl fmt::Display for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nIt all goes on running here:")?;
        for (what, address) in &self.addresses {
            writeln!(f, "   {what:<36} {address}")?;
        }
        writeln!(f, "\nTry it from another terminal:")?;
        for Command { what, silta, curl } in &self.commands {
            writeln!(f, "\n# {what}\n{silta}\n# or: {curl}")?;
        }
        Ok(())
    }
}

fn addresses(stage: &Stage) -> Vec<(&'static str, String)> {
    vec![
        ("The agency's security server", stage.consumer.url()),
        ("The adapter, for its security server", format!("https://{}", stage.address("xroad"))),
        ("The adapter, for own systems (a CMS)", stage.intake_url()),
        ("The adapter's metrics", format!("http://{}", stage.address("metrics"))),
        ("The PTV simulator", stage.ptv.base_url.clone()),
        ("The Viestit simulator", stage.viestit.base_url.clone()),
        ("The Finto simulator (subject terms)", stage.finto.rest_url.clone()),
    ]
}

/// One read by both protocols: of a service, or of the list when there is none.
struct Read {
    /// Of the REST service.
    path: String,
    /// The SOAP service code.
    operation: &'static str,
    /// Its members on the command line.
    body: String,
    envelope: Vec<u8>,
}

fn read_to_try(service: Option<&str>) -> Result<Read, SandboxError> {
    let failed = "a request to try";
    let (path, operation, body, wrapper) = match service {
        Some(code) => {
            let wrapper = common::to_xml(&GetService { code: code.to_owned(), lang: None });
            let body = format!(" --body {}", quoted(&format!("code={code}")));
            (format!("services/{}", xroad::id::percent_encode(code)), "getService", body, wrapper)
        }
        None => ("services".to_owned(), "listServices", String::new(), common::to_xml(&ListServices::default())),
    };
    let client: ClientId = CONSUMER.parse().map_err(SandboxError::failed(failed))?;
    let service = ServiceId::new(Place::provider()?, operation, Some(VERSION.to_owned()));
    let header = RequestHeader::new(client, service.map_err(SandboxError::failed(failed))?, "try-1");
    let envelope = write::request(&header, &wrapper.map_err(SandboxError::failed(failed))?);
    Ok(Read { path, operation, body, envelope })
}

/// An order like those of the job, under an id of its own: sent twice, it is still one letter.
fn letter_to_try() -> Result<Vec<u8>, SandboxError> {
    let [.., person] = samples::PERSONS;
    let mut order = order("sandbox-try-1", person);
    order.attachments = vec![Attachment {
        name: "paatos.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        part: Some("file".to_owned()),
        ..Attachment::default()
    }];
    serde_json::to_vec_pretty(&order).map_err(SandboxError::failed("a letter to try"))
}

fn path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// A word for a POSIX shell, in quotes where it needs them.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_for_a_shell() {
        for (word, expected) in [
            ("/a/silta", "/a/silta"),
            ("/a b", "'/a b'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("services?q=1", "'services?q=1'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
