//! viestit.md §6.3, the client's rows. ATT-14 and ATT-15 are mostly `model::letter`'s.

use super::*;

#[tokio::test]
async fn viestit_att_06_a_413_in_plain_text_is_final() {
    let bench = Bench::new().await;
    bench.fault(UPLOADS, Fault::TooLargeText, 1);
    let accepted = bench.accept(with_pdf("o-1", &[AINO])).await;
    bench.run().await;
    for _ in 0..3 {
        bench.next().await;
    }
    let status = bench.status(&accepted).await;
    assert_eq!(status.sends[0].state, SendState::Failed);
    assert_eq!(status.sends[0].reason.as_deref(), Some("too-large"));
    assert_eq!((bench.calls(UPLOADS), bench.calls(ELECTRONIC)), (1, 0));
}

#[tokio::test]
async fn viestit_att_11_a_retry_names_the_same_upload() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::Status(502), 2);
    let accepted = bench.accept(with_pdf("o-1", &[AINO])).await;
    bench.run().await;
    bench.next().await;
    bench.next().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
    assert_eq!((bench.calls(UPLOADS), bench.calls(ELECTRONIC)), (1, 3));
    assert_eq!(bench.sim.control.messages()[0].files.len(), 1);
}

#[tokio::test]
async fn viestit_att_12_after_a_day_the_file_is_uploaded_again() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::TooManyRequests(None), 1);
    let accepted = bench.accept(with_pdf("o-1", &[AINO])).await;
    bench.run().await;
    bench.advance(Duration::from_hours(25));
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
    assert_eq!((bench.calls(UPLOADS), bench.calls(ELECTRONIC)), (2, 2));
    assert_eq!(bench.stored(), [format!("turku:{}:1", accepted.id)]);
}

#[tokio::test]
async fn each_letter_names_an_upload_of_its_own() {
    let bench = Bench::with(|_| {}, |settings| settings.parallel = Some(4)).await;
    bench.switch(|switches| switches.upload_reuse = false);
    let accepted = bench.accept(with_pdf("o-1", &[AINO, BENGT])).await;
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted; 2]);
    assert_eq!((bench.calls(UPLOADS), bench.calls(ELECTRONIC)), (2, 2), "nothing was refused");
}

#[tokio::test]
async fn letters_of_an_order_share_an_upload_where_that_is_configured() {
    let people = people(8);
    let recipients: Vec<&str> = people.iter().map(String::as_str).collect();
    let bench = Bench::with(
        |config| config.active_mailboxes.clone_from(&people),
        |settings| (settings.parallel, settings.upload_reuse) = (Some(8), UploadReuse::Order),
    )
    .await;
    let first = bench.accept(with_pdf("o-1", &recipients)).await;
    bench.run().await;
    assert_eq!(bench.states(&first).await, [SendState::Submitted; 8]);
    assert_eq!((bench.calls(UPLOADS), bench.calls(ELECTRONIC)), (1, 8), "also when all go out at once");
    // Where Viestit does not take one twice, the refusal falls back to a new one.
    bench.switch(|switches| switches.upload_reuse = false);
    let second = bench.accept(with_pdf("o-2", &recipients[..2])).await;
    bench.run().await;
    assert_eq!(bench.states(&second).await, [SendState::Submitted; 2]);
    assert_eq!((bench.calls(UPLOADS), bench.stored().len()), (3, 10));
    assert!(bench.sim.control.messages().iter().all(|message| message.files.len() == 1));
}

#[tokio::test]
async fn viestit_att_14_letters_of_a_name_survive_to_the_recipient() {
    let bench = Bench::new().await;
    let mut draft = with_pdf("o-1", &[AINO]);
    draft.attachments[0].name = "Päätös å 'A' & (1) %41;.pdf".to_owned();
    bench.accept(draft).await;
    bench.run().await;
    let message = bench.sim.control.messages().remove(0);
    assert_eq!(message.files[0].name, "Päätös å 'A' & (1) %41;.pdf");
    assert_eq!(message.files[0].media_type, "application/pdf");
    assert_eq!(message.files[0].content, Bytes::from_static(b"%PDF-1.7 example"));
}

#[tokio::test]
async fn viestit_att_15_a_wrong_type_is_refused_before_any_call() {
    let bench = Bench::new().await;
    let mut draft = with_pdf("o-1", &[AINO]);
    draft.attachments[0].content = Bytes::from_static(b"\x89PNG\r\n\x1a\n");
    let refused = bench.accept_from(CLIENT, draft).await;
    assert!(matches!(refused, Err(AcceptError::Findings(found)) if found[0].field == "attachments[0].content"));
    bench.run().await;
    assert!(bench.sim.control.calls().is_empty());
}

#[tokio::test]
async fn viestit_att_16_no_message_goes_without_its_file() {
    let bench = Bench::new().await;
    bench.fault(UPLOADS, Fault::Status(502), 2);
    let accepted = bench.accept(with_pdf("o-1", &[AINO])).await;
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Accepted], "certainly not sent");
    bench.next().await;
    assert_eq!(bench.calls(ELECTRONIC), 0);
    bench.next().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
    assert_eq!((bench.calls(UPLOADS), bench.sim.control.messages()[0].files.len()), (3, 1));
}

#[tokio::test]
async fn large_files_lie_beside_the_store_and_arrive_whole() {
    let bench = Bench::new().await;
    let mut draft = with_pdf("o-1", &[AINO]);
    let mut content = b"%PDF-1.7".to_vec();
    content.resize(crate::model::letter::MAX_UPLOAD_BYTES - 1024, b'x');
    draft.attachments[0].content = content.clone().into();
    let accepted = bench.accept(draft).await;
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
    assert!(bench.sim.control.messages()[0].files[0].content == content);
}
