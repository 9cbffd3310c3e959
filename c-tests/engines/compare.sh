#!/usr/bin/env bash
# Compares what two engines do. What is different must be exactly what a file says, with the reason.
#
#     compare.sh <program that prints a behaviour> <other library> <libwasmo.so> <differences>
#
# In the file of differences, `<` are lines of the other library, `>` those of wasmo, as diff prints them, and `#`
# reasons. Each paragraph is a reason and the lines that it explains.
set -euo pipefail
export LC_ALL=C

program=$1
other=$2
wasmo=$3
differences=$4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$program" "$other" >"$work/other"
"$program" "$wasmo" >"$work/wasmo"
echo "$(wc -l <"$work/wasmo") lines of $(cut -d: -f1 "$work/wasmo" | uniq | wc -l) probes"

failures=0
failure() {
    echo "failed: $*"
    failures=$((failures + 1))
}

awk 'BEGIN { RS = ""; FS = "\n" }
     $1 !~ /^# ./ || $NF ~ /^#/ { exit bad = 1 }
     END { exit bad || !NR }' "$differences" || failure "a difference has no reason, or a reason no difference"

grep '^[<>]' "$differences" | sort >"$work/expected"
{ diff "$work/other" "$work/wasmo" || true; } | grep '^[<>]' | sort >"$work/found"
echo "$(wc -l <"$work/found") lines differ"
diff "$work/expected" "$work/found" ||
    failure "these differences, with \`<\`, are none any more; these, with \`>\`, are not expected"

[ "$failures" = 0 ]
