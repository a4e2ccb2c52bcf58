"""cases - one thing at a time, on real runs: python3 cases.py NAME."""

import os
import re
import signal
import subprocess
import sys
import time

from ring import (HERE, SOAK, Check, Run, cases, event, lines_of, mg_run,
                  tool, until)

SAN = os.environ["MG_BUILD"].rstrip("/").endswith("/san")


def actor(name, *options):
    return "exec:" + " ".join(tool("actor", "1", name, *options))


def script(name, text):
    """A model in sh; it reads its request from $request."""
    with open(name, "w") as f:
        f.write("#!/bin/sh\nread -r request\n" + text)
    os.chmod(name, 0o755)
    return "exec:./" + name


def tools(*wrong):
    return ["mg-run", "stage", "--inline", "tools", "--", sys.executable,
            os.path.join(HERE, "tools.py"), "1", *map(str, wrong)]


def team(models, *between):
    agents = [w for m in models for w in ("-m", m)]
    return [["mg-vote", "lead", *agents], *between, ["mg-ask", *agents]]


def ended(run, status):
    """The log closes with this, and holds nothing behind it."""
    events = [event(x) for x in lines_of(run.log())]
    assert events[-1]["type"] == "end", events[-1]
    assert events[-1]["status"] == status, events[-1]
    assert len([e for e in events if e["type"] == "end"]) == 1
    return events


# --- standard output -------------------------------------------------------

def slow():
    """Nobody reads until the log is closed: nobody has waited for it."""
    model = actor("a", "size=400000"), actor("b", "size=400000")
    run = mg_run("-o", "ndjson", "-m", model[0], "-m", model[1], "Which?",
                 name="slow", read=False)
    run.close()
    run.logged(b'{"type":"end"', 60)
    assert run.p.poll() is None, "it did not wait for its reader"
    # A kilobyte, a rest, and then all of it.
    run.out.extend(os.read(run.p.stdout.fileno(), 1000))
    time.sleep(0.1)
    run.follow(run.p.stdout, run.out)
    run.finish(close=False)
    check = Check(run.log(), ["mg-vote", "mg-ask"])
    check.log_alone()
    check.prints(run.out)
    assert len(run.out) > 300000, len(run.out)


def closed():
    """The reader goes after one line: an interruption, and SIGPIPE."""
    for when in ("at once", "after a line"):
        run = mg_run("-o", "ndjson", "-m", actor("a"), "-m", "exec:sleep 1000",
                     "Which?", name="closed-" + when[:2], read=False)
        run.close()
        if when != "at once":
            run.logged(b'{"type":"answer"')
            line = os.read(run.p.stdout.fileno(), 20)
            assert line.startswith(b'{"type":"init"'), line
        run.p.stdout.close()
        run.finish(20, status=-signal.SIGPIPE)
        ended(run, "interrupted")


def flood():
    """Many deltas to nobody: memory is bounded, the log is what counts."""
    n = 2000000 if SOAK else 20000
    model = script("flood", "yes '{\"type\":\"delta\",\"content\":\"x\"}' |"
                   " head -n %d\necho '{\"type\":\"message\","
                   "\"content\":\"done\"}'\n" % n)
    run = mg_run("-o", "ndjson", "-m", model, "Which?", name="flood",
                 read=False)
    run.close()
    run.logged(b'{"type":"end"', 600)
    with open("/proc/%d/status" % run.p.pid) as f:
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1))
    assert len(run.log()) < 20000, "the log holds more than was decided"
    assert SAN or peak < 60000, "%d kB of memory" % peak
    seen = subprocess.run(["grep", "-c", "^{\"type\":\"delta\""],
                          stdin=run.p.stdout, capture_output=True)
    run.finish(close=False)
    assert int(seen.stdout) == n, seen.stdout


def noise():
    """As many events that go round and are logged."""
    n = 2000000 if SOAK else 20000
    run = mg_run("-o", "ndjson", "Which?", name="noise", read=False,
                 stdout=subprocess.DEVNULL,
                 stages=team([actor("a")], tools("noise=%d" % n)))
    run.close()
    run.logged(b'"n":%d,' % (n - 1), 600)
    try:
        with open("/proc/%d/status" % run.p.pid) as f:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1))
        assert SAN or peak < 60000, "%d kB of memory" % peak
    except (OSError, AttributeError):
        pass  # it has ended meanwhile
    run.finish(600, close=False)
    ticks = [event(x)["n"] for x in lines_of(run.log()) if b'"tick"' in x[:20]]
    assert ticks == list(range(n))


# --- lines of any length -----------------------------------------------------

def limits():
    """Lines just under and over 16 MiB: passed, or said to be too long."""
    most = 16 << 20
    sizes = [most - 200, most - 45, most - 20, most - 9, most, most + 1]
    run = mg_run("-o", "ndjson", "Which?", name="limits",
                 stages=team([actor("a")],
                             tools("huge=" + ",".join(map(str, sizes)))))
    run.finish(120, status=(65, 76))
    events = ended(run, "failed")
    whole = [e for e in events if e["type"] == "huge"]
    bad = [e for e in events if e["type"] == "error"]
    assert len(whole) >= 1 and len(bad) >= 3, (len(whole), bad)
    assert len(whole) + len(bad) >= len(sizes), (len(whole), len(bad))
    assert [e["status"] for e in events if e["type"] == "result"] == ["done"]


def long_task():
    """A task too long to be asked is refused; a long one is answered."""
    run = mg_run("-o", "ndjson", "-m", actor("a"), name="long")
    run.say({"type": "task", "id": "over", "content": "x" * (16 << 20)})
    run.say({"type": "task", "id": "make", "content": "x" * (31 << 19)})
    run.say({"type": "task", "id": "edge", "content": "x" * ((15 << 20) - 200)})
    run.say({"type": "note", "content": "x" * (31 << 19)})
    run.say({"type": "task", "id": "fits", "content": "x" * (7 << 20)})
    run.finish(120, status=(65, 69))
    check = Check(run.log(), ["mg-vote", "mg-ask"])
    check.prints(run.out)
    done = {e["id"]: e["status"] for e in check.of("result")}
    assert done["fits"] == "done" and done["edge"], done
    assert "over" not in done
    errors = [e["code"] for e in check.of("error")]
    assert "bad_line" in errors and "too_large" in errors, errors


# --- signals -----------------------------------------------------------------

def stop(name, count="1"):
    sig = getattr(signal, "SIG" + name)
    deaf = ["mg-run", "stage", "--inline", "deaf", "--", "sh", "-c",
            "trap '' INT TERM HUP; cat; exec sleep 1000"]
    between = [deaf] if count == "2" else []
    run = mg_run("-o", "ndjson", "Which?", name="stop" + name + count,
                 stages=team([actor("a"), "exec:sleep 1000"], *between))
    run.close()
    run.logged(b'{"type":"answer"')
    os.kill(run.p.pid, sig)
    if count == "2":
        time.sleep(0.2)
        assert run.p.poll() is None, "the second signal comes too late"
        os.kill(run.p.pid, sig)
        run.finish(4, status=-sig, close=False)
        return
    run.finish(20, status=128 + sig, close=False)
    ended(run, "interrupted")
    err = run.err.decode()
    assert "undecided" in err and "agent1.1" in err, err
    assert "mg-run --resume %s" % run.name in err, err
    again = Run(["mg-run", "--resume", run.name, "-o", "ndjson"],
                name=run.name)
    again.close()
    until(lambda: b'"type":"resume"' in again.out, 20, "it goes on")
    os.kill(again.p.pid, signal.SIGTERM)
    again.finish(20, status=143, close=False)


def child_of(pid, name):
    """The pid of its child of this name."""
    for p in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % p) as f:
                head, _, rest = f.read().rpartition(") ")
        except (OSError, ValueError):
            continue
        if head.endswith("(" + name) and int(rest.split()[1]) == pid:
            return int(p)
    raise AssertionError("no child " + name)


def killed(whom):
    """kill -9 of a stage, or of the run: its models go with it."""
    run = mg_run("-o", "ndjson", "-m", actor("a"), "-m", "exec:sleep 1000",
                 "Which?", name="killed")
    run.close()
    run.logged(b'{"type":"answer"')
    if whom == "mg-run":
        os.kill(run.p.pid, signal.SIGKILL)
        run.finish(20, status=-signal.SIGKILL, close=False)
    else:
        os.kill(child_of(run.p.pid, whom), signal.SIGKILL)
        run.finish(20, status=70, close=False)
        said = [e["message"] for e in ended(run, "failed")
                if e.get("code") == "stage_died"]
        assert said == ["the stage %s was killed by signal 9" % whom], said
    # It goes on from there.
    again = Run(["mg-run", "--resume", run.name, "-o", "ndjson"],
                name=run.name)
    again.close()
    until(lambda: b'"type":"resume"' in again.out, 20, "it goes on")
    os.kill(again.p.pid, signal.SIGTERM)
    again.finish(20, status=143, close=False)


# --- tell --------------------------------------------------------------------

def tell():
    quick = script("quick", 'case $request in *\'"name":"vote"\'*) '
                   'echo \'{"vote":"agent1.1","reason":"r"}\';; '
                   '*) echo one;; esac\n')
    late = script("late", 'case $request in *\'"name":"vote"\'*) '
                  'while [ ! -e second ]; do sleep 0.01; done; '
                  'echo \'{"vote":"agent1.1","reason":"r"}\';; '
                  '*) while [ ! -e first ]; do sleep 0.01; done; echo two;; '
                  'esac\n')

    def say(*words):
        return subprocess.run(["timeout", "20", "mg-run", "tell", "tell",
                               *words], capture_output=True, text=True)
    run = mg_run("-o", "ndjson", "-m", quick, "-m", late, "Which?",
                 name="tell")
    run.close()
    run.logged(b'{"type":"answer"')
    told = say(late, "Mind the \"cost\".\nAnd the time.")
    assert told.returncode == 0, told
    assert b'{"type":"note"' in run.log(), "the truth comes after the log"
    told = say("nobody", "Hello?")
    assert told.returncode == 69 and told.stderr, told
    open("first", "w").close()
    run.logged(b'"counted":true')
    told = say(quick, "You have voted.")
    assert told.returncode == 69 and "finished" in told.stderr, told
    open("second", "w").close()
    run.finish()
    events = ended(run, "done")
    asked = [e for e in events if e["type"] == "request" and
             e["agent"] == late]
    words = str(asked[1:])
    assert "Mind the" in words and "And the time." in words, words
    assert "Mind the" not in str([e for e in events if e["type"] == "request"
                                  and e["agent"] == quick])
    told = say("Too late.")
    assert told.returncode == 69, told


# --- sessions ----------------------------------------------------------------

def first_request(events, task):
    return str(next(e["messages"] for e in events
                    if e["type"] == "request" and e["id"] == task))


def sessions():
    one = script("one", 'case $request in *\'"name":"vote"\'*) '
                 'echo \'{"vote":"agent1.1","reason":"r"}\';; '
                 '*) echo "answer of one";; esac\n')
    two = script("two", 'case $request in *\'"name":"vote"\'*) '
                 'echo \'{"vote":"agent1.1","reason":"r"}\';; '
                 '*) echo "loses";; esac\n')
    agents = ["-o", "ndjson", "-m", one, "-m", two]

    def play(*argv, status=0):
        run = Run(["mg-run", *agents, *argv], name="s")
        return run.finish(30, status=status)
    play("-S", "s", "The first question?")
    play("-S", "s", "The second question?")
    play("--continue", "The third question?")
    events = [event(x) for x in lines_of(play("-S", "s", "4?").log())]
    tasks = [e["id"] for e in events if e["type"] == "task"]
    assert len(set(map(str, tasks))) == 4, tasks
    assert len([e for e in events if e["type"] == "result"]) == 4
    second = first_request(events, tasks[1])
    for words in ("The first question?", "answer of one", "loses",
                  "The second question?"):
        assert words in second, words
    assert "The second question?" in first_request(events, tasks[2])
    # What has finished is told again, and nothing is asked.
    run = Run(["mg-run", "-o", "ndjson", "--resume", "s"], name="s")
    size = len(run.log())
    run.finish(20)
    said = [event(x) for x in lines_of(bytes(run.out))]
    assert [e["type"] for e in said] == ["init"] + ["result"] * 4 + ["end"]
    assert b"has finished" in run.err
    assert len(run.log()) == size, "the log has grown"


def turns():
    """Tasks on standard input are turns; other sessions go beside them."""
    run = mg_run("-o", "ndjson", "-m", actor("a"), name="turns")
    run.say({"type": "task", "content": "The first?"},
            {"type": "task", "content": "The second?"},
            {"type": "task", "content": "Apart?", "session": "x"})
    run.finish(30)
    check = Check(run.log(), ["mg-vote", "mg-ask"])
    check.log_alone()
    ids = [e["id"] for e in check.of("task")]
    second = first_request(check.events, ids[1])
    assert "The first?" in second and "answer of" in second, second
    assert "The first?" not in first_request(check.events, ids[2])


if __name__ == "__main__":
    cases({n: f for n, f in list(globals().items()) if callable(f)})
