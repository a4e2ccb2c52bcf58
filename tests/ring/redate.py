#!/usr/bin/env python3
"""redate.py LOG LINE=TIME... - a log as of another time: from LINE on, every
line bears that `ts` (RFC 3339, milliseconds), until the next LINE."""
import re
import sys

log = open(sys.argv[1], "rb").read().splitlines(keepends=True)
for word in sys.argv[2:]:
    first, _, ts = word.partition("=")
    for i in range(int(first) - 1, len(log)):
        log[i] = re.sub(rb'"ts":"[^"]*"}$', b'"ts":"' + ts.encode() + b'"}',
                        log[i].rstrip()) + b"\n"
open(sys.argv[1], "wb").write(b"".join(log))
