"""The items' owner as a consumer: calls through its own security server, and what their answers are taken for.

Nothing is sent twice: whoever asked may ask again. A redirect is an answer like others.
"""

import base64
import hashlib
import http.client
import json
import ssl
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import soap

SECONDS = 30
PLACEHOLDER = "http://example.org/xroad-endpoint"
WSDL_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
# Codes of X-Road that prove that the provider has not got the request.
NOT_DELIVERED = ("accessdenied", "unknownservice", "servicedisabled", "servicetype", "networkerror", "globalconfoutdated")


class Failed(Exception):
    """A call without a usable answer."""

    def __init__(self, outcome, fault, text, **more):
        super().__init__(text)
        self.told = {"outcome": outcome, "fault": fault, "text": text, "delivered": "unknown"} | more


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def exchange(wish, method, target, headers, body=None):
    """One request over a connection of its own. The security server is known by its certificate alone."""
    address = urlsplit(wish["securityServer"])
    pin = ssl.PEM_cert_to_DER_cert(Path(wish["certificate"]).read_text(encoding="ascii"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    seconds = wish.get("timeoutSeconds", SECONDS)
    connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=seconds, context=context)
    try:
        connection.connect()
        if connection.sock.getpeercert(binary_form=True) != pin:
            raise OSError("the certificate is not the pinned one")
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise Failed("error", "network", f"the security server cannot be reached: {error}", delivered="no") from error
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise Failed("error", "network", f"the connection failed: {error}") from error
    finally:
        connection.close()


def x_road(code):
    """X-Road's own code in one spelling; None when it is somebody else's."""
    plain = code.strip().lower().replace("_", "").replace("outdatedglobalconf", "globalconfoutdated")
    return plain if plain.startswith(("client.", "server.clientproxy", "server.serverproxy")) else None


def delivered(code):
    return "no" if "servicefailed" not in code and code.endswith(NOT_DELIVERED) else "unknown"


def parts(text, names):
    return "".join(f"<id:{name}>{soap.clean(unquote(it))}</id:{name}>" for name, it in zip(names, text.split("/")))


def block(name, kind, inside):
    return f'<xrd:{name} id:objectType="{kind}">{inside}</xrd:{name}>'


def call_soap(wish, body, service, version):
    """The response's wrapper as an element, its text, and its attachments."""
    own = str(uuid.uuid4())
    inside = parts(service, (*soap.CLIENT_PARTS, "serviceCode"))
    if version is not None:
        inside += f"<id:serviceVersion>{soap.clean(version)}</id:serviceVersion>"
    blocks = [block("client", "SUBSYSTEM", parts(wish["client"], soap.CLIENT_PARTS)), block("service", "SERVICE", inside)]
    if target := wish.get("securityServerTarget"):
        names = soap.PARTS_OF["securityServer"]
        blocks.append(block("securityServer", "SERVER", parts(target, names)))
    simple = {"id": own, "userId": wish.get("userId"), "issue": wish.get("issue"), "protocolVersion": "4.0"}
    blocks += [f"<xrd:{name}>{soap.clean(value)}</xrd:{name}>" for name, value in simple.items() if value is not None]
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{soap.SOAP}" xmlns:xrd="{soap.XRD}" '
        f'xmlns:id="{soap.ID}"><soap:Header>{"".join(blocks)}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>'
    ).encode()
    entity, kind = document, soap.TEXT_XML
    if wish.get("attachments"):
        files = [(it["contentId"], it["contentType"], base64.b64decode(it["content"])) for it in wish["attachments"]]
        entity, kind = soap.multipart(document, files)
    answer = exchange(wish, "POST", "/", [("Content-Type", kind), ("SOAPAction", '""')], entity)
    if answer.status not in (200, 500):
        raise Failed("error", "x-road", f"a SOAP answer with status {answer.status}", status=answer.status)
    try:
        received, attachments, _ = soap.read(answer.headers.get("Content-Type", ""), answer.body)
        envelope = soap.parse(received)
        return checked(envelope, soap.parse(document), document), received.decode(), attachments
    except soap.Fault as error:
        raise Failed("error", "integrity", f"the answer is no message: {error.text}") from error


def checked(envelope, sent, document):
    """The wrapper of a response that answers what was sent."""
    body = envelope.child(soap.SOAP, "Body")
    if body is None or len(body.children) != 1:
        raise Failed("error", "integrity", "the answer has no body")
    wrapper = body.children[0]
    if (wrapper.namespace, wrapper.name) == (soap.SOAP, "Fault"):
        written = wrapper.child("", "faultcode")
        code = written.text.strip() if written is not None else ""
        theirs = x_road(code)
        if theirs is None:
            raise Failed("fault", "provider", f"a fault: {code}", code=code)
        raise Failed("fault", "x-road", f"X-Road: {code}", code=theirs, delivered=delivered(theirs))
    header, own = envelope.child(soap.SOAP, "Header"), sent.child(soap.SOAP, "Header")
    for name in ("client", "service", "id", "userId", "issue"):
        pair = [it.child(soap.XRD, name) if it is not None else None for it in (header, own)]
        told = [None if it is None else soap.identifier(it) if name in soap.PARTS_OF else it.text for it in pair]
        if told[0] != told[1]:
            raise Failed("error", "integrity", f"the answer's {name} is another")
    received = header.child(soap.XRD, "requestHash")
    right = base64.b64encode(hashlib.sha512(document).digest()).decode()
    if received is None or received.text != right:
        told = "absent" if received is None else received.text
        raise Failed("error", "integrity", f"the answer's request hash is {told}, the request's is {right}")
    return wrapper


def call_rest(wish, method, target, body=None):
    """The provider's answer, whatever its status."""
    own = str(uuid.uuid4())
    headers = [("X-Road-Client", wish["client"]), ("X-Road-Id", own), ("Accept", "application/json")]
    for name, member in (("X-Road-UserId", "userId"), ("X-Road-Issue", "issue"), ("X-Road-Security-Server", "securityServerTarget")):
        if wish.get(member):
            headers.append((name, wish[member]))
    if body is not None:
        headers.append(("Content-Type", "application/json"))
    answer = exchange(wish, method, target, headers, body)
    if code := answer.headers.get("X-Road-Error"):
        theirs = x_road(code) or code.lower()
        raise Failed("problem", "x-road", f"X-Road: {code}", code=theirs, delivered=delivered(theirs), status=answer.status)
    if not any(name.lower().startswith("x-road-") for name in answer.headers):
        raise Failed("problem", "x-road", "the security server refused the request itself", status=answer.status)
    if answer.headers.get("X-Road-Id") != own:
        raise Failed("error", "integrity", "the answer carries another id")
    return answer


def call(wish):
    try:
        if wish["protocol"] == "soap":
            wrapper, text, _ = call_soap(wish, wish["body"], wish["service"], wish.get("version"))
            return {"outcome": "response", "status": 200, "body": text, "wrapper": wrapper.name}
        target = f"/r1/{wish['service']}/{wish.get('path', '').lstrip('/')}"
        body = wish["body"].encode() if wish.get("body") else None
        answer = call_rest(wish, wish.get("method", "GET"), target, body)
        wrong = answer.status >= 400
        told = {"outcome": "problem" if wrong else "response", "status": answer.status}
        return told | {"body": answer.body.decode("utf-8", "replace")} | ({"fault": "provider"} if wrong else {})
    except Failed as failed:
        return failed.told


def ask(wish):
    """One question to a metadata service."""
    try:
        return {"outcome": "response"} | QUESTIONS[wish["what"]](wish)
    except Failed as failed:
        return failed.told
    except (ValueError, KeyError, AttributeError, soap.Fault) as error:
        return {"outcome": "error", "fault": "integrity", "text": f"the answer is no list: {error!r}"}


def spelled(values):
    """The parts that are there."""
    return soap.encoded(it for it in values if it is not None)


def methods(wish):
    what = wish["what"]
    if wish["protocol"] == "rest":
        listed = json.loads(call_rest(wish, "GET", f"/r1/{wish['provider']}/{what}").body)["service"]
        names = ("xroad_instance", "member_class", "member_code", "subsystem_code", "service_code")
        return {"services": [spelled(it.get(name) for name in names) for it in listed]}
    body = f'<xrd:{what} xmlns:xrd="{soap.XRD}"/>'
    wrapper, _, _ = call_soap(wish, body, f"{wish['provider']}/{what}", None)
    services = [it for it in wrapper.children if (it.namespace, it.name) == (soap.XRD, "service")]
    return {"services": [spelled(text_of(it, name) for name in soap.PARTS_OF["service"]) for it in services]}


def text_of(element, name):
    child = element.child(soap.ID, name)
    return None if child is None else child.text


def clients(wish):
    kind = "application/json" if wish["form"] == "json" else "text/xml"
    answer = exchange(wish, "GET", "/listClients", [("Accept", kind)])
    if "json" in answer.headers.get("Content-Type", ""):
        names = ("xroad_instance", "member_class", "member_code", "subsystem_code")
        members = json.loads(answer.body)["member"]
        return {"clients": [{"id": spelled(it["id"].get(name) for name in names), "name": it.get("name")} for it in members]}
    listed = []
    for member in soap.parse(answer.body).children:
        identifier, name = member.child(soap.XRD, "id"), member.child(soap.XRD, "name")
        written = spelled(text_of(identifier, part) for part in soap.CLIENT_PARTS)
        listed.append({"id": written, "name": None if name is None else name.text})
    return {"clients": listed}


def wsdl(wish):
    version = f"<xrd:serviceVersion>{soap.clean(wish['version'])}</xrd:serviceVersion>" if wish.get("version") else ""
    body = f'<xrd:getWsdl xmlns:xrd="{soap.XRD}"><xrd:serviceCode>{soap.clean(wish["service"])}</xrd:serviceCode>{version}</xrd:getWsdl>'
    _, _, attachments = call_soap(wish, body, f"{wish['provider']}/getWsdl", None)
    document = attachments[0] if attachments else b""
    waiting, addresses = [soap.parse(document)], []
    while waiting:
        element = waiting.pop()
        waiting += element.children
        if (element.namespace, element.name) == (WSDL_SOAP, "address"):
            addresses.append(element.attributes.get(("", "location")))
    return {"document": document.decode(), "anonymous": all(it == PLACEHOLDER for it in addresses)}


QUESTIONS = {"listMethods": methods, "allowedMethods": methods, "listClients": clients, "getWsdl": wsdl}
