// SPDX-License-Identifier: MIT
// oneTBB with N workers, the caller among them.
#pragma once
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

namespace weft::workload {

template <class F>
void in_arena(unsigned workers, F&& f) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, workers);
    oneapi::tbb::task_arena arena(static_cast<int>(workers));
    arena.execute(f);
}

} // namespace weft::workload
