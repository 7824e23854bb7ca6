use std::path::Path as File;

use super::*;

fn parse(text: &str) -> Result<Mapping, Vec<Problem>> {
    Mapping::parse(File::new("drupal.toml"), text)
}

const SMALL: &str = r#"
languages = ["fi", "sv"]
prefixes = { fi = "" }
[values.charge]
free = "FreeOfCharge"
[bundles.service_offer]
kind = "palvelutarjous"
[bundles.service_offer.fields]
nimi_kieliversiot = "attributes.title"
palvelut = { references = "relationships.field_offered_service" }
hinnat = { each = "attributes.field_fee", fields = { hinta_kieliversiot = ".", hinnoittelutyyppi = { constant = "muu" } } }
aukioloajat = { each = "relationships.field_hours", fields = { avaamisaika = { from = "attributes.field_time.from", as = "seconds" } } }
[bundles.service]
kind = "palvelu"
code = "attributes.field_code"
[bundles.service.fields]
nimi_kieliversiot = "attributes.title"
maksullisuus = { from = "attributes.field_charge", values = "charge", default = "Chargeable" }
palveluluokat = { references = "relationships.field_class", code = "attributes.field_code" }
asiasanat = { each = "relationships.field_terms", take = "relationships.field_concept.attributes.field_uri.uri" }
"#;

#[test]
fn a_mapping_is_read_with_its_includes() {
    let mapping = parse(SMALL).expect("sound");
    assert_eq!(mapping.languages, [(Lang::Fi, String::new()), (Lang::Sv, "sv".to_owned())]);
    // In the order of dependence, whatever the order of the file.
    let names: Vec<&str> = mapping.bundles.iter().map(|bundle| bundle.name.as_str()).collect();
    assert_eq!(names, ["service", "service_offer"]);
    let service = mapping.bundle("service").expect("there");
    let includes: Vec<String> = service.includes().into_iter().collect();
    assert_eq!(includes, ["field_class", "field_terms", "field_terms.field_concept"]);
    let offer = mapping.bundle("service_offer").expect("there");
    assert_eq!(offer.code.to_string(), "attributes.drupal_internal__nid");
    assert_eq!(offer.includes().into_iter().collect::<Vec<_>>(), ["field_hours", "field_offered_service"]);
    assert_ne!(mapping.digest, parse(&format!("{SMALL}\n")).expect("sound").digest);
}

#[test]
fn complaints_of_a_mapping_name_line_key_and_what_helps() {
    let bundle = "languages = ['fi']\n[bundles.service]\nkind = 'palvelu'\n[bundles.service.fields]\n";
    for (text, line, key, said) in [
        ("[bundles.service]\nkind = 'palvelu'\n[bundles.service.fields]\n".to_owned(), 1, "languages", "are missing"),
        ("languages = ['fi', 'de']\n".to_owned(), 1, "languages[1]", "unknown language"),
        ("languages = ['fi']\n\nsurprise = 1\n".to_owned(), 3, "surprise", "unknown key, expected one of languages"),
        (
            "languages = ['fi']\n[bundles.service]\nkind = 'thing'\n[bundles.service.fields]\n".to_owned(),
            3,
            "bundles.service.kind",
            "missing or unknown",
        ),
        (
            format!("{bundle}nimi_kieliversiot = 'title'\n"),
            5,
            "bundles.service.fields.nimi_kieliversiot",
            "expected a path such as",
        ),
        (
            format!("{bundle}nimi_kieliversiot = 'attributes..x'\n"),
            5,
            "bundles.service.fields.nimi_kieliversiot",
            "expected a path such as",
        ),
        (
            format!("{bundle}lakisaateinen = true\n"),
            5,
            "bundles.service.fields.lakisaateinen",
            "expected a path, a table or a list",
        ),
        (
            format!("{bundle}\nmaksullisuus = {{ from = 'attributes.a', values = 'fee' }}\n"),
            6,
            "bundles.service.fields.maksullisuus.values",
            "there is no [values.fee]",
        ),
        (
            format!("{bundle}maksullisuus = {{ form = 'attributes.a' }}\n"),
            5,
            "bundles.service.fields.maksullisuus",
            "says nothing of where",
        ),
        (
            format!("{bundle}palvelut = {{ references = 'attributes.a' }}\n"),
            5,
            "bundles.service.fields.palvelut.references",
            "leads to no other record",
        ),
        (
            format!("{bundle}asiasanat = {{ each = 'relationships.a' }}\n"),
            5,
            "bundles.service.fields.asiasanat",
            "what is taken of each target",
        ),
        (format!("{bundle}koodi = 'attributes.a'\n"), 5, "bundles.service.fields.koodi", "is not mapped"),
        ("languages = [\n".to_owned(), 1, "", ""),
    ] {
        let problems = parse(&text).expect_err(&text);
        let found = problems.iter().find(|it| it.key == key && it.text.contains(said));
        let found = found.unwrap_or_else(|| panic!("{text}: {problems:#?}"));
        assert!(key.is_empty() || found.line == line, "{text}: {found:?}");
        assert!(!found.act.is_empty(), "{found:?}");
    }
}

#[test]
fn eight_levels_are_read_and_no_more() {
    let head = "languages = ['fi']\n[bundles.service]\nkind = 'palvelu'\n[bundles.service.fields]\n";
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        parse(&format!("{head}lait = {open}'attributes.field_law'{close}\n"))
    };
    nested(8).expect("eight levels");
    let problems = nested(9).expect_err("nine levels");
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!((problem.line, problem.text.as_str()), (5, "nested too deep"));
    assert!(problem.key.starts_with("bundles.service.fields.lait[0]"), "{problem:?}");
}
