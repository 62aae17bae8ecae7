"""Every C++ file is as clang-format and the tree's .clang-format would write it. The command is the clang-format."""

import re
import subprocess
from pathlib import Path

import lint

FINDING = re.compile(r"^(.*?):(\d+):\d+: error: code should be clang-formatted", re.MULTILINE)
SETTINGS = Path(__file__).resolve().parents[2] / ".clang-format"


def check(root, command):
    files = [str(path) for path in lint.tree_files(root) if path.suffix in {".hpp", ".cpp"}]
    result = subprocess.run([*command, "--dry-run", "-Werror", *files], capture_output=True, text=True)
    first = {}  # of each file that would change, the first such line
    for name, number in FINDING.findall(result.stderr):
        first.setdefault(Path(name).relative_to(root), number)
    complaints = [f"{name}:{line}: clang-format would change this file, from here on" for name, line in first.items()]
    if result.returncode != 0 and not first:
        complaints.append(result.stderr)
    return complaints


INNOCENT = {".clang-format": SETTINGS.read_text(), "src/a.cpp": "int f(int x) { return x; }\n"}
PLANTS = [
    ("a brace out of place", {"src/x.cpp": "int f()\n{\n  return 1;\n}\n"}, "src/x.cpp:1: clang-format would"),
    ("a line that is too long", {"src/x.cpp": "int f(" + "int, " * 30 + "int);\n"}, "src/x.cpp:1: clang-format would"),
]

if __name__ == "__main__":
    lint.main(__doc__, check, PLANTS, INNOCENT, runs_command=True)
