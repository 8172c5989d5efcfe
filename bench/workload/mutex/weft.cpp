// SPDX-License-Identifier: MIT
#include "mutex/workload.hpp"
#include "run/program.hpp"
#include <mutex>
#include <vector>
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t locks = p.size("locks");
    weft::runtime r({.workers = p.workers()});
    r.run([&] {
        for (const std::uint64_t tasks : {4, 8}) {
            const std::uint64_t each = locks / tasks;
            std::uint64_t counted = 0; // guarded by lock
            const double ns = timed([&] {
                weft::mutex lock;
                std::vector<weft::join_handle<void>> all;
                for (std::uint64_t t = 0; t < tasks; ++t) {
                    all.push_back(weft::spawn([&] {
                        for (std::uint64_t i = 0; i < each; ++i) {
                            const std::lock_guard held(lock);
                            ++counted;
                        }
                    }));
                }
                for (auto& t : all) {
                    t.join();
                }
            });
            p.require(counted == each * tasks, "a lock let two in");
            p.figure(std::to_string(tasks) + " tasks", "ns", ns / static_cast<double>(each * tasks));
        }
    });
}

const contender here("mutex", run);

} // namespace
} // namespace weft::workload
