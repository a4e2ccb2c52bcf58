"""ring.py - what a run must have been, told from what everybody saw of it.

	run = Run(["-m", model, "question"], name="r")
	run.finish(30)
	check = Check(run.log(), stages)
	check.log_alone()
	check.prints(run.out)
	check.saw(place, lines)

Every failure is an AssertionError with the name of what was broken. A stage
is named by its place: the seam is behind the last one.
"""

import collections
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid

BUILD = os.environ["MG_BUILD"]
TOOLS = os.path.join(BUILD, "tests", "tools")
HERE = os.path.dirname(os.path.abspath(__file__))
SOAK = bool(os.environ.get("MG_SOAK"))
LEAVES = {"delta", "step", "cost", "retry", "memory", "timer"}
SEAM = "mg-run"
TS = re.compile(
    rb',"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"}$')
TAKEN = re.compile(rb',"taken":"[^"\\]*"}$')
LAP = re.compile(rb'^\{"lap":\d+,')


def tool(name, *args):
    return [os.path.join(TOOLS, name), *map(str, args)]


def until(condition, seconds=20, what="a condition"):
    """Polls; what never becomes true is a failure with a name."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("never: " + what)


def once(pairs):
    members = {}
    for k, v in pairs:
        assert k not in members, "a member stands twice: " + k
        members[k] = v
    return members


def event(line):
    return json.loads(line, object_pairs_hook=once)


def lines_of(data):
    assert not data or data.endswith(b"\n"), "the last line is cut"
    return data.split(b"\n")[:-1]


def marked(mark):
    """Processes that carry this in their environment: pid -> name."""
    found = {}
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if mark not in f.read():
                    continue
            with open("/proc/%s/stat" % pid) as f:
                stat = f.read()
            if stat.rpartition(")")[2].split()[0] in "ZX":
                continue
            found[int(pid)] = stat
        except OSError:
            pass
    return found


class Run:
    """A command in a process group of its own, with all that it starts
    marked; standard output and standard error are read as they come."""

    def __init__(self, argv, name=None, read=True, stdin=None, fds=None,
                 env=None, stdout=subprocess.PIPE):
        self.name = name
        self.mark = b"MG_TEST_MARK=" + uuid.uuid4().hex.encode()
        environ = dict(os.environ, **(env or {}))
        environ["MG_TEST_MARK"] = self.mark.decode().partition("=")[2]
        self.out = bytearray()
        self.err = bytearray()
        self.p = subprocess.Popen(
            argv, stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=stdout, stderr=subprocess.PIPE, env=environ,
            start_new_session=True, pass_fds=fds or ())
        self.threads = []
        if read and self.p.stdout:
            self.follow(self.p.stdout, self.out)
        self.follow(self.p.stderr, self.err)

    def follow(self, pipe, into):
        def loop():
            while True:
                data = os.read(pipe.fileno(), 1 << 16)
                if not data:
                    return
                into.extend(data)
        t = threading.Thread(target=loop, daemon=True)
        t.start()
        self.threads.append(t)

    def say(self, *events):
        try:
            for e in events:
                line = e if isinstance(e, bytes) else json.dumps(e).encode()
                self.p.stdin.write(line + b"\n")
            self.p.stdin.flush()
        except BrokenPipeError:
            pass

    def close(self):
        try:
            self.p.stdin.close()
        except BrokenPipeError:
            pass

    def finish(self, seconds=60, status=0, close=True):
        """Waits for the end; nothing may be left behind."""
        if self.p.stdin and close:
            self.close()
        try:
            self.p.wait(seconds)
        except subprocess.TimeoutExpired:
            stuck = [s[:120] for s in marked(self.mark).values()]
            self.kill()
            raise AssertionError("it hangs: %s\n%s" % (stuck, self.tail()))
        for t in self.threads:
            t.join(10)
            assert not t.is_alive(), "somebody holds an output open"
        self.nothing_left()
        wanted = status if isinstance(status, (tuple, list, set)) else (status,)
        assert self.p.returncode in wanted, "status %d, not %s\n%s" % (
            self.p.returncode, wanted, self.tail())
        return self

    def nothing_left(self):
        until(lambda: not marked(self.mark), 10, "nothing is left of it")

    def kill(self):
        for pid in marked(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        self.p.wait(10)

    def tail(self):
        return bytes(self.err[-3000:]).decode(errors="replace")

    def folder(self):
        return os.path.join(os.environ["XDG_STATE_HOME"], "mg", "runs",
                            self.name)

    def log(self):
        with open(os.path.join(self.folder(), "log.ndjson"), "rb") as f:
            return f.read()

    def logged(self, needle, seconds=20):
        """Waits until the log holds these bytes."""
        def there():
            try:
                return needle in self.log()
            except OSError:
                return False
        return until(there, seconds, "the log holds %r" % needle)


def mg_run(*args, name, stages=(), **more):
    argv = ["mg-run", "-S", name, *args]
    for s in stages:
        argv += ["--", *s]
    return Run(argv, name=name, **more)


class Check:
    """One finished run. `stages` are the makers' names in their order."""

    def __init__(self, log, stages, copies=False):
        self.copies = copies  # somebody says again what others say
        self.lines = lines_of(log)
        self.events = [event(x) for x in self.lines]
        self.place = {name: i for i, name in enumerate(stages)}
        self.deltas = []

    def of(self, *types):
        return [e for e in self.events if e["type"] in types]

    # --- the log ---------------------------------------------------------

    def log_alone(self, done=True):
        assert self.events, "the log is empty"
        last = b""
        for line, e in zip(self.lines, self.events):
            m = TS.search(line)
            assert m, "a line without its time at the end: %r" % line[-200:]
            assert m.group(1) >= last, "time went back"
            last = m.group(1)
            assert e["type"] != "delta", "a delta in the log"
            assert "lap" not in e and "past" not in e, "a mark in the log"
            assert e["by"] == SEAM or e["by"] in self.place, (
                "signed by nobody: %r" % e["by"])
        self.keys_of_requests = collections.Counter(
            (str(e["id"]), e["agent"], e["turn"]) for e in self.of("request"))
        if not done:
            return
        assert self.events[0]["type"] == "init", "it does not begin with init"
        assert len(self.of("init")) == 1, "more than one init"
        assert len(self.of("end")) == 1, "more than one end, or none"
        assert self.events[-1]["type"] == "end", "end is not last"
        if not self.copies:
            self.each_has_one()

    def each_has_one(self):
        def call(e):
            return (str(e["id"]), e["agent"], e["turn"], e["call"])

        def turn(e):
            return (str(e["id"]), e["agent"], e["turn"])
        calls = collections.Counter(map(call, self.of("tool_call")))
        results = collections.Counter(map(call, self.of("tool_result")))
        assert calls == results, "calls and their results: %s" % (
            (calls - results) + (results - calls))
        ends = collections.Counter(
            turn(e) for e in self.of("message", "error") if "turn" in e)
        requests = self.keys_of_requests
        assert set(requests.values()) <= {1}, "a turn asked twice"
        assert requests == ends, "requests and their ends: %s | %s" % (
            requests - ends, ends - requests)
        labels = collections.Counter(
            (str(e["id"]), e["label"]) for e in self.of("answer"))
        assert set(labels.values()) <= {1}, "a label twice"
        ready = collections.Counter(turn(e) for e in self.of("ready"))
        assert set(ready.values()) <= {1}, "ready twice"
        tasks = collections.Counter(str(e["id"]) for e in self.of("task"))
        results = collections.Counter(str(e["id"]) for e in self.of("result"))
        assert tasks == results, "tasks and results: %s, %s" % (tasks, results)
        assert set(tasks.values()) <= {1}, "a task twice"

    # --- standard output ----------------------------------------------------

    def prints(self, out):
        lines = lines_of(bytes(out))
        self.deltas = [x for x in lines
                       if x.startswith(b'{"type":"delta"')]
        rest = [x for x in lines if not x.startswith(b'{"type":"delta"')]
        assert rest == self.lines, "standard output is not the log"

    # --- what one who stands between stages saw -----------------------------

    def saw(self, place, data):
        """`place`: how many makers stand in front of it."""
        went_round, fresh = [], collections.defaultdict(list)
        for line in lines_of(data):
            if LAP.match(line):
                line = TAKEN.sub(b"}", b"{" + LAP.sub(b"", line))
                e = event(line)
                if e["type"] not in ("probe", "end"):
                    went_round.append(line)
                last = e["type"]
            else:
                line = TAKEN.sub(b"}", line)
                e = event(line)
                assert e["type"] not in LEAVES or place > self.place[e["by"]]
                fresh[e["by"]].append(line)
        assert last == "end", "it did not see the end last"
        expected, made = [], collections.defaultdict(list)
        for line, e in zip(self.lines, self.events):
            bare = TAKEN.sub(b"}", TS.sub(b"}", line))
            if e["type"] == "end":
                continue
            if e["by"] == SEAM or (self.place[e["by"]] >= place and
                                   e["type"] not in LEAVES):
                expected.append(line)
            elif e["by"] != SEAM and self.place[e["by"]] < place:
                made[e["by"]].append(bare)
        for line in self.deltas:
            e = event(line)
            if self.place[e["by"]] < place:
                made[e["by"]].append(TS.sub(b"}", line))
        same(expected, went_round, "what went round")
        assert set(made) == set(fresh), "makers: %s, %s" % (
            set(made), set(fresh))
        for by in made:
            # deltas are not in the log: their order to the rest is unknown
            for delta in (False, True):
                want = [x for x in made[by]
                        if (b'"type":"delta"' in x[:20]) == delta]
                got = [x for x in fresh[by]
                       if (b'"type":"delta"' in x[:20]) == delta]
                same(want, got, "what %s said" % by)


def same(expected, got, what):
    if expected == got:
        return
    lost = collections.Counter(expected) - collections.Counter(got)
    more = collections.Counter(got) - collections.Counter(expected)

    def short(c):
        return [(x[:300], n) for x, n in list(c.items())[:3]]
    raise AssertionError("%s: lost %s, added %s%s" % (
        what, short(lost), short(more),
        "" if lost or more else ", or out of order"))


def cases(table):
    """main(): runs the case that the command line names."""
    name = sys.argv[1]
    table[name](*sys.argv[2:])
