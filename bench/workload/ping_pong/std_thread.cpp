// SPDX-License-Identifier: MIT
#include "ping_pong/workload.hpp"
#include "run/program.hpp"
#include <semaphore>
#include <thread>

namespace weft::workload {
namespace {

void run(program& p) {
    keep_to_cpus(p.workers());
    const std::uint64_t rounds = p.size_at_most("rounds", 20'000, "a trip through the kernel each");
    std::binary_semaphore there(0);
    std::binary_semaphore back(0);
    std::uint64_t ball = 0;
    const double ns = timed([&] {
        std::thread other([&] {
            for (std::uint64_t i = 0; i < rounds; ++i) {
                there.acquire();
                ++ball;
                back.release();
            }
        });
        for (std::uint64_t i = 0; i < rounds; ++i) {
            there.release();
            back.acquire();
        }
        other.join();
    });
    p.require(ball == rounds, "the semaphores lost a round");
    p.figure("semaphore", "ns", ns / static_cast<double>(rounds));
}

const contender here("ping_pong", run);

} // namespace
} // namespace weft::workload
