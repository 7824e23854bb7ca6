#!/usr/bin/env python3
"""Calls Silta's SOAP services as another agency would: with zeep, an independent client, and our WSDL files alone.

Nothing of ours is used but the contracts in `wsdl/`. The answers are read by zeep from the same WSDL; what is checked is
that every header comes back as sent and that the answers hold what was asked for. Every operation of every WSDL is
called, and every message, sent or received, is valid to xmlschema, another XSD engine than that of the other tests.

    client.py --sandbox PATH_OF_SILTA                     starts `silta sandbox` on free ports and calls it
    client.py --address URL [--recipient ID] [--tenant-client ID] [--consumer-client ID]
                                                          calls a consumer's security server that already runs
"""

import argparse
import base64
import datetime
import pathlib
import sys
import time
import uuid

import requests
import xmlschema
import zeep
from lxml import etree

import sandbox

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
XRD = "{http://x-road.eu/xsd/xroad.xsd}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
XS = "{http://www.w3.org/2001/XMLSchema}"


class Family:
    """One service family, called through the security server at `address`."""

    def __init__(self, name, address, provider, consumer):
        wsdl = ROOT / "wsdl" / name / "v1" / "service.wsdl"
        session = requests.Session()
        session.trust_env = False
        self.transport = Transport(session=session, timeout=30, operation_timeout=60)
        self.judge = Judge(wsdl)
        self.client = zeep.Client(wsdl.as_uri(), transport=self.transport, plugins=[Watch(self)])
        binding = f"{{urn:silta:{name}:v1}}{name.capitalize()}Binding"
        self.service = self.client.create_service(binding, address)
        self.provider, self.consumer = provider, consumer
        self.answer = None
        self.called = set()

    def operations(self):
        """What the WSDL offers."""
        return set(self.service._binding.all())

    def call(self, operation, refusal=None, **request):
        """The body of the answer, after its headers were compared with those sent. `refusal` is the error code to expect."""
        headers = self.headers(operation)
        result = self.service[operation](**request, _soapheaders=headers)
        for name in ("id", "userId", "protocolVersion"):
            check(result.header[name] == headers[name], f"{operation}: {name} came back as {result.header[name]!r}")
        for name in ("client", "service"):
            for part, value in headers[name].items():
                got = result.header[name][part]
                check(got == value, f"{operation}: {name}.{part} came back as {got!r}, not {value!r}")
        echoed = [etree.QName(block).localname for block in self.answer.find("{*}Header") if block.tag.startswith(XRD)]
        echoed = [name for name in echoed if name != "requestHash"]
        check(sorted(echoed) == sorted(headers), f"{operation}: the header blocks {echoed} came back")
        body = result.body
        error = getattr(body, "error", None)
        check(getattr(error, "code", None) == refusal, f"{operation}: {error}, where {refusal or 'no error'} was expected")
        return body

    def headers(self, operation):
        names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
        return {
            "client": {**dict(zip(names, self.consumer.split("/"))), "objectType": "SUBSYSTEM"},
            "service": {**dict(zip(names, self.provider.split("/"))), "serviceCode": operation,
                        "serviceVersion": "v1", "objectType": "SERVICE"},
            "id": str(uuid.uuid4()),
            "userId": "zeep",
            "protocolVersion": "4.0",
        }


class Transport(zeep.Transport):
    """Sends what zeep wrote; with `files` (Content-ID and bytes) as a SOAP message with attachments."""

    files = ()
    related = ""

    def post(self, address, message, headers):
        if not self.files:
            return super().post(address, message, headers)
        if self.related:
            message = with_include(message, self.files[0][0])
        boundary = f"peer-{uuid.uuid4()}"
        parts = [(f"Content-Type: {self.related or 'text/xml; charset=UTF-8'}\r\nContent-ID: <root>", message)]
        for content_id, content in self.files:
            head = f"Content-Type: application/pdf\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{content_id}>"
            parts.append((head, content))
        body = b"".join(f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts)
        kind = "application/xop+xml" if self.related else "text/xml"
        more = '; start-info="text/xml"' if self.related else ""
        content_type = f'multipart/related; type="{kind}"; start="<root>"; boundary="{boundary}"{more}'
        return super().post(address, body + f"--{boundary}--\r\n".encode(), {**headers, "Content-Type": content_type})


def with_include(message, content_id):
    """The marker in place of the content becomes a reference to the part."""
    marker = base64.b64encode(content_id.encode())
    check(message.count(marker) == 1, "the message has no marker to replace")
    include = f'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:{content_id}"/>'
    return message.replace(marker, include.encode())


class Judge:
    """The schemas inside a WSDL, compiled by xmlschema; nothing is read from anywhere else."""

    def __init__(self, wsdl):
        schemas = [etree.tostring(schema, encoding="unicode") for schema in etree.parse(wsdl).iter(XS + "schema")]
        self.schema = xmlschema.XMLSchema10(schemas, allow="none")
        self.judged = 0

    def check(self, envelope, what):
        body = list(envelope.find(SOAP + "Body"))
        check(len(body) == 1, f"{what}: {len(body)} elements in the body")
        header = envelope.find(SOAP + "Header")
        blocks = [] if header is None else [block for block in header if etree.QName(block).localname != "requestHash"]
        for element in blocks + body:
            # A tree of its own, so that its namespaces are in scope.
            own = etree.fromstring(etree.tostring(element, with_tail=False))
            for error in self.schema.iter_errors(own):
                sys.exit(f"xmlschema: {what}: {error.path}: {error.reason}")
            self.judged += 1


class Watch(zeep.Plugin):
    """Shows the judge all that is sent and received, and keeps the answer as XML: zeep's own reading of it is one thing,
    its header blocks are another."""

    def __init__(self, family):
        self.family = family

    def egress(self, envelope, http_headers, operation, binding_options):
        self.family.called.add(operation.name)
        self.family.judge.check(envelope, f"{operation.name}, sent")
        return envelope, http_headers

    def ingress(self, envelope, http_headers, operation):
        self.family.answer = envelope
        self.family.judge.check(envelope, f"{operation.name}, received")
        return envelope, http_headers


def check(holds, otherwise):
    if not holds:
        sys.exit(f"zeep client: {otherwise}")


def read_catalogue(catalogue):
    page = catalogue.call("listServices", limit=10).page
    check(len(page["items"]) > 0, "listServices: no services")
    first = page["items"][0]
    print(f"listServices: {len(page['items'])} services, the first is {first.code}")
    if page.next:
        following = catalogue.call("listServices", limit=10, cursor=page.next).page["items"]
        check(following and following[0].code not in [item.code for item in page["items"]], "listServices: pages overlap")
    service = catalogue.call("getService", code=first.code).service
    check(service.code == first.code and service.name.fi, f"getService: {service.code}, {service.name}")
    print(f"getService: {service.code}, {service.name.fi}")
    swedish = catalogue.call("getService", code=first.code, lang="sv").service
    check(swedish.name.fi is None, "getService: lang=sv brought Finnish")
    word = max(service.name.fi.split(), key=len)
    found = catalogue.call("searchServices", query=word).page["items"]
    check(service.code in [item.code for item in found], f"searchServices: `{word}` does not find {service.code}")
    print(f"searchServices: `{word}` finds {len(found)}")
    answer = catalogue.service["getService"](code="no-such-code", _soapheaders=catalogue.headers("getService")).body
    check(answer.error is not None and answer.error.code == "unknown-code", f"getService: unknown code: {answer}")


def read_the_rest(catalogue):
    """Every list, and the first record of it where there is an operation for one."""
    for records, one in (("ServicePoints", "ServicePoint"), ("Channels", "Channel"), ("Organisations", "Organisation"),
                         ("Offers", None), ("Errands", None), ("Classes", None)):
        items = catalogue.call(f"list{records}", limit=5).page["items"]
        check(items, f"list{records}: nothing")
        if one:
            body = catalogue.call(f"get{one}", code=items[0].code)
            record = next(iter(body.__values__.values()))
            check(record.code == items[0].code, f"get{one}: {record.code}, not {items[0].code}")
    changes = catalogue.call("listChanges", limit=5).page
    check(changes["items"] and changes.next, "listChanges: nothing, or no cursor")
    following = catalogue.call("listChanges", limit=5, cursor=changes.next).page["items"]
    check(following != changes["items"], "listChanges: the cursor does not lead on")
    print(f"every other list and record: {len(catalogue.called)} operations called")


def send_attached(messages, recipient):
    """The same file as a SOAP attachment and as an XOP part: zeep writes the message, the parts go along."""
    pdf = (ROOT / "tests/samples/letters/decision.pdf").read_bytes()
    for form, related in (("SwA", ""), ("MTOM", 'application/xop+xml; charset=UTF-8; type="text/xml"')):
        name = f"{uuid.uuid4()}@peer.example"
        attachment = {"name": "paatos.pdf", "mediaType": "application/pdf"}
        # zeep writes no xop:Include itself, and the schema has base64 there: the marker is replaced on its way out.
        attachment |= {"content": name.encode()} if related else {"part": f"cid:{name}"}
        messages.transport.files = [(name, pdf)]
        messages.transport.related = related
        order = messages.call("sendMessage", orderId=f"zeep-{form}-{uuid.uuid4()}", recipients=[{"id": recipient}],
                              title="Liite", body="Liitteenä.", attachments=[attachment]).order
        messages.transport.files = ()
        check(len(order.sends) == 1, f"sendMessage with {form}: {order}")
        print(f"sendMessage with {form}: accepted")


def send_letter(messages, recipient):
    pdf = (ROOT / "tests/samples/letters/decision.pdf").read_bytes()
    order_id = f"zeep-{uuid.uuid4()}"
    request = {
        "orderId": order_id,
        "recipients": [{"id": recipient}],
        "title": "Päätös päivähoitopaikasta",
        "body": "Hei!\n\nPäätös on liitteenä.\n\nTerveisin\nTurun kaupunki",
        "attachments": [{"name": "paatos.pdf", "mediaType": "application/pdf", "content": pdf}],
    }
    order = messages.call("sendMessage", **request).order
    check(len(order.sends) == 1 and order.sends[0].recipientNumber == 1, f"sendMessage: {order}")
    check(isinstance(order.acceptedAt, datetime.datetime), f"sendMessage: acceptedAt is {order.acceptedAt!r}")
    again = messages.call("sendMessage", **request).order
    check(again.id == order.id, "sendMessage: the same order got two identifiers")
    until = time.monotonic() + 60
    while True:
        status = messages.call("getMessageStatus", id=order.id).status
        check(status.orderId == order_id, f"getMessageStatus: the order is {status.orderId}")
        state = status.sends[0].state
        if state in ("delivered", "read", "confirmed"):
            break
        check(state not in ("failed", "parked"), f"getMessageStatus: {state}, {status.sends[0].reason}")
        check(time.monotonic() < until, f"getMessageStatus: still {state} after a minute")
        time.sleep(0.5)
    receipt = messages.call("getReceipt", id=order.id).receipt
    facts = [(fact.source, fact.fact) for fact in receipt.statement.facts]
    check(facts[0] == ("message-log", "accepted"), f"getReceipt: {facts}")
    check(receipt.statement.orderId == order_id and receipt.opening.recipient == recipient, f"getReceipt: {receipt}")
    print(f"sendMessage, getMessageStatus, getReceipt: {state}, {len(facts)} facts")


def handle_letters(messages, recipient):
    """What else can be asked of letters: mailboxes, events, replies, files that come first, bulletins, cancelling."""
    mailboxes = messages.call("checkMailboxes", recipients=[{"id": recipient}]).check.mailboxes
    check(len(mailboxes) == 1 and mailboxes[0].inUse, f"checkMailboxes: {mailboxes}")
    page = messages.call("listMessageEvents", limit=100).page
    check("delivered" in [event.state for event in page.items], f"listMessageEvents: {page}")
    after = messages.call("listMessageEvents", cursor=page.next).page
    check(after.next, f"listMessageEvents: no place to go on from: {after}")
    check(not messages.call("listReplies").page.items, "listReplies: nobody has written")
    for operation in ("getReply", "acknowledgeReply"):
        messages.call(operation, refusal="not-found", id=str(uuid.uuid4()))
    pdf = (ROOT / "tests/samples/letters/decision.pdf").read_bytes()
    upload = messages.call("uploadFile", content=pdf).file
    check(upload.size == len(pdf), f"uploadFile: {upload}")
    bulletin = f"zeep-{uuid.uuid4()}"
    orders = [messages.call("sendMessage", orderId=f"{bulletin}-{number}", recipients=[{"id": recipient}], title="Tiedote",
                            body="Vesi on poikki.", bulletinId=bulletin, notBefore=datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc),
                            attachments=[{"name": "paatos.pdf", "mediaType": "application/pdf", "upload": upload.id}]).order
              for number in (1, 2)]
    status = messages.call("getBulletinStatus", bulletinId=bulletin).bulletin
    check([order.id for order in status.orders] == [order.id for order in orders], f"getBulletinStatus: {status}")
    cancelled = messages.call("cancelMessage", id=orders[0].id).cancellation
    check(len(cancelled.sends) == 1, f"cancelMessage: {cancelled}")
    messages.call("cancelBulletin", bulletinId=bulletin)
    states = [messages.call("getMessageStatus", id=order.id).status.sends[0].state for order in orders]
    check(states == ["cancelled", "cancelled"], f"cancelBulletin: {states}")
    print("mailboxes, events, replies, uploads, bulletins, cancelling: answered")


def call_everything(address, arguments):
    address = address.rstrip("/") + "/"
    families = [Family(name, address, arguments.tenant_client, arguments.consumer_client)
                for name in ("catalogue", "messages")]
    read_catalogue(families[0])
    read_the_rest(families[0])
    send_letter(families[1], arguments.recipient)
    send_attached(families[1], arguments.recipient)
    handle_letters(families[1], arguments.recipient)
    for family in families:
        check(family.called == family.operations(), f"never called: {sorted(family.operations() - family.called)}")
        print(f"{len(family.called)} operations, {family.judge.judged} elements valid to xmlschema")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sandbox", metavar="SILTA", help="the binary whose sandbox is started and called")
    parser.add_argument("--address", metavar="URL", help="a consumer's security server")
    parser.add_argument("--tenant-client", default=sandbox.PROVIDER, metavar="ID")
    parser.add_argument("--consumer-client", default=sandbox.CONSUMER, metavar="ID")
    parser.add_argument("--recipient", default="010190-901R", metavar="ID", help="who has a mailbox")
    arguments = parser.parse_args()
    if arguments.address:
        call_everything(arguments.address, arguments)
    elif arguments.sandbox:
        with sandbox.started(arguments.sandbox) as (address, _):
            call_everything(address, arguments)
    else:
        parser.error("give --sandbox or --address")
    print("zeep client: every answer is as the WSDL says")


if __name__ == "__main__":
    main()
