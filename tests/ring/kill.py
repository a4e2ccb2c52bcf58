#!/usr/bin/env python3
"""kill.py - runs that are cut off anywhere, and go on.

  kill.py cuts WORLD [STEP]	the log cut behind (and in) every STEP-th line;
				then the log of the continued run again
  kill.py kills WORLD [N]	kill -9 of mg-run or a stage behind a line, and
				again while it goes on; N of them, 0: all
  kill.py signals WORLD [N]	SIGINT and SIGTERM instead
  kill.py full WORLD [STEP]	the log may have so many bytes, then the disk
				is full

A world is a team whose words follow from its requests alone (agent.sh), so
whenever it is cut off, it must come to the same results, and no call whose
reply is logged may be made again. Prints what was done; exit 1 and what was
wrong, if anything was. MG_BUILD is where httpd is.
"""
import concurrent.futures
import itertools
import json
import os
import random
import resource
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
LIMIT = 120 if SAN else 40  # seconds; a hang is a failure
WORKERS = 3
AGENT = "exec:" + HERE + "/agent.sh "
TASK = '{"type":"task","id":"%s","content":"which?"%s}\n'
NOTE = "mind the gap"


class World:
    def __init__(self, name, rules=(), tasks=None, stages=(), http=False,
                 note=False):
        self.name, self.rules, self.http = name, list(rules), http
        self.stages, self.note = list(stages), note
        self.tasks = tasks or TASK % ("t", "")

    def team(self):
        text = "agents:\n"
        for agent in "abc":
            backend = '{type: exec, model: "%s%s"}' % (AGENT, self.name)
            if self.http and agent == "c":
                backend = ('{type: custom, model: teller, api_key: "${WORLD_KEY}", '
                           'base_url: "${WORLD_URL}"}')
            text += "  - {id: %s, backend: %s}\n" % (agent, backend)
        return text

    def command(self, run):
        words = ["mg-run", "-S", run, "-o", "ndjson", "-i", "ndjson"]
        if not self.stages:
            return words + ["-c", "team.yaml"] + [
                w for r in self.rules for w in ("-r", r)]
        for stage in self.stages:
            words += ["--"] + stage
        return words


LEAD = ["mg-vote", "lead", "-c", "team.yaml"]
LOOK = ["mg-run", "stage", "--inline", "look", "--",
        "python3", HERE + "/look.py"]
EARS = ["jq", "-c", 'select(.type=="answer")|{type:"heard",of:.label}']
ASK = ["mg-ask", "-c", "team.yaml"]
WORLDS = {w.name: w for w in (
    World("agree"),
    World("late"),
    World("present", ["present=winner"]),
    World("fail", ["retry_wait=10ms"]),
    World("tasks", tasks=TASK % (1, "") + TASK % (2, "") +
          TASK % (3, ',"session":"other"')),
    World("note", note=True),
    World("look"),
    World("http", http=True),
    World("stages", stages=[LEAD, LOOK, EARS, ASK]),
)}


class Wrong(Exception):
    pass


def must(ok, *what):
    if not ok:
        raise Wrong(" ".join(str(w) for w in what))


def living(mark):
    """The processes that bear the mark, and are no zombies."""
    found = []
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if mark.encode() not in f.read():
                    continue
            with open("/proc/%s/stat" % pid) as f:
                stat = f.read()
            with open("/proc/%s/cmdline" % pid) as f:
                line = f.read().replace("\0", " ")
        except OSError:
            continue
        if stat.rpartition(")")[2].split()[0] not in "ZX":
            found.append("%s (%s)" % (pid, line.strip()))
    return found


class Server:
    """tests/tools/httpd; each job has an address of its own."""

    def __init__(self, folder):
        scripts, self.log = folder + "/scripts", folder + "/requests"
        os.mkdir(scripts)
        with open(scripts + "/teller", "w") as f:
            f.write('tool new_answer {"content":"c, by wire"}\n')
        open(self.log, "w").close()
        self.p = subprocess.Popen(
            [os.environ["MG_BUILD"] + "/tests/tools/httpd", "-d", scripts,
             "-l", self.log, "-t", "900"], stdout=subprocess.PIPE)
        self.port = self.p.stdout.readline().decode().strip()

    def calls(self, job):
        """The turns that were asked for: one more than were answered."""
        found = []
        with open(self.log, "rb") as f:
            for line in f.read().split(b"\n")[:-1]:
                e = json.loads(line)
                if "/%s/" % job in e.get("path", ""):
                    said = [m for m in e["body"]["messages"]
                            if m["role"] == "assistant"]
                    found.append(("t", "c", len(said) + 1))
        return found

    def stop(self):
        self.p.terminate()
        self.p.wait()


class Job:
    """A run in a state folder of its own."""

    numbers = itertools.count()

    def __init__(self, bench):
        self.bench, self.world = bench, bench.world
        self.name = "job%d" % next(self.numbers)
        self.home = bench.folder + "/" + self.name
        os.mkdir(self.home)
        self.run = self.home + "/mg/runs/r"
        self.mark = "MG_KILL_MARK=%d.%s." % (os.getpid(), self.name)
        self.calls = self.home + "/calls"
        open(self.calls, "w").close()
        key, _, value = self.mark.partition("=")
        self.env = dict(os.environ, XDG_STATE_HOME=self.home,
                        CALLS=self.calls, GATE=self.home + "/gate")
        self.env[key] = value
        self.lives = 0

    def life(self):
        """Its name in an address: a dead one's calls may arrive late."""
        return "%s.%d" % (self.name, self.lives)

    def start(self, command, tasks=None, limit=None):
        def prepare():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        self.first = tasks is not None
        self.lives += 1
        if self.bench.server:
            self.env["WORLD_KEY"] = "k"
            self.env["WORLD_URL"] = "http://127.0.0.1:%s/%s/v1" % (
                self.bench.server.port, self.life())
        self.err = tempfile.TemporaryFile()
        self.p = subprocess.Popen(
            command, cwd=self.bench.folder, env=self.env, bufsize=0,
            stdin=subprocess.PIPE if tasks else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.err, preexec_fn=prepare)
        if tasks:
            self.p.stdin.write(tasks.encode())
            self.p.stdin.close()
        self.late = threading.Timer(LIMIT, self.p.kill)
        self.late.start()

    def said(self):
        self.err.seek(0)
        return self.err.read().decode(errors="replace")

    def lines(self):
        """What it prints, a line at a time, as it is printed."""
        told = not self.first
        with os.fdopen(os.dup(self.p.stdout.fileno()), "rb") as out:
            for line in out:
                if self.world.note and not told and b'"request"' in line:
                    told = True
                    self.tell()
                if not line.startswith(b'{"type":"delta"'):
                    yield line

    def tell(self):
        """A note, while the agents wait at the gate."""
        subprocess.run(["mg-run", "tell", "r", "a", NOTE], env=self.env,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=LIMIT)
        open(self.env["GATE"], "w").close()

    def wait(self):
        status = self.p.wait()
        self.p.stdout.close()
        must(self.late.is_alive(), "it hung: \n" + self.said())
        self.late.cancel()
        return status

    def stages(self):
        """The children of mg-run: pids, in their order."""
        with open("/proc/%d/task/%d/children" % (self.p.pid, self.p.pid)) as f:
            return [int(pid) for pid in f.read().split()]

    def log(self):
        with open(self.run + "/log.ndjson", "rb") as f:
            return f.read()

    def put(self, log):
        """The run as it was, with this log."""
        os.makedirs(self.run, exist_ok=True)
        shutil.copy(self.bench.plan, self.run + "/run.json")
        with open(self.run + "/log.ndjson", "wb") as f:
            f.write(log)
        open(self.env["GATE"], "w").close()

    def called(self):
        """The model calls that were made since it was started."""
        found = []
        with open(self.calls) as f:
            for line in f:
                found.append(law.call_key(json.loads(line)))
        if self.bench.server:
            found += self.bench.server.calls(self.life())
        return found

    def alone(self):
        """Nobody is left, a moment after."""
        until = time.monotonic() + 10
        left = living(self.mark)
        while left and time.monotonic() < until:
            time.sleep(0.01)
            left = living(self.mark)
        must(not left, "left behind:", left)

    def resume(self):
        open(self.calls, "w").close()
        self.start(["mg-run", "--resume", "r", "-o", "ndjson"])

    def end(self):
        shutil.rmtree(self.home, ignore_errors=True)


def whole_lines(log):
    return log[:log.rfind(b"\n") + 1]


class Bench:
    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.server = Server(folder) if world.http else None
        self.done = dict.fromkeys(
            ("cuts", "kills", "signals", "full", "resumes"), 0)
        self.wrong = []
        with open(folder + "/team.yaml", "w") as f:
            f.write(world.team())
        self.record()

    def record(self):
        job = Job(self)
        job.start(self.world.command("r"), self.world.tasks)
        out = b"".join(job.lines())
        status = job.wait()
        must(status == 0, "the first run:", status, job.said())
        job.alone()
        self.plan = self.folder + "/run.json"
        shutil.copy(job.run + "/run.json", self.plan)
        self.log = job.log()
        events = law.read(self.log)
        must(out == self.log, "standard output is not the log")
        wrong = law.check(events, True)
        must(not wrong, wrong)
        self.results = {e["id"]: self.outcome(e) for e in events
                        if e["type"] == "result"}
        must(all(r["status"] == "done" for r in self.results.values()),
             self.results)
        job.end()

    @staticmethod
    def outcome(result):
        """What of a result is the same in whatever order agents come."""
        return {k: result.get(k) for k in
                ("status", "winner", "label", "content", "failed")}

    def finished(self, job, before, printed):
        """A continued run has ended: everything that must hold."""
        status = job.wait()
        said = job.said()
        log = job.log()
        must(log.startswith(before), "history was changed")
        events, past = law.read(log), law.read(before)
        wrong = law.check(events, True)
        must(not wrong, wrong)
        asked = [e["id"] for e in events if e["type"] == "task"]
        # Cut off before its first task, a log asks for nothing.
        must(status == (0 if asked else 66), "exit status", status, said)
        results = [e for e in events if e["type"] == "result"]
        must(sorted(asked) == sorted(r["id"] for r in results), "results")
        for r in results:
            must(self.outcome(r) == self.results[r["id"]], "another result:",
                 self.outcome(r), "instead of", self.results[r["id"]])
            must(r["answers"] == sum(
                e["type"] == "answer" and e["id"] == r["id"]
                for e in events), "an answer is lost")
        calls = job.called()
        again = set(calls) & law.replies(past)
        must(not again, "asked again:", again)
        must(len(set(calls)) == len(calls), "asked twice:", calls)
        if self.world.note:
            self.heard(events)
        self.printed(printed, past, events)
        must("Sanitizer" not in said, said)
        job.alone()
        self.done["resumes"] += 1

    @staticmethod
    def heard(events):
        notes = sum(e["type"] == "note" for e in events)
        told = sum(NOTE in json.dumps(e.get("append", []))
                   for e in events if e["type"] == "request")
        must(told == notes, "the note is in %d requests" % told)

    @staticmethod
    def printed(lines, past, events):
        """init, the results of before, what is new, and end."""
        if lines is None:
            return
        out = law.read(b"".join(lines))
        kinds = [e["type"] for e in out]
        must(kinds[0] == "init" and kinds[-1] == "end" and
             kinds.count("init") == 1 and kinds.count("end") == 1, kinds)
        must(kinds.count("result") ==
             sum(e["type"] == "result" for e in events), "printed:", kinds)

    def go_on(self, job, before):
        job.resume()
        self.finished(job, before, list(job.lines()))

    # --- the log cut by hand

    def cut(self, log, k, middle):
        """Behind line k, or in the middle of the next; gives the new log."""
        lines = log.splitlines(keepends=True)
        before = b"".join(lines[:k])
        job = Job(self)
        half = lines[k][:len(lines[k]) // 2] if middle else b""
        job.put(before + half)
        job.resume()
        printed = list(job.lines())
        self.finished(job, before, printed)
        must(("cut in the middle" in job.said()) == bool(half),
             "said of the half line:", job.said())
        after = job.log()
        job.end()
        self.done["cuts"] += 1
        return after

    def cut_twice(self, k, middle, dice):
        after = self.cut(self.log, k, middle)
        n, past = after.count(b"\n"), self.log.splitlines()[:k]
        if n > k + 1:
            self.cut(after, dice.randrange(len(past), n), not middle)

    def cuts(self, step):
        n = self.log.count(b"\n")
        dice = random.Random(n)
        todo = []
        for k in range(1, n):
            if step == 1 or k % step == len(self.world.name) % step:
                todo.append((self.cut_twice, k, k % 2 == 0, dice))
                if step == 1:
                    todo.append((self.cut, self.log, k, k % 2 == 1))
        self.each(todo)

    # --- killed

    def victims(self):
        return 1 + (len(self.world.stages) or 2)

    def strike(self, job, k, who, sig):
        """Waits for the k-th line, and kills; who is 0 for mg-run. False: it
        had ended before. The lines that were printed are given back."""
        lines, struck = [], False
        for line in job.lines():
            lines.append(line)
            if len(lines) != k:
                continue
            try:
                pid = job.p.pid if not who else job.stages()[who - 1]
                os.kill(pid, sig)
                struck = True
            except (IndexError, OSError):
                pass
        status = job.wait()
        open(job.env["GATE"], "a").close()
        job.alone()
        log = job.log()
        must(who == 0 or whole_lines(log) == log, "a torn log")
        if sig == signal.SIGKILL and who == 0 and struck:
            must(status in (-9, 0), "status", status)
        elif struck and who == 0:
            must(status in (128 + sig, 0), "status", status, job.said())
        if who or sig != signal.SIGKILL:
            must(law.read(log)[-1]["type"] == "end", "no end")
        wrong = law.check(law.read(whole_lines(log)), False)
        must(not wrong, wrong)
        return whole_lines(log)

    def kill(self, k, who, sig, then):
        """then: the line of the continued run, and whom; or None."""
        job = Job(self)
        job.start(self.world.command("r"), self.world.tasks)
        before = self.strike(job, k, who, sig)
        kind = "kills" if sig == signal.SIGKILL else "signals"
        self.done[kind] += 1
        if then:
            job.resume()
            before = self.strike(job, then[0], then[1], sig)
            self.done[kind] += 1
        self.go_on(job, before)
        job.end()

    def kills(self, count, signals):
        n = self.log.count(b"\n")
        dice = random.Random(n)
        every = [(k, who) for k in range(1, n)
                 for who in range(self.victims() if len(signals) == 1 else 1)]
        if count:
            every = dice.sample(every, min(count, len(every)))
        self.each([(self.kill, k, who, signals[i % len(signals)],
                    (dice.randrange(1, n), dice.randrange(self.victims()))
                    if i % 2 and len(signals) == 1 else
                    (dice.randrange(1, n), 0) if i % 4 > 1 else None)
                   for i, (k, who) in enumerate(every)])

    # --- no room

    def no_room(self, limit):
        job = Job(self)
        job.start(self.world.command("r"), self.world.tasks, limit)
        for _ in job.lines():
            pass
        status = job.wait()
        job.alone()
        if status == 0 and len(job.log()) <= limit:
            job.end()
            return  # shorter than the first: there was room
        must(status == 74, "status", status, "with", limit, "bytes:",
             job.said())
        must("unable to write the log" in job.said(), job.said())
        log = job.log()
        must(len(log) <= limit, "more than there is room for")
        before = whole_lines(log)
        job.resume()
        printed = list(job.lines())
        self.finished(job, before, printed)
        job.end()
        self.done["full"] += 1

    def full(self, step):
        lines = self.log.splitlines(keepends=True)
        at, todo = 0, []
        for k, line in enumerate(lines[:-1]):
            at += len(line)
            if k >= 2 and (k + 1) % step == 0:
                todo.append((self.no_room, at + k % 3 * 40))
        self.each(todo)

    # ---

    def each(self, todo):
        def one(fn, *args):
            try:
                fn(*args)
            except Exception as e:  # whatever it is, the others go on
                self.wrong.append("%s%r: %s: %s" % (
                    fn.__name__, tuple(a for a in args
                                       if isinstance(a, (int, tuple))),
                    type(e).__name__, e))

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda t: one(*t), todo))

    def report(self):
        print(self.world.name + ": " + ", ".join(
            "%d %s" % (n, what) for what, n in self.done.items() if n) +
            ", %d failures" % len(self.wrong))
        for w in self.wrong:
            print("  " + w)
        return 1 if self.wrong or not self.done["resumes"] else 0


def main():
    what, name = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    folder = tempfile.mkdtemp(prefix="kill.")
    bench = None
    try:
        bench = Bench(WORLDS[name], folder)
        if what == "cuts":
            bench.cuts(count)
        elif what == "kills":
            bench.kills(count, [signal.SIGKILL])
        elif what == "signals":
            bench.kills(count, [signal.SIGINT, signal.SIGTERM])
        elif what == "full":
            bench.full(count)
        else:
            sys.exit(__doc__)
        return bench.report()
    except Wrong as e:
        print("%s: %s" % (name, e))
        return 1
    finally:
        if bench and bench.server:
            bench.server.stop()
        if os.environ.get("KEEP"):
            print("kept:", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
