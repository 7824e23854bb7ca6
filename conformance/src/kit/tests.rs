//! The kit's own parts: acts as commands, settings, requests.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::{ActError, Acts as _, Commands, Envelope, Multipart, Part, Settings, block};
use crate::security_server::ClientId;
use crate::security_server::soap::{Soap, parse};

#[tokio::test]
async fn acts_are_commands_with_json_in_and_out() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(
        b"[acts]\nlog-find = [\"cat\"]\nrestart = [\"sh\", \"-c\", \"exit 3\"]\nreload = [\"sh\", \"-c\", \"exit 1\"]\n\
          call = [\"echo\", \"no json\"]\n",
    )
    .unwrap();
    let commands = Commands::read(file.path()).unwrap();
    assert_eq!(commands.act("log-find", json!({"id": "x"})).await, Ok(json!({"id": "x"})));
    assert!(matches!(commands.act("restart", json!({})).await, Err(ActError::Missing(_))));
    assert!(matches!(commands.act("reload", json!({})).await, Err(ActError::Failed(_))));
    assert!(matches!(commands.act("call", json!({})).await, Err(ActError::Failed(_))));
    assert!(matches!(commands.act("overload", json!({})).await, Err(ActError::Missing(_))));

    std::fs::write(file.path(), "[acts]\nexplode = [\"true\"]\n").unwrap();
    let said = Commands::read(file.path()).unwrap_err().to_string();
    assert!(said.contains("explode is no act"), "{said}");
}

#[test]
fn settings_refuse_what_they_do_not_know() {
    let path = Path::new("kit.toml");
    let settings = Settings::parse("read = \"getItem\"\n[bodies]\ngetItem = \"<key>42</key>\"\n", path).unwrap();
    assert_eq!(settings.read.as_deref(), Some("getItem"));
    assert_eq!(settings.limits.parts, 100);
    assert!(Settings::parse("reed = \"x\"\n", path).unwrap_err().to_string().contains("reed"));
}

#[test]
fn an_envelope_is_what_a_security_server_lets_through() {
    let client = ClientId::subsystem("FI-TEST", "GOV", "1", "a & b");
    let provider = ClientId::subsystem("FI-TEST", "MUN", "2", "s");
    let envelope = Envelope::new(&client, &provider, "getItem", Some("v1"), "<k:getItem xmlns:k=\"urn:x\"/>");
    let Ok(Soap::Message(message)) = parse(&envelope.bytes()) else { panic!("{}", envelope.text()) };
    assert_eq!((&message.header.client, message.header.id.as_str()), (&client, envelope.id.as_str()));
    assert_eq!(message.header.service.version.as_deref(), Some("v1"));

    let changed = envelope.with("issue", "<xrd:issue/>").without("userId").with("more", block::simple("more", "1"));
    let names: Vec<_> = changed.blocks.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client", "service", "id", "issue", "protocolVersion", "more"]);
}

#[test]
fn a_multipart_is_framed_by_its_boundary() {
    let mut message = Multipart::swa("<a/>").part(Part::binary("text/plain", "x", "data"));
    message.boundary = "b".to_owned();
    let text = String::from_utf8(message.bytes().to_vec()).unwrap();
    let expected = "--b\r\ncontent-type:text/xml; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<a/>\r\n--b\r\n\
                    content-type:text/plain\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <x>\r\n\r\ndata\r\n--b--\r\n";
    assert_eq!(text, expected);
    message.closed = false;
    assert!(message.bytes().ends_with(b"data"));
}
