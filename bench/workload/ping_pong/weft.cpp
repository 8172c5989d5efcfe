// SPDX-License-Identifier: MIT
#include "ping_pong/workload.hpp"
#include "run/program.hpp"
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

std::uint64_t by_semaphores(std::uint64_t rounds) {
    weft::binary_semaphore there(0);
    weft::binary_semaphore back(0);
    std::uint64_t ball = 0; // whoever was released owns it
    auto other = weft::spawn([&] {
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
    return ball;
}

std::uint64_t by_channels(std::uint64_t rounds) {
    weft::channel<std::uint64_t> there(1);
    weft::channel<std::uint64_t> back(1);
    auto other = weft::spawn([&] {
        for (std::uint64_t i = 0; i < rounds; ++i) {
            back.send(*there.receive() + 1);
        }
    });
    std::uint64_t ball = 0;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        there.send(ball);
        ball = *back.receive();
    }
    other.join();
    return ball;
}

void run(program& p) {
    const std::uint64_t rounds = p.size("rounds");
    weft::runtime r({.workers = p.workers()});
    r.run([&] {
        std::uint64_t ball = 0;
        double ns = timed([&] { ball = by_semaphores(rounds); });
        p.require(ball == rounds, "the semaphores lost a round");
        p.figure("semaphore", "ns", ns / static_cast<double>(rounds));
        ns = timed([&] { ball = by_channels(rounds); });
        p.require(ball == rounds, "the channels lost a round");
        p.figure("channel", "ns", ns / static_cast<double>(rounds));
    });
}

const contender here("ping_pong", run);

} // namespace
} // namespace weft::workload
