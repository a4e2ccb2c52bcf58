"""tools - an inline stage that has the tools `look` and `big`.

It takes their calls as they pass, answers each later, in any order, and
before `drain` passes, says what it still owes. SEED draws the delays.

What may go wrong with a stage, further arguments bring about:
	keep=TYPE	lines of that type are not passed on
	hold=TYPE	at such a line it stops for ever
	noise=N		says so many events behind `init`
	huge=BYTES	says an event so long, its newline not counted
	forge=TYPE	says an event of that type once, behind `init`
	garbage		prints, behind `init`, what is no event
	sign=NAME	signs what it says with another's name
"""

import json
import random
import sys
import threading
import time

seed = int(sys.argv[1])
wrong = dict(a.partition("=")[::2] for a in sys.argv[2:])
rnd = random.Random(seed)
lock = threading.Lock()
out = sys.stdout.buffer
owed = {}
draining = False


def say(event):
    line = json.dumps(event, separators=(",", ":"))
    out.write(line.encode() + b"\n")
    out.flush()


def answer(key, error):
    event = owed.pop(key, None)
    if not event:
        return
    size = rnd.randrange(600000) if event["name"] == "big" else 10
    e = {"type": "tool_result"}
    for name in ("id", "agent", "turn", "call"):
        if name in event:
            e[name] = event[name]
    e["content"] = "cut off" if error else "x" * size
    e["is_error"] = error
    if "sign" in wrong:
        e["by"] = wrong["sign"]
    say(e)


def later(key):
    with lock:
        answer(key, False)


def take(line, event):
    key = json.dumps([event.get(n) for n in ("id", "agent", "turn", "call")])
    owed[key] = event
    out.write(line.rstrip()[:-1] + b',"taken":"tools"}\n')
    out.flush()
    if draining or rnd.random() < 0.3:
        answer(key, draining)
    else:
        t = threading.Timer(rnd.random() * 0.03, later, [key])
        t.daemon = True
        t.start()


def garbage():
    out.write(b"plain text\n")
    out.write(b"{\n")
    out.write(b'{"type":"x","n":\0}\n')
    out.write(b'{"type":"x",}\n')
    out.write(b'{"type":"\xff\xfe","by":"tools"}\n')
    out.write(b"\n   \n[1,2]\n")
    out.write(b'{"type":"x","long":"' + b"y" * (20 << 20) + b'"}\n')
    out.flush()


def misbehave():
    if "forge" in wrong:
        say({"type": wrong["forge"], "by": wrong.get("sign", "tools"), "v": 1,
             "status": "done", "id": "forged", "ring": False})
    if "garbage" in wrong:
        garbage()
    for i in range(int(wrong.get("noise", 0))):
        out.write(b'{"type":"tick","n":%d,"x":"%s"}\n' % (i, b"x" * 80))
    for size in wrong.get("huge", "").split(","):
        if size:
            head = b'{"type":"huge","x":"'
            out.write(head + b"x" * (int(size) - len(head) - 2) + b'"}\n')
    out.flush()


for line in sys.stdin.buffer:
    head = line[:400]
    with lock:
        if b'"drain"' in head and json.loads(line).get("type") == "drain":
            draining = True
            for k in list(owed):
                answer(k, True)
        if b'"tool_call"' in head:
            e = json.loads(line)
            if (e["type"] == "tool_call" and "taken" not in e and
                    "past" not in e and e["name"] in ("look", "big")):
                take(line, e)
                continue
        if "hold" in wrong and b'"type":"%s"' % wrong["hold"].encode() in head:
            time.sleep(1000)
        if "keep" in wrong and b'"type":"%s"' % wrong["keep"].encode() in head:
            continue
        out.write(line)
        out.flush()
        if b'"type":"init"' in head and b'"past"' not in head:
            misbehave()
