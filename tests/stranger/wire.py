"""HTTP/1.1 for a server that security servers call: a request is read in one way or refused.

It knows nothing of X-Road. Connections that fall silent are closed; nothing is compressed; no cookie is set.
"""

import re
import time

HEADERS = 32 * 1024
TARGET = 8 * 1024
COUNT = 100
HEADER_SECONDS = 10
IDLE_SECONDS = 120
BODY_SECONDS = 30
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")


class Refused(Exception):
    """A request that is no request; the connection ends with this status."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


class TooLarge(Exception):
    """A body above the limit of whoever reads it."""


class Gone(Exception):
    """The peer went away, or said nothing for too long."""


class Request:
    """Head and connection of one request; the body is read when it is asked for."""

    def __init__(self, connection, method, target, headers):
        self.connection, self.method, self.target, self.headers = connection, method, target, headers
        self.path, _, self.query = target.partition("?")
        self.length, self.chunked = self._framing()
        self.read = self.length == 0 and not self.chunked

    def all(self, name):
        return [value for known, value in self.headers if known == name]

    def one(self, name, default=""):
        values = self.all(name)
        return values[0] if values else default

    def _framing(self):
        lengths, codings = self.all("content-length"), self.all("transfer-encoding")
        if codings:
            if lengths or codings != ["chunked"]:
                raise Refused(400, "framing")
            return 0, True
        if len(set(lengths)) > 1 or any(not re.fullmatch(r"[0-9]{1,18}", it) for it in lengths):
            raise Refused(400, "framing")
        return (int(lengths[0]) if lengths else 0), False

    def body(self, limit):
        if self.read:
            return b""
        if self.one("expect").lower() == "100-continue":
            self.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        until = time.monotonic() + BODY_SECONDS
        if not self.chunked:
            if self.length > limit:
                raise TooLarge
            data = self.connection.exactly(self.length, until)
            self.read = True
            return data
        pieces, total = [], 0
        while size := self._chunk_size(until):
            total += size
            if total > limit:
                raise TooLarge
            pieces.append(self.connection.exactly(size, until))
            if self.connection.exactly(2, until) != b"\r\n":
                raise Refused(400, "a chunk's end")
        rest = 0
        while (line := self.connection.line(until, HEADERS)) != b"":
            rest += len(line)
            if rest > HEADERS:
                raise Refused(431, "trailers")
        self.read = True
        return b"".join(pieces)

    def _chunk_size(self, until):
        line = self.connection.line(until, 4096).split(b";")[0].rstrip(b" \t")
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", line):
            raise Refused(400, "a chunk's size")
        return int(line, 16)


class Connection:
    """A socket with what was read too far."""

    def __init__(self, socket):
        self.socket, self.kept = socket, b""

    def send(self, data):
        self.socket.settimeout(BODY_SECONDS)
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone from error

    def _more(self, until):
        left = until - time.monotonic()
        if left <= 0:
            raise Gone
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data

    def exactly(self, count, until):
        pieces, have = [self.kept], len(self.kept)
        while have < count:
            pieces.append(self._more(until))
            have += len(pieces[-1])
        whole = b"".join(pieces)
        self.kept = whole[count:]
        return whole[:count]

    def line(self, until, limit):
        """Up to CRLF; a line feed by itself ends nothing."""
        while (at := self.kept.find(b"\r\n")) < 0:
            if len(self.kept) > limit:
                raise Refused(431, "a line")
            self.kept += self._more(until)
        line, self.kept = self.kept[:at], self.kept[at + 2 :]
        if b"\n" in line or b"\r" in line or b"\0" in line:
            raise Refused(400, "a line")
        return line

    def request(self):
        """The head of the next request; None when the peer has no more."""
        try:
            if not self.kept:
                self.kept = self._more(time.monotonic() + IDLE_SECONDS)
        except Gone:
            return None
        until = time.monotonic() + HEADER_SECONDS
        while (end := self.kept.find(b"\r\n\r\n")) < 0:
            first = self.kept.find(b"\n")
            if first < 0 and len(self.kept) > TARGET:
                raise Refused(414, "the target")
            if len(self.kept) > HEADERS:
                raise Refused(431, "the headers")
            if b"\n\n" in self.kept or b"\0" in self.kept:
                raise Refused(400, "line ends")
            self.kept += self._more(until)
        head, self.kept = self.kept[:end], self.kept[end + 4 :]
        lines = head.split(b"\r\n")
        if any(byte in line for line in lines for byte in (b"\r", b"\n", b"\0")):
            raise Refused(400, "line ends")
        if len(lines[0]) > TARGET:
            raise Refused(414, "the target")
        if end > HEADERS or len(lines) > COUNT + 1:
            raise Refused(431, "the headers")
        words = lines[0].split(b" ")
        if len(words) != 3 or not TOKEN.match(words[0]):
            raise Refused(400, "the request line")
        method, target, version = words
        if version not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise Refused(505 if version.startswith(b"HTTP/") else 400, "the version")
        if not re.fullmatch(rb"/[\x21-\x7e]*", target) or method == b"CONNECT":
            raise Refused(400, "the target")
        headers = [header(line) for line in lines[1:]]
        if len([name for name, _ in headers if name == "host"]) != 1:
            raise Refused(400, "Host")
        return Request(self, method.decode(), target.decode(), headers)

    def answer(self, request, status, headers, body=b"", close=False):
        """Sends an answer and says whether the connection may go on."""
        close = close or request is None or not request.read or request.one("connection").lower() == "close"
        head = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
        head += [f"{name}: {value}" for name, value in headers]
        if status not in (204, 304):
            head.append(f"Content-Length: {len(body)}")
        head.append("Connection: close" if close else "Connection: keep-alive")
        data = "\r\n".join(head).encode("ascii") + b"\r\n\r\n"
        self.send(data if request is not None and request.method == "HEAD" else data + body)
        if close:
            self._linger()
        return not close

    def _linger(self):
        """Reads on for a moment: closed with unread bytes, the answer would be lost."""
        until, taken = time.monotonic() + 3, 0
        try:
            while taken < 64 * 1024 * 1024:
                taken += len(self._more(until))
        except Gone:
            pass


def header(line):
    name, colon, value = line.partition(b":")
    if not colon or not TOKEN.match(name):
        raise Refused(400, "a header")
    value = value.strip(b" \t")
    if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise Refused(400, "a header")
    return name.decode().lower(), value.decode("latin-1")


REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    505: "HTTP Version Not Supported",
}
