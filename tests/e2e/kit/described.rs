//! Adapters that describe themselves badly.

use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::cases::Family;
use http::Method;

use super::mutations::{BACK, Mutation, PASS, Passing};

pub(super) const ALL: &[(Family, &[Mutation])] = &[(Family::Metadata, METADATA)];

const METADATA: &[Mutation] = &[
    Mutation {
        defect: "serves its WSDL under a media type of its own",
        caught_by: &["ME-01"],
        request: PASS,
        answer: |request, reply| {
            if is_wsdl(request) {
                reply.set("content-type", "application/wsdl+xml");
            }
        },
    },
    Mutation {
        defect: "redirects to its WSDL",
        caught_by: &["ME-01"],
        request: PASS,
        // The administration's first look, by which the kit knows the services, follows it; the others do not.
        answer: |request, reply| {
            if is_wsdl(request) && request.header("accept").is_some_and(|it| it.starts_with(b"text/html")) {
                reply.status = 302;
                reply.set("location", &format!("{}?again", request.target));
            }
        },
    },
    Mutation {
        defect: "has the versions of its operations at the wrong place",
        caught_by: &["ME-02"],
        request: PASS,
        answer: |request, reply| {
            if is_wsdl(request) {
                reply.replace(
                    "<xrd:version>v1</xrd:version>\n      <wsdl:input>",
                    "<wsdl:input><xrd:version>v1</xrd:version>",
                );
            }
        },
    },
    Mutation {
        defect: "names wrappers by a rule of its own",
        caught_by: &["ME-03"],
        request: PASS,
        answer: |request, reply| {
            if is_wsdl(request) {
                reply.replace("element=\"tns:getServiceResponse\"", "element=\"tns:getServiceAnswer\"");
            }
        },
    },
    Mutation {
        defect: "describes RPC",
        caught_by: &["ME-03"],
        request: PASS,
        answer: |request, reply| {
            if is_wsdl(request) {
                reply.replace("style=\"document\"", "style=\"rpc\"");
            }
        },
    },
    Mutation {
        defect: "names a host of its own in a comment",
        caught_by: &["ME-04"],
        request: PASS,
        answer: |request, reply| {
            if is_wsdl(request) {
                reply.replace("</wsdl:definitions>", "<!-- made on 10.20.30.40 --></wsdl:definitions>");
            }
        },
    },
    Mutation {
        defect: "has a DOCTYPE",
        // No reader reads on.
        caught_by: &["ME-02", "ME-05"],
        request: PASS,
        answer: |request, reply| {
            if is_wsdl(request) {
                reply.replace("<wsdl:definitions ", "<!DOCTYPE definitions>\n<wsdl:definitions ");
            }
        },
    },
    Mutation {
        defect: "answers otherwise than it describes",
        caught_by: &["ME-06"],
        request: PASS,
        answer: |request, reply| {
            if is_wsdl(request) {
                reply.replace(
                    "<xs:element name=\"service\" type=\"tns:Service\"/>",
                    "<xs:element name=\"item\" type=\"tns:Service\"/>",
                );
            }
        },
    },
    Mutation {
        defect: "refers to another file",
        caught_by: &["ME-07"],
        request: PASS,
        answer: |request, reply| {
            if is_openapi(request) {
                reply.replace("\"#/components/schemas/", "\"common.json#/components/schemas/");
            }
        },
    },
    Mutation {
        defect: "says YAML of its JSON",
        caught_by: &["ME-08"],
        request: PASS,
        answer: |request, reply| {
            if is_openapi(request) {
                reply.set("content-type", "application/x-yaml");
            }
        },
    },
    Mutation {
        defect: "serves what it does not describe",
        caught_by: &["ME-09"],
        request: |it| {
            if it.method == Method::DELETE && it.target.contains("/rest/") {
                it.method = Method::GET;
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "puts a number into each copy of its WSDL",
        caught_by: &["ME-10"],
        request: PASS,
        answer: |request, reply| {
            static NUMBER: AtomicUsize = AtomicUsize::new(1);
            if is_wsdl(request) {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                reply.replace("</wsdl:definitions>", &format!("<!-- copy {number} --></wsdl:definitions>"));
            }
        },
    },
];

fn is_wsdl(request: &Passing) -> bool {
    request.target.contains("/service.wsdl")
}

fn is_openapi(request: &Passing) -> bool {
    request.target.contains("/openapi.json")
}
