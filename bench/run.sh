#!/bin/sh
# Measures whorl and its peers side by side: installs what that needs, builds it, runs it, prints a table a scenario and
# writes the report, build/bench/report.json and .html. README.md, beside this file, says how it measures.
#
#     sh bench/run.sh [--quick | --full | --seconds N] [--only A,B] [--contenders A,B] [--json FILE] [--html FILE]
#                     [--allow-missing]
#     sh bench/run.sh --profile [--seconds N] [--only A,B] [--allow-missing]
#     sh bench/run.sh --components
#     sh bench/run.sh --self-test
#
#     --quick          under 5 minutes of measuring (the default); the first run also installs and compiles
#     --full           under 60 minutes of measuring
#     --seconds N      N seconds a scenario
#     --only A,B       these scenarios alone, and the limits of the machine
#     --contenders A,B these contenders alone; whorl/ stands for all whose names begin so
#     --json FILE      where the report goes, for programs
#     --html FILE      where it goes, for people
#     --allow-missing  go on without contenders whose libraries cannot be had; their rows say incomplete
#     --profile        instead of figures: where whorl's time goes, what it allocates, when it calls the kernel to wait
#     --components     what each part of the Disruptor costs one thread: ns and instructions (docs/analysis.md)
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

install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends "$@" >/dev/null
}

# With --allow-missing each by itself, so that one which cannot be had takes no other with it.
install_packages() {
  are_installed && return
  as_root apt-get -o DPkg::Lock::Timeout=600 -qq update || [ "$peers" = auto ] || return 1
  if [ "$peers" != auto ]; then
    # shellcheck disable=SC2086 # a list of words
    install $packages
    return
  fi
  for package in $packages; do
    install "$package" || echo "bench/run.sh: going on without $package" >&2
  done
}

# As the caller means it: relative to the folder it is in.
absolute() {
  case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
  esac
}

refuse() {
  echo "bench/run.sh: $1 (--help says what there is)" >&2
  exit 2
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
    --seconds | --only | --contenders | --json | --html)
      [ "$left" -gt 0 ] || refuse "$argument needs a value"
      value=$1
      shift
      left=$((left - 1))
      case $argument in
        --json) json=$(absolute "$value") ;;
        --html) html=$(absolute "$value") ;;
        *) set -- "$@" "$argument" "$value" ;;
      esac
      continue ;;
    --profile) mode=profile; continue ;;
    --components) mode=components; continue ;;
    --self-test) mode=self-test ;;
    --allow-missing) peers=auto ;;
    --quick | --full) ;;
    --help) sed -n '/^#!/d; /^set/q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) refuse "'$argument' is not an option" ;;
  esac
  set -- "$@" "$argument"
done

# Google Benchmark, and none of the peers.
if [ "$mode" = components ]; then
  [ $# -eq 0 ] || refuse "--components and $1 do not go together"
  packages='g++ meson ninja-build pkg-config python3 libbenchmark-dev'
  peers=auto
fi

for argument in "$@"; do
  case $mode$argument in
    profile--quick | profile--full | profile--contenders | profile--self-test)
      refuse "--profile and $argument do not go together" ;;
  esac
done

cd "$(dirname "$0")/.."
mkdir -p build
for file in "$json" "$html"; do  # before anything is measured
  [ "$(dirname "$file")" = "$build" ] || [ -d "$(dirname "$file")" ] || refuse "there is no folder for $file"
done
install_packages || { echo "bench/run.sh: cannot install: $packages" >&2; exit 1; }

reconfigure=
[ ! -f "$build/build.ninja" ] || reconfigure=--reconfigure
# shellcheck disable=SC2086 # none or one word
meson setup $reconfigure "$build" . --buildtype=release -Db_ndebug=if-release \
  -Dbenchmarks="$peers" -Dtests=disabled -Dexamples=disabled >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
program=bench/whorl-bench
[ "$mode" != profile ] || program='bench/whorl-bench bench/whorl-bench-profile'
[ "$mode" != components ] || program=bench/whorl-components
# shellcheck disable=SC2086 # one or two words
ninja -C "$build" $program >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }

case $mode in
  self-test) exec "$build/bench/whorl-bench" "$@" ;;
  profile) exec python3 -B bench/report/profiling.py "$build/bench/whorl-bench" "$@" ;;
  components)
    "$build/bench/whorl-components" --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true \
      --benchmark_min_time=0.05 --benchmark_out="$build/components.json" --benchmark_out_format=json >"$build.log"
    exec python3 -B bench/report/components.py "$build/components.json" ;;
esac

# shellcheck disable=SC2086 # a list of words; of a package that is not there nothing is said
{ dpkg-query -W -f '${Package} ${Version}\n' $packages 2>/dev/null || true; } | awk 'NF == 2' >"$build/packages"
"$build/bench/whorl-bench" --json "$json" --packages "$build/packages" "$@"
python3 -B bench/report/page.py "$json" --html "$html"
echo "page: $html"
