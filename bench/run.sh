#!/bin/sh
# Measures whorl and its peers side by side: installs what that needs, builds it, runs it, prints a table a scenario and
# writes the report, build/bench/report.json. README.md, beside this file, says how it measures.
#
#     sh bench/run.sh [--quick | --full | --seconds N] [--only A,B] [--json FILE] [--allow-missing]
#     sh bench/run.sh --self-test
#
#     --quick          25 s a scenario, under 5 minutes in all (the default)
#     --full           150 s a scenario
#     --seconds N      N seconds a scenario
#     --only A,B       these scenarios alone, and the limits of the machine
#     --json FILE      where the report goes
#     --allow-missing  go on without contenders whose libraries cannot be had; their rows say incomplete
#     --self-test      show that queues which lose, double, damage or reorder items are caught
#     --help           this text
set -eu

build=build/bench
packages='g++ meson ninja-build pkg-config libboost-dev libconcurrentqueue-dev libreaderwriterqueue-dev libdpdk-dev'

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
has_json=no
for argument in "$@"; do
  case $argument in
    --allow-missing) peers=auto ;;
    --json) has_json=yes ;;
    --help) sed -n '/^#!/d; /^set/q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
  esac
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
ninja -C "$build" bench/whorl-bench >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }

[ "$has_json" = yes ] || set -- --json "$build/report.json" "$@"
exec "$build/bench/whorl-bench" "$@"
