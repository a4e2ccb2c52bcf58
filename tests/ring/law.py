"""law.py - what every log of a ring keeps, whatever happened to the run.

read(bytes) gives the events; check(events) a list of what is wrong, as text.
finished: the run has ended well, so nothing may be open.
"""
import collections
import json

LEAVES = {"delta", "step", "cost", "retry", "memory", "timer"}


def once(pairs):
    keys = [k for k, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a member is doubled: " + ",".join(keys))
    return dict(pairs)


def read(log):
    return [json.loads(line, object_pairs_hook=once)
            for line in log.split(b"\n") if line]


def call_key(e):
    """A model call."""
    return (e.get("id"), e.get("agent"), e.get("turn"))


def tool_key(e):
    return call_key(e) + (e.get("call"),)


def replies(events):
    """The model calls whose outcome is logged."""
    return {call_key(e) for e in events
            if e["type"] in ("message", "error") and "turn" in e}


class Law:
    def __init__(self):
        self.wrong = []
        self.n = 0
        self.requests = {}
        self.ended = collections.Counter()
        self.messages = {}
        self.tools = {}
        self.results = collections.Counter()
        self.ready = collections.Counter()
        self.tasks = {}
        self.labels = {}
        self.votes = collections.Counter()
        self.open_stream = False
        self.ts = ""

    def bad(self, what):
        self.wrong.append("line %d: %s" % (self.n, what))

    def see(self, e):
        self.n += 1
        kind = e["type"]
        if "lap" in e or "past" in e:
            self.bad("a mark is in the log")
        if not e.get("by"):
            self.bad("nobody signed it")
        if kind == "delta":
            self.bad("a delta is logged")
        if e.get("ts", "") < self.ts:
            self.bad("time goes back")
        self.ts = e.get("ts", "")
        at = getattr(self, "on_" + kind, None)
        if at:
            at(e)

    def on_init(self, e):
        self.open_stream = True

    def on_end(self, e):
        if not self.open_stream:
            self.bad("an end without init")
        self.open_stream = False

    def on_task(self, e):
        if e["id"] in self.tasks:
            self.bad("a task twice")
        self.tasks[e["id"]] = 0

    def on_result(self, e):
        if e["id"] not in self.tasks:
            self.bad("a result without its task")
            return
        self.tasks[e["id"]] += 1
        if self.tasks[e["id"]] > 1:
            self.bad("a second result")

    def on_request(self, e):
        k = call_key(e)
        if k in self.requests:
            self.bad("a request twice: %s" % (k,))
        if e["id"] not in self.tasks:
            self.bad("a request before its task")
        self.requests[k] = e

    def end_call(self, e):
        k = call_key(e)
        if k not in self.requests:
            self.bad("%s before its request: %s" % (e["type"], k))
        self.ended[k] += 1
        if self.ended[k] > 1:
            self.bad("a call has two ends: %s" % (k,))

    def on_message(self, e):
        self.end_call(e)
        self.messages[call_key(e)] = [
            c["call"] for c in e.get("tool_calls", [])]

    def on_error(self, e):
        if "turn" in e:
            self.end_call(e)

    def on_tool_call(self, e):
        k = tool_key(e)
        if k in self.tools:
            self.bad("a tool_call twice: %s" % (k,))
        if e["call"] not in self.messages.get(call_key(e), []):
            self.bad("a tool_call that no message has: %s" % (k,))
        self.tools[k] = e

    def on_tool_result(self, e):
        k = tool_key(e)
        if k not in self.tools:
            self.bad("a tool_result before its call: %s" % (k,))
        self.results[k] += 1
        if self.results[k] > 1:
            self.bad("a second tool_result: %s" % (k,))

    def on_ready(self, e):
        k = call_key(e)
        self.ready[k] += 1
        for c in self.messages.get(k, []):
            if k + (c,) not in self.results:
                self.bad("ready before %s has its result" % c)
        if self.ready[k] > 1:
            self.bad("ready twice: %s" % (k,))

    def on_answer(self, e):
        k = (e["id"], e["label"])
        if k in self.labels:
            self.bad("an answer twice: %s" % (k,))
        self.labels[k] = e
        if not any(m[:2] == (e["id"], e["agent"]) for m in self.messages):
            self.bad("an answer that nobody gave")

    def on_vote(self, e):
        if (e["id"], e["for"]) not in self.labels and e["counted"]:
            self.bad("a vote for what is not there")
        k = (e["id"], e["agent"], e["for"])
        self.votes[k] += 1 if e["counted"] else 0
        if self.votes[k] > 1 and not e.get("why"):
            self.bad("a vote counted twice: %s" % (k,))
        if not e["counted"] and e.get("why") == "stale":
            self.votes[k] = 0

    def on_alarm(self, e):
        pass

    def closed(self):
        """Nothing may be open once a run has ended."""
        for task, n in self.tasks.items():
            if n != 1:
                self.bad("task %s has %d results" % (task, n))
        for k in self.requests:
            if self.ended[k] != 1:
                self.bad("the call %s has %d ends" % (k, self.ended[k]))
        for k in self.tools:
            if self.results[k] != 1:
                self.bad("the tool call %s has %d results" %
                         (k, self.results[k]))
        for k, calls in self.messages.items():
            for c in calls:
                if k + (c,) not in self.tools:
                    self.bad("the message %s lacks its tool_call" % (k,))
        if self.open_stream:
            self.bad("the last line is no end")


def check(events, finished):
    law = Law()
    for e in events:
        law.see(e)
    if finished:
        law.closed()
        if not events or events[-1]["type"] != "end":
            law.bad("the last line is no end")
    return law.wrong
