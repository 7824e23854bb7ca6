//! Words that people use for the same thing: the everyday word finds what is written with the official one.
//!
//! Few and general on purpose, so that they hold in every municipality. A tenant's own words belong into the keywords of
//! its services. Forms are found by their stems; words of one row find one another.

use super::words::Tongue;

const FINNISH: [&[&str]; 26] = [
    &["vanhus", "ikääntynyt", "iäkäs", "seniori", "ikäihminen", "eläkeläinen"],
    &["päiväkoti", "varhaiskasvatus", "päivähoito", "tarha"],
    &["esikoulu", "esiopetus", "eskari"],
    &["peruskoulu", "perusopetus", "ala-aste", "yläaste"],
    &["ammattikoulu", "amis", "ammattiopisto"],
    &["ambulanssi", "ensihoito", "sairaankuljetus"],
    &["vanhainkoti", "palvelutalo", "seniorikeskus", "hoivakoti", "palveluasuminen"],
    &["hammasraudat", "oikomishoito", "oikomiskoje"],
    &["jumppa", "voimistelu", "liikuntaryhmä"],
    &["vessa", "wc", "käymälä"],
    &["kirppis", "kirppari", "kirpputori"],
    &["parkkipaikka", "parkki", "pysäköinti"],
    &["sossu", "sosiaalityö", "sosiaalitoimi"],
    &["kämppä", "asunto"],
    &["duuni", "työpaikka", "työ"],
    &["bussi", "raitiovaunu", "ratikka", "joukkoliikenne"],
    &["terveyskeskus", "terveysasema", "hyvinvointikeskus"],
    &["sairasloma", "sairauspoissaolo"],
    &["raskaus", "raskaana", "äitiys", "odottava"],
    &["maahanmuuttaja", "kotoutuja", "kotoutuminen", "kotoutumiskoulutus"],
    &["ötökkä", "tuholainen", "syöpäläinen"],
    &["rakennuslupa", "rakentamislupa"],
    &["parkkisakko", "pysäköintivirhemaksu"],
    &["leikkikenttä", "leikkipuisto", "leikkipaikka"],
    &["mummola", "isovanhempi"],
    &["kuntosali", "sali", "voimailusali"],
];

const SWEDISH: [&[&str]; 12] = [
    &["dagis", "daghem", "dagvård", "småbarnspedagogik"],
    &["äldre", "senior", "pensionär", "åldring"],
    &["ålderdomshem", "äldreboende", "serviceboende", "seniorcenter"],
    &["förskola", "förskoleundervisning"],
    &["loppis", "lopptorg", "loppmarknad"],
    &["tandställning", "tandreglering"],
    &["ambulans", "akutvård", "sjuktransport"],
    &["sopor", "avfall", "skräp"],
    &["hälsocentral", "hälsostation", "vårdcentral"],
    &["invandrare", "inflyttad", "integration"],
    &["sjukskrivning", "sjukfrånvaro"],
    &["jobb", "arbetsplats", "sysselsättning"],
];

const ENGLISH: [&[&str]; 10] = [
    &["kindergarten", "daycare", "nursery", "childhood"],
    &["elderly", "senior", "older", "aged"],
    &["garbage", "waste", "rubbish", "trash"],
    &["toilet", "restroom", "lavatory"],
    &["braces", "orthodontic", "orthodontics"],
    &["homeless", "unhoused"],
    &["flat", "apartment", "housing"],
    &["job", "employment", "work"],
    &["immigrant", "integration", "newcomer"],
    &["immunisation", "immunization", "vaccination", "vaccine"],
];

/// The rows of a language.
pub(super) fn rows(tongue: Tongue) -> &'static [&'static [&'static str]] {
    match tongue {
        Tongue::Finnish => &FINNISH,
        Tongue::Swedish => &SWEDISH,
        Tongue::English => &ENGLISH,
        Tongue::Other => &[],
    }
}
