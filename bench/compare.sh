#!/bin/sh
# Says which of whorl's ratios moved beyond noise from one report to another.
#
#     sh bench/compare.sh OLD.json NEW.json [--strict]
#
#     --strict  exit with 1 when something got worse, has gone, or nothing could be compared
#     --help    this text
#
# A ratio is a whorl row over the best peer of its own run, in one scenario, one set of parameters and one placement; or
# over what a goal of report/goals.py names. Its quartiles are the outermost that those of the two rows allow. It has moved
# when the quartiles of the two reports do not overlap. Ratios of fewer than 5 samples are not judged. Goals without a
# ratio, such as a time, are judged by the figure itself, and only where both reports are of the same processor.
set -eu

for argument in "$@"; do
  [ "$argument" != --help ] || { sed -n '/^#!/d; /^set/q; s/^# \{0,1\}//p' "$0"; exit 0; }
done
exec python3 -B "$(dirname "$0")/report/compare.py" "$@"
