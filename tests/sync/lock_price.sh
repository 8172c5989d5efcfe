#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# lock_price.sh PROGRAM: uncontended, lock and unlock are one atomic read-modify-write each, and call nothing but the slow path behind a
# branch. Read off the machine code. Seen to fail: with an exchange beside the compare-and-swap in mutex_core::unlock.
set -euo pipefail
[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the instructions are known for x86-64 only"; exit 77; }
command -v objdump > /dev/null || { echo "SKIPPED: there is no objdump"; exit 77; }
for function in weft_test_lock weft_test_unlock; do
  code=$(objdump -d --no-show-raw-insn --disassemble=$function "$1" | grep -E '^ +[0-9a-f]+:')
  [ -n "$code" ] || { echo "FAILED: $function is not in $1"; exit 1; }
  # xchg with memory locks without the prefix; mfence is as dear.
  count=$(grep -cE '\block\b|\bxchg .*\(|\bmfence\b' <<< "$code") || true
  if [ "$count" != 1 ]; then
    echo "FAILED: $function has $count atomic read-modify-writes, wanted 1:"
    echo "$code"
    exit 1
  fi
done
echo "held: one read-modify-write each"
