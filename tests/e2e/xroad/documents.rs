//! xroad.md §9.10, documents that are made to harm: what a whole adapter does with them, at its door and in its memory.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{database, own, shared};
use crate::harness::alone::{alone, mark, memory};
use crate::harness::{Case, SERVICE, Setup, replaced, service_request};

const MIB: u64 = 1 << 20;
/// A hostile document is refused within this time, on a machine that does other things as well.
const AT_ONCE: Duration = Duration::from_secs(10);

/// The request with this document type, its issue being `text`.
fn with_dtd(dtd: &str, text: &str) -> String {
    let good = service_request(SERVICE.0);
    let (declaration, envelope) = good.split_once("?>").expect("a declaration");
    let envelope = envelope.trim_start();
    format!("{declaration}?>{dtd}{}", replaced(envelope, &format!(">{}<", SERVICE.0), &format!(">{text}<")))
}

/// A fault that blames the client, at once, with a record.
async fn refused(case: &Case<'_>, what: &str, document: String) {
    let began = Instant::now();
    let answer = case.soap("catalogue", document).await;
    let fault = case.fault(&answer, "Client").await;
    assert!(began.elapsed() < AT_ONCE, "{what}: {:?}", began.elapsed());
    assert!(
        ["malformed", "too-large"].contains(&fault.error.as_deref().unwrap_or_default()),
        "{what}: {:?}",
        fault.error
    );
}

#[test]
fn xroad_se_01_se_03_nothing_that_a_document_names_is_fetched() {
    shared(async |case| {
        let trap = TcpListener::bind("127.0.0.1:0").expect("a port");
        trap.set_nonblocking(true).expect("set");
        let url = format!("http://{}/se", trap.local_addr().expect("an address"));
        let secret = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(secret.path(), "SE-01-SECRET").expect("written");
        for system in [url.clone(), format!("file://{}", secret.path().display()), "/etc/hostname".to_owned()] {
            for dtd in [
                format!("<!DOCTYPE s [<!ENTITY x SYSTEM \"{system}\">]>"),
                format!("<!DOCTYPE s [<!ENTITY x PUBLIC \"-//X//\" \"{system}\">]>"),
                format!("<!DOCTYPE s SYSTEM \"{system}\" [<!ENTITY x \"y\">]>"),
                format!("<!DOCTYPE s [<!ENTITY % p SYSTEM \"{system}\"> %p; <!ENTITY x \"y\">]>"),
            ] {
                let answer = case.soap("catalogue", with_dtd(&dtd, "&x;")).await;
                assert!(!answer.text().contains("SE-01-SECRET"), "{}", answer.text());
                case.fault(&answer, "Client").await;
            }
            // What is allowed to be there is not followed.
            for block in [
                format!(
                    "<w:w xmlns:w=\"urn:w\"><i:include xmlns:i=\"http://www.w3.org/2001/XInclude\" href=\"{system}\"/></w:w>"
                ),
                format!(
                    "<w:w xmlns:w=\"urn:w\" xmlns:s=\"http://www.w3.org/2001/XMLSchema-instance\" \
                     s:schemaLocation=\"urn:w {system}\" s:noNamespaceSchemaLocation=\"{system}\"/>"
                ),
            ] {
                let message = replaced(&service_request(SERVICE.0), "<soap:Header>", &format!("<soap:Header>{block}"));
                let answer = case.soap("catalogue", message.clone()).await;
                let text = case.accepted(message.as_bytes(), &answer).await;
                assert!(text.contains(SERVICE.1) && !text.contains("SE-01-SECRET"), "{text}");
            }
        }
        assert!(trap.accept().is_err(), "somebody called the address of a document");
    });
}

/// What is refused takes no more memory than its own bytes, a few times over, with the client's copy.
#[test]
fn xroad_se_02_se_04_hostile_documents_are_refused_in_bounded_time_and_memory() {
    alone(module_path!(), "xroad_se_02_se_04_hostile_documents_are_refused_in_bounded_time_and_memory", || {
        crate::harness::own(Setup::with(database(), |_| {}), async |case| {
            let within = |what: &str, before: u64, most: u64| {
                let growth = memory("VmHWM").saturating_sub(before);
                println!("{what}: memory grew by {} KiB", growth >> 10);
                assert!(growth <= most, "{what}: memory grew by {} MiB", growth / MIB);
            };
            // What the first exchange of a process takes is nobody's fault.
            refused(case, "to begin with", with_dtd("<!DOCTYPE s [<!ENTITY x \"y\">]>", "&x;")).await;

            let mut laughs = "<!DOCTYPE s [<!ENTITY l0 \"ha\">".to_owned();
            for level in 1..40 {
                write!(laughs, "<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)).expect("written");
            }
            laughs.push_str("]>");
            let long = format!("<!DOCTYPE s [<!ENTITY a \"{}\">]>", "x".repeat(100_000));
            for (what, document) in [
                ("entities of entities", with_dtd(&laughs, "&l39;")),
                ("a long entity, often", with_dtd(&long, &"&a;".repeat(50_000))),
                ("parameter entities", with_dtd("<!DOCTYPE s [<!ENTITY % a \"x\"><!ENTITY % b \"%a;%a;\"> %b;]>", "y")),
            ] {
                let before = mark();
                refused(case, what, document).await;
                within(what, before, 8 * MIB);
            }

            let names = |count: usize| {
                let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
                (0..count).map(move |number| {
                    let digit = |place: u32| letters[number / 52_usize.pow(place) % 52];
                    [digit(3), digit(2), digit(1), digit(0)].into_iter().collect::<String>()
                })
            };
            let (mut attributes, mut namespaces) = (String::new(), String::new());
            for name in names(1_000_000) {
                write!(attributes, " {name}=''").expect("written");
            }
            for name in names(20_000) {
                write!(namespaces, " xmlns:{name}='urn:{name}'").expect("written");
            }
            let deep = "<a>".repeat(100_000);
            let inner =
                |block: &str| replaced(&service_request(SERVICE.0), "<soap:Header>", &format!("<soap:Header>{block}"));
            for (what, document) in [
                ("100 000 elements deep", inner(&format!("{deep}{}", "</a>".repeat(100_000)))),
                ("100 000 elements that never end", inner(&deep)),
                ("100 000 elements deep in the body", {
                    let body = format!("{deep}{}", "</a>".repeat(100_000));
                    replaced(&service_request(SERVICE.0), &format!(">{}<", SERVICE.0), &format!(">{body}<"))
                }),
                ("1 000 000 attributes", inner(&format!("<k:a xmlns:k='urn:k'{attributes}/>"))),
                ("20 000 namespaces", inner(&format!("<k:a xmlns:k='urn:k'{namespaces}/>"))),
                ("an attribute of 9 MiB", inner(&format!("<k:a xmlns:k='urn:k' b='{}'/>", "x".repeat(9 << 20)))),
            ] {
                let size = document.len() as u64;
                let before = mark();
                let began = Instant::now();
                let answer = case.soap("catalogue", document).await;
                assert!(began.elapsed() < AT_ONCE, "{what}: {:?}", began.elapsed());
                // A foreign block within all limits is none of our business.
                if answer.status != 200 {
                    case.fault(&answer, "Client").await;
                }
                assert_eq!(answer.status == 200, what.starts_with("an attribute"), "{what}");
                within(what, before, 8 * MIB + 4 * size);
            }

            // 100 MiB: more than the envelope may have. What is refused is read out, up to 64 MiB, and kept nowhere.
            let before = mark();
            let piece = vec![b'x'; 1 << 20];
            let mut wire =
                crate::harness::wire::Wire::open(case.adapter.addresses["xroad"], "text/xml; charset=UTF-8").await;
            wire.chunk(b"<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/' a='").await;
            for _ in 0..100 {
                if !wire.chunk(&piece).await {
                    break;
                }
            }
            within("an attribute of 100 MiB", before, 64 * MIB);
            drop(wire);

            let message = service_request(SERVICE.0);
            let answer = case.soap("catalogue", message.clone()).await;
            assert!(case.accepted(message.as_bytes(), &answer).await.contains(SERVICE.1), "afterwards");
        });
    });
}

/// UTF-8 and UTF-16 with its mark are read (SO-01 to SO-05); nothing else is.
#[test]
fn xroad_se_15_other_encodings_are_refused_at_the_door() {
    own(
        |_| {},
        async |case| {
            let good = service_request(SERVICE.0);
            let declared = |name: &str| replaced(&good, "UTF-8", name);
            let wide = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
            let bare = good.split_once("?>").expect("a declaration").1.trim_start().to_owned();
            for (what, document) in [
                ("UTF-7", declared("UTF-7").into_bytes()),
                ("EBCDIC", declared("IBM037").into_bytes()),
                ("EBCDIC, really", vec![0x4C, 0x6F, 0xA7, 0x94, 0x93, 0x40]),
                ("UTF-16 without a mark", wide(&declared("UTF-16"))),
                ("UTF-16 without a mark or a declaration", wide(&bare)),
                ("UTF-32", bare.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
            ] {
                let answer = case.soap("catalogue", document).await;
                let fault = case.fault(&answer, "Client").await;
                assert_eq!(fault.error.as_deref(), Some("malformed"), "{what}");
            }
        },
    );
}
