#!/usr/bin/env python3
"""Random sets of answers that nearly collide, as lines for mg-vote.

  answers.py [--shuffle SEED] [--plain] SEED N
writes N sets, each with its own id; the same SEED gives the same sets. With
--shuffle the messages of each set come in another order; those of the same
agent keep theirs. With --plain there are no init and no end: one long input,
in which --shuffle mixes all sets with each other.
"""
import argparse
import json
import random

BLANKS = ["\t", "\n", "\r", " ", "\u00a0", "\u2009", "\u202f", "\u3000"]
NO_BLANKS = ["\u000b", "\u000c", "\u0085", "\u200b", "\u2003", "\u2028",
             "\ufeff"]
SPECIAL = (BLANKS * 2 + NO_BLANKS + list("**__``''\"\"\u201c\u201d\u2018\u2019"
           "\u00ab\u00bb()[]$\\{}.,;:!?~-+\u2212=%e0139xA#/<>|")
           + ["\u0000", "\u001b", "\u007f", "\u00e9", "e\u0301", "\u212a",
              "\u017f", "\u0130", "\u0661", "\uff11", "\U0001f600", "```",
              "~~~", "****", "\\(", "\\)", "\\boxed{", "answer", " is", "the ",
              "final ", ":", "e9", "\n```\n", "\n~~~~\n"])
NUMBERS = ["42", "42.0", "42.", "4.2e1", "4.2E+1", "420e-1", "+42", "-42",
           "\u221242", "--42", "+-42", "42%", "$42", "42$", "007", "00", "0",
           "-0", "0.0", "+0e5", "0e-0", "1,234", "1 234", "1_234", "1'234",
           "1\u2019234", "1\u202f234", "1  234", "1,234.50", "1234.5",
           "1,234,567", "1,234 567", "1 234 567", "1,23", "12,34", "1,2345",
           "0,123", "01,234", "1234,567", "1234567", "1,234e3",
           "1.234,5", "9007199254740993", "9007199254740992",
           "9007199254740993.0", "1e400", "1e401",
           "10e399", "1e-400", "1e999999999", "1e1000000000", "1e0000000001",
           "1e+000000001", "10e999999999", "0.1e-999999999", ".5", "0.5",
           "5e-1", ".50", ".", ".e1", "1.e1", "5!", "5", "5?", "5.!", "1/2",
           "42e", "42e0", "e42", "0x2a", "1" + "0" * 40, "1e40", "\uff14\uff12",
           "\u0664\u0662", "\u00b2", "-1,000", "-1000", "\u22121e3", "1 e3",
           "- 42", "4 2", "NaN", "inf", "-"]
WORDS = ["yes", "Yes", "YES", "Yes.", "yeah", "yep", "true", "True!", "no",
         "No", "nope", "false", "FALSE.", "not", "yes no", "y", "n",
         "\u0131yes", "ye\u017f", "A", "a", "(a)", "a)", "(A", "[A]", "A.",
         "A):", "option a", "Option A)", "option  (a)", "option\u00a0B",
         "b", "choice B", "letter b", "letter", "optiona", "B", "\u00e9",
         "e\u0301", "E\u0301", "\u00c9", "\u212a", "k", "K",
         "No, 42", "No, 43", "No; 42", "no , 42", "I\u2019d say 42",
         "I'd say 42", "Paris", "paris", "PARIS!", "Pa ris", "\U0001f600",
         "\U0001f600\U0001f600", "\U0001f600.", "", " ", "\u00a0", "\u200b",
         "\u3000\n\t", "...", "*", "**", "****", "()", "$$", "\"\"", "$",
         "\\boxed{}", "``", "```", "``````", "(a) or (b)", "(a) or b",
         "(a(b)", "a(b", "(a)b)", "a)b", "abc)", "abc", "option abc",
         "*a* and *b*", "a*b", "_a_b_", "\"a\" and \"b\"", "a\nb", "a\n\nb",
         "a \nb", "a  b", "a\r\nb", "a\u2028b", "a\u0000b", "\u001b[31mred",
         "\ufffd", "answer", "answer:", "answer is", "x" * 300,
         "\u00e9" * 150, "x" * 279 + "\u00e9", "x" * 278 + " \u00e9y"]
CODE = ["```\nx = 1\ny\n```", "```\nx = 1 \ny\n```", "~~~py\nx = 1\ny\t\n~~~",
        "```\n x = 1\ny\n```", "```\nx = 1\n\ny\n```", "```\n\nx = 1\ny\n```",
        "```\nx = 1\ny\n\n \n```", "x = 1\ny", "```\nx = 1 y\n```", "x = 1 y",
        "````\nx = 1\n```\ny\n````", "```\nx = 1\n````\ny\n```",
        "```\n x = 1 y \n```", "```\n\u00a0\n```", "``` ```", "```\n```",
        "```\nX = 1\nY\n```", "```\nx = 1\r\ny\r\n```\r\n", "```x```"]
LEADS = ["answer:", "answer:: ", "theanswer: ", "Answer: ", "ANSWER :",
         "the answer is ", "The answer is: ",
         "The  final\u00a0answer is:", "Final answer:", "final answer is\n",
         "the final answer is : ", "answer is:: ", "answeris ", "answer ",
         "answer isn't ", "the answer", "The\nanswer is ", "the the answer: ",
         "final the answer: ", "An answer: ", "\u212answer: ", "An\u017fwer: "]
PAIRS = ["** **", "__ __", "* *", "_ _", "` `", "\" \"", "' '",
         "\u201c \u201d", "\u2018 \u2019", "\u00ab \u00bb", "( )", "[ ]",
         "$ $", "\\( \\)", "\\boxed{ }", "\u201d \u201c", "\u00bb \u00ab",
         "{ }", "$$ $$", "\\[ \\]", "*** ***", "**_ _**", "( ]", "< >",
         "\u201e \u201c", "\u2018 '", "** *"]
INFO = ["", "", "json", " python ", "c++ {.x}", "a`b", "a~b", "\u00a0", "```"]


def code(r, text):
    mark, n = r.choice("``~"), r.choice([3, 3, 3, 4, 5, 2])
    other = r.choice([n, n, n, n, n + 1, n - 1])
    lines = [mark * n + r.choice(INFO), text]
    if r.random() < 0.3:
        lines.insert(r.choice([1, 2]), r.choice(
            ["", " ", "x = 1", "x = 1  ", "\tx", "~~~", "```", "````",
             "x\r", "\u3000", "} `"]))
    if r.random() < 0.3:
        lines.append(r.choice(["", " \u00a0", "y", "\u2003"]))
    lines.append(r.choice(["", "", "", " ", "\t"])
                 + r.choice([mark] * 8 + ["`", "~"]) * other
                 + r.choice(["", "", "", " ", "\u3000", "x"]))
    return r.choice(["\n", "\n", "\n", "\r\n", "\n\n"]).join(lines)


def wrapped(r, text):
    what = r.randrange(6)
    if what == 0:
        return r.choice(LEADS) + text
    if what == 1:
        return text + r.choice([".", ",", ";", ":", "!", "?", "!?", "..", " ."])
    if what == 2:
        return r.choice(BLANKS + NO_BLANKS) + text + r.choice(BLANKS + [""])
    if what == 3:
        return code(r, text)
    return r.choice(PAIRS).replace(" ", text)


def changed(r, text):
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        at = r.randrange(len(text) + 1)
        what = r.randrange(4)
        if what == 0:
            text = text[:at] + text[at + 1:]
        elif what == 1:
            text = text[:at] + r.choice(
                [str.upper, str.lower])(text[at:at + 1]) + text[at + 1:]
        else:
            text = text[:at] + r.choice(SPECIAL) + text[at:]
    return text


# A handful of texts for one set, so that its agents nearly agree.
def family(r):
    base = r.choice([NUMBERS] * 4 + [WORDS] * 4 + [CODE])
    at = r.randrange(len(base))
    texts = [base[at]] + [r.choice(base[max(0, at - 3):at + 4])
                          for _ in range(r.randrange(4))]
    if r.random() < 0.1:
        texts.append(r.choice(NUMBERS + WORDS))
    return texts


def answer(r, texts):
    text = r.choice(texts)
    while r.random() < 0.45:
        text = wrapped(r, text)
    if r.random() < 0.25:
        text = changed(r, text)
    return text


def message(r, task, agent, texts):
    event = {"type": "message", "agent": agent,
             "content": answer(r, texts)}
    if task is not None:
        event["id"] = task
    what = r.random()
    if what < 0.03:
        event["taken"] = "mg-mem"
    elif what < 0.06:
        event["stop"] = "tool_calls"
    elif what < 0.09:
        event["tool_calls"] = [{"call": "c", "name": "n", "arguments": {}}]
    elif what < 0.11:
        event["content"] = None
    elif what < 0.15:
        event["stop"] = r.choice(["stop", "length", None])
    elif what < 0.22 and task is not None:
        event = {"type": "error", "id": task, "agent": agent,
                 "code": r.choice(["cancelled", "provider_failed"]),
                 "message": "m"}
    return event


def line(r, event):
    return json.dumps(event, ensure_ascii=r.random() < 0.2,
                      separators=r.choice([(",", ":"), (", ", " : ")]))


# The lines of one set, one list for each agent.
def votes(r, task, names):
    texts = family(r)
    return [[line(r, message(r, task, name, texts))
             for _ in range(r.choice([1, 1, 1, 1, 1, 2, 3]))]
            for name in names]


def mixed(r, lists):
    left, out = [list(x) for x in lists if x], []
    while left:
        x = r.choice(left)
        out.append(x.pop(0))
        if not x:
            left.remove(x)
    return out


def names(r):
    n = r.choice([1, 2, 3, 3, 3, 4, 5, 7, 9])
    return r.sample(["a", "b", "c", "B", "gpt-5#2", "\u00e9t\u00e9", "z",
                     "\U0001f600", "agent 10", "agent 9", "\uffee"], n)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--shuffle", type=int)
    p.add_argument("--plain", action="store_true")
    p.add_argument("seed", type=int)
    p.add_argument("n", type=int)
    options = p.parse_args()
    order = random.Random(options.shuffle or 0)
    heap = []
    for i in range(options.n):
        r = random.Random(options.seed * 1000003 + i)
        who = names(r)
        task = r.choice([f"t{i}", f"t{i}", i, str(i)])
        lists = votes(r, task, who)
        init = not options.plain and r.random() < 0.5
        named = who[:r.randrange(len(who) + 1)] if init else []
        extra = ["never"] if init and r.random() < 0.2 else []
        if init:
            print(line(r, {"type": "init", "v": 1, "agents": [
                {"name": a} if r.random() < 0.2 else a
                for a in named + extra]}))
        if r.random() < 0.05:
            print(line(r, {"type": "task", "id": task, "content": "?",
                           "taken": "mg-ask"}))
        if options.shuffle is None:
            lines = sum(lists, [])
        elif options.plain:
            heap += lists
            continue
        else:
            lines = mixed(order, lists)
        for text in lines:
            print(text)
        if init:
            print(line(r, {"type": "end", "status": "done"}))
    for text in mixed(order, heap):
        print(text)


if __name__ == "__main__":
    main()
