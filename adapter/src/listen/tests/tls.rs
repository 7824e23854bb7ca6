//! xroad.md §9.7.

use openssl::ssl::SslVersion;
use rustls::HandshakeKind;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::rig::*;
use crate::listen::*;

const OK: Option<&str> = Some("HTTP/1.1 200 OK");

#[tokio::test]
async fn xroad_tl_01_default_profile_of_security_servers() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    // The eight suites in their order (xroad.md §5.2).
    let suites = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-GCM-SHA384:\
        ECDHE-RSA-AES256-SHA384:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256:\
        DHE-RSA-AES256-GCM-SHA384";
    let offer = Offer { min: SslVersion::TLS1_2, max: SslVersion::TLS1_2, ciphers: suites };
    let (cipher, status) = openssl(rig.address, offer).await.expect("connected");
    assert!(["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"].contains(&&*cipher), "{cipher}");
    assert_eq!(status, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn xroad_tl_02_a_pinned_ca_certificate_is_accepted() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    for version in [&TLS12, &TLS13] {
        assert_eq!(rig.request_tls(&client(&Shows::Own(&CLIENT), &[version])).await.as_deref(), OK);
    }
}

#[tokio::test]
async fn xroad_tl_03_without_certificate_nothing_is_processed() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    for version in [&TLS12, &TLS13] {
        assert_eq!(rig.request_tls(&client(&Shows::Nothing, &[version])).await, None);
    }
    rig.quiet().await;
    assert_eq!(rig.metrics.handshakes_failed(DOOR, "no certificate"), 2);
}

#[tokio::test]
async fn xroad_tl_04_a_twin_of_the_pinned_certificate_is_refused() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    for version in [&TLS12, &TLS13] {
        assert_eq!(rig.request_tls(&client(&Shows::Own(&TWIN), &[version])).await, None);
    }
    rig.quiet().await;
    assert_eq!(rig.metrics.handshakes_failed(DOOR, "not pinned"), 2);
}

#[tokio::test]
async fn xroad_tl_05_a_certificate_without_its_key_is_refused() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    for version in [&TLS12, &TLS13] {
        assert_eq!(rig.request_tls(&client(&Shows::Stolen(&CLIENT, &TWIN), &[version])).await, None);
    }
    rig.quiet().await;
    assert_eq!(rig.metrics.handshakes_failed(DOOR, "bad signature"), 2);
}

#[tokio::test]
async fn xroad_tl_06_two_pins_bridge_a_change_of_certificate() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    let (old, new) = (client(&Shows::Own(&CLIENT), &[&TLS12]), client(&Shows::Own(&TWIN), &[&TLS12]));
    let mut open = rig.connect_tls(&old).await.expect("connected");
    for step in 0..30 {
        match step {
            10 => assert!(rig.reload(&SERVER, &[&CLIENT, &TWIN])),
            20 => assert!(rig.reload(&SERVER, &[&TWIN])),
            _ => {}
        }
        let now = if step < 15 { &old } else { &new };
        assert_eq!(rig.request_tls(now).await.as_deref(), OK, "step {step}");
        if step < 20 {
            open.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
            assert!(read_response(&mut open).await.starts_with("HTTP/1.1 200 OK"), "step {step}");
        }
    }
    // The open connection of the removed identity may not speak any more.
    open.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    let last = read_to_end(&mut open).await;
    assert!(last.starts_with("HTTP/1.1 403 ") && last.contains("connection: close"), "{last}");
}

/// The session is there and is offered: each step counts it. What differs is only what the listener makes of it.
#[tokio::test]
async fn xroad_tl_07_a_removed_pin_cannot_resume() {
    for version in [&TLS12, &TLS13] {
        let rig = Rig::tls(&SERVER, &[&CLIENT, &TWIN], false);
        let (offered, own) = Offered::by(&client(&Shows::Own(&CLIENT), &[version]));
        assert_eq!(rig.request_tls(&own).await.as_deref(), OK);
        assert_eq!(offered.times(), 0);
        // A reload that changes nothing keeps sessions: the one of before is taken.
        assert!(!rig.reload(&SERVER, &[&TWIN, &CLIENT]));
        let mut resumed = rig.connect_tls(&own).await.expect("connected");
        assert_eq!(resumed.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed), "the test must resume");
        assert_eq!(offered.times(), 1);
        resumed.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
        assert!(read_response(&mut resumed).await.starts_with("HTTP/1.1 200 OK"));

        assert!(rig.reload(&SERVER, &[&TWIN]));
        assert_eq!(rig.request_tls(&own).await, None);
        assert_eq!(offered.times(), 2, "the session was offered, not forgotten");
        drop(resumed);
        rig.quiet().await;
        assert_eq!(rig.metrics.handshakes_failed(DOOR, "not pinned"), 1, "and the certificate was looked at anew");
        // The same certificate, pinned again: a full handshake, for the sessions of before stay forgotten.
        assert!(rig.reload(&SERVER, &[&TWIN, &CLIENT]));
        let again = rig.connect_tls(&own).await.expect("connected");
        assert_eq!(again.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
    }
}

/// Should a session outlive its pin all the same (a handshake that began before the change), requests meet the pins.
#[tokio::test]
async fn a_session_resumed_before_the_change_may_not_speak_after_it() {
    for version in [&TLS12, &TLS13] {
        let rig = Rig::tls(&SERVER, &[&CLIENT, &TWIN], false);
        let own = client(&Shows::Own(&CLIENT), &[version]);
        assert_eq!(rig.request_tls(&own).await.as_deref(), OK);
        let mut resumed = rig.connect_tls(&own).await.expect("connected");
        assert_eq!(resumed.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed));
        rig.reload(&SERVER, &[&TWIN]);
        resumed.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
        assert!(read_to_end(&mut resumed).await.starts_with("HTTP/1.1 403 "));
    }
}

#[tokio::test]
async fn where_a_certificate_is_only_wanted_none_will_do_but_not_a_stranger() {
    let rig = Rig::asking(ClientAuth::Wanted, &SERVER, &[&CLIENT], false);
    for version in [&TLS12, &TLS13] {
        for (shows, expected) in [
            (Shows::Nothing, OK),
            (Shows::Own(&CLIENT), OK),
            (Shows::Own(&TWIN), None),
            (Shows::Stolen(&CLIENT, &TWIN), None),
        ] {
            assert_eq!(rig.request_tls(&client(&shows, &[version])).await.as_deref(), expected);
        }
    }
}

#[tokio::test]
async fn xroad_tl_08_expiry_warns_or_refuses() {
    let lines = Lines::default();
    let _listening = lines.listen();
    let lenient = Rig::tls(&SERVER, &[&EXPIRED], false);
    let strict = Rig::tls(&SERVER, &[&EXPIRED], true);
    for version in [&TLS12, &TLS13] {
        let expired = client(&Shows::Own(&EXPIRED), &[version]);
        assert_eq!(lenient.request_tls(&expired).await.as_deref(), OK);
        assert_eq!(strict.request_tls(&expired).await, None);
    }
    strict.quiet().await;
    assert_eq!(strict.metrics.handshakes_failed(DOOR, "expired"), 2);
    let warnings = lines.text().matches("outside of its validity").count();
    assert_eq!(warnings, 1, "one warning, however often it connects: {}", lines.text());
}

#[tokio::test]
async fn xroad_tl_09_obsolete_offers_are_refused() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    for (name, min, max, ciphers) in [
        ("TLS 1.0", SslVersion::TLS1, SslVersion::TLS1, "ALL"),
        ("TLS 1.1", SslVersion::TLS1_1, SslVersion::TLS1_1, "ALL"),
        ("RSA key exchange", SslVersion::TLS1_2, SslVersion::TLS1_2, "AES128-GCM-SHA256:AES256-SHA256"),
        ("CBC only", SslVersion::TLS1_2, SslVersion::TLS1_2, "ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384"),
    ] {
        let result = openssl(rig.address, Offer { min, max, ciphers }).await;
        assert!(result.is_err(), "{name}: {result:?}");
    }
    rig.quiet().await;
    assert_eq!(rig.metrics.handshakes_failed(DOOR, "incompatible"), 4);
}

#[tokio::test]
async fn xroad_tl_10_a_new_certificate_is_shown_to_new_connections_only() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    let own = client(&Shows::Own(&CLIENT), &[&TLS12]);
    let leaf = |stream: &tokio_rustls::client::TlsStream<_>| {
        stream.get_ref().1.peer_certificates().and_then(|chain| chain.first().cloned())
    };
    let mut old = rig.connect_tls(&own).await.expect("connected");
    assert_eq!(leaf(&old), Some(SERVER.der.clone()));
    rig.reload(&SERVER_2, &[&CLIENT]);
    let new = rig.connect_tls(&own).await.expect("connected");
    assert_eq!(leaf(&new), Some(SERVER_2.der.clone()));
    old.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    assert!(read_response(&mut old).await.starts_with("HTTP/1.1 200 OK"));
    // What does not fit together is not taken, and what was stays.
    assert!(ServerIdentity::from_pem(SERVER.pem.as_bytes(), SERVER_2.key.as_bytes()).is_err());
}

#[tokio::test]
async fn xroad_tl_11_an_ecdsa_certificate_is_warned_about_and_out_of_reach_for_default_security_servers() {
    assert!(SERVER.identity().is_rsa());
    assert!(!EC_SERVER.identity().is_rsa());
    let lines = Lines::default();
    let listening = lines.listen();
    drop(Rig::tls(&SERVER, &[&CLIENT], false));
    assert!(!lines.text().contains("WARN"), "{}", lines.text());
    let rig = Rig::tls(&EC_SERVER, &[&CLIENT], false);
    let text = lines.text();
    assert!(text.contains("WARN") && text.contains("default cipher suites cannot connect"), "{text}");
    assert!(text.contains(&EC_SERVER.pin().to_string()), "{text}");
    drop(listening);
    let offer = Offer {
        min: SslVersion::TLS1_2,
        max: SslVersion::TLS1_2,
        ciphers: "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
    };
    assert!(openssl(rig.address, offer).await.is_err());
}

#[tokio::test]
async fn xroad_tl_12_a_handshake_without_request_leaves_nothing() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    for version in [&TLS12, &TLS13] {
        let own = client(&Shows::Own(&CLIENT), &[version]);
        for _ in 0..20 {
            let mut stream = rig.connect_tls(&own).await.expect("connected");
            stream.shutdown().await.expect("closed");
        }
    }
    rig.quiet().await;
    assert_eq!(rig.metrics.limit_hits("header"), 0);
    assert_eq!(rig.metrics.panics(DOOR), 0);
}

#[tokio::test]
async fn xroad_tl_13_the_wrong_protocol_is_closed_cleanly() {
    let tls = Rig::tls(&SERVER, &[&CLIENT], false);
    let answer = tls.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
    tls.quiet().await;
    assert_eq!(tls.metrics.handshakes_failed(DOOR, "not TLS"), 1);

    let plain = Rig::plain(Options::default());
    let own = client(&Shows::Own(&CLIENT), &[&TLS12]);
    assert!(plain.connect_tls(&own).await.is_err());
    plain.quiet().await;
}

#[tokio::test]
async fn the_peer_of_a_resumed_session_keeps_its_pin() {
    for version in [&TLS12, &TLS13] {
        let options = TlsOptions {
            client_auth: ClientAuth::Pinned,
            min_version: crate::config::TlsVersion::V12,
            strict_expiry: false,
            session_lifetime: std::time::Duration::from_mins(10),
        };
        let gate = Gate::new(options, SERVER.identity(), pin_set(&[&CLIENT])).expect("gate");
        let say_pin = |_, peer: Peer| async move {
            http::Response::new(full(peer.pin.map(|pin| pin.to_string()).unwrap_or_default()))
        };
        let rig = Rig::with(Options::default(), Some(std::sync::Arc::new(gate)), say_pin);
        let own = client(&Shows::Own(&CLIENT), &[version]);
        for resumed in [false, true] {
            let mut stream = rig.connect_tls(&own).await.expect("connected");
            let kind = stream.get_ref().1.handshake_kind();
            assert_eq!(kind == Some(HandshakeKind::Resumed), resumed);
            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.expect("sent");
            let mut text = String::new();
            let _ = stream.read_to_string(&mut text).await;
            assert!(text.ends_with(&CLIENT.pin().to_string()), "{text}");
        }
    }
}
