#!/usr/bin/env bash
# Whether gdb finds its way through wasm: the backtrace from a callback of the host names the functions of the guest, in
# order, with their places in it, up to main; and gdb forgets them with the module.
#
#     gdb.sh <gdb> <program>
set -euo pipefail
export LC_ALL=C

gdb=$1
program=$2

# In a container, nobody may switch the randomization of addresses off.
log=$("$gdb" --batch --nx -iex 'set debuginfod enabled off' -ex 'set disable-randomization off' \
    -ex 'break in_the_callback' -ex 'break after_the_module' \
    -ex run -ex backtrace -ex 'info symbol inner' -ex continue -ex 'info symbol inner' -ex continue "$program" 2>&1)
echo "$log"

failures=0
failure() {
    echo "failed: $*"
    failures=$((failures + 1))
}

# expect <pattern> <pattern>...: lines that match them follow each other, with others between them.
expect() {
    local pattern rest=$log
    for pattern in "$@"; do
        rest=$(sed -nE "/$pattern/,\$p" <<<"$rest")
        [ -n "$rest" ] || { failure "nothing like: $pattern" && return; }
        rest=$(tail -n +2 <<<"$rest")
    done
}

frame='^#[0-9]+ .*\b'
place='\(\) at module\.wasm:[0-9]+$'
expect 'hit Breakpoint 1' "${frame}in_the_callback" "${frame}stop" \
    "${frame}inner $place" "${frame}middle $place" "${frame}entry_thunk_[0-9]+ \(\)" \
    "${frame}call_middle" "${frame}host_thunk_[0-9]+ \(\)" \
    "${frame}outer $place" "${frame}entry_thunk_[0-9]+ \(\)" "${frame}main " \
    '^inner in section \.text' \
    'hit Breakpoint 2' '^No symbol "inner"' \
    'exited normally'
[ "$failures" = 0 ]
