#!/usr/bin/env python3
"""The rule of mg-vote(1), a second time, from its manual page alone.

Reads event lines on standard input and prints the result events, one on each
line with sorted keys. It is slow, plain, and shares nothing with lib/vote.
Where the manual says "in words" (reason) it prints true.
  plurality.py [-w AGENT=W]... [--quorum N] [--min-margin W]
"""
import argparse
import json
import re
import sys
from decimal import Decimal

BLANKS = "\t\n\r \u00a0\u2009\u202f\u3000"
B = "[" + BLANKS + "]"
LEAD = re.compile(
    rf"(?:the{B}+)?(?:final{B}+)?answer(?:{B}*:|{B}+is(?=[{BLANKS}:]){B}*:?)",
    re.I | re.A)
PAIRS = [("**", "**"), ("__", "__"), ("*", "*"), ("_", "_"), ("`", "`"),
         ('"', '"'), ("'", "'"), ("\u201c", "\u201d"), ("\u2018", "\u2019"),
         ("\u00ab", "\u00bb"), ("(", ")"), ("[", "]"), ("$", "$"),
         ("\\(", "\\)"), ("\\boxed{", "}")]
NUMBER = re.compile(
    r"([+\-\u2212]?)"
    r"(0|[1-9][0-9]{0,2}([,_' ])[0-9]{3}(?:\3[0-9]{3})*|[1-9][0-9]*|)"
    r"(?:\.([0-9]+))?(?:e([+-]?[0-9]{1,9}))?")


# Step 2: ("code", key), ("text", the one line) or None.
def fenced(text):
    lines = text.split("\n")
    first, last = lines[0].strip(BLANKS), lines[-1].strip(BLANKS)
    mark = first[:1]
    if len(lines) < 2 or mark not in ("`", "~"):
        return None
    n = len(first) - len(first.lstrip(mark))

    def closes(line):
        line = line.strip(BLANKS)
        return len(line) >= n and set(line) == {mark}

    if n < 3 or mark in first[n:] or not closes(last):
        return None
    if any(closes(line) for line in lines[1:-1]):
        return None
    inside = "\n".join(lines[1:-1]).rstrip(BLANKS)
    if inside == "":
        return None
    if "\n" not in inside:
        return "text", inside.strip(BLANKS)
    return "code", "c:" + "\n".join(
        line.rstrip(BLANKS) for line in inside.split("\n"))


# Step 3, one rule: the text without it, or None if no rule applies.
def barer(text):
    lead = LEAD.match(text)
    if lead and (rest := text[lead.end():].strip(BLANKS)):
        return rest
    for a, z in PAIRS:
        if (len(text) < len(a) + len(z) or not text.startswith(a)
                or not text.endswith(z)):
            continue
        inner = text[len(a):len(text) - len(z)]
        if a not in inner and z not in inner and inner.strip(BLANKS):
            return inner.strip(BLANKS)
    stop = text[-1] in ".,;:" or (
        text[-1] in "!?" and text[-2:-1] not in tuple("0123456789"))
    if stop and (rest := text[:-1].strip(BLANKS)):
        return rest
    return None


def number(text):
    m = NUMBER.fullmatch(text)
    if not m:
        return None
    sign, whole, _, fraction, exponent = m.groups()
    if whole == "" and fraction is None:
        return None
    fraction = fraction or ""
    digits = re.sub("[^0-9]", "", whole) + fraction
    e = int(exponent or "0") - len(fraction)
    digits = digits.lstrip("0")
    short = digits.rstrip("0")
    e += len(digits) - len(short)
    if short == "":
        return "n:0e0"
    return "n:" + ("-" if sign in ("-", "\u2212") else "") + short + f"e{e}"


def key(text):
    text = text.strip(BLANKS)
    if text == "":
        return None
    code = fenced(text)
    if code:
        what, text = code
        if what == "code":
            return text
    while (rest := barer(text)) is not None:
        text = rest
    text = re.sub(B + "+", " ", text)
    text = re.sub("[A-Z]", lambda m: m.group().lower(), text)
    if (n := number(text)) is not None:
        return n
    if text in ("yes", "yeah", "yep", "true"):
        return "b:yes"
    if text in ("no", "nope", "false"):
        return "b:no"
    if m := re.fullmatch(r"(?:(?:option|choice|letter) )?([a-z])\)?", text):
        return "t:" + m.group(1)
    return "t:" + text


def label(content):
    short = content.strip(BLANKS).encode()[:280]
    return short.decode(errors="ignore")


class Number(str):
    """A number as it is spelt."""


def load(line):
    def repair(v):
        if isinstance(v, Number):
            return v
        if isinstance(v, str):
            return re.sub("[\ud800-\udfff]", "\ufffd", v)
        return v
    event = json.loads(line, parse_int=Number, parse_float=Number)
    return {k: repair(v) for k, v in event.items()}


class Poll:
    """One stream between init and init: who is in it, and its tasks."""

    def __init__(self, options, agents=()):
        self.options, self.agents = options, list(agents)
        self.tasks = {}         # id: {agent: content, or None if it failed}
        self.decided = set()

    def decide(self, task, broken=False):
        self.decided.add(task)
        heard = self.tasks[task]
        others = sorted(set(heard) - set(self.agents), key=str.encode)
        order = [a for a in self.agents if a in heard] + others
        failed = [a for a in order if heard[a] is None]
        keys = {a: key(heard[a]) for a in order if heard[a] is not None}
        abstained = [a for a in keys if keys[a] is None]
        groups = {}
        for a in keys:
            if keys[a] is not None:
                groups.setdefault(keys[a], []).append(a)

        def weigh(agents):
            return sum((self.options.w.get(a, Decimal(1)) for a in agents),
                       Decimal(0))
        ranked = sorted(groups.values(),
                        key=lambda g: (-weigh(g), g[0].encode()))
        votes = [{"answer": label(heard[g[0]]), "weight": plain(weigh(g)),
                  "agents": g} for g in ranked]
        weights = [weigh(g) for g in ranked] + [Decimal(0)] * 2
        total, margin = sum(weights), weights[0] - weights[1]
        if broken:
            status = "incomplete"
        elif not keys:
            status = "failed"
        elif not groups or total == 0 or (
                sum(map(len, ranked)) < self.options.quorum):
            status = "no_winner"
        elif margin == 0:
            status = "tie"
        elif margin < self.options.min_margin:
            status = "no_winner"
        else:
            status = "done"
        result = {"type": "result", "by": "mg-vote", "status": status,
                  "votes": votes, "margin": plain(margin),
                  "total": plain(total), "failed": failed,
                  "abstained": abstained}
        if task[0] is not None:
            result["id"] = (plain(task[1]) if task[0] is Number else task[1])
        if status in ("no_winner", "failed", "incomplete"):
            result["reason"] = True
        if status == "done":
            winner = ranked[0][0]
            result.update(
                content=heard[winner], answer=label(heard[winner]),
                winner=winner, dissent=[
                    {"agent": a, "answer": label(heard[a])} for a in keys
                    if keys[a] not in (None, keys[winner])])
        if status == "tie":
            result["winners"] = sorted(
                (g[0] for g, w in zip(ranked, weights) if w == weights[0]),
                key=str.encode)
        missing = [a for a in self.agents if a not in heard]
        if missing:
            result["missing"] = missing
        print(json.dumps(result, sort_keys=True, ensure_ascii=False))

    def rest(self, broken=False):
        for task in self.tasks:
            if task not in self.decided:
                self.decide(task, broken)

    def event(self, event):
        kind, agent = event.get("type"), event.get("agent")
        has_id = "id" in event
        task = (type(event["id"]), event["id"]) if has_id else (None, None)
        taken = "taken" in event
        if kind == "message":
            content = event.get("content")
            if type(agent) is not str or not (
                    content is None or type(content) is str):
                return
            if taken:
                return
            heard = self.tasks.setdefault(task, {})
            if event.get("stop") == "tool_calls" or event.get("tool_calls"):
                return
            if task not in self.decided:
                heard[agent] = content or ""
        elif kind == "error":
            if not has_id or type(agent) is not str:
                return
            self.tasks.setdefault(task, {})
            if task not in self.decided:
                self.tasks[task][agent] = None
        elif kind == "task":
            if taken:
                self.tasks.setdefault(task, {})
            return
        else:
            return
        if self.agents and task not in self.decided and all(
                a in self.tasks[task] for a in self.agents):
            self.decide(task)


def plain(number):
    number = Decimal(number)
    return int(number) if number == int(number) else float(number)


def weight(text):
    name, _, w = text.rpartition("=")
    return name, Decimal(w)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-w", action="append", type=weight, default=[])
    p.add_argument("--quorum", type=int, default=0)
    p.add_argument("--min-margin", type=Decimal, default=Decimal(0))
    options = p.parse_args()
    options.w = dict(options.w)
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8")
    poll, within = Poll(options), False
    for line in sys.stdin:
        line = line.strip(" \t\r\n")
        try:
            event = load(line)
        except (ValueError, AttributeError):
            continue
        kind = event.get("type")
        if kind == "init":
            poll.rest(within)
            named = event.get("agents", [])
            poll = Poll(options, [a if isinstance(a, str) else a["name"]
                                  for a in named])
            within = True
        elif kind == "end":
            poll.rest(event.get("status") == "interrupted")
            within, poll.agents = False, []
        else:
            poll.event(event)
    poll.rest(within)


if __name__ == "__main__":
    main()
