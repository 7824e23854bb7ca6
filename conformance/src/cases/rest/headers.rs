//! Headers of calls and answers.

use serde_json::Value;

use super::{good, missing};
use crate::cases::expect::{logged, no_foreign_headers, problem, record};
use crate::kit::{Probe, RestCall, Verdict};

pub(super) async fn re_02(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let call = RestCall::get(&path);
    let answer = probe.rest(service, &call).await?;
    probe.check("HTTP 200", answer.status == 200)?;
    let by_id = record(probe, "id", &call.id).await?;
    let by_request = record(probe, "requestId", &call.request_id).await?;
    probe.check("one record with both ids", by_id == by_request)
}

pub(super) async fn re_03(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    probe.step("with the header");
    let answer = good(probe).await?;
    no_foreign_headers(probe, &answer)?;
    probe.step("without it");
    let answer = probe.rest(service, &RestCall::get(&path).anonymous()).await?;
    problem(probe, &answer, &[400])
}

pub(super) async fn re_04(probe: &mut Probe<'_>) -> Verdict {
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

pub(super) async fn re_05(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let plain = good(probe).await?;
    let forged = "FI/GOV/0000000-0/kit/other";
    let call = RestCall::get(&path).header("X-Road-Service", forged);
    probe.step("with a forged X-Road-Service");
    let answer = probe.rest(service, &call).await?;
    probe.check("the same answer as without it", answer.status == 200 && answer.body == plain.body)?;
    let record = record(probe, "requestId", &call.request_id).await?;
    let named = record.get("service").and_then(Value::as_str).unwrap_or_default();
    probe.check("the log names another service than the forged one", !named.contains("/kit/other"))
}

pub(super) async fn re_06(probe: &mut Probe<'_>) -> Verdict {
    for answer in [good(probe).await?, missing(probe, "resource").await?] {
        no_foreign_headers(probe, &answer)?;
        let hop = ["proxy-authenticate", "proxy-connection", "te", "trailer", "upgrade"];
        let none = !hop.iter().any(|name| answer.headers.contains_key(*name));
        probe.check("no header that belongs to one connection, framing aside", none)?;
    }
    Ok(())
}

pub(super) async fn re_12(probe: &mut Probe<'_>) -> Verdict {
    let answer = good(probe).await?;
    probe.check("no Content-Encoding", answer.header("content-encoding").is_none())?;
    let gzip = answer.body.starts_with(&[0x1F, 0x8B]);
    probe.check("a body that is not gzip", !gzip)
}

pub(super) async fn re_17(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let answer = probe.rest(service, &RestCall::get(&path).header("Accept", "application/xml")).await?;
    if answer.status == 200 {
        let kind = answer.header("content-type").unwrap_or_default();
        return probe.check("XML, as was asked", kind.contains("xml"));
    }
    problem(probe, &answer, &[406])
}

pub(super) async fn re_18(probe: &mut Probe<'_>) -> Verdict {
    // A name that an adapter may want to repeat in a header.
    for answer in [good(probe).await?, missing(probe, "%C3%A4%C3%B6").await?] {
        let ascii = answer.headers.values().all(|it| it.as_bytes().is_ascii());
        probe.check("header values of ASCII characters only", ascii)?;
    }
    Ok(())
}

pub(super) async fn re_19(probe: &mut Probe<'_>) -> Verdict {
    let long = "k".repeat(3000);
    for answer in [good(probe).await?, missing(probe, &long).await?] {
        let size: usize = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        probe.check("headers of less than 8 KiB in all", size < 8 * 1024)?;
    }
    Ok(())
}

pub(super) async fn re_20(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let plain = good(probe).await?;
    let call = RestCall::get(&path).header("Cookie", "JSESSIONID=kit-cookie-marker");
    probe.step("with a cookie");
    let answer = probe.rest(service, &call).await?;
    probe.check("the same answer as without it", answer.status == 200 && answer.body == plain.body)?;
    no_foreign_headers(probe, &answer)?;
    let Some(record) = logged(probe, "requestId", &call.request_id).await? else { return Ok(()) };
    probe.check("no cookie in the log", !record.to_string().contains("kit-cookie-marker"))
}

pub(super) async fn re_21(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    probe.step("absent");
    good(probe).await?;
    for name in ["X-Road-UserId", "X-Road-Issue"] {
        probe.step(format!("{name} twice"));
        let twice = RestCall::get(&path).header(name, "kit").header(name, "kit");
        let answer = probe.rest(service, &twice).await?;
        problem(probe, &answer, &[400])?;
        probe.step(format!("{name} of 300 characters"));
        let long = RestCall::get(&path).header(name, "k".repeat(300));
        let answer = probe.rest(service, &long).await?;
        if answer.status == 200 {
            let Some(record) = logged(probe, "requestId", &long.request_id).await? else { continue };
            probe.check("bounded in the log", !record.to_string().contains(&"k".repeat(300)))?;
        } else {
            problem(probe, &answer, &[400, 431])?;
        }
    }
    Ok(())
}
