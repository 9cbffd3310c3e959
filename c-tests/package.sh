#!/usr/bin/env bash
# Builds the package of wasmo and installs it as a packager does: for one prefix, into a staging folder, which is then
# moved. What is installed must be exactly the files of a package, in which no path leads elsewhere.
#
#     package.sh <cmake> <CMake project of wasmo> <work folder> <version> <folder of libraries>
#
# Leaves the build tree in <work folder>/build and the installation in <work folder>/moved/opt.
set -euo pipefail
export LC_ALL=C

cmake=$1
project=$2
work=$3
version=$4
libraries=${5%/}

rm -rf "$work/staged" "$work/moved"
"$cmake" -G Ninja -S "$project" -B "$work/build" --log-level=WARNING \
    -DCMAKE_INSTALL_PREFIX=/opt -DCMAKE_INSTALL_LIBDIR="$libraries"
"$cmake" --build "$work/build"
DESTDIR=$work/staged "$cmake" --install "$work/build"
mv "$work/staged" "$work/moved"
cd "$work/moved/opt"

failures=0
failure() {
    echo "failed: $*"
    failures=$((failures + 1))
}

# --- The files ---

(cd "$project/.." && ls include/*.h*; cat) <<END | sort >"$work/expected"
$libraries/cmake/wasmo/wasmoConfig.cmake
$libraries/cmake/wasmo/wasmoConfigVersion.cmake
$libraries/cmake/wasmo/wasmoTargets.cmake
$libraries/libwasmo.a
$libraries/libwasmo.so
$libraries/libwasmo.so.${version%%.*}
$libraries/libwasmo.so.$version
$libraries/pkgconfig/wasmo.pc
share/doc/wasmo/LICENSE
share/doc/wasmo/THIRD-PARTY-NOTICES.txt
share/doc/wasmo/rust-standard-library.html
END
find . '(' -type f -o -type l ')' -printf '%P\n' | sort >"$work/installed"
diff "$work/expected" "$work/installed" || failure "these files are not those of the package"

# --- The links: of one name for linking and one for running to the one file ---

# expect_link <link> <what it leads to>
expect_link() {
    [ "$(readlink "$libraries/$1")" = "$2" ] || failure "$1 is not a link to $2"
}
expect_link libwasmo.so "libwasmo.so.${version%%.*}"
expect_link "libwasmo.so.${version%%.*}" "libwasmo.so.$version"
[ ! -L "$libraries/libwasmo.a" ] || failure "libwasmo.a is a link"

# --- The texts, which must not know where they were made ---

texts=$(find . -name '*.cmake' -o -name '*.pc' -o -name '*.h')
for text in $texts; do
    for folder in "$work" "$(dirname "$project")" /opt; do
        ! grep -nF -- "$folder" "$text" || failure "$text names $folder"
    done
done

[ "$failures" = 0 ]
