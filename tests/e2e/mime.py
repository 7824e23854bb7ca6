"""Reads multipart messages with Python's own email package, for mime.rs to compare.

Standard input: a JSON list of {"boundary": …, "entity": base64}. Standard output: for each a list of parts,
{"type": …, "id": …, "data": base64}.
"""

import base64
import email.parser
import json
import re
import sys


def value(part, name):
    text = part.get(name)
    return None if text is None else re.sub(r"\s+", " ", str(text)).strip()


def parts(message):
    head = f'Content-Type: multipart/related; boundary="{message["boundary"]}"\r\n\r\n'
    whole = email.parser.BytesParser().parsebytes(head.encode() + base64.b64decode(message["entity"]))
    return [
        {
            "type": part.get_content_type() if "content-type" in part else None,
            "id": value(part, "content-id"),
            "data": base64.b64encode(part.get_payload(decode=True)).decode(),
        }
        for part in whole.get_payload()
    ]


print(json.dumps([parts(message) for message in json.load(sys.stdin)]))
