#!/usr/bin/env -S python3 -IS
"""An agent that calls tools as a script says: exec:tool_agent.py FILE [NAME]

The file holds steps, the k-th turn of a conversation does the k-th and the
last one repeats; a line that is `.` ends a step. Lines of a step:

    call NAME ARGUMENTS    calls that tool: the rest of the line, as it stands
    calls N NAME ARGUMENTS as often, `%d` in the arguments being the number
    text TEXT              says it, or with calls, beside them
    heard [TEXT]           says TEXT and what the tools have answered
    answer TEXT            calls new_answer       vote LABEL   calls vote
    tell                   new_answer with what the tools have answered
    file NAME              ARGUMENTS of one call to NAME lie in the file NAME.args
    until FILE             waits until there is such a file
    offered                says the names of the tools that it is offered

LABEL is one that may be voted for, or `first`. NAME, where it is given, takes
the place of @ in all of it.
"""
import json
import os
import sys
import time


def wait(path):
    end = time.monotonic() + 30
    while not os.path.exists(path):
        if time.monotonic() > end:
            sys.exit("tool_agent.py: waited in vain")
        time.sleep(0.005)


def text_of(message):
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def main():
    with open(sys.argv[1], "rb") as f:
        script = f.read()
    if len(sys.argv) > 2:
        script = script.replace(b"@", sys.argv[2].encode())
    steps = [s.split(b"\n") for s in (b"\n" + script).split(b"\n.\n")]
    request = json.loads(sys.stdin.readline())
    turn = request["turn"]
    heard = " | ".join(text_of(m) for m in request.get("messages", [])
                       if m.get("role") == "tool")
    labels = [label for tool in request.get("tools", [])
              if tool["name"] == "vote"
              for label in tool["input_schema"]["properties"]["label"]["enum"]]
    calls, text = [], None

    def call(name, arguments):
        calls.append(b'{"call":"c%d.%d","name":%s,"arguments":%s}' % (
            turn, len(calls) + 1, json.dumps(name).encode(), arguments))

    for line in steps[min(turn, len(steps)) - 1]:
        verb, _, arg = line.partition(b" ")
        verb, word = verb.decode(), arg.decode("utf-8", "replace")
        if verb == "call":
            name, _, rest = arg.partition(b" ")
            call(name.decode(), rest or b"{}")
        elif verb == "calls":
            n, name, rest = arg.split(b" ", 2)
            for i in range(int(n)):
                call(name.decode(), rest.replace(b"%d", b"%d" % (i + 1)))
        elif verb == "file":
            with open(word + ".args", "rb") as f:
                call(word, f.read())
        elif verb == "text":
            text = word
        elif verb == "heard":
            text = (word + " " if word else "") + heard
        elif verb == "offered":
            text = " ".join(t["name"] for t in request.get("tools", []))
        elif verb == "answer":
            call("new_answer", json.dumps({"content": word}).encode())
        elif verb == "tell":
            call("new_answer", json.dumps({"content": heard}).encode())
        elif verb == "vote":
            label = labels[0] if word == "first" and labels else word
            call("vote", json.dumps({"label": label, "reason": "so"}).encode())
        elif verb == "until":
            wait(word)
        elif verb:
            sys.exit("tool_agent.py: no verb " + verb)
    out = sys.stdout.buffer
    if calls:
        out.write(b'{"type":"message","content":%s,"tool_calls":[%s]}\n' % (
            json.dumps(text or "").encode(), b",".join(calls)))
    else:
        out.write(b'{"type":"message","content":%s}\n' %
                  json.dumps(text or "").encode())


main()
