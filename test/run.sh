#!/bin/sh
# Installs what the tests need, then builds and runs all of them in every configuration: sh test/run.sh [OPTION]
#
#     sh test/run.sh           gcc, clang 19 and clang 14, plain and under ThreadSanitizer, AddressSanitizer and UBSan
#     sh test/run.sh --quick   gcc alone, and of the tests what is fast: unit, lint, codegen, the models at small bounds
#     sh test/run.sh --only A  the configuration A alone, as the full run names them: clang-19-tsan, for instance; two of
#                              them, clang-19-tsan and gcc-asan-ubsan, the full run leaves out
#     sh test/run.sh --help    this text
#
# Prints a line for each configuration; of what fails, the end of its output. The last line is "N passed, N failed", and
# the status is 0 only if nothing failed and nothing that should have run was missing. The build folders, build/tests/*,
# are used again by the next run; a configuration's whole output is in build/tests/NAME.log.
set -eu

packages='g++ meson ninja-build pkg-config python3 doctest-dev clang-format-19 clang-tidy-19'
case "${1-}" in
  '' | --only) packages="$packages clang-14 clang-19 libclang-rt-19-dev cmake libabsl-dev libpcap-dev spin" ;;
  --quick) ;;
  --help) sed -n '/^#!/d; /^set/q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "test/run.sh: no such option: $1 (see --help)" >&2; exit 2 ;;
esac

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@"; }

missing=
for package in $packages; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "installing$missing"
  apt_get update
  # shellcheck disable=SC2086 # a list of words
  apt_get install -y --no-install-recommends $missing >/dev/null
fi

cd "$(dirname "$0")/.."
exec python3 test/run.py "$@"
