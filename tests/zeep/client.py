#!/usr/bin/env python3
"""Calls Silta's SOAP services as another agency would: with zeep, an independent client, and our WSDL files alone.

Nothing of ours is used but the contracts in `wsdl/`. The answers are read by zeep from the same WSDL; what is checked is
that every header comes back as sent and that the answers hold what was asked for.

    client.py --sandbox PATH_OF_SILTA                     starts `silta sandbox` on free ports and calls it
    client.py --address URL [--recipient ID] [--tenant-client ID] [--consumer-client ID]
                                                          calls a consumer's security server that already runs
"""

import argparse
import datetime
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import requests
import zeep
from lxml import etree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE = 180  # seconds until the sandbox must show its catalogue
XRD = "{http://x-road.eu/xsd/xroad.xsd}"


class Family:
    """One service family, called through the security server at `address`."""

    def __init__(self, name, address, provider, consumer):
        wsdl = ROOT / "wsdl" / name / "v1" / "service.wsdl"
        session = requests.Session()
        session.trust_env = False
        transport = zeep.Transport(session=session, timeout=30, operation_timeout=60)
        self.client = zeep.Client(wsdl.as_uri(), transport=transport, plugins=[KeepAnswer(self)])
        binding = f"{{urn:silta:{name}:v1}}{name.capitalize()}Binding"
        self.service = self.client.create_service(binding, address)
        self.provider, self.consumer = provider, consumer
        self.answer = None

    def call(self, operation, **request):
        """The body of the answer, after its headers were compared with those sent."""
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
        check(getattr(body, "error", None) is None, f"{operation}: refused: {getattr(body, 'error', None)}")
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


class KeepAnswer(zeep.Plugin):
    """Keeps the answer as XML: zeep's own reading of it is one thing, its header blocks are another."""

    def __init__(self, family):
        self.family = family

    def ingress(self, envelope, http_headers, operation):
        self.family.answer = envelope
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
    print(f"sendMessage, getMessageStatus: {state}")


def call_everything(address, arguments):
    address = address.rstrip("/") + "/"
    families = [Family(name, address, arguments.tenant_client, arguments.consumer_client)
                for name in ("catalogue", "messages")]
    read_catalogue(families[0])
    send_letter(families[1], arguments.recipient)


def security_server(data, log, sandbox):
    """The consumer's address, once the sandbox has done its own job and stays: what it calls afterwards is ours alone."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        check(sandbox.poll() is None, f"the sandbox ended with {sandbox.returncode}")
        if "Ctrl-C ends it." in log.read_text(errors="replace"):
            address = json.loads((data / "ports.json").read_text())["consumer"]
            return address if address.startswith("http") else f"http://{address}"
        time.sleep(0.2)
    sys.exit(f"zeep client: the sandbox's job was not done after {PATIENCE} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sandbox", metavar="SILTA", help="the binary whose sandbox is started and called")
    parser.add_argument("--address", metavar="URL", help="a consumer's security server")
    parser.add_argument("--tenant-client", default="FI-TEST/MUN/1234567-1/palvelut", metavar="ID")
    parser.add_argument("--consumer-client", default="FI-TEST/GOV/9999906-0/asiointi", metavar="ID")
    parser.add_argument("--recipient", default="010190-901R", metavar="ID", help="who has a mailbox")
    arguments = parser.parse_args()
    if arguments.address:
        call_everything(arguments.address, arguments)
    elif arguments.sandbox:
        with tempfile.TemporaryDirectory(prefix="silta-zeep-") as folder:
            log = pathlib.Path(folder) / "sandbox.log"
            data = pathlib.Path(folder) / "data"
            with open(log, "wb") as output:
                sandbox = subprocess.Popen(
                    [arguments.sandbox, "sandbox", "--data", data, "--port-base", "0"],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            try:
                call_everything(security_server(data, log, sandbox), arguments)
                sandbox.send_signal(signal.SIGINT)
                check(sandbox.wait(timeout=60) == 0, f"the sandbox ended with {sandbox.returncode} at Ctrl-C")
            except BaseException:
                sys.stdout.flush()
                sys.stderr.write(log.read_text(errors="replace")[-5000:])
                raise
            finally:
                if sandbox.poll() is None:
                    sandbox.kill()
                    sandbox.wait()
    else:
        parser.error("give --sandbox or --address")
    print("zeep client: every answer is as the WSDL says")


if __name__ == "__main__":
    main()
