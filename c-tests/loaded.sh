#!/usr/bin/env bash
# Runs a test program twice with a cache: the second run, another process, loads what the first one compiled.
#
#     loaded.sh <directory of the cache> <program, perhaps with what runs it>...
#
# What is compiled is written to the cache, as a new file. So if the second run leaves all files as they are, it has
# compiled nothing.
set -euo pipefail
export LC_ALL=C

cache=$1
export WASMO_CONFIG="${WASMO_CONFIG:-}${WASMO_CONFIG:+,}cache=$cache"

files() {
    find "$cache" -type f -printf '%i %s %f\n' | sort
}

rm -rf "$cache"
"${@:2}"
compiled=$(files)
[ -n "$compiled" ] || { echo "failed: the program compiles nothing"; exit 1; }
"${@:2}"
diff <(echo "$compiled") <(files) || { echo "failed: the second run compiled modules"; exit 1; }
echo "$(wc -l <<<"$compiled") modules were loaded"
