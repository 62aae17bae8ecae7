#!/bin/sh
# The deep cut: hours of what test/run.sh does in minutes. sh test/long.sh [OPTION]
#
#     sh test/long.sh                all steps that have not passed yet with the tree as it is
#     sh test/long.sh --again        all steps
#     sh test/long.sh --only A,B     these steps, or groups of steps, alone: stress/tsan, for instance
#     sh test/long.sh --list         the steps, and which of them have passed
#     sh test/long.sh --help         this text
#
# It may be interrupted at any time and goes on when it is started again. Prints one table at the end, which is
# build/long/result.md, too; a step's output is in build/long/STEP.log. The status is 0 only if every chosen step has passed.
set -eu

packages='g++ meson ninja-build pkg-config python3 doctest-dev clang-19 libclang-rt-19-dev spin'
# What the other processors need; where it cannot be had, those steps say so.
foreign='g++-aarch64-linux-gnu g++-riscv64-linux-gnu g++-s390x-linux-gnu qemu-user-static'

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@"; }
missing_of() {
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf ' %s' "$package"
  done
}

install=yes
for option in "$@"; do
  case "$option" in
    --help) sed -n '/^#!/d; /^set/q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --list) install= ;;
  esac
done
if [ -n "$install" ]; then
  # shellcheck disable=SC2086 # lists of words
  missing=$(missing_of $packages) missing_foreign=$(missing_of $foreign)
  if [ -n "$missing$missing_foreign" ]; then
    echo "installing$missing$missing_foreign"
    apt_get update
    # shellcheck disable=SC2086
    [ -z "$missing" ] || apt_get install -y --no-install-recommends $missing >/dev/null
    # shellcheck disable=SC2086
    [ -z "$missing_foreign" ] || apt_get install -y --no-install-recommends $missing_foreign >/dev/null ||
      echo "they cannot be had:$missing_foreign"
  fi
fi

cd "$(dirname "$0")/.."
exec python3 test/long/long.py "$@"
