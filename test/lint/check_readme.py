"""What README.md and docs/ show works: every ```cpp block compiles, and one that has a main() also runs.

A block without main() is taken for the body of a function that has included <whorl/whorl.hpp>; its own #include lines
are put first. Links to files of the tree lead somewhere. The command is the compiler and, last, whorl's library.
"""

import re
import subprocess
import tempfile
from pathlib import Path

import lint

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-pthread"]
BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def check(root, command):
    complaints = []
    for page in [*root.glob("README.md"), *sorted((root / "docs").glob("**/*.md"))]:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            where = f"{page.relative_to(root)}:{text.count(chr(10), 0, match.start()) + 1}"
            complaints += check_block(root, command, where, match[1])
        for target in LINK.findall(CODE.sub("", text)):
            if not (page.parent / target).exists():
                complaints.append(f"{page.relative_to(root)}: the link {target} leads nowhere")
    return complaints


def check_block(root, command, where, block):
    *compiler, library = command
    is_program = re.search(r"\bint main\(", block) is not None
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "block.cpp", Path(folder) / "block"
        source.write_text(block if is_program else as_function(block))
        compile_it = [*compiler, *FLAGS, f"-I{root / 'include'}", str(source)]
        if is_program:
            compile_it += [library, f"-Wl,-rpath,{Path(library).resolve().parent}", "-o", str(program)]
        else:
            compile_it += ["-c", "-o", str(program)]
        compiled = subprocess.run(compile_it, capture_output=True, text=True)
        if compiled.returncode != 0:
            yield f"{where}: this block does not compile:\n{compiled.stderr}"
        elif compiled.stderr:
            yield f"{where}: this block compiles with warnings:\n{compiled.stderr}"
        elif is_program:
            ran = subprocess.run([str(program)], capture_output=True, text=True, timeout=60)
            if ran.returncode != 0:
                yield f"{where}: this program ends with status {ran.returncode}:\n{ran.stdout}{ran.stderr}"


def as_function(block):
    lines = block.splitlines()
    includes = [line for line in lines if line.startswith("#include")]
    body = [line for line in lines if not line.startswith("#include")]
    return "\n".join(["#include <whorl/whorl.hpp>", *includes, "void block() {", *body, "}", ""])


def page(block):
    return {"docs/x.md": f"```cpp\n{block}\n```\n"}


INNOCENT = {
    "README.md": "[a](docs/a.md), [b](https://example.org), `[](int)`\n```cpp\nint main() { return 0; }\n```\n",
    "docs/a.md": "```cpp\n#include <vector>\nstd::vector<Item> items(3);\n```\n```text\nnot C++\n```\n",
    "include/whorl/whorl.hpp": "#pragma once\nstruct Item {};\n",
}
PLANTS = [
    ("a block that does not compile", page("Itme item;"), "docs/x.md:1: this block does not compile"),
    ("a block with a warning", page("if (int x = 1; true) {}"), "docs/x.md:1: this block compiles with warnings"),
    ("a program that fails", page("int main() { return 3; }"), "docs/x.md:1: this program ends with status 3"),
    ("a program that does not link", page("void f();\nint main() { f(); }"), "this block does not compile"),
    ("a dead link", {"docs/x.md": "[x](y.md)\n"}, "the link y.md leads nowhere"),
]

if __name__ == "__main__":
    lint.main(__doc__, check, PLANTS, INNOCENT, runs_command=True)
