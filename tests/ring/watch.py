"""watch.py RUNS COMMAND...: runs it, and reads the status file all the while.

Whatever is read must be whole; and where it says that the run is done, the
answer must be there and `end` must be the log's last line.
"""
import glob
import json
import os
import subprocess
import sys


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except FileNotFoundError:
        return None


def main():
    run = subprocess.Popen(sys.argv[2:])
    seen = set()
    over = False
    while not over:
        over = run.poll() is not None
        for path in glob.glob(sys.argv[1] + "/*/status.json"):
            status = json.loads(read(path))
            seen.add(status["status"])
            folder = os.path.dirname(path)
            if status["results"]:
                assert read(folder + "/answer.md"), "a result, and no answer"
            if status["status"] == "running":
                continue
            log = read(folder + "/log.ndjson")
            last = json.loads(log.rstrip("\n").split("\n")[-1])
            assert last["type"] == "end", "it said %s too early" % status["status"]
            assert last["status"] == status["status"]
            results = [json.loads(line) for line in log.split("\n")
                       if line.startswith('{"type":"result"')]
            assert status["results"] == len(results)
            assert read(folder + "/answer.md").rstrip("\n") == results[-1]["content"]
    assert run.returncode == 0, run.returncode
    assert seen == {"running", "done"}, seen


main()
