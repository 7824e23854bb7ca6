//! SOAP requests (xroad.md §9.2): the cases. What they do is in [`header`] and [`body`].

mod body;
mod header;

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        Requests,
        "SO-01",
        "I ServerMessageProcessor",
        "a request as every security server sends it is served, uncompressed",
        "Chunked, with an empty SOAPAction and an empty accept-encoding: libraries stumble over each of the three.",
        body::so_01
    ),
    case!(
        Requests,
        "SO-02",
        "I ProxyMessage",
        "a document that declares ISO-8859-1 under a header that says UTF-8 is read as declared, or refused",
        "The security server writes UTF-8 into the header whatever the document is; names with ä turn into rubbish.",
        body::so_02
    ),
    case!(
        Requests,
        "SO-03",
        "PR-MESS 2.6",
        "a UTF-8 byte order mark is accepted",
        "Windows libraries write it, and security servers pass it on.",
        body::so_03
    ),
    case!(
        Requests,
        "SO-04",
        "PR-MESS 2.6",
        "a document without declaration is UTF-8",
        "UTF-8 is the default; a platform's own charset is not.",
        body::so_04
    ),
    case!(
        Requests,
        "SO-05",
        "PR-MESS 2.6",
        "bytes that are no UTF-8 are refused and nothing is executed",
        "Replacement characters would be executed and logged as if the consumer had sent them.",
        body::so_05
    ),
    case!(
        Requests,
        "SO-06",
        "PR-MESS 2.2",
        "a message without Header is refused",
        "Without header nobody has called and nothing is named.",
        header::so_06
    ),
    case!(
        Requests,
        "SO-07",
        "PR-MESS 2.2",
        "client, service, id and protocolVersion are required, and the fault names the one that lacks",
        "Whoever integrates has the fault and nothing else to find the mistake by.",
        header::so_07
    ),
    case!(
        Requests,
        "SO-08",
        "I SaxSoapParserImpl",
        "a doubled header field is refused",
        "Two readers take two different ones: the one who authorises and the one who logs.",
        header::so_08
    ),
    case!(
        Requests,
        "SO-09",
        "I SaxSoapParserImpl",
        "a doubled part of an identifier is refused",
        "Two member codes name two members.",
        header::so_09
    ),
    case!(
        Requests,
        "SO-10",
        "I ProtocolVersion",
        "protocol versions 4.0 and 4.1 are accepted and echoed as sent",
        "Security servers let every 4.x through.",
        header::so_10
    ),
    case!(
        Requests,
        "SO-11",
        "I ProtocolVersion",
        "protocol versions 3.1, 40 and an empty one are refused",
        "Another major version is another protocol.",
        header::so_11
    ),
    case!(
        Requests,
        "SO-12",
        "PR-MESS 2.3",
        "a Body that is empty, has two children or text only is refused",
        "Document/literal wrapped means one wrapper; a second one would be executed by some and not by others.",
        body::so_12
    ),
    case!(
        Requests,
        "SO-13",
        "PR-MESS 2.3; I validateServiceName",
        "a wrapper whose name only begins with the service code is refused",
        "The security server compares the beginning only. Rights to getItem must not open getItemExtra.",
        body::so_13
    ),
    case!(
        Requests,
        "SO-14",
        "PR-MESS 2.3",
        "a wrapper of the right name in another namespace is refused",
        "It is another element; the security server does not look at the namespace.",
        body::so_14
    ),
    case!(
        Requests,
        "SO-15",
        "PR-MESS 2.2",
        "a service header that does not fit the address or the body is refused, never dispatched by the body",
        "Rights are checked by the header. Whoever dispatches by the body serves what nobody allowed.",
        header::so_15
    ),
    case!(
        Requests,
        "SO-16",
        "PR-MESS 1.3",
        "an unknown service version is refused, and an absent one where the WSDL names one",
        "Another version is another service with rights of its own.",
        header::so_16
    ),
    case!(
        Requests,
        "SO-17",
        "PR-MESS 2.2",
        "a foreign header block is ignored and not echoed",
        "Libraries add WS-Security or WS-Addressing; an echo would send it back to whom it was not meant for.",
        header::so_17
    ),
    case!(
        Requests,
        "SO-18",
        "SOAP 1.1 4.2.3",
        "a foreign block with mustUnderstand=\"1\" gets soap:MustUnderstand",
        "The sender says that the message must not be processed without it.",
        header::so_18
    ),
    case!(
        Requests,
        "SO-19",
        "PR-MESS 3.2",
        "RPC/encoded messages are refused",
        "Only document/literal is X-Road; encoded values mean something else than they look like.",
        body::so_19
    ),
    case!(
        Requests,
        "SO-20",
        "PR-MESS 1",
        "SOAP 1.2 is refused with status 500",
        "With 415 or 400 the security server would throw the explanation away.",
        body::so_20
    ),
    case!(
        Requests,
        "SO-21",
        "I SoapMessageDecoder",
        "JSON at a SOAP address gets a fault with status 500",
        "Frameworks answer 415 by themselves, which no consumer ever sees the text of.",
        body::so_21
    ),
    case!(
        Requests,
        "SO-22",
        "PR-MESS 2.2",
        "a requestHash in a request is ignored and not echoed",
        "The security server inserts its own; two of them make it throw the response away.",
        header::so_22
    ),
    case!(
        Requests,
        "SO-23",
        "PR-SECTOKEN 2",
        "a security token is not echoed, and not in clear in the log",
        "A token is a password for as long as it is valid, and security servers log responses.",
        header::so_23
    ),
    case!(
        Requests,
        "SO-24",
        "I HttpSender",
        "a SOAPAction that contradicts the body decides nothing",
        "The header is the consumer's own word, unsigned; dispatching by it goes past the access rights.",
        body::so_24
    ),
    case!(
        Requests,
        "SO-25",
        "RFC 9110 15.5.6",
        "GET and PUT at a SOAP address get 405",
        "Anything else invites caches and scanners.",
        body::so_25
    ),
    case!(
        Requests,
        "SO-26",
        "I ServerMessageProcessor",
        "CDATA, comments, character references and default namespaces mean the same as the plain form",
        "They are the same document to XML; a comment that splits a value has been used to deceive readers.",
        body::so_26
    ),
    case!(
        Requests,
        "SO-27",
        "XML 1.0",
        "a processing instruction in the body is ignored and not copied into the response",
        "The security server drops it when it writes the response anew, which breaks digests over it.",
        body::so_27
    ),
];
