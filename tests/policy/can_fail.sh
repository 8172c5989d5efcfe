#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# can_fail.sh ROOT: proves that each rule of policy.sh can fail. In a copy of the tree it plants one breach at a time, and the rule must
# find it, at the planted place; then it takes the breach away again.
set -euo pipefail
root=$(cd -P -- "$1" && pwd -P)
policy=$root/tests/policy/policy.sh
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
clean=$scratch/clean tree=$scratch/tree
mkdir "$clean"
(cd -- "$root" && find . -maxdepth 1 ! -name . ! -name .git ! -name 'build*' -exec cp -R {} "$clean" \;)
# What carries no planted breach is left out: every rule reads the whole tree, forty times over. A rule may then complain of what is
# missing as well; it must name the planted place all the same.
(cd -- "$clean" && rm -rf -- samples tools/* bench/lab tests/clone tests/context tests/install tests/io tests/kernel tests/lab tests/process \
    tests/scheduler tests/scope tests/support tests/sync runtime/io runtime/sync runtime/scope runtime/kernel/arch)
cp -R "$clean" "$tree"

failures=0
planted=0

# must_find RULE WHERE: the rule fails and names WHERE. Then the tree is clean again.
must_find() {
    local rule=$1 where=$2 printed
    planted=$((planted + 1))
    if printed=$("$policy" "$rule" "$tree" 2>&1); then
        echo "FAILED: '$rule' does not see the breach planted at $where"
        failures=$((failures + 1))
    elif ! grep -qF -- "$where" <<<"$printed"; then
        printf "FAILED: '%s' fails, but does not name %s:\n%s\n" "$rule" "$where" "$printed"
        failures=$((failures + 1))
    else
        echo "found: $rule, $where"
    fi
    rm -rf -- "$tree"
    cp -R "$clean" "$tree"
}

# plant FILE LINE...: appends lines to a file of the copy, which may be new
plant() {
    local file=$tree/$1
    shift
    mkdir -p -- "$(dirname -- "$file")"
    printf '%s\n' "$@" >>"$file"
}
spdx='// SPDX-License-Identifier: MIT'

plant runtime/time/timer_heap.hpp '#include "scheduler/worker.hpp"'
must_find floors runtime/time/timer_heap.hpp
plant runtime/time/timer_heap.hpp '#include "kernel/futex.hpp"'
must_find floors runtime/time/timer_heap.hpp
plant runtime/base/check.hpp '#include <weft/abi.hpp>'
must_find floors runtime/base/check.hpp
plant runtime/attic/thing.hpp "$spdx"
must_find floors runtime/attic/thing.hpp
plant include/weft/error.hpp '#include <linux/futex.h>'
must_find floors include/weft/error.hpp

plant runtime/scheduler/idle.cpp '' 'void f() {' '    word.store(0, std::memory_order_relaxed);' '}'
must_find memory_orders runtime/scheduler/idle.cpp
plant runtime/scheduler/idle.cpp '' '// mo: relaxed: nothing.' 'int a = w.load(std::memory_order_relaxed);' 'int b = w.load(std::memory_order::acquire);'
must_find memory_orders runtime/scheduler/idle.cpp
plant runtime/time/timer_heap.hpp '' '// mo: seq_cst.' 'inline void f() { std::atomic_thread_fence(std::memory_order_seq_cst); }'
must_find memory_orders runtime/time/timer_heap.hpp

plant runtime/base/check.hpp '// EDGE untold-thing: for no reason.'
must_find edges untold-thing
plant docs/edges.md '## no-such-edge'
must_find edges no-such-edge
plant runtime/base/check.hpp '// EDGE without a name'
must_find edges runtime/base/check.hpp

plant runtime/base/long.hpp "$spdx" "$(yes '// more' | head -n 500)"
must_find lengths runtime/base/long.hpp
plant runtime/base/bare.hpp '#pragma once'
must_find heads runtime/base/bare.hpp
plant runtime/base/essay.hpp "$spdx" "$(yes '// more' | head -n 40)" '#pragma once'
must_find heads runtime/base/essay.hpp

plant runtime/base/list_util.hpp "$spdx"
must_find names runtime/base/list_util.hpp
plant tests/time/checks_of_the_heap.cpp "$spdx"
must_find names tests/time/checks_of_the_heap.cpp
plant tests/time/deque_test.cpp "$spdx"
must_find names tests/time/deque_test.cpp
plant bench/micro/speed.cpp "$spdx"
must_find names bench/micro/speed.cpp

plant runtime/scheduler/idle.cpp 'void f() { asm volatile("mfence"); }'
must_find assembly runtime/scheduler/idle.cpp
plant runtime/scheduler/idle.cpp 'void f() {' '    __asm__ volatile(' '        "mfence" ::: "memory");' '}'
must_find assembly runtime/scheduler/idle.cpp
plant runtime/context/switch.S '/* SPDX-License-Identifier: MIT */'
must_find assembly runtime/context/switch.S

plant tests/model/idle.pml '#ifdef WITHOUT_SENSE' '#endif'
must_find models WITHOUT_SENSE
plant tests/model/forgotten.pml '/* SPDX-License-Identifier: MIT */'
must_find models tests/model/forgotten.pml
sed -i 's/^weft_model(join /weft_model(join UNKNOWN_FAULT /' "$tree/tests/model/CMakeLists.txt"
must_find models UNKNOWN_FAULT

plant docs/HACKING.md '[nowhere](nowhere.md)'
must_find links nowhere.md
# shellcheck disable=SC2016  # the backticks are markdown's
plant docs/HACKING.md '`runtime/base/nothing.hpp`'
must_find links runtime/base/nothing.hpp
plant runtime/base/check.hpp '// as docs/nothing.md says'
must_find links docs/nothing.md
plant runtime/base/check.hpp '// as docs/edges.md, nothing-there says'
must_find links nothing-there
plant runtime/base/check.hpp '// doi:10.1145/1.2'
must_find links doi:10.1145/1.2

plant runtime/base/check.hpp '// TO''DO: later'
must_find leftovers runtime/base/check.hpp

find "$tree/include/weft" -type f ! -name error.hpp -delete
sed -i '/#include <stdexcept>/d' "$tree/include/weft/error.hpp"
must_find headers include/weft/error.hpp

# A library that takes a lock from libpthread, one that starts a std::thread, and one with a weak use.
object() { "${CXX:-c++}" -std=c++20 -O1 -fPIC -x c++ -c -o "$scratch/planted.o" - && LIBRARY=$scratch/planted.o; }
export LIBRARY
object <<<$'#include <mutex>\nstd::mutex m; void f() { m.lock(); }'
must_find symbols pthread_mutex_lock
object <<<$'#include <thread>\nvoid f() { std::thread([] {}).detach(); }'
must_find symbols std::thread
object <<<$'#include <pthread.h>\nextern "C" int pthread_yield_someday() __attribute__((weak)); int f() { return pthread_yield_someday ? 1 : 0; }'
must_find symbols pthread_yield_someday
object <<<$'#include <threads.h>\nmtx_t m; int f() { return mtx_lock(&m); }'
must_find symbols mtx_lock
object <<<$'#include <condition_variable>\nstd::condition_variable c; void f() { c.notify_one(); }'
must_find symbols std::condition_variable

echo "$planted planted, $failures not found"
[[ $failures -eq 0 ]]
