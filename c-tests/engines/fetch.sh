#!/usr/bin/env bash
# Fetches the shared library of Wasmtime out of its Python package, which has all of wasm.h.
#
#     fetch.sh <cmake> <requirements of pip> <folder>
#
# Leaves it as <folder>/libwasmtime.so.
set -euo pipefail

cmake=$1
requirements=$2
folder=$3

fail() {
    echo "failed: $*"
    exit 1
}

if [ -e "$folder/libwasmtime.so" ] && cmp --quiet "$requirements" "$folder/requirements.txt"; then
    echo "it is there already"
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

python3 -m pip --version || fail "there is no pip; \`make deps\` installs it (Debian: python3-pip)"
python3 -m pip download --quiet --no-deps --only-binary=:all: --require-hashes --requirement "$requirements" --dest . ||
    fail "pip could not fetch Wasmtime, for the reason above; to compare wasmo with it takes a network, once"
# A wheel is a zip archive.
"$cmake" -E tar xf ./*.whl
mv wasmtime/linux-x86_64/_libwasmtime.so libwasmtime.so
rm -rf ./*.whl wasmtime ./*.dist-info
cp "$requirements" requirements.txt
