"""Builds and runs project/ as a user of whorl would, in one of three ways:

  subproject   whorl lies under subprojects/ and nowhere else; no network; static or shared as the consumer says
  pkg-config   whorl is installed under a prefix
  cmake        whorl is installed by way of DESTDIR, so it does not lie where it was told it would

Everything happens on a copy in a temporary folder; neither the source tree nor the build folder is written to.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent / "project"
SKIPPED = 77
WITHOUT_EXTRAS = ["-Dtests=disabled", "-Dbenchmarks=disabled", "-Dexamples=disabled"]


def run(command, **environment):
    print("+", *command, flush=True)
    subprocess.run(command, check=True, env=os.environ | environment)


def require(condition, complaint):
    if not condition:
        sys.exit(f"consumer: {complaint}")


def copy_of_whorl(source, place):
    """The source tree as it would be released: no build folders, no history."""
    at_top = {".git", ".cache"} | {folder.name for folder in source.glob("build*") if folder.is_dir()}

    def ignored(folder, names):
        return {n for n in names if n == "__pycache__" or (Path(folder) == source and n in at_top)}

    shutil.copytree(source, place, ignore=ignored)


def without_network():
    """The command that runs another one with no network, or nothing where the kernel does not let us."""
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    print("consumer: the network could not be taken away here; --wrap-mode=nodownload alone forbids downloads")
    return []


def build_and_test_with_meson(source, build, *options, isolate=(), **environment):
    run([*isolate, "meson", "setup", "--wrap-mode=nodownload", *options, str(build), str(source)], **environment)
    run([*isolate, "ninja", "-C", str(build)], **environment)
    run([*isolate, "meson", "test", "-C", str(build), "--no-rebuild", "--print-errorlogs"], **environment)


def introspect(build, what):
    command = ["meson", "introspect", f"--{what}", str(build)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def as_subproject(source, work, linkage):
    shutil.copytree(PROJECT, work / "project")
    copy_of_whorl(source, work / "project" / "subprojects" / "whorl")
    build = work / "build"
    isolate = without_network()
    # Whatever whorl this machine has installed must not be found in place of the subproject.
    nowhere = {"PKG_CONFIG_LIBDIR": str(work), "PKG_CONFIG_PATH": "", "CMAKE_PREFIX_PATH": ""}
    build_and_test_with_meson(work / "project", build, f"-Ddefault_library={linkage}", isolate=isolate, **nowhere)

    suffix = {"static": ".a", "shared": ".so"}[linkage]
    made = [path.name for path in (build / "subprojects" / "whorl").rglob("libwhorl.*") if path.is_file()]
    require(made and all(suffix in name for name in made), f"asked for a {linkage} library, got {made}")
    ours = {"main", "headers_only"}
    tests = {test["name"] for test in introspect(build, "tests")}
    require(tests == ours, f"whorl's tests are not off in a subproject: {sorted(tests - ours)}")
    programs = {t["name"] for t in introspect(build, "targets") if t["type"] == "executable"}
    require(programs == ours, f"whorl builds programs in a subproject: {sorted(programs - ours)}")


def install(source, work, prefix, destdir=""):
    run(["meson", "setup", f"--prefix={prefix}", "-Dlibdir=lib", *WITHOUT_EXTRAS, str(work / "whorl"), str(source)])
    run(["meson", "install", "-C", str(work / "whorl"), "--quiet"], DESTDIR=str(destdir))


def by_pkg_config(source, work):
    prefix = work / "prefix"
    copy_of_whorl(source, work / "source")
    install(work / "source", work, prefix)
    shutil.rmtree(work / "source")  # what is installed stands on its own
    shutil.rmtree(work / "whorl")
    found = {"PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig"), "LD_LIBRARY_PATH": str(prefix / "lib")}
    build_and_test_with_meson(PROJECT, work / "build", "--wrap-mode=nofallback", **found)


def by_cmake(source, work, version):
    if shutil.which("cmake") is None:
        print("skipped: no cmake")
        sys.exit(SKIPPED)
    install(source, work, "/opt/whorl", work / "stage")
    shutil.rmtree(work / "whorl")
    where = work / "stage" / "opt" / "whorl"
    build = str(work / "build")
    options = [f"-DCMAKE_PREFIX_PATH={where}", f"-DWHORL_VERSION={'.'.join(version.split('.')[:2])}"]
    run(["cmake", "-G", "Ninja", "-S", str(PROJECT), "-B", build, *options])
    run(["cmake", "--build", build])
    run(["ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error"])

    newer = ["cmake", "-G", "Ninja", "-S", str(PROJECT), "-B", str(work / "other"), options[0], "-DWHORL_VERSION=9.9"]
    other = subprocess.run(newer, capture_output=True, text=True)
    require(other.returncode != 0 and "9.9" in other.stderr, "find_package(whorl 9.9) found a whorl")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=["subproject", "pkg-config", "cmake"])
    parser.add_argument("--source", type=Path, required=True, help="whorl's source tree")
    parser.add_argument("--version", required=True, help="whorl's version")
    parser.add_argument("--linkage", choices=["static", "shared"], default="shared")
    parser.add_argument("compiler", nargs="+", help="the C++ compiler, after --")
    arguments = parser.parse_args()

    # The compiler of the build under test, and no flags of it: a consumer has his own.
    os.environ["CXX"] = " ".join(arguments.compiler)
    for flags in ("CXXFLAGS", "CPPFLAGS", "LDFLAGS", "DESTDIR"):
        os.environ.pop(flags, None)
    source = arguments.source.resolve()
    with tempfile.TemporaryDirectory(prefix="whorl-consumer-") as folder:
        work = Path(folder).resolve()
        if arguments.way == "subproject":
            as_subproject(source, work, arguments.linkage)
        elif arguments.way == "pkg-config":
            by_pkg_config(source, work)
        else:
            by_cmake(source, work, arguments.version)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"consumer: failed with status {error.returncode}: {' '.join(error.cmd)}")
