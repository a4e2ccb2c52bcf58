"""look.py - an inline stage that owns the tool `look`, and keeps the rules.

It takes each call that nobody took, and answers behind it; what the past
holds no answer to is answered at `resume`.
"""
import json
import sys

owed = {}


def say(line):
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def answer(e):
    say(json.dumps({"type": "tool_result", "id": e["id"], "agent": e["agent"],
                    "turn": e["turn"], "call": e["call"],
                    "content": "seen by " + e["agent"], "is_error": False},
                   separators=(",", ":")).encode() + b"\n")


def key(e):
    return json.dumps([e.get(k) for k in ("id", "agent", "turn", "call")])


for line in sys.stdin.buffer:
    e = json.loads(line)
    mine = e["type"] == "tool_call" and e["name"] == "look" and \
        "taken" not in e
    if mine:
        line = line.rstrip()[:-1] + b',"taken":"look"}\n'
    say(line)
    if "past" in e:
        if mine:
            owed[key(e)] = e
        elif e["type"] == "tool_result":
            owed.pop(key(e), None)
    elif mine:
        answer(e)
    elif e["type"] == "resume":
        for call in owed.values():
            answer(call)
        owed = {}
