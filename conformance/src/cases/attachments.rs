//! Attachments (xroad.md §9.4): the cases. What they do is in [`good`] (what must be read) and [`bad`] (what must not).

mod bad;
mod good;
mod order;

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        Attachments,
        "AT-01",
        "PR-MESS Annex F",
        "a base64 attachment by swaRef is decoded and bound by its Content-ID",
        "Security servers forward base64 as it is; who does not decode stores text instead of a file.",
        good::at_01
    ),
    case!(
        Attachments,
        "AT-02",
        "PR-MESS Annex G",
        "an MTOM attachment is bound by xop:Include",
        "Large files travel this way.",
        good::at_02
    ),
    case!(
        Attachments,
        "AT-03",
        "I MultipartOutputStream",
        "part headers in lower case, without space and in another order are read",
        "This is how security servers write them; readers that look for `Content-Type: ` find nothing.",
        good::at_03
    ),
    case!(
        Attachments,
        "AT-04",
        "I SoapMessageDecoder",
        "start= naming a later part never makes that part the message",
        "Rights are checked by the first part. Whoever obeys `start` executes what nobody checked.",
        bad::at_04
    ),
    case!(
        Attachments,
        "AT-05",
        "I ProxyMessage",
        "a multipart message of the SOAP part alone is a normal message",
        "Libraries send it when there happen to be no files, and security servers keep it so.",
        good::at_05
    ),
    case!(
        Attachments,
        "AT-06",
        "RFC 2046",
        "bare line feeds, odd boundaries, padding, preamble and epilogue are accepted",
        "All of it is legal or tolerated by security servers, and somebody's library does it.",
        good::at_06
    ),
    case!(
        Attachments,
        "AT-07",
        "RFC 2046",
        "a message without its closing delimiter is refused and nothing is executed",
        "Security servers tolerate a cut message; the file would be stored in half.",
        bad::at_07
    ),
    case!(
        Attachments,
        "AT-08",
        "I SoapMessageDecoder",
        "a part without Content-Type is refused",
        "A security server refuses it too; what it is can only be guessed.",
        bad::at_08
    ),
    case!(
        Attachments,
        "AT-09",
        "PR-MESS 2.4",
        "a SOAP part in base64 is refused",
        "The security server has read it undecoded: what it checked was another message.",
        bad::at_09
    ),
    case!(
        Attachments,
        "AT-10",
        "RFC 2392",
        "a percent-encoded cid fits the literal Content-ID",
        "URIs are encoded and headers are not; ids with @ and + are common.",
        good::at_10
    ),
    case!(
        Attachments,
        "AT-11",
        "RFC 2392",
        "a reference without part and a doubled Content-ID are refused; an unreferenced part is accepted or ignored",
        "A missing file must not become an empty one, nor the wrong one of two.",
        bad::at_11
    ),
    case!(
        Attachments,
        "AT-12",
        "PR-MESS Annex G",
        "an xop:Include with http: or file: is refused and nothing is fetched",
        "It would have the adapter fetch from inside the network whatever the caller names.",
        bad::at_12
    ),
    case!(
        Attachments,
        "AT-13",
        "xroad.md 7",
        "more parts than the limit, and far more, are refused",
        "Each part costs memory and a file; there is no limit at the security server.",
        bad::at_13
    ),
    case!(
        Attachments,
        "AT-14",
        "xroad.md 7",
        "attachments above the limit are refused with a fault that arrives",
        "The security server passes any size on; a connection that is cut instead looks like a network error.",
        bad::at_14
    ),
    case!(
        Attachments,
        "AT-15",
        "xroad.md 9.4",
        "hostile file names are never a path, and do no harm in the log",
        "A name like ../../etc/passwd is the oldest trick of uploads.",
        bad::at_15
    ),
    case!(
        Attachments,
        "AT-16",
        "RFC 2046 5.1.1",
        "a line that only begins like the boundary is data",
        "Readers that look for the boundary's text cut the file there.",
        good::at_16
    ),
    case!(
        Attachments,
        "AT-17",
        "PR-MESS 2.4",
        "a response with two attachments is multipart/related as security servers read it",
        "Without Content-Type or with long header lines the security server throws the response away.",
        good::at_17
    ),
    case!(
        Attachments,
        "AT-18",
        "xroad.md 2.5",
        "two plain parts, as a security server leaves of a nested multipart, are two attachments",
        "Nested parts are flattened on the way; the nesting cannot be relied on.",
        good::at_18
    ),
    case!(
        Attachments,
        "AT-19",
        "RFC 2046 5.1.1",
        "empty, one-byte and line-break-ended contents keep every byte",
        "The line break before a delimiter belongs to the delimiter, the one before it to the file.",
        good::at_19
    ),
];
