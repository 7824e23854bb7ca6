#!/usr/bin/env python3
"""Gathers the result of every case of the fact sheets from what the test runners wrote.

A test whose name carries case ids (`xroad_at_01_…`, `viestit_att_04_05_…`, `xroad_id_02_to_06_…`) decides these cases.
Reads nextest's JUnit files and libtest's text output; knows nothing of what a case means. Writes one JSON object: case
id -> {"result": "passed" | "failed" | "not applicable", "tests": […], "reason": …}. A case is failed if any of its tests
failed, and not applicable if all of them said so by printing `skipped: REASON` or `not applicable: REASON`.

    cases.py OUTPUT.json RESULT...        RESULT is a JUnit file (*.xml) or a libtest output (anything else)
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree

SHEETS = {"xroad", "ptv", "v12", "viestit", "legacy", "pat"}
NUMBER = re.compile(r"^[0-9]{2,3}[a-z]?$")
FAMILY = re.compile(r"^[a-z]{1,4}$")
SAYS = re.compile(r"^\s*(skipped|not applicable): (.+)$", re.MULTILINE)
LIBTEST = re.compile(r"^test (?P<name>\S+)(?: - should panic)? \.\.\. (?P<result>ok|FAILED|ignored)", re.MULTILINE)
STDOUT = re.compile(r"^---- (?P<name>\S+) stdout ----$\n(?P<text>.*?)(?=^---- |^successes:|^failures:|\Z)",
                    re.MULTILINE | re.DOTALL)


def case_ids(test):
    """The case ids in a test's name.

    >>> case_ids("mime::tests::xroad_at_13_at_14_limits_hold")
    ['xroad:AT-13', 'xroad:AT-14']
    >>> case_ids("viestit_att_04_05_the_limit_is_on_24_things")
    ['viestit:ATT-04', 'viestit:ATT-05']
    >>> case_ids("viestit_mul_06_to_08_and_16_values")
    ['viestit:MUL-06', 'viestit:MUL-07', 'viestit:MUL-08', 'viestit:MUL-16']
    >>> case_ids("ptv::ptv_s_12_title::source")
    ['ptv:S-12']
    >>> case_ids("xroad_data_is_found") + case_ids("ptv_pace") + case_ids("xroad_has_no_runtime")
    []
    """
    found = []
    for segment in test.split("::"):
        sheet, *words = segment.split("_")
        if sheet not in SHEETS:
            continue
        family, last, words = None, None, list(words)
        while words:
            joint = words.pop(0) if words[0] in ("to", "and") and last else None
            if len(words) >= 2 and FAMILY.match(words[0]) and NUMBER.match(words[1]):
                family = words.pop(0)
            if not family or not words or not NUMBER.match(words[0]):
                break
            number = words.pop(0)
            if joint == "to" and number.isdigit() and last.isdigit():
                between = range(int(last) + 1, int(number))
                found += [f"{sheet}:{family.upper()}-{n:0{len(number)}d}" for n in between]
            found.append(f"{sheet}:{family.upper()}-{number}")
            last = number
    return list(dict.fromkeys(found))


def from_junit(path):
    """(test, passed?, output) of every test of a JUnit file."""
    for case in ElementTree.parse(path).iter("testcase"):
        failed = any(case.find(tag) is not None for tag in ("failure", "error"))
        output = "\n".join(case.findtext(tag) or "" for tag in ("system-out", "system-err"))
        yield f"{case.get('classname')} {case.get('name')}", not failed, output


def from_libtest(path):
    """(test, passed?, output) of every test in the text that `cargo test -- --show-output` prints."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    outputs = {match["name"]: match["text"] for match in STDOUT.finditer(text)}
    for match in LIBTEST.finditer(text):
        if match["result"] != "ignored":
            yield match["name"], match["result"] == "ok", outputs.get(match["name"], "")


def gather(results):
    """Case id -> its entry, and the list of (test, reason) of tests that said they were skipped."""
    cases, skipped = {}, []
    for test, passed, output in results:
        said = SAYS.search(output) if passed else None
        if said:
            skipped.append((test, said[2]))
        for case in case_ids(test.split(" ")[-1]):
            entry = cases.setdefault(case, {"result": None, "tests": []})
            entry["tests"].append(test)
            result = "not applicable" if said else "passed" if passed else "failed"
            rank = ["not applicable", "passed", "failed"]
            if entry["result"] is None or rank.index(result) > rank.index(entry["result"]):
                entry["result"] = result
                entry.pop("reason", None)
            if entry["result"] == "not applicable":
                entry["reason"] = said[2]
    return dict(sorted(cases.items())), skipped


def main(output, *paths):
    results = [result for path in paths for result in (from_junit if path.endswith(".xml") else from_libtest)(path)]
    cases, skipped = gather(results)
    with open(output, "w", encoding="utf-8") as file:
        json.dump(cases, file, ensure_ascii=False, indent=1)
        file.write("\n")
    for test, reason in skipped:
        print(f"skipped: {test}: {reason}")
    counts = {word: sum(case["result"] == word for case in cases.values())
              for word in ("passed", "failed", "not applicable")}
    print(f"{len(cases)} cases: " + ", ".join(f"{count} {word}" for word, count in counts.items()) + f" ({output})")


if __name__ == "__main__":
    main(*sys.argv[1:])
