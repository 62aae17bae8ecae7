"""clang-tidy has nothing to say about src/ and the headers, as the tree's .clang-tidy asks. The command is clang-tidy.

The headers are seen through whole.cpp, beside this file, which uses them all.
"""

import re
import subprocess
from pathlib import Path

import lint

SETTINGS = Path(__file__).resolve().parents[2] / ".clang-tidy"
FINDING = re.compile(r"^(/.*?):(\d+):\d+: (?:error|warning): (.*)$", re.MULTILINE)


def check(root, command):
    settings = f"--config-file={root / '.clang-tidy'}"  # or clang-tidy would look beside the folder it is called in
    complaints = []
    for source in [*sorted((root / "src").glob("**/*.cpp")), *(root / "test" / "lint").glob("whole.cpp")]:
        compiler = ["-std=c++20", f"-I{root / 'include'}"]
        tidy = [*command, "--quiet", settings, str(source), "--", *compiler]
        result = subprocess.run(tidy, capture_output=True, text=True)
        findings = FINDING.findall(result.stdout)
        found = [f"{Path(file).relative_to(root)}:{line}: {what}" for file, line, what in findings]
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
