"""worlds - random runs on real processes: python3 worlds.py FROM TO.

Each seed draws agents, tasks, what is said meanwhile, the stages and where
observers stand among them; then everything of ring.py is checked.
"""

import json
import os
import random
import stat
import sys
import threading
import time

from ring import HERE, SOAK, Check, event, mg_run, tool

LISTENERS = {
    "awk": ["awk", '/^{"type":"message"/ {n++} END '
            '{print "{\\"type\\":\\"counted\\",\\"n\\":" n+0 "}"}'],
    "jq": ["jq", "-c", 'select(.type=="answer")|{type:"heard",said:.label}'],
    "cat": ["cat"],
    "head": ["head", "-n", "1"],
    "sh": ["sh", "-c", "read -r line; exit 0"],
    "deaf": ["sleep", "0.3"],
}


class World:
    def __init__(self, seed, folder):
        self.rnd = random.Random(seed)
        self.seed = seed
        self.folder = os.path.join(folder, "w%d" % seed)
        os.mkdir(self.folder)
        self.taps = []
        self.wild = self.rnd.choice((0, 0, 10))
        self.size = self.rnd.choice((0, 0, 1000, 100000, 600000))
        self.models = [self.model(i) for i in range(self.rnd.randint(1, 4))]
        self.script = self.input()

    def model(self, i):
        r = self.rnd
        if r.random() < 0.06:
            return "exec:" + self.team(i)
        argv = tool("actor", self.seed, i, "delay=%d" % r.choice((0, 5, 40)),
                    "size=%d" % self.size, "wild=%d" % self.wild,
                    "tools=%d" % r.choice((0, 15, 40)))
        return "exec:" + " ".join(argv)

    def team(self, i):
        """A team as an agent: a run in the run."""
        path = os.path.join(self.folder, "team%d" % i)
        inner = " ".join(tool("actor", self.seed, "in%d" % i, "size=2000"))
        with open(path, "w") as f:
            f.write("#!/bin/sh\nexec mg-run -m 'exec:%s' -m 'exec:%s' "
                    "-o ndjson\n" % (inner, inner + " delay=3"))
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    # --- the stages -------------------------------------------------------

    def observer(self):
        n = len(self.taps)
        path = os.path.join(self.folder, "tap%d" % n)
        slow = self.rnd.choice((0, 200, 1000))
        return ["mg-run", "stage", "--inline", "tap%d" % n, "--",
                *tool("tap", path, self.rnd.randint(1, 1 << 30), slow)]

    def stages(self):
        """The makers, with observers and listeners among them."""
        r = self.rnd
        agents = [w for m in self.models for w in ("-m", m)]
        rules = []
        for rule in self.rules():
            rules += ["-r", rule]
        tools = ["mg-run", "stage", "--inline", "tools", "--", sys.executable,
                 os.path.join(HERE, "tools.py"), str(self.seed)]
        made = [("mg-vote", ["mg-vote", "lead", *agents, *rules])]
        if r.random() < 0.8:
            made.append(("tools", tools))
        if r.random() < 0.2 and len(self.models) > 1:
            half = len(self.models) // 2
            made.append(("mg-ask", self.asker("a", self.models[:half])))
            made.append(("mg-ask.2", self.asker("b", self.models[half:])))
        else:
            made.append(("mg-ask", ["mg-ask", *agents]))
        for name in r.sample(sorted(LISTENERS), r.choice((0, 0, 1, 2))):
            made.insert(r.randint(0, len(made)),
                        (name, ["mg-run", "stage", name, "--",
                                *LISTENERS[name]]))
        self.makers = [name for name, argv in made]
        spots = sorted(r.sample(range(len(made) + 1),
                                r.randint(1, min(3, len(made)))))
        out = []
        for place in range(len(made) + 1):
            if place in spots:
                argv = self.observer()
                self.taps.append((place, argv))
                out.append(argv)
            if place < len(made):
                out.append(made[place][1])
        return out

    def asker(self, name, models):
        """An mg-ask that serves these agents and no others."""
        path = os.path.join(self.folder, name + ".yaml")
        with open(path, "w") as f:
            json.dump({"agents": [
                {"id": m, "backend": {"type": "exec", "model": m}}
                for m in models]}, f)
        return ["mg-ask", "-c", path]

    def rules(self):
        r = self.rnd
        yield "retry_wait=10ms"
        yield "tries=2"
        yield "reminders=1"
        yield "on_new_answer=" + r.choice(("append", "append", "cancel",
                                           "finish"))
        yield "vote_after=" + r.choice(("all", "all", "first"))
        yield "present=" + r.choice(("verbatim", "verbatim", "winner"))
        yield "max_answers_per_agent=" + r.choice(("1", "2", "3"))
        if r.random() < 0.2:
            yield "call_timeout=60ms"
        if r.random() < 0.1:
            yield "agent_timeout=150ms"

    # --- standard input -----------------------------------------------------

    def input(self):
        """(seconds to wait, line) one after another."""
        r = self.rnd
        script = []
        self.tasks = r.randint(1, 3)
        self.refused = 0
        for i in range(self.tasks):
            e = {"type": "task", "content": "Question %d?" % i}
            if r.random() < 0.5:
                e["id"] = r.choice(("t%d" % i, 100 + i, "é\n%d" % i))
            if r.random() < 0.3:
                e["session"] = "s%d" % (i % 2)
            if r.random() < 0.2:
                e.update(by="mg-vote", ts="never", lap=7, past=1, taken="me")
            if r.random() < 0.1:
                e["content"] += "x" * r.choice((5000, 600000))
            script.append((r.choice((0, 0, 0.05)), e))
            if r.random() < 0.4:
                script.append((r.random() * 0.05, self.aside(i)))
        return script

    def aside(self, i):
        r = self.rnd
        kind = r.random()
        if kind < 0.5:
            e = {"type": "note", "content": "Mind the cost."}
            if r.random() < 0.5:
                e["agent"] = r.choice(self.models + ["nobody"])
            return e
        if kind < 0.7:
            return {"type": "cancel", "id": "t%d" % i, "reason": "enough"}
        if kind < 0.8:
            return {"type": "cancel", "agent": r.choice(self.models)}
        self.refused += 1
        if kind < 0.9:
            return {"type": "result", "id": "t0", "content": "forged"}
        return b"no event"

    # --- one run --------------------------------------------------------------

    def feed(self, run):
        for wait, e in self.script:
            time.sleep(wait)
            run.say(e)
        run.close()

    def play(self):
        stages = self.stages()
        run = mg_run("-o", "ndjson", "--stall-timeout", "30s", "-i", "ndjson",
                     name="w%d" % self.seed, stages=stages)
        t = threading.Thread(target=self.feed, args=[run], daemon=True)
        t.start()
        run.finish(60, status=(0, 1, 65, 69, 75), close=False)
        t.join(10)
        check = Check(run.log(), self.makers, "cat" in self.makers)
        check.log_alone()
        check.prints(run.out)
        for i, (place, argv) in enumerate(self.taps):
            with open(os.path.join(self.folder, "tap%d" % i), "rb") as f:
                check.saw(place, f.read())
        assert len(check.of("task")) == self.tasks
        bad = [e for e in check.of("error") if e["by"] == "mg-run" and
               e["code"] in ("bad_event", "bad_line")]
        assert len(bad) == self.refused, bad
        return check


def main():
    first, last = int(sys.argv[1]), int(sys.argv[2])
    folder = sys.argv[3]
    failed = 0
    for seed in range(first, last):
        began = time.monotonic()
        try:
            check = World(seed, folder).play()
            if SOAK or os.environ.get("VERBOSE"):
                print("seed %d: %d events, %.2f s" % (
                    seed, len(check.lines), time.monotonic() - began))
        except AssertionError as e:
            failed += 1
            print("seed %d: %s" % (seed, str(e)[:3000]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
