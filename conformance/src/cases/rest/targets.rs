//! Paths, queries and what an answer to them may be.

use serde_json::{Value, json};

use super::{good, missing, path_only};
use crate::cases::expect::problem;
use crate::kit::{Probe, RestCall, RestOperation, RestService, Stop, Verdict};

pub(super) async fn re_01(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let first = good(probe).await?;
    if let Some((before, query)) = path.split_once('?') {
        probe.step("the query with escapes that change nothing");
        let escaped = query.bytes().map(|b| match b {
            b'=' | b'&' | b'%' | b'+' => char::from(b).to_string(),
            b if query.contains('%') => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        });
        let target = format!("{before}?{}", escaped.collect::<String>());
        let answer = probe.rest(service, &RestCall::get(&target)).await?;
        probe.check("the same answer", answer.status == 200 && answer.body == first.body)?;
    }
    probe.step("beside the base path");
    let beside = RestService { base: format!("{}-kit", service.base), ..service.clone() };
    let answer = probe.rest(&beside, &RestCall::get(&path)).await?;
    problem(probe, &answer, &[403, 404])
}

pub(super) async fn re_07(probe: &mut Probe<'_>) -> Verdict {
    probe.step("an unknown resource");
    let answer = missing(probe, "resource").await?;
    problem(probe, &answer, &[404])?;
    let target = probe.target;
    let incomplete = target.services.rest.iter().find_map(|service| {
        let lacking = |it: &&RestOperation| it.method == "GET" && !it.required.is_empty() && !it.path.contains('{');
        service.operations.iter().find(lacking).map(|operation| (service, operation))
    });
    probe.step("a required parameter is missing");
    match incomplete {
        Some((service, operation)) => {
            let answer = probe.rest(service, &RestCall::get(&operation.path)).await?;
            problem(probe, &answer, &[400, 422])?;
        }
        None => probe.note("Not looked at: no GET requires a query parameter."),
    }
    probe.step("the backend fails");
    match probe.act("fail-backend", json!({ "on": true })).await {
        Ok(_) => {}
        Err(Stop::NotApplicable(why)) => {
            probe.note(format!("Not looked at: {why}"));
            return Ok(());
        }
        Err(other) => return Err(other),
    }
    let verdict = failing(probe).await;
    probe.step("the backend is well again");
    probe.act("fail-backend", json!({ "on": false })).await?;
    verdict?;
    good(probe).await.map(drop)
}

async fn failing(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let answer = probe.rest(service, &RestCall::get(&path)).await?;
    problem(probe, &answer, &[500, 502, 503, 504])
}

pub(super) async fn re_08(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    for service in &target.services.rest {
        for operation in service.operations.iter().filter(|it| it.method == "GET") {
            let Some(path) = target.rest_target(operation) else { continue };
            probe.step(operation.path.clone());
            let answer = probe.rest(service, &RestCall::get(&path)).await?;
            let location = answer.header("location").unwrap_or("/");
            probe.check("no Location with a host of its own", !location.contains("//"))?;
        }
    }
    if probe.checks() == 0 { Err(Stop::not_applicable("no GET can be called without values")) } else { Ok(()) }
}

pub(super) async fn re_14(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let path = path_only(&path);
    for target in [
        format!("{path}/a%2Fb"),
        format!("/%2e%2e{path}"),
        format!("/..{path}"),
        format!("/{path}"),
        format!("{path}/a%5cb"),
        format!("{path}/a%00"),
        format!("{path};x=1"),
        format!("/%252e%252e{path}"),
        format!("{path}/%ff"),
    ] {
        probe.step(target.clone());
        let answer = probe.rest(service, &RestCall::get(&target)).await?;
        problem(probe, &answer, &[400])?;
    }
    Ok(())
}

pub(super) async fn re_15(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let Some((base, name, value)) = path.split_once('?').and_then(|(base, query)| {
        let (name, value) = query.split('&').next()?.split_once('=')?;
        Some((base, name, value))
    }) else {
        return Err(Stop::not_applicable("rest_read in kit.toml has no query parameter that could be given twice"));
    };
    let other = format!("{value}0");
    let one = probe.rest(service, &RestCall::get(&format!("{base}?{name}={value}"))).await?;
    let two = probe.rest(service, &RestCall::get(&format!("{base}?{name}={other}"))).await?;
    let mut verdicts = Vec::new();
    for (first, second) in [(value, other.as_str()), (&other, value)] {
        probe.step(format!("{name}={first}&{name}={second}"));
        let call = RestCall::get(&format!("{base}?{name}={first}&{name}={second}"));
        let answer = probe.rest(service, &call).await?;
        verdicts.push(if answer.status.is_success() {
            let (mine, others) = if first == value { (&one, &two) } else { (&two, &one) };
            if answer.body == mine.body {
                "first"
            } else if answer.body == others.body {
                "last"
            } else {
                "neither"
            }
        } else {
            problem(probe, &answer, &[400, 422])?;
            "refused"
        });
    }
    probe.note(format!("It is {}.", verdicts.join(", then ")));
    let same = verdicts.first() == verdicts.last() && !verdicts.contains(&"neither");
    probe.check("refused, or the first or the last one, in both orders alike", same)
}

pub(super) async fn re_16(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    target.rest_read()?;
    let mut wide = Vec::new();
    for (url, _, bytes) in &target.services.documents {
        let Ok(document) = serde_json::from_slice::<Value>(bytes) else { continue };
        let Some(service) = target.services.rest.iter().find(|it| &it.openapi == url) else { continue };
        for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let lists = item.as_object().into_iter().flatten().filter_map(|(_, it)| it.get("parameters"));
            let lists = lists.chain(item.get("parameters"));
            for parameter in lists.filter_map(Value::as_array).flatten() {
                let parameter = followed(&document, parameter);
                if parameter.get("in").and_then(Value::as_str) != Some("path") {
                    continue;
                }
                let schema = parameter.get("schema").map(|it| followed(&document, it));
                let has = |name: &str| schema.and_then(|it| it.get(name)).is_some();
                let number = schema.and_then(|it| it.get("type")).is_some_and(|it| it == "integer" || it == "boolean");
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
                if !(number || has("pattern") || has("enum") || has("format")) {
                    wide.push((service, path.clone(), name.to_owned()));
                }
            }
        }
    }
    for (service, path, name) in wide {
        probe.step(format!("{path}: {{{name}}}"));
        probe.note(format!(
            "Warning: the schema of {{{name}}} permits spaces, percent signs, braces and quotes. Security servers of \
             7.5.2, 7.6.3, 7.7.1 and 7.8 refuse paths with them, so that such a value cannot be called."
        ));
        for value in ["kit%20kit", "kit%22kit", "kit%7Bkit%7D"] {
            let filled = path.replace(&format!("{{{name}}}"), value);
            // A path with further parameters cannot be filled here; what is said above holds all the same.
            if filled.contains('{') {
                continue;
            }
            let answer = probe.rest(service, &RestCall::get(&filled)).await?;
            let status = answer.status.as_u16();
            if answer.status.is_success() {
                probe.check("an answer of its own, or a problem", status < 300)?;
            } else {
                problem(probe, &answer, &[400, 404, 405])?;
            }
        }
    }
    if probe.checks() == 0 {
        probe.check("every path parameter excludes what security servers refuse", true)
    } else {
        Ok(())
    }
}

fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
    reference.and_then(|it| document.pointer(it)).unwrap_or(value)
}
