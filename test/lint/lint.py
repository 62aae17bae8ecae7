"""What the checks of this folder share: which files there are, C++ without its comments, and the self-test.

A check is a function from the root of a source tree to a list of complaints, one line each. Its self-test gives it
small trees, each with one fault planted in it, and is satisfied when every fault is complained of by name.
"""

import argparse
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77

# A comment, or a literal in which a comment sign would not be one.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def without_comments(text):
    """The same text, every line in its place, with comments and the insides of string literals blanked out."""

    def blank(match):
        token = match.group()
        if token.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + " " * (len(token) - 2) + token[-1]

    # Digit separators (1'000) are not the beginning of a character literal.
    return TOKEN.sub(blank, re.sub(r"(?<=\d)'(?=\d)", "_", text))


def git(root, *arguments):
    """The lines that git prints about the tree at `root`; None where there is no git or no repository."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "safe.directory=*", "-C", str(root), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
    except FileNotFoundError:
        return None
    return result.stdout.splitlines() if result.returncode == 0 else None


def tree_files(root):
    """The files that belong to the tree: what git tracks or could, else everything but build folders."""
    names = git(root, "ls-files", "--cached", "--others", "--exclude-standard") if (root / ".git").exists() else None
    if names is not None:
        return [path for path in (root / name for name in sorted(set(names))) if path.is_file()]
    found = []
    for folder, folders, files in os.walk(root):
        top = Path(folder) == root
        folders[:] = sorted(
            name
            for name in folders
            if name not in {".git", ".cache", "__pycache__"} and not (top and name.startswith("build"))
        )
        found += [Path(folder) / name for name in sorted(files)]
    return found


def main(description, check, plants, innocent, runs_command=False):
    """Runs `check` on the tree given by --root, or proves on planted trees that it can fail.

    `innocent` is a tree ({path: text}) without a fault; `plants` are (what, files laid over it, words expected).
    A check that runs a command, a compiler for instance, takes it as its second parameter.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--root", type=Path, help="the source tree to check")
    group.add_argument("--self-test", action="store_true", help="prove that planted faults are found")
    if runs_command:
        parser.add_argument("command", nargs="+", help="the command that the check runs, after --")
    arguments = parser.parse_args()
    if runs_command:
        if shutil.which(arguments.command[0]) is None:
            print(f"skipped: no {arguments.command[0]}")
            sys.exit(SKIPPED)
        check = functools.partial(check, command=arguments.command)
    complaints = self_test(check, plants, innocent) if arguments.self_test else check(arguments.root.resolve())
    finish(complaints)


def finish(complaints):
    for complaint in complaints:
        print(complaint)
    print(f"{len(complaints)} complaints" if complaints else "nothing to complain of")
    sys.exit(1 if complaints else 0)


def self_test(check, plants, innocent):
    complaints = [f"self-test: an innocent tree is accused: {c}" for c in complaints_about(check, innocent)]
    for what, files, expected in plants:
        found = complaints_about(check, innocent | files)
        if not any(expected in complaint for complaint in found):
            complaints.append(f"self-test: {what}: no complaint says '{expected}'; found {found}")
    return complaints


def complaints_about(check, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return check(Path(folder))
