// SPDX-License-Identifier: MIT
#include "parked/workload.hpp"
#include "run/program.hpp"
#include <atomic>
#include <vector>
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

void wait_all(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    weft::counting_semaphore<> gate(0);
    weft::counting_semaphore<> arrived(0);
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> went_on{0};
    std::vector<weft::join_handle<void>> all;
    all.reserve(tasks);
    const double before = resident_bytes();
    const double made = timed([&] {
        for (std::uint64_t i = 0; i < tasks; ++i) {
            all.push_back(weft::spawn([&] {
                // mo: relaxed, both: they count, and joining or the semaphore orders what is counted.
                if (begun.fetch_add(1, std::memory_order_relaxed) + 1 == tasks) {
                    arrived.release();
                }
                gate.acquire();
                went_on.fetch_add(1, std::memory_order_relaxed);
            }));
        }
        arrived.acquire();
    });
    const double bytes = resident_bytes() - before;
    p.require(went_on == 0, "a task did not wait");
    const double released = timed([&] {
        gate.release(static_cast<std::ptrdiff_t>(tasks));
        for (auto& t : all) {
            t.join();
        }
    });
    p.require(went_on == tasks, "a task did not go on");
    p.figure("memory", "bytes", bytes / static_cast<double>(tasks));
    p.figure("make", "ns", made / static_cast<double>(tasks));
    p.figure("release", "ns", released / static_cast<double>(tasks));
}

void run(program& p) {
    weft::runtime r({.workers = p.workers()});
    r.run([&] { wait_all(p); });
}

const contender here("parked", run);

} // namespace
} // namespace weft::workload
