"""clang-tidy has nothing to say about src/ and the headers, as the tree's .clang-tidy asks. The command is clang-tidy.

The headers are seen through whole.cpp, beside this file, which uses them all.
"""

import re
import subprocess
from pathlib import Path

import lint

SETTINGS = Path(__file__).resolve().parents[2] / ".clang-tidy"
FINDING = re.compile(r"^(?P<file>/.*?):(?P<line>\d+):\d+: (?:error|warning): (?P<what>.*)$", re.MULTILINE)


def check(root, command):
    complaints = []
    for source in [*sorted((root / "src").glob("**/*.cpp")), *(root / "test" / "lint").glob("whole.cpp")]:
        tidy = [*command, "--quiet", f"--config-file={root / '.clang-tidy'}", str(source), "--", "-std=c++20", f"-I{root / 'include'}"]
        result = subprocess.run(tidy, capture_output=True, text=True)
        found = [f"{Path(m['file']).relative_to(root)}:{m['line']}: {m['what']}" for m in FINDING.finditer(result.stdout)]
        if result.returncode != 0 and not found:
            found = [result.stdout + result.stderr]
        complaints += found
    return complaints


INNOCENT = {
    ".clang-tidy": SETTINGS.read_text(),
    "src/a.cpp": "#include <whorl/a.hpp>\n\nint twice(int x) { return same(x) + same(x); }\n",
    "include/whorl/a.hpp": "#pragma once\n\ninline int same(int x) { return x; }\n",
}
PLANTS = [
    ("a careless macro", {"src/x.cpp": "#define TWICE(x) x + x\n"}, "bugprone-macro-parentheses"),
    ("a fault in a header", {"include/whorl/a.hpp": "inline int same(int x) {\n  if (x != 0); return x; }\n"},
     "include/whorl/a.hpp:2"),
]

if __name__ == "__main__":
    lint.main(__doc__, check, PLANTS, INNOCENT, runs_command=True)
