"""Finds what can be changed in the headers. Nothing is listed by hand: a class of mutants is a rule about the text.

    orders      sync::acquire, release, acq_rel: one step weaker
    handshakes  a barrier, the kernel's wake-up, or one of whorl's own calls that wake or tell somebody: removed
    offsets     `+ 1`, `- 1`: nothing, or two; `+ something`: one more
    bounds      `<` and `<=`, `>` and `>=` exchanged; `==` and `!=` exchanged
    indices     index(p, mask), a[i]: the next one; `& mask`: dropped
    steps       `++i`, `--i`: dropped
    statements  a call that hands over, gives back, ends, keeps or counts something: removed
    patches     what one change of a word cannot say: patches/*.patch, each with its reason

The first two are about memory orders and sleeping, which only the explorer can judge; the others are about arithmetic and
about what is done at all.

What is left out, by rule:
  - the seam (sync/): it defines the orders, and is what the explorer replaces;
  - headers in which a wrong number costs time and nothing else (PERFORMANCE below);
  - a bound of which both sides mean the same when they are equal: a minimum or a maximum (`if (room < n) n = room`,
    `a > b ? a : b`);
  - a bound on the way to a slow path (a line with [[unlikely]]): taking it once too often is legal, as with a limit that
    is stale, so there only the other direction is a mutant: `a < b` becomes `a + 1 < b`;
  - constants of types and layouts (static_assert, requires).
"""
import re

WEAKER = {"acquire": ["relaxed"], "release": ["relaxed"], "acq_rel": ["acquire", "release"]}
PERFORMANCE = {
    "backoff",  # how long to pause
    "backoff_waits",  # by how much sleeps grow
    "edge",  # how long to hold back
    "lot",  # numbers drawn by lot
    "write_policy",  # defaults
    "kinds",  # which layout is the default
}

CLASSES = ("orders", "handshakes", "offsets", "bounds", "indices", "steps", "statements", "patches")
BY_EXPLORER = {"orders", "handshakes"}

ORDER = re.compile(r"\bsync::(acquire|release|acq_rel)\b")
# A whole statement, on one line.
HANDSHAKE = re.compile(
    r"(?<![\w.:])((?:sync::(?:light|heavy|full)_barrier|sync::unpark_all)\(\w[^;]*\)"
    r"|(?:pass_barrier|wake_consumers)\(\)|[\w.()\->]+(?:\.|->)(?:notify|wake|tell)\(\)|more\.(?:announce|cancel)\(\)|look_at\(\w+(?:\.\w+)?\));"
)
NESTED = r"(?:[^();]|\((?:[^();]|\((?:[^();]|\([^();]*\))*\))*\))*"  # what may stand between parentheses
RECEIVER = rf"(?:[\w:]+(?:\[{NESTED}\])?(?:\({NESTED}\))?(?:\.|->))*"
EFFECT = (
    "release|publish|store|close|abandon|bury|destroy|forget|disown|begin|end_claim|give_up|give_back|fetch_add|fetch_or"
    "|fetch_and|exchange|compare_exchange_strong|served|found|rest|stay|end_stay|revoke|settle|building|reset|ask"
    "|count_refused|build|consume|write|destroy_at|look_at|notify|wake|tell|stop_looking|try_consume"
    "|end|go_on|vacate|undo|stop_producing"
)
STATEMENT = re.compile(rf"(?:^\s*|[{{;] |\) )({RECEIVER}(?:{EFFECT})\({NESTED}\));")
PLUS_ONE, MINUS_ONE = re.compile(r"(?<= )\+ 1\b(?![.\w])"), re.compile(r"(?<=[\w)\]] )- 1\b(?![.\w])")
SUM = re.compile(r"(?<=[\w)\]] )\+ (?!std::|static_cast|nearest)[a-z_k][\w.]*(?![\w.(:])")
BOUND = re.compile(r"(?<= )(<=|>=|==|!=|<|>)(?= )")
OTHER_BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
# if (a < b) b = a; and if (a < b) c = a, where c was b: a minimum. a > b ? a : b: a maximum.
CLAMP = re.compile(r"\b(?:if \((\w+) < (?:static_cast<[\w:]+>\()?\w+\)?\) \w+ = (?:static_cast<[\w:]+>\()?\1\b"
                   r"|(\S+) [<>] (\S+) \? (?:\2 : \3|\3 : \2))")
INDEX = re.compile(r"\bindex\((\w+)(?=,)")
SUBSCRIPT = re.compile(r"(?<=\w\[)(?!index\()([\w.]+(?: [*+/] [\w:<>().]+)*)(?=\])")
MASK = re.compile(r"(?<= )& (?:mask_?|\(capacity - 1\))(?!\w)")
STEP = re.compile(r"(?<![\w)])(?:\+\+|--)(?=\w)")
NOT_CODE = re.compile(r"\s*(?:#|static_assert|template <|requires\b|\{ )")


class Mutant:
    """One place in one line, replaced by something else."""

    def __init__(self, kind, header, line_number, column, old, new, text):
        self.kind, self.header, self.line_number, self.column = kind, header, line_number, column
        self.old, self.new, self.text = old, new, text
        self.occurrence = 1  # among those of the same description in the header

    def change(self):
        return f"{self.old} -> {self.new or 'nothing'}"

    def __str__(self):
        return f"{self.header}:{self.line_number}: {self.change()}: {self.text}"

    def site(self):
        """What it is called in survivors.txt and in the state: by its text, so that line numbers may change."""
        again = f" (no. {self.occurrence})" if self.occurrence > 1 else ""
        return f"{self.header}: {self.change()}{again}: {self.text}"

    def apply(self, include):
        path = include / self.header
        lines = path.read_text().split("\n")
        line = lines[self.line_number - 1]
        assert line[self.column :].startswith(self.old)
        lines[self.line_number - 1] = line[: self.column] + self.new + line[self.column + len(self.old) :]
        path.write_text("\n".join(lines))


class Patch:
    """A change of several lines, from a file: its reason, then a unified diff of include/."""

    kind = "patches"

    def __init__(self, path):
        self.path = path
        self.reason, _, diff = path.read_text().partition("\n--- ")
        self.hunks = []
        self.header = None
        for line in diff.split("\n"):
            self.read(line)

    def read(self, line):
        if line.startswith("+++ "):
            self.header = self.path.__class__(re.sub(r"^\w/include/", "", line[4:].strip()))
        elif line.startswith("@@"):
            self.hunks.append(([], []))
        elif self.hunks and line[:1] in ("-", "+", " "):
            for side, mark in zip(self.hunks[-1], "-+"):
                if line[0] in (mark, " "):
                    side.append(line[1:])

    def __str__(self):
        return f"{self.header}: {self.path.name}: {' '.join(self.reason.split())}"

    def site(self):
        return f"{self.header}: {self.path.name}"

    def apply(self, include):
        """Line numbers do not count: what a hunk replaces must be there once."""
        path = include / self.header
        text = path.read_text()
        for old, new in (("\n".join(side) + "\n" for side in hunk) for hunk in self.hunks):
            if text.count(old) != 1:
                raise RuntimeError(f"{self.path.name} does not apply to {self.header} any more")
            text = text.replace(old, new)
        path.write_text(text)


def code_of(line):
    """The line without its comment, and with the text of strings blanked, every column as it was."""
    return re.sub(r'"[^"]*"', lambda string: '"' + " " * (len(string[0]) - 2) + '"', line.split("//")[0])


def order_changes(code):
    for match in ORDER.finditer(code):
        for new in WEAKER[match[1]]:
            yield "orders", match.start(), match[0], f"sync::{new}"
    for match in HANDSHAKE.finditer(code):
        yield "handshakes", match.start(1), match[1], ""


def number_changes(code):
    for pattern, others in ((PLUS_ONE, ("+ 0", "+ 2")), (MINUS_ONE, ("- 0", "- 2"))):
        for match in pattern.finditer(code):
            for new in others:
                yield "offsets", match.start(), match[0], new
    for match in SUM.finditer(code):
        yield "offsets", match.start(), match[0], f"{match[0]} + 1"
    clamps = [match.span() for match in CLAMP.finditer(code)]
    for match in BOUND.finditer(code):
        old, new = match[0], OTHER_BOUND[match[0]]
        if old in "<=>=" and old != "==":
            if any(begin <= match.start() < end for begin, end in clamps):
                continue
            if "[[unlikely]]" in code:
                new = f"+ 1 {old}"
        yield "bounds", match.start(), old, new
    for match in INDEX.finditer(code):
        yield "indices", match.start(1), match[1], f"{match[1]} + 1"
    for match in SUBSCRIPT.finditer(code):
        yield "indices", match.start(), match[0], f"{match[0]} + 1"
    for match in MASK.finditer(code):
        yield "indices", match.start(), match[0], ""
    for match in STEP.finditer(code):
        yield "steps", match.start(), match[0], ""


def statement_changes(code):
    taken = {match.start(1) for match in HANDSHAKE.finditer(code)}
    for match in STATEMENT.finditer(code):
        if match.start(1) not in taken:
            yield "statements", match.start(1), match[1], ""


def changes_of(header, line):
    code = code_of(line)
    yield from order_changes(code)
    if header.stem in PERFORMANCE or NOT_CODE.match(code):
        return
    yield from number_changes(code)
    yield from statement_changes(code)


def find(include, patches):
    """Every mutant, in the order of the headers."""
    seen = {}
    for path in sorted(include.rglob("*.hpp")):
        header = path.relative_to(include)
        if header.parts[1] == "sync":
            continue
        for number, line in enumerate(path.read_text().split("\n"), 1):
            text = line.split("//")[0].strip()
            for kind, column, old, new in changes_of(header, line):
                # In its own words, not the blanked ones.
                mutant = Mutant(kind, header, number, column, line[column : column + len(old)], new, text)
                key = mutant.site()
                mutant.occurrence = seen[key] = seen.get(key, 0) + 1
                yield mutant
    for path in sorted(patches.glob("*.patch")):
        yield Patch(path)
