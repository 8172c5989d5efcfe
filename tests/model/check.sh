#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh MODEL.pml [MUTATION ...]: the model holds in every interleaving, and fails under each mutation, so that it is
# proven able to see the fault that the code guards against. Exit 77 when spin is not installed.
set -u
command -v spin >/dev/null || { echo "skipped: spin is not installed (Debian: apt-get install spin)"; exit 77; }
model=$(readlink -f "$1")
shift
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# holds LEVEL DEFINES...: 0 when no interleaving breaks the model. Output in run.log. LEVEL is the compiler's: a mutation breaks after a
# few states, so that compiling its search well would take longer than the search.
holds() {
    local level=$1
    shift
    rm -f pan.* ./*.trail pan
    spin -a "$@" "$model" >spin.log 2>&1 || { cat spin.log; echo "spin refuses $model"; exit 1; }
    cc "$level" -w -DSAFETY -DCOLLAPSE -o pan pan.c 2>cc.log || { cat cc.log; exit 1; }
    ./pan -m200000 >run.log 2>&1
    grep -q 'max search depth too small' run.log && { echo "search depth too small"; exit 1; }
    grep -q 'errors: 0' run.log
}

if holds -O1; then
    echo "holds: $(basename "$model") in $(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' run.log) states"
else
    cat run.log
    echo "FAILED: $(basename "$model") breaks"
    exit 1
fi
for mutation in "$@"; do
    if holds -O0 "-D$mutation"; then
        echo "FAILED: with $mutation the model still holds: it cannot see that fault"
        exit 1
    fi
    echo "breaks as it must: $mutation ($(sed -n 's/^pan:1: \(.*\) (at depth.*/\1/p' run.log | head -n 1))"
done
