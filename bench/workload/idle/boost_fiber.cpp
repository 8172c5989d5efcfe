// SPDX-License-Identifier: MIT
#include "idle/workload.hpp"
#include "run/boost_fiber.hpp"
#include "run/program.hpp"

namespace weft::workload {
namespace {

void run(program& p) {
    const std::chrono::milliseconds quiet(p.size("ms"));
    on_fibers(p.workers(), [&] {
        int ran = 0;
        boost::fibers::fiber([&] { ++ran; }).join();
        p.require(ran == 1, "a fiber did not run");
        const double before = cpu_ns();
        boost::this_fiber::sleep_for(quiet);
        p.figure("CPU", "ms", (cpu_ns() - before) / 1e6);
    });
}

const contender here("idle", run);

} // namespace
} // namespace weft::workload
