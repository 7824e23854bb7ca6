//! What a pull says of a node beside what the catalogue says of its record: the field is the site's own.

use crate::model::Finding;

pub(super) fn no_code(field: String) -> Finding {
    Finding::error(
        field,
        "required",
        [
            "Kohteella ei ole koodia. Täytä kenttä Drupalissa.".into(),
            "Innehållet saknar kod. Fyll i fältet i Drupal.".into(),
            "The node has no code. Fill the field in in Drupal.".into(),
        ],
    )
}

pub(super) fn no_value(field: String) -> Finding {
    Finding::error(
        field,
        "mapped-shape",
        [
            "Kentän arvo ei ole sitä muotoa, jota kenttäkartta odottaa. Korjaa kenttäkartan polku.".into(),
            "Fältets värde har inte den form som fältkartan väntar sig. Rätta sökvägen i fältkartan.".into(),
            "The field's value is not of the form that the mapping expects. Mend its path in the mapping.".into(),
        ],
    )
}

pub(super) fn unknown_value<'a>(field: String, known: impl Iterator<Item = &'a String>) -> Finding {
    let known = known.map(String::as_str).collect::<Vec<_>>().join(", ");
    Finding::error(
        field,
        "unmapped-value",
        [
            format!("Kenttäkartta ei tunne kentän arvoa. Se tuntee arvot: {known}."),
            format!("Fältkartan känner inte till fältets värde. Den känner till: {known}."),
            format!("The mapping does not know the field's value. It knows: {known}."),
        ],
    )
}

pub(super) fn unmapped_target(field: String) -> Finding {
    Finding::error(
        field,
        "unmapped-target",
        [
            "Kenttä viittaa sisältötyyppiin, jota kenttäkartassa ei ole. Lisää tyyppi tai anna viittaukselle code.".into(),
            "Fältet hänvisar till en innehållstyp som inte finns i fältkartan. Lägg till typen eller ange code för hänvisningen."
                .into(),
            "The field refers to a bundle that the mapping does not have. Add it, or give the reference a code.".into(),
        ],
    )
}

pub(super) fn deleted_target(field: String) -> Finding {
    Finding::warning(
        field,
        "deleted-target",
        [
            "Kenttä viittaa poistettuun sisältöön. Viittaus jätettiin pois: poista se Drupalista.".into(),
            "Fältet hänvisar till borttaget innehåll. Hänvisningen utelämnades: ta bort den i Drupal.".into(),
            "The field refers to something that was deleted. The reference was left out: remove it in Drupal.".into(),
        ],
    )
}

pub(super) fn hidden_target(field: String) -> Finding {
    Finding::warning(
        field,
        "hidden-target",
        [
            "Kenttä viittaa sisältöön, jota ei ole julkaistu. Viittaus jätettiin pois: julkaise sisältö tai poista viittaus."
                .into(),
            "Fältet hänvisar till opublicerat innehåll. Hänvisningen utelämnades: publicera innehållet eller ta bort hänvisningen."
                .into(),
            "The field refers to something that is not published. It was left out: publish it or remove the reference."
                .into(),
        ],
    )
}
