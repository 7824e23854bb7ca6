#!/usr/bin/env python3
"""Runs the commands that the documents show: `silta …`, `cargo run … -- …`, `curl …` and the operator's socket.

Reads the fenced and the indented blocks of every Markdown file. Each subcommand must answer `--help`, and every flag that is
shown with it must stand there. Then a sandbox is started, and every command is run against it as it is shown: only
addresses, files and the id of an order are put in. RUNS says what each must answer; a command that is not listed there
fails the script.

    documents.py PATH_OF_SILTA
"""

import http.server
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SILTA = re.compile(r"^(?:\$ )?(?:cargo run (?:[^#]*?)-- |(?:\S*/)?silta )(?P<rest>.*)$", re.DOTALL)
OTHER = re.compile(r"^(?:\$ )?(?P<line>(?:curl |printf |ts=).*)$", re.DOTALL)
FENCE = re.compile(r"^```(?:console|sh|bash|shell)\n(?P<block>.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^(?: {4,}).*\n)+", re.MULTILINE)
CATALOGUE = {"entities": [{"laji": "palvelu", "koodi": "documents-1", "nimi_kieliversiot": {"fi": "Kirjasto", "sv": "Bibliotek"}}]}
ORDER = {"orderId": "documents-1", "recipients": [{"id": "010190-901R"}], "title": "Päätös", "body": "Päätös on liitteenä."}
CONFIGURATION = """[data]
dir = "served"
[xroad]
listen = "127.0.0.1:0"
plaintext = "loopback"
[intake]
listen = "127.0.0.1:0"
plaintext = "loopback"
[control]
metrics = "127.0.0.1:0"
[[tenants]]
code = "turku"
name = "Turun kaupunki"
[tenants.xroad]
instance = "FI-TEST"
member_class = "MUN"
member_code = "1234567-1"
subsystem = "palvelut"
[[tenants.intake_keys]]
system = "drupal"
key_file = "secrets/drupal-key"
"""


def whole_lines(block):
    """Lines of a block, those that go on (a backslash, or an open quote) joined."""
    line = ""
    for part in block.replace("\\\n", " ").splitlines():
        line = f"{line}\n{part}" if line else part.strip()
        try:
            shlex.split(line, comments=True)
        except ValueError:
            continue
        yield line.strip()
        line = ""


def commands():
    """(document, line) of every command shown; of `silta` without what stands before it."""
    for path in sorted(ROOT.rglob("*.md")):
        inside = path.relative_to(ROOT)
        if {"target", ".git"} & set(inside.parts):
            continue
        text = path.read_text(encoding="utf-8")
        blocks = [match["block"] for match in FENCE.finditer(text)]
        blocks += [match[0] for match in INDENTED.finditer(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))]
        for block in blocks:
            for line in whole_lines(block):
                if match := SILTA.match(line):
                    yield inside, "silta " + match["rest"]
                elif match := OTHER.match(line):
                    yield inside, match["line"]


def help_of(silta, words):
    """The help of the longest chain of subcommands that `words` begin with, and how many words it took."""
    found = (None, 0)
    for taken in range(1, len(words) + 1):
        if not re.fullmatch(r"[a-z][a-z-]*", words[taken - 1]):
            break
        answer = subprocess.run([silta, *words[:taken], "--help"], capture_output=True, text=True, check=False)
        text = answer.stdout
        if answer.returncode != 0 or not text or text == found[0]:
            break
        found = (text, taken)
    return found


def flags_are_there(silta, words):
    """What is wrong with the subcommand or its flags."""
    text, taken = help_of(silta, words)
    if not taken:
        return ["there is no such command"]
    flags = [word.split("=")[0] for word in words[taken:] if word.startswith("--")]
    return [f"there is no {flag}" for flag in flags if flag not in text]


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class Item(http.server.BaseHTTPRequestHandler):
    """An information system behind the security servers."""

    def do_GET(self):
        content = b'{"item": 1}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Place:
    """A folder with a sandbox that runs, and the files that the documents name."""

    def __init__(self, silta, folder):
        self.silta, self.folder, self.called = silta, pathlib.Path(folder), {}
        self.data = self.folder / "silta-data"
        with open(self.folder / "sandbox.txt", "w", encoding="utf-8") as said:
            words = [silta, "sandbox", "--data", "silta-data", "--port-base", "0"]
            self.process = subprocess.Popen(words, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        self.said = self.wait_for("sandbox.txt", "Ctrl-C ends it")
        self.server = re.search(r"--server (\S+)", self.said)[1]
        self.intake = re.search(r"own systems \(a CMS\)\s+(http://[^/\s]+)", self.said)[1]
        self.adapter = re.search(r"for its security server\s+(\S+)", self.said)[1]
        self.order = re.search(r"messages status (\S+)", self.said)[1]
        (self.folder / "secrets").mkdir()
        key = (self.data / "secrets/cms-key").read_text(encoding="utf-8")
        (self.folder / "secrets/drupal-key").write_text(key, encoding="utf-8")
        key = (self.data / "secrets/palvelukortit-key").read_text(encoding="utf-8")
        (self.folder / "secrets/palvelukortit-key").write_text(key, encoding="utf-8")
        pki = "silta-data/pki/security-server"
        self.pin = {"pem": f"{pki}.cert.pem", "key": f"{pki}.key.pem"}
        (self.folder / "kit.toml").write_text('read = "listServices"\n', encoding="utf-8")
        (self.folder / "control.toml").write_text("[acts]\n", encoding="utf-8")
        (self.folder / "catalogue.json").write_text(json.dumps(CATALOGUE), encoding="utf-8")
        (self.folder / "silta.toml").write_text(CONFIGURATION, encoding="utf-8")
        (self.folder / "order.json").write_text(json.dumps(ORDER), encoding="utf-8")
        letter = (ROOT / "tests/samples/letters/decision.pdf").read_bytes()
        (self.folder / "letter.pdf").write_bytes(letter)

    def wait_for(self, name, text, seconds=120):
        """The content of a file once it holds a text."""
        for _ in range(seconds * 10):
            content = (self.folder / name).read_text(encoding="utf-8")
            if text in content:
                return content
            time.sleep(0.1)
        raise SystemExit(f"{text!r} was not said in {seconds} s:\n{content}")

    def put_in(self, line):
        """The line with this place's addresses and ids."""
        line = re.sub(r"http://127\.0\.0\.1:7081", self.intake, line)
        line = re.sub(r"http://127\.0\.0\.1:8080", self.server, line)
        descriptions = f"{self.adapter}/turku/catalogue/meta/v1/"
        line = re.sub(r"'https://adapter\.example\.fi:8443/items\?wsdl'", f"{descriptions}service.wsdl", line)
        line = re.sub(r"https://adapter\.example\.fi:8443/items/(openapi\.json)", rf"{descriptions}\1", line)
        line = re.sub(r"test-security-server\.(pem|key)", lambda it: self.pin[it[1]], line)
        line = re.sub(r"messages/\S+/receipt", f"messages/{self.order}/receipt", line)
        return re.sub(r"(messages (?:status|show) )\S+", rf"\g<1>{self.order}", line)

    def run(self, line):
        """Exit code and output of a command."""
        line = self.put_in(line)
        if match := re.match(r"printf '(.*)\\n' \| socat .* - UNIX-CONNECT:(\S+)$", line):
            return 0, self.ask(match[1], match[2])
        if line.startswith("silta "):
            words = [self.silta, *shlex.split(line, comments=True)[1:]]
        else:
            words = ["bash", "-c", line.replace("curl ", "curl -sS ", 1)]
        answer = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=900, check=False)
        return answer.returncode, answer.stdout + answer.stderr

    def ask(self, question, path):
        """What the operator's socket answers; here without socat."""
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(os.path.relpath(self.folder / path))
            door.sendall(question.encode() + b"\n")
            return door.makefile(encoding="utf-8").readline()

    def sandbox(self, line):
        """A sandbox of its own on free ports; one that stays is ended as Ctrl-C does."""
        words = [self.silta, *shlex.split(line, comments=True)[1:], "--port-base", "0"]
        with open(self.folder / "other.txt", "w", encoding="utf-8") as said:
            process = subprocess.Popen(words, cwd=self.folder, stdout=said, stderr=subprocess.DEVNULL)
        if "--once" not in words:
            self.wait_for("other.txt", "Ctrl-C ends it")
            process.send_signal(signal.SIGINT)
        return process.wait(120), (self.folder / "other.txt").read_text(encoding="utf-8")

    def security_servers(self, line):
        """The security servers alone, from the page's own file on free ports; its two calls by curl are made meanwhile."""
        page = pathlib.Path("docs/security-servers.md").read_text(encoding="utf-8")
        listen, behind = free_port(), http.server.HTTPServer(("127.0.0.1", 0), Item)
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        file = page.split("```toml", 1)[1].split("```", 1)[0]
        file = file.replace(":7080", f":{listen}").replace(":8080", f":{behind.server_port}")
        (self.folder / "security-servers.toml").write_text(file, encoding="utf-8")
        words = [self.silta, *shlex.split(line, comments=True)[1:]]
        with open(self.folder / "servers.txt", "w", encoding="utf-8") as said:
            process = subprocess.Popen(words, cwd=self.folder, stdout=said, stderr=subprocess.STDOUT)
        self.wait_for("servers.txt", "Ctrl-C ends it")
        for call in (it.strip() for it in page.splitlines() if it.startswith(("    curl ", "    silta xroad "))):
            self.called[call] = self.run(call.replace(":7080", f":{listen}"))
        process.send_signal(signal.SIGINT)
        behind.shutdown()
        return process.wait(60), (self.folder / "servers.txt").read_text(encoding="utf-8")

    def check_receipt(self, line):
        """A receipt as the page asks for it, and the keys as it shows them, in the files that are checked."""
        page = (ROOT / "docs/messages.md").read_text(encoding="utf-8").replace("\\\n", " ")
        for name, begin in [("receipt.json", "silta xroad call"), ("turku-keys.json", "silta log receipt-keys")]:
            command = next(it.strip() for it in page.splitlines() if it.strip().startswith(begin))
            words = [self.silta, *shlex.split(self.put_in(command))[1:]]
            answer = subprocess.run(words, cwd=self.folder, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
            (self.folder / name).write_text(answer.stdout, encoding="utf-8")
        return self.run(line)

    def meanwhile(self, line):
        """What a call answered while the security servers were there."""
        return self.called.get(line) or self.run(line)

    def serve(self, line):
        """`silta serve` until it answers `status`, then `silta shutdown`."""
        words = [self.silta, *shlex.split(line, comments=True)[1:]]
        with open(self.folder / "served.txt", "w", encoding="utf-8") as said:
            process = subprocess.Popen(words, cwd=self.folder, stdout=said, stderr=subprocess.STDOUT)
        for _ in range(300):
            code, status = self.run("silta status --data served")
            if code == 0 or process.poll() is not None:
                break
            time.sleep(0.1)
        self.run("silta shutdown --data served")
        return process.wait(60), status


def shut_down(place, line):
    """`silta shutdown`; the process must then end by itself, with 0."""
    code, said = place.run(line)
    return code or place.process.wait(60), said


# Beginning of a command -> (exit code, what its output must match). The first that fits counts; they are run in this order.
RUNS = [
    # The imported service has no summary, which PTV demands: the plan says so, with 1.
    ("silta check --config", 0, r"."),
    ("silta serve --config", 0, r"tenants +turku"),
    ("silta sandbox --once --json", 0, r'^\{.*"faults":\s*0'),
    ("silta sandbox --only security-servers", 0, r"Ctrl-C ends it"),
    ("silta sandbox --only ptv", 0, r"api/v11"),
    ("silta sandbox --only viestit", 0, r"/inbox in a browser"),
    ("silta sandbox", 0, r"All done in"),
    ("curl http://127.0.0.1:7080/listClients", 0, r"memberCode>1234567-1<"),
    ("curl -H 'X-Road-Client: FI-TEST/GOV/9999906-0/asiointi' http://127.0.0.1:7080/r1/FI-TEST/MUN/1234567-1/palvelut/items", 0, r'"item": 1'),
    ("curl -X POST http://127.0.0.1:7081/compat/turku/cxf/yleiset/put", 0, r'"tulos":"(OK|VAROITUS)"'),
    ("curl -X PUT", 0, r'"accepted":\s*1, ?"unchanged":\s*0, ?"refused":\s*0'),
    ("ts=", 0, r'^\[\{.*"fyysinenPaikka"'),
    ("curl -H \"Authorization: Bearer $(cat secrets/drupal-key)\" 'http://127.0.0.1:7081/intake/v1/turku/general-descriptions", 0, r'"suggestions":\s*\['),
    ("silta catalogue vocabulary refresh", 0, r"outcome +new"),
    ("silta catalogue vocabulary status", 0, r"loaded +true"),
    ("silta catalogue keywords", 0, r"http://www.yso.fi/onto/koko/p[0-9]+"),
    ("curl -H \"Authorization: Bearer $(cat secrets/drupal-key)\" 'http://127.0.0.1:7081/intake/v1/turku/keywords", 0, r'"uri":\s*"http://www.yso.fi/onto/koko/p'),
    ("curl -H", 0, r'"batches":\s*\[\{'),
    ("printf '{\"command\": \"status\"}", 0, r'^\{"ok":'),
    ("silta status", 0, r"tenants +turku"),
    ("silta reload", 0, r"Everything was read again"),
    ("silta catalogue check", 0, r"."),
    # What the sandbox has of its own is as it was pushed; the file's one service came by the import of another document.
    ("silta catalogue match", 0, r"0 ambiguous"),
    ("silta catalogue import", 0, r"."),
    ("silta catalogue template", 0, r"palvelupisteet.xlsx is an empty template"),
    ("silta catalogue export --kind service --format csv", 1, r"rows in palvelut.csv"),
    ("silta catalogue export", 0, r"[0-9]+ records in export.json"),
    ("silta ptv adopt --all", 0, r"0 refused"),
    ("silta ptv adopt", 0, r"documents-1"),
    # Another file of records than the sandbox's own: its one service has no summary.
    ("silta catalogue quality catalogue.json", 1, r'"Q02a": 1'),
    ("silta catalogue quality", 1, r"services, score [0-9.]+ of 100"),
    ("silta catalogue adoption", 0, r"1 joined, 1 have published"),
    ("silta catalogue find", 0, r"service +documents-1 +Kirjasto"),
    ("silta catalogue show", 0, r"master +import"),
    ("silta catalogue own", 0, r"owner +Kirjaston päätoimitus <kirjasto@turku.example>"),
    # The sandbox has no Drupal site; what a pull shows, tests show.
    ("silta catalogue pull", 2, r"no such tenant has a drupal section"),
    ("silta catalogue history", 0, r"1 +active"),
    ("silta catalogue master", 0, r"is the master now; it was|was the master already"),
    ("silta catalogue map publish", 0, r"is (published|unchanged): revision 1"),
    # The sandbox has one tenant, which cannot adopt its own.
    ("silta catalogue map adopt", 2, r"tenant \"naantali\" is not configured"),
    ("silta catalogue map list", 0, r"turku +luokat +1"),
    ("silta catalogue map export", 0, r"code,name_fi"),
    ("silta catalogue statutory", 0, r'"covered":'),
    ("silta ptv shadow", 0, r"records hold what version 12 would refuse or lose"),
    ("silta ptv drift", 0, r"[0-9]+ compared, [0-9]+ equal, 0 differ"),
    ("silta ptv pause", 0, r"turku: nothing is sent to PTV"),
    ("silta ptv resume", 0, r"turku: PTV is kept equal again"),
    ("silta ptv confirm", 0, r"service 101 will be sent again"),
    ("silta ptv sync", 0, r"turku +0 +0 "),
    ("silta ptv status", 0, r"turku +0 +0 "),
    ("silta ptv contract", 0, r"as Silta goes by|new in PTV"),
    ("silta ptv descriptions", 0, r"count +[0-9]+|not asked yet"),
    # The sandbox's run has not shown everything that DVV wants to see.
    ("silta ptv report", 1, r"content\.xlsx[\s\S]*The run has not shown: "),
    ("silta ptv fields", 0, r"palvelu,kuvaus_kieliversiot,Service,serviceDescriptions\[Description\],"),
    ("silta ptv apply", 0, r"Nothing to send|all of them settled"),
    ("silta ptv plan", 1, r"documents-1 +withheld +tiivistelma_kieliversiot.fi"),
    ("silta xroad call", 0, r"Uimahalli|items|accepted|\"signed\""),
    ("silta xroad list", 0, r"catalogue|items"),
    ("silta conformance", 0, r"passed"),
    ("silta messages send order.json --tenant turku --check", 0, r"it would be accepted; nothing was|it was accepted before"),
    ("silta messages send", 0, r"accepted: it is sent by itself[\s\S]*(submitted|delivered|read) +1"),
    ("silta messages status", 0, r"delivered|read|submitted"),
    ("silta messages show", 0, r"letter +[0-9a-f-]{36}[\s\S]*answer +200 +[0-9a-f-]{36}"),
    ("silta messages list", 0, r"delivered"),
    # Nothing is parked in the sandbox.
    ("silta messages retry", 1, r"nothing is parked"),
    ("silta messages abandon", 1, r"nothing is parked"),
    ("silta messages rotate-password", 0, r"the password was changed; in use by turku"),
    ("silta messages events", 0, r"Every event has found its letter"),
    ("silta log receipt-keys", 0, r'"crv": "P-256"'),
    ("silta log check-receipt", 0, r"signature +good, by key \S+, which is the organisation's\nrecipient +matches the statement\ncontent +matches the statement\nrequest +matches the statement"),
    ("silta log verify", 0, r"([0-9]+) of \1 records verified"),
    ("silta shutdown", 0, r"ends"),
]
BY_HAND = {"silta sandbox --only security-servers": Place.security_servers, "curl http://127.0.0.1:7080/listClients": Place.meanwhile,
    "curl -H 'X-Road-Client: FI-TEST/GOV/9999906-0/asiointi' http://127.0.0.1:7080/r1/FI-TEST/MUN/1234567-1/palvelut/items": Place.meanwhile,
    "silta xroad list": Place.meanwhile, "silta log check-receipt": Place.check_receipt, "silta sandbox --only ptv": Place.sandbox, "silta sandbox --only viestit": Place.sandbox, "silta sandbox": Place.sandbox, "silta serve": Place.serve, "silta shutdown": shut_down}


def run_of(line):
    """The place of a command in RUNS."""
    found = (number for number, (begin, _, _) in enumerate(RUNS) if line.startswith(begin))
    return next(found, None)


def main(silta):
    silta = str(pathlib.Path(silta).resolve())
    wrong, seen = [], list(commands())
    for document, line in seen:
        if line.startswith("silta "):
            complaints = flags_are_there(silta, shlex.split(line, comments=True)[1:])
            wrong += [f"{document}: `{line}`: {complaint}" for complaint in complaints]
        if run_of(line) is None:
            wrong.append(f"{document}: `{line}`: not run, because tests/documents.py does not know what it must answer")
    lines = dict((line, document) for document, line in seen if run_of(line) is not None)
    with tempfile.TemporaryDirectory(prefix="silta-documents-") as folder:
        place = Place(silta, folder)
        try:
            for line, document in sorted(lines.items(), key=lambda item: run_of(item[0])):
                _, expected, pattern = RUNS[run_of(line)]
                by_hand = next((act for begin, act in BY_HAND.items() if line.startswith(begin)), Place.run)
                code, said = by_hand(place, line)
                if code != expected or not re.search(pattern, said):
                    wrong.append(f"{document}: `{line}`: exit code {code}, expected {expected} and /{pattern}/:\n{said}")
        finally:
            place.process.kill()
            place.process.wait()
    print("\n".join(wrong + [f"{len(seen)} commands in the documents, {len(lines)} run, {len(wrong)} wrong"]))
    return 1 if wrong or not lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
