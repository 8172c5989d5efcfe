// SPDX-License-Identifier: MIT
#include "ping_pong/workload.hpp"
#include "run/boost_fiber.hpp"
#include "run/program.hpp"

namespace weft::workload {
namespace {

/// Boost.Fiber has no semaphore: what is usual there is made of its mutex and its condition variable.
class semaphore {
  public:
    void release() {
        {
            const std::lock_guard<boost::fibers::mutex> held(lock_);
            raised_ = true;
        }
        changed_.notify_one();
    }
    void acquire() {
        std::unique_lock<boost::fibers::mutex> held(lock_);
        changed_.wait(held, [this] { return raised_; });
        raised_ = false;
    }

  private:
    boost::fibers::mutex lock_;
    boost::fibers::condition_variable changed_;
    bool raised_ = false; // guarded by lock_
};

std::uint64_t by_semaphores(std::uint64_t rounds) {
    semaphore there;
    semaphore back;
    std::uint64_t ball = 0;
    boost::fibers::fiber other([&] {
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
    boost::fibers::buffered_channel<std::uint64_t> there(2); // holds one
    boost::fibers::buffered_channel<std::uint64_t> back(2);
    boost::fibers::fiber other([&] {
        for (std::uint64_t i = 0; i < rounds; ++i) {
            back.push(there.value_pop() + 1);
        }
    });
    std::uint64_t ball = 0;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        there.push(ball);
        ball = back.value_pop();
    }
    other.join();
    return ball;
}

void run(program& p) {
    const std::uint64_t rounds = p.size("rounds");
    on_fibers(p.workers(), [&] {
        // Both sides are fibers that may move: the main fiber of a thread may not.
        boost::fibers::fiber([&] {
            std::uint64_t ball = 0;
            double ns = timed([&] { ball = by_semaphores(rounds); });
            p.require(ball == rounds, "the semaphores lost a round");
            p.figure("semaphore", "ns", ns / static_cast<double>(rounds));
            ns = timed([&] { ball = by_channels(rounds); });
            p.require(ball == rounds, "the channels lost a round");
            p.figure("channel", "ns", ns / static_cast<double>(rounds));
        }).join();
    });
}

const contender here("ping_pong", run);

} // namespace
} // namespace weft::workload
