"""X-Road messages over SOAP 1.1: reading of requests, writing of responses and faults, attachments."""

import base64
import binascii
import quopri
import re
import uuid
from urllib.parse import quote, unquote
from xml.parsers import expat
from xml.sax.saxutils import escape

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XRD = "http://x-road.eu/xsd/xroad.xsd"
ID = "http://x-road.eu/xsd/identifiers"
REPR = "http://x-road.eu/xsd/representation.xsd"
XOP = "http://www.w3.org/2004/08/xop/include"
TEXT_XML = "text/xml; charset=UTF-8"
DEPTH, ATTRIBUTES, NAMESPACES, ELEMENTS = 64, 64, 64, 100_000
PARTS = 100
CLIENT_PARTS = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
PARTS_OF = {
    "client": CLIENT_PARTS,
    "service": (*CLIENT_PARTS, "serviceCode", "serviceVersion"),
    "securityServer": ("xRoadInstance", "memberClass", "memberCode", "serverCode"),
}
SIMPLE = ("id", "userId", "issue", "protocolVersion")


class Fault(Exception):
    """Ends an exchange with a SOAP fault."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text, self.id = code, text, str(uuid.uuid4())

    def document(self):
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault>'
            f"<faultcode>soap:{self.code}</faultcode><faultstring>{clean(self.text)}</faultstring><detail>"
            f'<e:errorId xmlns:e="urn:example:items:fault">{self.id}</e:errorId></detail></soap:Fault></soap:Body>'
            "</soap:Envelope>"
        ).encode()


def client_fault(text):
    return Fault("Client", text)


def clean(text):
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)).replace("\r", "&#13;")


class Element:
    __slots__ = ("namespace", "name", "attributes", "children", "pieces")

    def __init__(self, namespace, name, attributes):
        self.namespace, self.name, self.attributes = namespace, name, attributes
        self.children, self.pieces = [], []

    @property
    def text(self):
        return "".join(self.pieces)

    def child(self, namespace, name):
        return next((it for it in self.children if (it.namespace, it.name) == (namespace, name)), None)


def decoded(data):
    """The document as text, by its mark and its declaration; what contradicts or is not known is refused."""
    try:
        if data.startswith(b"\xef\xbb\xbf"):
            return data[3:].decode("utf-8")
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        declared = re.match(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']+)[\"']", data)
        encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
        if encoding not in ("utf-8", "us-ascii", "iso-8859-1"):
            raise client_fault("the encoding is not supported")
        return data.decode(encoding)
    except UnicodeError as error:
        raise client_fault("the bytes do not fit the encoding") from error


def parse(data):
    """An element tree without DOCTYPE, in bounded depth and width."""
    text = re.sub(r"\A<\?xml[^>]*\?>", "", decoded(data))
    if "\0" in text:
        # The parser would take it for UTF-16, whatever it is told.
        raise client_fault("the document is not well-formed")
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    root, stack, count, namespaces = [], [], [0], [0]

    def split(name):
        namespace, _, local = name.rpartition(" ")
        return namespace, local

    def namespace(*_):
        namespaces[0] += 1
        if namespaces[0] > NAMESPACES:
            raise client_fault("too many namespaces")

    def start(name, attributes):
        namespaces[0] = 0
        count[0] += 1
        if len(stack) >= DEPTH or len(attributes) > ATTRIBUTES or count[0] > ELEMENTS:
            raise client_fault("the document is too deep or too wide")
        element = Element(*split(name), {split(key): value for key, value in attributes.items()})
        (stack[-1].children if stack else root).append(element)
        stack.append(element)

    def doctype(*_):
        raise client_fault("a DOCTYPE is not allowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda piece: stack[-1].pieces.append(piece)
    parser.StartNamespaceDeclHandler = namespace
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise client_fault("the document is not well-formed") from error
    return root[0]


class Message:
    """A request: its header fields in order, and its wrapper."""

    def __init__(self, data):
        envelope = parse(data)
        if (envelope.namespace, envelope.name) != (SOAP, "Envelope"):
            raise client_fault("no SOAP 1.1 envelope")
        kinds = [(it.namespace, it.name) for it in envelope.children]
        if kinds != [(SOAP, "Header"), (SOAP, "Body")]:
            raise client_fault("one Header and one Body are expected")
        header, body = envelope.children
        self.blocks, self.fields = [], {}
        understood = []
        for block in header.children:
            known = self._block(block)
            must = block.attributes.get((SOAP, "mustUnderstand")) in ("1", "true")
            understood.append(known or not must)
        for name in ("client", "service", "id", "protocolVersion"):
            if name not in self.fields:
                raise client_fault(f"the header field {name} is missing")
        if not all(understood):
            raise Fault("MustUnderstand", "a header block is not understood")
        if not self.fields["protocolVersion"].startswith("4."):
            raise client_fault("the protocol version is not 4.x")
        if len(self.fields["id"]) > 255 or not self.fields["id"]:
            raise client_fault("the id is empty or too long")
        if len(body.children) != 1 or body.text.strip():
            raise client_fault("one element is expected in the Body")
        self.wrapper = body.children[0]
        styled = [envelope, body, self.wrapper]
        if any((SOAP, "encodingStyle") in it.attributes for it in styled):
            raise client_fault("encoded messages are not supported")

    def _block(self, block):
        if block.namespace == REPR and block.name == "representedParty":
            self._once(block.name, {it.name: it.text for it in block.children})
            parts = "".join(f"<repr:{it.name}>{clean(it.text)}</repr:{it.name}>" for it in block.children)
            party = f'<repr:representedParty xmlns:repr="{REPR}">{parts}</repr:representedParty>'
            self.blocks.append(party)
            return True
        if block.namespace != XRD:
            return False
        if block.name == "requestHash":
            return True
        if block.name in SIMPLE:
            self._once(block.name, block.text)
            self.blocks.append(f"<xrd:{block.name}>{clean(block.text)}</xrd:{block.name}>")
            return True
        if block.name in PARTS_OF:
            self._once(block.name, identifier(block))
            parts = "".join(f"<id:{it.name}>{clean(it.text)}</id:{it.name}>" for it in block.children)
            kind = block.attributes[(ID, "objectType")]
            self.blocks.append(f'<xrd:{block.name} id:objectType="{kind}">{parts}</xrd:{block.name}>')
            return True
        return False

    def _once(self, name, value):
        if name in self.fields:
            raise client_fault(f"the header field {name} is there twice")
        self.fields[name] = value

    def response(self, inside, namespace):
        code = self.wrapper.name
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{SOAP}" xmlns:xrd="{XRD}" '
            f'xmlns:id="{ID}"><soap:Header>{"".join(self.blocks)}</soap:Header><soap:Body>'
            f'<{code}Response xmlns="{namespace}">{inside}</{code}Response></soap:Body></soap:Envelope>'
        ).encode()


def identifier(block):
    """The parts of a client, service or security server by name."""
    kind = block.attributes.get((ID, "objectType"))
    allowed = {"client": ("MEMBER", "SUBSYSTEM"), "service": ("SERVICE",), "securityServer": ("SERVER",)}[block.name]
    if kind not in allowed:
        raise client_fault(f"{block.name} has no fitting objectType")
    parts = {}
    for it in block.children:
        if it.namespace != ID or it.name not in PARTS_OF[block.name] or it.name in parts:
            raise client_fault(f"{block.name} has parts that do not belong to it")
        parts[it.name] = it.text
    needed = [it for it in PARTS_OF[block.name] if it not in ("subsystemCode", "serviceVersion")]
    if any(not parts.get(it, "").strip() for it in needed):
        raise client_fault(f"{block.name} lacks a part")
    if block.name == "client" and (kind == "SUBSYSTEM") != ("subsystemCode" in parts):
        raise client_fault("the client's objectType contradicts its parts")
    return parts


def encoded(parts):
    """Parts of an identifier as REST spells them."""
    return "/".join(quote(it, safe="'()+,=") for it in parts)


def content_type(value):
    """Media type in lower case, and its parameters."""
    kind, _, rest = value.partition(";")
    pairs = re.findall(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]+))", rest)
    return kind.strip().lower(), {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare for name, quoted, bare in pairs}


def parts_of(boundary, body):
    """The parts of a multipart body: headers and decoded content. A body that is not closed is refused."""
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    found, places = [], []
    for match in line.finditer(body):
        places.append(match)
        if match.group(1):
            break
        if len(places) > PARTS:
            raise client_fault("too many parts")
    if not places or not places[-1].group(1):
        raise client_fault("the multipart message is not closed")
    for here, after in zip(places, places[1:]):
        start = body.index(b"\n", here.end()) + 1
        found.append(part(body[start : after.start()]))
    if not found:
        raise client_fault("the multipart message is empty")
    return found


def part(data):
    end = re.search(rb"\r?\n\r?\n|\A\r?\n", data + b"\r\n\r\n")
    head, content = data[: end.start()], data[end.end() :]
    headers = {}
    for line in re.split(rb"\r?\n(?![ \t])", head):
        name, colon, value = line.partition(b":")
        if not colon or b"\0" in line:
            raise client_fault("a part's header is malformed")
        headers[name.strip().decode("latin-1").lower()] = re.sub(rb"\r?\n", b"", value).strip().decode("latin-1")
    if "content-type" not in headers:
        raise client_fault("a part has no Content-Type")
    encoding = headers.get("content-transfer-encoding", "binary").lower()
    try:
        if encoding == "base64":
            content = base64.b64decode(re.sub(rb"\s", b"", content), validate=True)
        elif encoding == "quoted-printable":
            content = quopri.decodestring(content)
        elif encoding not in ("7bit", "8bit", "binary"):
            raise client_fault("a part's transfer encoding is not known")
    except binascii.Error as error:
        raise client_fault("a part is no base64") from error
    return headers, content


def read(kind, body):
    """The SOAP document's bytes, and the attachments in order with the names by which they may be referred to."""
    media, parameters = content_type(kind)
    if media == "text/xml":
        return body, [], {}
    if media != "multipart/related" or not parameters.get("boundary"):
        raise client_fault("text/xml or multipart/related is expected")
    (first, document), *others = parts_of(parameters["boundary"], body)
    if content_type(first["content-type"])[0] not in ("text/xml", "application/xop+xml"):
        raise client_fault("the first part is no SOAP message")
    if first.get("content-transfer-encoding", "binary").lower() not in ("7bit", "8bit", "binary"):
        raise client_fault("the SOAP part must not be encoded")
    named = {}
    for headers, content in others:
        name = headers.get("content-id", "").strip()
        if name.startswith("<") and name.endswith(">"):
            if name[1:-1] in named:
                raise client_fault("two parts have the same Content-ID")
            named[name[1:-1]] = content
    return document, [content for _, content in others], named


def referred(reference, named):
    """The attachment that a cid: reference means."""
    name = unquote(reference.strip()[4:]) if reference.strip().startswith("cid:") else None
    if name not in named:
        raise client_fault("a reference leads to no part")
    return named[name]


def multipart(document, attachments):
    """A response with attachments, and its Content-Type."""
    boundary = f"items-{uuid.uuid4()}"
    lines = [f"--{boundary}\r\nContent-Type: {TEXT_XML}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode(), document]
    for name, kind, content in attachments:
        head = f"\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{name}>\r\n\r\n"
        lines += [head.encode(), content]
    lines.append(f"\r\n--{boundary}--\r\n".encode())
    return b"".join(lines), f'multipart/related; type="text/xml"; boundary="{boundary}"'
