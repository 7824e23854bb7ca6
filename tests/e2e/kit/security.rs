//! Adapters that are broken in security and in logging.

use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::cases::Family;

use super::mutations::{BACK, Mutation, PASS, Passing};

pub(super) const ALL: &[(Family, &[Mutation])] = &[(Family::Security, SECURITY), (Family::Logging, LOGGING)];

const SECURITY: &[Mutation] = &[
    Mutation {
        defect: "reads past a DOCTYPE",
        caught_by: &["SE-01", "SE-02", "SE-03"],
        request: |it| {
            if it.is_soap()
                && let Some((before, rest)) = it.text().split_once("<!DOCTYPE")
                && let Some((_, envelope)) = rest.split_once("<soap:Envelope")
            {
                it.body = format!("{before}<soap:Envelope{}", without_references(envelope)).into_bytes();
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "takes the last of two equal keys",
        caught_by: &["SE-06"],
        request: |it| it.replace("{\"orderId\": \"kit\", ", "{"),
        answer: BACK,
    },
    Mutation {
        defect: "gives every client every right",
        caught_by: &["SE-08"],
        request: |it| {
            it.replace(
                "<id:memberClass>MUN</id:memberClass><id:memberCode>7654321-0<",
                "<id:memberClass>GOV</id:memberClass><id:memberCode>9999906-0<",
            );
            it.replace("<id:subsystemCode>luku<", "<id:subsystemCode>asiointi<");
        },
        answer: BACK,
    },
    Mutation {
        defect: "takes every order for a new one",
        caught_by: &["SE-12"],
        request: |it| {
            if let Some((before, rest)) = it.text().split_once("<orderId>")
                && let Some((_, after)) = rest.split_once("</orderId>")
            {
                let fresh = fresh();
                it.body = format!("{before}<orderId>{fresh}</orderId>{after}").into_bytes();
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "executes the first thing that looks like a Body",
        caught_by: &["SE-13"],
        request: |it| {
            if it.is_soap()
                && let text = it.text()
                && let Some((before, rest)) = text.split_once("<w:w ")
                && let Some((wrapped, rest)) = rest.split_once("</w:w>")
                && let Some((_, hidden)) = wrapped.split_once("<soap:Body>")
                && let Some((hidden, _)) = hidden.split_once("</soap:Body>")
                && let Some((header, _)) = rest.split_once("<soap:Body>")
            {
                it.body = format!("{before}{header}<soap:Body>{hidden}</soap:Body></soap:Envelope>").into_bytes();
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "unpacks what is packed",
        caught_by: &["SE-14"],
        request: PASS,
        answer: |request, reply| {
            if request.header("content-encoding").is_some() {
                reply.status = 200;
            }
        },
    },
    Mutation {
        defect: "takes unknown members",
        caught_by: &["SE-15"],
        request: |it| it.replace("\"__proto__\": {\"kit\": true}, ", ""),
        answer: BACK,
    },
];

const LOGGING: &[Mutation] = &[
    Mutation {
        defect: "takes the digest without the byte order mark",
        caught_by: &["LO-01"],
        request: |it| {
            if let Some(rest) = it.body.strip_prefix(b"\xef\xbb\xbf") {
                it.body = rest.to_vec();
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "takes the digest of an attachment before it is decoded",
        caught_by: &["LO-01"],
        request: |it| it.replace("Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: binary"),
        answer: BACK,
    },
    Mutation {
        defect: "makes up the X-Road id",
        caught_by: &["LO-02"],
        request: |it| header(it, "x-road-id", b"made-up"),
        answer: BACK,
    },
    Mutation {
        defect: "loses the request's id",
        caught_by: &["LO-02"],
        request: |it| it.headers.retain(|(name, _)| name != "x-road-request-id"),
        answer: BACK,
    },
    Mutation {
        defect: "keeps the token as the X-Road id",
        caught_by: &["LO-06"],
        request: |it| {
            if let Some(token) = it.header("authorization").map(<[u8]>::to_vec) {
                header(it, "x-road-id", &token);
            }
        },
        answer: BACK,
    },
];

/// Another value of a header.
fn header(passing: &mut Passing, name: &str, value: &[u8]) {
    for (known, kept) in &mut passing.headers {
        if known == name {
            *kept = value.to_vec();
        }
    }
}

/// The references to entities as a lenient reader leaves them: nothing.
fn without_references(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        rest = after.split_once(';').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

/// An order id that nobody has had.
fn fresh() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(1);
    format!("kit-fresh-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}
