"""Prints the public headers, one a line; or, given names after --, complains unless those are all of them.

Meson asks once, when it configures; the test asks again, so that a header added since is not forgotten.
"""

import argparse
from pathlib import Path

import lint

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("root", type=Path, help="the source tree")
parser.add_argument("known", nargs="*", help="the headers that the build checks")
arguments = parser.parse_args()

include = arguments.root / "include"
headers = sorted(path.relative_to(include).as_posix() for path in include.rglob("*.hpp"))
if not arguments.known:
    print("\n".join(headers))
else:
    advice = "run meson setup --reconfigure"
    known = set(arguments.known)
    lint.finish(
        [f"{name}: a header that the build does not check: {advice}" for name in headers if name not in known]
        + [f"{name}: the build checks a header that is gone: {advice}" for name in sorted(known - set(headers))]
    )
