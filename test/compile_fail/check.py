"""What must not compile, does not, and says why.

Each snippet is a program that compiles as it is, and with -DMISUSE must be refused. It says so in its first lines:

    // refused: a regular expression that the compiler's words must match
    // with: further compiler arguments (optional)

usage: check.py INCLUDE_FOLDER SNIPPET... -- COMPILER [ARGUMENT...]
"""

import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def directive(source, name):
    found = re.search(rf"^// {name}: (.+)$", source, re.MULTILINE)
    return found.group(1) if found else None


def compile_snippet(command, snippet):
    # In English whatever the machine speaks, and without the colours that would split a sentence.
    environment = dict(os.environ, LC_ALL="C")
    done = subprocess.run(command + ["-fsyntax-only", snippet], capture_output=True, text=True, env=environment)
    return done.returncode == 0, done.stderr


def verdict(compiler, snippet):
    source = pathlib.Path(snippet).read_text()
    refused = directive(source, "refused")
    if refused is None:
        return "has no '// refused:' line"
    command = compiler + (directive(source, "with") or "").split()
    accepted, words = compile_snippet(command, snippet)
    if not accepted:
        return f"does not compile without MISUSE:\n{words}"
    accepted, words = compile_snippet(command + ["-DMISUSE"], snippet)
    if accepted:
        return "compiles with MISUSE"
    if not re.search(refused, words):
        return f"is refused, but not with '{refused}':\n{words}"
    return None


def main(arguments):
    if "--" not in arguments[1:]:
        sys.exit(__doc__)
    separator = arguments.index("--")
    include, snippets = arguments[0], arguments[1:separator]
    compiler = arguments[separator + 1 :] + ["-std=c++20", "-I", include]
    with ThreadPoolExecutor(max_workers=2) as pool:
        verdicts = list(pool.map(lambda snippet: verdict(compiler, snippet), snippets))
    for snippet, complaint in zip(snippets, verdicts):
        print(f"{pathlib.Path(snippet).name}: {complaint or 'refused as it should be'}")
    failures = sum(complaint is not None for complaint in verdicts)
    print(f"{len(snippets)} snippets, {failures} failures")
    return failures != 0 or not snippets


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
