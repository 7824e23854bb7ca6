#!/usr/bin/env python3
"""Looks for what no test may have printed in clear: identity codes of sample persons, and tokens in use.

Beside the searches that tests make themselves (docs/testing.md), this one covers all that the whole suite wrote: the output
of every test, with log lines, panics and error values. It tells the file, the line and the kind, and never what it found.

    search.py FILE...        exits with 1 when something was found, or when there was nothing to look at
"""

import re
import sys

CODE = re.compile(rb"(?<![0-9])([0-9]{6})[-+A-FU-Y](9[0-9]{2})([0-9A-Y])(?![0-9A-Za-z])")
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TOKEN = re.compile(rb"(?i)bearer +[a-z0-9._~+/-]{16}")
CHECK = b"0123456789ABCDEFHJKLMNPRSTUVWXY"


def kinds(line):
    """What stands in a line that may not.

    >>> kinds(b"to 010594Y9032, please"), kinds(b"{'id':'020594X903P'}")
    (['an identity code'], ['an identity code'])
    >>> kinds(b"a real one: 010594Y8032; a wrong check character: 010594Y9033; no day: 410594Y9032")
    []
    >>> kinds(b"ab010594-9019-8abc-9def-0123456789ab 01234567-0105-9401-010594-9001")
    []
    >>> kinds(b"Authorization: Bearer 0123456789abcdef0123"), kinds(b"a bearer token")
    (['a token'], [])
    """
    found = []
    for code in CODE.finditer(UUID.sub(b"", line)):
        date, serial = int(code[1]), int(code[2])
        possible = 1 <= date // 10_000 <= 31 and 1 <= date // 100 % 100 <= 12
        if possible and CHECK[(date * 1_000 + serial) % 31] == code[3][0]:
            found.append("an identity code")
            break
    if TOKEN.search(line):
        found.append("a token")
    return found


def main(*paths):
    looked, found = 0, 0
    for path in paths:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                looked += len(line)
                for kind in kinds(line):
                    found += 1
                    print(f"{kind} in clear: {path}, line {number}")
    print(f"{looked} bytes of output searched, {found} finds")
    return 1 if found or not looked else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
