//! From what a caller asks for to an order that may be accepted: every rule that needs no file and no network.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{
    Address, AddressDraft, Addressee, Attachment, AttachmentDraft, BodyFormat, ChannelChoice, CostPool, LetterOrder,
    MAX_ATTACHMENTS, MAX_BODY, MAX_RECIPIENTS, MAX_SERVICE_ID, MAX_TITLE, MediaType, MessageClass, MessageType,
    Notification, OrderDraft, OrderId, OrderIdError, Paper, PaperDraft, PersonId, Recipient, RecipientDraft, markdown,
};
use crate::model::Finding;

/// Of a reason for paper and of a reference to a law.
const MAX_REASON: usize = 500;
const MAX_NOTIFICATION_TITLE: usize = 256;
const MAX_NOTIFICATION_CONTENT: usize = 1_500;

/// What a length counts. The remote does not say; UTF-16 units are never fewer than code points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LengthUnit {
    #[default]
    Utf16,
    CodePoints,
}

impl LengthUnit {
    pub fn count(self, text: &str) -> usize {
        match self {
            LengthUnit::Utf16 => text.encode_utf16().count(),
            LengthUnit::CodePoints => text.chars().count(),
        }
    }
}

/// What holds of one tenant's orders.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub unit: LengthUnit,
    /// Recipients of one order, at most.
    pub recipients: usize,
    /// The organisation is of a kind that may send.
    pub may_send: bool,
    /// Electronic letters may be verifiable.
    pub verifiable: bool,
    /// There is a print account; whether its letters may be verifiable.
    pub print: Option<PrintRules>,
}

#[derive(Clone, Copy, Debug)]
pub struct PrintRules {
    pub verifiable: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { unit: LengthUnit::Utf16, recipients: MAX_RECIPIENTS, may_send: true, verifiable: true, print: None }
    }
}

/// An order with what its sender should know all the same.
type Parsed = Result<LetterOrder, Vec<Finding>>;

pub(super) fn parse(draft: OrderDraft, rules: &Rules) -> Parsed {
    let mut judge = Judge { rules, findings: Vec::new(), warnings: Vec::new() };
    let order_id = OrderId::parse(&draft.order_id);
    let order_id = order_id.map_err(|error| judge.add(order_id_finding("orderId", error))).ok();
    if let Some(id) = &draft.service_id {
        judge.length("serviceId", id, MAX_SERVICE_ID);
    }
    judge.texts(&draft);
    let recipients = judge.recipients(&draft.recipients, draft.channel);
    let attachments = judge.attachments(draft.attachments);
    let paper = judge.paper(draft.paper, draft.channel, recipients.len(), attachments.as_deref());
    judge.channel(draft.channel, draft.paper_reason.as_deref());
    judge.kinds(draft.message_type, draft.message_class, draft.law_reference.as_deref());
    if let Some(notification) = &draft.notification {
        judge.notification(notification);
    }
    let bulletin_id = draft
        .bulletin_id
        .and_then(|id| OrderId::parse(&id).map_err(|error| judge.add(order_id_finding("bulletinId", error))).ok());
    let not_before = draft.not_before.and_then(|text| judge.time("notBefore", &text));
    let in_reply_to = draft.in_reply_to.and_then(|text| judge.answered(&text, draft.channel, draft.recipients.len()));
    if draft.as_new_if_gone && in_reply_to.is_none() {
        judge.add(problem(
            "asNewIfGone",
            [
                "Kenttä koskee vain vastausta: anna myös inReplyTo.",
                "Fältet gäller bara ett svar: ange också inReplyTo.",
                "The member is for answers only: give inReplyTo as well.",
            ],
        ));
    }
    let Judge { findings, warnings, .. } = judge;
    match (order_id, attachments) {
        (Some(order_id), Some(attachments)) if findings.is_empty() => Ok(LetterOrder {
            order_id,
            service_id: draft.service_id,
            recipients,
            title: draft.title,
            body: draft.body,
            body_format: draft.body_format,
            attachments,
            message_type: draft.message_type,
            reply_allowed: draft.reply_allowed,
            visibility: draft.visibility,
            channel: draft.channel,
            paper,
            paper_reason: draft.paper_reason,
            notification: draft.notification,
            message_class: draft.message_class,
            law_reference: draft.law_reference,
            bulletin_id,
            not_before,
            in_reply_to,
            as_new_if_gone: draft.as_new_if_gone,
            warnings,
        }),
        _ => Err(findings),
    }
}

struct Judge<'a> {
    rules: &'a Rules,
    findings: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Judge<'_> {
    fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn length(&mut self, field: &str, text: &str, most: usize) {
        if text.is_empty() || self.rules.unit.count(text) > most {
            self.add(length(field, most));
        }
    }

    fn texts(&mut self, draft: &OrderDraft) {
        if !self.rules.may_send {
            self.add(Finding::error(
                "",
                "not-allowed",
                [
                    "Yritykset ja yhdistykset eivät voi lähettää Suomi.fi-viestejä.",
                    "Företag och föreningar kan inte skicka Suomi.fi-meddelanden.",
                    "Companies and associations cannot send Suomi.fi messages.",
                ]
                .map(str::to_owned),
            ));
        }
        self.length("title", &draft.title, MAX_TITLE);
        if PersonId::is_in(&draft.title) {
            self.add(problem(
                "title",
                [
                    "Otsikossa ei saa olla henkilötunnusta.",
                    "Rubriken får inte innehålla en personbeteckning.",
                    "The title must not contain a personal identity code.",
                ],
            ));
        }
        self.length("body", &draft.body, MAX_BODY);
        if draft.body_format == BodyFormat::Markdown {
            for finding in markdown::findings(&draft.body) {
                match finding.level {
                    crate::model::Level::Error => self.findings.push(finding),
                    crate::model::Level::Warning => self.warnings.push(finding),
                }
            }
        }
    }

    fn recipients(&mut self, drafts: &[RecipientDraft], channel: ChannelChoice) -> Vec<Addressee> {
        if drafts.is_empty() {
            let texts = ["Vastaanottaja puuttuu.", "Mottagaren saknas.", "There is no recipient."];
            self.add(Finding::error("recipients", "missing-field", texts.map(str::to_owned)));
        }
        if drafts.len() > self.rules.recipients {
            self.add(too_many("recipients", self.rules.recipients));
            return Vec::new();
        }
        let mut known = HashSet::with_capacity(drafts.len());
        let mut recipients = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.iter().enumerate() {
            let path = format!("recipients[{index}]");
            let before = self.findings.len();
            let id = self.recipient_id(draft.id.as_deref(), channel, &path);
            let address = self.recipient_address(draft.address.as_ref(), channel, &path);
            let addressee = Addressee { id, address };
            if self.findings.len() > before {
                continue;
            }
            // By the id where there is one: a person at two addresses is one recipient.
            let identity = Addressee {
                address: addressee.address.clone().filter(|_| addressee.id.is_none()),
                ..addressee.clone()
            };
            if known.insert(identity) {
                recipients.push(addressee);
            } else {
                let field = if addressee.id.is_some() { format!("{path}.id") } else { format!("{path}.address") };
                self.add(problem(
                    field,
                    [
                        "Sama vastaanottaja on tilauksessa jo aiemmin.",
                        "Samma mottagare finns redan tidigare i beställningen.",
                        "The same recipient stands earlier in the order.",
                    ],
                ));
            }
        }
        recipients
    }

    fn recipient_id(&mut self, id: Option<&str>, channel: ChannelChoice, path: &str) -> Option<Recipient> {
        let Some(id) = id else {
            if channel != ChannelChoice::Paper {
                self.add(missing(
                    format!("{path}.id"),
                    [
                        "Vastaanottajan tunnus puuttuu.",
                        "Mottagarens beteckning saknas.",
                        "The recipient's id is missing.",
                    ],
                ));
            }
            return None;
        };
        if let Ok(recipient) = Recipient::parse(id) {
            return Some(recipient);
        }
        self.add(problem(
            format!("{path}.id"),
            [
                "Tunnus ei ole kelvollinen henkilötunnus eikä Y-tunnus.",
                "Beteckningen är varken en giltig personbeteckning eller ett giltigt FO-nummer.",
                "The id is neither a valid personal identity code nor a valid business id.",
            ],
        ));
        None
    }

    fn recipient_address(
        &mut self,
        address: Option<&AddressDraft>,
        channel: ChannelChoice,
        path: &str,
    ) -> Option<Address> {
        let path = format!("{path}.address");
        match address {
            Some(draft) => self.address(draft, &path),
            None if channel == ChannelChoice::Electronic => None,
            None => {
                self.add(missing(
                    path,
                    [
                        "Postiosoite puuttuu: kirje voi lähteä paperilla.",
                        "Postadressen saknas: brevet kan skickas på papper.",
                        "The postal address is missing: the letter may go on paper.",
                    ],
                ));
                None
            }
        }
    }

    fn address(&mut self, draft: &AddressDraft, path: &str) -> Option<Address> {
        Address::parse(draft, self.rules.unit, path).map_err(|found| self.findings.extend(found)).ok()
    }

    /// None when there are too many to look at, or one of them is wrong.
    fn attachments(&mut self, drafts: Vec<AttachmentDraft>) -> Option<Vec<Attachment>> {
        if drafts.len() > MAX_ATTACHMENTS {
            self.add(too_many("attachments", MAX_ATTACHMENTS));
            return None;
        }
        let before = self.findings.len();
        let mut attachments: Vec<Attachment> = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.into_iter().enumerate() {
            match Attachment::parse(&draft.name, &draft.media_type, draft.content) {
                Ok(attachment) if attachments.iter().any(|known| known.name == attachment.name) => {
                    self.add(problem(
                        format!("attachments[{index}].name"),
                        [
                            "Samanniminen liite on viestissä jo aiemmin.",
                            "En bilaga med samma namn finns redan tidigare i meddelandet.",
                            "An attachment of this name stands earlier in the message.",
                        ],
                    ));
                }
                Ok(attachment) => attachments.push(attachment),
                Err(problems) => self.findings.extend(problems.into_iter().map(|mut problem| {
                    problem.field = format!("attachments[{index}].{}", problem.field);
                    problem
                })),
            }
        }
        (self.findings.len() == before).then_some(attachments)
    }

    fn channel(&mut self, channel: ChannelChoice, reason: Option<&str>) {
        if channel != ChannelChoice::Electronic && self.rules.print.is_none() {
            self.add(problem(
                "channel",
                [
                    "Organisaatiolla ei ole tulostustiliä: kirje voi lähteä vain sähköisesti.",
                    "Organisationen har inget utskriftskonto: brevet kan bara skickas elektroniskt.",
                    "The organisation has no print account: a letter can only go electronically.",
                ],
            ));
        }
        match (channel, reason) {
            (ChannelChoice::Paper, Some(reason)) => self.length("paperReason", reason.trim(), MAX_REASON),
            (ChannelChoice::Paper, None) => self.add(missing(
                "paperReason",
                [
                    "Kerro, miksi kirje lähtee vain paperilla. Pelkkä paperi on poikkeus.",
                    "Ange varför brevet skickas bara på papper. Enbart papper är ett undantag.",
                    "Say why the letter goes on paper only, which is for exceptional cases.",
                ],
            )),
            (_, Some(_)) => self.add(problem(
                "paperReason",
                [
                    "Syy annetaan vain, kun kanava on paper.",
                    "Orsaken anges bara när kanalen är paper.",
                    "The reason is for the channel paper only.",
                ],
            )),
            (_, None) => {}
        }
    }

    fn paper(
        &mut self,
        draft: Option<PaperDraft>,
        channel: ChannelChoice,
        recipients: usize,
        attachments: Option<&[Attachment]>,
    ) -> Option<Paper> {
        if channel == ChannelChoice::Electronic {
            if draft.is_some() {
                self.add(problem(
                    "paper",
                    [
                        "Paperikirjeen asetukset annetaan vain, kun kirje voi lähteä paperilla.",
                        "Inställningar för pappersbrev anges bara när brevet kan skickas på papper.",
                        "Settings of paper are for letters that may go on paper.",
                    ],
                ));
            }
            return None;
        }
        let draft = draft.unwrap_or_default();
        let cost_pool = draft.cost_pool.as_deref().and_then(|text| {
            let pool = CostPool::parse(text);
            if pool.is_none() {
                self.add(problem(
                    "paper.costPool",
                    [
                        "Kustannuspaikassa on 1–15 merkkiä A–Z ja 0–9.",
                        "Kostnadsstället har 1–15 tecken A–Z och 0–9.",
                        "A cost pool has 1 to 15 characters of A-Z and 0-9.",
                    ],
                ));
            }
            pool
        });
        let verifiable = self.rules.print.is_some_and(|print| print.verifiable);
        if draft.message_type == MessageType::Verifiable && !verifiable {
            self.add(not_verifiable("paper.messageType"));
        }
        let sender = draft.sender.as_ref().map(|sender| self.address(sender, "paper.sender"));
        if recipients > 1 && !draft.create_address_page {
            self.add(problem(
                "paper.createAddressPage",
                [
                    "Usean vastaanottajan kirje tarvitsee osoitesivun: tiedostossa voi olla vain yksi osoite.",
                    "Ett brev till flera mottagare behöver en adressida: filen kan bara ha en adress.",
                    "A letter to several recipients needs an address page: the file can hold one address only.",
                ],
            ));
        }
        let attachments = attachments?;
        let attachment = self.printed(draft.attachment.as_deref(), attachments)?;
        if channel == ChannelChoice::Paper && attachments.len() > 1 {
            self.add(problem(
                "attachments",
                [
                    "Paperikirjeessä on tasan yksi tiedosto.",
                    "Ett pappersbrev har exakt en fil.",
                    "A paper letter has exactly one file.",
                ],
            ));
        }
        Some(Paper {
            attachment,
            printed_only: draft.printed_only,
            color_printing: draft.color_printing,
            two_sided_printing: draft.two_sided_printing.unwrap_or(true),
            rotate_landscape_pages: draft.rotate_landscape_pages,
            create_address_page: draft.create_address_page,
            message_type: draft.message_type,
            cost_pool,
            sender: sender.flatten(),
        })
    }

    /// The place of the one PDF that is printed.
    fn printed(&mut self, name: Option<&str>, attachments: &[Attachment]) -> Option<usize> {
        let place = match (name, attachments) {
            (None, [_]) => Some(0),
            (None, _) => None,
            (Some(name), _) => attachments.iter().position(|file| file.name.as_str() == name.trim()),
        };
        let Some(place) = place else {
            self.add(missing(
                "paper.attachment",
                [
                    "Kerro, mikä liitteistä tulostetaan: sen nimi sellaisena kuin se on liitteissä.",
                    "Ange vilken av bilagorna som skrivs ut: namnet så som det står bland bilagorna.",
                    "Say which attachment is printed: its name as it stands in attachments.",
                ],
            ));
            return None;
        };
        if attachments.get(place).is_none_or(|file| file.media_type != MediaType::Pdf) {
            self.add(problem(
                format!("attachments[{place}].mediaType"),
                [
                    "Tulostettavan tiedoston on oltava PDF.",
                    "Filen som skrivs ut ska vara en PDF.",
                    "The printed file must be a PDF.",
                ],
            ));
        }
        Some(place)
    }

    fn kinds(&mut self, kind: MessageType, class: Option<MessageClass>, law: Option<&str>) {
        if kind == MessageType::Verifiable && !self.rules.verifiable {
            self.add(not_verifiable("messageType"));
        }
        if let Some(law) = law {
            self.length("lawReference", law.trim(), MAX_REASON);
        }
        match class {
            Some(MessageClass::Bulletin) if law.is_none() => self.add(missing(
                "lawReference",
                [
                    "Tiedote tarvitsee säädösperusteen: anna laki ja pykälä.",
                    "Ett informationsmeddelande behöver en rättslig grund: ange lag och paragraf.",
                    "A bulletin needs its legal basis: give the act and section.",
                ],
            )),
            Some(MessageClass::Invoice) => {
                let texts = [
                    "Suomi.fi-viestit ei ole laskujen välityskanava. Lähetä lasku verkkolaskuna tai e-laskuna.",
                    "Suomi.fi-meddelanden är ingen kanal för fakturor. Skicka fakturan som e-faktura.",
                    "Suomi.fi Messages is no channel for invoices. Send it as an e-invoice.",
                ];
                self.warnings.push(Finding::warning("messageClass", "invoice", texts.map(str::to_owned)));
            }
            _ => {}
        }
    }

    fn notification(&mut self, notification: &Notification) {
        for (part, texts, most) in [
            ("title", &notification.title, MAX_NOTIFICATION_TITLE),
            ("content", &notification.content, MAX_NOTIFICATION_CONTENT),
        ] {
            for (lang, text) in [("fi", &texts.fi), ("sv", &texts.sv), ("en", &texts.en)] {
                let field = format!("notification.{part}.{lang}");
                self.length(&field, text, most);
                if PersonId::is_in(text) {
                    self.add(problem(
                        field,
                        [
                            "Ilmoituksessa ei saa olla henkilötunnusta: se lähtee sähköpostilla.",
                            "Aviseringen får inte innehålla en personbeteckning: den skickas med e-post.",
                            "A notification must not contain a personal identity code: it goes by e-mail.",
                        ],
                    ));
                }
            }
        }
    }

    fn time(&mut self, field: &str, text: &str) -> Option<Timestamp> {
        let time = text.trim().parse().ok();
        if time.is_none() {
            self.add(problem(
                field,
                [
                    "Aika annetaan vyöhykkeineen, esimerkiksi 2026-12-01T08:00:00+02:00.",
                    "Tiden anges med tidszon, till exempel 2026-12-01T08:00:00+02:00.",
                    "Give the time with its zone, such as 2026-12-01T08:00:00+02:00.",
                ],
            ));
        }
        time
    }

    /// The end user's message that is answered.
    fn answered(&mut self, text: &str, channel: ChannelChoice, recipients: usize) -> Option<i64> {
        let id = text.trim().parse().ok().filter(|id| *id > 0);
        if id.is_none() {
            self.add(problem(
                "inReplyTo",
                [
                    "Anna vastattavan viestin tunniste (messageId), joka on luku.",
                    "Ange identifieraren (messageId) för meddelandet som besvaras; den är ett tal.",
                    "Give the identifier (messageId) of the message that is answered, which is a number.",
                ],
            ));
        }
        if channel == ChannelChoice::Paper || recipients > 1 {
            self.add(problem(
                "inReplyTo",
                [
                    "Vastauksella on yksi vastaanottaja, ja se lähtee sähköisesti.",
                    "Ett svar har en mottagare och skickas elektroniskt.",
                    "An answer has one recipient and goes electronically.",
                ],
            ));
        }
        id
    }
}

fn order_id_finding(field: &str, error: OrderIdError) -> Finding {
    let texts = match error {
        OrderIdError::Shape => [
            "Tunnuksessa on 1–100 merkkiä: A–Z, a–z, 0–9, piste, alaviiva, kaksoispiste ja yhdysmerkki.",
            "Beteckningen har 1–100 tecken: A–Z, a–z, 0–9, punkt, understreck, kolon och bindestreck.",
            "An order id has 1 to 100 characters of A-Z, a-z, 0-9, '.', '_', ':' and '-'.",
        ],
        OrderIdError::IdentityCode => [
            "Tunnuksessa ei saa olla henkilötunnusta.",
            "Beteckningen får inte innehålla en personbeteckning.",
            "An order id must not contain a personal identity code.",
        ],
    };
    problem(field, texts)
}

fn not_verifiable(field: &str) -> Finding {
    problem(
        field,
        [
            "Todisteellista lähettämistä ei ole otettu käyttöön tälle palvelulle.",
            "Bevislig delgivning är inte i bruk för den här tjänsten.",
            "Verifiable sending is not configured for this service.",
        ],
    )
}

fn length(field: &str, most: usize) -> Finding {
    let texts = [
        format!("Pituuden on oltava 1–{most} merkkiä. Tekstiä ei lyhennetä puolestasi."),
        format!("Längden ska vara 1–{most} tecken. Texten förkortas inte automatiskt."),
        format!("The length must be 1 to {most} characters (UTF-16 units). Nothing is cut."),
    ];
    Finding::error(field, "invalid-field", texts)
}

fn too_many(field: &str, most: usize) -> Finding {
    let texts = [format!("Enintään {most}."), format!("Högst {most}."), format!("At most {most}.")];
    Finding::error(field, "too-many", texts)
}

fn missing(field: impl Into<String>, texts: [&str; 3]) -> Finding {
    Finding::error(field, "missing-field", texts.map(str::to_owned))
}

pub(super) fn problem(field: impl Into<String>, texts: [&str; 3]) -> Finding {
    Finding::error(field, "invalid-field", texts.map(str::to_owned))
}
