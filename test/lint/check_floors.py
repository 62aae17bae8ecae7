"""The floors of whorl: a folder of include/whorl/ includes only those below it, and only the seam names the machine."""

import re

import lint

# Floor -> the floors it may include, besides itself and the standard library.
FLOORS = {
    "sync": set(),
    "wait": {"sync"},
    "handoff": {"sync", "wait"},
    "ring": {"sync", "wait", "handoff"},
    "disruptor": {"sync", "wait", "handoff", "ring"},
    "bus": {"sync", "wait", "handoff", "ring", "disruptor"},
    "stats": {"sync", "wait", "handoff", "ring", "disruptor"},
}
EVERYTHING = set(FLOORS)

# The one header that names the machine; every other one goes through it.
SEAM = "include/whorl/sync/native.hpp"
MACHINE = re.compile(
    r"\bstd::(?:atomic|memory_order|mutex|condition_variable|thread|this_thread|chrono::\w+_clock)\w*|\b__(?:atomic|sync)_\w+"
    r"|\bvolatile\b|\w*seq_cst\w*|\w*fence\w*|\w*syscall\w*|\w*futex\w*"
)
FOREIGN = re.compile(r"\b(?:absl|boost|doctest)\b")

INCLUDE = re.compile(r"^\s*#\s*include\s*(.*?)\s*$", re.MULTILINE)
MAX_HEADER_LINES = 250
MAX_FUNCTION_LINES = 40
NOT_A_FUNCTION = re.compile(r"^(?:inline\s+)?(?:namespace|class|struct|union|enum|concept|extern)\b")


def check(root):
    complaints = []
    for path in sorted((root / "include").rglob("*")) + sorted((root / "src").rglob("*")):
        if path.suffix not in {".hpp", ".cpp"}:
            continue
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        complaints += check_includes(name, text)
        complaints += check_names(name, lint.without_comments(text))
        complaints += check_lengths(name, text)
    return complaints


def check_includes(name, text):
    floor = name.split("/")[2] if name.count("/") > 2 else ""  # headers directly in include/whorl/ have no floor
    public = name.startswith("include/")
    for match in INCLUDE.finditer(text):
        where = f"{name}:{text.count(chr(10), 0, match.start(1)) + 1}"
        target = match.group(1)
        inner = target.strip("<>")
        if FOREIGN.search(target):
            yield f"{where}: {target} is a foreign library: whorl itself uses none"
        elif target.startswith('"') and public:
            yield f"{where}: {target}: headers are included as <whorl/...>"
        elif inner.startswith("whorl/") and public and inner.count("/") > 1:
            other = inner.split("/")[1]
            if other not in FLOORS:
                yield f"{where}: {target}: there is no floor '{other}'"
            elif floor and other != floor and other not in FLOORS.get(floor, set()):
                yield f"{where}: {floor}/ may not include {other}/"
        elif inner.endswith(".h") and public and floor != "sync":
            yield f"{where}: {target} belongs to the machine: only sync/ may include it"
        elif inner == "atomic" and public and name != SEAM:
            yield f"{where}: <atomic> is the seam's: include <whorl/sync/sync.hpp>"


def check_names(name, code):
    for number, line in enumerate(code.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        match = FOREIGN.search(line)
        if match:
            yield f"{name}:{number}: {match.group()} is a foreign library: whorl itself uses none"
        match = MACHINE.search(line)
        if match and name.startswith("include/") and name != SEAM:
            yield f"{name}:{number}: {match.group()} is named outside the seam ({SEAM})"


def check_lengths(name, text):
    lines = text.count("\n")
    if name.startswith("include/") and lines > MAX_HEADER_LINES:
        yield f"{name}: {lines} lines: more than {MAX_HEADER_LINES} in one header"
    for number, length in function_lengths(lint.without_comments(text)):
        if length > MAX_FUNCTION_LINES:
            yield f"{name}:{number}: a function of {length} lines: more than {MAX_FUNCTION_LINES}"


def function_lengths(code):
    """(first line, lines) of every braced body that follows a parameter list, nested ones (lambdas) not told apart."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: "\n" * m.group().count("\n"), code, flags=re.MULTILINE)
    opened = []
    begin = 0  # where the text that introduces the next brace begins
    for at, character in enumerate(code):
        if character == "{":
            introduction = re.sub(r"^template\s*<.*?>\s*(?=\w)", "", code[begin:at].strip(), flags=re.DOTALL)
            is_function = "(" in introduction and not NOT_A_FUNCTION.match(introduction)
            first = begin + len(code[begin:at]) - len(code[begin:at].lstrip())
            opened.append((is_function, first))
            begin = at + 1
        elif character == "}" and opened:
            is_function, first = opened.pop()
            if is_function:
                yield code.count("\n", 0, first) + 1, code.count("\n", first, at) + 1
            begin = at + 1
        elif character == ";":
            begin = at + 1


HEADER = "#pragma once\n"
LONG_FUNCTION = "inline int f(int x) {\n" + "  ++x;\n" * 40 + "  return x;\n}\n"
INNOCENT = {
    "include/whorl/whorl.hpp": HEADER + "#include <whorl/ring/a.hpp>\n",
    "include/whorl/sync/native.hpp": HEADER + "#include <sched.h>\n\n#include <atomic>\nusing A = std::atomic<int>;\n",
    "include/whorl/ring/a.hpp": HEADER + "// Not std::atomic.\n#include <vector>\n#include <whorl/sync/native.hpp>\n",
    "include/whorl/ring/b.hpp": HEADER + "class B {\n" + "  int f();\n" * 60 + "};\n",
    "src/a.cpp": "#include <sched.h>\n#include <whorl/ring/a.hpp>\n",
}
PLANTS = [
    ("a floor that includes one above it", {"include/whorl/handoff/x.hpp": "#include <whorl/ring/a.hpp>\n"},
     "handoff/ may not include ring/"),
    ("stats and bus", {"include/whorl/stats/x.hpp": "#include <whorl/bus/b.hpp>\n"}, "stats/ may not include bus/"),
    ("an unknown floor", {"include/whorl/ring/x.hpp": "#include <whorl/attic/a.hpp>\n"}, "no floor 'attic'"),
    ("a quoted include", {"include/whorl/ring/x.hpp": '#include "a.hpp"\n'}, "are included as <whorl/...>"),
    ("a system header", {"include/whorl/ring/x.hpp": "#include <sched.h>\n"}, "only sync/ may include it"),
    ("the header <atomic>", {"include/whorl/ring/x.hpp": "#include <atomic>\n"}, "<atomic> is the seam's"),
    ("a plain atomic", {"include/whorl/ring/x.hpp": "std::atomic<int> x;\n"}, "std::atomic is named outside the seam"),
    ("a fence", {"include/whorl/sync/x.hpp": "void f() { thread_fence(); }\n"}, "thread_fence is named outside"),
    ("volatile", {"include/whorl/ring/x.hpp": "volatile int x;\n"}, "volatile is named outside"),
    ("seq_cst", {"include/whorl/ring/x.hpp": "x.load(memory_order_seq_cst);\n"}, "memory_order_seq_cst is named"),
    ("a builtin", {"include/whorl/ring/x.hpp": "__atomic_load_n(&x, 0);\n"}, "__atomic_load_n is named"),
    ("a clock", {"include/whorl/ring/x.hpp": "auto t = std::chrono::steady_clock::now();\n"}, "std::chrono::steady_clock is named"),
    ("Boost in the library", {"src/x.cpp": "#include <boost/lockfree/queue.hpp>\n"}, "foreign library"),
    ("Abseil in a header", {"include/whorl/ring/x.hpp": "absl::Duration d;\n"}, "absl is a foreign library"),
    ("a long header", {"include/whorl/ring/x.hpp": "\n" * 251}, "251 lines: more than 250"),
    ("a long function", {"include/whorl/ring/x.hpp": LONG_FUNCTION}, "x.hpp:1: a function of 43 lines"),
]

if __name__ == "__main__":
    lint.main(__doc__, check, PLANTS, INNOCENT)
