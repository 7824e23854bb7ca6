//! Body elements to requests, answers to body elements: strict on what comes in, schema order on what goes out.

use std::fmt::Write as _;

use silta_client::catalogue as contract;
use silta_client::common::{ErrorCode, Message, Refusal, to_xml};
use silta_client::messages::{
    Address, Attachment, BodyFormat, ChannelChoice, Finding, MessageClass, MessageType, Notification,
    NotificationTexts, Paper, Recipient, SendMessage, Visibility,
};
use xroad::xml::{Binary, Element, FieldError, FieldRule, Fields};

use crate::model::Lang;
use crate::operations::catalogue::{Answer, Read};
use crate::operations::registry::{Operation, Shape};
use crate::operations::search::Narrowing;

/// The members of a catalogue request.
pub(super) fn read(operation: &Operation, body: &Element) -> Result<Read, Refusal> {
    members(operation, body, |fields| read_fields(operation.shape, fields))
}

fn read_fields(shape: Shape, fields: &mut Fields<'_>) -> Result<Read, FieldError> {
    let mut read = Read::default();
    match shape {
        Shape::Get(_) => read.code = Some(fields.text("code")?.to_owned()),
        Shape::Search => {
            read.query = fields.optional_text("query")?.map(str::to_owned);
            for name in Narrowing::NAMES {
                if let Some(value) = fields.optional_text(name)? {
                    read.narrowing.set(name, value);
                }
            }
        }
        _ => {}
    }
    if shape != Shape::Changes
        && let Some(lang) = fields.optional_text("lang")?
    {
        let known = Lang::from_code(lang.trim()).ok_or_else(|| fields.error("lang", FieldRule::Value))?;
        read.lang = Some(known);
    }
    if !matches!(shape, Shape::Get(_)) {
        read.limit = fields.optional_parse("limit")?;
        read.cursor = fields.optional_text("cursor")?.map(|text| text.trim().to_owned());
    }
    Ok(read)
}

/// An order, and for each attachment its content or the Content-ID of the part that holds it.
pub(super) fn send_message(operation: &Operation, body: &Element) -> Result<(SendMessage, Vec<Binary>), Refusal> {
    members(operation, body, |fields| {
        let order_id = fields.text("orderId")?.to_owned();
        let service_id = fields.optional_text("serviceId")?.map(str::to_owned);
        let mut recipients = Vec::new();
        for mut recipient in fields.repeated_nested("recipients")? {
            recipients.push(Recipient {
                id: recipient.optional_text("id")?.map(str::to_owned),
                address: recipient.optional_nested("address")?.map(address).transpose()?,
            });
            recipient.finish()?;
        }
        let title = fields.text("title")?.to_owned();
        let text = fields.text("body")?.to_owned();
        let body_format = word(fields, "bodyFormat", BodyFormat::from_word)?;
        let mut attachments = Vec::new();
        let mut contents = Vec::new();
        for mut attachment in fields.repeated_nested("attachments")? {
            let (name, media_type) = (attachment.text("name")?.to_owned(), attachment.text("mediaType")?.to_owned());
            let upload = text_of(&mut attachment, "upload")?;
            contents.push(match upload {
                Some(_) => Binary::Inline(Vec::new()),
                None => content(&mut attachment)?,
            });
            attachments.push(Attachment { name, media_type, content: None, part: None, upload });
            attachment.finish()?;
        }
        let order = SendMessage {
            order_id,
            service_id,
            recipients,
            title,
            body: text,
            body_format,
            attachments,
            message_type: word(fields, "messageType", MessageType::from_word)?,
            reply_allowed: fields.optional_parse("replyAllowed")?,
            visibility: word(fields, "visibility", Visibility::from_word)?,
            channel: word(fields, "channel", ChannelChoice::from_word)?,
            paper: fields.optional_nested("paper")?.map(paper).transpose()?,
            paper_reason: text_of(fields, "paperReason")?,
            notification: fields.optional_nested("notification")?.map(notification).transpose()?,
            message_class: word(fields, "messageClass", MessageClass::from_word)?,
            law_reference: text_of(fields, "lawReference")?,
            bulletin_id: text_of(fields, "bulletinId")?,
            not_before: text_of(fields, "notBefore")?,
            in_reply_to: text_of(fields, "inReplyTo")?,
            as_new_if_gone: fields.optional_parse("asNewIfGone")?,
        };
        Ok((order, contents))
    })
}

fn text_of(fields: &mut Fields<'_>, name: &str) -> Result<Option<String>, FieldError> {
    Ok(fields.optional_text(name)?.map(str::to_owned))
}

fn address(mut fields: Fields<'_>) -> Result<Address, FieldError> {
    let address = Address {
        name: fields.text("name")?.to_owned(),
        additional_name: text_of(&mut fields, "additionalName")?,
        street_address: fields.text("streetAddress")?.to_owned(),
        zip_code: fields.text("zipCode")?.to_owned(),
        city: fields.text("city")?.to_owned(),
        country_code: fields.text("countryCode")?.to_owned(),
    };
    fields.finish().map(|()| address)
}

fn paper(mut fields: Fields<'_>) -> Result<Paper, FieldError> {
    let paper = Paper {
        attachment: text_of(&mut fields, "attachment")?,
        printed_only: fields.optional_parse("printedOnly")?,
        color_printing: fields.optional_parse("colorPrinting")?,
        two_sided_printing: fields.optional_parse("twoSidedPrinting")?,
        rotate_landscape_pages: fields.optional_parse("rotateLandscapePages")?,
        create_address_page: fields.optional_parse("createAddressPage")?,
        message_type: word(&mut fields, "messageType", MessageType::from_word)?,
        cost_pool: text_of(&mut fields, "costPool")?,
        sender: fields.optional_nested("sender")?.map(address).transpose()?,
    };
    fields.finish().map(|()| paper)
}

fn notification(mut fields: Fields<'_>) -> Result<Notification, FieldError> {
    let texts = |mut fields: Fields<'_>| -> Result<NotificationTexts, FieldError> {
        let texts = NotificationTexts {
            fi: fields.text("fi")?.to_owned(),
            sv: fields.text("sv")?.to_owned(),
            en: fields.text("en")?.to_owned(),
        };
        fields.finish().map(|()| texts)
    };
    let notification =
        Notification { title: texts(fields.nested("title")?)?, content: texts(fields.nested("content")?)? };
    fields.finish().map(|()| notification)
}

/// Exactly one of `content` (base64 or `xop:Include`) and `part` (`swaRef`).
pub(super) fn content(attachment: &mut Fields<'_>) -> Result<Binary, FieldError> {
    let Some(part) = attachment.optional_text("part")? else { return attachment.binary("content") };
    if attachment.optional("content")?.is_some() {
        return Err(attachment.error("part", FieldRule::Repeated));
    }
    let id = xroad::soap::xop::content_id(part.trim());
    id.map(Binary::Attached).ok_or_else(|| attachment.error("part", FieldRule::Reference))
}

/// The members of any request: `read` takes them, and there must be no other.
pub(super) fn members<T>(
    operation: &Operation,
    body: &Element,
    read: impl FnOnce(&mut Fields<'_>) -> Result<T, FieldError>,
) -> Result<T, Refusal> {
    let mut fields = Fields::of(body, operation.family.namespace(), operation.name).map_err(|error| refused(&error))?;
    read(&mut fields).and_then(|value| fields.finish().map(|()| value)).map_err(|error| refused(&error))
}

fn word<T>(fields: &mut Fields<'_>, name: &str, read: fn(&str) -> Option<T>) -> Result<Option<T>, FieldError> {
    let Some(text) = fields.optional_text(name)? else { return Ok(None) };
    read(text.trim()).map(Some).ok_or_else(|| fields.error(name, FieldRule::Value))
}

/// The path of a member without its wrapper, as JSON spells it: `recipients[0].id`.
fn refused(error: &FieldError) -> Refusal {
    let code = match error.rule {
        FieldRule::Missing => ErrorCode::MissingField,
        // A message whose parts do not fit together is no readable message (xroad.md AT-11, AT-12).
        FieldRule::Reference => ErrorCode::Malformed,
        FieldRule::Unknown | FieldRule::Namespace | FieldRule::Attribute => ErrorCode::UnknownField,
        _ => ErrorCode::InvalidField,
    };
    let member = error.path.split_once('/').map_or("", |(_, member)| member);
    if member.is_empty() && error.rule == FieldRule::Namespace {
        return Refusal::new(ErrorCode::UnknownOperation, "the body element is not in the namespace of this address");
    }
    let refusal = Refusal::new(code, rule(error, member));
    if member.is_empty() { refusal } else { refusal.at(json_path(member)) }
}

/// The rule in words; where the contract lists values, with the values.
fn rule(error: &FieldError, member: &str) -> String {
    let allowed = match member.rsplit('/').next() {
        _ if error.rule != FieldRule::Value => None,
        Some("lang") => Some("fi, sv, en, se, smn or sms"),
        Some("limit") => Some("a whole number from 1 to 200"),
        Some("attachment") => Some("a whole number, 1 for the first"),
        Some(
            "replyAllowed"
            | "asNewIfGone"
            | "printedOnly"
            | "colorPrinting"
            | "twoSidedPrinting"
            | "rotateLandscapePages"
            | "createAddressPage",
        ) => Some("true or false"),
        Some("bodyFormat") => Some("Text or Markdown"),
        Some("messageType") => Some("Normal or Verifiable"),
        Some("visibility") => Some("Normal or RecipientOnly"),
        Some("channel") => Some("electronic, electronic-or-paper or paper"),
        Some("messageClass") => Some("decision, bulletin, request, invoice or other"),
        _ => None,
    };
    allowed.map_or_else(|| error.rule.to_string(), |allowed| format!("must be {allowed}"))
}

/// Elements are counted from 1, list entries of JSON from 0.
fn json_path(path: &str) -> String {
    let mut spelled = String::with_capacity(path.len());
    for segment in path.split('/') {
        if !spelled.is_empty() {
            spelled.push('.');
        }
        match segment.strip_suffix(']').and_then(|segment| segment.split_once('[')) {
            Some((name, number)) => {
                let index = number.parse::<usize>().unwrap_or(1).saturating_sub(1);
                let _ = write!(spelled, "{name}[{index}]");
            }
            None => spelled.push_str(segment),
        }
    }
    spelled
}

/// The response wrapper of a catalogue answer.
pub(super) fn write(operation: &Operation, answer: Answer) -> Result<String, Refusal> {
    let name = operation.name;
    match answer {
        Answer::Service(it) => render(&contract::GetServiceResponse::from(Ok(*it))),
        Answer::Services(page) if name == "searchServices" => render(&contract::SearchServicesResponse::from(Ok(page))),
        Answer::Services(page) => render(&contract::ListServicesResponse::from(Ok(page))),
        Answer::ServicePoint(it) => render(&contract::GetServicePointResponse::from(Ok(*it))),
        Answer::ServicePoints(page) => render(&contract::ListServicePointsResponse::from(Ok(page))),
        Answer::Channel(it) => render(&contract::GetChannelResponse::from(Ok(*it))),
        Answer::Channels(page) => render(&contract::ListChannelsResponse::from(Ok(page))),
        Answer::Organisation(it) => render(&contract::GetOrganisationResponse::from(Ok(*it))),
        Answer::Organisations(page) => render(&contract::ListOrganisationsResponse::from(Ok(page))),
        Answer::Offers(page) => render(&contract::ListOffersResponse::from(Ok(page))),
        Answer::Errands(page) => render(&contract::ListErrandsResponse::from(Ok(page))),
        Answer::Classes(page) => render(&contract::ListClassesResponse::from(Ok(page))),
        Answer::Changes(page) => render(&contract::ListChangesResponse::from(Ok(page))),
    }
}

/// A business error: a normal answer that holds an error (PR-MESS Annex D.2). The wrapper is the operation's.
pub(super) fn write_refusal(operation: &Operation, refusal: &Refusal) -> String {
    let escape = |text: &str| {
        let mut out = String::with_capacity(text.len());
        xroad::xml::escape::text(&mut out, text);
        out
    };
    let mut out = format!("<{}Response xmlns=\"{}\"><error>", operation.name, operation.family.namespace());
    let _ = write!(out, "<code>{}</code><message>{}</message>", refusal.code.word(), escape(&refusal.message));
    if let Some(field) = &refusal.field {
        let _ = write!(out, "<field>{}</field>", escape(field));
    }
    // No other family has findings.
    for finding in &refusal.findings {
        let Finding { field, rule, fi, sv, en } = finding;
        let members = [("field", field), ("rule", rule), ("fi", fi), ("sv", sv), ("en", en)];
        out.push_str("<findings>");
        for (name, text) in members {
            let _ = write!(out, "<{name}>{}</{name}>", escape(text));
        }
        out.push_str("</findings>");
    }
    let _ = write!(out, "</error></{}Response>", operation.name);
    out
}

pub(super) fn render<T: Message>(message: &T) -> Result<String, Refusal> {
    to_xml(message).map_err(|error| {
        tracing::error!("an answer could not be written: {error}");
        Refusal::new(ErrorCode::Internal, "the service failed")
    })
}

#[cfg(test)]
mod tests {
    use silta_client::messages::{BodyFormat, ChannelChoice, MessageClass, MessageType, Visibility};
    use xroad::xml::{FieldError, FieldRule};

    use super::{json_path, refused};
    use crate::model::Lang;

    #[test]
    fn a_refused_value_is_told_what_the_contract_takes() {
        type Takes = fn(&str) -> bool;
        let members: [(&str, Takes); 6] = [
            ("lang", |word| Lang::from_code(word).is_some()),
            ("bodyFormat", |word| BodyFormat::from_word(word).is_some()),
            ("messageType", |word| MessageType::from_word(word).is_some()),
            ("visibility", |word| Visibility::from_word(word).is_some()),
            ("channel", |word| ChannelChoice::from_word(word).is_some()),
            ("messageClass", |word| MessageClass::from_word(word).is_some()),
        ];
        for (member, takes) in members {
            let refusal = refused(&FieldError { path: format!("sendMessage/{member}"), rule: FieldRule::Value });
            assert_eq!(refusal.field.as_deref(), Some(member));
            let words = refusal.message.strip_prefix("must be ").expect("a rule").replace(" or ", ", ");
            assert!(words.split(", ").all(takes), "{words}");
        }
    }

    #[test]
    fn members_are_named_as_in_json() {
        assert_eq!(json_path("recipients[2]/id"), "recipients[1].id");
        assert_eq!(json_path("title"), "title");
    }
}
