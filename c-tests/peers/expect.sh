#!/usr/bin/env bash
# Runs a program, which must succeed and print these lines in this order, others between them. A line may print more
# than is expected of it, such as an address.
#
#     expect.sh <file of lines> <program> <argument>...
set -euo pipefail

output=$("${@:2}") && status=0 || status=$?
echo "$output"
[ "$status" = 0 ] || { echo "failed: exit status $status"; exit 1; }

awk 'NR == FNR { expected[++count] = $0; next }
     next_line < count && index($0, expected[next_line + 1]) { next_line++ }
     END {
         if (count == 0 || next_line < count) { print "failed: expected next: " expected[next_line + 1]; exit 1 }
     }' "$1" - <<<"$output"
