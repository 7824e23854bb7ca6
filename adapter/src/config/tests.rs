use std::path::Path;

use super::check::{Severity, check};
use super::*;

fn parse(text: &str) -> Result<Loaded, ConfigError> {
    Config::parse(Path::new("silta.toml"), text)
}

/// The default file with its example keys (`#key = …`, `#[section]`) made real.
pub(super) fn example() -> String {
    DEFAULT_TEXT
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every `a.b.c` path of a value; items of a list share `[]`.
fn keys(value: &toml::Value, prefix: &str, found: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let name = format!("{prefix}.{key}");
                found.push(name.clone());
                keys(value, &name, found);
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| keys(item, &format!("{prefix}[]"), found)),
        _ => {}
    }
}

#[test]
fn the_default_file_is_whole_and_needs_nothing_more() {
    let config = parse("").expect("the default parses").config;
    assert_eq!(config, Config::default());
    assert!(config.tenants.is_empty());
    assert_eq!(config.xroad.listen.port(), 7080);
    assert_eq!(config.limits.header_block, Size(32 * 1024));
}

#[test]
fn every_key_has_a_sentence_above_it() {
    let mut documented = 0;
    let mut before = "";
    for line in DEFAULT_TEXT.lines() {
        let key = line.strip_prefix('#').unwrap_or(line);
        if key.starts_with(|c: char| c.is_ascii_lowercase()) && key.contains(" = ") {
            assert!(before.starts_with("# ") && before.ends_with('.'), "{line} has no sentence above it");
            documented += 1;
        }
        before = line;
    }
    assert!(documented > 60, "only {documented} keys were seen");
}

#[test]
fn every_key_stands_in_the_default_file() {
    let text = example();
    let loaded = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut written = Vec::new();
    keys(&toml::from_str(&text).expect("toml"), "", &mut written);
    // What serde writes of a configuration whose every key is set is what the structs know.
    let mut known = Vec::new();
    keys(&toml::Value::try_from(&loaded.config).expect("serialises"), "", &mut known);
    written.sort();
    known.sort();
    assert_eq!(known, written);
    // The defaults of tenants' keys that the file states are those of the code.
    let tenant = &loaded.config.tenants[0];
    let bare = "[[tenants]]\ncode = 'a'\nname = 'A'\n[tenants.xroad]\ninstance='FI'\nmember_class='MUN'\nmember_code='1'\nsubsystem='s'\n";
    let bare = &parse(bare).expect("bare").config.tenants[0];
    assert_eq!(bare.languages, tenant.languages);
    let (ptv, viestit) = (tenant.ptv.as_ref().expect("ptv"), tenant.viestit.as_ref().expect("viestit"));
    assert_eq!((ptv.profile.as_str(), ptv.policy, ptv.pace_per_second), ("live-2026", PtvPolicy::Repair, 5));
    assert_eq!(viestit.settle_window, super::viestit::Window::default());
    let plain = super::viestit::Viestit::default();
    assert_eq!((viestit.pace_per_second, viestit.upload_reuse), (plain.pace_per_second, plain.upload_reuse));
    assert_eq!((viestit.length_unit, viestit.verifiable), (LengthUnit::Utf16, true));
    let least = "username='u'\npassword_file='f'\ncontact_email='e'\n[return_address]\nname='n'\nstreet_address='s'\nzip_code='z'\ncity='c'\n";
    let least: ViestitPrint = toml::from_str(least).expect("print");
    let print = viestit.print.as_ref().expect("print");
    assert_eq!((print.verifiable, print.address_zone), (least.verifiable, least.address_zone));
    assert_eq!(print.return_address.country_code, least.return_address.country_code);
    let drupal = tenant.drupal.as_ref().expect("drupal");
    let Drupal { master, interval, full_interval, overlap, page, timeout, vanish_percent, .. } = Drupal::default();
    let defaults = (&master, interval, full_interval, overlap, page, timeout, vanish_percent);
    let stated = (&drupal.master, drupal.interval, drupal.full_interval, drupal.overlap, drupal.page);
    assert_eq!(defaults, (stated.0, stated.1, stated.2, stated.3, stated.4, drupal.timeout, drupal.vanish_percent));
    assert_eq!(bare.access, []);
}

#[test]
fn a_file_is_laid_over_the_default_key_by_key() {
    let config = parse("[limits]\nuri = \"4 KiB\"\n[xroad]\nhosts = [\"silta.example.fi\"]\n").expect("parses").config;
    assert_eq!(config.limits.uri, Size(4096));
    assert_eq!(config.limits.headers, 100);
    assert_eq!(config.xroad.hosts, ["silta.example.fi"]);
}

#[test]
fn complaints_name_file_line_key_and_what_to_do() {
    for (text, expected) in [
        ("[xroad]\n\nlisen = \"a\"\n", "silta.toml:3: xroad.lisen: unknown key `lisen`, expected one of `listen`"),
        ("[limits]\nparts = \"many\"\n", "silta.toml:2: limits.parts: a wrong value, expected usize. Write"),
        ("[limits]\nuri = 8\n", "silta.toml:2: limits.uri: a wrong value, expected a string"),
        ("[limits]\nuri = \"8 kB\"\n", "silta.toml:2: limits.uri: a wrong value, expected a size such as"),
        ("[limits]\ndrain = \"0s\"\n", "silta.toml:2: limits.drain: a wrong value, expected a time such as"),
        ("[log]\nformat = \"xml\"\n", "silta.toml:2: log.format: an unknown word, expected `json` or `text`"),
        ("[xroad]\nlisten = \"here\"\n", "silta.toml:2: xroad.listen: "),
        ("[surprise]\n", "silta.toml:1: surprise: unknown key `surprise`"),
        ("limits = 5\n", "silta.toml:1: limits: a wrong value, expected "),
        ("[[tenants]]\ncode = \"a\"\nname = \"A\"\n", "silta.toml:1: tenants[0]: the key `xroad` is missing. Add it"),
        (
            "[[tenants]]\ncode='a'\nname='A'\n[tenants.xroad]\ninstance='FI'\n",
            "silta.toml:4: tenants[0].xroad: the key `member_class` is missing",
        ),
        ("[log\n", "silta.toml:1: "),
    ] {
        let message = parse(text).expect_err(text).to_string();
        assert!(message.starts_with(expected), "{text:?} gave\n{message}\nnot\n{expected}");
    }
    let missing = Config::load(Path::new("/nonexistent/silta.toml")).expect_err("missing").to_string();
    assert!(missing.starts_with("/nonexistent/silta.toml: cannot be read: "), "{missing}");
}

#[test]
fn a_password_in_the_wrong_place_is_not_repeated() {
    for text in ["[limits]\nparts = \"hunter2\"\n", "[store]\nengine = \"hunter2\"\n", "[limits]\nuri = \"hunter2\"\n"]
    {
        let message = parse(text).expect_err("refused").to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn values_read_what_they_write() {
    for (text, size) in [("32 KiB", 32_768), ("5 B", 5), ("1 GiB", 1 << 30), ("1025 B", 1025)] {
        assert_eq!(text.parse(), Ok(Size(size)));
        assert_eq!(Size(size).to_string(), text);
    }
    for text in ["500ms", "5s", "1s 500ms"] {
        assert_eq!(text.parse::<Period>().map(|period| period.to_string()).as_deref(), Ok(text));
    }
    let pin = Pin::of(b"certificate");
    assert_eq!(pin.to_string().parse(), Ok(pin));
    let text = pin.to_string();
    let colons = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).expect("hex").to_uppercase());
    assert_eq!(colons.collect::<Vec<_>>().join(":").parse(), Ok(pin));
    assert!("abc".parse::<Pin>().is_err());
}

#[test]
fn rules_of_access_say_who_and_what() {
    let text = "[[tenants]]\ncode='a'\nname='A'\n[tenants.xroad]\ninstance='FI'\nmember_class='MUN'\nmember_code='1'\n\
        subsystem='s'\n[[tenants.access]]\nclient='*'\noperations=['getService']\n\
        [[tenants.access]]\nclient='FI/GOV/2/asiointi'\noperations='*'\n[[tenants.access]]\nclient='FI/GOV/2/asiointi'\n";
    let loaded = parse(text).expect("parses");
    let [everyone, agency, nothing] = &loaded.config.tenants[0].access[..] else { panic!("three rules") };
    let client = "FI/GOV/2/asiointi".parse().expect("id");
    let other = "FI/GOV/3/asiointi".parse().expect("id");
    assert!(everyone.is_for(&client) && everyone.is_for(&other));
    assert!(everyone.operations.allows("getService") && !everyone.operations.allows("sendMessage"));
    assert!(agency.is_for(&client) && !agency.is_for(&other) && agency.operations.allows("sendMessage"));
    assert!(!nothing.operations.allows("getService"));
}

/// The keys that a whole configuration is complained of for.
pub(super) fn complained_keys(text: &str) -> Vec<String> {
    let loaded = parse(text).unwrap_or_else(|error| panic!("{error}"));
    check(&loaded).into_iter().map(|it| it.key).collect()
}

/// The complaints about a tenant's configuration, as `severity key`.
pub(super) fn complaints(text: &str) -> Vec<String> {
    let rest = "[[tenants]]\ncode='a'\nname='A'\npins=[]\n[tenants.xroad]\ninstance='FI'\nmember_class='MUN'\n\
        member_code='1'\nsubsystem='s'\n";
    let (before, after) = text.split_once("----\n").unwrap_or((text, ""));
    let loaded = parse(&format!("{before}{rest}{after}")).unwrap_or_else(|error| panic!("{error}"));
    check(&loaded).iter().map(|it| format!("{:?} {}", it.severity, it.key)).collect()
}

#[test]
fn a_rule_without_operations_allows_nothing_and_is_warned_about() {
    for operations in ["operations=[]\n", ""] {
        let text = format!("----\n[[tenants.access]]\nclient='*'\n{operations}");
        let found = complaints(&text);
        assert!(found.iter().any(|it| it.starts_with("Warning tenants[0].access[0]")), "{operations:?}: {found:?}");
    }
    let found = complaints("----\n[[tenants.access]]\nclient='*'\noperations='*'\n");
    assert!(!found.iter().any(|it| it.contains("access")), "{found:?}");
}

#[test]
fn a_wildcard_address_needs_a_public_url() {
    let listening = |address: &str| format!("[xroad]\nlisten='{address}'\nplaintext='anyone-may-read-and-forge'\n");
    let wrong = "Error xroad.listen".to_owned();
    for address in ["0.0.0.0:7080", "[::]:7080"] {
        let text = listening(address);
        assert!(complaints(&text).contains(&wrong), "{address}");
        assert!(!complaints(&format!("{text}public_url='https://silta.example.fi:7080'\n")).contains(&wrong));
    }
    assert!(!complaints(&listening("192.0.2.1:7080")).contains(&wrong));
}

#[test]
fn a_master_has_no_slash() {
    for (key, expected) in
        [("system='a/b'", "system"), ("system='cms'\nmaster='a/b'", "master"), ("system=''", "system")]
    {
        let found = complaints(&format!("----\n[[tenants.intake_keys]]\n{key}\nsha256='{}'\n", "0".repeat(64)));
        assert!(found.contains(&format!("Error tenants[0].intake_keys[0].{expected}")), "{key}: {found:?}");
    }
    let found = complaints(&format!("----\n[[tenants.intake_keys]]\nsystem='cms'\nsha256='{}'\n", "0".repeat(64)));
    assert!(!found.iter().any(|it| it.contains("intake_keys")), "{found:?}");
}

#[test]
fn cross_checks_point_at_the_line() {
    let folder = tempfile::tempdir().expect("folder");
    let tenant = |code: &str, extra: &str| {
        format!(
            "[[tenants]]\ncode='{code}'\nname='A'\n{extra}\n[tenants.xroad]\ninstance='FI'\nmember_class='MUN'\n\
             member_code='1'\nsubsystem='s_1'\n"
        )
    };
    let text = format!(
        "[xroad]\nlisten = '0.0.0.0:7080'\nplaintext = 'loopback'\n[intake]\nlisten = '127.0.0.1:7082'\n[limits]\n\
         idle = '1s'\n{}{}",
        tenant("turku", "pins = ['file:absent.pem']"),
        tenant("turku", "")
    );
    let path = folder.path().join("silta.toml");
    std::fs::write(&path, &text).expect("written");
    let complaints = check(&Config::load(&path).expect("parses"));
    let seen: Vec<_> = complaints
        .iter()
        .filter(|complaint| complaint.severity == Severity::Error)
        .map(|complaint| (complaint.line, complaint.key.as_str()))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    assert_eq!(
        seen,
        [
            (2, "xroad.listen"),
            (4, "control.metrics"),
            (7, "limits.idle"),
            (11, "tenants[0].pins[0]"),
            (16, "tenants[0].xroad.subsystem"),
            (18, "tenants[1].code"),
            (21, "tenants[1].xroad"),
            (25, "tenants[1].xroad.subsystem"),
        ]
        .map(|(line, key)| (if key == "control.metrics" { 1 } else { line }, key))
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>(),
        "{complaints:#?}"
    );
}

#[test]
fn xroad_tl_11_an_ecdsa_certificate_is_warned_about() {
    let folder = tempfile::tempdir().expect("folder");
    let write = |algorithm| {
        let key = rcgen::KeyPair::generate_for(algorithm).expect("key");
        let params = rcgen::CertificateParams::new(vec!["silta.example.fi".into()]).expect("parameters");
        std::fs::write(folder.path().join("c.pem"), params.self_signed(&key).expect("signed").pem()).expect("written");
        std::fs::write(folder.path().join("c.key"), key.serialize_pem()).expect("written");
        let path = folder.path().join("silta.toml");
        std::fs::write(&path, "[xroad]\ncertificate = 'c.pem'\nkey = 'c.key'\n").expect("written");
        check(&Config::load(&path).expect("parses"))
    };
    let complaints = write(&rcgen::PKCS_ECDSA_P256_SHA256);
    let [complaint] = &complaints[..] else { panic!("{complaints:#?}") };
    assert_eq!((complaint.severity, complaint.line), (Severity::Warning, 2));
    assert!(complaint.to_string().contains("not RSA"), "{complaint}");
    assert_eq!(write(&rcgen::PKCS_RSA_SHA256), []);
}

#[test]
fn what_the_check_refuses_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("silta.toml");
    let tenant = "[[tenants]]\ncode='a'\nname='A'\n[tenants.xroad]\ninstance='FI'\nmember_class='MUN'\n\
        member_code='1'\nsubsystem='s'\n";
    let listening = |address: &str| {
        format!("[xroad]\nlisten='{address}'\nplaintext='anyone-may-read-and-forge'\n[intake]\nplaintext='loopback'\n")
    };
    std::fs::write(&path, listening("0.0.0.0:7080") + tenant).expect("written");
    let refused = super::check::checked(&path).expect_err("no public_url").to_string();
    assert!(refused.contains("silta.toml:2: error: xroad.listen"), "{refused}");
    std::fs::write(&path, listening("127.0.0.1:7080") + tenant).expect("written");
    let (_, warnings) = super::check::checked(&path).expect("sound");
    assert!(warnings.iter().any(|warning| warning.key == "tenants[0].access"), "{warnings:?}");
}

/// Every value of a configuration by its path.
fn values(value: &toml::Value, path: &str, found: &mut std::collections::BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                values(value, &format!("{path}.{key}"), found);
            }
        }
        toml::Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                values(item, &format!("{path}[{place}]"), found);
            }
        }
        other => {
            found.insert(path.to_owned(), other.to_string());
        }
    }
}

#[test]
fn seed_b4_test_and_production_differ_by_configuration_alone_and_share_no_secret() {
    let test = example();
    let production = test
        .replace("FI-TEST", "FI")
        .replace(".example", ".fi")
        .replace("secrets/", "/etc/silta/secrets/")
        .replace("pki/", "/etc/silta/pki/");
    let read = |text: &str| {
        let config = parse(text).unwrap_or_else(|error| panic!("{error}")).config;
        let mut found = std::collections::BTreeMap::new();
        values(&toml::Value::try_from(&config).expect("serialises"), "", &mut found);
        found
    };
    let (test, production) = (read(&test), read(&production));
    assert_eq!(test.keys().collect::<Vec<_>>(), production.keys().collect::<Vec<_>>());
    let same = |key: &str| test.get(key) == production.get(key);
    let secret =
        |key: &&String| key.ends_with("_file") || key.rsplit('.').next() == Some("key") || key.ends_with("pins[0]");
    let secrets: Vec<&String> = test.keys().filter(secret).collect();
    assert!(secrets.len() >= 8, "{secrets:?}");
    assert!(secrets.iter().all(|key| !same(key)), "a secret of the test is not production's");
    // What a secret is stands in a file of its own: there is no key for the secret itself.
    for (section, key) in [("tenants.ptv", "password"), ("tenants.viestit", "password"), ("store", "url")] {
        let line = format!("[{section}]\n{key} = \"x\"\n");
        let text = if section == "store" { line } else { format!("[[tenants]]\n{line}") };
        let error = parse(&text).expect_err("refused").to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn v12_s_25_a_version_that_is_not_there_is_refused_before_anything_starts() {
    let complaints = |read: &str, write: &str, writes: bool| -> Vec<(String, String)> {
        let text = example()
            .replace("read = \"v11\"", &format!("read = \"{read}\""))
            .replace("\nwrite = \"v11\"", &format!("\nwrite = \"{write}\""))
            .replace("writes = false", &format!("writes = {writes}"));
        let loaded = parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let all = check(&loaded).into_iter().filter(|it| it.severity == Severity::Error);
        let about = |key: &str| key.ends_with("ptv.read") || key.ends_with("ptv.write");
        all.filter(|it| about(&it.key)).map(|it| (it.key, it.text)).collect()
    };
    assert_eq!(complaints("v11", "v11", false), []);
    assert_eq!(complaints("v12", "v11", false), []);
    let refused = complaints("v12", "v12", false);
    assert!(matches!(&refused[..], [(_, text)] if text.contains("takes no writes")), "{refused:?}");
    let refused = complaints("v11", "v12", true);
    assert!(matches!(&refused[..], [(key, _)] if key.ends_with("ptv.read")), "{refused:?}");
    assert_eq!(complaints("v12", "v12", true), []);
    // Without the gateway none of it.
    let text = example().replace("shadow = false", "shadow = true");
    let from = text.find("[tenants.ptv.v12]").expect("there");
    let to = from + text[from..].find("[tenants.viestit]").expect("there");
    let loaded = parse(&format!("{}{}", &text[..from], &text[to..])).unwrap_or_else(|error| panic!("{error}"));
    let keys: Vec<String> = check(&loaded).into_iter().map(|it| it.key).filter(|key| key.ends_with("shadow")).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
}
