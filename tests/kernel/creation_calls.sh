#!/bin/bash
# SPDX-License-Identifier: MIT
# creation_calls.sh PROGRAM: with the block cache warm, a start is one clone3 (or clone) and no mapping call. Counted by strace.
set -u
program=$1
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT

if ! command -v strace >/dev/null; then
    echo "SKIPPED: strace is not installed"
    exit 77
fi
if ! strace -f -o /dev/null true 2>/dev/null; then
    echo "SKIPPED: ptrace is refused here"
    exit 77
fi
if ! timeout 100 strace -f -o "$trace" -e trace=clone,clone3,fork,vfork,mmap,munmap,mremap,mprotect,madvise,brk,write "$program"; then
    echo "the traced program failed"
    exit 1
fi
between=$(sed -n '/-- begin/,/-- end/p' "$trace")
count() { grep -cE "^[0-9]+ +($1)\(" <<<"$between"; }
created=$(count 'clone3|clone')
# A clone3 that the kernel or a sandbox refuses is followed by clone: count those that made a thread.
refused=$(grep -cE ' clone3\(.*= -1 (ENOSYS|EPERM)' <<<"$between")
mapped=$(count 'mmap|munmap|mremap|mprotect|madvise|brk')
echo "200 threads: $((created - refused)) clones, $mapped mapping calls"
if [ "$((created - refused))" -ne 200 ] || [ "$mapped" -ne 0 ]; then
    grep -E '(mmap|munmap|mremap|mprotect|madvise|brk)\(' <<<"$between" | head
    exit 1
fi
