//! xroad.md §9.1, where a whole adapter shows more than the parser's own tests.

use super::shared;
use crate::harness::{CONSUMER, Case, SERVICE, TENANT, child_text, order, replaced, service_request, services_call};

#[test]
fn xroad_id_01_identifiers_are_logged_canonically() {
    shared(async |case| {
        let message = service_request(SERVICE.0);
        let answer = case.soap("catalogue", message.clone()).await;
        case.accepted(message.as_bytes(), &answer).await;
        let record = case.adapter.exchanges_of(&child_text(&message, "id").expect("an id")).await.remove(0).draft;
        assert_eq!(record.client.as_deref(), Some(CONSUMER));
        assert_eq!(record.operation.as_deref(), Some("FI-TEST/MUN/1234567-1/palvelut/getService/v1"));
        assert_eq!((record.tenant.as_str(), record.protocol.as_deref()), (TENANT, Some("soap 4.0")));
    });
}

#[test]
fn xroad_id_02_a_member_is_not_its_subsystem() {
    shared(async |case| {
        let order = order();
        let message = replaced(&order.soap(), "<id:subsystemCode>asiointi</id:subsystemCode>", "");
        let message = replaced(&message, "objectType=\"SUBSYSTEM\"", "objectType=\"MEMBER\"");
        let answer = case.soap("messages", message).await;
        let fault = case.refused(&order, &answer, "Client").await;
        assert_eq!(fault.error.as_deref(), Some("not-allowed"), "read, but no rule names it");
        assert_eq!(fault.evidence.draft.client.as_deref(), Some("FI-TEST/GOV/9999906-0"));
    });
}

#[test]
fn xroad_id_08_nothing_is_trimmed_into_a_match() {
    shared(async |case| {
        for spelled in [" 9999906-0", "9999906-0 ", "9999906-0\t"] {
            let order = order();
            let message = replaced(&order.soap(), ">9999906-0<", &format!(">{spelled}<"));
            let answer = case.soap("messages", message).await;
            let fault = case.refused(&order, &answer, "Client").await;
            assert_eq!(fault.error.as_deref(), Some("not-allowed"), "{spelled:?}");
            assert_ne!(fault.evidence.draft.client.as_deref(), Some(CONSUMER));
        }
    });
}

#[test]
fn xroad_id_09_case_counts_in_service_codes() {
    shared(async |case| {
        let order = order();
        let message = replaced(&order.soap(), "sendMessage", "SendMessage");
        let answer = case.soap("messages", message).await;
        let fault = case.refused(&order, &answer, "Client").await;
        assert_eq!(fault.error.as_deref(), Some("unknown-operation"));
    });
}

#[test]
fn xroad_id_10_legacy_characters_are_logged_escaped() {
    shared(async |case| {
        let order = order();
        let message = replaced(&order.soap(), ">asiointi<", ">ä_b c/d\u{202e}<");
        let answer = case.soap("messages", message).await;
        let fault = case.refused(&order, &answer, "Client").await;
        assert_eq!(fault.evidence.draft.client.as_deref(), Some("FI-TEST/GOV/9999906-0/%C3%A4_b%20c%2Fd%E2%80%AE"));
    });
}

#[test]
fn xroad_id_15_ids_are_bounded() {
    shared(async |case| {
        for (length, good) in [(255, true), (256, false)] {
            let order = order();
            let message = order.soap();
            let id = child_text(&message, "id").expect("an id");
            let long = format!("{id}{}", "x".repeat(length - id.len()));
            let message = replaced(&message, &id, &long);
            let answer = case.soap("messages", message.clone()).await;
            if good {
                case.ordered(&order, message.as_bytes(), &answer).await;
                assert_eq!(case.adapter.exchanges_of(&long).await.len(), 1, "logged in full");
            } else {
                case.refused(&order, &answer, "Client").await;
            }
        }
    });
}

#[test]
fn xroad_id_17_malformed_client_headers_are_400() {
    shared(async |case| {
        for value in ["FI-TEST/GOV", "FI-TEST/GOV/9999906-0/a/b", "FI-TEST/GOV/%zz", "", "FI-TEST//9999906-0/asiointi"]
        {
            let call = services_call("").without("X-Road-Client").with("X-Road-Client", value);
            let answer = case.rest(call).await;
            let (problem, _) = case.logged_problem(&answer, 400).await;
            assert_eq!(problem.code, "malformed", "{value}");
        }
        assert_eq!(Case::problem(&case.rest(services_call("/x")).await, 404).code, "unknown-code");
    });
}
