#!/bin/bash
# SPDX-License-Identifier: MIT
# main_returns.sh PROGRAM TIMES: each run must print its line and end with the code that main returned.
set -u
for ((i = 1; i <= $2; ++i)); do
    code=$((i % 7))
    said=$("$1" $code)
    got=$?
    if [ $got -ne $code ] || [ "$said" != "hello from main" ]; then
        echo "run $i: exit code $got (main returned $code), output: $said"
        exit 1
    fi
done
echo "$2 runs: every main returned as it meant to"
