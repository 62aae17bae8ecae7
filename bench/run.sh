#!/bin/sh
# Measures whorl and its peers side by side: installs what that needs, builds it, runs it, prints a table a scenario and
# writes the report, build/bench/report.json and .html. README.md, beside this file, says how it measures.
#
#     sh bench/run.sh [--quick | --full | --seconds N] [--only A,B] [--json FILE] [--html FILE] [--allow-missing]
#     sh bench/run.sh --profile [--seconds N] [--only A,B]
#     sh bench/run.sh --self-test
#
#     --quick          under 5 minutes in all (the default)
#     --full           under 60 minutes in all
#     --seconds N      N seconds a scenario
#     --only A,B       these scenarios alone, and the limits of the machine
#     --json FILE      where the report goes, for programs
#     --html FILE      where it goes, for people
#     --allow-missing  go on without contenders whose libraries cannot be had; their rows say incomplete
#     --profile        instead of figures: where whorl's time goes, what it allocates, when it calls the kernel to wait
#     --self-test      show that queues which lose, double, damage or reorder items are caught
#     --help           this text
set -eu

build=build/bench
packages='g++ meson ninja-build pkg-config python3
  libboost-dev libconcurrentqueue-dev libreaderwriterqueue-dev libdpdk-dev libtbb-dev liburcu-dev libcds-dev libabsl-dev
  libdisruptor-java default-jdk-headless'

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

are_installed() {
  # shellcheck disable=SC2086 # a list of words
  found=$(dpkg-query -W -f '${db:Status-Status}\n' $packages 2>/dev/null | grep -c '^installed$')
  [ "$found" -eq "$(echo "$packages" | wc -w)" ]
}

install_packages() {
  are_installed && return
  as_root apt-get -o DPkg::Lock::Timeout=600 -qq update
  # shellcheck disable=SC2086 # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends $packages >/dev/null
}

# A dependency that is not there stops the build, unless its contenders may be missing.
peers=enabled
json=$build/report.json
html=$build/report.html
mode=measure

# What is not for the program is taken out of its arguments; each of the others moves from the front to the back.
left=$#
while [ "$left" -gt 0 ]; do
  argument=$1
  shift
  left=$((left - 1))
  case $argument in
    --json | --html)
      [ "$left" -gt 0 ] || { echo "bench/run.sh: $argument needs a file" >&2; exit 2; }
      if [ "$argument" = --json ]; then json=$1; else html=$1; fi
      shift
      left=$((left - 1))
      continue ;;
    --profile) mode=profile; continue ;;
    --self-test) mode=self-test ;;
    --allow-missing) peers=auto ;;
    --help) sed -n '/^#!/d; /^set/q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
  esac
  set -- "$@" "$argument"
done

cd "$(dirname "$0")/.."
mkdir -p build
if ! install_packages; then
  [ "$peers" = auto ] || { echo "bench/run.sh: cannot install: $packages" >&2; exit 1; }
fi

reconfigure=
[ ! -f "$build/build.ninja" ] || reconfigure=--reconfigure
# shellcheck disable=SC2086 # none or one word
meson setup $reconfigure "$build" . --buildtype=release -Db_ndebug=if-release \
  -Dbenchmarks="$peers" -Dtests=disabled -Dexamples=disabled >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
program=bench/whorl-bench
[ "$mode" != profile ] || program='bench/whorl-bench bench/whorl-bench-profile'
# shellcheck disable=SC2086 # one or two words
ninja -C "$build" $program >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }

case $mode in
  self-test) exec "$build/bench/whorl-bench" "$@" ;;
  profile) exec python3 -B bench/report/profiling.py "$build/bench/whorl-bench" "$@" ;;
esac

# shellcheck disable=SC2086 # a list of words; of a package that is not there nothing is said
{ dpkg-query -W -f '${Package} ${Version}\n' $packages 2>/dev/null || true; } | awk 'NF == 2' >"$build/packages"
"$build/bench/whorl-bench" --json "$json" --packages "$build/packages" "$@"
python3 -B bench/report/page.py "$json" --html "$html"
echo "page: $html"
