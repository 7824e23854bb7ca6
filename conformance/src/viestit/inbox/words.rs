//! What the inbox view says, in three languages. Deliberately no markup.

use crate::viestit::control::ControlError;

/// A language of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    Fi,
    Sv,
    En,
}

impl Lang {
    pub(super) const ALL: [Lang; 3] = [Lang::Fi, Lang::Sv, Lang::En];

    pub(super) fn code(self) -> &'static str {
        match self {
            Lang::Fi => "fi",
            Lang::Sv => "sv",
            Lang::En => "en",
        }
    }

    pub(super) fn own_name(self) -> &'static str {
        match self {
            Lang::Fi => "Suomeksi",
            Lang::Sv => "På svenska",
            Lang::En => "In English",
        }
    }

    fn of(code: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The one that the address asks for, else the first of `Accept-Language` that there is, by its weights; else Finnish.
    pub(super) fn chosen(asked: Option<&str>, accepted: &str) -> Lang {
        if let Some(lang) = asked.and_then(Lang::of) {
            return lang;
        }
        let mut best: Option<(f32, Lang)> = None;
        for range in accepted.split(',') {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let lang = Lang::of(tag.trim().split('-').next().unwrap_or_default());
            let weight = weight.trim().parse().unwrap_or(0.0);
            if let Some(lang) = lang.filter(|_| weight > best.map_or(0.0, |(most, _)| most)) {
                best = Some((weight, lang));
            }
        }
        best.map_or(Lang::Fi, |(_, lang)| lang)
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Lang::Fi => &FI,
            Lang::Sv => &SV,
            Lang::En => &EN,
        }
    }
}

impl Lang {
    /// Why something cannot be done.
    pub(super) fn reason(self, error: ControlError) -> &'static str {
        let texts = match error {
            ControlError::UnknownMessage => ["viestiä ei ole", "meddelandet finns inte", "there is no such message"],
            ControlError::UnknownSystem => ["palvelua ei ole", "tjänsten finns inte", "there is no such service"],
            ControlError::WrongChannel => {
                ["viesti kulki toista tietä", "meddelandet gick en annan väg", "the message went the other way"]
            }
            ControlError::NotConfirmed => {
                ["vastaanotto on ensin vahvistettava", "mottagandet måste bekräftas först", "confirm the receipt first"]
            }
            ControlError::NotVerifiable => [
                "viesti ei ole todisteellinen tiedoksianto",
                "meddelandet är ingen bevislig delgivning",
                "the message is not verifiable",
            ],
            ControlError::NotPrinted => {
                ["kirjettä ei ole vielä tulostettu", "brevet är inte utskrivet ännu", "the letter is not printed yet"]
            }
            ControlError::Done => ["se on jo tehty", "det är redan gjort", "it is done already"],
            ControlError::RepliesNotAllowed => {
                ["lähettäjä ei ota vastauksia", "avsändaren tar inte emot svar", "the sender takes no replies"]
            }
            ControlError::Deleted => ["viesti on poistettu", "meddelandet är raderat", "the message is deleted"],
        };
        let [fi, sv, en] = texts;
        match self {
            Lang::Fi => fi,
            Lang::Sv => sv,
            Lang::En => en,
        }
    }
}

/// The texts, by what they are for.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) simulated: &'static str,
    pub(super) people: &'static str,
    pub(super) person: &'static str,
    pub(super) mailbox: &'static str,
    pub(super) letters: &'static str,
    pub(super) in_use: &'static str,
    pub(super) not_in_use: &'static str,
    pub(super) take_into_use: &'static str,
    pub(super) give_up: &'static str,
    pub(super) nobody: &'static str,
    pub(super) no_letters: &'static str,
    pub(super) from: &'static str,
    pub(super) arrived: &'static str,
    /// Of one message.
    pub(super) unread: &'static str,
    /// After any other number of them.
    pub(super) unread_many: &'static str,
    pub(super) read: &'static str,
    pub(super) confirmed: &'static str,
    pub(super) deleted: &'static str,
    pub(super) verifiable: &'static str,
    pub(super) open: &'static str,
    pub(super) confirm: &'static str,
    pub(super) delete: &'static str,
    pub(super) closed: &'static str,
    pub(super) to_be_confirmed: &'static str,
    pub(super) markdown: &'static str,
    pub(super) files: &'static str,
    pub(super) reply: &'static str,
    pub(super) no_replies: &'static str,
    pub(super) new_message: &'static str,
    pub(super) to_service: &'static str,
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) send: &'static str,
    pub(super) sent_by_person: &'static str,
    pub(super) print_house: &'static str,
    pub(super) no_paper: &'static str,
    pub(super) recipient: &'static str,
    pub(super) return_address: &'static str,
    pub(super) waits: &'static str,
    pub(super) printed: &'static str,
    pub(super) carried: &'static str,
    pub(super) print: &'static str,
    pub(super) posti_confirmed: &'static str,
    pub(super) posti_returned: &'static str,
    pub(super) posti_unresolved: &'static str,
    pub(super) notices: &'static str,
    pub(super) no_notices: &'static str,
    pub(super) notice_new: &'static str,
    pub(super) notice_reminder: &'static str,
    pub(super) sender_hidden: &'static str,
    pub(super) clock: &'static str,
    pub(super) a_day: &'static str,
    pub(super) back: &'static str,
    pub(super) not_done: &'static str,
    pub(super) not_found: &'static str,
    pub(super) language: &'static str,
}

const FI: Words = Words {
    title: "Suomi.fi-viestit, simulaattori",
    simulated: "Tämä on simulaattori. Mitään ei lähetetä kenellekään, ja kaikki unohtuu, kun se pysäytetään.",
    people: "Henkilöt ja organisaatiot",
    person: "Kuka",
    mailbox: "Postilaatikko",
    letters: "Viestit",
    in_use: "käytössä",
    not_in_use: "ei käytössä",
    take_into_use: "Ota käyttöön",
    give_up: "Poista käytöstä",
    nobody: "Vielä ei ole ketään.",
    no_letters: "Ei viestejä.",
    from: "Lähettäjä",
    arrived: "Saapui",
    unread: "lukematta",
    unread_many: "lukematta",
    read: "luettu",
    confirmed: "vastaanotto vahvistettu",
    deleted: "poistettu",
    verifiable: "Todisteellinen tiedoksianto",
    open: "Avaa viesti",
    confirm: "Vahvista vastaanotto",
    delete: "Poista viesti",
    closed: "Viestiä ei ole avattu.",
    to_be_confirmed: "Viesti avautuu, kun vastaanotto on vahvistettu.",
    markdown: "Muotoiltu Markdownilla; näytetään kirjoitettuna.",
    files: "Liitteet",
    reply: "Vastaa",
    no_replies: "Lähettäjä ei ota vastauksia.",
    new_message: "Kirjoita uusi viesti",
    to_service: "Palvelulle",
    subject: "Otsikko",
    text: "Viesti",
    send: "Lähetä",
    sent_by_person: "Lähetetyt",
    print_house: "Tulostustalo ja Posti",
    no_paper: "Ei paperikirjeitä.",
    recipient: "Saaja",
    return_address: "Palautusosoite",
    waits: "odottaa tulostusta",
    printed: "tulostettu ja kuoritettu",
    carried: "Posti on kertonut, miten kävi",
    print: "Tulosta",
    posti_confirmed: "Luovuta kuittausta vastaan",
    posti_returned: "Palauta lähettäjälle",
    posti_unresolved: "Jätä selvittämättä",
    notices: "Herätteet",
    no_notices: "Ei herätteitä.",
    notice_new: "Uusi viesti",
    notice_reminder: "Muistutus lukemattomasta viestistä",
    sender_hidden: "lähettäjää ei kerrota",
    clock: "Simulaattorin kello",
    a_day: "Siirrä vuorokausi eteenpäin",
    back: "Takaisin",
    not_done: "Tätä ei voi tehdä:",
    not_found: "Sivua ei ole.",
    language: "Kieli",
};

const SV: Words = Words {
    title: "Suomi.fi-meddelanden, simulator",
    simulated: "Det här är en simulator. Ingenting skickas till någon, och allt glöms när den stängs.",
    people: "Personer och organisationer",
    person: "Vem",
    mailbox: "Postlåda",
    letters: "Meddelanden",
    in_use: "i bruk",
    not_in_use: "inte i bruk",
    take_into_use: "Ta i bruk",
    give_up: "Ta ur bruk",
    nobody: "Här finns ingen ännu.",
    no_letters: "Inga meddelanden.",
    from: "Avsändare",
    arrived: "Ankom",
    unread: "oläst",
    unread_many: "olästa",
    read: "läst",
    confirmed: "mottagandet bekräftat",
    deleted: "raderat",
    verifiable: "Bevislig delgivning",
    open: "Öppna meddelandet",
    confirm: "Bekräfta mottagandet",
    delete: "Radera meddelandet",
    closed: "Meddelandet har inte öppnats.",
    to_be_confirmed: "Meddelandet öppnas när mottagandet har bekräftats.",
    markdown: "Formaterat med Markdown; visas som det skrevs.",
    files: "Bilagor",
    reply: "Svara",
    no_replies: "Avsändaren tar inte emot svar.",
    new_message: "Skriv ett nytt meddelande",
    to_service: "Till tjänsten",
    subject: "Rubrik",
    text: "Meddelande",
    send: "Skicka",
    sent_by_person: "Skickade",
    print_house: "Tryckeriet och Posti",
    no_paper: "Inga pappersbrev.",
    recipient: "Mottagare",
    return_address: "Returadress",
    waits: "väntar på utskrift",
    printed: "utskrivet och kuverterat",
    carried: "Posti har berättat hur det gick",
    print: "Skriv ut",
    posti_confirmed: "Lämna ut mot kvittering",
    posti_returned: "Returnera till avsändaren",
    posti_unresolved: "Lämna outrett",
    notices: "Aviseringar",
    no_notices: "Inga aviseringar.",
    notice_new: "Nytt meddelande",
    notice_reminder: "Påminnelse om ett oläst meddelande",
    sender_hidden: "avsändaren nämns inte",
    clock: "Simulatorns klocka",
    a_day: "Flytta fram ett dygn",
    back: "Tillbaka",
    not_done: "Det här kan inte göras:",
    not_found: "Sidan finns inte.",
    language: "Språk",
};

const EN: Words = Words {
    title: "Suomi.fi Messages, simulator",
    simulated: "This is a simulator. Nothing is sent to anybody, and everything is forgotten when it stops.",
    people: "Persons and organisations",
    person: "Who",
    mailbox: "Mailbox",
    letters: "Messages",
    in_use: "in use",
    not_in_use: "not in use",
    take_into_use: "Take into use",
    give_up: "Take out of use",
    nobody: "There is nobody yet.",
    no_letters: "No messages.",
    from: "Sender",
    arrived: "Arrived",
    unread: "unread",
    unread_many: "unread",
    read: "read",
    confirmed: "receipt confirmed",
    deleted: "deleted",
    verifiable: "Verifiable notification",
    open: "Open the message",
    confirm: "Confirm receipt",
    delete: "Delete the message",
    closed: "The message has not been opened.",
    to_be_confirmed: "The message opens when its receipt is confirmed.",
    markdown: "Formatted with Markdown; shown as written.",
    files: "Attachments",
    reply: "Reply",
    no_replies: "The sender takes no replies.",
    new_message: "Write a new message",
    to_service: "To the service",
    subject: "Title",
    text: "Message",
    send: "Send",
    sent_by_person: "Sent",
    print_house: "Printing house and Posti",
    no_paper: "No paper letters.",
    recipient: "Recipient",
    return_address: "Return address",
    waits: "waits to be printed",
    printed: "printed and enveloped",
    carried: "Posti has told how it ended",
    print: "Print",
    posti_confirmed: "Hand over against receipt",
    posti_returned: "Return to the sender",
    posti_unresolved: "Leave unresolved",
    notices: "Notices",
    no_notices: "No notices.",
    notice_new: "New message",
    notice_reminder: "Reminder of an unread message",
    sender_hidden: "sender not told",
    clock: "The simulator's clock",
    a_day: "Move one day on",
    back: "Back",
    not_done: "This cannot be done:",
    not_found: "There is no such page.",
    language: "Language",
};

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn the_address_goes_before_the_browser_and_the_browser_before_finnish() {
        for (asked, accepted, lang) in [
            (Some("sv"), "en", Lang::Sv),
            (Some("de"), "en-GB,en;q=0.9", Lang::En),
            (None, "de,sv-FI;q=0.5,en;q=0.8", Lang::En),
            (None, "sv-FI, en;q=0.8", Lang::Sv),
            (None, "fi;q=0, en;q=x", Lang::Fi),
            (None, "", Lang::Fi),
        ] {
            assert_eq!(Lang::chosen(asked, accepted), lang, "{asked:?} {accepted}");
        }
    }
}
