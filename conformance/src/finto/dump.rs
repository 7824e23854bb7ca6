//! A whole vocabulary as one RDF/XML file, as the service offers it for download.

use std::fmt::Write as _;

use super::data::{Concept, Vocabulary};

pub(super) fn rdf_xml(id: &str, vocabulary: &Vocabulary, modified: &str) -> String {
    let mut text = String::with_capacity(vocabulary.concepts.len() * 600);
    text.push_str(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rdf:RDF\n  \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"\n  \
         xmlns:skos=\"http://www.w3.org/2004/02/skos/core#\"\n  \
         xmlns:dct=\"http://purl.org/dc/terms/\"\n  \
         xmlns:owl=\"http://www.w3.org/2002/07/owl#\">\n",
    );
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "  <skos:ConceptScheme rdf:about=\"{}{id}/\">\n    <dct:modified \
         rdf:datatype=\"http://www.w3.org/2001/XMLSchema#date\">{modified}</dct:modified>\n  </skos:ConceptScheme>\n",
        super::data::ONTOLOGIES
    );
    // Both ways of naming the type occur in real files.
    for (place, concept) in vocabulary.concepts.values().enumerate() {
        describe(&mut text, concept, place % 2 == 0);
    }
    text.push_str("</rdf:RDF>\n");
    text
}

fn describe(text: &mut String, concept: &Concept, typed: bool) {
    let element = if typed { "skos:Concept" } else { "rdf:Description" };
    let _ = writeln!(text, "  <{element} rdf:about=\"{}\">", escape(&concept.uri));
    if !typed {
        text.push_str("    <rdf:type rdf:resource=\"http://www.w3.org/2004/02/skos/core#Concept\"/>\n");
    }
    for (lang, label) in &concept.label {
        let _ = writeln!(text, "    <skos:prefLabel xml:lang=\"{lang}\">{}</skos:prefLabel>", escape(label));
    }
    for (lang, label) in concept.alt_labels.iter().flat_map(|(lang, all)| all.iter().map(move |it| (lang, it))) {
        let _ = writeln!(text, "    <skos:altLabel xml:lang=\"{lang}\">{}</skos:altLabel>", escape(label));
    }
    for (name, all) in [
        ("skos:broader", &concept.broader),
        ("skos:narrower", &concept.narrower),
        ("skos:related", &concept.related),
        ("skos:exactMatch", &concept.exact_match),
        ("dct:isReplacedBy", &concept.replaced_by),
    ] {
        for address in all {
            let _ = writeln!(text, "    <{name} rdf:resource=\"{}\"/>", escape(address));
        }
    }
    if concept.deprecated {
        text.push_str(
            "    <owl:deprecated rdf:datatype=\"http://www.w3.org/2001/XMLSchema#boolean\">true</owl:deprecated>\n",
        );
    }
    let _ = writeln!(text, "  </{element}>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
