#!/usr/bin/env python3
"""The arguments are one line of JSON on standard input.

What is printed is the result; a status other than 0 is an error, and standard
error says to the model what was wrong.
"""

import json
import sys


def @IDENT@(text):
    return {
        "words": len(text.split()),
        "lines": len(text.splitlines()),
        "characters": len(text),
    }


def main():
    try:
        arguments = json.load(sys.stdin)
    except ValueError:
        sys.exit("the arguments are no JSON")
    text = arguments.get("text") if isinstance(arguments, dict) else None
    if not isinstance(text, str):
        sys.exit("the argument text must be a string")
    json.dump(@IDENT@(text), sys.stdout)
    print()


main()
