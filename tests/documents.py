#!/usr/bin/env python3
"""Checks that the commands which the documents show exist: `silta …` and `cargo run … -- …`.

Reads the fenced blocks of every Markdown file. A subcommand must answer `--help`, and every flag that is shown with it
must stand there. Runs no command itself; the end-to-end tests do that.

    documents.py PATH_OF_SILTA
"""

import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
START = re.compile(r"^(?:\$ )?(?:cargo run (?:[^#]*?)-- |(?:\S*/)?silta )(?P<rest>.*)$")
FENCE = re.compile(r"^```(?:console|sh|bash|shell)\n(?P<block>.*?)^```", re.MULTILINE | re.DOTALL)


def commands():
    """(document, words after `silta`) of every command shown."""
    for path in sorted(ROOT.rglob("*.md")):
        inside = path.relative_to(ROOT)
        if {"target", ".git"} & set(inside.parts):
            continue
        for fence in FENCE.finditer(path.read_text(encoding="utf-8")):
            for line in fence["block"].replace("\\\n", " ").splitlines():
                if match := START.match(line.strip()):
                    yield inside, shlex.split(match["rest"], comments=True)


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


def main(silta):
    wrong, seen = [], 0
    for document, words in commands():
        seen += 1
        shown = "silta " + " ".join(words)
        text, taken = help_of(silta, words)
        if not taken:
            wrong.append(f"{document}: `{shown}`: there is no such command")
            continue
        flags = [word.split("=")[0] for word in words[taken:] if word.startswith("--")]
        wrong += [f"{document}: `{shown}`: there is no {flag}" for flag in flags if flag not in text]
    print("\n".join(wrong + [f"{seen} commands in the documents, {len(wrong)} wrong"]))
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
