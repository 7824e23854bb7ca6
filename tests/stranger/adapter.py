#!/usr/bin/env python3
"""A small register of items behind X-Road: an adapter of its own make, which has nothing from Silta.

The conformance kit must find it good. It keeps everything in memory, and one line of JSON for each exchange in a file.
Python's standard library is all it needs.

    adapter.py --certificate CERT --key KEY --pin CERT --log FILE    prints its port when it serves
    adapter.py act NAME --log FILE                                   an act of control.toml
"""

import argparse
import base64
import datetime
import hashlib
import json
import os
import re
import resource
import socket
import ssl
import sys
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import consumer
import soap
from wire import Connection, Gone, Refused, TooLarge

PROVIDER = ("FI-TEST", "MUN", "1234567-1", "items")
READER = "FI-TEST/MUN/7654321-0/reader"
RIGHTS = {"FI-TEST/GOV/9999906-0/asiointi": None, READER: {"getItem"}}
NAMESPACE = "urn:example:items:v1"
SOAP_PART, ATTACHMENTS = 10 << 20, 8 << 20
REST = "/rest/v1"
HERE = Path(__file__).parent
ITEMS = {"42": "Kirja", "43": "Ääni"}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")


def digest(data):
    return base64.b64encode(hashlib.sha512(data).digest()).decode()


class Problem(Exception):
    def __init__(self, status, title, allow=""):
        super().__init__(title)
        self.status, self.title, self.allow = status, title, allow


class Register:
    """The items, the orders that were carried out, and the log."""

    def __init__(self, log):
        self.items, self.done, self.lock = dict(ITEMS), {}, threading.Lock()
        self.log = open(log, "a", encoding="ascii")

    def add(self, reference, name):
        """The key of a new item; the same reference is the same item. Says how much it changed."""
        with self.lock:
            if reference in self.done:
                return self.done[reference], 0
            key = str(len(self.items) + 42)
            self.items[key] = name
            self.done[reference] = key
            return key, 1

    def record(self, record):
        with self.lock:
            # ASCII only: nothing in it can be taken for an end of the line.
            self.log.write(json.dumps(record) + "\n")
            self.log.flush()


class Exchange:
    """One request and its answer."""

    def __init__(self, register, connection, request):
        self.register, self.connection, self.request = register, connection, request
        self.entry = {"received": now(), "method": request.method, "effects": 0}

    def serve(self):
        path = self.request.path
        if path == "/soap":
            return self.soap()
        if path in ("/items.wsdl", "/openapi.json"):
            return self.description(path)
        return self.rest()

    def finish(self, status, headers, body, logged=True):
        if logged:
            self.entry |= {"status": status, "responseDigest": digest(body), "sent": now()}
            self.register.record(self.entry)
        return self.connection.answer(self.request, status, headers, body)

    def description(self, path):
        if self.request.method not in ("GET", "HEAD"):
            return self.finish(405, [("Allow", "GET, HEAD")], b"", logged=False)
        kind = soap.TEXT_XML if path.endswith(".wsdl") else "application/json"
        return self.finish(200, [("Content-Type", kind)], (HERE / path[1:]).read_bytes(), logged=False)

    # SOAP

    def soap(self):
        if self.request.method != "POST":
            return self.finish(405, [("Allow", "POST")], b"", logged=False)
        self.entry["protocol"] = "soap"
        try:
            body, kind = self.called()
            status = 200
        except soap.Fault as fault:
            self.entry |= {"faultCode": f"soap:{fault.code}", "faultId": fault.id}
            body, kind, status = fault.document(), soap.TEXT_XML, 500
        except (Gone, Refused):
            raise
        except Exception:
            fault = soap.Fault("Server", "an internal error")
            self.entry |= {"faultCode": "soap:Server", "faultId": fault.id}
            body, kind, status = fault.document(), soap.TEXT_XML, 500
        return self.finish(status, [("Content-Type", kind)], body)

    def called(self):
        request = self.request
        kind = request.one("content-type")
        whole = kind.lower().startswith("multipart/")
        try:
            body = request.body(SOAP_PART + ATTACHMENTS if whole else SOAP_PART)
        except TooLarge as error:
            raise soap.client_fault("the message is too large") from error
        if request.all("content-encoding"):
            raise soap.client_fault("the message is packed")
        document, attachments, named = soap.read(kind, body)
        self.entry |= {"requestDigest": digest(document), "soapAction": request.one("soapaction")}
        self.entry["requestParts"] = [{"size": len(it), "digest": digest(it)} for it in attachments]
        if len(document) > SOAP_PART or sum(map(len, attachments)) > ATTACHMENTS:
            raise soap.client_fault("the message is too large")
        self.entry["id"] = early_id(document)
        message = soap.Message(document)
        self.entry["id"] = message.fields["id"]
        client, service = message.fields["client"], message.fields["service"]
        self.entry["client"] = soap.encoded(client.values())
        self.entry["service"] = soap.encoded(service.values())
        code, version = service["serviceCode"], service.get("serviceVersion")
        provider = tuple(service.get(it) for it in soap.CLIENT_PARTS)
        if provider != PROVIDER or code not in OPERATIONS or version != "v1":
            raise soap.client_fault("there is no such service")
        if (message.wrapper.namespace, message.wrapper.name) != (NAMESPACE, code):
            raise soap.client_fault("the body does not belong to the service")
        if not allowed(self.entry["client"], code):
            raise soap.client_fault("the client has no right to this service: access denied")
        return OPERATIONS[code](self, message, named)

    def members(self, message, *names):
        """The members of the wrapper by name, each once and no other."""
        found = {}
        for it in message.wrapper.children:
            if it.namespace != NAMESPACE or it.name not in names or it.name in found:
                raise soap.client_fault("the body is not as the WSDL describes it")
            found[it.name] = it
        return found

    def get_item(self, message, _):
        key = self.members(message, "key").get("key")
        if key is None or key.children:
            raise soap.client_fault("a key is needed")
        name = self.register.items.get(key.text)
        if name is None:
            return message.response(REFUSAL, NAMESPACE), soap.TEXT_XML
        item = f"<item><key>{soap.clean(key.text)}</key><name>{soap.clean(name)}</name></item>"
        return message.response(item, NAMESPACE), soap.TEXT_XML

    def add_item(self, message, _):
        members = self.members(message, "reference", "name")
        if len(members) != 2:
            raise soap.client_fault("a reference and a name are needed")
        key, changed = self.register.add(members["reference"].text, members["name"].text)
        self.entry["effects"] = changed
        return message.response(f"<key>{key}</key>", NAMESPACE), soap.TEXT_XML

    def put_files(self, message, named):
        files = 0
        for it in message.wrapper.children:
            if (it.namespace, it.name) != (NAMESPACE, "file"):
                raise soap.client_fault("the body is not as the WSDL describes it")
            content, reference = it.child(NAMESPACE, "content"), it.child(NAMESPACE, "part")
            include = content.child(soap.XOP, "Include") if content is not None else None
            if include is not None:
                soap.referred(include.attributes.get(("", "href"), ""), named)
            elif reference is not None:
                soap.referred(reference.text, named)
            else:
                raise soap.client_fault("a file has neither content nor part")
            files += 1
        self.entry["effects"] = files
        return message.response(f"<count>{files}</count>", NAMESPACE), soap.TEXT_XML

    def get_files(self, message, _):
        self.members(message)
        document = message.response("<part>cid:one</part><part>cid:two</part>", NAMESPACE)
        return soap.multipart(document, [("one", "text/plain", b"first"), ("two", "text/plain", b"second\r\n")])

    # REST

    def rest(self):
        self.entry["protocol"] = "rest"
        headers = [("Content-Type", "application/json")]
        try:
            status, value = self.resource()
            body = b"" if status == 204 else json.dumps(value, ensure_ascii=False).encode()
            if status == 204:
                headers = [("Allow", "GET, HEAD, POST, OPTIONS")]
        except Problem as problem:
            status, instance = problem.status, str(uuid.uuid4())
            self.entry["faultId"] = instance
            value = {"type": "about:blank", "title": problem.title, "status": status, "instance": f"urn:uuid:{instance}"}
            body, headers = json.dumps(value).encode(), [("Content-Type", "application/problem+json")]
            if problem.allow:
                headers.append(("Allow", problem.allow))
        return self.finish(status, headers, body)

    def resource(self):
        request = self.request
        self.entry["id"] = request.one("x-road-id")[:255]
        self.entry["requestId"] = request.one("x-road-request-id")[:255]
        segments = self.segments()
        if segments[:1] != ["items"] or len(segments) > 2:
            raise Problem(404, "There is nothing here")
        client = self.caller()
        methods = "GET, HEAD, OPTIONS" if len(segments) == 2 else "GET, HEAD, POST, OPTIONS"
        if request.method not in methods.split(", "):
            raise Problem(405, "No such method", methods)
        if request.method == "OPTIONS":
            return 204, None
        self.entry["service"] = soap.encoded((*PROVIDER, "items"))
        if not allowed(client, "items"):
            raise Problem(403, "The client has no right to this service")
        accepted = [it.split(";")[0].strip() for value in request.all("accept") for it in value.split(",")]
        if accepted and not {"application/json", "application/*", "*/*"} & set(accepted):
            raise Problem(406, "Only JSON is served")
        query = self.query()
        if request.method == "POST":
            return self.post()
        if len(segments) == 2:
            name = self.register.items.get(segments[1])
            if name is None or query:
                raise Problem(400 if query else 404, "There is no such item")
            return 200, {"key": segments[1], "name": name}
        limit = query.pop("limit", "50")
        if query or not re.fullmatch("[0-9]{1,3}", limit):
            raise Problem(400, "The query is not as described")
        listed = sorted(self.register.items.items())[: int(limit)]
        return 200, {"items": [{"key": key, "name": name} for key, name in listed]}

    def segments(self):
        """What follows the base path, decoded. A path that could be read in two ways is refused."""
        path = self.request.path
        if path != REST and not path.startswith(REST + "/"):
            raise Problem(404, "There is nothing here")
        segments = []
        for raw in path[len(REST) + 1 :].split("/"):
            if re.search("%(?![0-9A-Fa-f]{2})", raw) or not re.fullmatch(r"[A-Za-z0-9\-._~!$&'()*+,=:@%]+", raw):
                raise Problem(400, "The path is malformed")
            try:
                text = unquote(raw, errors="strict")
            except UnicodeError:
                raise Problem(400, "The path is no UTF-8") from None
            if text in (".", "..") or re.search(r"[/\\%\x00-\x1f\x7f;]", text):
                raise Problem(400, "The path is ambiguous")
            segments.append(text)
        return segments

    def caller(self):
        request = self.request
        clients = request.all("x-road-client")
        if len(clients) != 1:
            raise Problem(400, "X-Road-Client is needed once")
        parts = identifiers(clients[0])
        if len(parts) not in (3, 4):
            raise Problem(400, "X-Road-Client is malformed")
        self.entry["client"] = soap.encoded(parts)
        for name in ("x-road-userid", "x-road-issue", "x-road-id", "x-road-request-id", "x-road-represented-party"):
            values = request.all(name)
            if len(values) > 1 or any(len(it) > 255 for it in values):
                raise Problem(400, f"{name} is there twice or too long")
        for value in request.all("x-road-represented-party"):
            party = identifiers(value)
            if len(party) > 2:
                raise Problem(400, "X-Road-Represented-Party is malformed")
            self.entry["representedParty"] = {"class": party[0] if len(party) == 2 else None, "code": party[-1]}
        return self.entry["client"]

    def query(self):
        pairs = []
        try:
            pairs = parse_qsl(self.request.query, keep_blank_values=True, strict_parsing=True, errors="strict") if self.request.query else []
        except ValueError:
            raise Problem(400, "The query is malformed") from None
        if len({name for name, _ in pairs}) != len(pairs):
            raise Problem(400, "A parameter is there twice")
        return dict(pairs)

    def post(self):
        request = self.request
        if request.all("content-encoding") or soap.content_type(request.one("content-type"))[0] != "application/json":
            raise Problem(415, "A body of application/json is needed")
        try:
            body = request.body(1 << 20)
        except TooLarge:
            raise Problem(413, "The body is too large") from None
        self.entry["requestDigest"] = digest(body)
        value = strict_json(body)
        if not isinstance(value, dict) or set(value) != {"reference", "name"}:
            raise Problem(400, "The body is not as described")
        if not all(isinstance(it, str) for it in value.values()):
            raise Problem(400, "The body is not as described")
        key, self.entry["effects"] = self.register.add(value["reference"], value["name"])
        return 201, {"key": key}


OPERATIONS = {
    "getItem": Exchange.get_item,
    "addItem": Exchange.add_item,
    "putFiles": Exchange.put_files,
    "getFiles": Exchange.get_files,
}
REFUSAL = "<error><code>unknown-key</code><message>There is no such item.</message></error>"


def early_id(document):
    """The id of a message that may turn out to be none, so that its refusal can be found in the log."""
    found = re.findall(rb":id>([^<&]{1,255})</[^>]*:id>", document[:65536])
    return found[0].decode("ascii", "replace") if len(found) == 1 else None


def allowed(client, code):
    return client in RIGHTS and (RIGHTS[client] is None or code in RIGHTS[client])


def identifiers(value):
    """Percent-encoded parts of an X-Road header."""
    parts = []
    for raw in value.split("/"):
        if re.search("%(?![0-9A-Fa-f]{2})", raw) or not re.fullmatch(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%?]+", raw):
            raise Problem(400, "An X-Road header is malformed")
        try:
            parts.append(unquote(raw, errors="strict"))
        except UnicodeError:
            raise Problem(400, "An X-Road header is malformed") from None
    if any(not it.strip() for it in parts):
        raise Problem(400, "An X-Road header is malformed")
    return parts


def strict_json(body):
    def pairs(found):
        if len(dict(found)) != len(found):
            raise ValueError("a doubled key")
        return dict(found)

    def number(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise ValueError("a number beyond all measure")
        return value

    def constant(_):
        raise ValueError("no JSON")

    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=pairs, parse_float=number, parse_constant=constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except (ValueError, RecursionError):
        raise Problem(400, "The body is no sound JSON") from None


def converse(raw, context, pin, register):
    """One connection."""
    try:
        raw.settimeout(10)
        with context.wrap_socket(raw, server_side=True) as stream:
            # The chain's check is not enough: the certificate must be the pinned one itself.
            if stream.getpeercert(binary_form=True) != pin:
                return
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(stream)
            while True:
                try:
                    request = connection.request()
                    if request is None or not Exchange(register, connection, request).serve():
                        break
                except Refused as refused:
                    connection.answer(None, refused.status, [], close=True)
                    break
    except (OSError, Gone):
        pass
    finally:
        raw.close()


def serve(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384")
    context.options |= ssl.OP_NO_TICKET
    context.load_cert_chain(options.certificate, options.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(options.pin)
    # A security server's certificate is its own root, and its dates are nobody's matter.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | 0x200000
    pin = ssl.PEM_cert_to_DER_cert(Path(options.pin).read_text(encoding="ascii"))
    register = Register(options.log)
    Path(options.log + ".pid").write_text(str(os.getpid()), encoding="ascii")
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    threading.stack_size(512 * 1024)
    # As many connections as a security server may open.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            time.sleep(0.05)
            continue
        threading.Thread(target=converse, args=(raw, context, pin, register), daemon=True).start()


def act(options):
    """An act of control.toml: parameters on standard input, the answer on standard output."""
    wish = json.load(sys.stdin)
    if options.act == "check-config":
        if "serviceCode" not in wish:
            return 3
        answer = {"configurable": False}
    elif options.act == "resources":
        pid = Path(options.log + ".pid").read_text(encoding="ascii")
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        answer = {"memory": int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024}
    elif options.act == "call":
        answer = consumer.call(wish)
    elif options.act == "list":
        answer = consumer.ask(wish)
    elif options.act == "log-find":
        records = []
        for line in Path(options.log).read_text(encoding="ascii").splitlines():
            record = json.loads(line)
            if all(record.get(name) == value for name, value in wish.items()):
                records.append(record | {"text": line})
        answer = {"records": records}
    else:
        return 3
    json.dump(answer, sys.stdout)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="act NAME")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--pin")
    parser.add_argument("--log", required=True)
    options = parser.parse_args()
    if options.words:
        _, options.act = options.words
        return act(options)
    return serve(options)


if __name__ == "__main__":
    sys.exit(main())
