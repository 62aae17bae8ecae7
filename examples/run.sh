#!/bin/sh
# Builds whorl-packets and carries a real capture through a ShardedRing: sh examples/run.sh [--in FILE]
#
# One pass whose output is compared with the input byte for byte, then 50 loops for the rate. Without --in the capture
# is real.pcap of Debian's package pathspider, which is downloaded and unpacked but not installed; where that cannot be
# had, or with WHORL_CAPTURE=loopback, this machine's own loopback traffic. Ends with status 0 only if all held.
set -eu

loops=50
known_packets=62781 # in pathspider's real.pcap

fail() {
  echo "examples/run.sh: $*" >&2
  exit 1
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }
known_to_apt() { apt-cache show "$1" >/dev/null 2>&1; }

need() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  echo "installing$missing"
  for package in $missing; do
    known_to_apt "$package" || { apt_get update >"$log" 2>&1; break; }
  done
  # shellcheck disable=SC2086
  apt_get install -y --no-install-recommends $missing >"$log" 2>&1
}

build() {
  need g++ meson ninja-build pkg-config libabsl-dev libpcap-dev || { cat "$log" >&2; fail "the packages above cannot be had"; }
  [ -f build/build.ninja ] ||
    quietly meson setup build --buildtype=release -Dexamples=enabled -Dtests=disabled -Dbenchmarks=disabled
  # A build folder of somebody else's may have been made without the examples, or before Abseil was there.
  ninja -C build -t query examples/whorl-packets >/dev/null 2>&1 || quietly meson configure build -Dexamples=enabled
  quietly ninja -C build examples/whorl-packets
}
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; fail "'$*' failed"; }; }

download_capture() {
  [ -f "$work/real.pcap" ] && return
  known_to_apt pathspider || apt_get update >"$log" 2>&1 || return
  # As root apt would download as a user of its own, who may not write here.
  (cd "$work" && apt-get -q -o APT::Sandbox::User=root download pathspider) >"$log" 2>&1 || return
  dpkg-deb -x "$work"/pathspider_*.deb "$work/pathspider"
  find "$work/pathspider" -name real.pcap -exec mv {} "$work/real.pcap" \;
  rm -r "$work/pathspider" "$work"/pathspider_*.deb
  [ -f "$work/real.pcap" ]
}

record_loopback() {
  need tcpdump || { cat "$log" >&2; fail "tcpdump cannot be had"; }
  tcpdump=tcpdump
  [ "$(id -u)" = 0 ] || tcpdump='sudo tcpdump'
  # shellcheck disable=SC2086
  python3 examples/loopback_capture.py "$work/loopback.pcap" 20000 $tcpdump || fail "no loopback traffic was captured"
}

choose_capture() {
  if [ -n "$in" ]; then
    origin="given by --in"
  elif [ "${WHORL_CAPTURE:-}" != loopback ] && download_capture; then
    in=$work/real.pcap
    origin="from Debian's package pathspider"
  else
    [ "${WHORL_CAPTURE:-}" = loopback ] || echo "Debian's package pathspider cannot be had: capturing loopback traffic"
    record_loopback
    in=$work/loopback.pcap
    origin="this machine's loopback traffic"
  fi
}

# value REPORT KEY: what a JSON report says.
value() { python3 -c "import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$1" "$2"; }
shards_delivering() {
  python3 -c "import json, sys; print(sum(s['delivered'] > 0 for s in json.load(open(sys.argv[1]))['per_shard']))" "$1"
}
expect() { [ "$2" = "$3" ] || fail "$1: expected $2, found $3"; }

run() {
  # The program checks its own accounts and says what does not balance.
  build/examples/whorl-packets --in "$in" --producers 4 --shards 4 "$@"
}

main() {
  in=
  while [ $# -gt 0 ]; do
    case $1 in
      --in) [ $# -ge 2 ] || fail "--in needs a file"; in=$2; shift 2 ;;
      --in=*) in=${1#--in=}; shift ;;
      *) fail "unknown argument '$1': use --in FILE, or nothing" ;;
    esac
  done
  case $in in '' | /*) ;; *) in=$PWD/$in ;; esac
  [ -z "$in" ] || [ -r "$in" ] || fail "$in cannot be read"
  cd "$(dirname "$0")/.."
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT

  build
  work=build/examples/capture
  mkdir -p "$work"
  choose_capture

  run --pcap-out "$work/out.pcap" --json "$work/once.json" >"$log" || { cat "$log"; fail "one pass failed"; }
  packets=$(value "$work/once.json" read)
  [ "$in" != "$work/real.pcap" ] || expect "packets in real.pcap" $known_packets "$packets"
  expect "delivered by one pass" "$packets" "$(value "$work/once.json" delivered)"
  cmp "$in" "$work/out.pcap" || fail "the output differs from the input"

  echo
  run --loop $loops --json "$work/loops.json" || fail "$loops loops failed"
  expect "delivered by $loops loops" $((packets * loops)) "$(value "$work/loops.json" delivered)"
  expect "gaps" 0 "$(value "$work/loops.json" gaps)"
  # A capture that is given may have fewer flows than there are shards.
  [ "$origin" = "given by --in" ] || expect "shards that delivered" 4 "$(shards_delivering "$work/loops.json")"

  echo "one pass    output identical to the input, byte for byte ($(wc -c <"$in") bytes, $packets packets)"
  echo "            the capture is $origin; report: $work/loops.json"
  echo "examples/run.sh: all held"
}

main "$@"
