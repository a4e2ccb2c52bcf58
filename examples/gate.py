#!/usr/bin/env python3
"""gate.py - stands in a ring in front of mg-ask, and refuses tool calls.

    mg-run QUESTION -- mg-vote lead -m MODEL \\
        -- mg-run stage --inline gate -- examples/gate.py rm send_mail \\
        -- mg-ask -m MODEL

Each tool call of one of these names is taken, so that nobody runs it, and
answered with an error that the model reads. Every line goes on, at once;
`mg-run stage --inline` signs what is new, and takes it off the ring when it
has been round.
"""
import json
import sys

NAME = "gate"  # as behind --inline
refused = sys.argv[1:]
owed = {}  # taken in history, and no answer seen
out = sys.stdout.buffer


def key(call):
    return tuple(str(call.get(k)) for k in ("id", "agent", "turn", "call"))


def refuse(call):
    result = {"type": "tool_result"}
    for member in ("id", "agent", "turn", "call"):
        if member in call:
            result[member] = call[member]
    result["content"] = f"error: {call['name']} is not allowed here"
    result["is_error"] = True
    out.write(json.dumps(result).encode() + b"\n")


for line in sys.stdin.buffer:
    # Only what may concern us is looked into; the rest keeps its bytes.
    event = {}
    if b'"tool_' in line or b'"resume"' in line:
        try:
            event = json.loads(line)
        except ValueError:
            pass
    ours = (event.get("type") == "tool_call" and "taken" not in event
            and event.get("name") in refused)
    if ours:
        taken = b',"taken":"%s"}\n' % NAME.encode()
        line = line.rstrip()[:-1] + taken
    out.write(line)
    if ours and "past" in event:
        owed[key(event)] = event
    elif ours:
        refuse(event)
    elif event.get("type") == "tool_result":
        owed.pop(key(event), None)
    elif event.get("type") == "resume":
        for call in owed.values():
            refuse(call)
        owed.clear()
    out.flush()
