"""hand - a ring tied by hand, of pipes that hold 4 KiB: python3 hand.py SEED.

	mg-run seam | tap | mg-vote lead | tap | tools | tap | mg-ask | tap |

The taps stand in the ring as they are, and rest for a random while.
"""

import fcntl
import os
import random
import shutil
import subprocess
import sys
import tempfile

from ring import HERE, Check, Run, tool

SMALL = 4096


def pipe():
    r, w = os.pipe()
    fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, SMALL)
    return r, w


def play(seed, folder):
    rnd = random.Random(seed)
    folder = os.path.join(folder, "h%d" % seed)
    os.mkdir(folder)
    agents = []
    for i in range(rnd.randint(1, 4)):
        agents += ["-m", "exec:" + " ".join(tool(
            "actor", seed, i, "size=%d" % rnd.choice((100, 200000)),
            "tools=30", "delay=%d" % rnd.choice((0, 10))))]
    makers = [
        ("mg-vote", ["mg-vote", "lead", "-r", "retry_wait=10ms", *agents]),
        ("tools", ["mg-run", "stage", "--inline", "tools", "--",
                   sys.executable, os.path.join(HERE, "tools.py"),
                   str(seed)]),
        ("mg-ask", ["mg-ask", *agents])]
    argvs, taps = [], []
    for place in range(len(makers) + 1):
        taps.append(os.path.join(folder, "tap%d" % place))
        argvs.append(tool("tap", taps[-1], rnd.randint(1, 1 << 30),
                          rnd.choice((0, 100, 1000))))
        if place < len(makers):
            argvs.append(makers[place][1])
    events = os.path.join(folder, "events")
    back = pipe()
    first = pipe()
    # The question is long, so that the ring is full from the start.
    seam = Run(["mg-run", "seam", "--events", events, "-S", "h%d" % seed,
                "Which is it? " + "long " * rnd.choice((1, 20000))],
               name="h%d" % seed, stdin=back[0], stdout=first[1])
    os.close(first[1])
    environ = dict(os.environ, MG_TEST_MARK=seam.mark.decode().split("=")[1])
    stages, source = [], first[0]
    for i, argv in enumerate(argvs):
        r, w = pipe() if i < len(argvs) - 1 else back
        stages.append(subprocess.Popen(argv, stdin=source, stdout=w,
                                       env=environ, start_new_session=True,
                                       stderr=subprocess.DEVNULL))
        os.close(source)
        os.close(w)
        source = r
    try:
        seam.finish(60, status=(0, 69), close=False)
        for p in stages:
            assert p.wait(10) == 0, p.args
    finally:
        for p in stages:
            p.kill()
    check = Check(seam.log(), [name for name, argv in makers])
    check.log_alone()
    with open(events, "rb") as f:
        check.prints(f.read())
    for place, path in enumerate(taps):
        with open(path, "rb") as f:
            check.saw(place, f.read())


def main():
    folder = tempfile.mkdtemp()
    failed = 0
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        try:
            play(seed, folder)
        except AssertionError as e:
            failed += 1
            print("seed %d: %s" % (seed, str(e)[:3000]), flush=True)
    shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
