//! The rules of the quality report as data: id, level, what it is judged on, field, and words in three languages.
//!
//! Ids are those of pat.md §15 with a letter for each thing that can be wrong; Q24 and Q25 are our own. Lengths and counts come
//! from `model::limits`, never from here. `{0}` and `{1}` are put in when a rule is broken.

use super::Severity::{self, Error, Info, Warning};
use Judged::{Finnish, Languages, Place, Record};

/// What decides whether a service counts under a rule in `byRule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// A text: the Finnish one counts, the other languages are told beside it.
    Finnish,
    /// The languages themselves: a finding in any language counts.
    Languages,
    /// The record as a whole.
    Record,
    /// A channel, a place or an offer; no service counts.
    Place,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    pub id: &'static str,
    pub severity: Severity,
    pub judged: Judged,
    /// The field that a finding names when the check does not say another (wire name).
    pub field: &'static str,
    /// In Finnish, Swedish and English, like `says`.
    pub title: [&'static str; 3],
    /// What is wrong and the act that helps.
    pub says: [&'static str; 3],
}

impl Rule {
    /// The message with its values, in the three languages.
    pub fn message(&self, values: &[String]) -> [String; 3] {
        self.says.map(|text| {
            let mut text = text.to_owned();
            for (place, value) in values.iter().enumerate() {
                text = text.replace(&format!("{{{place}}}"), value);
            }
            text
        })
    }
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.binary_search_by_key(&id, |rule| rule.id).ok().and_then(|place| RULES.get(place))
}

const fn rule(
    id: &'static str,
    severity: Severity,
    judged: Judged,
    field: &'static str,
    title: [&'static str; 3],
    says: [&'static str; 3],
) -> Rule {
    Rule { id, severity, judged, field, title, says }
}

/// Every rule, by id.
#[rustfmt::skip] // One rule reads as one paragraph.
pub const RULES: &[Rule] = &[
    rule("Q01a", Error, Languages, "nimi_kieliversiot",
        ["Nimi puuttuu", "Namnet saknas", "Name missing"],
        ["Nimi puuttuu tällä kielellä. Kirjoita nimi.",
         "Namnet saknas på detta språk. Skriv namnet.",
         "The name is missing in this language. Write it."]),
    rule("Q01b", Error, Finnish, "nimi_kieliversiot",
        ["Nimi on liian pitkä", "Namnet är för långt", "Name too long"],
        ["Nimessä on {0} merkkiä, enintään {1} sallitaan. Lyhennä nimeä ja kerro muu tiivistelmässä.",
         "Namnet har {0} tecken, högst {1} tillåts. Korta namnet och berätta resten i sammanfattningen.",
         "The name has {0} characters, at most {1} are allowed. Shorten it and tell the rest in the summary."]),
    rule("Q02a", Error, Finnish, "tiivistelma_kieliversiot",
        ["Tiivistelmä puuttuu", "Sammanfattningen saknas", "Summary missing"],
        ["Tiivistelmä puuttuu. Kerro yhdellä virkkeellä, mitä asiakas palvelusta saa.",
         "Sammanfattningen saknas. Berätta med en mening vad kunden får av tjänsten.",
         "The summary is missing. Tell in one sentence what the customer gets."]),
    rule("Q02b", Error, Finnish, "tiivistelma_kieliversiot",
        ["Tiivistelmä on liian lyhyt", "Sammanfattningen är för kort", "Summary too short"],
        ["Tiivistelmässä on {0} merkkiä, vähintään {1} vaaditaan. Kirjoita enemmän.",
         "Sammanfattningen har {0} tecken, minst {1} krävs. Skriv mer.",
         "The summary has {0} characters, at least {1} are needed. Write more."]),
    rule("Q02c", Error, Finnish, "tiivistelma_kieliversiot",
        ["Tiivistelmä on liian pitkä", "Sammanfattningen är för lång", "Summary too long"],
        ["Tiivistelmässä on {0} merkkiä, enintään {1} sallitaan. Siirrä yksityiskohdat kuvaukseen.",
         "Sammanfattningen har {0} tecken, högst {1} tillåts. Flytta detaljerna till beskrivningen.",
         "The summary has {0} characters, at most {1} are allowed. Move the details to the description."]),
    rule("Q02d", Error, Finnish, "tiivistelma_kieliversiot",
        ["Tiivistelmä on sama kuin nimi", "Sammanfattningen är densamma som namnet", "Summary equals the name"],
        ["Tiivistelmä on sama kuin nimi. Kerro, mitä palvelu on ja kenelle.",
         "Sammanfattningen är densamma som namnet. Berätta vad tjänsten är och för vem.",
         "The summary equals the name. Tell what the service is and for whom."]),
    rule("Q03a", Error, Finnish, "kuvaus_kieliversiot",
        ["Kuvaus puuttuu", "Beskrivningen saknas", "Description missing"],
        ["Kuvaus puuttuu. Kirjoita kuvaus tai liitä palvelu pohjakuvaukseen.",
         "Beskrivningen saknas. Skriv en beskrivning eller koppla tjänsten till en grundbeskrivning.",
         "The description is missing. Write one, or link the service to a general description."]),
    rule("Q03b", Error, Finnish, "kuvaus_kieliversiot",
        ["Kuvaus on liian lyhyt", "Beskrivningen är för kort", "Description too short"],
        ["Kuvauksessa on {0} merkkiä, vähintään {1} vaaditaan. Kirjoita enemmän.",
         "Beskrivningen har {0} tecken, minst {1} krävs. Skriv mer.",
         "The description has {0} characters, at least {1} are needed. Write more."]),
    rule("Q03c", Error, Finnish, "kuvaus_kieliversiot",
        ["Kuvaus on liian pitkä", "Beskrivningen är för lång", "Description too long"],
        ["Kuvauksessa on {0} merkkiä, enintään {1} sallitaan. Tiivistä, tai jaa palvelu osiin.",
         "Beskrivningen har {0} tecken, högst {1} tillåts. Korta texten eller dela upp tjänsten.",
         "The description has {0} characters, at most {1} are allowed. Tighten it, or divide the service."]),
    rule("Q03d", Warning, Finnish, "kuvaus_kieliversiot",
        ["Kuvaus toistaa tiivistelmän", "Beskrivningen upprepar sammanfattningen", "Description repeats the summary"],
        ["Kuvaus on sama kuin tiivistelmä. Kerro kuvauksessa enemmän: kenelle, miten ja millä ehdoilla.",
         "Beskrivningen är densamma som sammanfattningen. Berätta mer: för vem, hur och på vilka villkor.",
         "The description equals the summary. Tell more: for whom, how and on what terms."]),
    rule("Q04a", Warning, Finnish, "kuvaus_kieliversiot",
        ["Yhteystieto tekstissä", "Kontaktuppgift i texten", "Contact details in the text"],
        ["Tekstissä on yhteystieto ({0}). Siirrä se asiointikanavalle tai palvelutarjoukseen, jossa se pysyy ajan tasalla.",
         "Texten innehåller en kontaktuppgift ({0}). Flytta den till en kanal eller ett tjänsteutbud, där den hålls aktuell.",
         "The text holds contact details ({0}). Move them to a channel or an offer, where they are kept up to date."]),
    rule("Q04b", Warning, Finnish, "kuvaus_kieliversiot",
        ["Aukioloaika tekstissä", "Öppettid i texten", "Opening hours in the text"],
        ["Tekstissä on aukioloaika. Siirrä se palvelupisteen tai palvelutarjouksen aukioloaikoihin.",
         "Texten innehåller en öppettid. Flytta den till serviceställets eller tjänsteutbudets öppettider.",
         "The text holds opening hours. Move them to the hours of the service point or offer."]),
    rule("Q05a", Error, Languages, "nimi_kieliversiot",
        ["Ruotsinkielinen sisältö puuttuu", "Svenskt innehåll saknas", "No Swedish at all"],
        ["Palvelulla ei ole mitään ruotsiksi. Käännä nimi, tiivistelmä ja kuvaus.",
         "Tjänsten har inget innehåll på svenska. Översätt namnet, sammanfattningen och beskrivningen.",
         "The service has nothing in Swedish. Translate name, summary and description."]),
    rule("Q05b", Warning, Languages, "kuvaus_kieliversiot",
        ["Ruotsinkielinen teksti puuttuu osittain", "Svensk text saknas delvis", "Swedish missing in part"],
        ["Kenttä on täytetty suomeksi mutta ei ruotsiksi. Käännä teksti.",
         "Fältet är ifyllt på finska men inte på svenska. Översätt texten.",
         "The field has Finnish text and no Swedish. Translate it."]),
    rule("Q05c", Warning, Languages, "kuvaus_kieliversiot",
        ["Ruotsinkielinen teksti on suomea", "Den svenska texten är på finska", "Swedish text is the Finnish one"],
        ["Ruotsinkielinen teksti on sama kuin suomenkielinen. Käännä teksti.",
         "Den svenska texten är densamma som den finska. Översätt texten.",
         "The Swedish text equals the Finnish one. Translate it."]),
    rule("Q05d", Info, Languages, "nimi_kieliversiot",
        ["Englanninkielinen sisältö puuttuu", "Engelskt innehåll saknas", "No English at all"],
        ["Palvelulla ei ole mitään englanniksi. Käännä ainakin nimi, tiivistelmä ja kuvaus.",
         "Tjänsten har inget innehåll på engelska. Översätt åtminstone namnet, sammanfattningen och beskrivningen.",
         "The service has nothing in English. Translate at least name, summary and description."]),
    rule("Q06a", Error, Record, "palveluluokat",
        ["Palveluluokka puuttuu", "Serviceklass saknas", "No service class"],
        ["Palvelulla ei ole palveluluokkaa. Valitse 1–{0} luokkaa tai liitä palvelu pohjakuvaukseen.",
         "Tjänsten har ingen serviceklass. Välj 1–{0} klasser eller koppla tjänsten till en grundbeskrivning.",
         "The service has no class. Choose 1–{0}, or link the service to a general description."]),
    rule("Q06b", Error, Record, "palveluluokat",
        ["Liikaa palveluluokkia", "För många serviceklasser", "Too many service classes"],
        ["Palvelulla on {0} luokkaa, enintään {1} sallitaan. Jätä osuvimmat.",
         "Tjänsten har {0} klasser, högst {1} tillåts. Behåll de mest träffande.",
         "The service has {0} classes, at most {1} are allowed. Keep the most fitting."]),
    rule("Q06c", Error, Record, "palveluluokat",
        ["Vain pääluokkia", "Endast huvudklasser", "Main classes only"],
        ["Palvelulla on vain pääluokkia. Valitse vähintään yksi alaluokka.",
         "Tjänsten har endast huvudklasser. Välj minst en underklass.",
         "The service has main classes only. Choose at least one subclass."]),
    rule("Q06d", Error, Record, "palveluluokat",
        ["Luokalla ei ole PTV-vastinetta", "Klassen saknar motsvarighet i SDL", "Class without a PTV class"],
        ["Mitään palvelun luokista ei ole liitetty PTV:n palveluluokkaan (esimerkiksi luokka {0}). Täydennä luokkakartta.",
         "Ingen av tjänstens klasser är kopplad till en serviceklass i SDL (till exempel klass {0}). Komplettera klasskartan.",
         "None of the classes is mapped to a PTV class (class {0}, for one). Complete the class map."]),
    rule("Q07a", Error, Record, "asiasanat",
        ["Asiasanat puuttuvat", "Ämnesord saknas", "No subject terms"],
        ["Palvelulla ei ole asiasanoja. Valitse 1–{0} asiasanaa KOKO-ontologiasta tai liitä palvelu pohjakuvaukseen.",
         "Tjänsten har inga ämnesord. Välj 1–{0} ämnesord ur ontologin KOKO eller koppla tjänsten till en grundbeskrivning.",
         "The service has no subject terms. Choose 1–{0} from KOKO, or link the service to a general description."]),
    rule("Q07b", Error, Record, "asiasanat",
        ["Liikaa asiasanoja", "För många ämnesord", "Too many subject terms"],
        ["Palvelulla on {0} asiasanaa, enintään {1} sallitaan. Jätä osuvimmat.",
         "Tjänsten har {0} ämnesord, högst {1} tillåts. Behåll de mest träffande.",
         "The service has {0} subject terms, at most {1} are allowed. Keep the most fitting."]),
    rule("Q07c", Error, Record, "asiasanat",
        ["Asiasana ei ole ontologian osoite", "Ämnesordet är ingen ontologiadress", "Term is no address of the ontology"],
        ["Asiasana {0} ei ole KOKO-ontologian käsitteen osoite. Valitse käsite luettelosta.",
         "Ämnesordet {0} är inte adressen till ett begrepp i KOKO. Välj ett begrepp ur listan.",
         "The term {0} is not the address of a KOKO concept. Choose one from the list."]),
    rule("Q07d", Warning, Record, "asiasanat",
        ["Asiasana ei ole käytössä", "Ämnesordet används inte", "Term not in use"],
        ["Asiasanaa {0} ei ole käytössä olevassa sanastossa; se voi olla poistettu tai korvattu. Valitse tilalle voimassa oleva käsite.",
         "Ämnesordet {0} finns inte i den vokabulär som används; det kan vara borttaget eller ersatt. Välj ett giltigt begrepp i stället.",
         "The term {0} is not in the vocabulary in use; it may be withdrawn or replaced. Choose a valid concept instead."]),
    rule("Q08a", Error, Record, "kohderyhmat",
        ["Yritysten alaryhmä puuttuu", "Undergrupp för företag saknas", "No subgroup of businesses"],
        ["Kohderyhmä on Yritykset ja yhteisöt ilman alaryhmää. Valitse alaryhmä.",
         "Målgruppen är Företag och samfund utan undergrupp. Välj en undergrupp.",
         "The target group is businesses without a subgroup. Choose a subgroup."]),
    rule("Q08b", Error, Record, "elamantilanteet",
        ["Elämäntilanne ilman kansalaisia", "Livssituation utan medborgare", "Life event without citizens"],
        ["Elämäntilanne vaatii kohderyhmän Kansalaiset. Lisää kohderyhmä tai poista elämäntilanne.",
         "En livssituation kräver målgruppen Medborgare. Lägg till målgruppen eller ta bort livssituationen.",
         "A life event needs the target group citizens. Add the group, or remove the life event."]),
    rule("Q08c", Error, Record, "toimialat",
        ["Toimiala ilman yrityksiä", "Näringsgren utan företag", "Industry without businesses"],
        ["Toimiala vaatii kohderyhmän Yritykset ja yhteisöt. Lisää kohderyhmä tai poista toimiala.",
         "En näringsgren kräver målgruppen Företag och samfund. Lägg till målgruppen eller ta bort näringsgrenen.",
         "An industry needs the target group businesses. Add the group, or remove the industry."]),
    rule("Q08d", Warning, Record, "kohderyhmat",
        ["Kansalaiset ja sen alaryhmä yhdessä", "Medborgare tillsammans med en undergrupp", "Citizens together with a subgroup"],
        ["Kohderyhmänä on sekä Kansalaiset että sen alaryhmä. Jätä alaryhmä vain, jos palvelu on yksin sille; muuten riittää Kansalaiset.",
         "Målgruppen är både Medborgare och en undergrupp. Behåll undergruppen bara om tjänsten är enbart för den; annars räcker Medborgare.",
         "The target groups are citizens and a subgroup of them. Keep the subgroup only when the service is for it alone; otherwise citizens is enough."]),
    rule("Q08e", Error, Record, "kohderyhmat",
        ["Kohderyhmä puuttuu", "Målgrupp saknas", "No target group"],
        ["Palvelulla ei ole kohderyhmää. Valitse, kenelle palvelu on.",
         "Tjänsten har ingen målgrupp. Välj för vem tjänsten är.",
         "The service has no target group. Choose whom it is for."]),
    rule("Q09a", Warning, Record, "pohjakuvaus_id",
        ["Sopiva pohjakuvaus on olemassa", "En passande grundbeskrivning finns", "A fitting general description exists"],
        ["Samanniminen pohjakuvaus on olemassa ({0}). Liitä palvelu siihen, jos palvelu on sama.",
         "Det finns en grundbeskrivning med samma namn ({0}). Koppla tjänsten till den, om tjänsten är densamma.",
         "A general description of the same name exists ({0}). Link the service to it if it is the same service."]),
    rule("Q09b", Warning, Record, "pohjakuvaus_id",
        ["Lakisääteinen ilman pohjakuvausta ja lakia", "Lagstadgad utan grundbeskrivning och lag", "Statutory without general description and law"],
        ["Palvelu on lakisääteinen, mutta sillä ei ole pohjakuvausta eikä lakia. Liitä pohjakuvaus tai merkitse laki.",
         "Tjänsten är lagstadgad men har varken grundbeskrivning eller lag. Koppla en grundbeskrivning eller ange lagen.",
         "The service is statutory and has neither a general description nor a law. Link one, or name the law."]),
    rule("Q09c", Info, Record, "pohjakuvaus_id",
        ["Pohjakuvausta ei ole luettelossa", "Grundbeskrivningen finns inte i listan", "General description not in the list"],
        ["Pohjakuvausta {0} ei ole luettelossa. Tarkista, onko se yhä voimassa PTV:ssä.",
         "Grundbeskrivningen {0} finns inte i listan. Kontrollera om den ännu gäller i SDL.",
         "The general description {0} is not in the list. See whether PTV still has it."]),
    rule("Q10a", Warning, Finnish, "kuvaus_kieliversiot",
        ["Teksti on kopioitu pohjakuvauksesta", "Texten är kopierad ur grundbeskrivningen", "Text copied from the general description"],
        ["Teksti on sama kuin pohjakuvauksessa. Kerro vain, miten palvelu on järjestetty kunnassasi.",
         "Texten är densamma som i grundbeskrivningen. Berätta bara hur tjänsten är ordnad i din kommun.",
         "The text equals the general description's. Tell only how your municipality arranges the service."]),
    rule("Q11a", Warning, Record, "palvelutarjoukset",
        ["Palvelu ilman asiointikanavaa", "Tjänst utan kanal", "Service without channel"],
        ["Palvelulla ei ole yhtään palvelutarjousta, siis ei paikkaa eikä asiointikanavaa. Lisää palvelutarjous.",
         "Tjänsten har inget tjänsteutbud, alltså varken plats eller kanal. Lägg till ett tjänsteutbud.",
         "The service has no offer, so neither place nor channel. Add an offer."]),
    rule("Q11b", Warning, Place, "palvelut",
        ["Asiointikanava ilman palvelua", "Kanal utan tjänst", "Channel without service"],
        ["Asiointikanavaa ei käytetä missään palvelussa. Lisää palvelutarjous tai poista kanava.",
         "Kanalen används inte i någon tjänst. Lägg till ett tjänsteutbud eller ta bort kanalen.",
         "No service uses the channel. Add an offer, or remove the channel."]),
    rule("Q12a", Error, Languages, "vastuuorganisaatio",
        ["Organisaatiota ei ole tällä kielellä", "Organisationen finns inte på detta språk", "Organisation not in this language"],
        ["Vastuuorganisaatiolla ei ole nimeä ja tiivistelmää tällä kielellä, joten PTV ei julkaise palvelua sillä. Lisää organisaatiolle kieliversio.",
         "Den ansvariga organisationen saknar namn och sammanfattning på detta språk, så SDL publicerar inte tjänsten på det. Lägg till språkversionen.",
         "The responsible organisation has no name and summary in this language, so PTV does not publish the service in it. Add the language to the organisation."]),
    rule("Q12b", Error, Record, "vastuuorganisaatio",
        ["Vastuuorganisaatiota ei ole", "Den ansvariga organisationen finns inte", "Responsible organisation unknown"],
        ["Vastuuorganisaatiota {0} ei ole tai sitä ei ole julkaistu. Lähetä organisaatio tai vaihda se.",
         "Den ansvariga organisationen {0} finns inte eller är inte publicerad. Skicka den eller byt.",
         "The responsible organisation {0} does not exist or is not published. Send it, or name another."]),
    rule("Q13a", Error, Place, "fyysinenPaikka.osoitteet",
        ["Katuosoitteessa ei ole numeroa", "Gatuadressen saknar nummer", "Street without number"],
        ["Katuosoitteessa ei ole numeroa eikä paikalla ole koordinaatteja. Lisää numero tai koordinaatit.",
         "Gatuadressen saknar nummer och platsen saknar koordinater. Lägg till numret eller koordinaterna.",
         "The street has no number and the place no coordinates. Add either."]),
    rule("Q13b", Error, Place, "fyysinenPaikka.osoitteet",
        ["Tuntematon postinumero", "Okänt postnummer", "Unknown post code"],
        ["Postinumeroa {0} ei ole. Tarkista postinumero.",
         "Postnumret {0} finns inte. Kontrollera postnumret.",
         "There is no post code {0}. Check it."]),
    rule("Q13c", Error, Place, "fyysinenPaikka.osoitteet",
        ["Kunta puuttuu osoitteesta", "Kommunen saknas i adressen", "Municipality missing in the address"],
        ["Osoitteessa ei ole kuntaa. Lisää kuntakoodi.",
         "Adressen saknar kommun. Lägg till kommunkoden.",
         "The address has no municipality. Add its code."]),
    rule("Q13d", Error, Place, "fyysinenPaikka.osoitteet",
        ["Osoite puuttuu", "Adressen saknas", "No address"],
        ["Palvelupisteellä ei ole osoitetta. Lisää käyntiosoite.",
         "Servicestället har ingen adress. Lägg till besöksadressen.",
         "The service point has no address. Add the visiting address."]),
    rule("Q14a", Error, Place, "aukioloajat",
        ["Aika ei ole tasavartilla", "Tiden är inte på en jämn kvart", "Time not on a quarter hour"],
        ["Aukioloaika {0} ei ole tasavartilla. Käytä minuutteja 00, 15, 30 tai 45.",
         "Öppettiden {0} är inte på en jämn kvart. Använd minuterna 00, 15, 30 eller 45.",
         "The time {0} is not on a quarter hour. Use minutes 00, 15, 30 or 45."]),
    rule("Q15a", Warning, Finnish, "kuvaus_kieliversiot",
        ["Laki tekstissä", "Lag i texten", "Law in the text"],
        ["Tekstissä on lain numero ({0}). Siirrä laki Lait-kenttään.",
         "Texten innehåller en lags nummer ({0}). Flytta lagen till fältet för lagar.",
         "The text holds the number of a law ({0}). Move the law to the field for laws."]),
    rule("Q15b", Warning, Finnish, "kuvaus_kieliversiot",
        ["Päivämäärä tekstissä", "Datum i texten", "Date in the text"],
        ["Tekstissä on päivämäärä ({0}), joka vanhenee. Kerro aika ilman päivää tai siirrä se tiedotteeseen.",
         "Texten innehåller ett datum ({0}) som föråldras. Berätta utan datum eller flytta det till ett meddelande.",
         "The text holds a date ({0}), which grows old. Say it without a date, or move it to a notice."]),
    rule("Q16a", Info, Record, "muutospvm",
        ["Muokkaamatta yli vuoden", "Inte redigerad på över ett år", "Not edited for a year"],
        ["Palvelua on muokattu viimeksi {0}. Tarkista sisältö ja tallenna se uudelleen.",
         "Tjänsten redigerades senast {0}. Granska innehållet och spara på nytt.",
         "The service was last edited on {0}. Review the content and save it again."]),
    rule("Q16b", Warning, Record, "muutospvm",
        ["Muokkaamatta yli 15 kuukautta", "Inte redigerad på över 15 månader", "Not edited for 15 months"],
        ["Palvelua on muokattu viimeksi {0}. PTV poistaa sen julkaisusta 18 kuukauden kuluttua muokkauksesta: tarkista sisältö nyt.",
         "Tjänsten redigerades senast {0}. SDL tar den ur publicering 18 månader efter redigeringen: granska innehållet nu.",
         "The service was last edited on {0}. PTV unpublishes it 18 months after the edit: review it now."]),
    rule("Q16c", Warning, Record, "muutospvm",
        ["Muokkaamatta yli 18 kuukautta", "Inte redigerad på över 18 månader", "Not edited for 18 months"],
        ["Palvelua on muokattu viimeksi {0}, ja sen aika PTV:ssä on kulunut umpeen. Tarkista sisältö ja tallenna, tai arkistoi palvelu.",
         "Tjänsten redigerades senast {0} och dess tid i SDL har gått ut. Granska och spara, eller arkivera tjänsten.",
         "The service was last edited on {0} and has expired in PTV. Review and save it, or archive it."]),
    rule("Q17a", Error, Place, "puhelinnumerot",
        ["Nolla maatunnuksen perässä", "Nolla efter landsnumret", "Zero after the country code"],
        ["Puhelinnumerossa on nolla maatunnuksen +358 perässä. Poista nolla.",
         "Telefonnumret har en nolla efter landsnumret +358. Ta bort nollan.",
         "The phone number has a zero after +358. Remove the zero."]),
    rule("Q18a", Warning, Record, "osoite_kieliversiot",
        ["Osoite vie tunnistautumiseen", "Adressen leder till identifieringen", "Address leads to the login"],
        ["Osoite vie suoraan yhteiseen tunnistuspalveluun ({0}) eikä toimi linkkinä. Käytä palvelun aloitussivun osoitetta.",
         "Adressen leder direkt till den gemensamma identifieringstjänsten ({0}) och fungerar inte som länk. Använd tjänstens startsida.",
         "The address leads straight to the shared login ({0}) and does not work as a link. Use the start page of the service."]),
    rule("Q19a", Info, Finnish, "tiivistelma_kieliversiot",
        ["Tiivistelmässä on tieto, jota kuvauksessa ei ole", "Sammanfattningen har en uppgift som beskrivningen saknar", "Summary says what the description does not"],
        ["Tiivistelmässä on luku {0}, jota kuvauksessa ei ole. Lisää tieto kuvaukseen.",
         "Sammanfattningen har talet {0}, som saknas i beskrivningen. Lägg till uppgiften i beskrivningen.",
         "The summary has the number {0}, which the description lacks. Add it to the description."]),
    rule("Q20a", Warning, Record, "yhteyshenkilo",
        ["Sisällön yhteyshenkilö puuttuu", "Innehållets kontaktperson saknas", "No content owner"],
        ["Palvelulla ei ole sisällöstä vastaavaa yhteyshenkilöä. Nimeä hänet.",
         "Tjänsten saknar kontaktperson för innehållet. Utse en.",
         "The service has no content owner. Name one."]),
    rule("Q20b", Warning, Record, "varahenkilo",
        ["Varahenkilö puuttuu", "Ersättare saknas", "No deputy"],
        ["Palvelulla ei ole varahenkilöä. Nimeä hänet.",
         "Tjänsten saknar ersättare. Utse en.",
         "The service has no deputy. Name one."]),
    rule("Q21a", Error, Record, "nimi_kieliversiot",
        ["Sama nimi on jo käytössä", "Namnet används redan", "Name in use already"],
        ["Organisaatiolla on samanniminen kohde (koodi {0}). Erota ne nimellä tai yhdistä ne.",
         "Organisationen har en post med samma namn (kod {0}). Skilj dem åt med namnet eller slå ihop dem.",
         "The organisation has another of this name (code {0}). Tell them apart by name, or merge them."]),
    rule("Q22a", Warning, Place, "palvelutarjoukset",
        ["Palvelupiste ilman palvelutarjousta", "Serviceställe utan tjänsteutbud", "Service point without offer"],
        ["Palvelupisteessä ei tarjota yhtään palvelua. Lisää palvelutarjous.",
         "Inga tjänster erbjuds på servicestället. Lägg till ett tjänsteutbud.",
         "No service is offered at the service point. Add an offer."]),
    rule("Q23a", Info, Finnish, "avainsanat_kieliversiot",
        ["Avainsana on myös asiasana", "Nyckelordet är också ett ämnesord", "Keyword is a subject term"],
        ["Avainsana ”{0}” on sanaston käsite. Lisää se asiasanaksi avainsanan sijaan.",
         "Nyckelordet ”{0}” är ett begrepp i vokabulären. Lägg till det som ämnesord i stället.",
         "The keyword “{0}” is a concept of the vocabulary. Add it as a subject term instead."]),
    rule("Q24a", Warning, Languages, "kuvaus_kieliversiot",
        ["Suomenkielinen teksti on muuttunut ruotsinkielisen jälkeen", "Den finska texten har ändrats efter den svenska", "Finnish changed after Swedish"],
        ["Suomenkielistä tekstiä on muutettu {0}, ruotsinkielistä viimeksi {1}. Tarkista, pitääkö käännös yhä paikkansa.",
         "Den finska texten ändrades {0}, den svenska senast {1}. Kontrollera om översättningen ännu stämmer.",
         "The Finnish text changed on {0}, the Swedish last on {1}. See whether the translation still holds."]),
    rule("Q25a", Warning, Finnish, "kuvaus_kieliversiot",
        ["Teksti on koetekstiä", "Texten är en provtext", "Text is a trial"],
        ["Teksti näyttää koe- tai täytetekstiltä. Kirjoita oikea teksti tai piilota palvelu.",
         "Texten ser ut som en prov- eller utfyllnadstext. Skriv den rätta texten eller dölj tjänsten.",
         "The text looks like a trial or filler. Write the real one, or hide the service."]),
    rule("Q25b", Info, Finnish, "kuvaus_kieliversiot",
        ["Tyhjää tekstin alussa tai lopussa", "Blanktecken i början eller slutet", "Blanks at the ends of the text"],
        ["Tekstin alussa tai lopussa on tyhjiä merkkejä, jotka lasketaan pituuteen. Poista ne.",
         "Texten har blanktecken i början eller slutet, och de räknas in i längden. Ta bort dem.",
         "The text begins or ends with blanks, which count into its length. Remove them."]),
];

#[cfg(test)]
mod tests {
    use super::{RULES, find};

    #[test]
    fn the_table_is_in_order_and_every_text_ends_as_a_sentence() {
        assert!(RULES.is_sorted_by_key(|rule| rule.id));
        for rule in RULES {
            assert_eq!(find(rule.id).map(|it| it.id), Some(rule.id));
            for text in rule.says {
                assert!(text.ends_with('.') && !text.contains("{2}"), "{}: {text}", rule.id);
                assert_eq!(text.contains("{0}"), rule.says[0].contains("{0}"), "{}", rule.id);
                assert_eq!(text.contains("{1}"), rule.says[0].contains("{1}"), "{}", rule.id);
            }
        }
    }

    #[test]
    fn values_are_put_in() {
        let rule = find("Q02c").expect("a rule");
        let [fi, ..] = rule.message(&["162".into(), "150".into()]);
        assert_eq!(fi, "Tiivistelmässä on 162 merkkiä, enintään 150 sallitaan. Siirrä yksityiskohdat kuvaukseen.");
    }
}
