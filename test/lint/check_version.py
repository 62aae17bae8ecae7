"""One version: what meson.build says is what the headers say."""

import re

import lint

MACRO = re.compile(r"#define WHORL_VERSION_(MAJOR|MINOR|PATCH) (\d+)")


def check(root):
    project = re.search(r"^\s*version: '([^']*)'", (root / "meson.build").read_text(), re.MULTILINE)[1]
    header = (root / "include/whorl/version.hpp").read_text()
    constant = re.search(r'kVersion = "([^"]*)"', header)[1]
    macros = dict(MACRO.findall(header))
    numbers = ".".join(macros.get(part, "?") for part in ("MAJOR", "MINOR", "PATCH"))
    complaints = []
    if constant != project:
        complaints.append(f"version.hpp: kVersion is {constant}, meson.build says {project}")
    if numbers != project:
        complaints.append(f"version.hpp: the macros say {numbers}, meson.build says {project}")
    return complaints


def header(major, constant):
    return {
        "include/whorl/version.hpp": f"#define WHORL_VERSION_MAJOR {major}\n#define WHORL_VERSION_MINOR 2\n"
        f'#define WHORL_VERSION_PATCH 3\nconstexpr const char* kVersion = "{constant}";\n'
    }


INNOCENT = {"meson.build": "project(\n  'x',\n  version: '1.2.3',\n)\n"} | header(1, "1.2.3")
PLANTS = [
    ("an old constant", header(1, "1.2.2"), "kVersion is 1.2.2"),
    ("an old macro", header(0, "1.2.3"), "the macros say 0.2.3"),
]

if __name__ == "__main__":
    lint.main(__doc__, check, PLANTS, INNOCENT)
