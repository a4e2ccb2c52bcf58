#!/usr/bin/env python3
"""Random schemas and values, judged by Python's jsonschema and by us.

  schema.py SCHEMACHECK COUNT [SEED]

SCHEMACHECK is tests/tools/schemacheck. Half of the values are made to fit
their schema, as well as that is known, and most of these are then changed in
one place. Numbers are read as fractions, so that 0.1 is a multiple of 0.01
here too. Prints each pair that is judged differently, and what shares there
were; exits with 1 if a pair differs, a schema is refused by -s, a keyword was
never met or never the reason of a refusal, or a share is below a quarter.
"""
import json
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction

from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator
from jsonschema import exceptions, validators
from jsonschema._utils import equal

NAMES = ["a", "b", "c", "ab", "é", "a/b", "x~y", "p%q", "", "日本"]
WORDS = ["", "a", "b", "ab", "aab", "abc", "é", "日本語", "a1", "12", "\n",
         "x y", "\u0000", '"', "\\", "😀", "😀é", "aaaaaa", "😀😀😀"]
PATTERNS = ["^a", "b$", "^a+b$", "[0-9]", "^.{2,3}$", "é", "^(ab|c)*$", "\\d",
            "^$", "a|😀", "^[^a]*$", "x~y", "", "(a)\\1", "^\\w+$"]
NUMBERS = ["0", "-0", "0.0", "1", "1.0", "1e0", "10e-1", "-1", "2", "3", "5",
           "7", "10", "100", "1e2", "0.1", "0.2", "0.3", "0.01", "1.5", "2.5",
           "-2.5", "9007199254740992", "9007199254740993",
           "9007199254740992.5", "18446744073709551616", "1e18", "1e-18",
           "123456789012345678901234567890", "1e300", "1.0000000000000000001",
           "0.30000000000000004", "100.00", "1E+2"]
DIVISORS = ["1", "2", "3", "5", "0.1", "0.01", "0.5", "1.5", "2.50", "1e-2",
            "10", "7", "1e2", "9007199254740993", "0.3"]
TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"]
OLD = ["dependencies", "additionalItems"]
KEYWORDS = OLD + [
    "$ref", "type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if",
    "properties", "required", "additionalProperties", "patternProperties",
    "propertyNames", "minProperties", "maxProperties", "dependentRequired",
    "dependentSchemas", "items", "prefixItems", "contains", "minItems",
    "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]


class Num(str):
    """A number, by its spelling."""


class Maker:
    def __init__(self, rng, draft):
        self.r, self.draft, self.defs = rng, draft, 0

    def some(self, of, most):
        return self.r.sample(of, self.r.randint(0, min(most, len(of))))

    # Values.

    def scalar(self):
        return self.r.choice([
            lambda: Num(self.r.choice(NUMBERS)),
            lambda: self.r.choice(WORDS),
            lambda: self.r.choice([True, False, None])])()

    def value(self, depth=0):
        k = self.r.random()
        if depth > 2 or k < 0.5:
            return self.scalar()
        if k < 0.75:
            return [self.value(depth + 1) for _ in range(self.r.randint(0, 4))]
        return {n: self.value(depth + 1) for n in self.some(NAMES, 4)}

    def of_type(self, t, depth):
        if t == "object":
            return {n: self.value(depth + 1) for n in self.some(NAMES, 3)}
        if t == "array":
            return [self.value(depth + 1) for _ in range(self.r.randint(0, 3))]
        if t == "string":
            return self.r.choice(WORDS)
        if t == "integer":
            return Num(self.r.choice(["0", "1", "1.0", "2", "10", "-3", "1e2"]))
        if t == "number":
            return Num(self.r.choice(NUMBERS))
        return self.r.choice([True, False]) if t == "boolean" else None

    # A value that fits, as far as it is easy.
    def fitting(self, s, root, depth=0):
        if not isinstance(s, dict) or depth > 6:
            return self.value(depth)
        if "$ref" in s:
            return self.fitting(self.follow(s["$ref"], root), root, depth + 1)
        if "const" in s:
            return s["const"]
        if s.get("enum"):
            return self.r.choice(s["enum"])
        for k in ("allOf", "anyOf", "oneOf"):
            if k in s and self.r.random() < 0.8:
                one = self.r.choice(s[k])
                if isinstance(one, dict):
                    more = {x: y for x, y in s.items() if x != k}
                    return self.fitting({**more, **one}, root, depth + 1)
        t = s.get("type")
        if isinstance(t, list):
            t = self.r.choice(t)
        t = t or self.guess(s)
        if t == "object":
            return self.fitting_object(s, root, depth)
        if t == "array":
            return self.fitting_array(s, root, depth)
        if t == "string":
            return self.best(s, WORDS, lambda w: (
                len(w) >= int(Fraction(s.get("minLength", "0")))) + (
                len(w) <= int(Fraction(s.get("maxLength", "99")))))
        if t in ("number", "integer"):
            return Num(self.best(s, NUMBERS, lambda n: self.score(s, n, t)))
        return self.of_type(t, depth) if t else self.value(depth)

    def guess(self, s):
        for k, t in (("properties", "object"), ("required", "object"),
                     ("patternProperties", "object"), ("items", "array"),
                     ("prefixItems", "array"), ("minLength", "string"),
                     ("pattern", "string"), ("minimum", "number"),
                     ("maximum", "number"), ("multipleOf", "number")):
            if k in s:
                return t
        return None

    def best(self, s, pool, score):
        pool = self.r.sample(pool, min(12, len(pool)))
        return max(pool, key=score)

    @staticmethod
    def score(s, n, t):
        v, good = Fraction(n), 0
        if "minimum" in s:
            good += v >= Fraction(s["minimum"])
        if "maximum" in s:
            good += v <= Fraction(s["maximum"])
        if "multipleOf" in s:
            good += v % Fraction(s["multipleOf"]) == 0
        return good + (t != "integer" or v.denominator == 1) * 2

    def fitting_object(self, s, root, depth):
        props = s.get("properties", {})
        names = set(s.get("required", []))
        names |= {n for n in sorted(props) if self.r.random() < 0.6}
        least = int(Fraction(s.get("minProperties", "0")))
        if s.get("additionalProperties") is not False:
            names |= set(self.some(NAMES, max(least, 1)))
        out, more = {}, s.get("additionalProperties", True)
        for n in sorted(names):
            out[n] = self.fitting(props.get(n, more), root, depth + 1)
        return out

    def fitting_array(self, s, root, depth):
        first, rest = s.get("prefixItems", []), s.get("items", True)
        if isinstance(rest, list):
            first, rest = rest, s.get("additionalItems", True)
        least = int(Fraction(s.get("minItems", "0")))
        n = self.r.randint(least, least + 2)
        if rest is False:
            n = min(n, len(first))
        out = [self.fitting(first[i] if i < len(first) else rest, root,
                            depth + 1) for i in range(n)]
        if "contains" in s:
            out.insert(self.r.randint(0, len(out)),
                       self.fitting(s["contains"], root, depth + 1))
        return out

    @staticmethod
    def follow(ref, root):
        if ref == "#":
            return root
        defs = root.get("$defs") or root.get("definitions") or {}
        defs = list(defs.values())
        i = {"0": 0, "1": 1, "o": 1, "2": 2}[ref[-1]]
        return defs[i] if i < len(defs) else True

    def changed(self, v):
        """One place of it is another value."""
        k = self.r.random()
        if isinstance(v, dict) and v and k < 0.8:
            n, out = self.r.choice(list(v)), dict(v)
            if k < 0.2:
                del out[n]
            elif k < 0.3:
                out[self.r.choice(NAMES)] = self.value(2)
            else:
                out[n] = self.changed(out[n])
            return out
        if isinstance(v, list) and v and k < 0.8:
            i, out = self.r.randrange(len(v)), list(v)
            if k < 0.2:
                del out[i]
            elif k < 0.35:
                out.append(out[i])
            else:
                out[i] = self.changed(out[i])
            return out
        return self.value(2)

    # Schemas.

    def root(self):
        self.defs = self.r.randint(1, 3) if self.r.random() < 0.3 else 0
        s = self.schema(0, -1)
        if self.defs and isinstance(s, dict):
            where = "$defs" if self.draft == 2020 else "definitions"
            if "$ref" in s and self.draft != 2020:
                s = {"allOf": [s]}
            s[where] = {}
            for i in range(self.defs):
                d = self.schema(1, i)
                if self.draft == 2020 and i == 1:
                    d = d if isinstance(d, dict) else {"not": {}}
                    d = {**d, "$anchor": "two"}
                s[where][self.def_name(i)] = d
        return s

    @staticmethod
    def def_name(i):
        return ["d0", "d/1", "d~ %2"][i]

    def ref(self, me):
        """me: in place, only definitions behind this one; None: any."""
        first = 0 if me is None else me + 1
        if me is None and self.r.random() < 0.3:
            return "#"
        if first >= self.defs:
            return None
        i = self.r.randrange(first, self.defs)
        where = "$defs" if self.draft == 2020 else "definitions"
        if i == 1 and self.draft == 2020 and self.r.random() < 0.5:
            return "#two"
        return f"#/{where}/" + ["d0", "d~11", "d~0%20%252"][i]

    def schema(self, depth, me):
        if self.r.random() < (0.05 if depth else 0.01) and self.draft > 4:
            return self.r.random() < 0.6
        s = {}
        if self.defs and self.r.random() < 0.25:
            ref = self.ref(me)
            if ref and (self.draft != 2020 or self.r.random() < 0.7):
                return {"$ref": ref}
            if ref:
                s["$ref"] = ref
        t = self.r.choice(TYPES + ["object"] * 3 + ["array"] * 3 +
                          ["string", "number"])
        if self.r.random() < 0.7:
            s["type"] = t
            if self.r.random() < 0.15:
                s["type"] = sorted({t, self.r.choice(TYPES)})
        parts = {"object": self.object, "array": self.array,
                 "string": self.string, "number": self.number,
                 "integer": self.number}
        if t in parts:
            parts[t](s, depth, me)
        if self.r.random() < 0.12:
            self.values(s, t, depth)
        if depth < 3 and self.r.random() < 0.3:
            self.combine(s, depth, me)
        return s

    def values(self, s, t, depth):
        if self.draft > 4 and self.r.random() < 0.4:
            s["const"] = self.of_type(t, depth)
        else:
            s["enum"] = [self.of_type(t, depth) if self.r.random() < 0.7
                         else self.value(1) for _ in range(self.r.randint(1, 4))]

    def combine(self, s, depth, me):
        def one():
            return self.schema(depth + 1, me)
        k = self.r.choice(["allOf", "anyOf", "oneOf", "not", "if"])
        if k in ("allOf", "anyOf", "oneOf"):
            s[k] = [one() for _ in range(self.r.randint(1, 3))]
        elif k == "not":
            s[k] = one()
        elif self.draft > 4:
            s["if"] = one()
            for w in ("then", "else"):
                if self.r.random() < 0.7:
                    s[w] = one()

    def child(self, depth):
        return self.schema(depth + 1, None)

    def count(self):
        return Num(self.r.choice(["0", "1", "2", "3", "1.0", "2e0", "4"]))

    def object(self, s, depth, me):
        r = self.r.random
        if r() < 0.6:
            s["properties"] = {n: self.child(depth)
                               for n in self.some(NAMES, 3 if depth < 2 else 1)}
        if r() < 0.3:
            s["required"] = self.some(NAMES[:5], 2) or ["a"]
        if r() < 0.25:
            s["additionalProperties"] = (r() < 0.3 if r() < 0.6
                                         else self.child(depth + 1))
        if r() < 0.12:
            # jsonschema takes an empty expression for none at all.
            s["patternProperties"] = {p: self.child(depth + 1)
                                      for p in self.some(PATTERNS, 2) if p}
        if r() < 0.1 and self.draft > 4:
            s["propertyNames"] = self.schema(depth + 2, None) if r() < 0.3 \
                else {"maxLength": self.count()}
        if r() < 0.1:
            s["minProperties"] = self.count()
        if r() < 0.1:
            s["maxProperties"] = self.count()
        if r() < 0.2:
            self.depend(s, depth, me)

    def depend(self, s, depth, me):
        names = self.some(NAMES[:4], 2) or ["a"]
        lists = {n: self.some(NAMES[:4], 2) or ["b"] for n in names}
        schemas = {n: self.schema(depth + 2, me) for n in names}
        if self.draft < 2020:
            s["dependencies"] = {n: self.r.choice([lists[n], schemas[n]])
                                 for n in names}
        else:
            s.update(self.r.choice([{"dependentRequired": lists},
                                    {"dependentSchemas": schemas}]))

    def array(self, s, depth, me):
        r = self.r.random
        some = [self.child(depth + 1) for _ in range(self.r.randint(1, 3))]
        if r() < 0.5:
            s["items"] = self.child(depth)
        if r() < (0.25 if self.draft == 2020 else 0.4):
            s["prefixItems" if self.draft == 2020 else "items"] = some
        if r() < 0.6 and isinstance(s.get("items"), list):
            s["additionalItems"] = r() < 0.3 if r() < 0.5 else self.child(depth)
        if r() < 0.2 and self.draft > 4:
            s["contains"] = self.child(depth)
            if self.draft == 2020 and r() < 0.5:
                s["minContains"] = self.count()
            if self.draft == 2020 and r() < 0.4:
                s["maxContains"] = self.count()
        if r() < 0.15:
            s["minItems"] = self.count()
        if r() < 0.15:
            s["maxItems"] = self.count()
        if r() < 0.3:
            s["uniqueItems"] = r() < 0.9

    def string(self, s, depth, me):
        r = self.r.random
        if r() < 0.3:
            s["minLength"] = self.count()
        if r() < 0.3:
            s["maxLength"] = self.count()
        if r() < 0.3:
            s["pattern"] = self.r.choice(PATTERNS)

    def number(self, s, depth, me):
        r = self.r.random
        for limit, only in (("minimum", "exclusiveMinimum"),
                            ("maximum", "exclusiveMaximum")):
            if r() < 0.25:
                s[limit] = Num(self.r.choice(NUMBERS))
                if self.draft == 4 and r() < 0.4:
                    s[only] = r() < 0.7
            if r() < 0.15 and self.draft > 4:
                s[only] = Num(self.r.choice(NUMBERS))
        if r() < 0.25:
            s["multipleOf"] = Num(self.r.choice(DIVISORS))


def write(v, r, twice=False):
    """JSON in one of its many spellings; twice: some names are given twice."""
    blank = r.choice(["", "", "", " ", "\t "])
    if isinstance(v, Num):
        return v
    if isinstance(v, str):
        s = json.dumps(v, ensure_ascii=r.random() < 0.3)
        if v and v[0] in "abcx" and r.random() < 0.15:
            s = f'"\\u{ord(v[0]):04x}' + s[2:]
        return s
    if isinstance(v, list):
        return "[" + ",".join(
            blank + write(x, r, twice) for x in v) + blank + "]"
    if isinstance(v, dict):
        pairs = list(v.items())
        r.shuffle(pairs)
        if twice and pairs and r.random() < 0.1:
            pairs.insert(0, (r.choice(pairs)[0], Num(r.choice(NUMBERS))))
        return "{" + ",".join(
            blank + write(k, r) + blank + ":" + blank + write(x, r, twice)
            for k, x in pairs) + blank + "}"
    return json.dumps(v)


def is_integer(_, v):
    return not isinstance(v, bool) and isinstance(v, (int, Fraction)) and \
        Fraction(v).denominator == 1


# As jsonschema has it, but each pair is compared: it sorts first, and [1] and
# [true] sort as equals without being it.
def unique(validator, wanted, v, schema):
    if wanted and isinstance(v, list) and any(
            equal(a, b) for i, a in enumerate(v) for b in v[:i]):
        yield exceptions.ValidationError("not unique")


def judge_class(base):
    checker = base.TYPE_CHECKER.redefine("integer", is_integer)
    return validators.extend(base, {"uniqueItems": unique},
                             type_checker=checker)


JUDGES = {4: judge_class(Draft4Validator), 7: judge_class(Draft7Validator),
          2020: judge_class(Draft202012Validator)}


def read(text):
    return json.loads(text, parse_float=Fraction)


def make(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        m = Maker(rng, rng.choice([2020, 2020, 2020, 7, 4]))
        schema = m.root()
        value = m.value() if rng.random() < 0.2 else m.fitting(schema, schema)
        if rng.random() < 0.35:
            value = m.changed(value)
        yield m.draft, write(schema, rng), write(value, rng, True)


def words(schema, into):
    if isinstance(schema, dict):
        into.update(k for k in schema if k in KEYWORDS)
        schema = list(schema.values())
    if isinstance(schema, list):
        for x in schema:
            words(x, into)


def causes(error, into):
    into[error.validator] += 1
    for e in error.context or []:
        causes(e, into)


def ask(args, lines):
    done = subprocess.run(args, input="\n".join(lines) + "\n", check=True,
                          capture_output=True, encoding="utf-8", timeout=3000)
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(lines), f"{len(answers)} of {len(lines)} answers"
    return answers


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    pairs = list(make(count, seed))
    ours = ask([program], [f"[{s},{v}]" for _, s, v in pairs])
    kept = ask([program, "-s"], [s for _, s, _ in pairs])
    fits, bad, met, why = 0, 0, set(), Counter()
    for (draft, s, v), our, keep in zip(pairs, ours, kept):
        schema, value = read(s), read(v)
        errors = list(JUDGES[draft](schema).iter_errors(value))
        error = errors[0] if errors else None
        words(schema, met)
        for e in errors:
            causes(e, why)
        fits += error is None
        if (error is None) != (our == "true") or keep != "true":
            bad += 1
            if bad <= 10:
                print(f"draft {draft}: [{s},{v}]\n  jsonschema: "
                      f"{error.message if error else 'fits'}\n  ours: {our}"
                      f"\n  -s: {keep}")
    never = set(KEYWORDS) - met
    silent = set(KEYWORDS) - set(why) - {"$ref", "allOf", "if", "properties",
             "patternProperties", "items", "prefixItems", "propertyNames",
             "dependentSchemas"}
    print(f"{count} pairs, {fits} fit ({100 * fits // count} %), {bad} differ")
    if never:
        print("never met:", *sorted(never))
    if silent:
        print("never the reason:", *sorted(silent))
    share = min(fits, count - fits) / count
    sys.exit(bool(bad or never or silent or share < 0.25))


main()
