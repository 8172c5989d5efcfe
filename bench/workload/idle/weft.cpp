// SPDX-License-Identifier: MIT
#include "idle/workload.hpp"
#include "run/program.hpp"
#include <thread>
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::chrono::milliseconds quiet(p.size("ms"));
    weft::runtime r({.workers = p.workers()});
    p.require(r.run([] { return weft::spawn([] { return 1; }).join() + weft::spawn([] { return 2; }).join(); }) == 3, "a task did not run");
    const double before = cpu_ns();
    std::this_thread::sleep_for(quiet);
    p.figure("CPU", "ms", (cpu_ns() - before) / 1e6);
}

const contender here("idle", run);

} // namespace
} // namespace weft::workload
