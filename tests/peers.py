#!/usr/bin/env python3
"""Holds an adapter against programs that are not ours: sslscan, and Apache HttpClient as security servers use it.

    peers.py sslscan PATH_OF_SILTA       the TLS profile, seen from outside
    peers.py httpclient PATH_OF_SILTA    SOAP and REST over mTLS, by tests/httpclient/Client.java

Each starts `silta sandbox` on free ports and speaks to its adapter, without any security server between.
"""

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 180  # seconds until the sandbox must have done its job
RECIPIENT = "010190-901R"
JARS = ("httpclient", "httpcore", "commons-logging", "commons-codec")

# What a client may choose, and nothing else (xroad.md 5.2): TLS 1.2 with the two suites that default security servers
# share, and TLS 1.3.
SUITES = {
    "TLSv1.2": {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"},
    "TLSv1.3": {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"},
}


def check(holds, otherwise):
    if not holds:
        sys.exit(f"peers: {otherwise}")


@contextlib.contextmanager
def sandbox(silta):
    """A sandbox that has done its job: its folder, and the address of the adapter's X-Road listener."""
    with tempfile.TemporaryDirectory(prefix="silta-peers-") as folder:
        log, data = pathlib.Path(folder) / "sandbox.log", pathlib.Path(folder) / "data"
        with open(log, "wb") as output:
            process = subprocess.Popen([silta, "sandbox", "--data", data, "--port-base", "0"],
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            until = time.monotonic() + PATIENCE
            while "Ctrl-C ends it." not in log.read_text(errors="replace"):
                check(process.poll() is None, f"the sandbox ended with {process.returncode}")
                check(time.monotonic() < until, f"the sandbox's job was not done after {PATIENCE} s")
                time.sleep(0.2)
            yield data, json.loads((data / "ports.json").read_text())["xroad"].removeprefix("https://")
            process.send_signal(signal.SIGINT)
            check(process.wait(timeout=60) == 0, f"the sandbox ended with {process.returncode} at Ctrl-C")
        except BaseException:
            sys.stdout.flush()
            sys.stderr.write(log.read_text(errors="replace")[-5000:])
            raise
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def sslscan(silta):
    with sandbox(silta) as (data, address):
        pki = data / "pki"
        command = ["sslscan", "--no-colour", "--xml=-", f"--certs={pki / 'security-server.cert.pem'}",
                   f"--pk={pki / 'security-server.key.pem'}", "--show-ciphers", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = ElementTree.fromstring(done.stdout[done.stdout.index("<?xml"):]).find("ssltest")
    enabled = [it for it in found.findall("protocol") if it.get("enabled") == "1"]
    protocols = {f"{it.get('type').upper()}v{it.get('version')}" for it in enabled}
    check(protocols == set(SUITES), f"protocols: {sorted(protocols)}")
    for protocol, expected in SUITES.items():
        seen = {it.get("cipher") for it in found.findall("cipher") if it.get("sslversion") == protocol}
        check(seen == expected, f"{protocol}: {sorted(seen)}, not {sorted(expected)}")
    flags = {"renegotiation": "supported", "compression": "supported"}
    for name, attribute in flags.items():
        for it in found.findall(name):
            check(it.get(attribute) == "0" or it.get("secure") == "1", f"{name}: {it.attrib}")
    groups = {it.get("name").split(" ")[0] for it in found.findall("group")}
    check(groups == {"x25519", "secp256r1", "secp384r1"}, f"groups: {sorted(groups)}")
    check(not [it for it in found.findall("heartbleed") if it.get("vulnerable") == "1"], "heartbleed")
    keys = [it for it in found.iter("pk") if it.get("error") == "false"]
    check(keys and all(it.get("type") == "RSA" and int(it.get("bits")) >= 2048 for it in keys), "the key is not RSA")
    print(f"sslscan: {', '.join(sorted(protocols))}; {', '.join(sorted(set.union(*SUITES.values())))}; RSA")


def httpclient(silta):
    jars = [pathlib.Path("/usr/share/java") / f"{name}.jar" for name in JARS]
    for jar in jars:
        check(jar.exists(), f"{jar} is missing: install libhttpclient-java")
    with sandbox(silta) as (data, address):
        command = ["java", "-cp", ":".join(map(str, jars)), ROOT / "tests/httpclient/Client.java",
                   f"https://{address}", data / "pki", RECIPIENT]
        done = subprocess.run(command, cwd=ROOT, timeout=180, check=False)
        check(done.returncode == 0, f"the client ended with {done.returncode}")


def main():
    peers = {"sslscan": sslscan, "httpclient": httpclient}
    if len(sys.argv) != 3 or sys.argv[1] not in peers:
        sys.exit(__doc__)
    peers[sys.argv[1]](sys.argv[2])


if __name__ == "__main__":
    main()
