// SPDX-License-Identifier: MIT
#include "run/boost_fiber.hpp"
#include "run/program.hpp"
#include "skynet/workload.hpp"
#include <array>

namespace weft::workload {
namespace {

std::uint64_t by_joins(std::uint64_t first, std::uint64_t leaves) {
    if (leaves == 1) {
        return first;
    }
    const std::uint64_t part = leaves / 10;
    std::array<std::uint64_t, 10> sums{};
    std::array<boost::fibers::fiber, 10> children;
    for (std::uint64_t i = 0; i < 10; ++i) {
        children[i] = boost::fibers::fiber([&sums, i, first, part] { sums[i] = by_joins(first + i * part, part); });
    }
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < 10; ++i) {
        children[i].join();
        sum += sums[i];
    }
    return sum;
}

using channel = boost::fibers::buffered_channel<std::uint64_t>;

void by_channel(channel& out, std::uint64_t first, std::uint64_t leaves) {
    if (leaves == 1) {
        out.push(first);
        return;
    }
    channel sums(16); // holds one less; a power of two
    const std::uint64_t part = leaves / 10;
    std::array<boost::fibers::fiber, 10> children;
    for (std::uint64_t i = 0; i < 10; ++i) {
        children[i] = boost::fibers::fiber([&sums, i, first, part] { by_channel(sums, first + i * part, part); });
    }
    std::uint64_t sum = 0;
    for (int i = 0; i < 10; ++i) {
        sum += sums.value_pop();
    }
    for (auto& c : children) { // the channel is used until they have ended
        c.join();
    }
    out.push(sum);
}

void run(program& p) {
    const std::uint64_t leaves = p.size_at_most("leaves", 10'000, "most fibers live at once, each with its stack; the times are scaled up");
    on_fibers(p.workers(), [&] {
        std::uint64_t answer = 0;
        double ns = timed([&] { answer = by_joins(0, leaves); });
        p.require(answer == skynet::right_answer(leaves), "the sum by joins is wrong");
        const double scaled = static_cast<double>(p.size("leaves")) / static_cast<double>(leaves);
        p.figure("joins", "ms", ns * scaled / 1e6);
        answer = 0;
        ns = timed([&] {
            channel whole(2);
            boost::fibers::fiber root([&] { by_channel(whole, 0, leaves); });
            answer = whole.value_pop();
            root.join();
        });
        p.require(answer == skynet::right_answer(leaves), "the sum by channels is wrong");
        p.figure("channels", "ms", ns * scaled / 1e6);
    });
}

const contender here("skynet", run);

} // namespace
} // namespace weft::workload
