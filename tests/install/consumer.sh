#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# consumer.sh WAY [ARGUMENTS]: builds and runs a program that uses weft as a stranger would. The ways are the functions below. The
# places come in by the environment (CMakeLists.txt beside this file).
set -euo pipefail
: "${WEFT_SOURCE:?}" "${WEFT_BUILD:?}" "${WEFT_SCRATCH:?}" "${CXX:?}" "${CMAKE:?}"
unset DESTDIR
tree=$WEFT_SCRATCH/tree
embed=$WEFT_SOURCE/samples/04_embed

way=$1
shift
work=$WEFT_SCRATCH/$way${1:+-${1//[^a-zA-Z0-9]/_}}
[[ $way == tree ]] || { rm -rf -- "$work" && mkdir -p -- "$work"; }

fail() {
    printf 'FAILED: %s\n' "$*"
    exit 1
}

configure_and_build() { # SOURCE FOLDER ARGUMENTS...
    local source=$1 folder=$2
    shift 2
    "$CMAKE" -G Ninja -S "$source" -B "$folder" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" "$@"
    "$CMAKE" --build "$folder"
}

# Where the library itself is built again: quickly.
whole_library=(-DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG" -DWEFT_CONTEXT="$WEFT_CONTEXT" -DWEFT_PCH=ON -DWEFT_UNITY=ON)

# The embedding sample prints what it promises.
check_embed() {
    local printed
    printed=$("$1")
    [[ $printed == "$(cat "$embed/main.expected")" ]] || fail "$1 printed: $printed"
    echo "right: $printed"
}

install_to() { # FOLDER
    rm -rf -- "$1"
    "$CMAKE" --install "$WEFT_BUILD" --prefix "$1"
}

pkgconfig_of() { dirname -- "$(find "$1" -name weft.pc)"; }

tree() {
    install_to "$tree"
    local header
    for header in "$WEFT_SOURCE"/include/weft/*.hpp; do
        [[ -e $tree/include/weft/$(basename "$header") ]] || fail "$(basename "$header") was not installed"
    done
    # What is installed speaks of no place on this machine.
    if grep -rIlF -e "$WEFT_SOURCE" -e "$WEFT_BUILD" "$tree"; then
        fail "installed text files name the folder where weft was built"
    fi
}

find_package() {
    configure_and_build "$embed" "$work/build" -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_BUILD_TYPE=Release
    check_embed "$work/build/embed"
}

pkg_config() {
    command -v pkg-config >/dev/null || { echo "skipped: pkg-config is not installed"; exit 77; }
    cp -R "$embed/." "$work"
    make -C "$work" PKG_CONFIG_PATH="$(pkgconfig_of "$tree")" CXX="$CXX" CXXFLAGS="-O2 -Wall -Wextra -Werror"
    LD_LIBRARY_PATH="$(dirname -- "$(pkgconfig_of "$tree")")" check_embed "$work/embed"
}

# An installed tree may be moved: neither package holds its old place.
moved_tree() {
    install_to "$work/first place"
    mv "$work/first place" "$work/moved tree"
    configure_and_build "$embed" "$work/build" -DCMAKE_PREFIX_PATH="$work/moved tree"
    check_embed "$work/build/embed"
}

# add_subdirectory; nothing but the library comes with it.
sources() {
    configure_and_build "$embed" "$work/build" -DWEFT_SOURCE_DIR="$WEFT_SOURCE" "${whole_library[@]}"
    check_embed "$work/build/embed"
    [[ ! -e $work/build/weft/tests && ! -e $work/build/weft/tools ]] || fail "tests or tools of weft were built in a project that embeds it"
    # Install rules of weft are not the embedding project's.
    "$CMAKE" --install "$work/build" --prefix "$work/tree"
    [[ -z $(find "$work/tree" -type f 2>/dev/null) ]] || fail "the embedding project installs weft's files"
}

# The program in stranger/ linked in a given manner.
stranger() {
    local manner=${1:-} arguments=()
    case $manner in
    pie) arguments=(-DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_EXE_LINKER_FLAGS=-pie) ;;
    static) arguments=(-DCMAKE_EXE_LINKER_FLAGS=-static) ;;
    static-pie) arguments=(-DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_EXE_LINKER_FLAGS=-static-pie) ;;
    *) arguments=("$@") ;;
    esac
    configure_and_build "$WEFT_SOURCE/tests/install/stranger" "$work/build" -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_BUILD_TYPE=Release "${arguments[@]}"
    local program=$work/build/stranger type interpreter
    type=$(readelf -h "$program" | awk '/Type:/ {print $2}')
    interpreter=$(readelf -l "$program" | grep -c INTERP || true)
    echo "linked: $type, $interpreter interpreter"
    case $manner in
    pie) [[ $type == DYN && $interpreter == 1 ]] || fail "not a dynamic PIE" ;;
    static) [[ $type == EXEC && $interpreter == 0 ]] || fail "not a static program" ;;
    static-pie) [[ $type == DYN && $interpreter == 0 ]] || fail "not a static PIE" ;;
    esac
    "$program"
}

# The library as a shared object.
shared() {
    "$CMAKE" -G Ninja -S "$WEFT_SOURCE" -B "$work/weft" -DCMAKE_CXX_COMPILER="$CXX" "${whole_library[@]}" -DBUILD_SHARED_LIBS=ON \
        -DWEFT_TESTS=OFF -DWEFT_BENCH=OFF -DWEFT_TOOLS=OFF -DWEFT_SAMPLES=OFF
    "$CMAKE" --build "$work/weft"
    "$CMAKE" --install "$work/weft" --prefix "$work/tree"
    configure_and_build "$WEFT_SOURCE/tests/install/stranger" "$work/build" -DCMAKE_PREFIX_PATH="$work/tree" -DCMAKE_BUILD_TYPE=Release
    readelf -d "$work/build/stranger" | grep -q 'NEEDED.*libweft' || fail "the program does not need libweft.so"
    "$work/build/stranger"
}

"$way" "$@"
