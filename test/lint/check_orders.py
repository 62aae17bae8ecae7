"""Every acquire and release in include/ is numbered and names its partners; every relaxed says why it is enough.

The comment stands on the line of the order or within the three lines above it:

    // (12) acquire pairs with release (11) and (13): why.

Numbers are unique over all headers; partners exist, are of the other kind and name each other back. An acq_rel is the
end of two edges and has both comments. A comment whose order has gone is as wrong as an order without a comment.
"""

import re
from collections import namedtuple

import lint

REACH = 3  # lines above an order in which its comment may stand

ORDER = re.compile(r"\bsync::(acquire|release|acq_rel|relaxed)\b")
EDGE = re.compile(r"\((\d+)\) (acquire|release) pairs with (acquire|release) (\(\d+\)(?:(?:,| and|, and) \(\d+\))*)")
OTHER = {"acquire": "release", "release": "acquire"}

Edge = namedtuple("Edge", "number kind partner_kind partners name line")


def check(root):
    edges = []
    complaints = []
    for path in sorted((root / "include").rglob("*.hpp")):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        comments = comment_lines(text)
        of_file = edges_in(name, comments)
        edges += of_file
        complaints += check_file(name, lint.without_comments(text), comments, of_file)
    return complaints + list(check_partners(edges))


def comment_lines(text):
    """Line number -> what its comment says."""
    code = lint.without_comments(text).splitlines()
    found = {}
    for number, (line, stripped) in enumerate(zip(text.splitlines(), code), 1):
        at = line.find("//", len(stripped.rstrip()))
        if at >= 0:
            found[number] = line[at:].lstrip("/").strip()
    return found


def edges_in(name, comments):
    """The edges described in a file. A comment of several lines is read as one sentence."""
    text = ""
    line_at = []  # for every character of the text, the line it stands on
    for number in sorted(comments):
        separator = " " if number - 1 in comments else "\n"
        addition = separator + comments[number]
        text += addition
        line_at += [number] * len(addition)
    return [
        Edge(int(m[1]), m[2], m[3], [int(n) for n in re.findall(r"\d+", m[4])], name, line_at[m.start()])
        for m in EDGE.finditer(text)
    ]


def check_file(name, code, comments, edges):
    unclaimed = list(edges)
    for number, line in enumerate(code.splitlines(), 1):
        for order in ORDER.findall(line):
            reach = range(number - REACH, number + 1)
            if order == "relaxed":
                if not any("relaxed" in comments.get(at, "").lower() for at in reach):
                    yield f"{name}:{number}: no comment says why relaxed is enough"
                continue
            for kind in ("acquire", "release") if order == "acq_rel" else (order,):
                above = [edge for edge in unclaimed if edge.kind == kind and edge.line in reach]
                if above:
                    unclaimed.remove(above[-1])
                else:
                    yield f"{name}:{number}: no comment '(n) {kind} pairs with {OTHER[kind]} (m)' for this {order}"
    for edge in unclaimed:
        yield f"{name}:{edge.line}: ({edge.number}) describes {article(edge.kind)} that is not there"


def check_partners(edges):
    by_number = {}
    for edge in edges:
        where = f"{edge.name}:{edge.line}"
        if edge.number in by_number:
            yield f"{where}: the number ({edge.number}) is taken by {by_number[edge.number].name}"
        by_number.setdefault(edge.number, edge)
    for edge in edges:
        where = f"{edge.name}:{edge.line}"
        if edge.partner_kind != OTHER[edge.kind]:
            yield f"{where}: ({edge.number}): {article(edge.kind)} pairs with {article(OTHER[edge.kind])}"
        for number in edge.partners:
            partner = by_number.get(number)
            if partner is None:
                yield f"{where}: ({edge.number}) names ({number}), which does not exist"
            elif partner.kind != edge.partner_kind:
                yield f"{where}: ({edge.number}) calls ({number}) {article(edge.partner_kind)}: it is not"
            elif edge.number not in partner.partners:
                yield f"{where}: ({edge.number}) names ({number}), which does not name it back"


def article(kind):
    return "an acquire" if kind == "acquire" else "a release"


PUBLISH = "// (1) release pairs with acquire (2): why.\nx.store(1, sync::release);\n"
READ = "// (2) acquire pairs with release (1),\n// and so on.\nx.load(sync::acquire);\n"
BOTH = (
    "// (3) release pairs with acquire (4); (4) acquire pairs with release (3).\n"
    "x.exchange(1, sync::acq_rel);  // both ends\n"
)
RELAXED = "x.load(sync::relaxed);  // relaxed: a count\n"
INNOCENT = {"include/a.hpp": PUBLISH + READ, "include/b.hpp": BOTH + "int y;\n\n\n" + RELAXED}


def plant(text):
    return {"include/b.hpp": text}


PLANTS = [
    ("an acquire without a comment", plant("x.load(sync::acquire);\n"), "'(n) acquire pairs with release (m)'"),
    ("a release without a comment", plant("x.store(1, sync::release);\n"), "'(n) release pairs with acquire (m)'"),
    ("half an acq_rel", plant("// (3) release pairs with acquire (2).\nx.exchange(1, sync::acq_rel);\n"),
     "'(n) acquire pairs with release (m)' for this acq_rel"),
    ("a comment too far away", plant("// (3) acquire pairs with release (1).\n\n\n\nx.load(sync::acquire);\n"),
     "b.hpp:5: no comment"),
    ("one comment for two orders", plant(BOTH + "x.load(sync::acquire);\n"), "b.hpp:3: no comment"),
    ("an order weakened under its comment", {"include/a.hpp": PUBLISH + READ.replace("::acquire", "::relaxed")},
     "(2) describes an acquire that is not there"),
    ("a number used twice", plant(PUBLISH), "the number (1) is taken by include/a.hpp"),
    ("a partner that does not exist", {"include/a.hpp": PUBLISH}, "(1) names (2), which does not exist"),
    ("a partner that knows nothing of it", plant("// (3) acquire pairs with release (1).\nx.load(sync::acquire);\n"),
     "(3) names (1), which does not name it back"),
    ("a partner of the same kind", plant("// (3) acquire pairs with release (2).\nx.load(sync::acquire);\n"),
     "(3) calls (2) a release: it is not"),
    ("two acquires", plant("// (3) acquire pairs with acquire (2).\nx.load(sync::acquire);\n"),
     "an acquire pairs with a release"),
    ("a relaxed without a reason", plant("x.load(sync::relaxed);  // cheap\n"), "why relaxed is enough"),
]

if __name__ == "__main__":
    lint.main(__doc__, check, PLANTS, INNOCENT)
