//! The pages of people and their mailboxes. Everything that anybody wrote is escaped; nothing is rendered.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::person_at;
use super::words::{Lang, Words};
use crate::viestit::control::ControlError;
use crate::viestit::message::{Actor, Channel, File, StoredMessage};
use crate::viestit::notice::NoticeKind;
use crate::viestit::rules::{BodyFormat, ReplyAllowedBy, ServiceType};
use crate::viestit::state::State;
use crate::xml::escape;

/// The longest list of notices that is shown.
const NOTICES: usize = 50;

/// A whole page around `main`.
pub(super) fn frame(lang: Lang, path: &str, main: &str) -> String {
    let words = lang.words();
    let mut links = String::new();
    for other in Lang::ALL {
        let current = if other == lang { " aria-current=\"true\"" } else { "" };
        let _ = write!(
            links,
            "<li><a href=\"{}?lang={code}\" lang=\"{code}\" hreflang=\"{code}\"{current}>{}</a></li>",
            escape(path),
            other.own_name(),
            code = other.code(),
        );
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"/inbox/style.css\">\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
         <p>{simulated}</p>\n<nav aria-label=\"{language}\"><ul>{links}</ul></nav>\n</header>\n<main>\n{main}</main>\n\
         </body>\n</html>\n",
        code = lang.code(),
        title = words.title,
        simulated = words.simulated,
        language = words.language,
    )
}

pub(super) fn missing(lang: Lang, path: &str) -> String {
    frame(lang, path, &format!("<p class=\"wrong\">{}</p>\n{}", lang.words().not_found, back(lang, "/inbox")))
}

pub(super) fn not_done(lang: Lang, error: ControlError, to: &str) -> String {
    let why = escape(lang.reason(error));
    let said = format!("<p class=\"wrong\" role=\"alert\">{} {why}</p>\n{}", lang.words().not_done, back(lang, to));
    frame(lang, to, &said)
}

pub(super) fn back(lang: Lang, to: &str) -> String {
    format!("<p><a href=\"{}?lang={}\">{}</a></p>\n", escape(to), lang.code(), lang.words().back)
}

/// A form with one button; `members` are hidden.
pub(super) fn button(lang: Lang, label: &str, what: &str, members: &[(&str, &str)]) -> String {
    let mut form = format!("<form method=\"post\" action=\"/inbox/act?lang={}\">", lang.code());
    for (name, value) in members {
        let _ = write!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    let spoken = if what.is_empty() { String::new() } else { format!(" aria-label=\"{label}: {}\"", escape(what)) };
    let _ = writeln!(form, "<button{spoken}>{label}</button></form>");
    form
}

/// Who is there, the way to the letters on paper, the notices, the clock.
pub(super) fn front(state: &State, now: Timestamp, lang: Lang) -> String {
    let words = lang.words();
    let code = lang.code();
    let mut main = format!("<h2>{}</h2>\n", words.people);
    if state.people.is_empty() {
        let _ = writeln!(main, "<p>{}</p>", words.nobody);
    } else {
        let _ = write!(
            main,
            "<table>\n<thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead>\n<tbody>\n",
            words.person, words.mailbox, words.letters
        );
    }
    for (at, person) in state.people.iter().enumerate() {
        let all = mailed(state, person);
        let unread = all.iter().filter(|message| !message.read).count();
        let _ = writeln!(
            main,
            "<tr><th scope=\"row\"><a href=\"/inbox/people/{}?lang={code}\">{}</a></th><td>{}</td><td>{} ({unread} {})</td></tr>",
            at + 1,
            who(person),
            mailbox_words(state, person, words),
            all.len(),
            if unread == 1 { words.unread } else { words.unread_many },
        );
    }
    if !state.people.is_empty() {
        main.push_str("</tbody>\n</table>\n");
    }
    let _ = writeln!(main, "<p><a href=\"/inbox/paper?lang={code}\">{}</a></p>", words.print_house);
    notices(&mut main, state, words);
    let _ = write!(
        main,
        "<h2>{}</h2>\n<p><time datetime=\"{now}\">{}</time></p>\n{}",
        words.clock,
        moment(now),
        button(lang, words.a_day, "", &[("act", "day")])
    );
    frame(lang, "/inbox", &main)
}

fn notices(main: &mut String, state: &State, words: &Words) {
    let _ = writeln!(main, "<h2>{}</h2>", words.notices);
    if state.notices.is_empty() {
        let _ = writeln!(main, "<p>{}</p>", words.no_notices);
        return;
    }
    main.push_str("<ol reversed>\n");
    for notice in state.notices.iter().rev().take(NOTICES) {
        let kind = match notice.kind {
            NoticeKind::New => words.notice_new,
            NoticeKind::Reminder => words.notice_reminder,
        };
        let person = state.numbers.get(&notice.recipient_id).and_then(|at| state.people.get(*at));
        let sender = notice.sender.as_deref().map_or_else(|| words.sender_hidden.to_owned(), escape);
        let _ = write!(
            main,
            "<li><time datetime=\"{}\">{}</time>: {kind}, {}, {sender}",
            notice.at,
            moment(notice.at),
            person.map(who).unwrap_or_default(),
        );
        if let Some(own) = &notice.customised {
            let texts = [
                ("fi", &own.title.fi, &own.content.fi),
                ("sv", &own.title.sv, &own.content.sv),
                ("en", &own.title.en, &own.content.en),
            ];
            for (code, title, content) in texts {
                let _ =
                    write!(main, "<div class=\"text\" lang=\"{code}\">{}\n{}</div>", escape(title), escape(content));
            }
        }
        main.push_str("</li>\n");
    }
    main.push_str("</ol>\n");
}

/// One mailbox. `None` when there is no such person.
pub(super) fn person(state: &State, number: usize, lang: Lang) -> Option<String> {
    let person = person_at(state, number)?;
    let words = lang.words();
    let own_number = number.to_string();
    let active = state.has_active_mailbox(&person.id);
    let (label, next) = if active { (words.give_up, "false") } else { (words.take_into_use, "true") };
    let mut main = back(lang, "/inbox");
    let _ = write!(
        main,
        "<h2>{}</h2>\n<p class=\"facts\">{}: {}</p>\n{}",
        who(person),
        words.mailbox,
        mailbox_words(state, person, words),
        button(lang, label, "", &[("act", "mailbox"), ("person", &own_number), ("active", next)]),
    );
    let _ = writeln!(main, "<h2>{}</h2>", words.letters);
    let messages = mailed(state, person);
    if messages.is_empty() {
        let _ = writeln!(main, "<p>{}</p>", words.no_letters);
    }
    for message in messages.iter().rev() {
        letter(&mut main, message, &own_number, lang);
    }
    written(&mut main, state, person, words);
    new_message(&mut main, state, &own_number, lang);
    Some(frame(lang, &format!("/inbox/people/{number}"), &main))
}

fn letter(main: &mut String, message: &StoredMessage, number: &str, lang: Lang) {
    let words = lang.words();
    let Some(part) = &message.electronic else { return };
    let verifiable = part.service_type == ServiceType::Verifiable;
    let id = message.message_id.to_string();
    let title = escape(&part.title);
    let marks = [
        Some(if message.read { words.read } else { words.unread }),
        verifiable.then_some(words.verifiable),
        message.confirmed.then_some(words.confirmed),
        message.deletion.map(|_| words.deleted),
    ];
    let marks: Vec<&str> = marks.into_iter().flatten().collect();
    let _ = write!(
        main,
        "<article aria-labelledby=\"m{id}\">\n<h3 id=\"m{id}\">{title}</h3>\n\
         <p class=\"facts\">{}: {} · {} <time datetime=\"{}\">{}</time> · {}</p>\n",
        words.from,
        escape(&message.service_id),
        words.arrived,
        message.created_at,
        moment(message.created_at),
        marks.join(" · "),
    );
    let act = |label: &str, act: &str| {
        button(lang, label, &part.title, &[("act", act), ("person", number), ("message", &id)])
    };
    if verifiable && !message.confirmed {
        let _ = write!(main, "<p>{}</p>\n{}", words.to_be_confirmed, act(words.confirm, "confirm"));
    } else if !message.read {
        let _ = write!(main, "<p>{}</p>\n{}", words.closed, act(words.open, "read"));
    } else {
        if part.body_format == BodyFormat::Markdown {
            let _ = writeln!(main, "<p class=\"facts\">{}</p>", words.markdown);
        }
        let _ = writeln!(main, "<div class=\"text\">{}</div>", escape(&part.body));
        let shown = message.files.iter().filter(|file| part.attachments.contains(&file.id));
        files(main, shown, &format!("/inbox/people/{number}/{id}"), words);
        if message.deletion.is_none() {
            if part.reply_allowed_by == ReplyAllowedBy::Anyone {
                reply(main, number, &id, lang);
            } else {
                let _ = writeln!(main, "<p class=\"facts\">{}</p>", words.no_replies);
            }
            main.push_str(&act(words.delete, "delete"));
        }
    }
    main.push_str("</article>\n");
}

pub(super) fn files<'a>(main: &mut String, files: impl Iterator<Item = &'a File>, at: &str, words: &Words) {
    let mut files = files.peekable();
    if files.peek().is_none() {
        return;
    }
    let _ = write!(main, "<h4>{}</h4>\n<ul>\n", words.files);
    for file in files {
        let _ = writeln!(
            main,
            "<li><a href=\"{at}/files/{}\">{}</a> ({}, {} B)</li>",
            file.id,
            escape(&file.name),
            escape(&file.media_type),
            file.content.len()
        );
    }
    main.push_str("</ul>\n");
}

fn reply(main: &mut String, number: &str, id: &str, lang: Lang) {
    let hidden = format!(
        "<input type=\"hidden\" name=\"act\" value=\"reply\"><input type=\"hidden\" name=\"message\" value=\"{id}\">"
    );
    write_form(main, lang, &format!("r{id}"), lang.words().reply, number, &hidden);
}

fn new_message(main: &mut String, state: &State, number: &str, lang: Lang) {
    let words = lang.words();
    let mut inner = format!(
        "<input type=\"hidden\" name=\"act\" value=\"write\"><label for=\"service\">{}</label><select id=\"service\" name=\"service\">",
        words.to_service
    );
    for service in state.systems.iter().flat_map(|system| &system.services) {
        let _ = write!(inner, "<option>{}</option>", escape(service));
    }
    inner.push_str("</select>");
    write_form(main, lang, "new", words.new_message, number, &inner);
}

/// A form with title and text; `inner` says what it does. `id` keeps the labels of one page apart.
fn write_form(main: &mut String, lang: Lang, id: &str, heading: &str, number: &str, inner: &str) {
    let words = lang.words();
    let _ = write!(
        main,
        "<details>\n<summary>{heading}</summary>\n<form class=\"wide\" method=\"post\" action=\"/inbox/act?lang={}\">\
         <input type=\"hidden\" name=\"person\" value=\"{number}\">{inner}\
         <label for=\"{id}t\">{}</label><input id=\"{id}t\" name=\"title\" required maxlength=\"256\">\
         <label for=\"{id}b\">{}</label><textarea id=\"{id}b\" name=\"body\" rows=\"5\" required></textarea>\
         <button>{}</button></form>\n</details>\n",
        lang.code(),
        words.subject,
        words.text,
        words.send
    );
}

/// What this person has written.
fn written(main: &mut String, state: &State, person: &Actor, words: &Words) {
    let own = state.received.iter().filter(|it| it.owner.as_ref().is_some_and(|owner| owner.id == person.id));
    let own: Vec<_> = own.collect();
    if own.is_empty() {
        return;
    }
    let _ = write!(main, "<h2>{}</h2>\n<ul>\n", words.sent_by_person);
    for message in own.iter().rev() {
        let _ = writeln!(
            main,
            "<li><time datetime=\"{}\">{}</time>: {} → {}<div class=\"text\">{}</div></li>",
            message.created_at,
            moment(message.created_at),
            escape(&message.title),
            escape(&message.service_id),
            escape(&message.body)
        );
    }
    main.push_str("</ul>\n");
}

/// The messages that came to a mailbox, oldest first.
fn mailed<'a>(state: &'a State, person: &Actor) -> Vec<&'a StoredMessage> {
    let own = state
        .messages
        .iter()
        .filter(|message| message.channel == Channel::Electronic && message.recipient_id.as_ref() == Some(&person.id));
    own.collect()
}

fn mailbox_words(state: &State, person: &Actor, words: &Words) -> &'static str {
    if state.has_active_mailbox(&person.id) { words.in_use } else { words.not_in_use }
}

fn who(person: &Actor) -> String {
    if person.name.is_empty() {
        escape(&person.id)
    } else {
        format!("{} ({})", escape(&person.name), escape(&person.id))
    }
}

/// A time for people, in UTC and to the second.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
