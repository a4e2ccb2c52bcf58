#!/usr/bin/env -S python3 -IS
"""An agent that does as it is told: exec:agent.py STEP...

The k-th turn of a conversation does the k-th step, the last one repeats. A
step is one or more of these joined by `+`; `_` in a text is a blank.

    answer:TEXT    calls new_answer          text:TEXT    says it
    fresh:TEXT     the same, with the turn   json:TEXT    {"new_answer":TEXT}
    vote:LABEL     calls vote                jvote:LABEL  {"vote":LABEL}
    call:NAME      calls that tool           message:     an empty message
    delta:TEXT     a piece, and goes on      raw:LINE     prints it
    after:TEXT     waits until the run's log holds TEXT; a `+` is %2B
    until:FILE     waits until there is such a file
    sleep:SECONDS  fail:STATUS  hold:  never ends   blank: prints nothing

LABEL is one of those that may be voted for, by name, or `first`, `last`. All
calls of a step are made in one message.
"""
import glob
import json
import os
import sys
import time


def wait(done):
    end = time.monotonic() + 30
    while not done():
        if time.monotonic() > end:
            sys.exit("agent.py: waited in vain")
        time.sleep(0.005)


def in_log(text):
    for path in glob.glob(os.environ["XDG_STATE_HOME"] + "/mg/runs/*/log.ndjson"):
        with open(path, encoding="utf-8", errors="replace") as log:
            if text in log.read():
                return True
    return False


def say(event):
    print(json.dumps(event, ensure_ascii=False), flush=True)


def main():
    steps = sys.argv[1:]
    request = json.loads(sys.stdin.readline())
    turn = request["turn"]
    labels = [label for tool in request.get("tools", [])
              if tool["name"] == "vote"
              for label in tool["input_schema"]["properties"]["label"]["enum"]]
    calls, text = [], None
    for part in steps[min(turn, len(steps)) - 1].split("+"):
        verb, _, arg = part.partition(":")
        arg = arg.replace("%2B", "+")
        if verb not in ("after", "until", "raw"):
            arg = arg.replace("_", " ")
        if verb in ("vote", "jvote"):
            arg = {"first": labels[:1], "last": labels[-1:]}.get(arg, [arg])
            arg = arg[0] if arg else "agent1.1"
        if verb == "answer":
            calls.append(("new_answer", {"content": arg}))
        elif verb == "fresh":
            calls.append(("new_answer", {"content": "%s %d" % (arg, turn)}))
        elif verb == "vote":
            calls.append(("vote", {"label": arg, "reason": "so it seems"}))
        elif verb == "call":
            calls.append((arg, {"n": 1}))
        elif verb == "text":
            text = arg
        elif verb == "json":
            text = json.dumps({"new_answer": arg})
        elif verb == "jvote":
            text = json.dumps({"vote": arg, "reason": "so it seems"})
        elif verb == "message":
            say({"type": "message", "content": ""})
        elif verb == "delta":
            say({"type": "delta", "content": arg})
        elif verb == "raw":
            print(arg, flush=True)
        elif verb == "after":
            wait(lambda: in_log(arg))
        elif verb == "until":
            wait(lambda: os.path.exists(arg))
        elif verb == "sleep":
            time.sleep(float(arg))
        elif verb == "hold":
            time.sleep(600)
        elif verb == "fail":
            sys.exit(int(arg or 1))
        elif verb != "blank":
            sys.exit("agent.py: no step " + verb)
    if calls:
        say({"type": "message", "content": text or "", "tool_calls": [
            {"call": "c%d.%d" % (turn, i), "name": n, "arguments": a}
            for i, (n, a) in enumerate(calls)]})
    elif text is not None:
        print(text)


main()
