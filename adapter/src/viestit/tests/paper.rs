//! viestit.md §6.5: letters that may go on paper, the client's rows; and what depends on the channel.

use conformance::viestit::{Channel as SimChannel, ServiceType, StoredMessage};

use super::*;
use crate::model::letter::{
    Address, AddressDraft, Channel, ChannelChoice, CostPool, InThreeLanguages, MessageClass, MessageType, Notification,
    PaperDraft, RecipientDraft,
};

const MULTICHANNEL: &str = "/v2/messages";
const PAPER: &str = "/v2/paper-mail-without-id";
const PRINT_PASSWORD: &str = "q7Zx";

fn address(name: &str) -> AddressDraft {
    AddressDraft {
        name: name.to_owned(),
        additional_name: Some(String::new()),
        street_address: "Esimerkkikatu 1".to_owned(),
        zip_code: "20100".to_owned(),
        city: "Turku".to_owned(),
        country_code: "Suomi".to_owned(),
    }
}

fn with_print(settings: &mut Settings) {
    let office = AddressDraft { name: "Turun kaupunki".to_owned(), ..address("") };
    settings.print = Some(Print {
        username: "turku1".to_owned(),
        password: SecretString::from(PRINT_PASSWORD),
        contact_email: "tulostus@turku.example".to_owned(),
        return_address: Address::parse(&office, LengthUnit::Utf16, "").unwrap(),
        cost_pool: Some(CostPool::parse("TURKU01").unwrap()),
        verifiable: false,
        address_zone: AddressZone::default(),
    });
}

async fn bench() -> Bench {
    Bench::with(|_| {}, with_print).await
}

fn sample() -> Bytes {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/samples/letters/decision.pdf");
    std::fs::read(path).unwrap().into()
}

/// With an address page, so that the file need not hold the address.
fn paper(order_id: &str, channel: ChannelChoice, recipients: &[&str]) -> OrderDraft {
    let file =
        AttachmentDraft {
            name: "päätös.pdf".to_owned(), media_type: "application/pdf".to_owned(), content: sample()
        };
    let to = recipients
        .iter()
        .map(|id| RecipientDraft { id: Some((*id).to_owned()), address: Some(address("Aino Esimerkki")) });
    OrderDraft {
        channel,
        recipients: to.collect(),
        attachments: vec![file],
        paper: Some(PaperDraft { create_address_page: true, ..PaperDraft::default() }),
        paper_reason: (channel == ChannelChoice::Paper).then(|| "Vastaanottaja on pyytänyt kirjettä.".to_owned()),
        ..draft(order_id, &[])
    }
}

/// To somebody of whom only the address is known.
fn without_id(order_id: &str) -> OrderDraft {
    let mut order = paper(order_id, ChannelChoice::Paper, &[AINO]);
    order.recipients[0].id = None;
    order
}

async fn judged(bench: &Bench, draft: OrderDraft) -> Accepted {
    let order = bench.orders.judge("turku", draft).await.unwrap();
    let mut accepted = bench.orders.accept("turku", CLIENT, &order).await.unwrap();
    let mut commit = Commit::new().with(accepted.statements.drain(..));
    commit.evidence = accepted.evidence.clone();
    bench.scratch.store.commit(commit).await.unwrap();
    accepted
}

async fn refused(bench: &Bench, draft: OrderDraft) -> Vec<String> {
    match bench.orders.judge("turku", draft).await {
        Err(AcceptError::Findings(findings)) => findings.into_iter().map(|it| it.field).collect(),
        other => panic!("{:?}", other.map(|order| order.order_id)),
    }
}

fn message(bench: &Bench, number: usize) -> StoredMessage {
    bench.sim.control.messages().remove(number)
}

#[tokio::test]
async fn viestit_mul_04_the_channel_is_unknown_until_an_event_tells() {
    let bench = bench().await;
    let accepted = judged(&bench, paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO, WITHOUT_MAILBOX])).await;
    bench.run().await;
    assert_eq!((bench.calls(MULTICHANNEL), bench.calls(UPLOADS)), (2, 2));
    for send in bench.status(&accepted).await.sends {
        assert_eq!((send.state, send.channel), (SendState::Submitted, None));
    }
    bench.feed.poll().await.unwrap();
    let sends = bench.status(&accepted).await.sends;
    assert_eq!((sends[0].state, sends[0].channel), (SendState::Delivered, Some(Channel::Electronic)));
    assert_eq!((sends[1].state, sends[1].channel), (SendState::Submitted, Some(Channel::Paper)));
    let (one, two) = (message(&bench, 0), message(&bench, 1));
    assert!(one.channel == SimChannel::Electronic && two.channel == SimChannel::Paper);
}

#[tokio::test]
async fn viestit_mul_12_what_is_printed_and_how_arrives_as_ordered() {
    let bench = bench().await;
    let mut order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[WITHOUT_MAILBOX]);
    order.attachments.push(AttachmentDraft { name: "ohje.pdf".to_owned(), ..order.attachments[0].clone() });
    order.paper = Some(PaperDraft {
        attachment: Some("päätös.pdf".to_owned()),
        printed_only: true,
        color_printing: true,
        two_sided_printing: Some(false),
        create_address_page: true,
        cost_pool: Some("POOL9".to_owned()),
        ..PaperDraft::default()
    });
    order.notification = Some(Notification {
        title: InThreeLanguages { fi: "Uusi".into(), sv: "Ny".into(), en: "New".into() },
        content: InThreeLanguages { fi: "Lue".into(), sv: "Läs".into(), en: "Read".into() },
    });
    judged(&bench, order).await;
    bench.run().await;
    let message = message(&bench, 0);
    let (part, electronic) = (message.paper.unwrap(), message.electronic.unwrap());
    assert_eq!(part.recipient.additional_name, None, "an empty second row is left out");
    assert_eq!((part.recipient.country_code.as_str(), part.sender.name.as_str()), ("FI", "Turun kaupunki"));
    assert!(part.color_printing && part.create_address_page && !part.two_sided_printing);
    assert_eq!(part.account.cost_pool.as_deref(), Some("POOL9"));
    assert_eq!((part.account.username.as_str(), part.account.password.as_str()), ("turku1", PRINT_PASSWORD));
    assert!(part.service_type == ServiceType::Normal);
    assert_eq!(electronic.attachments.len(), 1, "what is only printed is not attached");
    assert!(!electronic.attachments.contains(&part.attachment));
    let own = electronic.notifications.customised.unwrap();
    assert_eq!((own.title.sv.as_str(), own.content.en.as_str()), ("Ny", "Read"));
}

#[tokio::test]
async fn viestit_mul_13_a_country_that_nobody_knows_is_refused_before_any_call() {
    let bench = bench().await;
    let mut order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO]);
    order.recipients[0].address.as_mut().unwrap().country_code = "Atlantis".to_owned();
    assert_eq!(refused(&bench, order).await, ["recipients[0].address.countryCode"]);
    bench.run().await;
    assert!(bench.sim.control.calls().is_empty());
}

#[tokio::test]
async fn viestit_mul_15_a_file_that_cannot_be_printed_is_refused_before_any_call() {
    let bench = bench().await;
    let mut order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO]);
    order.attachments[0].content = Bytes::from_static(b"%PDF-1.7 example");
    assert_eq!(refused(&bench, order.clone()).await, ["attachments[0].content"]);
    order.attachments[0].media_type = "text/plain".to_owned();
    order.attachments[0].name = "a.txt".to_owned();
    order.attachments[0].content = Bytes::from_static(b"Hei");
    assert_eq!(refused(&bench, order).await, ["attachments[0].mediaType"]);
    // One file for two recipients cannot hold both addresses.
    let mut order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO, BENGT]);
    order.paper = None;
    assert_eq!(refused(&bench, order).await, ["paper.createAddressPage"]);
    // And of two files nobody knows which one is printed.
    let mut order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO]);
    order.attachments.push(AttachmentDraft { name: "b.pdf".to_owned(), ..order.attachments[0].clone() });
    assert_eq!(refused(&bench, order).await, ["paper.attachment"]);
    bench.run().await;
    assert!(bench.sim.control.calls().is_empty());
}

#[tokio::test]
async fn viestit_pap_03_a_409_without_an_id_is_looked_up() {
    let bench = bench().await;
    let accepted = judged(&bench, without_id("o-1")).await;
    // The answer is lost, so that the next attempt is told that it is there.
    bench.fault(PAPER, Fault::CutAfterCommit, 1);
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitting]);
    bench.next().await;
    let send = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((send.state, send.channel), (SendState::Submitted, Some(Channel::Paper)));
    assert_eq!(send.message_id, Some(message(&bench, 0).message_id));
    assert_eq!((bench.stored().len(), bench.calls(PAPER), bench.calls(LOOK_UP)), (1, 2, 1));
    assert_eq!(message(&bench, 0).recipient_id, None);
}

#[tokio::test]
async fn viestit_pap_06_a_normal_letter_ends_in_printing() {
    let bench = bench().await;
    let accepted = judged(&bench, without_id("o-1")).await;
    bench.run().await;
    bench.feed.poll().await.unwrap();
    bench.sim.control.print(message(&bench, 0).message_id).unwrap();
    bench.feed.poll().await.unwrap();
    bench.advance(Duration::from_hours(24 * 40));
    bench.feed.poll().await.unwrap();
    let send = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((send.state, send.channel), (SendState::SentToPrint, Some(Channel::Paper)));
}

#[tokio::test]
async fn viestit_pap_07_the_print_password_shows_nowhere() {
    let bench = bench().await;
    let accepted = judged(&bench, without_id("o-1")).await;
    bench.fault(PAPER, Fault::Status(503), 1);
    bench.run().await;
    bench.next().await;
    let status = bench.worker.status().await.unwrap();
    let shown = format!("{:?} {:?} {:?} {:?}", bench.settings, accepted, bench.status(&accepted).await, status);
    assert!(!shown.contains(PRINT_PASSWORD), "{shown}");
    assert_eq!(message(&bench, 0).paper.unwrap().account.password, PRINT_PASSWORD);
    // Nothing of the store holds it: neither the rows nor what is sealed in them.
    let order = letters(&bench, &accepted).await;
    let body = bench.scratch.store.body("turku", &order.body, &sealed::order_context(&order.id)).await.unwrap();
    assert!(!String::from_utf8(body).unwrap().contains(PRINT_PASSWORD));
    for entry in std::fs::read_dir(bench.scratch.store.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(4).any(|it| it == PRINT_PASSWORD.as_bytes()), "{}", path.display());
        }
    }
}

async fn letters(bench: &Bench, accepted: &Accepted) -> crate::store::letters::Order {
    crate::store::letters::get(&bench.scratch.store, "turku", &accepted.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn paper_alone_states_its_reason_and_evidence_says_no_more_than_that() {
    let bench = bench().await;
    let order = OrderDraft { paper_reason: None, ..without_id("o-1") };
    assert_eq!(refused(&bench, order).await, ["paperReason"]);
    let accepted = judged(&bench, without_id("o-1")).await;
    assert_eq!(accepted.evidence[0].operation.as_deref(), Some("paper-reason-stated"));
    assert!(!format!("{:?}", accepted.evidence).contains("pyytänyt"));
    let order = letters(&bench, &accepted).await;
    let body = bench.scratch.store.body("turku", &order.body, &sealed::order_context(&order.id)).await.unwrap();
    assert!(String::from_utf8(body).unwrap().contains("pyytänyt"));
}

#[tokio::test]
async fn viestit_mbx_09_a_mailbox_that_went_out_of_use_is_met_as_the_order_says() {
    let bench = bench().await;
    let electronic = bench.accept(draft("o-1", &[AINO])).await;
    let either = judged(&bench, paper("o-2", ChannelChoice::ElectronicOrPaper, &[AINO])).await;
    bench.sim.control.set_mailbox(AINO, false);
    bench.run().await;
    bench.feed.poll().await.unwrap();
    let send = bench.status(&electronic).await.sends.remove(0);
    assert_eq!((send.state, send.reason.as_deref()), (SendState::Failed, Some("mailbox-not-in-use")));
    let send = bench.status(&either).await.sends.remove(0);
    assert_eq!((send.state, send.channel), (SendState::Submitted, Some(Channel::Paper)));
}

#[tokio::test]
async fn viestit_rpl_11_an_answer_to_what_is_gone_goes_as_new_only_when_asked() {
    let bench = bench().await;
    let answer = |order_id: &str, as_new| OrderDraft {
        in_reply_to: Some("4711".to_owned()),
        as_new_if_gone: as_new,
        ..draft(order_id, &[AINO])
    };
    let told = bench.accept(answer("o-1", false)).await;
    let asked = bench.accept(answer("o-2", true)).await;
    bench.run().await;
    let send = bench.status(&told).await.sends.remove(0);
    assert_eq!((send.state, send.reason.as_deref()), (SendState::Failed, Some("answered-message-gone")));
    let send = bench.status(&asked).await.sends.remove(0);
    assert_eq!((send.state, send.reason.as_deref()), (SendState::Submitted, Some("sent-as-new-message")));
    let stored = bench.sim.control.messages();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].electronic.as_ref().unwrap().in_reply_to, None);
    // The external id is the one of its acceptance.
    let kept = crate::store::sends::get(&bench.scratch.store, "turku", &send.id).await.unwrap().unwrap();
    assert_eq!(stored[0].external_id, kept.external_id);
}

#[tokio::test]
async fn c8_companies_and_associations_cannot_send() {
    let bench = Bench::with(|_| {}, |settings| settings.may_send = false).await;
    match bench.orders.judge("turku", draft("o-1", &[AINO])).await {
        Err(AcceptError::Findings(found)) => assert_eq!(found[0].rule, "not-allowed"),
        other => panic!("{:?}", other.map(|order| order.order_id)),
    }
}

#[tokio::test]
async fn c11_paper_letters_are_counted_by_cost_pool() {
    let bench = bench().await;
    judged(&bench, paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO, WITHOUT_MAILBOX])).await;
    let mut own = without_id("o-2");
    own.paper.as_mut().unwrap().cost_pool = Some("POOL9".to_owned());
    judged(&bench, own).await;
    judged(&bench, without_id("o-3")).await;
    bench.run().await;
    // Paper alone is known at once; of the others an event tells.
    assert_eq!(bench.worker.status().await.unwrap().paper_letters, [("POOL9".into(), 1), ("TURKU01".into(), 1)].into());
    bench.feed.poll().await.unwrap();
    assert_eq!(bench.worker.status().await.unwrap().paper_letters, [("POOL9".into(), 1), ("TURKU01".into(), 2)].into());
    bench.feed.watch().await.unwrap();
    let counted = |pool: &str| bench.metrics.paper_letters_of("turku", pool);
    assert_eq!((counted("POOL9"), counted("TURKU01")), (1, 2));
}

#[tokio::test]
async fn paper_needs_an_account_an_address_and_what_the_service_may() {
    let bench = Bench::new().await;
    let order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO]);
    assert_eq!(refused(&bench, order).await, ["channel"]);
    let bench = self::bench().await;
    let mut order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO]);
    order.recipients[0].address = None;
    order.paper.as_mut().unwrap().message_type = MessageType::Verifiable;
    order.paper.as_mut().unwrap().cost_pool = Some("turku".to_owned());
    let found = refused(&bench, order).await;
    assert_eq!(found, ["recipients[0].address", "paper.costPool", "paper.messageType"]);
    let mut order = paper("o-1", ChannelChoice::ElectronicOrPaper, &[AINO]);
    order.recipients[0].id = None;
    assert_eq!(refused(&bench, order).await, ["recipients[0].id"]);
}

#[tokio::test]
async fn classes_of_messages_have_their_rules() {
    let bench = bench().await;
    let of = |class, law: Option<&str>| OrderDraft {
        message_class: Some(class),
        law_reference: law.map(str::to_owned),
        ..draft("o-1", &[AINO])
    };
    assert_eq!(refused(&bench, of(MessageClass::Bulletin, None)).await, ["lawReference"]);
    let law = Some("Laki digitaalisten palvelujen tarjoamisesta 306/2019");
    assert!(bench.orders.judge("turku", of(MessageClass::Bulletin, law)).await.unwrap().warnings.is_empty());
    let invoice = bench.orders.judge("turku", of(MessageClass::Invoice, None)).await.unwrap();
    assert_eq!(invoice.warnings.iter().map(|it| it.rule).collect::<Vec<_>>(), ["invoice"]);
}

#[tokio::test]
async fn nothing_is_sent_before_its_time() {
    let bench = bench().await;
    let later = bench.scratch.world.now() + SignedDuration::from_hours(3);
    let accepted = bench.accept(OrderDraft { not_before: Some(later.to_string()), ..draft("o-1", &[AINO]) }).await;
    bench.run().await;
    assert!(bench.sim.control.calls().is_empty());
    bench.advance(Duration::from_hours(3));
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
}

/// What lay sealed before there was paper reads on, and gives the digest that it gave.
#[test]
fn an_order_from_before_paper_is_the_same_order_still() {
    let stored = r#"{"serviceId":"s","title":"t","body":"b","bodyFormat":"Text","messageType":"Normal","replyAllowed":false,"visibility":"Normal","channel":"Electronic","attachments":[{"name":"a.pdf","mediaType":"application/pdf","digest":"00"}]}"#;
    let letter: sealed::Letter = serde_json::from_str(stored).unwrap();
    assert_eq!(String::from_utf8(letter.canonical().unwrap()).unwrap(), stored);
}
