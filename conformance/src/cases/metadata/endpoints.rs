//! What is served against what is described (ME-09).

use http::Method;
use uuid::Uuid;

use super::openapis;
use crate::kit::{Probe, RestCall, RestService, Verdict};
use crate::security_server::read_openapi;

/// Methods that change or read something. HEAD and OPTIONS belong to a GET, TRACE is RE-11's.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
/// Answers that say that a method is not there. A mistake in the request, 400, would say that it is.
const NO_METHOD: [u16; 4] = [403, 404, 405, 501];
/// Answers that say that nothing is at a path.
const NO_PATH: [u16; 4] = [400, 403, 404, 405];

pub(super) async fn me_09(probe: &mut Probe<'_>) -> Verdict {
    for document in openapis(probe)? {
        probe.step(document.url.clone());
        probe.sent("the endpoints as the security server reads them");
        let read = match read_openapi(&document.bytes, &document.url) {
            Ok(read) => read,
            Err(error) => {
                probe.note(error.to_string());
                return probe.check("the security server reads the document", false);
            }
        };
        let services = probe.target.services.rest.clone();
        for service in services.iter().filter(|it| it.openapi == document.url) {
            probe
                .check("as many endpoints as described operations", read.endpoints.len() == service.operations.len())?;
            let covers = |method: &str, path: &str| -> Vec<&str> {
                let mut globs: Vec<&str> = read
                    .endpoints
                    .iter()
                    .filter(|(known, glob)| known == method && glob.matches(path))
                    .map(|(_, glob)| glob.as_str())
                    .collect();
                globs.sort_unstable();
                globs
            };
            for operation in &service.operations {
                let Some(path) = path_of(probe, service, &operation.path) else {
                    probe.note(format!("{}: no value is known for it in [rest_parameters]", operation.path));
                    continue;
                };
                let globs = covers(&operation.method, &path);
                probe.step(format!("{} {path}", operation.method));
                probe.sent(format!("{} {path} against the endpoints", operation.method));
                probe.check("an endpoint covers it", !globs.is_empty())?;
                if globs.len() > 1 {
                    probe.note(format!("A right to one of {} opens it.", globs.join(", ")));
                }
                undescribed(probe, service, &path, &covers).await?;
            }
            let foreign = format!("/kit-{}", Uuid::new_v4());
            if covers("GET", &foreign).is_empty() {
                nothing_there(probe, service, &Method::GET, &foreign, &NO_PATH).await?;
            }
        }
    }
    Ok(())
}

/// The methods that no endpoint gives to this path, and a path below it.
async fn undescribed<'g>(
    probe: &mut Probe<'_>,
    service: &RestService,
    path: &str,
    covers: &impl Fn(&str, &str) -> Vec<&'g str>,
) -> Verdict {
    for method in METHODS {
        if covers(method.as_str(), path).is_empty() {
            nothing_there(probe, service, &method, path, &NO_METHOD).await?;
        }
    }
    let below = format!("{}/kit", path.trim_end_matches('/'));
    if covers("GET", &below).is_empty() {
        nothing_there(probe, service, &Method::GET, &below, &NO_PATH).await?;
    }
    Ok(())
}

async fn nothing_there(
    probe: &mut Probe<'_>,
    service: &RestService,
    method: &Method,
    path: &str,
    statuses: &[u16],
) -> Verdict {
    probe.step(format!("{method} {path}, which no endpoint covers"));
    let mut call = RestCall::new(method.clone(), path);
    if [Method::POST, Method::PUT, Method::PATCH].contains(method) {
        call = call.body("application/json", "{}");
    }
    let answer = probe.rest(service, &call).await?;
    probe.check("nothing is served", statuses.contains(&answer.status.as_u16()))
}

/// A path of a template with the values of `kit.toml`.
fn path_of(probe: &Probe<'_>, service: &RestService, template: &str) -> Option<String> {
    let mut operation = service.operations.iter().find(|it| it.path == template)?.clone();
    operation.required.clear();
    probe.target.rest_target(&operation)
}
