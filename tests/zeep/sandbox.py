"""A `silta sandbox` on free ports for the length of a `with`. Knows the sandbox's command line and `ports.json` only."""

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 180  # seconds until the sandbox must show its catalogue
PROVIDER = "FI-TEST/MUN/1234567-1/palvelut"
CONSUMER = "FI-TEST/GOV/9999906-0/asiointi"


@contextlib.contextmanager
def started(silta):
    """The address of the consumer's security server and the data directory, once the sandbox has done its own job and
    stays: what is called afterwards is the caller's alone. At the end Ctrl-C must end the sandbox well."""
    with tempfile.TemporaryDirectory(prefix="silta-peers-") as folder:
        log = pathlib.Path(folder) / "sandbox.log"
        data = pathlib.Path(folder) / "data"
        with open(log, "wb") as output:
            sandbox = subprocess.Popen([silta, "sandbox", "--data", data, "--port-base", "0"],
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield address(data, log, sandbox), data
            sandbox.send_signal(signal.SIGINT)
            code = sandbox.wait(timeout=60)
            if code != 0:
                sys.exit(f"the sandbox ended with {code} at Ctrl-C")
        except BaseException:
            sys.stdout.flush()
            sys.stderr.write(log.read_text(errors="replace")[-5000:])
            raise
        finally:
            if sandbox.poll() is None:
                sandbox.kill()
                sandbox.wait()


def address(data, log, sandbox):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if sandbox.poll() is not None:
            sys.exit(f"the sandbox ended with {sandbox.returncode}")
        if "Ctrl-C ends it." in log.read_text(errors="replace"):
            found = json.loads((data / "ports.json").read_text())["consumer"]
            return found if found.startswith("http") else f"http://{found}"
        time.sleep(0.2)
    sys.exit(f"the sandbox's job was not done after {PATIENCE} s")
