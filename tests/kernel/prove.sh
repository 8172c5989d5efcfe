#!/bin/bash
# SPDX-License-Identifier: MIT
# prove.sh EXPECTED PROGRAM: proves one glibc row on both sides.
#
# PROGRAM on must end with 0. PROGRAM off does without the measure and must not end with 0: a check that fails, a signal, or, only
# when EXPECTED is `fails-or-hangs`, no end at all. So a row that cannot fail is itself a failure.
# 77 from either side is a skip by name.
set -u
if [ $# -ne 2 ] || { [ "$1" != fails ] && [ "$1" != fails-or-hangs ]; }; then
    echo "usage: prove.sh fails|fails-or-hangs PROGRAM" >&2
    exit 2
fi
expected=$1
program=$2
limit=${WEFT_ROW_SECONDS:-60}

# A death is expected: no core files.
ulimit -c 0

timeout --signal=KILL "$limit" "$program" on
on=$?
if [ $on -eq 77 ]; then
    exit 77
fi
if [ $on -ne 0 ]; then
    echo "WITH the measure the program ended with $on; it must end with 0."
    exit 1
fi

# The shell's own "Killed"/"Aborted" lines are kept out of the report by running it in a subshell.
( timeout --signal=KILL "${WEFT_ROW_OFF_SECONDS:-20}" "$program" off ) 2>&1 | tail -n 5
off=${PIPESTATUS[0]}
if [ "$off" -eq 77 ]; then
    exit 77
fi
if [ "$off" -eq 0 ]; then
    echo "WITHOUT the measure the program passed too: this test cannot fail."
    exit 1
fi
if [ "$off" -eq 137 ] && [ "$expected" != fails-or-hangs ]; then
    echo "WITHOUT the measure the program hung; it must fail, not hang."
    exit 1
fi
echo "with the measure: passed; without: ended with $off, as it must"
