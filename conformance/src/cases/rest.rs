//! REST (xroad.md §9.5).

use super::expect::{no_foreign_headers, problem};
use super::{Case, case};
use crate::kit::{Probe, RestCall, Verdict};

pub(super) const CASES: &[Case] = &[
    case!(
        Rest,
        "RE-03",
        "PR-REST 4.3",
        "a call without X-Road-Client is refused",
        "The header is the caller's identity; a call without it came past the security server's checks.",
        re_03
    ),
    case!(
        Rest,
        "RE-04",
        "PR-REST 4.3; I",
        "two X-Road-Client headers are refused",
        "The security server authorises the last one and forwards both: who reads the first one is deceived.",
        re_04
    ),
];

async fn re_03(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    probe.step("with the header");
    let answer = probe.rest(service, &RestCall::get(&path)).await?;
    probe.check("HTTP 200", answer.status == 200)?;
    no_foreign_headers(probe, &answer)?;
    probe.step("without it");
    let answer = probe.rest(service, &RestCall::get(&path).anonymous()).await?;
    problem(probe, &answer, &[400])
}

async fn re_04(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let (service, path) = target.rest_read()?;
    let own = target.client.encoded();
    for (label, second) in [("equal values", own.clone()), ("different values", format!("{own}2"))] {
        probe.step(label);
        let call = RestCall::get(&path).anonymous().header("X-Road-Client", &own).header("X-Road-Client", second);
        let answer = probe.rest(service, &call).await?;
        problem(probe, &answer, &[400])?;
    }
    Ok(())
}
