// SPDX-License-Identifier: MIT
#include "idle/workload.hpp"
#include "run/onetbb.hpp"
#include "run/program.hpp"
#include <atomic>
#include <thread>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::chrono::milliseconds quiet(p.size("ms"));
    in_arena(p.workers(), [&] {
        std::atomic<int> ran{0};
        oneapi::tbb::task_group group;
        group.run([&] { ++ran; });
        group.run([&] { ++ran; });
        group.wait();
        p.require(ran == 2, "a task did not run");
    });
    const double before = cpu_ns();
    std::this_thread::sleep_for(quiet);
    p.figure("CPU", "ms", (cpu_ns() - before) / 1e6);
}

const contender here("idle", run);

} // namespace
} // namespace weft::workload
