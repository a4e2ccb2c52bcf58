"""Random folders of tools, and a model of what mg-tools makes of them.

registry.py REGISTRIES SEED DIR: in each of so many worlds (below DIR) folders,
versions, duplicates, broken records and changes between uses are made up. The
model knows what it wrote, and reads nothing back. Against it are held

  - what `mg-tools list` names, and what requests carry: the same tools;
  - what `mg-tools call` runs: the tool that was listed, as it was pinned;
  - what was pinned never runs changed: every program leaves a mark when it
    runs, and no mark of a definition that the model refuses may appear.

Worlds go from round to round together, so that files are at rest in between
and the index is used: what it keeps must not be seen either.
"""
import json
import os
import random
import subprocess
import sys
import time

NAMES = ["a", "b", "calc", "d-e", "Fetch", "g_9"]
VERSIONS = [None, "1", "01", "1.0", "1.2", "1.10", "2", "2.0-rc1", "10"]
WANTED = ["1", "1.2", "2", "2.0", "10", "3"]
ROUNDS = 4
REST = 2.1  # seconds: see pin.h


def parts(version):
    """(numbers, rest) of a version."""
    numbers, rest = [], version
    while rest[:1].isdigit():
        digits = rest[:len(rest) - len(rest.lstrip("0123456789"))]
        numbers.append(int(digits))
        rest = rest[len(digits):]
        if len(rest) > 1 and rest[0] == "." and rest[1].isdigit():
            rest = rest[1:]
        else:
            break
    return numbers, rest


def order(version):
    """A key to sort versions by."""
    numbers, rest = parts(version)
    return numbers, 0 if rest.startswith("-") else 1, rest


def fits(version, wanted):
    have, want = parts(version)[0], parts(wanted)[0]
    return have[:len(want)] == want


class Tool:
    """A file of a tools folder, and what belongs to it."""

    def __init__(self, world, folder, name, form):
        self.world, self.form = world, form
        self.name = name
        r = world.random
        self.version = r.choice(VERSIONS)
        self.broken = None
        self.mark = self.lib = self.text = world.fresh()
        stem = "%s%d" % (r.choice(["x", "tool", name]), r.randrange(10**6))
        if form == "folder":
            self.dir = os.path.join(folder, stem)
            self.file = os.path.join(self.dir, "tool.yaml")
        else:
            self.dir = folder
            ending = {"record": r.choice([".yaml", ".yml"]), "program": ""}
            self.file = os.path.join(folder, stem + ending[form])
        self.program = (self.file if form == "program" else
                        os.path.join(self.dir, stem + ".sh"))
        self.libfile = os.path.join(self.dir, stem + ".lib")
        self.write()

    def order_in_folder(self):
        return os.path.relpath(self.file, self.dir if self.form != "folder"
                               else os.path.dirname(self.dir)).encode()

    @property
    def says(self):
        return self.version or "0"

    def record(self):
        lines = ["name: " + self.name, "description: " + self.text,
                 "label: read"]
        if self.version:
            lines.append("version: '%s'" % self.version)
        if self.form != "program":
            lines += ["command: [./%s]" % os.path.basename(self.program),
                      "files: [%s]" % os.path.basename(self.libfile)]
        else:
            lines += ["files: [%s]" % os.path.basename(self.libfile)]
        if self.broken:
            lines.insert(self.world.random.randrange(len(lines)), self.broken)
        return "\n".join(lines) + "\n"

    def write(self):
        os.makedirs(self.dir, exist_ok=True)
        put(self.libfile, self.lib + "\n")
        run = ('echo %s >>%s/ran\ncat "$(dirname "$0")/%s"\necho %s\n'
               % (self.mark, self.world.dir, os.path.basename(self.libfile),
                  self.mark))
        if self.form == "program":
            run = ('if [ "$1" = --describe ]; then cat <<\\E\n%sE\nexit\nfi\n'
                   % self.record()) + run
        else:
            put(self.file, self.record())
        put(self.program, "#!/bin/sh\n" + run, 0o755)

    def definition(self):
        """What the pin covers; equal only if nothing was changed."""
        return (self.mark, self.lib, self.text, self.form)

    def remove(self):
        for f in {self.file, self.program, self.libfile}:
            os.unlink(f)


def put(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


class World:
    def __init__(self, seed, base, share):
        self.random = random.Random(seed)
        self.seed, self.count = seed, 0
        self.dir = os.path.join(base, "w%d" % seed)
        self.usual = [os.path.join(self.dir, d) for d in
                      (".mg/tools", "data/mg/tools", "share/tools")]
        self.more = [os.path.join(self.dir, d) for d in ("one", "two")]
        for d in self.usual + self.more:
            os.makedirs(d)
        for f in ("team.yaml", "providers.yaml"):
            os.symlink(os.path.join(share, f),
                       os.path.join(self.dir, "share", f))
        self.tools = {d: [] for d in self.usual + self.more}
        self.pins, self.refused = {}, 0
        self.allowed = set()  # marks that may have run
        self.env = dict(os.environ, HOME=self.dir,
                        XDG_DATA_HOME=self.dir + "/data",
                        XDG_STATE_HOME=self.dir + "/state",
                        XDG_CACHE_HOME=self.dir + "/cache",
                        MG_SHARE=self.dir + "/share")
        for d in self.tools:
            for _ in range(self.random.choice([0, 1, 2, 3, 4])):
                self.add(d)
            if self.random.random() < 0.3:
                put(os.path.join(d, "README"), "name: none\n")

    def fresh(self):
        self.count += 1
        return "m%d-%d" % (self.seed, self.count)

    def fail(self, what, *detail):
        print("world %d (%s): %s" % (self.seed, self.dir, what))
        for d in detail:
            print("  ", d)
        sys.exit(1)

    def mg(self, *words, text=""):
        p = subprocess.run(["mg-tools", *words], input=text, cwd=self.dir,
                           env=self.env, capture_output=True, timeout=60,
                           encoding="utf-8", check=False)
        if p.returncode < 0:
            self.fail("a signal", words, p.stderr)
        return p

    # --- the model ---

    def of_folder(self, d):
        """The tools of a folder: of one version the first file's."""
        seen, out = [], []
        for t in sorted(self.tools[d], key=Tool.order_in_folder):
            key = (t.name, order(t.says))
            if t.broken or key in seen:
                continue
            seen.append(key)
            out.append(t)
        return out

    def offered(self, wants):
        """name -> tool, or None where mg-tools has to refuse."""
        brought, named = [], {}
        for w in wants:
            if "/" in w:
                brought += self.of_folder(os.path.normpath(
                    os.path.join(self.dir, w)))
        for w in wants:
            if "/" in w:
                continue
            name, _, version = w.partition("@")
            usual = [t for d in self.usual for t in self.of_folder(d)]
            good = [t for t in brought if t.name == name and
                    (not version or fits(t.says, version))]
            if not good:
                good = [t for t in usual if t.name == name and
                        (not version or fits(t.says, version))]
                brought += good
            if not good:
                return None
            best = max(good, key=lambda t: order(t.says))
            if named.setdefault(name, best) is not best:
                return None
        if not wants:
            brought = [t for d in self.usual for t in self.of_folder(d)]
        out = {}
        for t in brought:
            if t.name not in out or order(t.says) > order(out[t.name].says):
                out[t.name] = t
        out.update(named)
        return out

    # --- what happens ---

    def add(self, d):
        self.tools[d].append(Tool(
            self, d, self.random.choice(NAMES),
            self.random.choice(["record", "record", "folder", "program"])))

    def change(self):
        r = self.random
        have = [(d, t) for d, l in self.tools.items() for t in l]
        have.sort(key=lambda p: not any(p[1].file == k[0] for k in self.pins))
        used = have[:3]
        some = r.sample(have, min(len(have), r.choice([0, 1, 2])))
        for d, t in used + [p for p in some if p not in used]:
            what = r.choice(["mark", "lib", "text", "version", "break",
                             "remove", "mend", "back", "touch"])
            if what in ("mark", "lib", "text"):
                setattr(t, what, self.fresh())
            elif what == "version":
                t.version = r.choice(VERSIONS)
            elif what == "break":
                t.broken = r.choice(["labels: read", "timeout: soon",
                                     "name: again", "}"])
            elif what == "mend":
                t.broken = None
            elif what == "back" and (t.file, t.name, t.says) in self.pins:
                t.mark, t.lib, t.text, _ = self.pins[t.file, t.name, t.says]
            if what == "remove":
                t.remove()
                self.tools[d].remove(t)
            else:
                t.write()
        if r.random() < 0.4:
            self.add(r.choice(list(self.tools)))

    def wants(self):
        r = self.random
        pool = (NAMES + ["%s@%s" % (r.choice(NAMES), r.choice(WANTED))] * 4 +
                ["./one", "./two", "two/", "./.mg/tools"])
        return r.sample(pool, r.choice([0, 0, 1, 1, 2, 3]))

    def use(self):
        wants = self.wants()
        words = [x for w in wants for x in ("-T", w)]
        want = self.offered(wants)
        p = self.mg("list", "-o", "ndjson", *words)
        if want is None:
            if p.returncode == 0:
                self.fail("listed what is not there", wants, p.stdout)
            return
        if p.returncode:
            self.fail("not listed", wants, p.stderr)
        listed = [json.loads(x) for x in p.stdout.splitlines()]
        got = [(t["name"], t["version"], t["path"]) for t in listed
               if t["type"] == "tool"]
        model = [(t.name, t.says, t.file) for t in
                 sorted(want.values(), key=lambda t: t.name.encode())]
        if got != model:
            self.fail("list differs", wants, got, model, p.stderr)
        self.stage(words, want)
        # those first that were used before, and then one more
        names = sorted(want, key=lambda n: (not self.changed(want[n]), n))
        for name in sorted(set(
                names[:2] + self.random.sample(names, bool(names)))):
            self.call(words, want[name])

    def changed(self, t):
        return self.pins.get((t.file, t.name, t.says),
                             t.definition()) != t.definition()

    def stage(self, words, want):
        text = "".join(json.dumps(e) + "\n" for e in (
            {"type": "request", "by": "x", "id": "t", "agent": "a", "turn": 1,
             "messages": []}, {"type": "end", "by": "x"}))
        p = self.mg(*words, text=text)
        first = json.loads(p.stdout.splitlines()[0])
        got = [(t["name"], t["description"]) for t in first.get("tools", [])]
        model = [(t.name, t.text) for t in
                 sorted(want.values(), key=lambda t: t.name.encode())]
        if got != model:
            self.fail("requests carry other tools", words, got, model)

    def call(self, words, t):
        key = (t.file, t.name, t.says)
        same = not self.changed(t)
        if not same and self.random.random() < 0.4:
            p = self.mg("accept", *words, t.name)
            if p.returncode:
                self.fail("not accepted", words, t.name, p.stderr)
            self.pins[key] = t.definition()
            same = True
        if same:
            self.allowed.add(t.mark)
        p = self.mg("call", "-o", "ndjson", *words, t.name, "{}")
        result = json.loads(p.stdout)
        if same:
            self.pins[key] = t.definition()
            want = "%s\n%s" % (t.lib, t.mark)
            if p.returncode or result["content"].strip() != want:
                self.fail("another one ran", words, t.name, result, want)
        elif result.get("code") != "changed":
            self.fail("a changed tool was not refused", words, key, result)
        else:
            self.refused += 1

    def check_marks(self):
        try:
            with open(self.dir + "/ran", encoding="utf-8") as f:
                ran = set(f.read().split())
        except FileNotFoundError:
            ran = set()
        if not ran <= self.allowed:
            self.fail("ran, and must not", ran - self.allowed)
        return len(ran)


def main():
    count, seed, base = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    share = os.path.realpath(os.environ["MG_SHARE"])
    ran = refused = 0
    for start in range(seed, seed + count, 100):
        worlds = [World(i, base, share)
                  for i in range(start, min(start + 100, seed + count))]
        for i in range(ROUNDS):
            began = time.monotonic()
            for w in worlds:
                if i:
                    w.change()
                w.use()
            if i + 1 < ROUNDS:
                time.sleep(max(0, began + REST - time.monotonic()))
        ran += sum(w.check_marks() for w in worlds)
        refused += sum(w.refused for w in worlds)
    print("%d registries, %d programs ran, %d refused" % (count, ran, refused))


main()
