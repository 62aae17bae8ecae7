"""The tree as a whole: nothing unexpected at its top, nothing large or generated, tidy text, no machine's paths."""

import re

import lint

TOP = {
    ".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md",
    "bench", "docs", "examples", "include", "meson.build", "meson_options.txt", "packaging", "src", "test",
}
MAX_BYTES = 1 << 20
# Somebody's own folders. A path that goes on from something else ("$prefix/home", "a/work/") is not one of them.
MACHINE_PATH = re.compile(r"(?<![\w.\-/}\])>$])/(?:work|root|home|tmp)(?:/[\w.$*{]|\b(?![\w/}]))")
VERBATIM = {".patch", ".diff"}  # tabs and trailing blanks belong to what they quote


def check(root):
    complaints = []
    for path in lint.tree_files(root):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] not in TOP:
            complaints.append(f"{name}: '{name.split('/')[0]}' is not expected at the top of the tree")
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            complaints.append(f"{name}: {len(data)} bytes: more than {MAX_BYTES}")
        elif b"\0" not in data:
            complaints += check_text(name, data, path.suffix in VERBATIM)
    for name in lint.git(root, "ls-files", "--cached", "--ignored", "--exclude-standard") or []:
        complaints.append(f"{name}: tracked, and ignored by .gitignore: generated?")
    return complaints


def check_text(name, data, verbatim):
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        yield f"{name}: not UTF-8: {error}"
        return
    if text and not text.endswith("\n"):
        yield f"{name}: the last line has no end"
    for number, line in enumerate(text.split("\n"), 1):
        if "\r" in line:
            yield f"{name}:{number}: a carriage return"
        if "\t" in line and not verbatim:
            yield f"{name}:{number}: a tab"
        if line != line.rstrip() and not verbatim:
            yield f"{name}:{number}: a blank at the end of the line"
        match = MACHINE_PATH.search(line)
        if match:
            yield f"{name}:{number}: {match.group()} is a path of one machine"


INNOCENT = {
    "LICENSE": "free\n",
    "docs/a.md": "see example.org/home/a, $prefix/root and ${TMPDIR:-/tmp}\n",
    "docs/picture.png": b"\x89PNG\0\t ",
    "test/mutants/a.patch": " \t\n",
}
PLANTS = [
    ("a stray file", {"notes.txt": "x\n"}, "'notes.txt' is not expected"),
    ("a stray folder", {"attic/a.txt": "x\n"}, "'attic' is not expected"),
    ("a tab", {"docs/x.md": "a\tb\n"}, "docs/x.md:1: a tab"),
    ("a trailing blank", {"docs/x.md": "a\nb \n"}, "docs/x.md:2: a blank"),
    ("a carriage return", {"docs/x.md": "a\r\n"}, "a carriage return"),
    ("an unended line", {"docs/x.md": "a"}, "the last line has no end"),
    ("Latin-1", {"docs/x.md": b"\xe9t\xe9\n"}, "not UTF-8"),
    ("a large file", {"docs/x.md": "a\n" * MAX_BYTES}, "more than 1048576"),
    ("somebody's folder", {"docs/x.md": "cd " + "/" + "home/someone\n"}, "is a path of one machine"),
    ("a scratch file", {"docs/x.md": "cat '" + "/" + "tmp/x'\n"}, "is a path of one machine"),
    ("a bare folder", {"docs/x.md": "under " + "/" + "work.\n"}, "is a path of one machine"),
]

if __name__ == "__main__":
    lint.main(__doc__, check, PLANTS, INNOCENT)
