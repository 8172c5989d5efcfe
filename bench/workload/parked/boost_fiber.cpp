// SPDX-License-Identifier: MIT
#include "parked/workload.hpp"
#include "run/boost_fiber.hpp"
#include "run/program.hpp"
#include <atomic>
#include <vector>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    if (tasks > 200'000) {
        throw declined("some 9 KB each, and minutes of page faults");
    }
    p.note("stacks of 16 KiB without a guard page, so that so many fit below the map limit");
    on_fibers(p.workers(), [&] {
        boost::fibers::mutex lock;
        boost::fibers::condition_variable arrived;
        boost::fibers::condition_variable gate;
        std::uint64_t begun = 0; // all guarded by lock
        std::uint64_t went_on = 0;
        bool open = false;
        std::vector<boost::fibers::fiber> all;
        all.reserve(tasks);
        const double before = resident_bytes();
        const double made = timed([&] {
            for (std::uint64_t i = 0; i < tasks; ++i) {
                all.emplace_back(std::allocator_arg, boost::fibers::fixedsize_stack(16 * 1024), [&] {
                    std::unique_lock<boost::fibers::mutex> held(lock);
                    if (++begun == tasks) {
                        arrived.notify_one();
                    }
                    gate.wait(held, [&] { return open; });
                    ++went_on;
                });
            }
            std::unique_lock<boost::fibers::mutex> held(lock);
            arrived.wait(held, [&] { return begun == tasks; });
        });
        const double bytes = resident_bytes() - before;
        const double released = timed([&] {
            {
                const std::lock_guard<boost::fibers::mutex> held(lock);
                p.require(went_on == 0, "a fiber did not wait");
                open = true;
            }
            gate.notify_all();
            for (auto& t : all) {
                t.join();
            }
        });
        p.require(went_on == tasks, "a fiber did not go on");
        p.figure("memory", "bytes", bytes / static_cast<double>(tasks));
        p.figure("make", "ns", made / static_cast<double>(tasks));
        p.figure("release", "ns", released / static_cast<double>(tasks));
    });
}

const contender here("parked", run);

} // namespace
} // namespace weft::workload
