#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# same_output.sh STD WEFT: runs both programs, WEFT with 1, 2 and 8 workers, and compares what they print.
set -euo pipefail
wanted=$(timeout 60 "$1")
[[ -n $wanted ]]
for workers in 1 2 8; do
    code=0
    got=$(WEFT_WORKERS=$workers timeout 60 "$2") || code=$?
    if [[ $code != 0 || $got != "$wanted" ]]; then
        echo "FAILED: with $workers workers, exit code $code:"
        diff <(echo "$wanted") <(echo "$got") || true
        exit 1
    fi
done
echo "the same $(wc -l <<<"$wanted") lines"
