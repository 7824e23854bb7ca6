//! What is embedded in the binary: our own catalogue, its reference lists and an attachment (`tests/samples`), and the
//! made-up persons of the Viestit simulator.

use conformance::viestit::Person;

/// The catalogue that is pushed when none is named.
pub(super) const CATALOGUE: &str = include_str!("../../../tests/samples/catalogue/turku.json");

/// An attachment: one A4 page about nobody.
pub(super) const DECISION: &[u8] = include_bytes!("../../../tests/samples/letters/decision.pdf");

/// Persons with a mailbox. Individual numbers 900–999 are given to nobody.
pub(super) const PERSONS: [&str; 5] = ["010190-901R", "150385-912E", "241270-9230", "080802A9348", "120994-945R"];

/// Their names, in the same order.
const NAMES: [&str; 5] = ["Aino Esimerkki", "Eero Esimerkki", "Helmi Malli", "Onni Malli", "Siiri Näyte"];

/// The people of the simulated Viestit: those with a mailbox, and one without.
pub(super) fn persons() -> Vec<Person> {
    let known = PERSONS.into_iter().zip(NAMES).map(|(id, name)| (id, name, true));
    let all = known.chain([("020594X903P", "Väinö Paperi", false)]);
    all.map(|(id, name, mailbox)| Person { id: id.to_owned(), name: name.to_owned(), mailbox }).collect()
}

macro_rules! lists {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_bytes!(concat!("../../../tests/samples/reference/ptv/codelists/", $file)).as_slice())),*]
    };
}

/// The minimum of PTV's lists that the catalogue needs: file name and content.
pub(super) const CODE_LISTS: &[(&str, &[u8])] = lists![
    "all-languages.json",
    "areas-business-subregion.json",
    "areas-hospital-district.json",
    "areas-region.json",
    "countries-and-dial-codes.json",
    "data-languages.json",
    "finnish-service-numbers.json",
    "general-descriptions.json",
    "industrial-classes.csv",
    "invalid-areas.json",
    "life-events.json",
    "municipalities.json",
    "ontology-terms-partial.csv",
    "postal-codes.csv",
    "service-classes.json",
    "target-groups.json",
];
