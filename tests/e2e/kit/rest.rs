//! Adapters that are broken in REST.

use conformance::cases::Family;
use http::Method;

use super::mutations::{BACK, Mutation, PASS, Passing};

pub(super) const ALL: &[(Family, &[Mutation])] = &[(Family::Rest, REST)];

const REST: &[Mutation] = &[
    Mutation {
        defect: "takes the first of two clients",
        caught_by: &["RE-04"],
        request: |it| first_of(it, "x-road-client"),
        answer: BACK,
    },
    Mutation {
        defect: "takes the first of two issues in headers",
        caught_by: &["RE-21"],
        request: |it| first_of(it, "x-road-issue"),
        answer: BACK,
    },
    Mutation {
        defect: "resolves dots in paths",
        caught_by: &["RE-14"],
        request: |it| it.target = it.target.replace("/..", "").replace("/%2e%2e", ""),
        answer: BACK,
    },
    Mutation {
        defect: "obeys a forged service",
        caught_by: &["RE-05"],
        request: |it| {
            if it.header("x-road-service").is_some() {
                it.target.push_str("/other");
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "answers JSON to whoever takes XML only",
        caught_by: &["RE-17"],
        request: |it| it.headers.retain(|(name, _)| name != "accept"),
        answer: BACK,
    },
    Mutation {
        defect: "echoes TRACE",
        caught_by: &["RE-11"],
        request: PASS,
        answer: |request, reply| {
            if request.method == Method::TRACE {
                reply.status = 200;
                reply.body = format!("TRACE {}", request.target).into_bytes();
            }
        },
    },
    Mutation {
        defect: "redirects to its own host",
        caught_by: &["RE-08"],
        request: PASS,
        answer: |request, reply| {
            if request.target.contains("/rest/v1/search") || request.target.contains("/rest/v1/services/") {
                reply.status = 302;
                reply.set("location", "http://adapter.internal.example/");
            }
        },
    },
    Mutation {
        defect: "answers a failing backend with 200",
        caught_by: &["RE-07"],
        request: PASS,
        answer: |_, reply| {
            if reply.status == 503 {
                reply.status = 200;
            }
        },
    },
];

/// Leaves the first header of a name only.
fn first_of(passing: &mut Passing, name: &str) {
    let mut seen = false;
    passing.headers.retain(|(known, _)| known != name || !std::mem::replace(&mut seen, true));
}
