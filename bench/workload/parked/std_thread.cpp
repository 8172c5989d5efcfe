// SPDX-License-Identifier: MIT
#include "parked/workload.hpp"
#include "run/program.hpp"
#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

namespace weft::workload {
namespace {

void run(program& p) {
    keep_to_cpus(p.workers());
    const std::uint64_t tasks = p.size("tasks");
    if (tasks > 20'000) {
        throw declined("so many kernel threads are beyond what a machine is set up for");
    }
    std::counting_semaphore<> gate(0);
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> went_on{0};
    std::vector<std::thread> all;
    all.reserve(tasks);
    const double before = resident_bytes();
    const double made = timed([&] {
        for (std::uint64_t i = 0; i < tasks; ++i) {
            all.emplace_back([&] {
                if (++begun == tasks) {
                    begun.notify_one();
                }
                gate.acquire();
                ++went_on;
            });
        }
        for (std::uint64_t n = begun; n != tasks; n = begun) {
            begun.wait(n);
        }
    });
    const double bytes = resident_bytes() - before;
    p.require(went_on == 0, "a thread did not wait");
    const double released = timed([&] {
        gate.release(static_cast<std::ptrdiff_t>(tasks));
        for (auto& t : all) {
            t.join();
        }
    });
    p.require(went_on == tasks, "a thread did not go on");
    p.note("the kernel's own memory for a thread is not in its bytes");
    p.figure("memory", "bytes", bytes / static_cast<double>(tasks));
    p.figure("make", "ns", made / static_cast<double>(tasks));
    p.figure("release", "ns", released / static_cast<double>(tasks));
}

const contender here("parked", run);

} // namespace
} // namespace weft::workload
