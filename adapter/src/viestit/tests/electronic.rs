//! viestit.md §6.4, the client's rows.

use conformance::viestit::{
    BodyFormat as SimFormat, LengthUnit, ReplyAllowedBy, ServiceType, Visibility as SimVisibility,
};

use super::raw::Raw;
use super::*;
use crate::model::letter::{BodyFormat, Channel, MessageType, Visibility};

#[tokio::test]
async fn a_letter_arrives_as_it_was_ordered() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO, FIRM])).await;
    bench.run().await;
    let status = bench.status(&accepted).await;
    let messages = bench.sim.control.messages();
    assert_eq!(messages.len(), 2);
    for ((send, message), recipient) in status.sends.iter().zip(&messages).zip([AINO, FIRM]) {
        assert_eq!((send.state, send.message_id), (SendState::Submitted, Some(message.message_id)));
        assert_eq!(send.channel, Some(Channel::Electronic));
        assert_eq!(message.recipient_id.as_deref(), Some(recipient));
        assert_eq!(message.service_id, SERVICE);
        let part = message.electronic.as_ref().unwrap();
        assert_eq!((part.title.as_str(), part.body.as_str()), ("Päätös", "Päätös on tehty."));
        assert!(part.body_format == SimFormat::Text && part.service_type == ServiceType::Normal);
        assert!(part.reply_allowed_by == ReplyAllowedBy::NoOne && part.visibility == SimVisibility::Normal);
    }
}

#[tokio::test]
async fn every_choice_of_the_caller_arrives() {
    let bench = Bench::new().await;
    let order = OrderDraft {
        body: "# Kutsu\n\n* aika\n\n[ohje](https://kunta.example/ohje)".to_owned(),
        body_format: BodyFormat::Markdown,
        message_type: MessageType::Verifiable,
        reply_allowed: true,
        visibility: Visibility::RecipientOnly,
        ..draft("o-1", &[AINO])
    };
    bench.accept(order.clone()).await;
    bench.run().await;
    let message = bench.sim.control.messages().remove(0);
    let part = message.electronic.unwrap();
    assert_eq!(part.body, order.body);
    assert!(part.body_format == SimFormat::Markdown && part.service_type == ServiceType::Verifiable);
    assert!(part.reply_allowed_by == ReplyAllowedBy::Anyone && part.visibility == SimVisibility::RecipientOnly);
}

#[tokio::test]
async fn a_mailbox_that_is_not_in_use_is_final() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[WITHOUT_MAILBOX, AINO])).await;
    bench.run().await;
    for _ in 0..2 {
        bench.next().await;
    }
    let status = bench.status(&accepted).await;
    assert_eq!(status.sends[0].state, SendState::Failed);
    assert_eq!(status.sends[0].reason.as_deref(), Some("mailbox-not-in-use"));
    assert_eq!(status.sends[1].state, SendState::Submitted, "the others go on");
    assert_eq!(bench.calls(ELECTRONIC), 2);
}

#[tokio::test]
async fn viestit_ele_16_a_title_of_300_is_refused_before_any_call() {
    let bench = Bench::new().await;
    let order = OrderDraft { title: "x".repeat(300), ..draft("o-1", &[AINO]) };
    let refused = bench.accept_from(CLIENT, order).await;
    assert!(matches!(refused, Err(AcceptError::Findings(found)) if found[0].field == "title"));
    bench.run().await;
    assert!(bench.sim.control.calls().is_empty());
}

#[tokio::test]
async fn viestit_ele_17_an_emoji_at_the_limit_is_counted_as_the_remote_counts() {
    for unit in [LengthUnit::Utf16, LengthUnit::CodePoints] {
        let bench = Bench::with(|config| config.switches.length_unit = unit, |_| {}).await;
        let order = OrderDraft { title: "🙂".repeat(128), body: "🙂".repeat(20_000), ..draft("o-1", &[AINO]) };
        let accepted = bench.accept(order).await;
        bench.run().await;
        assert_eq!(bench.states(&accepted).await, [SendState::Submitted], "{unit:?}");
        assert_eq!(bench.sim.control.messages()[0].electronic.as_ref().unwrap().body, "🙂".repeat(20_000));
    }
}

#[tokio::test]
async fn viestit_ele_18_members_that_we_do_not_know_are_ignored() {
    let answer = r#"{"new": {"a": [1]}, "messageId": 7, "channel": "x"}"#.to_owned();
    let raw = Raw::start(vec![(200, "traceId: 0a1b2c3d-0000-4000-8000-000000000001\r\n", answer)]).await;
    let bench = Bench::with(|_| {}, |settings| settings.url.clone_from(&raw.url)).await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    let send = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((send.state, send.message_id), (SendState::Submitted, Some(7)));
    // The trace id is kept with the Send, sealed.
    let keys = bench.scratch.store.tenant_keys("turku").await.unwrap();
    let kept = crate::store::sends::get(&bench.scratch.store, "turku", &send.id).await.unwrap().unwrap();
    let particulars = sealed::Particulars::open(&keys, &kept.sealed, &send.id).unwrap();
    assert_eq!(particulars.calls[0].trace_id.as_deref(), Some("0a1b2c3d-0000-4000-8000-000000000001"));
    assert_eq!(particulars.calls[0].status, 200);
}

#[tokio::test]
async fn viestit_ele_19_ids_are_kept_exactly() {
    let bench = Bench::with(|config| config.first_message_id = 9_007_199_254_740_993, |_| {}).await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    assert_eq!(bench.status(&accepted).await.sends[0].message_id, Some(9_007_199_254_740_993));
}

#[tokio::test]
async fn viestit_ele_20_a_400_without_code_is_final() {
    let bench = Bench::with(|_| {}, |settings| settings.service_id = "ei_meidan".to_owned()).await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    let send = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((send.state, send.reason.as_deref()), (SendState::Failed, Some("refused")));
    assert_eq!(bench.calls(ELECTRONIC), 1);
}

#[tokio::test]
async fn viestit_ele_21_an_unknown_code_is_final_and_kept() {
    let of = |code: &str| {
        let body = format!(
            r#"{{"reason": "r", "validationErrors": [{{"error": "e"}}, {{"error": "e", "errorCode": "{code}"}}]}}"#
        );
        (400, "", body)
    };
    let raw = Raw::start(vec![of("SOMETHING_NEW"), of("said 010594Y9032")]).await;
    let bench = Bench::with(|_| {}, |settings| settings.url.clone_from(&raw.url)).await;
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    bench.run().await;
    let sends = bench.status(&accepted).await.sends;
    assert_eq!((sends[0].state, sends[0].reason.as_deref()), (SendState::Failed, Some("SOMETHING_NEW")));
    // What is no code is not repeated.
    assert_eq!((sends[1].state, sends[1].reason.as_deref()), (SendState::Failed, Some("refused")));
}

#[tokio::test]
async fn pages_of_a_proxy_are_no_answer_of_the_remote() {
    for (fault, expected) in [
        (Fault::HtmlPage(400), SendState::Accepted),
        (Fault::HtmlPage(200), SendState::Submitting),
        (Fault::HtmlPage(502), SendState::Submitting),
        (Fault::Status(404), SendState::Accepted),
        (Fault::Status(403), SendState::Accepted),
        (Fault::CutBeforeCommit, SendState::Submitting),
    ] {
        let bench = Bench::new().await;
        bench.fault(ELECTRONIC, fault.clone(), 1);
        let accepted = bench.accept(draft("o-1", &[AINO])).await;
        bench.run().await;
        assert_eq!(bench.states(&accepted).await, [expected], "{fault:?}");
        bench.next().await;
        assert_eq!(bench.states(&accepted).await, [SendState::Submitted], "{fault:?}");
        assert_eq!(bench.stored().len(), 1, "{fault:?}");
    }
}
