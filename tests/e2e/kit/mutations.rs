//! Broken adapters: what each does wrong, and the cases that must say so.

use conformance::cases::Family;
use http::Method;

/// A request on its way to the adapter.
#[derive(Clone)]
pub(super) struct Passing {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

/// An answer on its way back.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// A defect. A leniency is a request that is mended before the adapter sees it.
pub(super) struct Mutation {
    pub(super) defect: &'static str,
    /// Ids without prefix.
    pub(super) caught_by: &'static [&'static str],
    pub(super) request: fn(&mut Passing),
    pub(super) answer: fn(&Passing, &mut Reply),
}

pub(super) const PASS: fn(&mut Passing) = |_| {};
pub(super) const BACK: fn(&Passing, &mut Reply) = |_, _| {};

/// Bends nothing.
pub(super) const HONEST: Mutation = Mutation { defect: "none", caught_by: &[], request: PASS, answer: BACK };

pub(super) const ALL: &[(Family, &[Mutation])] = &[
    (Family::Identifiers, IDENTIFIERS),
    (Family::Requests, REQUESTS),
    (Family::Responses, RESPONSES),
    (Family::Faults, FAULTS),
    (Family::Attachments, ATTACHMENTS),
];

const IDENTIFIERS: &[Mutation] = &[
    Mutation {
        defect: "trims identifiers",
        caught_by: &["ID-08"],
        request: |it| it.replace("<id:memberCode> ", "<id:memberCode>"),
        answer: BACK,
    },
    Mutation {
        defect: "guesses an absent objectType",
        caught_by: &["ID-03"],
        request: |it| {
            it.replace("<xrd:client >", "<xrd:client id:objectType=\"SUBSYSTEM\">");
            it.replace("<xrd:client>", "<xrd:client id:objectType=\"SUBSYSTEM\">");
        },
        answer: BACK,
    },
    Mutation {
        defect: "knows the prefix xrd only",
        caught_by: &["ID-07"],
        request: |it| {
            if it.is_soap() && !it.holds("xrd:client") {
                it.body = b"<x/>".to_vec();
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "compares service codes without case",
        caught_by: &["ID-09"],
        request: |it| it.replace("Getservice", "getService"),
        answer: BACK,
    },
];

const REQUESTS: &[Mutation] = &[
    Mutation {
        defect: "dispatches by SOAPAction",
        caught_by: &["SO-24"],
        request: |it| {
            if it.header("soapaction").is_some_and(|value| value == b"\"urn:other\"") {
                it.body = b"<x/>".to_vec();
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "answers 415 to JSON",
        caught_by: &["SO-21"],
        request: PASS,
        answer: |request, reply| {
            if request.is_soap() && request.header("content-type").is_some_and(|it| it == b"application/json") {
                reply.status = 415;
            }
        },
    },
    Mutation {
        defect: "replaces what is no UTF-8",
        caught_by: &["SO-05"],
        request: |it| {
            if it.is_soap() {
                it.body = String::from_utf8_lossy(&it.body).into_owned().into_bytes();
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "takes the first of two issues",
        caught_by: &["SO-08"],
        request: |it| {
            it.replace("<xrd:issue>KIT-1</xrd:issue><xrd:issue>KIT-1</xrd:issue>", "<xrd:issue>KIT-1</xrd:issue>");
        },
        answer: BACK,
    },
    Mutation {
        defect: "echoes foreign header blocks",
        caught_by: &["SO-17"],
        request: PASS,
        answer: |request, reply| {
            if let Some((_, rest)) = request.text().split_once("<w:Security")
                && let Some((block, _)) = rest.split_once("</w:Security>")
            {
                let block = format!("<w:Security{block}</w:Security></soap:Header>");
                let block = block.replace(" soap:mustUnderstand=\"0\"", "");
                reply.replace("</soap:Header>", &block);
            }
        },
    },
];

const RESPONSES: &[Mutation] = &[
    Mutation {
        defect: "leaves an empty issue out",
        caught_by: &["SR-02"],
        request: PASS,
        answer: |_, reply| {
            reply.replace("<xrd:issue/>", "");
            reply.replace("<xrd:issue></xrd:issue>", "");
        },
    },
    Mutation {
        defect: "trims the userId",
        caught_by: &["SR-04"],
        request: PASS,
        answer: |_, reply| reply.replace("<xrd:userId> ", "<xrd:userId>"),
    },
    Mutation {
        defect: "sets a cookie",
        caught_by: &["SR-11"],
        request: PASS,
        answer: |_, reply| reply.headers.push(("set-cookie".to_owned(), "a=b".to_owned())),
    },
    Mutation {
        defect: "leaves the charset out",
        caught_by: &["SR-10"],
        request: PASS,
        answer: |request, reply| {
            if request.is_soap() {
                reply.set("content-type", "text/xml");
            }
        },
    },
    Mutation {
        defect: "answers mistakes with 400",
        caught_by: &["SR-09"],
        request: PASS,
        answer: |_, reply| {
            if reply.status == 500 {
                reply.status = 400;
            }
        },
    },
    Mutation {
        defect: "puts an attribute on xrd:id",
        caught_by: &["SR-08"],
        request: PASS,
        answer: |_, reply| reply.replace("<xrd:id>", "<xrd:id kit=\"1\">"),
    },
];

const FAULTS: &[Mutation] = &[
    Mutation {
        defect: "uses a code of the security servers",
        caught_by: &["FA-03"],
        request: PASS,
        answer: |_, reply| reply.replace(">soap:Client<", ">Client.BadRequest<"),
    },
    Mutation {
        defect: "qualifies a fault's detail",
        // Where nobody looks for it, there is no id in it either.
        caught_by: &["FA-01", "FA-03"],
        request: PASS,
        answer: |_, reply| {
            reply.replace("<detail>", "<soap:detail>");
            reply.replace("</detail>", "</soap:detail>");
        },
    },
    Mutation {
        defect: "shows another error id than it logs",
        caught_by: &["FA-01"],
        request: PASS,
        answer: |_, reply| {
            if reply.status == 500 {
                reply.replace("id>01", "id>11");
            }
        },
    },
    Mutation {
        defect: "answers 429 when it is overloaded",
        caught_by: &["FA-06"],
        request: PASS,
        answer: |_, reply| {
            if reply.holds("overloaded") {
                reply.status = 429;
            }
        },
    },
    Mutation {
        defect: "makes a business error a fault",
        caught_by: &["FA-02"],
        // The adapter has no such fault of its own: it is asked for a version that it does not have.
        request: |it| {
            if it.holds("<code>no-such-service</code>") {
                it.replace("<id:serviceVersion>v1<", "<id:serviceVersion>v999<");
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "copies input into the fault unescaped",
        caught_by: &["FA-05"],
        request: PASS,
        answer: |request, reply| {
            if request.holds("&lt;script&gt;") {
                reply.replace("</faultstring>", "<script>alert('kit')</script></faultstring>");
            }
        },
    },
];

const ATTACHMENTS: &[Mutation] = &[
    Mutation {
        defect: "obeys start",
        caught_by: &["AT-04"],
        request: |it| {
            let Some(parts) = it.parts() else { return };
            if let (Some(boundary), [first, second]) = (it.boundary(), parts.as_slice())
                && it.header("content-type").is_some_and(|value| String::from_utf8_lossy(value).contains("start="))
            {
                it.body = join(&boundary, &[second.clone(), first.clone()]);
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "tolerates a cut message",
        caught_by: &["AT-07"],
        request: |it| {
            if let Some(boundary) = it.boundary() {
                let closing = format!("--{boundary}--");
                if !it.holds(&closing) {
                    it.body.extend_from_slice(format!("\r\n{closing}\r\n").as_bytes());
                }
            }
        },
        answer: BACK,
    },
    Mutation {
        defect: "does not decode base64",
        caught_by: &["AT-01"],
        request: |it| it.replace("Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: binary"),
        answer: BACK,
    },
    Mutation {
        defect: "takes line breaks before a delimiter for the delimiter's",
        caught_by: &["AT-19"],
        request: |it| {
            if let Some(boundary) = it.boundary() {
                it.replace(&format!("\r\n\r\n--{boundary}"), &format!("\r\n--{boundary}"));
            }
        },
        answer: BACK,
    },
];

impl Passing {
    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    pub(super) fn is_soap(&self) -> bool {
        self.target.contains("/soap/")
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        memchr::memmem::find(&self.body, text.as_bytes()).is_some()
    }

    pub(super) fn replace(&mut self, from: &str, to: &str) {
        self.body = replaced(&self.body, from, to);
    }

    fn boundary(&self) -> Option<String> {
        let value = String::from_utf8_lossy(self.header("content-type")?).into_owned();
        let (_, rest) = value.split_once("boundary=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    /// The parts of a multipart body with their headers, without the delimiters.
    fn parts(&self) -> Option<Vec<Vec<u8>>> {
        let delimiter = format!("--{}\r\n", self.boundary()?);
        let text = replaced(&self.body, &format!("\r\n--{}--\r\n", self.boundary()?), "");
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let starts: Vec<usize> = memchr::memmem::find_iter(&text, delimiter.as_bytes()).collect();
        for (number, start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).map_or(text.len(), |next| next - 2);
            parts.push(text[start + delimiter.len()..end].to_vec());
        }
        Some(parts)
    }
}

fn join(boundary: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

impl Reply {
    pub(super) fn replace(&mut self, from: &str, to: &str) {
        self.body = replaced(&self.body, from, to);
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        memchr::memmem::find(&self.body, text.as_bytes()).is_some()
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }
}

pub(super) fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, from.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}
