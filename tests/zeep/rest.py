#!/usr/bin/env python3
"""Drives every REST operation of our OpenAPI files with schemathesis, an independent client that makes up requests.

The requests go to the adapter of a sandbox as its security server sends them, with that server's certificate: a
consumer's security server would itself refuse much of what is made up, in words of its own. Whatever is asked, no answer may be a
5xx, each must be one that the file lists (status, media type, members), and what the file does not allow must be
refused. Seeded and bounded: every run of a version asks the same.

    rest.py --sandbox PATH_OF_SILTA
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import sandbox

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
LEAST = 5  # requests for each operation, on average
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


def drive(family, address, data, seconds):
    """Gives a busy machine four times as long before it says that too little was asked."""
    described, operations, asked = driven(family, address, data, seconds)
    if asked < LEAST * described:
        print(f"{family}: only {asked} requests in {seconds} s; again, with more time")
        described, operations, asked = driven(family, address, data, 4 * seconds)
    if asked < LEAST * described:
        sys.exit(f"rest client: {family}: only {asked} requests for {described} operations")
    print(f"{family}: {operations} operations, {asked} requests")


def driven(family, address, data, seconds):
    """How many operations the file describes, how many were driven, and by how many requests."""
    contract = ROOT / "wsdl" / family / "v1" / "openapi.json"
    described = sum(method in METHODS for item in json.loads(contract.read_text())["paths"].values() for method in item)
    with tempfile.TemporaryDirectory(prefix="silta-rest-") as folder:
        report = pathlib.Path(folder) / "junit.xml"
        command = [
            str(pathlib.Path(sys.executable).parent / "st"), "run", str(contract),
            "--url", f"{address}/turku/{family}/rest/v1",
            "--request-cert", str(data / "pki/security-server.cert.pem"),
            "--request-cert-key", str(data / "pki/security-server.key.pem"),
            # The adapter's certificate is known by itself, not by an authority; this is no test of TLS.
            "--tls-verify", "false",
            "--header", f"X-Road-Client: {sandbox.CONSUMER}",
            "--checks", ",".join(CHECKS),
            "--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--max-time", str(seconds),
            "--seed", "20261125", "--workers", "1", "--request-timeout", "20", "--max-redirects", "0",
            "--continue-on-failure", "--no-shrink", "--warnings", "off",
            "--report", "junit", "--report-junit-path", str(report),
        ]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds + 90, check=False)
        if ended.returncode != 0:
            print(ended.stdout[-12000:], ended.stderr[-3000:], sep="\n")
            sys.exit(f"rest client: {family}: schemathesis found a problem")
        cases = {case.get("name") for case in ElementTree.parse(report).iter("testcase") if case.find("skipped") is None}
        operations = {name for name in cases if name and name.split(" ")[0].lower() in METHODS}
        if len(operations) < described:
            sys.exit(f"rest client: {family}: {len(operations)} of {described} operations were driven: {sorted(cases)}")
    # The budget may run out before all requests were made up; a run that asked next to nothing proves nothing.
    generated = re.search(r"(\d+) generated", ended.stdout)
    return described, len(operations), int(generated[1]) if generated else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sandbox", metavar="SILTA", required=True, help="the binary whose sandbox is started")
    parser.add_argument("--seconds", type=int, default=25, help="the time for each family")
    arguments = parser.parse_args()
    with sandbox.started(arguments.sandbox) as (_, data):
        address = "https://" + json.loads((data / "ports.json").read_text())["xroad"].removeprefix("https://")
        for family in ("catalogue", "messages"):
            drive(family, address, data, arguments.seconds)
    print("rest client: every answer is as the OpenAPI files say")


if __name__ == "__main__":
    main()
