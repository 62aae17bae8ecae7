#!/bin/sh
# Runs whorl-packets with its generator through a matrix of producers, rates, packets and ticks: sh test/matrix.sh [OPTION...]
#
#     sh test/matrix.sh --set quick            a set of cases; --list shows which there are, --help all options
#     sh test/matrix.sh --set full --max-rate 100 --producers 4,8
#     sh test/matrix.sh --set quick --profile  and where the time goes, what allocates, what enters the kernel
#     sh test/matrix.sh --cliff                the highest rate of each strategy
#     sh test/matrix.sh --set quick --compare build/earlier/report.json
#
# Installs what that needs and builds the program first. A line for each case; the last line is "N passed, N failed,
# N skipped"; status 1 when a case failed, 2 when nothing could be run. The report is build/matrix/report.html, for
# programs report.json; logs/ beside it has what every run said.
set -eu

fail() {
  echo "test/matrix.sh: $*" >&2
  exit 2
}
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }

need() {
  missing=
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  echo "installing$missing"
  for package in $missing; do
    apt-cache show "$package" >/dev/null 2>&1 || { apt_get update >"$log" 2>&1; break; }
  done
  # shellcheck disable=SC2086 # a list of words
  apt_get install -y --no-install-recommends $missing >"$log" 2>&1
}
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; fail "'$*' failed"; }; }

build() {
  need g++ meson ninja-build pkg-config libabsl-dev libpcap-dev || { cat "$log" >&2; fail "the packages above cannot be had"; }
  [ -f build/build.ninja ] ||
    quietly meson setup build --buildtype=release -Dexamples=enabled -Dtests=disabled -Dbenchmarks=disabled
  # A build folder of somebody else's may have been made without the examples, or before Abseil was there.
  ninja -C build -t query examples/whorl-packets >/dev/null 2>&1 || quietly meson configure build -Dexamples=enabled
  quietly ninja -C build examples/whorl-packets
}

main() {
  # Paths are those of where the user stands.
  here=$PWD
  cd "$(dirname "$0")/.."
  command -v python3 >/dev/null || need python3 || fail "there is no python3"
  runs=yes
  profiles=
  for word in "$@"; do
    case $word in
      --help | -h | --list) runs= ;;
      --profile) profiles='linux-perf heaptrack strace' ;;
    esac
  done
  [ -z "$runs" ] || build
  # What cannot be had is a remark in the report.
  for package in $profiles; do
    need "$package" || echo "$package cannot be had"
  done
  program=$PWD/build/examples/whorl-packets
  script=$PWD/test/matrix/matrix.py
  output=$PWD/build/matrix
  rm -f "$log"
  cd "$here"
  exec python3 -B "$script" --program "$program" --output "$output" "$@"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
main "$@"
