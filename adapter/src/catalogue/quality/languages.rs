//! Q05: what the tenant's second and third language lack. Whether they are required is the tenant's own rule (pat.md §6.2).

use super::{Sheet, texts};
use crate::model::{EntityKey, Lang, Localised, Service};

pub(super) fn check(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    let versions = texts::versions(service);
    if sheet.requires(Lang::En) && !versions.contains(&Lang::En) {
        sheet.breaks_in(key, "Q05d", None, Some(Lang::En), &[]);
    }
    if !sheet.requires(Lang::Sv) {
        return;
    }
    if !versions.contains(&Lang::Sv) {
        sheet.breaks_in(key, "Q05a", None, Some(Lang::Sv), &[]);
        return;
    }
    for (field, text) in further(service) {
        if text.get(Lang::Fi).is_some() && text.get(Lang::Sv).is_none() {
            sheet.breaks_in(key, "Q05b", Some(field), Some(Lang::Sv), &[]);
        }
    }
    for (field, text) in [("tiivistelma_kieliversiot", &service.summary), ("kuvaus_kieliversiot", &service.description)]
    {
        if let (Some(fi), Some(sv)) = (text.get(Lang::Fi), text.get(Lang::Sv))
            && fi.trim() == sv.trim()
        {
            sheet.breaks_in(key, "Q05c", Some(field), Some(Lang::Sv), &[]);
        }
    }
}

/// The texts beside name, summary and description, which are rules of their own.
fn further(service: &Service) -> [(&'static str, &Localised); 8] {
    [
        ("toimintaohje_kieliversiot", &service.user_instruction),
        ("palvelunsaannin_ehdot_kieliversiot", &service.requirements),
        ("kasittelyaika_kieliversiot", &service.processing_time),
        ("maaraaika_kieliversiot", &service.deadline),
        ("voimassaolo_kieliversiot", &service.validity),
        ("maksun_lisatieto_kieliversiot", &service.charge_text),
        ("lisatieto_kieliversiot", &service.information),
        ("saatavuus_kieliversiot", &service.availability),
    ]
}
