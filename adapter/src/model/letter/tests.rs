//! viestit.md §4.1, §4.2, §6.3 (ATT-14, ATT-15), §6.4 (ELE-16, ELE-17), §6.10, PRIV-06.

use bytes::Bytes;

use super::*;

const VALID: [&str; 15] = [
    "010594Y9032",
    "020594X903P",
    "030594W903B",
    "040594V9030",
    "050594U903M",
    "010516B903X",
    "020516C903K",
    "030516D9037",
    "010501E9032",
    "020503F9037",
    "020504A902E",
    "290200A901C",
    "010100+901H",
    "311299U903B",
    "290224C909U",
];
const INVALID: [&str; 7] =
    ["010190-900R", "290201A900X", "310204B905U", "123456-789A", "010594G9032", "010594-903O", "010170-9998"];

fn draft() -> OrderDraft {
    OrderDraft {
        order_id: "case-2026-117".into(),
        recipients: vec!["010594Y9032".into()],
        title: "Päätös".into(),
        body: "Päätös on tehty.".into(),
        ..OrderDraft::default()
    }
}

fn with_file(name: &str, media_type: &str, content: &[u8]) -> OrderDraft {
    let content = Bytes::copy_from_slice(content);
    let file = AttachmentDraft { name: name.into(), media_type: media_type.into(), content };
    OrderDraft { attachments: vec![file], ..draft() }
}

/// Field and rule of every finding.
fn findings(draft: OrderDraft) -> Vec<(String, &'static str)> {
    let findings = LetterOrder::parse(draft).err().unwrap_or_default();
    findings.into_iter().map(|finding| (finding.field, finding.rule)).collect()
}

#[test]
fn viestit_id_01_valid_codes_are_accepted() {
    for code in VALID {
        assert_eq!(PersonId::parse(code).map(|id| id.expose().to_owned()).as_deref(), Some(code));
    }
}

#[test]
fn viestit_id_02_invalid_codes_are_refused() {
    for code in INVALID {
        assert!(PersonId::parse(code).is_none(), "{code}");
        assert!(Recipient::parse(code).is_err(), "{code}");
    }
    for text in ["", "010594Y903", "010594Y90322", "010594Y9ö32", "010594Y90 2", "0105942903-2"] {
        assert!(Recipient::parse(text).is_err(), "{text}");
    }
}

#[test]
fn viestit_id_03_the_sign_is_part_of_the_identity() {
    let (old, new) = (Recipient::parse("010190-900P").unwrap(), Recipient::parse("010190Y900P").unwrap());
    assert_ne!(old, new);
    assert_eq!((old.expose(), new.expose()), ("010190-900P", "010190Y900P"));
    let both = OrderDraft { recipients: vec!["010190-900P".into(), "010190Y900P".into()], ..draft() };
    assert_eq!(LetterOrder::parse(both).unwrap().recipients.len(), 2);
}

#[test]
fn viestit_id_04_case_and_spaces_are_normalised() {
    assert_eq!(Recipient::parse("  010594y9032 ").unwrap().expose(), "010594Y9032");
    assert_eq!(Recipient::parse(" 1234567-1\n").unwrap().expose(), "1234567-1");
    let twice = OrderDraft { recipients: vec!["010594Y9032".into(), "010594y9032".into()], ..draft() };
    assert_eq!(findings(twice), [("recipients[1].id".to_owned(), "invalid-field")]);
}

#[test]
fn viestit_id_05_business_ids() {
    for (text, expected) in [
        ("1234567-1", Some("1234567-1")),
        ("9999906-0", Some("9999906-0")),
        ("245437-2", Some("0245437-2")),
        ("1234567-2", None),
        ("1000008-0", None),
        ("1000008-1", None),
        ("0000000-0", None),
        ("12345671", None),
        ("12345-67", None),
    ] {
        assert_eq!(BusinessId::parse(text).as_ref().map(BusinessId::as_str), expected, "{text}");
    }
}

#[test]
fn viestit_priv_06_no_identity_code_in_keys() {
    assert_eq!(OrderId::parse("case:010594Y9032"), Err(OrderIdError::IdentityCode));
    assert_eq!(OrderId::parse("case-010594y9032-1"), Err(OrderIdError::IdentityCode));
    assert_eq!(OrderId::parse("010190-900P"), Err(OrderIdError::IdentityCode));
    // The shape alone is no code: its check character is wrong.
    assert!(OrderId::parse("case-010594Y9033").is_ok());
    for text in ["", "a b", "ä", "a/b", "x".repeat(101).as_str()] {
        assert_eq!(OrderId::parse(text), Err(OrderIdError::Shape), "{text}");
    }
    assert!(OrderId::parse(&"x".repeat(100)).is_ok());
    let order: Uuid = "01952f3a-0000-7000-8000-000000000001".parse().unwrap();
    assert_eq!(ExternalId::new("turku", order, 2).as_str(), "turku:01952f3a-0000-7000-8000-000000000001:2");
}

#[test]
fn viestit_ele_16_too_long_a_title_is_refused_by_name() {
    for (title, body, expected) in [
        ("x".repeat(300), "x".into(), vec!["title"]),
        (String::new(), String::new(), vec!["title", "body"]),
        ("x".repeat(256), "x".repeat(40_000), vec![]),
        ("x".into(), "x".repeat(40_001), vec!["body"]),
    ] {
        let found = findings(OrderDraft { title, body, ..draft() });
        assert_eq!(found.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn viestit_ele_17_lengths_are_counted_in_utf16_units() {
    // An emoji is one code point, two units, four bytes.
    assert_eq!(findings(OrderDraft { title: "🙂".repeat(128), body: "🙂".repeat(20_000), ..draft() }), []);
    assert_eq!(findings(OrderDraft { title: "🙂".repeat(129), ..draft() }), [("title".to_owned(), "invalid-field")]);
    let body = format!("{}x", "🙂".repeat(20_000));
    assert_eq!(findings(OrderDraft { body, ..draft() }), [("body".to_owned(), "invalid-field")]);
}

#[test]
fn every_problem_is_named_at_once_with_its_path() {
    let found = findings(OrderDraft {
        order_id: "a b".into(),
        service_id: Some("x".repeat(65)),
        recipients: vec!["1234567-1".into(), "010594-9033".into()],
        title: String::new(),
        ..draft()
    });
    let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["orderId", "serviceId", "title", "recipients[1].id"]);
    assert_eq!(findings(OrderDraft { recipients: vec![], ..draft() }), [("recipients".to_owned(), "missing-field")]);
    let many = vec!["1234567-1".into(); MAX_RECIPIENTS + 1];
    assert_eq!(findings(OrderDraft { recipients: many, ..draft() }), [("recipients".to_owned(), "too-many")]);
    let file = with_file("a.pdf", "application/pdf", b"%PDF-1.7").attachments.remove(0);
    let many = vec![file.clone(); MAX_ATTACHMENTS + 1];
    assert_eq!(findings(OrderDraft { attachments: many, ..draft() }), [("attachments".to_owned(), "too-many")]);
    let twice = OrderDraft { attachments: vec![file.clone(), file], ..draft() };
    assert_eq!(findings(twice), [("attachments[1].name".to_owned(), "invalid-field")]);
}

#[test]
fn viestit_att_14_names_are_clean_or_refused() {
    let refused = [
        "a/b.pdf",
        "..\\b.pdf",
        "/etc/x.pdf",
        "a\r\nb.pdf",
        "a\"b.pdf",
        "a\u{7}.pdf",
        ".pdf",
        "",
        "  ",
        "päätös 010594Y9032.pdf",
        "010190-900p.pdf",
    ];
    for name in refused {
        let found = findings(with_file(name, "application/pdf", b"%PDF-1.7"));
        assert_eq!(found, [("attachments[0].name".to_owned(), "invalid-field")], "{name:?}");
    }
    // Decomposed letters become whole ones; an apostrophe and brackets stay.
    let order =
        LetterOrder::parse(with_file("pa\u{308}a\u{308}to\u{308}s 'A' (1).pdf", "application/pdf", b"%PDF-1.7"));
    assert_eq!(order.unwrap().attachments[0].name.as_str(), "päätös 'A' (1).pdf");
}

#[test]
fn viestit_att_15_the_content_must_be_of_the_declared_type() {
    let word: Vec<u8> = "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ole = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 64], &word].concat();
    let docx = b"PK\x03\x04............[Content_Types].xml....word/document.xml".to_vec();
    let odt = [b"PK\x03\x04".as_slice(), &[0; 26], b"mimetypeapplication/vnd.oasis.opendocument.textPK"].concat();
    let docx_type = MediaType::Docx.name();
    let odt_type = MediaType::Odt.name();
    let files: [(&str, &str, &[u8]); 7] = [
        ("a.pdf", "application/pdf", b"%PDF-1.7"),
        ("a.png", "image/png", b"\x89PNG\r\n\x1a\n...."),
        ("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0...."),
        ("a.txt", "text/plain; charset=utf-8", "Hyvää päivää\n".as_bytes()),
        ("a.doc", "application/msword", &ole),
        ("a.docx", docx_type, &docx),
        ("a.odt", odt_type, &odt),
    ];
    for (at, (name, media_type, content)) in files.iter().enumerate() {
        assert_eq!(findings(with_file(name, media_type, content)), [], "{name}");
        for (other_at, (_, _, other)) in files.iter().enumerate().filter(|(other, _)| *other != at) {
            let found = findings(with_file(name, media_type, other));
            assert_eq!(found, [("attachments[0].content".to_owned(), "invalid-field")], "{name} {other_at}");
        }
        assert!(!findings(with_file(name, media_type, b"")).is_empty(), "{name} empty");
    }
    for media_type in ["application/zip", "image/gif", "text/csv", "text/html", ""] {
        let found = findings(with_file("a", media_type, b"x"));
        assert_eq!(found, [("attachments[0].mediaType".to_owned(), "invalid-field")], "{media_type}");
    }
    let found = findings(with_file("a.png", "application/pdf", b"%PDF-1.7"));
    assert_eq!(found, [("attachments[0].name".to_owned(), "invalid-field")]);
}

#[test]
fn a_whole_upload_fits_into_ten_mebibytes() {
    let of_size = |size: usize| {
        let mut content = b"%PDF-1.7".to_vec();
        content.resize(size, b' ');
        findings(with_file("a.pdf", "application/pdf", &content))
    };
    assert_eq!(of_size(MAX_UPLOAD_BYTES - 1024), []);
    assert_eq!(of_size(MAX_UPLOAD_BYTES), [("attachments[0].content".to_owned(), "invalid-field")]);
}

#[test]
fn states_never_move_back() {
    use SendState::*;
    // Each state with all that it may become; nothing else.
    let table: [(SendState, &[SendState]); 13] = [
        (
            Accepted,
            &[
                Submitting,
                Failed,
                Parked,
                Cancelled,
                Submitted,
                SentToPrint,
                Delivered,
                Read,
                Confirmed,
                Returned,
                Unresolved,
            ],
        ),
        (Submitting, &[Failed, Parked, Submitted, SentToPrint, Delivered, Read, Confirmed, Returned, Unresolved]),
        // Proof that it arrived is believed.
        (Failed, &[Submitted, SentToPrint, Delivered, Read, Confirmed, Returned, Unresolved]),
        (Parked, &[Submitted, SentToPrint, Delivered, Read, Confirmed, Returned, Unresolved]),
        (Cancelled, &[Submitted, SentToPrint, Delivered, Read, Confirmed, Returned, Unresolved]),
        (Submitted, &[SentToPrint, Delivered, Read, Confirmed, Returned, Unresolved]),
        // A printed letter shows in the mailbox of who takes it into use later.
        (SentToPrint, &[Delivered, Read, Confirmed, Returned, Unresolved]),
        (Delivered, &[Read, NotConfirmed, Confirmed, Returned, Unresolved]),
        (Read, &[Confirmed, Returned, Unresolved]),
        (NotConfirmed, &[Confirmed, Returned, Unresolved]),
        (Confirmed, &[]),
        (Returned, &[]),
        (Unresolved, &[Confirmed, Returned]),
    ];
    assert_eq!(table.map(|(from, _)| from), SendState::ALL);
    for (from, may) in table {
        for to in SendState::ALL {
            assert_eq!(from.may_become(to), may.contains(&to), "{from:?} {to:?}");
        }
    }
}

#[test]
fn the_words_of_states_are_words_of_the_contract() {
    use silta_client::messages::SendState as Contract;
    for state in SendState::ALL {
        assert!(Contract::from_word(state.word()).is_some(), "{}", state.word());
    }
    let words: std::collections::BTreeSet<_> = SendState::ALL.map(SendState::word).into();
    assert_eq!(words.len(), SendState::ALL.len());
}

#[test]
fn nothing_personal_shows_in_debug() {
    let order = LetterOrder::parse(OrderDraft {
        title: "MARKER".into(),
        body: "MARKER".into(),
        ..with_file("MARKER.pdf", "application/pdf", b"%PDF-MARKER")
    });
    let order = order.unwrap();
    let shown = format!("{order:?} {:?} {:?}", order.recipients, order.attachments);
    assert!(!shown.contains("MARKER") && !shown.contains("010594"), "{shown}");
    let wrong = OrderDraft { recipients: vec!["010594-MARK".into()], title: "MARKER".repeat(99), ..draft() };
    for finding in LetterOrder::parse(wrong).unwrap_err() {
        assert!(!format!("{finding:?}").contains("MARK"), "{finding}");
    }
}
