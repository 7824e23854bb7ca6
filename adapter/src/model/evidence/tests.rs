use super::*;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap()
}

fn full() -> EvidenceDraft {
    EvidenceDraft {
        client: Some("FI-TEST/GOV/9999906-0/asiointi".into()),
        represented: Some("FI-TEST/MUN/7654321-0".into()),
        pin: Some("ss1".into()),
        operation: Some("FI-TEST/MUN/1234567-1/palvelut/getService/v1".into()),
        exchange_id: Some(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        xroad_id: Some("q-1".into()),
        request_id: Some("11111111-2222-3333-4444-555555555555".into()),
        user_digest: Some([1; 32]),
        issue_digest: Some([2; 32]),
        protocol: Some("soap 4.0".into()),
        method: Some("POST".into()),
        path: Some("/turku/catalogue/soap/v1".into()),
        query_digest: Some([3; 32]),
        soap_action: Some(String::new()),
        request_digest: Some(vec![4; 64]),
        response_digest: Some(vec![5; 64]),
        request_parts: vec![
            PartDigest { size: 70_000, digest: vec![6; 64] },
            PartDigest { size: 0, digest: vec![7; 64] },
        ],
        response_parts: vec![PartDigest { size: 5_000_000_000, digest: vec![8; 64] }],
        status: Some(500),
        fault_code: Some("Client.NotFound".into()),
        fault_id: Some("f1".into()),
        delivered: Some(false),
        subject: Some("service/1234".into()),
        recipient_commitment: Some([9; 32]),
        content_commitment: Some([10; 32]),
        actor: Some("system".into()),
        outcome: Some("refused".into()),
        ..EvidenceDraft::new(RecordKind::Exchange, "turku", at(1_772_452_800_000_000), at(1_772_452_800_004_217))
    }
}

fn small() -> EvidenceDraft {
    EvidenceDraft {
        operation: Some("master-key-made".into()),
        actor: Some("system".into()),
        ..EvidenceDraft::new(RecordKind::Act, "", at(-1), at(0))
    }
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    for (draft, sequence) in [(full(), 1), (small(), u64::MAX)] {
        let bytes = draft.encode("main", sequence);
        let read = Evidence::decode(&bytes).unwrap();
        assert_eq!(read, Evidence { writer: "main".into(), sequence, draft });
    }
}

/// Our writer is by hand; ciborium reads the bytes and writes them again in its own shortest forms.
#[test]
fn the_bytes_are_deterministic_cbor() {
    for (draft, sequence) in [(full(), 23), (full(), 24), (full(), 256), (small(), 65_536), (small(), 1 << 32)] {
        let bytes = draft.encode("main", sequence);
        let value: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
        let mut again = Vec::new();
        ciborium::into_writer(&value, &mut again).unwrap();
        assert_eq!(hex::encode(&again), hex::encode(&bytes));
        let keys: Vec<u64> =
            value.as_map().unwrap().iter().map(|(key, _)| key.as_integer().unwrap().try_into().unwrap()).collect();
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
    }
}

/// Fixed for ever: if this fails, every log in the world stops verifying.
#[test]
fn the_vector_of_docs_evidence() {
    let mut draft =
        EvidenceDraft::new(RecordKind::Exchange, "turku", at(1_772_452_800_000_000), at(1_772_452_800_004_217));
    draft.client = Some("FI-TEST/GOV/9999906-0/asiointi".into());
    draft.status = Some(200);
    let first = draft.encode("main", 1);
    let second = draft.encode("main", 2);
    let link = chain(&GENESIS, &first);
    let next = chain(&link, &second);
    let salt = [0x5a; 32];
    let found = format!(
        "record 1 {}\nchain 1 {}\nrecord 2 {}\nchain 2 {}\nleaf 2 {}\n",
        hex::encode(&first),
        hex::encode(link),
        hex::encode(&second),
        hex::encode(next),
        hex::encode(leaf(&salt, &second)),
    );
    assert_eq!(found, include_str!("vector.txt"));
    // The same by another library and from the definition.
    let again = openssl::sha::sha256(&[[1_u8].as_slice(), &[0; 32], &first].concat());
    assert_eq!(again, link);
    let again = openssl::sha::sha256(&[[0_u8].as_slice(), &salt, &second].concat());
    assert_eq!(again, leaf(&salt, &second));
    let documented = include_str!("../../../../docs/evidence.md");
    for line in found.lines() {
        let (_, hex) = line.rsplit_once(' ').unwrap();
        assert!(documented.contains(hex), "docs/evidence.md does not show {line}");
    }
}

#[test]
fn what_is_not_a_record_is_refused() {
    let whole = full().encode("main", 1);
    assert_eq!(Evidence::decode(&[]).unwrap_err().key, 0);
    assert_eq!(Evidence::decode(whole.get(..whole.len() - 1).unwrap()).unwrap_err().key, 0);
    // {0: 2}: another format.
    assert_eq!(Evidence::decode(&[0xa1, 0x00, 0x02]).unwrap_err().key, key::FORMAT);
    // {0: 1}: no writer and no kind.
    assert!(Evidence::decode(&[0xa1, 0x00, 0x01]).is_err());
    // {"0": 1}: keys are integers.
    assert_eq!(Evidence::decode(&[0xa1, 0x61, 0x30, 0x01]).unwrap_err().key, 0);
}

#[test]
fn every_kind_has_a_number_of_its_own() {
    for (kind, code) in RecordKind::ALL {
        assert_eq!((kind.code(), RecordKind::from_code(code)), (code, Some(kind)));
    }
    assert_eq!(RecordKind::from_code(0), None);
}

/// The document lists exactly the keys that are written.
#[test]
fn every_key_is_documented() {
    let documented = include_str!("../../../../docs/evidence.md");
    let bytes = full().encode("main", 1);
    let value: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
    let mut count = 0;
    for (key, _) in value.as_map().unwrap() {
        let key: u64 = key.as_integer().unwrap().try_into().unwrap();
        assert!(documented.contains(&format!("\n| {key} |")), "key {key}");
        count += 1;
    }
    assert_eq!(count, 34);
    for (kind, code) in RecordKind::ALL {
        assert!(documented.contains(&format!("\n| `{code}` |")), "{kind:?}");
    }
}
