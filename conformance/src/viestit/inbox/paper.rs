//! The printing house and Posti as a page: every letter on paper, where it goes, and the buttons that move it on.

use std::fmt::Write as _;

use super::page::{back, button, files, frame, moment};
use super::words::Lang;
use crate::viestit::message::{Channel, StoredMessage};
use crate::viestit::rules::{Address, PaperPart, ServiceType};
use crate::viestit::state::State;
use crate::xml::escape;

pub(super) fn page(state: &State, lang: Lang) -> String {
    let words = lang.words();
    let mut main = back(lang, "/inbox");
    let _ = writeln!(main, "<h2>{}</h2>", words.print_house);
    let mut any = false;
    for message in state.messages.iter().rev().filter(|message| message.channel == Channel::Paper) {
        if let Some(part) = &message.paper {
            any = true;
            letter(&mut main, message, part, lang);
        }
    }
    if !any {
        let _ = writeln!(main, "<p>{}</p>", words.no_paper);
    }
    frame(lang, "/inbox/paper", &main)
}

fn letter(main: &mut String, message: &StoredMessage, part: &PaperPart, lang: Lang) {
    let words = lang.words();
    let id = message.message_id.to_string();
    let verifiable = part.service_type == ServiceType::Verifiable;
    let state = match (message.printed, message.posti_done) {
        (false, _) => words.waits,
        (true, false) => words.printed,
        (true, true) => words.carried,
    };
    let kind = if verifiable { format!(" · {}", words.verifiable) } else { String::new() };
    let _ = write!(
        main,
        "<article aria-labelledby=\"m{id}\">\n<h3 id=\"m{id}\">{id}</h3>\n\
         <p class=\"facts\">{}: {} · {} <time datetime=\"{}\">{}</time> · {state}{kind}</p>\n\
         <h4>{}</h4>\n<address>{}</address>\n<h4>{}</h4>\n<address>{}</address>\n",
        words.from,
        escape(&message.service_id),
        words.arrived,
        message.created_at,
        moment(message.created_at),
        words.recipient,
        lines(&part.recipient),
        words.return_address,
        lines(&part.sender),
    );
    let printed = message.files.iter().filter(|file| file.id == part.attachment);
    files(main, printed, &format!("/inbox/paper/{id}"), words);
    if !message.printed {
        main.push_str(&button(lang, words.print, &id, &[("act", "print"), ("message", &id)]));
    } else if verifiable && !message.posti_done {
        for (label, end) in [
            (words.posti_confirmed, "confirmed"),
            (words.posti_returned, "returned"),
            (words.posti_unresolved, "unresolved"),
        ] {
            main.push_str(&button(lang, label, &id, &[("act", "posti"), ("message", &id), ("end", end)]));
        }
    }
    main.push_str("</article>\n");
}

fn lines(address: &Address) -> String {
    let place = format!("{} {}", address.zip_code, address.city);
    let rows = [
        Some(&address.name),
        address.additional_name.as_ref(),
        Some(&address.street_address),
        Some(&place),
        Some(&address.country_code),
    ];
    rows.into_iter().flatten().map(|row| escape(row)).collect::<Vec<_>>().join("\n")
}
