#!/usr/bin/env python3
"""tool_kill.py - rings with tools that are killed anywhere, and go on.

  tool_kill.py [N]	N moments (0: every line of the log, and every victim)

Two agents call tools: some only read, some write. Behind a line of what
mg-run prints, or when a tool has begun, kill -9 meets mg-run, mg-tools, both
or mg-ask; every third time the run that goes on is killed too. In the end:
the run is done; each call has one result; none whose result was logged ran
again; none that writes ran twice; one whose outcome is unknown had begun, and
one that worked ran once; what reads has worked. Nobody is left.

Each tool says in the file `begun` that it began, and in `ended` that it ended.
"""
import collections
import concurrent.futures
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import law

HERE = os.path.dirname(os.path.abspath(__file__))
SAN = os.environ.get("MG_BUILD", "").endswith("san")
LIMIT = 120 if SAN else 40
VICTIMS = ("run", "tools", "both", "ask")
TOOL = """#!/bin/sh
echo "$MG_AGENT $MG_CALL" >>begun
sleep 0.0$1
echo "$MG_AGENT $MG_CALL" >>ended
echo "$MG_TOOL $MG_CALL"
"""
RECORD = """name: %s
description: x
label: %s
env: [TOOL_KILL_MARK]
command: [./tool, "%d"]
"""
SCRIPT = """call look
call put {"n":1}
call keep {"n":2}
.
call put {"n":3}
call look
.
tell
.
vote first
"""
WRITES = {"put", "keep"}


class Wrong(Exception):
    pass


def must(ok, *what):
    if not ok:
        raise Wrong(" ".join(str(w) for w in what))


def living(mark):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if mark.encode() not in f.read().split(b"\0"):
                    continue
            with open("/proc/%s/stat" % pid) as f:
                state = f.read().rpartition(")")[2].split()[0]
            with open("/proc/%s/cmdline" % pid) as f:
                line = f.read().replace("\0", " ").strip()
        except OSError:
            continue
        if state not in "ZX":
            found.append("%s (%s)" % (pid, line))
    return found


def counted(path):
    try:
        with open(path) as f:
            return collections.Counter(f.read().splitlines())
    except FileNotFoundError:
        return collections.Counter()


class Job:
    numbers = itertools.count()

    def __init__(self, folder):
        n = next(self.numbers)
        self.home = os.path.join(folder, "job%d" % n)
        os.makedirs(self.home + "/tools")
        mark = "%d.%d" % (os.getpid(), n)
        self.mark = "TOOL_KILL_MARK=" + mark
        self.env = dict(os.environ, TOOL_KILL_MARK=mark, TMPDIR=self.home)
        for name in ("STATE", "DATA", "CACHE", "CONFIG"):
            self.env["XDG_%s_HOME" % name] = self.home + "/" + name.lower()
        self.log_path = self.home + "/state/mg/runs/r/log.ndjson"
        with open(self.home + "/tools/tool", "w") as f:
            f.write(TOOL)
        os.chmod(self.home + "/tools/tool", 0o755)
        for i, (name, label) in enumerate((
                ("look", "read"), ("put", "write"), ("keep", "irreversible"))):
            with open(self.home + "/tools/%s.yaml" % name, "w") as f:
                f.write(RECORD % (name, label, 3 + i))
        with open(self.home + "/script", "w") as f:
            f.write(SCRIPT)
        with open(self.home + "/team.yaml", "w") as f:
            f.write("allow_tools: [put, keep]\nagents:\n")
            for agent in "ab":
                f.write("  - {id: %s, backend: {type: exec, model: "
                        "\"exec:%s/tool_agent.py %s/script\"}}\n" % (
                            agent, HERE, self.home))

    def start(self, *words):
        self.err = tempfile.TemporaryFile()
        self.p = subprocess.Popen(
            ["mg-run", *words, "-o", "ndjson"], cwd=self.home, env=self.env,
            bufsize=0, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.err)
        self.late = threading.Timer(LIMIT, self.p.kill)
        self.late.start()

    def begin(self):
        self.start("-S", "r", "-c", "team.yaml", "--tools", "tools", "Which?")

    def resume(self):
        self.start("--resume", "r")

    def said(self):
        self.err.seek(0)
        return self.err.read().decode(errors="replace")

    def lines(self):
        with os.fdopen(os.dup(self.p.stdout.fileno()), "rb") as out:
            yield from out

    def wait(self):
        status = self.p.wait()
        self.p.stdout.close()
        must(self.late.is_alive(), "it hung:", self.said())
        self.late.cancel()
        must("Sanitizer" not in self.said(), self.said())
        return status

    def pid(self, name):
        with open("/proc/%d/task/%d/children" % (self.p.pid,
                                                 self.p.pid)) as f:
            for pid in f.read().split():
                with open("/proc/%s/comm" % pid) as c:
                    if c.read().strip() == name:
                        return int(pid)
        raise OSError("no " + name)

    def strike(self, who):
        """True if anybody was there to be killed."""
        try:
            pids = {"run": lambda: [self.p.pid],
                    "tools": lambda: [self.pid("mg-tools")],
                    "ask": lambda: [self.pid("mg-ask")],
                    "both": lambda: [self.pid("mg-tools"), self.p.pid],
                    }[who]()
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            return True
        except OSError:
            return False

    def live(self, at, who):
        """Reads to line `at`, or until `-at` tools have begun, and kills."""
        if at < 0:
            def watch():
                while self.p.poll() is None:
                    if sum(counted(self.home + "/begun").values()) >= -at:
                        self.strike(who)
                        return
                    time.sleep(0.001)
            watcher = threading.Thread(target=watch)
            watcher.start()
        for n, _ in enumerate(self.lines(), 1):
            if n == at:
                self.strike(who)
        if at < 0:
            watcher.join()
        self.wait()
        self.alone(who == "both")

    def alone(self, orphans=False):
        """Nobody is left, a moment after. Where both who could end it have
        died while bubblewrap was still starting, it may wait for ever for
        its own parent: that is bubblewrap's, and it has not begun."""
        until = time.monotonic() + (1 if orphans else 10)
        left = living(self.mark)
        while left and time.monotonic() < until:
            time.sleep(0.01)
            left = living(self.mark)
        for who in left if orphans else []:
            pid, _, line = who.partition(" ")
            must(line.startswith("(bwrap"), "left behind:", left)
            os.kill(int(pid), signal.SIGKILL)
        must(orphans or not left, "left behind:", left)

    def events(self):
        """What is logged; a last line that was cut in two is not."""
        try:
            with open(self.log_path, "rb") as f:
                log = f.read()
        except FileNotFoundError:
            return []
        return law.read(log[:log.rfind(b"\n") + 1])

    def check(self, logged):
        """All that must hold in the end; logged: key to result, and how often
        the tool had begun by then."""
        events = self.events()
        wrong = law.check(events, True)
        must(not wrong, wrong)
        begun = counted(self.home + "/begun")
        ended = counted(self.home + "/ended")
        calls = {law.tool_key(e): e for e in events
                 if e["type"] == "tool_call"}
        unknown = 0
        for e in events:
            if e["type"] != "tool_result" or e["by"] != "mg-tools":
                continue
            key, name = law.tool_key(e), e["name"]
            run = "%s %s" % (e["agent"], e["call"])
            must(name == calls[key]["name"], "a result of another tool")
            if key in logged:
                must(logged[key] == begun[run], "ran after its result:", run)
            if name in WRITES:
                must(begun[run] <= 1, "ran twice:", name, run)
            if e["is_error"]:
                must(e["code"] == "outcome_unknown", "code", e["code"],
                     e["content"])
                must(name in WRITES, "unknown, although it only reads", run)
                unknown += 1
            else:
                must(ended[run] >= 1, "worked, but did not run:", run)
                must(e["content"] == "%s %s" % (name, e["call"]),
                     "content:", e["content"])
        return unknown


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.wrong = []
        self.done = collections.Counter()
        job = Job(folder)
        job.begin()
        self.n = sum(1 for _ in job.lines())
        status = job.wait()
        must(status == 0, "the first run:", status, job.said())
        job.check({})
        tools = [e for e in job.events() if e["type"] == "tool_result"
                 and e["by"] == "mg-tools"]
        must(len(tools) == 10, "the first run has", len(tools), "results")
        shutil.rmtree(job.home)

    def one(self, at, who, then):
        job = Job(self.folder)
        try:
            self.play(job, at, who, then)
            shutil.rmtree(job.home, ignore_errors=True)
        except Exception as e:  # whatever it is, the others go on
            self.wrong.append("%s at %d, then %s: %s: %s\n    %s" % (
                who, at, then, type(e).__name__, e, job.said()[-500:]))

    @staticmethod
    def results(job):
        begun = counted(job.home + "/begun")
        return {law.tool_key(e): begun["%s %s" % (e["agent"], e["call"])]
                for e in job.events()
                if e["type"] == "tool_result" and e["by"] == "mg-tools"}

    def play(self, job, at, who, then):
        job.begin()
        job.live(at, who)
        logged = self.results(job)
        if not any(e["type"] == "task" for e in job.events()):
            self.done["cut before its task"] += 1
            return
        if then:
            job.resume()
            job.live(*then)
            logged.update((k, n) for k, n in self.results(job).items()
                          if k not in logged)
            self.done["killed twice"] += 1
        job.resume()
        for _ in job.lines():
            pass
        status = job.wait()
        must(status == 0, "status", status)
        self.done["unknown"] += job.check(logged)
        job.alone()
        self.done["resumed"] += 1

    def all(self, count):
        dice = random.Random(6)
        moments = [(at, who) for at in
                   [*range(1, self.n), *range(-10, 0)] for who in VICTIMS]
        if count:
            # the middle of calls is where it matters
            middle = [m for m in moments if m[0] < 0]
            edge = [m for m in moments if m[0] > 0]
            moments = dice.sample(middle, min(len(middle), count // 2)) + \
                dice.sample(edge, min(len(edge), count - count // 2))
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda t: self.one(*t), [
                (at, who, (dice.choice([-1, -3, -6, 4, 12]),
                           dice.choice(VICTIMS)) if i % 3 == 2 else None)
                for i, (at, who) in enumerate(moments)]))

    def report(self):
        print(", ".join("%d %s" % (n, what) for what, n in
                        sorted(self.done.items())) +
              ", %d failures" % len(self.wrong))
        for w in self.wrong:
            print("  " + w)
        return 1 if self.wrong or not self.done["resumed"] else 0


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    folder = tempfile.mkdtemp(prefix="toolkill.")
    try:
        bench = Bench(folder)
        bench.all(count)
        return bench.report()
    except Wrong as e:
        print(e)
        return 1
    finally:
        if os.environ.get("KEEP"):
            print("kept:", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
